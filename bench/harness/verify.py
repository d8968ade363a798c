"""VERIFY: a whole repository in a file is proven. The floor hashes its blocks and does nothing else."""
import re

from .files import Repository, count_of
from .machine import environment
from .measure import Contender, race

FLOOR = "floor: hashing alone"
OURS = "atbackup"


def plan(options):
    """(file, SHA instructions, whether in an order that peers need not be tried in again)"""
    largest = max(options.sizes, key=count_of)
    for sha in options.sha:
        for size in options.sizes:
            for order in options.orders:
                if order != "depth-first" and (size != largest or (sha == "off" and order == "shuffled")):
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
        env = environment(sha)
        contenders = [
            Contender(FLOOR, [bench.floor, made.path], env, expect(made.blocks, last_number)),
            Contender(OURS, [bench.program, "verify", made.path], env, expect(made.records, records_of)),
        ]
        for peer, driver in bench.peers("verify", sha):
            if made.records > peer.most_records or not (peer.every_order or repository.order == "depth-first"):
                continue
            contenders.append(Contender(peer.name, [*driver, *peer.works["verify"], made.path, made.did, made.key], env,
                                        expect(made.records, last_number)))
        bench.say(f"  {key}")
        rows, failed = race(bench.stopwatch, contenders, bench.options.runs, bench.say)
        bench.keep(key, {"work": "verify", "file": repository.name, "order": repository.order, "sha": sha,
                         "records": made.records, "blocks": made.blocks, "bytes": made.bytes, "rows": rows,
                         "failed": failed})
