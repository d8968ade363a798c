#!/bin/sh
# Man pages and completions are what the command tree gives, and well formed: manual.sh ATB_MANUAL
set -eu
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
"$1" . "$made"
for folder in man completions; do
    diff -r --exclude=prose "$folder" "$made/$folder" >&2 || { echo "run './dev man' and commit $folder/" >&2; exit 1; }
done
command -v mandoc >/dev/null || { echo "mandoc is missing: run './dev setup'" >&2; exit 1; }
mandoc -Tlint -Wwarning man/*.1
