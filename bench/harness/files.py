"""The repositories that are measured with: made once by make_repo, the same bytes everywhere."""
import dataclasses
import functools
import hashlib
import json
import pathlib
import subprocess
import tempfile

ORDERS = ("depth-first", "reference-server", "shuffled")
CURVES = ("k256", "p256")


def count_of(size):
    """"10k" -> 10000, "1m" -> 1000000."""
    factor = {"k": 1000, "m": 1_000_000}.get(size[-1])
    return int(size[:-1]) * factor if factor else int(size)


@dataclasses.dataclass(frozen=True)
class Repository:
    size: str
    order: str = "depth-first"
    curve: str = "k256"

    @property
    def name(self):
        """ "r1m", "r1m-shuffled", "r100k-p256" """
        order = "" if self.order == "depth-first" else f"-{self.order}"
        return f"r{self.size}{order}{'' if self.curve == 'k256' else '-p256'}"


@dataclasses.dataclass(frozen=True)
class Made:
    repository: Repository
    path: pathlib.Path
    did: str
    key: str
    records: int
    blocks: int
    bytes: int


class Files:
    def __init__(self, folder, make_repo, say):
        self.folder = pathlib.Path(folder)
        self.make_repo = make_repo
        self.say = say

    def facts(self, repository):
        """What make_repo said of it."""
        return self.folder / f"{repository.name}.car.facts.json"

    @functools.cached_property
    def probe(self):
        """Tells one make_repo from another by what it makes, so that large files are made anew only when they must."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "probe.car"
            self.make(Repository("500"), path)
            return hashlib.sha256(path.read_bytes()).hexdigest()

    def make(self, repository, path):
        made = subprocess.run(
            [self.make_repo, "--mix", "typical", "--records", str(count_of(repository.size)), "--order", repository.order,
             "--curve", repository.curve, "--out", path], check=True, capture_output=True, text=True)
        return json.loads(made.stdout)

    def get(self, repository):
        """Makes the file if it is not there; its facts lie beside it, and are written last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path, facts = self.folder / f"{repository.name}.car", self.facts(repository)
        told = json.loads(facts.read_text(encoding="ascii")) if facts.exists() else {}
        if told.get("probe") != self.probe:
            self.say(f"  making {path.name}")
            facts.unlink(missing_ok=True)
            told = {**self.make(repository, path), "probe": self.probe}
            facts.write_text(json.dumps(told), encoding="ascii")
        return Made(repository, path, told["did"], told["key"], told["records"], told["blocks"], path.stat().st_size)
