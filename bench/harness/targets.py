"""The targets of issue 5, held against what was measured: reached, not reached, or not measured."""
from .report import fastest, find, peers_of
from .verify import FLOOR, OURS

MIB = 2**20


def target(text, reached, measured):
    return {"target": text, "reached": reached, "measured": measured}


def groups(results, work, **wanted):
    return [g for g in results.values() if g["work"] == work and all(g.get(k) == v for k, v in wanted.items())]


def faster_than(group, rows):
    ours, best = find(group, OURS), fastest(rows)
    return (best["cpu_s"] / ours["cpu_s"], best["program"]) if ours and best else None


def verify_order(results, names, factor, memory, what):
    """One line for each file and set of instructions."""
    lines = []
    for group in groups(results, "verify"):
        ours = find(group, OURS)
        if group["file"] not in names or not ours:
            continue
        most, text = memory(group)
        within = ours["peak_bytes"] <= most
        won = faster_than(group, peers_of(group))
        speed = f"{won[0]:.1f} x {won[1]}" if won else "no peer was there"
        floor = find(group, FLOOR)
        above = f", {ours['cpu_s'] / floor['cpu_s']:.1f} x the floor" if floor and floor["cpu_s"] > 0 else ""
        lines.append(target(f"VERIFY {group['file']}, {what}, SHA {group['sha']}: {factor} x the fastest peer, {text}",
                            within and won[0] >= factor if won else None,
                            f"{speed}, {ours['peak_bytes'] / MIB:.1f} MiB{above}"))
    return lines


def verify_signature(results, signers):
    lines = []
    for sha in ("on", "off"):
        best = {}  # for each peer the largest file it was measured with
        for group in groups(results, "verify", sha=sha, order="depth-first"):
            for row in peers_of(group):
                if row["program"] in signers and find(group, OURS):
                    if row["program"] not in best or group["records"] > best[row["program"]][0]["records"]:
                        best[row["program"]] = (group, row)
        if best:
            ratios = {name: row["cpu_s"] / find(group, OURS)["cpu_s"] for name, (group, row) in best.items()}
            lines.append(target(f"VERIFY, peers that verify the signature, each at its largest file, SHA {sha}: 15 x",
                                min(ratios.values()) >= 15,
                                ", ".join(f"{ratios[name]:.1f} x {name} ({best[name][0]['file']})" for name in ratios)))
    return lines


def verify_small(results):
    lines = []
    for group in groups(results, "verify", file="r10k"):
        ours = find(group, OURS)
        if ours:
            lines.append(target(f"VERIFY r10k, start included, SHA {group['sha']}: at most 20 ms CPU", ours["cpu_s"] <= 0.020,
                                f"{ours['cpu_s'] * 1000:.0f} ms"))
    return lines


def judge(results, signers):
    flat = lambda group: (64 * MIB, "at most 64 MiB")
    index = lambda group: (64 * MIB + 24 * group["blocks"], "at most 64 MiB + 24 bytes a block")
    return [
        *verify_order(results, ("r1m", "r5m"), 10, flat, "depth-first"),
        *verify_order(results, ("r1m-reference-server", "r1m-shuffled", "r5m-reference-server", "r5m-shuffled"), 5, index,
                      "any order"),
        *verify_signature(results, signers),
        *verify_small(results),
    ]


def show(judged):
    words = {True: "reached", False: "NOT REACHED", None: "not measured"}
    return "\n".join(f"- {words[line['reached']]}: {line['target']}. Measured: {line['measured']}" for line in judged)
