#!/usr/bin/env bash
# Undo and redo on an issue tracker: a slip, a morning's work, and all there ever was.
#   examples/undo/run.sh [STORE]   the store to make (a temporary one)
# Needs livestore in the PATH.
set -euo pipefail
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
tickets="SELECT id, state, title FROM tickets WHERE number = 7"

livestore init "$store" --schema tickets/schema.json
livestore commit "$store" --from tickets/sample.jsonl --batch 1 --quiet
whole=$(digest)

echo "# The wrong ticket is closed. Undo commits an event that opens it again."
run commit "$store" v1.TicketClosed '{"id": "issue-7", "at": "2024-03-10T08:00:00Z"}'
run query "$store" "$tickets"
position=$(livestore undo "$store")
run show "$store" "$position"

echo
echo "# All that was ever done here, undone, one commit after the other:"
run undo "$store" "$(wc -l <tickets/sample.jsonl)"
run query "$store" "SELECT count(*) AS tickets FROM tickets"

echo
echo "# and done again. Every row is as it was, its row id included."
run redo "$store" "$(wc -l <tickets/sample.jsonl)"
run query "$store" "$tickets"
[ "$(digest)" = "$whole" ] && echo "the state is what it was: $whole"
