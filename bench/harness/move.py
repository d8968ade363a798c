"""MOVE: an account from host to host, with real servers on this machine, which take part of its two processors."""
import json
import os
import subprocess

from . import report
from .machine import ROOT
from .targets import groups, near_curl

PROGRAM = "tests/network/run.sh"


def run(bench):
    wanted = [name for name in bench.options.moves if not bench.done(f"move {name}")]
    if not wanted:
        return
    bench.say(f"  {', '.join(wanted)}")
    env = {**os.environ, "ATBACKUP": str(bench.program.resolve()), "MAKE_REPO": str(bench.make_repo.resolve())}
    done = subprocess.run([ROOT / PROGRAM, "bench/hosts/moves.mjs", *wanted], cwd=ROOT, env=env, stdout=subprocess.PIPE,
                          text=True, check=False)
    for line in done.stdout.splitlines():
        told = json.loads(line)
        bench.keep(f"move {told['account']}", {"work": "move", "failed": {}, **told})
    if done.returncode != 0:
        bench.keep("move", {"work": "move", "account": ", ".join(wanted), "records": 0, "blobs": 0, "bytes": 0, "rows": [],
                            "failed": {PROGRAM: f"exit code {done.returncode}; its words are above"}})


def show(group):
    cell = lambda row, key, form: form(row[key]) if key in row else ""
    lines = [[row["program"], report.seconds(row["wall_s"]), cell(row, "cpu_s", report.seconds),
              cell(row, "peak_bytes", lambda peak: f"{peak / 2**20:.1f}")] for row in group["rows"]]
    return (f"## MOVE {group['account']}: {group['records']:,} records, {group['blobs']} blobs, CAR {group['bytes'] / 1e6:.1f} MB, "
            f"one run\n\n{report.table(['', 'wall s', 'CPU s', 'peak MiB'], lines)}")


# As bench/hosts/moves.mjs names them.
ONE_CAR, CURL = "atbackup export, one CAR, best of 5", "curl -o, the same CAR, best of 5"


def judge(results, _bench):
    lines = []
    for group in groups(results, "move", account="large"):
        ours, curl = report.find(group, ONE_CAR), report.find(group, CURL)
        if ours and curl:
            what = f"EXPORT {group['records']:,} records from the reference server"
            lines.append(near_curl(what, ours["wall_s"], curl["wall_s"]))
    return lines
