#!/usr/bin/env bash
# Runs bench/livestore.mjs: how fast LiveStore 0.4.0 syncs.  tests/interop/bench.sh [wrangler|ours ...]
set -euo pipefail
cd "$(dirname "$0")/../.."

LIVESTORE=$(realpath "${LIVESTORE:-build/livestore}")
export LIVESTORE
place=$(tests/interop/install.sh)
trap 'rm -rf "$place"' EXIT
node "$place/livestore.mjs" "$@"
