"""The repositories that are measured with: made once by make_repo, the same bytes everywhere."""
import dataclasses
import json
import pathlib
import subprocess

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

    def get(self, repository):
        """Makes the file if it is not there; its facts lie beside it, and are written last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{repository.name}.car"
        facts = self.facts(repository)
        maker = pathlib.Path(self.make_repo).stat().st_mtime
        if not facts.exists() or facts.stat().st_mtime < maker:
            self.say(f"  making {path.name}")
            made = subprocess.run(
                [self.make_repo, "--mix", "typical", "--records", str(count_of(repository.size)), "--order",
                 repository.order, "--curve", repository.curve, "--out", path],
                check=True, capture_output=True, text=True)
            facts.write_text(made.stdout, encoding="ascii")
        told = json.loads(facts.read_text(encoding="ascii"))
        return Made(repository, path, told["did"], told["key"], told["records"], told["blocks"], path.stat().st_size)
