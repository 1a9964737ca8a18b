#!/usr/bin/env bash
# Installs into an empty directory, builds examples/c against what is there, with the shared and the static library,
# runs each, and uninstalls again until nothing is left.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob

temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT
root=$temp/root
prefix=/opt/livestore

# Nothing but the .pc file depends on PREFIX, so this builds nothing anew.
"${MAKE:-make}" --no-print-directory install DESTDIR="$root" PREFIX=$prefix
export PKG_CONFIG_PATH=$root$prefix/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$root
[ "$(pkg-config --modversion livestore)" = "$("$root$prefix/bin/livestore" --version | awk '{print $NF}')" ]

for source in examples/c/*.c; do
  name=$(basename "$source" .c)
  gcc -std=c11 -Wall -Wextra -Werror -o "$temp/$name-shared" "$source" $(pkg-config --cflags --libs livestore)
  gcc -std=c11 -o "$temp/$name-static" "$source" $(pkg-config --cflags livestore) \
    "$root$prefix/lib/liblivestore.a" $(pkg-config --libs-only-l --static livestore | sed 's/-llivestore//')
  for kind in shared static; do
    cp -r examples/c "$temp/$name-$kind.dir"
    (cd "$temp/$name-$kind.dir" && LD_LIBRARY_PATH=$root$prefix/lib "$temp/$name-$kind") >"$temp/$kind.out"
    echo "$name, $kind:"
    cat "$temp/$kind.out"
  done
done

"${MAKE:-make}" --no-print-directory uninstall DESTDIR="$root" PREFIX=$prefix
left=$(find "$root" ! -type d)
[ -z "$left" ] || { echo "uninstall left: $left"; exit 1; }
