"""The other programs that can read a repository: how each is built, called, and what it leaves out.

Their drivers lie in bench/peers/NAME, each pinned to a version by its lock file. A driver prints how many records it
found, and ends with a non-zero code when anything was wrong."""
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
from typing import Callable

from .machine import ROOT

SOURCES = ROOT / "bench" / "peers"


class NotThere(Exception):
    """The peer cannot be built here; says why."""


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str  # in the tables
    folder: str  # of the driver
    version: str
    signature: bool  # does it verify the commit's signature?
    checks: str
    leaves_out: str
    build: Callable  # (peer, sha, folder to build in) -> the driver as a list of words
    works: dict  # "verify": words between the driver and the file
    most_records: int = 10**9
    every_order: bool = True  # also in other orders and with P-256: no peer makes anything of either


def pinned(path, pattern):
    found = re.search(pattern, (SOURCES / path).read_text(encoding="utf-8"))
    if not found:
        raise NotThere(f"bench/peers/{path} pins no version")
    return found[1]


def need(program):
    found = shutil.which(program)
    if not found:
        raise NotThere(f"no {program}")
    return found


def run(argv, **options):
    done = subprocess.run(argv, capture_output=True, text=True, check=False, **options)
    if done.returncode != 0:
        last = (done.stdout + done.stderr).strip().splitlines()[-6:]
        raise NotThere(f"{os.path.basename(argv[0])} failed: " + " / ".join(last))
    return done.stdout


def build_rust(peer, sha, folder):
    """Whether the SHA instructions are used is decided here: for sha2 0.11 by a flag, for 0.10 by a feature."""
    flags, features = ["-C target-cpu=native"], []
    if sha == "off":
        flags.append('--cfg sha2_backend="soft"')
        if "soft =" in (SOURCES / peer.folder / "Cargo.toml").read_text(encoding="utf-8"):
            flags, features = flags[:1], ["--features", "soft"]
    run([need("cargo"), "build", "--release", "--locked", "--manifest-path", SOURCES / peer.folder / "Cargo.toml",
         "--target-dir", folder, *features], env={**os.environ, "RUSTFLAGS": " ".join(flags)})
    driver = folder / f"drive-sha-{sha}"
    shutil.copy(folder / "release" / f"drive-{peer.folder}", driver)
    return [driver]


def build_go(peer, _sha, folder):
    run([need("go"), "build", "-trimpath", "-o", folder / "drive", "."], cwd=SOURCES / peer.folder)
    return [folder / "drive"]


def build_node(peer, _sha, folder):
    """With the Node of the reference network, which is pinned too."""
    need("node")
    home = run([ROOT / "tests" / "network" / "install.sh"]).strip()
    folder.mkdir(parents=True, exist_ok=True)
    source = SOURCES / peer.folder
    lock = folder / "package-lock.json"
    fresh = lock.exists() and lock.read_bytes() == (source / "package-lock.json").read_bytes()
    for name in ("package.json", "drive.mjs"):
        shutil.copy(source / name, folder / name)
    if not fresh or not (folder / "node_modules").is_dir():
        lock.unlink(missing_ok=True)
        shutil.copy(source / "package-lock.json", lock)
        try:
            run([need("npm"), "ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder)
        except NotThere:
            lock.unlink(missing_ok=True)
            raise
    return [pathlib.Path(home) / "bin" / "node", folder / "drive.mjs"]


def all_peers():
    indigo = pinned("indigo/go.mod", r"bluesky-social/indigo v0\.0\.0-(\S+)")
    return [
        Peer("repo-stream (Rust)", "repo-stream", pinned("repo-stream/Cargo.toml", r'repo-stream = "=([^"]+)"'),
             signature=False, checks="hashes, key order, layers, records decoded (serde_ipld_dagcbor)",
             leaves_out="signature (it has no call for it), the key's proof, blocks that nothing points to",
             build=build_rust, works={"verify": ["verify"]}),
        Peer("atrium-repo (Rust)", "atrium", pinned("atrium/Cargo.toml", r'atrium-repo = "=([^"]+)"'),
             signature=False, checks="hashes, the whole tree is there, records decoded (serde_ipld_dagcbor)",
             leaves_out="signature (no call for it), the key's proof, key order, layers, a file cut inside a length",
             build=build_rust, works={"verify": ["verify"]}),
        Peer("indigo (Go)", "indigo", indigo,
             signature=True, checks="hashes, signature, DID, tree structure and layers, records decoded (atdata)",
             leaves_out="the key's proof, key order across the borders of children",
             build=build_go, works={"verify": ["verify"], "extract": ["extract"]}, every_order=False),
        Peer("indigo (Go), records not decoded", "indigo", indigo,
             signature=True, checks="hashes, signature, DID, tree structure and layers",
             leaves_out="what indigo does, and what is in the records", build=build_go, works={"verify": ["walk"]},
             every_order=False),
        Peer("@atcute/repo (Node)", "atcute", pinned("atcute/package.json", r'"@atcute/repo": "([^"]+)"'),
             signature=True, checks="hashes and signature (by our driver: the library checks neither), DID, the tree is "
             "there, records decoded",
             leaves_out="the key's proof, key order, layers; extract checks nothing", build=build_node,
             works={"verify": ["verify"], "extract": ["extract"]}, every_order=False),
        Peer("@atproto/repo (Node)", "atproto", pinned("atproto/package.json", r'"@atproto/repo": "([^"]+)"'),
             signature=True, checks="hashes, signature, DID, the tree is there, records decoded",
             leaves_out="the key's proof, layers, key order across nodes", build=build_node, works={"verify": ["verify"]},
             most_records=100_000, every_order=False),
    ]


# Named in performance figures elsewhere, and not to be had from a package registry.
CITED = ["goat (Go): not in the Go proxy; it verifies no signature and reports no missing node",
         "atmos (Go): not in the Go proxy", "zat (Zig): no registry"]


class Workshop:
    """Builds each driver once, and remembers why one could not be built."""

    def __init__(self, folder, say):
        self.folder = pathlib.Path(folder)
        self.say = say
        self.built = {}
        self.missing = {}

    def driver(self, peer, sha):
        key = (peer.folder, sha if peer.build is build_rust else "on")
        if key not in self.built:
            self.say(f"  building {peer.folder}{' without SHA instructions' if key[1] == 'off' else ''}")
            try:
                self.built[key] = peer.build(peer, sha, self.folder / peer.folder)
            except NotThere as why:
                self.built[key] = None
                self.missing[peer.name] = str(why)
                self.say(f"  not measured: {peer.name}: {why}")
        return self.built[key]
