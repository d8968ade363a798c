"""The repositories of the bench: the same bytes on every machine and in every run, and atbackup proves them.

files_test.py BUILD-FOLDER"""
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.files import CURVES, ORDERS, Files, Repository, count_of  # noqa: E402

# They change only with what make_repo makes on purpose: then figures of before and after cannot be compared.
BYTES = {
    "r2k": "39b2000fe231607803392f24f8c1a9f26bae3bcde854ffe4a16a79b633e98bd1",
    "r2k-reference-server": "3479017e6b189b7e77f15b66c1cc0f2d2c29d06d0b8d11524852648342e08f8b",
    "r2k-shuffled": "0ff3bf1ca67da15d4b2f66b8e632772b5c4585a9522d73706c4903b8356d14ef",
    "r2k-p256": "bfd8b7c66169fc390cccd3438962010589ace83b768e61d8bb12aa153c619c34",
    "r2k-reference-server-p256": "64a93e024c1db85541ada06575693462712feea2b1740c4fc5ba5e0c808735e8",
    "r2k-shuffled-p256": "f3aebf4ef68f9d75aca586534ecb5eedec243778a187edcddebe0c5d2397682a",
}


class TheFiles(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.files = Files(folder.name, BUILD / "tests/make_repo", lambda text: None)

    def test_every_order_and_curve_is_reproducible_and_proven(self):
        for repository in (Repository("2k", order, curve) for order in ORDERS for curve in CURVES):
            with self.subTest(repository.name):
                made = self.files.get(repository)
                digest = hashlib.sha256(made.path.read_bytes()).hexdigest()
                self.assertEqual(digest, BYTES[repository.name])
                told = subprocess.run([BUILD / "atbackup", "verify", made.path, "--json"], capture_output=True, text=True,
                                      check=False)
                self.assertEqual(told.returncode, 0, told.stdout + told.stderr)
                summary = json.loads(told.stdout.strip().splitlines()[-1])
                self.assertEqual(summary["records"], 2000)
                self.assertEqual(summary["key_proof"], "plc_log")

    def test_the_orders_differ_in_nothing_but_the_order(self):
        sizes = set()
        for order in ORDERS:
            made = self.files.get(Repository("2k", order))
            sizes.add((made.bytes, made.records, made.blocks, made.did, made.key))
        self.assertEqual(len(sizes), 1)

    def test_records_are_as_large_as_those_of_real_accounts(self):
        made = self.files.get(Repository("2k"))
        facts = json.loads(pathlib.Path(f"{made.path}.facts.json").read_text(encoding="ascii"))
        self.assertAlmostEqual(facts["record_bytes"] / facts["records"], 237, delta=8)
        self.assertAlmostEqual(facts["blocks"] / facts["records"], 1.27, delta=0.03)

    def test_sizes_are_read(self):
        self.assertEqual([count_of(size) for size in ("500", "10k", "5m")], [500, 10_000, 5_000_000])


if __name__ == "__main__":
    unittest.main()
