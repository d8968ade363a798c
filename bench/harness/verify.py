"""VERIFY: a whole repository in a file is proven. The floor hashes its blocks and does nothing else."""
import re

from . import report
from .files import Repository, count_of
from .measure import Contender, race
from .report import FLOOR, OURS, find, peers_of
from .targets import MIB, faster_than, groups, target


def plan(options):
    """(file, SHA instructions)"""
    largest = max(options.sizes, key=count_of)
    for sha in options.sha:
        for size in options.sizes:
            for order in options.orders:
                if order != "depth-first" and size != largest:
                    continue
                if sha == "off" and count_of(size) < 100_000 and size != largest:
                    continue
                yield Repository(size, order), sha
            if size == "100k" and sha == "on" and "p256" in options.curves:
                yield Repository(size, curve="p256"), sha


def records_of(out):
    found = re.search(r"records\s+([\d,]+)", out)
    return int(found[1].replace(",", "")) if found else None


def expect(number, read):
    return lambda out: None if read(out) == number else f"it found {read(out)} where {number} are"


def last_number(out):
    words = out.split()
    return int(words[-1]) if words and words[-1].isdigit() else None


def run(bench):
    for repository, sha in plan(bench.options):
        key = f"verify {repository.name} sha-{sha}"
        if bench.done(key):
            continue
        made = bench.files.get(repository)
        env = bench.environment(sha)
        contenders = [
            Contender(FLOOR, [bench.floor, made.path], env, expect(made.blocks, last_number)),
            Contender(OURS, [bench.program, "verify", made.path], env, expect(made.records, records_of)),
        ]
        for peer, driver in bench.peers("verify", sha):
            plain = repository.order == "depth-first" and repository.curve == "k256"
            if made.records > peer.most_records or not (plain or peer.every_order):
                continue
            contenders.append(Contender(peer.name, [*driver, *peer.works["verify"], made.path, made.did, made.key], env,
                                        expect(made.records, last_number)))
        bench.say(f"  {key}")
        rows, failed = race(bench.stopwatch, contenders, bench.options.runs, bench.say)
        bench.keep(key, {"work": "verify", "file": repository.name, "order": repository.order, "sha": sha,
                         "records": made.records, "blocks": made.blocks, "bytes": made.bytes, "rows": rows,
                         "failed": failed})


def show(group):
    return f"## {report.title(group)}\n\n{report.race_table(group)}"


def judge_order(results, names, factor, memory, what):
    """One line for each file and set of instructions."""
    lines = []
    for group in groups(results, "verify"):
        ours, floor = find(group, OURS), find(group, FLOOR)
        if group["file"] not in names or not ours:
            continue
        most, text = memory(group)
        won = faster_than(group, peers_of(group))
        speed = f"{won[0]:.1f} x {won[1]}" if won else "no peer was there"
        above = f", {ours['cpu_s'] / floor['cpu_s']:.1f} x the floor" if floor and floor["cpu_s"] > 0 else ""
        lines.append(target(f"VERIFY {group['file']}, {what}, SHA {group['sha']}: {factor} x the fastest peer, {text}",
                            won[0] >= factor and ours["peak_bytes"] <= most if won else None,
                            f"{speed}, {ours['peak_bytes'] / MIB:.1f} MiB{above}"))
    return lines


def judge_signature(results, signers):
    """Each peer that verifies the signature, at the largest file it was measured with."""
    lines = []
    for sha in ("on", "off"):
        best = {}
        for group in groups(results, "verify", sha=sha, order="depth-first"):
            for row in peers_of(group):
                known = best.get(row["program"])
                if row["program"] in signers and find(group, OURS) and (not known or group["records"] > known[0]["records"]):
                    best[row["program"]] = (group, row["cpu_s"] / find(group, OURS)["cpu_s"])
        if best:
            lines.append(target(f"VERIFY, peers that verify the signature, SHA {sha}: 15 x",
                                min(ratio for _, ratio in best.values()) >= 15,
                                ", ".join(f"{ratio:.1f} x {name} ({group['file']})" for name, (group, ratio) in best.items())))
    return lines


def judge_small(results):
    lines = []
    for group in groups(results, "verify", file="r10k"):
        if ours := find(group, OURS):
            lines.append(target(f"VERIFY r10k, start included, SHA {group['sha']}: at most 20 ms CPU", ours["cpu_s"] <= 0.020,
                                f"{ours['cpu_s'] * 1000:.0f} ms"))
    return lines


def judge(results, bench):
    flat = lambda group: (64 * MIB, "at most 64 MiB")
    index = lambda group: (64 * MIB + 24 * group["blocks"], "at most 64 MiB + 24 bytes a block")
    others = [f"r{size}-{order}" for size in ("1m", "5m") for order in ("reference-server", "shuffled")]
    return [
        *judge_order(results, ("r1m", "r5m"), 10, flat, "depth-first"),
        *judge_order(results, others, 5, index, "any order"),
        *judge_signature(results, bench.signers),
        *judge_small(results),
    ]
