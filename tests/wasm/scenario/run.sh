#!/usr/bin/env bash
# Runs scenario files with the command as WebAssembly, but for what left-out.txt names.
#   tests/wasm/scenario/run.sh --list                      the files that run
#   tests/wasm/scenario/run.sh [--bin DIRECTORY] [FILE...]
#   --bin   where the launcher is (build/wasm/cli)
set -uo pipefail
cd "$(dirname "$0")/../../.."
left_out=tests/wasm/scenario/left-out.txt

# The files that are not left out as a whole: no command follows their names.
list() {
  local file
  for file in tests/scenarios/*.txt; do
    awk -v name="$(basename "$file" .txt)" '
      whole && !/^  \$ / { exit }
      { whole = index($0, name ": ") == 1 }
      END { exit whole }' "$left_out" && echo "$file"
  done
}

# Prints a scenario without the commands that are left out, and fails when one of those is not there.
without() { # FILE
  awk -v name="$(basename "$1" .txt)" '
    NR == FNR && /^  \$ / && ours { out[substr($0, 3)] = 1 }
    NR == FNR && !/^  / { ours = index($0, name ": ") == 1 }
    NR == FNR { next }
    /^\$ / { dropped = $0 in out; if (dropped) found[$0] = 1 }
    /^$/ { dropped = 0 }
    !dropped
    END {
      for (command in out) if (!(command in found)) { print "not in the scenario: " command >"/dev/stderr"; exit 1 }
    }' "$left_out" "$1"
}

bin=build/wasm/cli
case ${1:-} in
  --list) list; exit ;;
  --bin) bin=$2; shift 2 ;;
esac
[ $# -gt 0 ] || set -- $(list)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
status=0
for file in "$@"; do
  copy=$scratch/$(basename "$file")
  without "$file" >"$copy" && tests/scenarios/run.sh --bin "$bin" "$copy" || status=1
done
exit $status
