#!/usr/bin/env python3
"""Every id of an error or a finding has a test that names it: what nothing has ever made is a guess.
error_ids.py ROOT"""
import pathlib
import re
import sys

from ids import ID, LITERAL, code_of, ids_of

root = pathlib.Path(sys.argv[1])

# What no test can make happen.
EXCEPTIONS = {
    "key.openssl": "OpenSSL refusing to compute on a curve that it has",
    "key.sign": "libsecp256k1 refusing a key that was checked when it was made",
    "sealed.memory": "the kernel refusing memory that it always promises",
    "sealed.sodium": "libsodium refusing to start",
}
ids = ids_of(root)

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
