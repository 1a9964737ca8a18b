#!/usr/bin/env bash
# People who type into one text at the same time, a store for each of them, and a server between them.
#   examples/clownschool/run.sh [ROWS [DIR]]
#   ROWS   what they did, JSON lines, plain or gzip (sample.jsonl)
#   DIR    to be made; the stores are left there (a temporary one)
# Needs livestore and clownschool in the PATH.
set -euo pipefail
rows=$(realpath -- "${1:-$(dirname "$0")/sample.jsonl}")
if [ $# -gt 1 ]; then
  mkdir "$2"
  dir=$(realpath -- "$2")
  temporary=
else
  dir=$(mktemp -d)
  temporary=$dir
fi
schema=$(realpath -- "$(dirname "$0")/../document/schema.json")
cd "$dir"

server=
finish() {
  [ -z "$server" ] || { kill "$server" && wait "$server"; }
  rm -rf "$temporary"
}
trap finish EXIT

mkfifo says
livestore serve --data server --listen 127.0.0.1:0 --quiet >says &
server=$!
read -r _ _ url <says

echo "# Each one types, and syncs when the rows say that they had seen what another one wrote."
gzip -cdf "$rows" | clownschool "$schema" people "$url"

echo "# Somebody new pulls it all."
livestore init people/new --schema "$schema" --id clownschool
livestore sync people/new "$url"

echo "# All have the same log and the same state, which is what a replay from nothing gives."
for store in people/*; do
  livestore check "$store" | awk -v store="$(basename "$store")" '
    /^(log|state) / { digest[$1] = $2 }
    { last = $0 }
    END { printf "%-4s log %s, state %s, %s\n", store, digest["log"], digest["state"], last }'
done
