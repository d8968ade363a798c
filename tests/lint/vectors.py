#!/usr/bin/env python3
"""Every finding that verify can give is in the list of tests/unit/verify/every_id_test.cpp, whose test makes each
happen. vectors.py ROOT"""
import pathlib
import re
import sys

from ids import FILE_NAME, ID, LITERAL, code_of

root = pathlib.Path(sys.argv[1])
LIST = "tests/unit/verify/every_id_test.cpp"

# Where findings come from, and what stands there and is none: errors that end the work, or that are turned into others.
SOURCES = ("core/verify/*.cpp", "core/car/*.cpp", "core/mst/walker.cpp", "core/mst/node.cpp", "core/repo/commit.cpp",
           "core/ipld/cbor_rule.cpp", "core/data/scan_record.cpp", "core/backup/sources.cpp")
NO_FINDINGS = {"backup.not_found", "backup.unfinished", "block.missing", "file.not_found", "input.cut", "plc.empty",
               "receipt.format", "receipt.version"}

given = {}
for pattern in SOURCES:
    paths = sorted(root.glob(pattern))
    if not paths:
        sys.exit(f"tests/lint/vectors.py: there is no {pattern}")
    for path in paths:
        for text in LITERAL.findall(code_of(path)):
            if ID.fullmatch(text) and not FILE_NAME.search(text):
                given.setdefault(text, str(path.relative_to(root)))

listed = set(ID.findall((root / LIST).read_text().split("Begin of the list.")[1].split("End of the list.")[0]))
breaches = [f"{where}: {LIST} does not make {one}" for one, where in sorted(given.items()) if one not in listed | NO_FINDINGS]
breaches += [f"{LIST}: the code has no {one}" for one in sorted(listed - given.keys())]
breaches += [f"tests/lint/vectors.py: the code has no {one}" for one in sorted(NO_FINDINGS - given.keys())]
print("\n".join(breaches) or f"vectors: {len(listed)} findings of verify, each made by one")
sys.exit(bool(breaches))
