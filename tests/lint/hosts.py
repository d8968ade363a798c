#!/usr/bin/env python3
"""docs/hosts.md tells of the ways of other hosts that core/migrate/host_ways.cpp has, in the same order, with the same
hosts and sources; each has a test that names it, and what the code meets is in the table. hosts.py ROOT"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
TABLE, PAGE, TESTS = "core/migrate/host_ways.cpp", "docs/hosts.md", "tests/unit/migrate/{other_hosts,host_ways}_test.cpp"

code = (root / TABLE).read_text()
rows = re.findall(r'\{"([a-z0-9-]+)", "([^"]+)",\s*"[^"]+",\s*"[^"]+",\s*"(https://[^"]+)"\}', code)
ids = [row[0] for row in rows]
told = re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]+) \| [^|]+ \| [^|]+ \| \[[^]]+\]\((https://[^)]+)\) \|$", (root / PAGE).read_text(), re.M)
tests = "".join((root / f"tests/unit/migrate/{name}_test.cpp").read_text() for name in ("other_hosts", "host_ways"))

breaches = []
if len(rows) != int(re.search(r"std::array<HostWay, (\d+)>", code)[1]):
    breaches.append(f"{TABLE}: {len(rows)} ways were understood: the search is broken")
breaches += [f"{PAGE}: says {other} where {TABLE} has {one}" for one, other in zip(rows, told) if one != other]
breaches += [f"{PAGE}: does not tell of {one}" for one in ids if one not in [row[0] for row in told]]
breaches += [f"{PAGE}: tells of {row[0]}, which is not in {TABLE}" for row in told if row[0] not in ids]
breaches += [f"{TESTS}: does not name {one}" for one in ids if not re.search(rf'["\[]{one}["\]]', tests)]
met = re.compile(r'met\([^;"]*"([a-z0-9-]+)"(?: : "([a-z0-9-]+)")?\)')
for path in sorted((root / "core/migrate").glob("*.cpp")):
    for pair in met.findall(path.read_text()):
        breaches += [f"{path.relative_to(root)}: {one} is not in {TABLE}" for one in pair if one and one not in ids]
print("\n".join(breaches) or f"hosts: {len(ids)} ways, each told of and tested")
sys.exit(bool(breaches))
