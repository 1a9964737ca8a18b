#!/usr/bin/env bash
# Runs the examples and compares what they leave with what they should. Builds nothing.
#   BUILD   where livestore, git_events, todos and chat are (build)
#   DATA    real event logs, used when they are there (../shared/data)
# Prints a line for each example; exits with 1 when one failed.
set -uo pipefail
cd "$(dirname "$0")/.."

build=$(cd "${BUILD:-build}" && pwd) || exit 1
data=${DATA:-../shared/data}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
failed=0

livestore() { "$build/livestore" "$@"; }

# The rows of a query, a line each, columns with commas between them.
rows() { livestore query "$1" "$2" --format csv | tr -d '\r' | tail -n +2; }

# The one text that a query gives, as it is.
text() { rows "$1" "SELECT hex(($2))" | perl -ne 's/[^0-9A-F]//g; print pack "H*", $_'; }

# Ends the example, and says how they differ, unless both are the same.
same() { # WHAT WANTED FOUND
  [ "$2" != "$3" ] || return 0
  printf '%s: (-) is wanted, (+) was found\n' "$1"
  diff -u <(echo "$2") <(echo "$3") | tail -n +3
  exit 1
}

# Ends the example unless the command fails and complains in these words.
refused() { # WORDS COMMAND...
  if "${@:2}" 2>"$scratch/error"; then
    echo "not refused: ${*:2}"
    exit 1
  fi
  grep -F "$1" "$scratch/error" || { cat "$scratch/error"; exit 1; }
}

fill() { # EXAMPLE STORE FILE
  livestore init "$2" --schema "examples/$1/schema.json"
  livestore commit "$2" --from "$3"
  livestore check "$2"
}

example() { # NAME FUNCTION
  local log=$scratch/log
  (set -e; "$2") >"$log" 2>&1
  local status=$? # in a condition, -e would have no effect
  if [ $status = 0 ]; then
    echo "ok    $1"
  else
    failed=1
    echo "FAIL  $1"
    sed 's/^/      | /' "$log"
  fi
}

# -------------------------------------------------------------------------------------------------

tickets_sample() {
  local store=$scratch/tickets
  fill tickets "$store" examples/tickets/sample.jsonl
  same tickets "issue-1,issue,1,closed,2024-03-01T08:00:00Z,2024-03-03T12:06:00Z,
issue-2,issue,2,open,2024-03-01T09:30:00Z,,
issue-4,issue,4,closed,2024-03-04T01:00:00Z,2024-03-09T09:00:00Z,
issue-7,issue,7,open,2024-03-08T03:14:00Z,,
pull-3,pull,3,merged,2024-03-02T11:00:00Z,2024-03-03T12:05:00Z,ana
pull-5,pull,5,merged,2024-03-05T02:00:00Z,2024-03-09T09:00:00Z,ana
pull-6,pull,6,closed,2024-03-07T10:00:00Z,2024-03-07T11:05:00Z," \
    "$(rows "$store" "SELECT id, kind, number, state, openedAt, closedAt, mergedBy FROM tickets ORDER BY id")"
  same titles "日本語の説明書,取扱説明書を日本語でも読みたいです。,yuki" \
    "$(rows "$store" "SELECT title, body, author FROM tickets WHERE id = 'issue-4'")"
  same labels "issue-1,sound
issue-2,timer
issue-4,documentation
issue-4,help wanted
issue-7,security
pull-3,sound" "$(rows "$store" "SELECT ticketId, label FROM labels ORDER BY 1, 2")"
  same assignees "issue-1,bo
issue-7,ana
issue-7,yuki
pull-3,bo
pull-5,chloé" "$(rows "$store" "SELECT ticketId, assignee FROM assignees ORDER BY 1, 2")"
  same reviews "pull-3-r1,pull-3,CHANGES_REQUESTED,ana
pull-3-r2,pull-3,APPROVED,ana
pull-5-r1,pull-5,COMMENTED,chloé" "$(rows "$store" "SELECT id, ticketId, verdict, author FROM reviews ORDER BY id")"
  same comments "issue-2-c1,bo,
issue-2-c2,chloé,
issue-7-c1,dmitri,2024-03-08T07:30:00Z
issue-99-c1,ana,
pull-3-c1,bo,2024-03-03T09:01:00Z
pull-5-c1,ana,
pull-6-c1,ana,
pull-6-c2,dmitri," "$(rows "$store" "SELECT id, author, editedAt FROM comments ORDER BY id")"
  same "an edited comment" "Turned it down." "$(text "$store" "SELECT body FROM comments WHERE id = 'pull-3-c1'")"
}

# Name and id of each event; the id comes first in its arguments.
names_and_ids() { zcat "$1" | sed -n 's/^{"name":"v1\.\([A-Za-z]*\)","args":{"id":"\([^"]*\)".*/\1 \2/p'; }

tickets_data() {
  local store=$scratch/tickets-data file=$data/tickets.jsonl.gz
  fill tickets "$store" "$file"
  same states "$(names_and_ids "$file" | awk '
    $1 == "TicketOpened" { state[$2] = "open" }
    $1 == "TicketClosed" && state[$2] == "open" { state[$2] = "closed" }
    $1 == "PullMerged" { state[$2] = "merged" }
    END { for (id in state) print id "," state[id] }' | LC_ALL=C sort)" \
    "$(rows "$store" "SELECT id, state FROM tickets ORDER BY id")"
  same counts "$(names_and_ids "$file" | awk '{ n[$1]++ } END {
    print n["TicketOpened"] "," n["CommentAdded"] "," n["ReviewSubmitted"] "," n["CommentEdited"] }')" \
    "$(rows "$store" "SELECT (SELECT count(*) FROM tickets), (SELECT count(*) FROM comments),
      (SELECT count(*) FROM reviews), (SELECT count(*) FROM comments WHERE editedAt IS NOT NULL)")"
  same "labels and assignees" "$(zcat "$file" | grep -E '^{"name":"v1.Ticket(Labelled|Assigned)"' |
    sed 's/,"at":.*//' | sort -u | wc -l)" \
    "$(rows "$store" "SELECT (SELECT count(*) FROM labels) + (SELECT count(*) FROM assignees)")"
}

# The events of a log from its middle on: most refer to tickets that are not there.
tickets_part() {
  local store=$scratch/tickets-part
  zcat "$data/tickets.jsonl.gz" | sed -n '4000,5000p' >"$scratch/part.jsonl"
  fill tickets "$store" "$scratch/part.jsonl"
  same "tickets opened" "$(grep -c '^{"name":"v1.TicketOpened"' "$scratch/part.jsonl")" \
    "$(rows "$store" "SELECT count(*) FROM tickets")"
}

# -------------------------------------------------------------------------------------------------

document_sample() {
  local store=$scratch/document
  fill document "$store" examples/document/sample.jsonl
  same documents "blank
note
shopping
story" "$(rows "$store" "SELECT id FROM documents ORDER BY id")"
  same note "🍵 The thé vert is ready now, 👩‍🚀 Zoë!
緑茶ができました。" "$(text "$store" "SELECT text FROM documents WHERE id = 'note'")"
  same shopping "- oat milk
- Brötchen
- ½ × açaí
- jam" "$(text "$store" "SELECT text FROM documents WHERE id = 'shopping'")"
  same blank "" "$(text "$store" "SELECT text FROM documents WHERE id = 'blank'")"
  same "sha256 of story" 8989714729e8cf19a8812d0f9c9d9ca6a9a0614a4c5f35e948c186cad64a6626 \
    "$(text "$store" "SELECT text FROM documents WHERE id = 'story'" | sha256sum | cut -d ' ' -f 1)"
  refused "constraint failed" livestore commit "$store" v1.TextEdited '{"id":"note","pos":0,"del":0,"ins":"a\u0000b"}'
}

document_data() {
  local store=$scratch/document-data
  fill document "$store" "$data/paper-edits.jsonl.gz"
  same "sha256 of the text" a489e9022976c14e46627aea174d07797edcb3fd17df42605956d4cf01bf9039 \
    "$(text "$store" "SELECT text FROM documents" | sha256sum | cut -d ' ' -f 1)"
}

# -------------------------------------------------------------------------------------------------

todos() {
  local program=$build/todos
  cd "$scratch"
  same "the first time" "[ ] Buy milk
[ ] Water the plants
[ ] Learn what an event is" "$("$program")"
  same "the second time" "[x] Buy milk
[ ] Water the plants
[ ] Learn what an event is" "$("$program")"
  echo taken >"$scratch/file"
  refused "todos: " "$program" "$scratch/file"
}

# -------------------------------------------------------------------------------------------------

chat() {
  local program=$build/chat url server
  cd "$scratch"
  timeout 60 "$build/livestore" serve --data chat-server --listen 127.0.0.1:0 --quiet >listening &
  server=$!
  until [ -s listening ]; do sleep 0.02; done
  url=$(sed 's/.* //' listening)
  same "ann says" "ann: hello \"you\"" "$(echo 'hello "you"' | "$program" ann "$url")"
  same "bob, offline" "bob: hi" "$(echo hi | "$program" bob)"
  same "bob is heard" "bob: hi
ann: hello \"you\"" "$("$program" bob "$url" </dev/null)"
  same "ann hears" "ann: hello \"you\"
bob: hi" "$("$program" ann "$url" </dev/null)"
  kill $server
  wait $server || true
}

# -------------------------------------------------------------------------------------------------

# git as it is without any configuration; commits are a minute apart.
minute=0
git_in() {
  local repo=$1
  shift
  minute=$((minute + 1))
  env -i PATH="$PATH" HOME="$scratch" GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME="${author:-Ann}" \
    GIT_AUTHOR_EMAIL="${author:-Ann}@example.org" GIT_COMMITTER_NAME=Carl GIT_COMMITTER_EMAIL=carl@example.org \
    GIT_AUTHOR_DATE="2024-05-06T07:$((minute + 10)):00Z" GIT_COMMITTER_DATE="2024-05-06T07:$((minute + 10)):00Z" \
    git -C "$repo" -c init.defaultBranch=main "$@"
}

make_repository() {
  local repo=$1
  mkdir -p "$repo"
  git_in "$repo" init -q
  printf 'one\ntwo\nthree\nfour\n' >"$repo/a.txt"
  printf 'x\0y' >"$repo/picture.bin"
  git_in "$repo" add .
  git_in "$repo" commit -qm 'Begin with "quotes" and a \ backslash'
  mkdir "$repo/src dir"
  git_in "$repo" mv a.txt "src dir/b.txt"
  git_in "$repo" commit -qm 'Move a file'
  git_in "$repo" checkout -qb side
  echo five >>"$repo/src dir/b.txt"
  author=Zoë git_in "$repo" commit -qam 'Añade una línea'
  git_in "$repo" checkout -q main
  printf 'latin\n' >"$repo/"$'caf\xe9'
  git_in "$repo" add .
  git_in "$repo" -c i18n.commitEncoding=ISO-8859-1 commit -qm $'Caf\xe9'
  git_in "$repo" merge -q --no-ff -m 'Merge side' side
  git_in "$repo" commit -q --allow-empty --allow-empty-message -m ''
}

# Shows a repository; its store is in $scratch/git-history then.
show_history() {
  ln -sf "$build/livestore" "$build/git_events" "$scratch"
  BUILD=$scratch REPO=$1 HOME=$scratch LC_ALL=C.UTF-8 examples/git-history/run.sh
}

git_history() {
  local repo="$scratch/a repository" store=$scratch/git-history
  make_repository "$repo"
  show_history "$repo" >"$scratch/shown"
  cat "$scratch/shown"
  same commits "6,Begin with \"quotes\" and a \\ backslash|Move a file|Añade una línea|Café|Merge side|" \
    "$(rows "$store" "SELECT count(*), group_concat(subject, '|') FROM (SELECT subject FROM commits ORDER BY rowid)" |
      sed 's/,"\(.*\)"$/,\1/; s/""/"/g')"
  same files "caf�,1,1,0
picture.bin,1,0,0
src dir/b.txt,3,5,0" "$(rows "$store" "SELECT path, touches, added, removed FROM files ORDER BY path")"
  same authors "Ann,5,5,0
Zoë,1,1,0" "$(rows "$store" "SELECT name, commits, added, removed FROM authors ORDER BY name")"
  same "parents of the merge" 2 "$(rows "$store" "SELECT max(n) + 1 FROM parents")"
  same "a binary file" "NULL" "$(rows "$store" "SELECT coalesce(added, 'NULL') FROM changes WHERE path = 'picture.bin'")"
  same "escapes and lines over 80 columns" "" "$(sed '/^Go on/,$d' "$scratch/shown" | grep -E $'\e|^.{81}')"
}

git_history_kinds() {
  local repo="$scratch/a repository" where
  git clone -q --bare "$repo" "$scratch/bare.git"
  git clone -q --depth 1 "file://$repo" "$scratch/shallow"
  for where in "$scratch/bare.git" "$scratch/shallow" "$repo/src dir"; do
    show_history "$where" >"$scratch/shown"
  done
  COMMITS=2 show_history "$repo" >"$scratch/shown"
  grep -q 'the newest of 6' "$scratch/shown"
  mkdir "$scratch/empty"
  git_in "$scratch/empty" init -q
  refused "has no commits yet" show_history "$scratch/empty"
  mkdir "$scratch/plain"
  export GIT_CEILING_DIRECTORIES=$scratch
  refused "is no git repository" show_history "$scratch/plain"
  refused "there is no directory" show_history "$scratch/nowhere"
}

# -------------------------------------------------------------------------------------------------

undo_sample() {
  PATH="$build:$PATH" examples/undo/run.sh "$scratch/undo" | tee "$scratch/shown"
  same "the last line" "the state is what it was: " "$(tail -n 1 "$scratch/shown" | sed 's/[0-9a-f]*$//')"
  same "a redone row" "open" "$(rows "$scratch/undo" "SELECT state FROM tickets WHERE id = 'issue-7'")"
}

undo_data() {
  PATH="$build:$PATH" examples/undo/run.sh "$scratch/undo-data" "$data/tickets.jsonl.gz" >"$scratch/shown"
  same "the last line" "the state is what it was: " "$(tail -n 1 "$scratch/shown" | sed 's/[0-9a-f]*$//')"
}

# -------------------------------------------------------------------------------------------------

# Runs it, and compares what all four stores hold.
clownschool() { # DIR [ROWS]
  local dir=$1 store
  PATH="$build:$PATH" examples/clownschool/run.sh "${2:-examples/clownschool/sample.jsonl}" "$dir" | tee "$scratch/shown"
  livestore log "$dir/people/new" --format csv >"$scratch/log-new"
  for store in 0 1 2; do
    # Each one has its own numbers of rebases behind the positions.
    livestore log "$dir/people/$store" --format csv | sed 's/^\(e[0-9]*\)r[0-9]*,/\1,/' | cmp - "$scratch/log-new"
    same "digests of $store" "$(sed -n 's/^new  log/log/p' "$scratch/shown")" \
      "$(sed -n "s/^$store    log/log/p" "$scratch/shown")"
    same "a replay by $store" 1 "$(grep -c "^$store stands at .* the same when replayed$" "$scratch/shown")"
  done
  same "findings" 4 "$(grep -c ', nothing is wrong$' "$scratch/shown")"
}

clownschool_sample() {
  clownschool "$scratch/clownschool"
  same "the text" "Things for the rainy picnic:
- bread
- brie
- ½ melon
- a \"big\" blanket
- 🍋 lemonade
- apples
- sun hats
- umbrellas
- a ball
- a kite
-- that is all" "$(text "$scratch/clownschool/people/new" "SELECT text FROM documents")"
}

clownschool_data() {
  clownschool "$scratch/clownschool-data" "$data/clownschool.jsonl.gz"
  same "counts" "23136 commits with 23182 edits by 3 people" "$(grep commits "$scratch/shown")"
  same "edits of each" "$(zcat "$data/clownschool.jsonl.gz" | perl -MJSON::PP -ne '
      $row = decode_json $_; $edits[$row->{agent}] += @{$row->{patches}};
      END { print "agent$_,$edits[$_]\n" for 0 .. $#edits }')" \
    "$(tail -n +2 "$scratch/log-new" | cut -d , -f 3 | LC_ALL=C sort | uniq -c | awk '{ print $2 "," $1 }')"
}

# -------------------------------------------------------------------------------------------------

example "tickets: the sample" tickets_sample
example "document: the sample" document_sample
if [ -d "$data" ]; then
  example "tickets: a real tracker" tickets_data
  example "tickets: a part of it" tickets_part
  example "document: 259,778 keystrokes" document_data
  example "undo: a real tracker, all of it and back" undo_data
  [ ! -x "$build/clownschool" ] || example "clownschool: three people at one text, 23,136 commits" clownschool_data
fi
[ ! -x "$build/clownschool" ] || example "clownschool: the sample" clownschool_sample
example "undo: a tracker, there and back" undo_sample
example "c/todos, twice" todos
[ ! -x "$build/chat" ] || example "c/chat, two people and a server" chat
example "git-history: a small repository" git_history
example "git-history: other kinds of repositories" git_history_kinds
exit $failed
