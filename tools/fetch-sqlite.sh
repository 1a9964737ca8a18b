#!/usr/bin/env bash
# Fetches the SQLite amalgamation that the library is built with: sqlite3.c and sqlite3.h.
#   tools/fetch-sqlite.sh DIRECTORY
# It comes out of an npm package, pinned by version and checksum; `npm pack` downloads and runs nothing of it.
# SQLITE_TARBALL=FILE uses a copy of that package instead of the network.
set -euo pipefail

package=better-sqlite3@12.11.1
sha256=ebf0ed75a7a59dbcb3b24bbd014ef49d9f15bc328e4adcbf516f2a8fadfa2835
out=${1:?usage: tools/fetch-sqlite.sh DIRECTORY}

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

tarball=${SQLITE_TARBALL:-}
if [ -z "$tarball" ]; then
  command -v npm >/dev/null || {
    echo "fetch-sqlite: npm is needed to fetch SQLite ($package). Install it, or build with SQLITE=system." >&2
    exit 1
  }
  echo "fetch-sqlite: npm pack $package"
  (cd "$temp" && npm pack --silent "$package" >/dev/null) || {
    echo "fetch-sqlite: npm pack $package failed. Without a network give SQLITE_TARBALL=FILE, or SQLITE=system." >&2
    exit 1
  }
  tarball=$(echo "$temp"/*.tgz)
fi

echo "$sha256  $tarball" | sha256sum --check --status || {
  echo "fetch-sqlite: $tarball does not have the sha256 $sha256 of $package" >&2
  exit 1
}
tar -xzf "$tarball" -C "$temp" package/deps/sqlite3/sqlite3.c package/deps/sqlite3/sqlite3.h
mkdir -p "$out"
# The header last, and both by a rename: whoever sees sqlite3.h has both files whole.
for file in sqlite3.c sqlite3.h; do
  cp "$temp/package/deps/sqlite3/$file" "$out/$file.new"
  mv "$out/$file.new" "$out/$file"
done
