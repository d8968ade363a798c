#!/usr/bin/env python3
"""docs/findings.md explains every id of an error or a finding that the code has, once, and no other; and the program
prints it. findings.py ROOT [PROGRAM]"""
import pathlib
import re
import subprocess
import sys

from ids import ids_of, made_ids_of

root = pathlib.Path(sys.argv[1])
program = sys.argv[2] if len(sys.argv) > 2 else None
made, breaches = made_ids_of(root)
wanted = made | ids_of(root)

text = (root / "docs/findings.md").read_text()
explained = {}
for heading, body in re.findall(r"^### (.*)\n((?:(?!#).*\n?)*)", text, re.M):
    for one in heading.split(", "):
        if one in explained:
            breaches.append(f"docs/findings.md: {one} is explained twice")
        explained[one] = " ".join(body.split())
    if len(body.split()) < 5 or "\n\n" in body.strip():
        breaches.append(f"docs/findings.md: {heading} needs one paragraph")

breaches += [f"{where}: docs/findings.md does not explain {one}" for one, where in sorted(wanted.items()) if one not in explained]
breaches += [f"docs/findings.md: the code has no {one}" for one in explained if one not in wanted]

for one in list(explained)[:: max(1, len(explained) // 10)] if program else []:
    run = subprocess.run([program, "explain", one], capture_output=True, text=True)
    if run.returncode != 0 or explained[one] not in " ".join(run.stdout.split()):
        breaches.append(f"atbackup explain {one}: does not print what docs/findings.md says")
print("\n".join(breaches) or f"findings: {len(explained)} ids, each explained")
sys.exit(bool(breaches))
