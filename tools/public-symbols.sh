#!/usr/bin/env bash
# Prints the names of the functions that the public headers declare, sorted.
#   tools/public-symbols.sh [--without-net]
#   --without-net   leave out those of src/net, which need sockets
set -euo pipefail
cd "$(dirname "$0")/.."

declared() { sed -n 's/^LS_API .*[ *]\(ls_[a-z0-9_]*\)(.*/\1/p' include/*.h | LC_ALL=C sort; }
of_net() { sed -n 's/^[a-z].*[ *]\(ls_[a-z0-9_]*\)(.*{.*/\1/p' src/net/*.c; }

if [ "${1:-}" = --without-net ]; then
  declared | grep -vxF -f <(of_net)
else
  declared
fi
