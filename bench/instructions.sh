#!/bin/sh
# Counts the instructions of one operation, ours and plain SQLite's, with valgrind's callgrind: a commit of one event,
# an event in a batch of 1,000, a point query, an event in a rebuild of 1,000 (its snapshot included).
# Only user space is counted: what the system does to write the log is the same for both. Each is counted twice and the
# two must be equal, so a figure that changes is a change of the code.
#
# usage: instructions.sh [PROGRAM]     the benchmark's program, default build/bench
#   KEEP=DIR instructions.sh           leave callgrind's files in DIR, for callgrind_annotate
set -eu

program=${1:-build/bench}
operations=1000 # COUNTED in child.c
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
keep=${KEEP:-$work}
mkdir -p "$keep"

# Instructions per operation: what, side.
count() {
  rm -rf "$work/store"
  mkdir "$work/store"
  valgrind --tool=callgrind --toggle-collect=bench_counted --callgrind-out-file="$keep/$1-$2.callgrind" \
    "$program" --child "$1" "$2" "$work/store" >"$work/out" 2>&1 || { cat "$work/out" >&2; exit 1; }
  total=$(sed -n 's/^.*Collected : \([0-9]*\).*$/\1/p' "$work/out")
  [ -n "$total" ] || { cat "$work/out" >&2; exit 1; }
  echo $((total / operations))
}

count_twice() {
  first=$(count "$1" "$2")
  second=$(count "$1" "$2")
  [ "$first" = "$second" ] || { echo "instructions.sh: $1 of $2 is not repeatable: $first, then $second" >&2; exit 1; }
  echo "$first"
}

printf '%-8s %10s %10s %6s\n' row ours limit ratio
for row in commit batch point rebuild; do
  ours=$(count_twice $row ours)
  limit=$(count_twice $row plain)
  printf '%-8s %10d %10d %6s\n' $row "$ours" "$limit" "$(awk "BEGIN { printf \"%.2f\", $ours / $limit }")"
done
echo 'instructions per operation, each counted twice with the same result'
