#!/usr/bin/env python3
"""Runs a program and writes what it cost, as JSON: peak.py FILE PROGRAM [ARGUMENTS...]

  wall_s      by the clock
  cpu_s       user and system time
  peak_bytes  the most resident memory: ru_maxrss of getrusage(RUSAGE_CHILDREN), what GNU time shows as
              "maximum resident set size". Shared libraries count; files that were read and lie in the page
              cache do not. Where the program has children, the largest process counts. About 10 MB, what
              this interpreter takes, is the least it can show.

Ends with the program's exit code."""
import json
import resource
import subprocess
import sys
import time

start = time.monotonic()
code = subprocess.run(sys.argv[2:], check=False).returncode
wall = time.monotonic() - start
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], "w", encoding="ascii") as file:
    json.dump({"wall_s": wall, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_bytes": usage.ru_maxrss * 1024}, file)
sys.exit(code if code >= 0 else 128 - code)
