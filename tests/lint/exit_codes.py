#!/usr/bin/env python3
"""One table of exit codes: cli/exit_code.h, the help of every command and every man page say the same.
exit_codes.py PROGRAM"""
import pathlib
import re
import subprocess
import sys

program = sys.argv[1]
header = pathlib.Path("cli/exit_code.h").read_text()
codes = {int(number) for number in re.findall(r"^  \w+ = (\d+),", header, re.M)}
breaches = []


def check(where, found):
    if not found:
        breaches.append(f"{where}: no exit codes")
    for number in sorted(codes ^ set(found)):
        breaches.append(f"{where}: {number} is {'missing' if number in codes else 'not in cli/exit_code.h'}")
    for number in codes & set(found):
        wanted = texts.setdefault(number, found[number])
        if found[number] != wanted:
            breaches.append(f"{where}: {number} is told as {found[number]!r}, elsewhere as {wanted!r}")


def help_codes(*words):
    text = subprocess.run([program, *words, "--help"], capture_output=True, text=True, check=True).stdout
    table = text.split("Exit codes:\n")[-1]
    return {int(number): meaning for number, meaning in re.findall(r"^ +(\d+)  (.*)$", table, re.M)}, text


texts = {}
found, text = help_codes()
check("atbackup --help", found)
commands = re.findall(r"^  (\w+) ", text.split("Subcommands:\n")[1].split("\n\n")[0], re.M)
for command in commands:
    check(f"atbackup {command} --help", help_codes(command)[0])
for page in ["atbackup", *(f"atbackup-{command}" for command in commands)]:
    source = pathlib.Path(f"man/{page}.1").read_text()
    section = source.split(".Sh EXIT STATUS\n")[-1].split(".Sh ")[0]
    check(f"{page}.1", {int(number): meaning.removesuffix(".")
                        for number, meaning in re.findall(r"^\.It (\d+)\n(.*)$", section, re.M)})
print("\n".join(breaches) or f"exit codes: {len(codes)}, the same in {1 + len(commands)} helps and {1 + len(commands)} pages")
sys.exit(bool(breaches))
