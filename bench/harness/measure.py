"""Runs programs side by side in time and says what they cost."""
import dataclasses
import json
import pathlib
import statistics
import subprocess
import time
from typing import Callable


@dataclasses.dataclass
class Contender:
    """One program of a race. `check` gets its standard output and says what is wrong with it, or None."""
    name: str
    argv: list
    env: dict
    check: Callable = lambda out: None
    before: Callable = lambda: None


@dataclasses.dataclass
class Run:
    wall_s: float
    cpu_s: float
    peak_bytes: int


class Failed(Exception):
    """A program did not do its work, so its time says nothing."""


class Stopwatch:
    def __init__(self, program, scratch):
        self.program = program
        self.scratch = pathlib.Path(scratch)
        self.scratch.mkdir(parents=True, exist_ok=True)

    def run(self, contender):
        contender.before()
        cost, out = self.scratch / "cost.json", self.scratch / "out"
        cost.unlink(missing_ok=True)
        with open(out, "wb") as stdout, open(self.scratch / "err", "wb") as stderr:
            code = subprocess.run([self.program, cost, *contender.argv], stdin=subprocess.DEVNULL, stdout=stdout,
                                  stderr=stderr, env=contender.env, check=False).returncode
        text = out.read_text(encoding="utf-8", errors="replace")
        wrong = contender.check(text) if code == 0 else f"exit code {code}"
        if wrong:
            last = (text + (self.scratch / "err").read_text(encoding="utf-8", errors="replace")).strip()[-600:]
            raise Failed(f"{contender.name}: {wrong}\n{last}")
        return Run(**json.loads(cost.read_text(encoding="ascii")))


def wanted_runs(first, most):
    """After the first run: how many more. What takes long needs fewer, for chance has less part in it."""
    if first.wall_s < 2:
        return most
    return min(most, 3) if first.wall_s < 8 else 0


def race(stopwatch, contenders, most, say):
    """A run of each to warm up, then all in turn, so that a noisy minute hits all of them. What takes so long that it
    runs only once is not warmed up. Gives a row for each, in the order they came."""
    runs, left, failed = {}, {}, {}
    for contender in contenders:
        start = time.monotonic()
        try:
            first = stopwatch.run(contender)
        except Failed as why:
            failed[contender.name] = str(why)
            say(f"    {why}")
            continue
        left[contender.name] = wanted_runs(first, most)
        runs[contender.name] = [] if left[contender.name] else [first]
        say(f"    {contender.name}: {time.monotonic() - start:.2f} s, then {left[contender.name]} runs")
    for turn in range(max(left.values(), default=0)):
        for contender in contenders:
            if left.get(contender.name, 0) <= turn or contender.name in failed:
                continue
            try:
                runs[contender.name].append(stopwatch.run(contender))
            except Failed as why:
                failed[contender.name] = str(why)
                say(f"    {why}")
    return [row(c.name, runs[c.name]) for c in contenders if runs.get(c.name) and c.name not in failed], failed


def row(name, runs):
    return {
        "program": name,
        "runs": len(runs),
        "cpu_s": statistics.median(run.cpu_s for run in runs),
        "wall_min_s": min(run.wall_s for run in runs),
        "wall_median_s": statistics.median(run.wall_s for run in runs),
        "peak_bytes": max(run.peak_bytes for run in runs),
    }
