"""BLOBS: an export of many small blobs from a server some way off, against fetching one after the other, as goat does."""
import json
import shutil
import subprocess

from . import hosts, report
from .machine import environment
from .measure import Contender, race
from .targets import groups, target

OURS = report.OURS
CURL = "curl, one after the other"
PICTURES = 400
DELAY_MS = 20


def make(bench):
    """One post in eight has a picture, of a few hundred bytes; the profile has one too."""
    folder = bench.files.folder / "pictures"
    car, facts = folder / "repo.car", folder / "facts.json"
    if not facts.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "blobs").mkdir(parents=True)
        made = subprocess.run([bench.make_repo, "--records", str(PICTURES * 8 + 8), "--pictures", str(PICTURES), "--blobs",
                               folder / "blobs", "--out", car], check=True, capture_output=True, text=True)
        facts.write_text(made.stdout, encoding="ascii")
    return car, folder / "blobs", json.loads(facts.read_text(encoding="ascii"))


def run(bench):
    key = f"blobs {PICTURES}"
    if bench.done(key):
        return
    car, blobs, made = make(bench)
    cids = sorted(path.name for path in blobs.iterdir())
    out = bench.scratch / "pictures"

    def remove():
        shutil.rmtree(out, ignore_errors=True)

    def all_there(_out):
        found = {path.name for path in out.rglob("*")} & set(cids)
        return None if len(found) == len(cids) else f"{len(found)} blobs of {len(cids)}"

    bench.say(f"  {key}")
    with hosts.file_host([{"made": made, "car": str(car), "blobs": str(blobs)}], delayMs=DELAY_MS) as (url, env):
        env["HOME"] = str(bench.scratch)
        contenders = [Contender(OURS, [bench.program, "export", made["did"], "--pds", url, "-o", f"{out}/"], env, all_there, remove)]
        if curl := shutil.which("curl"):
            # One process and one connection: kinder than goat, which does more for each.
            wanted = bench.scratch / "pictures.curl"
            wanted.write_text("".join(
                f'url = "{url}/xrpc/com.atproto.sync.getBlob?did={made["did"]}&cid={cid}"\noutput = "{out}/{cid}"\n'
                for cid in cids), encoding="ascii")
            contenders.append(Contender(CURL, [curl, "-sS", "--fail", "--create-dirs", "--config", wanted], environment("on"),
                                        all_there, remove))
        rows, failed = race(bench.stopwatch, contenders, bench.options.runs, bench.say)
    remove()
    bench.keep(key, {"work": "blobs", "blobs": len(cids), "bytes": sum(path.stat().st_size for path in blobs.iterdir()),
                     "rows": rows, "failed": failed})


def show(group):
    lines = [[row["program"], report.seconds(row["wall_min_s"]), report.seconds(row["cpu_s"]), f"{row['peak_bytes'] / 2**20:.1f}",
              row["runs"]] for row in group["rows"]]
    return (f"## BLOBS: {group['blobs']} of {group['bytes'] / group['blobs']:.0f} bytes, the server answers after {DELAY_MS} ms "
            "(ours: repository, log and document too, proven)\n\n"
            f"{report.table(['', 'wall s', 'CPU s', 'peak MiB', 'runs'], lines)}")


def judge(results, _bench):
    lines = []
    for group in groups(results, "blobs"):
        ours, curl = report.find(group, OURS), report.find(group, CURL)
        if ours and curl:
            ratio = curl["wall_min_s"] / ours["wall_min_s"]
            lines.append(target("BLOBS, many small ones: 4 x as fast as one after the other", ratio >= 4, f"{ratio:.1f} x"))
    return lines
