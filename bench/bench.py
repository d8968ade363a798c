#!/usr/bin/env python3
"""Measures atbackup against its peers and its floor: see bench/README.md. `./dev bench --help` lists the options."""
import argparse
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import blobs, export, extract, machine, move, peers, report, targets, verify  # noqa: E402
from harness.files import CURVES, ORDERS, Files, count_of  # noqa: E402
from harness.measure import Failed, Stopwatch  # noqa: E402

# Each: run(bench) measures and keeps groups of rows; show(group) is its table; judge(results, bench) its targets.
WORKS = {"verify": verify, "extract": extract, "export": export, "blobs": blobs, "move": move}


def words(text):
    return [word for word in text.split(",") if word]


def parse(arguments):
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures atbackup against its peers and its floor.")
    parser.add_argument("--only", type=words, default=list(WORKS), metavar="WORK,...", help=f"of {', '.join(WORKS)}")
    parser.add_argument("--sizes", type=words, default=["10k", "100k", "1m"], metavar="SIZE,...",
                        help="records of the files to verify (10k,100k,1m; 5m too, if wanted)")
    parser.add_argument("--orders", type=words, default=list(ORDERS), metavar="ORDER,...", help=", ".join(ORDERS))
    parser.add_argument("--curves", type=words, default=list(CURVES), metavar="CURVE,...", help=", ".join(CURVES))
    parser.add_argument("--sha", type=words, default=None, metavar="on,off",
                        help="with and without the processor's SHA instructions (both where it has them)")
    parser.add_argument("--peers", type=words, default=["all"], metavar="PEER,...", help="folders of bench/peers, all or none")
    parser.add_argument("--runs", type=int, default=5, help="at most so many of each program (5)")
    parser.add_argument("--moves", type=words, default=["pictures", "large"], metavar="ACCOUNT,...", help="small, pictures, large")
    parser.add_argument("--resume", action="store_true", help="keep what the last, unfinished bench has measured")
    parser.add_argument("--build", type=pathlib.Path, default=machine.ROOT / "build/release",
                        help="where atbackup and the tools of the bench were built")
    parser.add_argument("--dir", type=pathlib.Path, default=machine.ROOT / "build/bench",
                        help="for peers, files and results.json (2 GB)")
    options = parser.parse_args(arguments)
    for given, known in ((options.only, WORKS), (options.orders, ORDERS), (options.curves, CURVES)):
        for word in given:
            if word not in known:
                parser.error(f"{word} is none of {', '.join(known)}")
    options.sizes.sort(key=count_of)
    if options.sha is None:
        options.sha = ["on", "off"] if machine.has_sha() else ["on"]
    return options


class Bench:
    """What the works share: programs, files, peers, and the results as they grow."""

    def __init__(self, options):
        self.options = options
        self.program = options.build / "atbackup"
        self.make_repo = options.build / "tests/make_repo"
        self.floor = options.build / "bench/bench_floor"
        self.folder = options.dir
        self.out = options.dir / "results.json"
        self.files = Files(options.dir / "files", self.make_repo, self.say)
        self.scratch = options.dir / "scratch"
        self.stopwatch = Stopwatch(options.build / "bench/bench_measure", self.scratch)
        self.workshop = peers.Workshop(options.dir / "peers", self.say)
        every = peers.all_peers()
        self.all_peers = [] if options.peers == ["none"] else [
            peer for peer in every if options.peers == ["all"] or peer.folder in options.peers]
        self.signers = {peer.name for peer in every if peer.signature}
        earlier = options.resume and self.out.exists()
        self.state = json.loads(self.out.read_text(encoding="utf-8")) if earlier else {
            "machine": machine.describe(), "results": {}}

    def environment(self, sha):
        return machine.environment(sha, machine.engine_without_sha(self.floor))

    @staticmethod
    def say(text):
        print(text, file=sys.stderr, flush=True)

    def done(self, key):
        return key in self.state["results"]

    def keep(self, key, group):
        self.state["results"][key] = group
        self.write()

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.out.with_suffix(".partial")
        partial.write_text(json.dumps(self.state, indent=1), encoding="utf-8")
        partial.replace(self.out)

    def peers(self, work, sha):
        """Those that can do the work and could be built."""
        for peer in self.all_peers:
            if work in peer.works and (driver := self.workshop.driver(peer, sha)):
                yield peer, driver


def show(bench):
    facts = bench.state["machine"]
    print(f"# Bench of {facts['date']}, commit {facts['commit']}\n")
    print(f"{facts['cores']} processors ({facts['processor']}), SHA instructions: "
          f"{'yes' if facts['sha_extensions'] else 'no'}, {facts['memory_gib']} GiB, Linux {facts['kernel']}, load "
          f"{facts['load_before']} before it. CPU: user and system time, median. Wall: the least disturbed run.\n")
    for group in bench.state["results"].values():
        print(f"{WORKS[group['work']].show(group)}\n")
        for why in group.get("failed", {}).values():
            print(f"Failed: {why}\n")
    print(report.legend(bench.all_peers, bench.workshop.missing, peers.CITED))
    judged = [line for work in WORKS.values() for line in work.judge(bench.state["results"], bench)]
    bench.state["targets"] = judged
    print(f"\n## Targets\n\n{targets.show(judged)}")


def main():
    bench = Bench(parse(sys.argv[1:]))
    start = time.monotonic()
    broken = False
    for work in bench.options.only:
        bench.say(f"== {work}")
        try:
            WORKS[work].run(bench)
        except Failed as why:
            bench.say(f"  not measured: {why}")
            broken = True
    show(bench)
    bench.state["seconds"] = round(time.monotonic() - start)
    bench.write()
    bench.say(f"as JSON: {bench.out}; {bench.state['seconds']} s in all")
    return 1 if broken or any(group.get("failed") for group in bench.state["results"].values()) else 0


if __name__ == "__main__":
    sys.exit(main())
