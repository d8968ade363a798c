#!/usr/bin/env python3
"""clang-tidy over the .cpp files that differ from the base branch (on that branch itself, from the commit before; none
where there is neither), several at a time. A file that passed once is not looked at again while it, what it includes, and the checks stay as they are:
such files are noted, by a hash of all that, in the cache folder that the test servers use too.

  tidy.py [--jobs N] [--all] [--minutes N] [FILE...]

With --minutes no file is begun after that time; those changed last come first, and the summary says how many were not
looked at.
"""
import argparse
import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-19"
INCLUDE = re.compile(rb'^\s*#\s*include\s*"([^"]+)"', re.M)


def git(*arguments):
    result = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return result.stdout.strip() if result.returncode == 0 else ""


def base():
    """Where this branch left the base branch; on the base branch itself the commit before; else empty."""
    head = git("rev-parse", "HEAD")
    for name in ("origin/HEAD", "origin/main", "main"):
        found = git("merge-base", "HEAD", name)
        if found and found != head:
            return found
    return git("rev-parse", "--verify", "--quiet", "HEAD~1")


def changed_since(commit):
    names = git("diff", "--name-only", commit).splitlines()
    names += git("ls-files", "--others", "--exclude-standard").splitlines()
    return {ROOT / name for name in names}


class Includes:
    """Our own files that a file includes, directly or not."""

    def __init__(self):
        self.direct = {}

    def of(self, path):
        seen, queue = set(), [path]
        while queue:
            file = queue.pop()
            if file in seen:
                continue
            seen.add(file)
            if file not in self.direct:
                found = (ROOT / name.decode() for name in INCLUDE.findall(file.read_bytes()))
                self.direct[file] = [one for one in found if one.is_file()]
            queue += self.direct[file]
        return seen


def key(path, includes, command, checks):
    digest = hashlib.sha256(checks + command.replace(str(ROOT), "").encode())
    for file in sorted(includes.of(path)):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()


def last_changed_first(files):
    names = git("log", "--format=", "--name-only").splitlines()
    place = {}
    for number, name in enumerate(name for name in names if name):
        place.setdefault(ROOT / name, number)
    return sorted(files, key=lambda file: (place.get(file, -1), file))


def look(path, deadline):
    start = time.monotonic()
    if start > deadline:
        return None, 0
    result = subprocess.run([TIDY, "-p", str(ROOT / "build/tidy"), "--quiet", str(path)], capture_output=True, text=True)
    return result, time.monotonic() - start


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--all", action="store_true", help="all files, whatever the base branch holds")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no file after so long")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()

    commands = {pathlib.Path(one["file"]): one["command"]
                for one in json.loads((ROOT / "build/tidy/compile_commands.json").read_text())}
    includes = Includes()
    wanted = {file.resolve() for file in arguments.files} or set(commands)
    commit = "" if arguments.all or arguments.files else base()
    if not commit and not arguments.all and not arguments.files:
        print("clang-tidy: there is no commit to compare with; --all looks at all files")
        return
    if commit:
        changed = changed_since(commit)
        if not any(file.name == ".clang-tidy" for file in changed):
            wanted = {file for file in wanted if includes.of(file) & changed}
    for stray in wanted - commands.keys():
        sys.exit(f"{stray}: not in build/tidy/compile_commands.json")

    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    checks = version + b"".join((ROOT / name).read_bytes() for name in (".clang-tidy", "tests/.clang-tidy"))
    cache = os.environ.get("ATBACKUP_TEST_CACHE") or os.path.join(
        os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "atbackup-tests")
    clean = pathlib.Path(cache) / "tidy"
    clean.mkdir(parents=True, exist_ok=True)
    keys = {file: key(file, includes, commands[file], checks) for file in wanted}
    todo = last_changed_first(file for file in wanted if not (clean / keys[file]).exists())

    failed, slowest, left = [], [], 0
    start = time.monotonic()
    deadline = start + arguments.minutes * 60
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        running = {pool.submit(look, file, deadline): file for file in todo}
        for done in concurrent.futures.as_completed(running):
            file, (result, seconds) = running[done], done.result()
            if result is None:
                left += 1
                continue
            slowest.append((seconds, file.relative_to(ROOT)))
            if result.returncode == 0:
                (clean / keys[file]).touch()
                continue
            failed.append(file)
            print(result.stdout, result.stderr, sep="", flush=True)
    for seconds, name in sorted(slowest, reverse=True)[:3]:
        print(f"  {seconds:5.1f} s  {name}")
    print(f"clang-tidy: {len(wanted)} of {len(commands)} files wanted"
          + (f" (changed since {commit[:9]})" if commit else "")
          + f", {len(wanted) - len(todo)} passed before, {len(slowest)} looked at in {time.monotonic() - start:.0f} s,"
          + f" {left} not looked at for lack of time, {len(failed)} with findings")
    sys.exit(bool(failed))


main()
