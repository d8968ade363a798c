#!/bin/sh
# Runs the reference network's own Node (22) with the arguments given, installing it first if need be:
#   tests/network/run.sh --test tests/network/
set -eu
home=$("$(dirname -- "$0")/install.sh")
exec "$home/bin/node" "$@"
