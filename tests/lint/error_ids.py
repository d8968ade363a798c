#!/usr/bin/env python3
"""Every id of an error or a finding has a test that names it: what nothing has ever made is a guess.
error_ids.py ROOT"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])

# What no test can make happen.
EXCEPTIONS = {
    "key.openssl": "OpenSSL refusing to compute on a curve that it has",
    "key.sign": "libsecp256k1 refusing a key that was checked when it was made",
    "sealed.memory": "the kernel refusing memory that it always promises",
    "sealed.sodium": "libsodium refusing to start",
}
# Dotted words that are no ids.
NOT_IDS = {
    "core/migrate/journal.cpp": {"excluded.value"},  # SQL
    "core/migrate/steps_identity.cpp": {"bsky.social"},
}
# The names of the facts that a journal holds.
NO_IDS_IN = {"core/migrate/journal.h"}

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
FILE_NAME = re.compile(r"\.(?:json|car|db|tmp|rejected|suspect|next|cpp|h)$")


def code_of(path):
    """The lines without comments."""
    text = path.read_text()
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.S)


ids = {}
for folder in ("core", "cli"):
    for path in sorted((root / folder).rglob("*")):
        name = str(path.relative_to(root))
        if path.suffix not in (".cpp", ".h") or name in NO_IDS_IN:
            continue
        for text in LITERAL.findall(code_of(path)):
            if ID.fullmatch(text) and not FILE_NAME.search(text) and text not in NOT_IDS.get(name, ()):
                ids.setdefault(text, name)

# In C++ the id must be in a literal, for `commit.data` is also a member; in JavaScript one, or a regular expression.
JS_NAMED = re.compile(r"""['"`]([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+)['"`]|([a-z][a-z0-9_]*(?:\\\.[a-z0-9_]+)+)""")
named = set()
for path in sorted((root / "tests").rglob("*")):
    if path.suffix in (".cpp", ".h"):
        for text in LITERAL.findall(code_of(path)):
            named.update(ID.findall(text))
    elif path.suffix == ".mjs" and "node_modules" not in path.parts:
        for quoted, escaped in JS_NAMED.findall(path.read_text()):
            named.add(quoted or escaped.replace("\\.", "."))

breaches = [f"{where}: no test names {one}" for one, where in sorted(ids.items()) if one not in named | set(EXCEPTIONS)]
breaches += [f"tests/lint/error_ids.py: {one} is an exception, and there is no such id" for one in EXCEPTIONS if one not in ids]
breaches += [f"tests/lint/error_ids.py: {one} is an exception, and a test names it" for one in EXCEPTIONS if one in named]
if len(ids) < 100:
    breaches.append(f"only {len(ids)} ids were found: the search is broken")
print("\n".join(breaches) or f"error ids: {len(ids)}, of which {len(EXCEPTIONS)} no test can make")
sys.exit(bool(breaches))
