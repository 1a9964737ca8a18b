#!/usr/bin/env bash
# Makes build/interop: the npm packages that package-lock.json pins, installed anew when it has changed (nothing of them
# runs while they are installed), and in it a new copy of this folder and of bench/livestore.mjs. Modules are looked up
# from where a file is, and what npm installs belongs below build/; so the copy is what runs. Prints its directory.
set -euo pipefail
cd "$(dirname "$0")/../.."

place=$PWD/build/interop
mkdir -p "$place"
exec 9>"$place/lock"
flock 9
if ! cmp -s tests/interop/package-lock.json "$place/installed"; then
  rm -rf "$place/node_modules" "$place/installed"
  cp tests/interop/package.json tests/interop/package-lock.json tests/interop/.npmrc "$place"
  (cd "$place" && npm ci --silent) >&2
  cp tests/interop/package-lock.json "$place/installed"
fi
# Copies that a killed run has left.
find "$place" -maxdepth 1 -name 'run.*' -mmin +120 -exec rm -rf {} +
copy=$(mktemp -d "$place/run.XXXXXX")
cp -r tests/interop/*.js tests/interop/*.json tests/interop/lib tests/interop/server bench/livestore.mjs "$copy"
echo "$copy"
