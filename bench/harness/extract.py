"""EXTRACT: every record as a line of JSON. atbackup proves the repository on the way."""

from . import report
from .files import Repository
from .measure import Contender, race
from .targets import MIB, faster_than, groups, target

OURS = report.OURS
MOST_OF_PEERS = 100_000


def lines_are(path, number):
    def check(_out):
        with open(path, "rb") as file:
            found = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        return None if found == number else f"it wrote {found} lines, {number} are wanted"
    return check


def run(bench):
    for sha in bench.options.sha:
        for size in bench.options.sizes:
            key = f"extract r{size} sha-{sha}"
            if bench.done(key) or (sha == "off" and size != "100k"):
                continue
            made = bench.files.get(Repository(size))
            env = bench.environment(sha)
            out = bench.scratch / "records.jsonl"
            remove = lambda: out.unlink(missing_ok=True)
            check = lines_are(out, made.records)
            contenders = [Contender(OURS, [bench.program, "extract", "--from", made.path, "--records", out], env, check, remove)]
            for peer, driver in bench.peers("extract", sha):
                if made.records <= MOST_OF_PEERS:
                    contenders.append(Contender(peer.name, [*driver, *peer.works["extract"], made.path, out, made.did], env,
                                                check, remove))
            bench.say(f"  {key}")
            rows, failed = race(bench.stopwatch, contenders, bench.options.runs, bench.say)
            remove()
            bench.keep(key, {"work": "extract", "file": made.repository.name, "sha": sha, "records": made.records,
                             "blocks": made.blocks, "bytes": made.bytes, "rows": rows, "failed": failed})


def show(group):
    return f"## {report.title(group)}\n\n{report.race_table(group)}"


def judge(results, _bench):
    lines = []
    for group in groups(results, "extract", file="r100k"):
        won = faster_than(group, report.peers_of(group))
        lines.append(target(f"EXTRACT to JSON lines, r100k, SHA {group['sha']}: 10 x the fastest peer",
                            won[0] >= 10 if won else None, f"{won[0]:.1f} x {won[1]}" if won else "no peer was there"))
    peaks = {g["file"]: report.find(g, OURS)["peak_bytes"] for g in groups(results, "extract", sha="on") if report.find(g, OURS)}
    if len(peaks) > 1:
        lines.append(target("EXTRACT in constant memory: at most 64 MiB at every size", max(peaks.values()) <= 64 * MIB,
                            ", ".join(f"{file} {peak / MIB:.1f} MiB" for file, peak in peaks.items())))
    return lines
