"""Targets of issue 5 held against what was measured: reached, not reached, or not measured (None)."""
from .report import OURS, fastest, find

MIB = 2**20


def target(text, reached, measured):
    return {"target": text, "reached": reached, "measured": measured}


def groups(results, work, **wanted):
    return [g for g in results.values() if g["work"] == work and all(g.get(k) == v for k, v in wanted.items())]


def faster_than(group, rows):
    """How many times as fast as the fastest of the rows, and which that is; None where one of the two is not there."""
    ours, best = find(group, OURS), fastest(rows)
    return (best["cpu_s"] / ours["cpu_s"], best["program"]) if ours and best else None


def near_curl(what, ours, curl):
    """Held against `curl -o` of the same, in seconds of the clock."""
    return target(f"{what}: wall at most 1.05 x curl -o", ours / curl <= 1.05, f"{ours / curl:.2f} x")


def show(judged):
    names = {True: "reached", False: "NOT REACHED", None: "not measured"}
    return "\n".join(f"- {names[line['reached']]}: {line['target']}. Measured: {line['measured']}" for line in judged)
