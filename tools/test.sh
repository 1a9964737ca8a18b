#!/usr/bin/env bash
# `make test`: builds all variants, then runs every check, some at a time. A check is a command with a name; its
# output goes to build/test/NAME.log and is shown when it fails. The last line counts them.
#   FUZZ_SECONDS   how long each fuzz target runs (5)
#   SOAK=1         longer: tests see it and do more (not under valgrind), and clang's build runs too
#   VALGRIND_SKIP  words; unit tests with one of them in their name take long, and are not run under valgrind and with
#                  the system's SQLite
#   JOBS           checks at a time (the number of cores)
#   ONLY           a pattern of names of checks, such as '*scenario*'
# Checks with browsers and with LiveStore, whose own timing nobody here decides, have a second try, not with SOAK=1. It is
# told at the end; the output of the first one stays in build/test/NAME.first.
set -uo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob

MAKE=${MAKE:-make}
JOBS=${JOBS:-$(nproc)}
FUZZ_SECONDS=${FUZZ_SECONDS:-5}
VALGRIND_SKIP=${VALGRIND_SKIP:-}
ONLY=${ONLY:-*}
if [ -n "${SOAK:-}" ]; then
  export SOAK
  limit_s=3600
  schedules=1000000
  asan_skip=
  sim_checks=40 # of some minutes each
else
  unset SOAK
  limit_s=600
  schedules=2000
  asan_skip='fault_io fault_sessions upstream_fault' # as valgrind's: slow, and run without it too
  sim_checks=$JOBS
fi
export ASAN_OPTIONS=detect_leaks=1:strict_string_checks=1 UBSAN_OPTIONS=print_stacktrace=1

logs=build/test
rm -rf "$logs"
mkdir -p "$logs" build/test-locale
started=$SECONDS

try() { # LOG COMMAND…
  local log=$1 status
  shift
  timeout --kill-after=10 "$limit_s" "$@" >"$log" 2>&1 </dev/null
  status=$?
  [ $status != 124 ] || echo "stopped after $limit_s s" >>"$log"
  return $status
}

has_second_try() { # NAME
  [ -z "${SOAK:-}" ] || return 1
  case $1 in browser-* | interop-*) ;; *) return 1 ;; esac
}

# What a failed check has said. Of TAP, which tells of every test, what failed and what else was printed.
show() { # LOG
  if grep -q '^ *not ok' "$1"; then
    awk '/^ *not ok/ { failed = 1 }
         failed || (/^ *#/ && !/^ *# Subtest/)
         /^ *\.\.\.$/ { failed = 0 }' "$1"
  else
    sed '/^  \(cc\|ar\|ld\) /d' "$1"
  fi | sed 's/^/      | /'
}

# Runs one check and prints its line; the failed ones leave NAME.failed behind.
run_check() {
  local name=$1 log=$logs/$1.log from=$EPOCHREALTIME seconds note= status
  shift
  try "$log" "$@"
  status=$?
  if [ $status != 0 ] && has_second_try "$name"; then
    mv "$log" "$logs/$name.first"
    note=', at the second try'
    try "$log" "$@"
    status=$?
  fi
  seconds=$(awk "BEGIN { printf \"%.1f\", $EPOCHREALTIME - $from }")
  if [ $status = 0 ]; then
    printf 'ok    %6ss  %s\n' "$seconds" "$name$note"
    return
  fi
  touch "$logs/$name.failed"
  { printf 'FAIL  %6ss  %s (exit %s)\n' "$seconds" "$name" "$status"; show "$log"; }
}

# Starts a check as soon as fewer than JOBS are running.
check() {
  case $1 in $ONLY) ;; *) return ;; esac
  while [ "$(jobs -rp | wc -l)" -ge "$JOBS" ]; do wait -n; done
  run_check "$@" &
}

# Adds up the last lines of the simulator's checks.
sum_schedules() {
  awk '
    match($0, /^[0-9]+ schedules in/) {
      n += $1; checks++
      split(substr($0, index($0, ":") + 1), counts, /[,;]/)
      for (i = 1; i in counts; i++) { split(counts[i], part, " "); sum[i] += part[1]; what[i] = part[2] }
    }
    END {
      if (!checks) exit
      printf "%d schedules in %d checks:", n, checks
      for (i = 1; i in sum; i++) printf "%s %d %s", i == 1 ? "" : i + 1 in sum ? "," : ";", sum[i], what[i]
      print ""
    }' "$@"
}

# Prints the last lines and exits.
finish() {
  wait
  local all=("$logs"/*.log) failed=("$logs"/*.failed) again=("$logs"/*.first) simulated=("$logs"/sim-*.log) file
  echo
  for file in "${again[@]}"; do echo "failed at first: $(basename "$file" .first), see $file"; done
  for file in "${failed[@]}"; do echo "failed: $(basename "$file" .failed)"; done
  [ ${#simulated[@]} = 0 ] || sum_schedules "${simulated[@]}"
  echo "in $((SECONDS - started)) s; logs are in $logs"
  echo "$((${#all[@]} - ${#failed[@]})) passed, ${#failed[@]} failed"
  [ ${#failed[@]} = 0 ]
  exit
}

noun() { local base=${1##*/}; base=${base#test_}; base=${base#fuzz_}; echo "${base%.*}"; }

# Has a program a word of a list in its name?
has_word() { # PROGRAM WORDS
  local word
  for word in $2; do
    case $1 in *"$word"*) return ;; esac
  done
  return 1
}

unit_programs() { # VARIANT DIRECTORY [WORDS]: those with one of the words in their name are left out
  local program
  for program in "$2"/unit/test_*; do
    has_word "$program" "${3:-}" || check "$1-$(noun "$program")" "$program"
  done
}

valgrind_programs() {
  local program
  for program in build/unit/test_*; do
    has_word "$program" "$VALGRIND_SKIP" ||
      check "valgrind-$(noun "$program")" env -u SOAK valgrind --quiet --leak-check=full --error-exitcode=1 "$program"
  done
}

# Programs of sources that are gone would still be run.
forget_old_programs() {
  local program
  for program in build/unit/test_* build/*/unit/test_*; do
    [ -f "tests/unit/$(basename "$program" .wasm).c" ] || rm -f "$program"
  done
  for program in build/asan/replay/* build/libfuzzer/fuzz/*; do
    [ -f "tests/fuzz/${program##*/}.c" ] || rm -f "$program"
  done
}

fuzz_programs() {
  local program name found
  for program in build/asan/replay/fuzz_*; do
    name=$(noun "$program")
    check "replay-$name" "$program" "tests/fuzz/corpus/$name"
  done
  for program in build/libfuzzer/fuzz/fuzz_*; do
    name=$(noun "$program")
    found=build/fuzz-found/$name
    mkdir -p "$found"
    check "fuzz-$name" "$program" -max_total_time="$FUZZ_SECONDS" -timeout=25 -print_final_stats=1 \
      -artifact_prefix="$found/failed-" "$found" "tests/fuzz/corpus/$name"
  done
}

# Schedules of the simulator, shared out among checks; its scenario files are in the first one. What fails is kept as
# one of those.
simulator() { # NAME PROGRAM SCHEDULES CHECKS
  local part each=$((($3 + $4 - 1) / $4)) files=(tests/sim/scenarios/*.txt)
  mkdir -p build/sim-failed
  for part in $(seq -w "$4"); do
    check "$1-$part" "$2" --first $((each * (10#$part - 1) + 1)) --schedules "$each" --keep build/sim-failed \
      "${files[@]}"
    files=()
  done
}

scenarios() { # VARIANT DIRECTORY
  local file
  for file in tests/scenarios/*.txt; do
    check "$1-$(noun "$file")" tests/scenarios/run.sh --bin "$2" "$file"
  done
}

echo "building, log in $logs/build.log"
limit_s=3600 run_check build "$MAKE" --no-print-directory -j"$JOBS" --keep-going test-build
[ ! -f "$logs/build.failed" ] || finish
forget_old_programs
# A locale whose decimal point is a comma, for the tests that nothing depends on it.
localedef -i de_DE -f UTF-8 build/test-locale/de_DE.UTF-8 >/dev/null 2>&1
export LOCPATH=$PWD/build/test-locale

check includes tools/check-includes.sh
check headers tools/check-headers.sh
check symbols tools/check-symbols.sh
check install tools/check-install.sh
unit_programs unit build
unit_programs asan build/asan "$asan_skip"
[ -z "${SOAK:-}" ] || unit_programs clang build/clang
unit_programs system-sqlite build/system "$VALGRIND_SKIP"
valgrind_programs
fuzz_programs
for file in tests/data/merge_cases.jsonl ../shared/data/merge.jsonl.gz; do
  [ ! -f "$file" ] || check "merge-cases-$(noun "${file%.gz}")" build/tests/merge_cases "$file"
done
simulator sim build/sim "$schedules" "$sim_checks"
simulator asan-sim build/asan/sim 200 "$JOBS"
scenarios scenario build
for file in docs/*.md; do check "docs-$(noun "$file")" tests/scenarios/run.sh "$file"; done
scenarios asan-scenario build/asan
check examples tests/examples.sh
check asan-examples env BUILD=build/asan DATA=none tests/examples.sh
# What follows waits for processes, pages and clocks as much as it computes. The longest come first, so that there is
# something to do beside them.
JOBS=$((JOBS + 1))
for file in tests/interop/*.test.js; do
  name=$(basename "$file" .test.js)
  check "interop-$name" tests/interop/run.sh ours "$file"
  case ${SOAK:-$name} in
    1 | our-client | browser) check "interop-wrangler-$name" tests/interop/run.sh wrangler "$file" ;;
  esac
done
check asan-interop env LIVESTORE=build/asan/livestore tests/interop/run.sh ours wire.test.js
for file in tests/web/*.test.mjs; do check "browser-$(noun "${file%.mjs}")" node --test "$file"; done
check wasm-unit node tests/wasm/unit/run-unit.mjs build/wasm/unit
check web-unit npm --prefix web --silent test
check web-types npm --prefix web --silent run types
check web-docs node web/docs.mjs --check
for file in tests/server/*.mjs; do check "server-$(noun "$file")" node --test "$file"; done
for name in access crash framing http; do
  check "asan-server-$name" env -u SOAK LIVESTORE=build/asan/livestore node --test "tests/server/$name.mjs"
done
for file in tests/wasm/*.mjs; do check "wasm-$(noun "$file")" node "$file" build/livestore.wasm; done
check wasm-pool build/wasm/test_pool
for file in $(tests/wasm/scenario/run.sh --list); do
  check "wasm-scenario-$(noun "$file")" tests/wasm/scenario/run.sh "$file"
done
finish
