#!/usr/bin/env bash
# Undo and redo on an issue tracker: a slip, a morning's work, and all there ever was.
#   examples/undo/run.sh [STORE [EVENTS]]
#   STORE    the store to make (a temporary one)
#   EVENTS   of an issue tracker, JSON lines, plain or gzip (those of examples/tickets/sample.jsonl)
# Needs livestore in the PATH.
set -euo pipefail
events=$(realpath -- "${2:-$(dirname "$0")/../tickets/sample.jsonl}")
cd "$(dirname "$0")/.."

if [ $# -gt 0 ]; then
  store=$1
else
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  store=$scratch/tickets
fi

run() {
  local word
  printf '$ livestore'
  for word in "${@/#$store/tickets}"; do
    [[ $word == *[^[:alnum:]._-]* ]] && printf " '%s'" "$word" || printf ' %s' "$word"
  done
  printf '\n'
  livestore "$@"
}
digest() { livestore check "$store" | awk '/^state/ { print $2 }'; }
value() { livestore query "$store" "$1" --format csv | tr -d '\r' | tail -n 1; }

livestore init "$store" --schema tickets/schema.json
livestore commit "$store" --from "$events" --batch 1 --quiet
whole=$(digest)
commits=$(livestore status "$store" | awk '/^events/ { print $2 }')
id=$(value "SELECT id FROM tickets WHERE state = 'open' ORDER BY number DESC LIMIT 1")
ticket="SELECT id, state, title FROM tickets WHERE id = ?"

echo "# The wrong ticket is closed. Undo commits an event that opens it again."
run commit "$store" v1.TicketClosed "{\"id\": \"$id\", \"at\": \"2026-11-22T08:00:00Z\"}"
run query "$store" "$ticket" "$id"
position=$(livestore undo "$store")
run show "$store" "$position"

echo
echo "# All that was ever done here, undone, one commit after the other:"
run undo "$store" "$commits"
run query "$store" "SELECT count(*) AS tickets FROM tickets"

echo
echo "# and done again. Every row is as it was, its row id included."
run redo "$store" "$commits"
run query "$store" "$ticket" "$id"
[ "$(digest)" = "$whole" ] && echo "the state is what it was: $whole"
