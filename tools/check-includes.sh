#!/usr/bin/env bash
# Includes point downwards only. Prints each line that breaks a rule as file:line.
#   base, core, sync   know no system: C's own headers only
#   net, server        any system header
#   cli, examples      see what applications see; the command, server/serve.h too
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob globstar

files=(src/**/*.[ch] server/*.[ch] cli/*.[ch] examples/**/*.[ch])
[ ${#files[@]} -gt 0 ] || exit 0

awk '
  function refuse() { printf "%s:%d: may not include %s\n", FILENAME, FNR, $0; bad = 1 }
  FNR == 1 {
    pure = "^(assert|ctype|errno|float|inttypes|limits|math|stdarg|stdbool|stddef|stdint|stdio|stdlib|string)[.]h$"
    if (FILENAME ~ "^src/base/")      { own = "^(base/.*|livestore[.]h)$"; pure = pure "|^xxhash[.]h$" }
    else if (FILENAME ~ "^src/core/") { own = "^((base|core|sync)/.*|port/port[.]h|livestore(_host)?[.]h)$"; pure = pure "|^sqlite3[.]h$" }
    else if (FILENAME ~ "^src/sync/") { own = "^((base|sync)/.*|livestore(_host)?[.]h)$" }
    else if (FILENAME ~ "^src/net/")  { own = "^((base|sync|core|net)/.*|port/port[.]h|livestore(_host)?[.]h)$"; pure = "." }
    else if (FILENAME ~ "^server/")   { own = "^((base|sync|server)/.*|port/port[.]h|livestore[.]h|[a-z_]*[.]h)$"; pure = "." }
    else if (FILENAME ~ "^src/port/") { own = "^((base|port)/.*|livestore(_host)?[.]h)$"; pure = "." }
    else { own = FILENAME ~ "^cli/" ? "^(livestore(_host)?[.]h|server/serve[.]h)$" : "^livestore(_host)?[.]h$"; pure = "^[^.]*[.]h$"; folder = FILENAME; sub("[^/]*$", "", folder) }
    outside = FILENAME !~ "^(src|server)/"
  }
  /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, part, "\""); name = part[2]
    if (name ~ own) next
    if (outside && name !~ "/" && (getline line < (folder name)) >= 0) { close(folder name); next }
    refuse()
  }
  /^[ \t]*#[ \t]*include[ \t]*</ {
    split($0, part, "[<>]"); name = part[2]
    if (outside && name ~ "^(sqlite3|xxhash)[.]h$") refuse()
    else if (!(name ~ pure) && name !~ own) refuse()
  }
  END { exit bad }
' "${files[@]}"
