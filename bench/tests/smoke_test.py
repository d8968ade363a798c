"""The harness of the bench, with a small file and without peers: what it prints and writes adds up.

smoke_test.py BUILD-FOLDER"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
BENCH = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(BENCH))

from harness import measure, verify  # noqa: E402


def group(rows, **facts):
    return {"work": "verify", "file": "r1m", "order": "depth-first", "sha": "on", "records": 10, "blocks": 10, "bytes": 1000,
            "rows": [{"program": name, "cpu_s": cpu, "peak_bytes": peak, "runs": 1, "wall_min_s": cpu, "wall_median_s": cpu}
                     for name, cpu, peak in rows], **facts}


class Signers:
    def __init__(self, *names):
        self.signers = set(names)


class TheBench(unittest.TestCase):
    def bench(self, *arguments):
        return subprocess.run([sys.executable, BENCH / "bench.py", "--build", BUILD, "--dir", self.folder, *arguments],
                              capture_output=True, text=True, check=False)

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def test_a_small_file_without_peers(self):
        arguments = ["--only", "verify,extract", "--sizes", "1k", "--peers", "none", "--runs", "2", "--sha", "on"]
        done = self.bench(*arguments)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("| atbackup ", done.stdout)
        results = json.loads((pathlib.Path(self.folder) / "results.json").read_text(encoding="utf-8"))["results"]
        self.assertEqual(set(results), {"verify r1k sha-on", "verify r1k-reference-server sha-on", "verify r1k-shuffled sha-on",
                                        "extract r1k sha-on"})
        for name, result in results.items():
            self.assertEqual(result["failed"], {}, name)
            for row in result["rows"]:
                self.assertGreater(row["peak_bytes"], 1 << 20, name)
                self.assertLessEqual(row["cpu_s"], row["wall_median_s"] * 8, name)
        again = self.bench(*arguments, "--resume")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertNotIn("then", again.stderr)  # nothing was run

    def test_a_program_that_fails_is_told_and_not_measured(self):
        watch = measure.Stopwatch(BUILD / "bench/bench_measure", self.folder)
        good = measure.Contender("good", ["/bin/echo", "5"], {}, lambda out: None if out == "5\n" else "wrong")
        wrong = measure.Contender("wrong", ["/bin/echo", "6"], {}, good.check)
        broken = measure.Contender("broken", ["/bin/false"], {})
        rows, failed = measure.race(watch, [good, wrong, broken], 1, lambda text: None)
        self.assertEqual([row["program"] for row in rows], ["good"])
        self.assertEqual(set(failed), {"wrong", "broken"})

    def test_targets_are_held_against_the_fastest_peer_and_the_memory(self):
        results = {"a": group([("atbackup", 1.0, 60 << 20), ("quick", 11.0, 1), ("slow", 99.0, 1)])}
        judged = verify.judge(results, Signers("slow"))
        self.assertEqual([line["reached"] for line in judged], [True, True])
        results = {"a": group([("atbackup", 1.0, 65 << 20), ("quick", 11.0, 1)])}
        self.assertEqual([line["reached"] for line in verify.judge(results, Signers())], [False])
        results = {"a": group([("atbackup", 1.0, 60 << 20), ("quick", 9.0, 1)])}
        self.assertEqual([line["reached"] for line in verify.judge(results, Signers())], [False])
        results = {"a": group([("atbackup", 1.0, 60 << 20)])}
        self.assertEqual([line["reached"] for line in verify.judge(results, Signers())], [None])

    def test_a_wrong_word_is_told(self):
        done = self.bench("--only", "everything")
        self.assertEqual(done.returncode, 2)
        self.assertIn("everything is none of verify", done.stderr)


if __name__ == "__main__":
    unittest.main()
