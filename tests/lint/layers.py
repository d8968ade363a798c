#!/usr/bin/env python3
"""Holds the includes of core/ and cli/ against the layer table of docs/architecture.md, and
third-party headers against the one file that may name them. Prints each breach; exit 1 if there is one."""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
# header pattern -> files (relative to the root, shell-style) that may include it
THIRD_PARTY = {
    r"curl/.*": ["core/net/curl_library.h"],
    r"microhttpd\.h": ["core/rehearse/http_server.cpp"],
    r"ares\.h|ares_.*": ["core/net/cares_*.cpp"],
    r"sqlite3\.h": ["core/db/sqlite.cpp"],
    r"openssl/.*": ["core/crypto/*.cpp"],
    r"intel-ipsec-mb\.h": ["core/crypto/*.cpp"],
    r"secp256k1.*": ["core/crypto/*.cpp"],
    r"sodium(\.h|/.*)": ["core/crypto/*.cpp", "core/os/*random*.cpp"],
    r"nlohmann/.*": ["core/data/json*.cpp"],
    r"CLI/.*": ["cli/*", "cli/*/*"],
    r"catch2/.*": ["tests/support/catch*"],
}
PURE = {"syntax", "ipld", "car", "mst", "repo", "plc", "data", "did"}
# Calendars and abort() are pure; clocks, the environment and chance are not.
IMPURE_HEADER = re.compile(r"ctime|time\.h|unistd\.h|fcntl\.h|fstream|filesystem|sys/.*|random|thread|mutex")
IMPURE_CODE = re.compile(r"\b(?:system_clock|steady_clock|high_resolution_clock|(?:secure_)?getenv|s?rand|std::time)\b")


def table():
    """The fenced block that starts with 'layers' in docs/architecture.md: 'module -> module module …' a line."""
    text = (root / "docs/architecture.md").read_text()
    block = re.search(r"```layers\n(.*?)```", text, re.S)
    if not block:
        sys.exit("docs/architecture.md has no ```layers block")
    allowed = {}
    for line in block.group(1).splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, deps = line.partition("->")
            allowed[name.strip()] = set(deps.split())
    return allowed


def main():
    allowed = table()
    breaches, used = [], {name: set() for name in allowed}
    folders = {p.name for p in (root / "core").iterdir() if p.is_dir()}
    for missing in folders - allowed.keys():
        breaches.append(f"core/{missing}: not in the layer table")
    for gone in allowed.keys() - folders:
        breaches.append(f"layer table: no folder core/{gone}")
    for path in sorted(root.glob("c[ol]*/**/*")):
        if path.suffix not in (".h", ".cpp") or path.relative_to(root).parts[0] not in ("core", "cli"):
            continue
        relative = path.relative_to(root)
        module = relative.parts[1] if relative.parts[0] == "core" else "cli"
        text = path.read_text()
        if module in PURE:
            for word in IMPURE_CODE.findall(text):
                breaches.append(f"{relative}: {module} is pure and may not use {word}")
        for kind, header in INCLUDE.findall(text):
            if header.startswith("core/"):
                target = header.split("/")[1]
                if module not in ("cli", target):
                    used[module].add(target)
                    if target not in allowed.get(module, ()):
                        breaches.append(f"{relative}: {module} may not include {target} ({header})")
            elif header.startswith(("cli/", "tests/")) and relative.parts[0] == "core":
                breaches.append(f"{relative}: core may not include {header}")
            elif kind == "<":
                for pattern, places in THIRD_PARTY.items():
                    if re.fullmatch(pattern, header) and not any(relative.match(place) for place in places):
                        breaches.append(f"{relative}: <{header}> belongs in {', '.join(places)}")
                if module in PURE and IMPURE_HEADER.fullmatch(header):
                    breaches.append(f"{relative}: {module} is pure and may not include <{header}>")
    for module, deps in used.items():
        for idle in sorted(allowed[module] - deps):
            breaches.append(f"layer table: {module} -> {idle} is allowed but not used: delete it")
    # a cycle in the table itself
    done, path_ = set(), []

    def visit(name):
        if name in path_:
            breaches.append("layer table: cycle " + " -> ".join(path_[path_.index(name):] + [name]))
        elif name not in done:
            path_.append(name)
            for dep in sorted(allowed.get(name, ())):
                visit(dep)
            path_.pop()
            done.add(name)

    for name in allowed:
        visit(name)
    # CMake links what the table allows, no more
    links = dict(re.findall(r"atb_module\((\w+)(?: DEPS ([\w ]+?))?(?: LIBS [^)]*)?\)", (root / "core/CMakeLists.txt").read_text()))
    for name, deps in allowed.items():
        if set(links.get(name, "").split()) != deps:
            breaches.append(f"core/CMakeLists.txt: {name} links {sorted(links.get(name, '').split())}, the table says {sorted(deps)}")
    print("\n".join(breaches) or f"layers: {len(allowed)} modules, {sum(map(len, used.values()))} dependencies, no breach")
    sys.exit(bool(breaches))


main()
