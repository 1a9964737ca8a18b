#!/usr/bin/env bash
# Runs the tests of this folder: LiveStore 0.4.0 from npm with our server and our client.
#   tests/interop/run.sh [ours|wrangler] [--only NAME] [FILE...]
#     ours       on `livestore serve` (default)
#     wrangler   on LiveStore's own sync server
#     --only     tests whose names match this regular expression
#     FILE       *.test.js of this folder (default: all)
# LIVESTORE is the command to test (build/livestore). With SOAK=1 some tests do more.
set -euo pipefail
cd "$(dirname "$0")/../.."

export SERVER=ours
case ${1:-} in ours | wrangler) SERVER=$1; shift ;; esac
only=()
if [ "${1:-}" = --only ]; then only=(--test-name-pattern="$2"); shift 2; fi
files=()
for file in "$@"; do files+=("$(basename "$file")"); done

LIVESTORE=$(realpath "${LIVESTORE:-build/livestore}")
export LIVESTORE PROJECT=$PWD
place=$(tests/interop/install.sh)
trap 'rm -rf "$place"' EXIT
cd "$place"
[ ${#files[@]} -gt 0 ] || files=(*.test.js)
# One file after the other: they wait for one another's processes, and the machine may be small.
node --test --test-concurrency=1 --test-reporter=spec "${only[@]}" "${files[@]}"
