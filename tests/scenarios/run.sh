#!/usr/bin/env bash
# Runs scenario files and shows where a command now prints something else.
#   tests/scenarios/run.sh [--update] [--bin DIRECTORY] [FILE...]
#   --update   write what is printed now into the files; look at the diff before committing it
#   --bin      where the livestore command is (build)
#
# A scenario is a transcript:
#   # prose
#   $ shell command        run by bash in a directory that is empty but for copies of tests/scenarios/files/
#   > more of it           lines that belong to the same command, such as a here-document
#   its output             standard output and error, up to an empty line
#   [exit 1]               when the status is not 0
# An empty line of the output is written (empty line). Each command has a shell of its own; $ROOT is the project's
# directory. What differs from run to run is written DIR, ROOT, "pid PID" and "since TIME".
#
# A page of docs/ is a scenario too: there output goes on to the next command or the ``` that ends the block, and its
# empty lines are as they are.
set -uo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

update= bin=build
while [ $# -gt 0 ]; do
  case $1 in
    --update) update=yes; shift ;;
    --bin) bin=$2; shift 2 ;;
    --*) sed -n '2,6s/^# //p' "$0" >&2; exit 2 ;;
    *) break ;;
  esac
done
[ $# -gt 0 ] || set -- tests/scenarios/*.txt docs/*.md
bin=$(cd "$bin" && pwd)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

normalise() {
  sed -E -e "s|$dir|DIR|g; s|$root|ROOT|g" -e 's/\bpid [0-9]+/pid PID/g' \
    -e 's/since [0-9]{4}-[0-9-]+T[0-9:]+Z/since TIME/g' -e "s/^\$/$empty/"
}

# Runs one command and prints its part of the transcript.
run_command() {
  (cd "$dir" && env -i PATH="$bin:$PATH" HOME="$dir" TMPDIR="$scratch" ROOT="$root" LC_ALL=C.UTF-8 TZ=UTC TERM=dumb \
    ASAN_OPTIONS="${ASAN_OPTIONS:-}" bash -c "$1") >"$scratch/out" 2>&1 </dev/null
  local status=$?
  normalise <"$scratch/out"
  # A last line without its end would swallow the next one.
  [ ! -s "$scratch/out" ] || [ -z "$(tail -c 1 "$scratch/out")" ] || echo
  [ $status = 0 ] || echo "[exit $status]"
}

# Prints the transcript of a scenario as it is now.
play() {
  local line command= place=prose
  while IFS= read -r line || [ -n "$line" ]; do
    if [ $place = command ] && [[ $line == '> '* || $line == '>' ]]; then
      command+=$'\n'${line:2}
      echo "$line"
      continue
    fi
    [ $place != command ] || { run_command "$command"; place=output; }
    if [[ $line == '$ '* ]]; then
      command=${line:2} place=command
      echo "$line"
    elif [ "$line" = "$end" ]; then
      place=prose
      echo "$line"
    elif [ $place = prose ]; then
      echo "$line"
    fi
  done <"$1"
  [ $place != command ] || run_command "$command"
}

status=0
for file in "$@"; do
  dir=$scratch/$(basename "$file")
  end= empty='(empty line)'
  [[ $file != *.md ]] || end='```' empty=
  mkdir -p "$dir"
  [ ! -d tests/scenarios/files ] || cp -r tests/scenarios/files/. "$dir"
  play "$file" >"$scratch/now"
  if [ -n "$update" ]; then
    cmp -s "$scratch/now" "$file" || { cp "$scratch/now" "$file"; echo "updated $file"; }
  elif ! diff -u --label "$file" "$file" --label "$file, now" "$scratch/now"; then
    status=1
  fi
done
exit $status
