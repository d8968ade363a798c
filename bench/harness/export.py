"""EXPORT: an account to a CAR, proven, against `curl -o` of the same CAR from the same server, which proves nothing."""
import json
import shutil

from . import hosts, report
from .files import Repository
from .machine import environment
from .measure import Contender, race
from .targets import groups, near_curl, target

OURS = report.OURS
CURL = "curl -o"
GIGABIT, HUNDRED_MEGABIT = 125_000_000, 12_500_000  # in bytes a second
# The server as fast as the machine is, and over lines of 1 Gbit/s and 100 Mbit/s.
CASES = [
    (Repository("1m"), None),
    (Repository("1m", "reference-server"), None),
    (Repository("1m", "reference-server"), GIGABIT),
    (Repository("100k", "reference-server"), HUNDRED_MEGABIT),
]


def line_of(rate):
    return "loopback" if rate is None else f"{rate * 8 // 1_000_000} Mbit/s"


def run(bench):
    curl = shutil.which("curl")
    for repository, rate in CASES:
        key = f"export {repository.name} {line_of(rate)}"
        if bench.done(key) or repository.size not in bench.options.sizes:
            continue
        made = bench.files.get(repository)
        facts = json.loads(bench.files.facts(repository).read_text(encoding="ascii"))
        out = bench.scratch / "exported.car"

        def remove():
            for path in bench.scratch.glob("exported.car*"):
                path.unlink()

        whole = lambda _out: None if out.stat().st_size == made.bytes else f"it wrote {out.stat().st_size} bytes"
        contenders = []
        options = {} if rate is None else {"bytesPerSecond": rate}
        bench.say(f"  {key}")
        with hosts.file_host([{"made": facts, "car": str(made.path)}], **options) as (url, env):
            env["HOME"] = str(bench.scratch)
            contenders.append(Contender(OURS, [bench.program, "export", made.did, "--pds", url, "-o", out], env, whole, remove))
            if curl:
                address = f"{url}/xrpc/com.atproto.sync.getRepo?did={made.did}"
                contenders.append(Contender(CURL, [curl, "-sS", "--fail", "-o", out, address], environment("on"), whole, remove))
            rows, failed = race(bench.stopwatch, contenders, bench.options.runs, bench.say)
        remove()
        bench.keep(key, {"work": "export", "file": repository.name, "line": line_of(rate), "records": made.records,
                         "blocks": made.blocks, "bytes": made.bytes, "rows": rows, "failed": failed})


def show(group):
    curl = report.find(group, CURL)
    lines = [[row["program"], report.seconds(row["wall_min_s"]), report.seconds(row["cpu_s"]), f"{row['peak_bytes'] / 2**20:.1f}",
              f"{row['wall_min_s'] / curl['wall_min_s']:.2f}" if curl else "", row["runs"]] for row in group["rows"]]
    head = ["", "wall s", "CPU s", "peak MiB", "wall, x curl", "runs"]
    return f"## {report.title(group)}, {group['line']}\n\n{report.table(head, lines)}"


def judge(results, _bench):
    lines = []
    for group in groups(results, "export"):
        ours, curl = report.find(group, OURS), report.find(group, CURL)
        if not ours or not curl:
            continue
        what = f"EXPORT {group['file']}, {group['line']}"
        lines.append(near_curl(what, ours["wall_min_s"], curl["wall_min_s"]))
        proof = next((report.find(g, OURS) for g in groups(results, "verify", file=group["file"], sha="on")), None)
        if proof:
            most = proof["cpu_s"] + curl["cpu_s"] + 1.5 * group["bytes"] / 1e9
            lines.append(target(f"{what}: CPU at most verify + curl -o + 1.5 s a GB = {most:.2f} s", ours["cpu_s"] <= most,
                                f"{ours['cpu_s']:.2f} s"))
    return lines
