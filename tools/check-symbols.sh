#!/usr/bin/env bash
# The library shows what its public headers declare and nothing else, so that a program may have a SQLite of its own.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C

public=$(tools/public-symbols.sh)
# Compares the public functions with names on standard input.
compare() { diff -u --label headers <(echo "$public") --label "$1" - || { echo "$1 differs from the public headers"; exit 1; }; }

names() { awk '{ sub(/@.*/, "", $NF); print $NF }' | sort; }
nm -D --defined-only build/liblivestore.so | names | compare build/liblivestore.so
nm --defined-only --extern-only build/liblivestore.a | grep ' [A-Z] ' | names | compare build/liblivestore.a
