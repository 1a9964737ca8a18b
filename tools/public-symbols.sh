#!/usr/bin/env bash
# Prints the names of the functions that livestore.h declares, sorted.
set -euo pipefail
sed -n 's/^LS_API .*[ *]\(ls_[a-z0-9_]*\)(.*/\1/p' "$(dirname "$0")/../include/livestore.h" | LC_ALL=C sort
