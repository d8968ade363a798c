"""The ids of errors and findings that the code has, as {id: the file that names it}."""
import re

# Dotted words that are no ids.
NOT_IDS = {
    "core/migrate/journal.cpp": {"excluded.value"},  # SQL
    "core/migrate/identity_change.cpp": {"bsky.social"},
    "core/migrate/plan_changes.cpp": {"handle.invalid"},
    "core/rehearse/reference_server.cpp": {"server.log", "server.mjs"},
    "core/rehearse/rehearse.cpp": {"rotation.key"},
}
# The names of the facts that a journal holds.
NO_IDS_IN = {"core/migrate/journal.h"}
NSID = re.compile(r"(?:com\.atproto|app\.bsky)\.")

LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
ID = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+")
FILE_NAME = re.compile(r"\.(?:json|car|db|tmp|rejected|suspect|next|cpp|h|so\.\d+)$")

# Ids that are put together: the format in the code, where, and what its {} can be there.
MADE = {
    "file.{}": ("core/os/posix_file_system.cpp", r'error_of\(\w+, "(\w+)"'),
    "db.{}": ("core/db/sqlite.cpp", r'error_of\([^;]*?, "(\w+)"'),
    "encoding.{}": ("core/base/encoding.cpp", r'"(hex|base\d+\w*)"'),
    "xrpc.http_{}": ("core/xrpc/remote_error.cpp", None),  # any HTTP status: "NNN"
}


def code_of(path):
    """The lines without comments."""
    text = path.read_text()
    return re.sub(r'("(?:[^"\\\n]|\\.)*")|//[^\n]*|/\*.*?\*/', lambda match: match[1] or "", text, flags=re.S)


def sources(root):
    for folder in ("core", "cli"):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in (".cpp", ".h"):
                yield str(path.relative_to(root)), path


def ids_of(root):
    """Those that stand in the code in one piece."""
    ids = {}
    for name, path in sources(root):
        if name in NO_IDS_IN:
            continue
        for text in LITERAL.findall(code_of(path)):
            if not ID.fullmatch(text) or text.endswith("_") or FILE_NAME.search(text) or NSID.match(text) or text in NOT_IDS.get(name, ()):
                continue
            ids.setdefault(text, name)
    return ids


def made_ids_of(root):
    """Those that are put together, and those of one word; and the formats of ids that MADE does not know."""
    made, unknown = {}, []
    for name, path in sources(root):
        code = code_of(path)
        for one in re.findall(r'ErrorKind::\w+, "([a-z_]+)"', code):
            made.setdefault(one, name)
        for one in re.findall(r'fmt::format\("([a-z]+\.[a-z_]*\{\})"', code):
            where, pattern = MADE.get(one, (None, None))
            if where != name:
                unknown.append(f"{name}: {one} makes ids, and tests/lint/ids.py does not know it")
                continue
            for part in re.findall(pattern, code) if pattern else ["NNN"]:
                made.setdefault(one.replace("{}", part), name)
    return made, unknown
