"""No two types of one namespace have the same name: the linker would take the one's functions for the other's, and say
nothing. Types in unnamed namespaces may be called alike.

    one_name.py FOLDER...
"""
import collections
import pathlib
import re
import sys

OPEN = re.compile(r"namespace( [\w:]+)? \{")
CLOSE = re.compile(r"\}  // namespace")
# At the left margin, so not a member; `struct Outer::Inner` is defined elsewhere by its own name.
TYPE = re.compile(r"(?:struct|class|enum class|enum) (?:\[\[\w+\]\] )?(\w+)(?: final)?(?: : [^;]*)? \{")


def types(path):
    names = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if opened := OPEN.match(line):
            names.append((opened[1] or "").strip())
        elif CLOSE.match(line) and names:
            names.pop()
        elif (found := TYPE.match(line)) and names and all(names):
            yield "::".join([*names, found[1]])


def main(folders):
    places = collections.defaultdict(list)
    for folder in folders:
        for path in sorted(pathlib.Path(folder).rglob("*")):
            if path.suffix in (".h", ".cpp"):
                for name in types(path):
                    places[name].append(str(path))
    if not places:
        sys.exit("one_name: no types found")
    twice = {name: where for name, where in places.items() if len(where) > 1}
    for name, where in sorted(twice.items()):
        print(f"{name} is defined in {', '.join(where)}")
    print(f"one_name: {len(places)} types, {len(twice)} names twice")
    return 1 if twice else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
