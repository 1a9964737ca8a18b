#!/usr/bin/env bash
# `make run`: serves the app and syncs it, until Ctrl-C. Builds nothing.
#   PORT       where to listen (8787)
#   BUILD      where livestore is (build)
#   RUN_ONCE   1: check that page, WebAssembly and sync answer, and end; 0: stay. Default: stay at a terminal, and end
#              elsewhere and where CI is set
set -euo pipefail
cd "$(dirname "$0")/../.."

build=${BUILD:-build}
app=build/web-todomvc
example=examples/web-todomvc
server=
scratch=

fail() {
  echo "run: $*" >&2
  exit 1
}

stop() {
  [ -z "$server" ] || kill "$server" 2>/dev/null || true
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  [ -z "$scratch" ] || rm -rf "$scratch"
}
trap stop EXIT

# Starts the server and sets $server and $port.
start() { # DATA PORT
  local said=$1.said
  mkdir -p "$1"
  : >"$said"
  "$build/livestore" serve --data "$1" --app "$app" --listen "127.0.0.1:$2" --quiet >"$said" 2>"$said.errors" &
  server=$!
  until grep -q '^the app is at' "$said"; do
    if ! kill -0 $server 2>/dev/null; then
      server=
      ! grep -q 'in use' "$said.errors" ||
        fail "port $2 is taken by another program; take another one: make run PORT=$(($2 + 1))"
      fail "the server does not start: $(cat "$said.errors")"
    fi
    sleep 0.05
  done
  port=$(sed -n 's|^the app is at http://.*:\([0-9]*\)/$|\1|p' "$said")
}

# -------------------------------------------------------------------------------------------------

stays() {
  case ${RUN_ONCE:-} in
    1) return 1 ;;
    0) return 0 ;;
    '') [ -t 0 ] && [ -z "${CI:-}" ] ;;
    *) fail "RUN_ONCE is '$RUN_ONCE', neither 0 nor 1" ;;
  esac
}

what_to_try() {
  local bold='' end=''
  if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m' end=$'\e[0m'; fi
  cat <<TEXT

  ${bold}http://localhost:$port/${end}   Ctrl-C ends it; the list is kept in build/run/data

${bold}Try${end}
  Two windows        open it twice, and once more in a private window or another browser: each sees at
                     once what the others do
  Undo               Ctrl+Z, or the arrows: each window takes back what it did itself
  Offline            end this with Ctrl-C, go on in the browser, reload it too; then start it again
  Another list       http://localhost:$port/?storeId=shopping

${bold}The same list from a terminal${end}
  $build/livestore init build/run/laptop --schema $example/schema.json --id todos
  $build/livestore commit build/run/laptop v1.TodoCreated \\
    '{"id": "'\$RANDOM'", "text": "Written in a terminal", "createdAt": '\$(date +%s000)'}'
  $build/livestore sync build/run/laptop ws://localhost:$port
  $build/livestore query build/run/laptop 'SELECT * FROM todos'

TEXT
}

# What a browser asks for first.
check_page() {
  node --input-type=module - "http://localhost:$port" "$app" <<'JS'
import { readdirSync } from 'node:fs'
const [origin, app] = process.argv.slice(2)
const ask = async (path, type) => {
  const answer = await fetch(origin + path)
  if (!answer.ok) throw `${path} is answered ${answer.status}`
  const found = answer.headers.get('content-type')
  if (!found.startsWith(type)) throw `${path} comes as ${found}`
  return Buffer.from(await answer.arrayBuffer())
}
try {
  const page = (await ask('/', 'text/html')).toString()
  if (!page.includes('<div id="root">')) throw 'the page is another one'
  for (const [, script] of page.matchAll(/src="([^"]+\.js)"/g)) await ask(script, 'text/javascript')
  const modules = readdirSync(`${app}/assets`).filter((name) => name.endsWith('.wasm'))
  if (modules.length === 0) throw 'the app has no WebAssembly module'
  for (const name of modules) await WebAssembly.compile(await ask(`/assets/${name}`, 'application/wasm'))
} catch (error) {
  console.error(`run: ${error}`)
  process.exit(1)
}
JS
}

check_sync() {
  local store
  for store in one two; do
    "$build/livestore" init "$scratch/$store" --schema $example/schema.json --id check --quiet
  done
  "$build/livestore" commit "$scratch/one" v1.TodoCreated '{"id": "a", "text": "Buy milk", "createdAt": 1}' --quiet
  "$build/livestore" sync "$scratch/one" "ws://localhost:$port" --quiet
  "$build/livestore" sync "$scratch/two" "ws://localhost:$port" --quiet
  "$build/livestore" query "$scratch/two" 'SELECT text FROM todos' --format csv | grep -q 'Buy milk' ||
    fail "a commit does not arrive"
}

# -------------------------------------------------------------------------------------------------

[ -x "$build/livestore" ] || fail "$build/livestore is not there; run make run"
[ -f "$app/index.html" ] || fail "$app is not there; run make run"

if stays; then
  trap : INT
  start build/run/data "${PORT:-8787}"
  what_to_try
  wait $server || true
else
  scratch=$(mktemp -d)
  start "$scratch/server" "${PORT:-0}"
  check_page
  check_sync
  echo "run: the page, its WebAssembly and sync answer at http://localhost:$port/; RUN_ONCE=0 stays"
fi
