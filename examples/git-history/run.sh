#!/usr/bin/env bash
# `make git-history`: takes the history of a git repository as events, and shows what the tables say then.
#   REPO      a repository (the one that this file is in); bare and shallow ones do, too
#   COMMITS   at most so many, the newest ones (10000; 0 for all)
#   BUILD     where livestore and git_events were built, and where the store goes (build)
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
example=$root/examples/git-history
build=${BUILD:-$root/build}
repo=${REPO:-$root}
limit=${COMMITS:-10000}
store=$build/git-history

# A git hook's environment would send git to the hook's own repository.
for variable in $(git rev-parse --local-env-vars 2>/dev/null); do unset "$variable"; done

fail() {
  echo "run: $*" >&2
  exit 1
}

if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' end=$'\e[0m'
else
  bold='' dim='' green='' end=''
fi

# 1234567 -> 1,234,567
grouped() { sed -e :a -e 's/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/;ta' <<<"$1"; }

# A path as the user would type it here.
here() { echo "${1#"$PWD"/}"; }

livestore() { "$build/livestore" "$@"; }

# -------------------------------------------------------------------------------------------------
# What is asked for

need() { [ -x "$build/$1" ] || fail "$(here "$build/$1") is not there; run make first"; }

check_repository() {
  command -v git >/dev/null || fail "git is not installed, and this example reads the history of a git repository"
  [ -d "$repo" ] || fail "there is no directory $repo; say which repository to read: make git-history REPO=path"
  local why
  why=$(git -C "$repo" rev-parse --git-dir 2>&1 >/dev/null) ||
    fail "$repo is no git repository that can be read (${why#fatal: }); take another: make git-history REPO=path"
  git -C "$repo" rev-parse --quiet --verify HEAD >/dev/null ||
    fail "$repo has no commits yet; take another: make git-history REPO=path"
  [[ $limit =~ ^[0-9]+$ ]] || fail "COMMITS is '$limit', not a number"
}

# -------------------------------------------------------------------------------------------------
# History -> events -> tables

# The options leave nothing to the user's git configuration. Parents come before their children.
read_history() {
  local newest=()
  [ "$limit" = 0 ] || newest=(-n "$limit")
  TZ=UTC git -C "$repo" -c log.showRoot=true -c log.showSignature=false log "${newest[@]}" \
    --reverse --date-order --numstat -z -M --no-ext-diff --no-textconv --no-color --no-relative --no-notes \
    --encoding=UTF-8 --date=format-local:%Y-%m-%dT%H:%M:%SZ --format=%H%x00%P%x00%aN%x00%aE%x00%ad%x00%s HEAD --
}

# Prints what the commit says, "1,234 events committed, e1 to e1234".
commit_events() {
  rm -rf "$store"
  livestore init "$store" --schema "$example/schema.json" >/dev/null
  read_history | "$build/git_events" | livestore commit "$store" --from -
}

number() { livestore query "$store" "$1" --format csv | sed -n '2s/[^0-9]//gp'; }

introduce() { # EVENTS SECONDS
  local branch name notes='' commits all
  name=$(basename "$(cd "$repo" && pwd)")
  branch=$(git -C "$repo" symbolic-ref --quiet --short HEAD || git -C "$repo" rev-parse --short HEAD)
  commits=$(number "SELECT count(*) FROM commits")
  all=$(git -C "$repo" rev-list --count HEAD --)
  [ "$all" -le "$commits" ] || notes=", the newest of $(grouped "$all"); COMMITS=0 takes all"
  [ "$(git -C "$repo" rev-parse --is-shallow-repository)" = false ] || notes+=", a shallow clone"
  echo "${bold}The history of $name${end} ${dim}($branch$notes)${end}"
  echo
  echo "  $(grouped "$commits") commit$([ "$commits" = 1 ] || echo s) became $1 events, and the events became tables, in $2 s."
  echo "  All that follows is SQL on those tables."
}

# -------------------------------------------------------------------------------------------------
# What the tables say

show() { # TITLE SQL
  echo
  echo "$bold$green$1$end"
  livestore query "$store" "$2" --format table
}

# No wider than 80 columns: of names only the first words, and of paths the last letters.
show_tables() {
  show "Who, and what they work on most" "
    SELECT substr(name, 1, 16) AS name, commits, added AS \"+lines\", removed AS \"-lines\",
      (SELECT substr(path, 1, min(12, instr(path || '/', '/'))) FROM commits AS c JOIN changes ON commitId = c.id
        WHERE c.email = a.email GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1) AS \"mostly in\",
      substr(firstAt, 1, 7) AS since, substr(lastAt, 1, 10) AS last
    FROM (SELECT * FROM authors ORDER BY commits DESC, email LIMIT 6) AS a"

  show "Most touched files" "
    SELECT touches, f.added + f.removed AS lines, substr(at, 1, 10) AS last,
      substr(name, 1, min(10, instr(name || ' ', ' ') - 1)) AS \"by\",
      CASE WHEN length(path) > 38 THEN '…' || substr(path, -37) ELSE path END AS file
    FROM files AS f JOIN commits ON id = lastCommit JOIN authors USING (email)
    ORDER BY touches DESC, lines DESC, path LIMIT 10"

  show "Newest commits" "
    SELECT substr(id, 1, 7) AS \"commit\", substr(at, 1, 10) AS date,
      substr(name, 1, min(10, instr(name || ' ', ' ') - 1)) AS \"by\", files,
      CASE WHEN length(subject) > 40 THEN substr(subject, 1, 39) || '…' ELSE subject END AS subject
    FROM (SELECT rowid AS n, * FROM commits ORDER BY n DESC LIMIT 8) JOIN authors USING (email)
    ORDER BY n DESC"
}

# -------------------------------------------------------------------------------------------------
# How to go on

offer() { printf '  %-61s  %s\n' "$1" "$dim$2$end"; }

go_on() { # POSITION
  local tool at
  tool=$(here "$build/livestore") at=$(here "$store")
  echo
  echo "$bold${green}Go on$end"
  offer "$tool query $at 'SELECT * FROM files'" "any SQL"
  offer "$tool log $at --until e5" "the events"
  offer "$tool show $at $1" "rows it changed"
  offer "$tool status $at" "heads and sizes"
  offer "make git-history REPO=path" "another history"
  offer "$(here "$example")/schema.json" "how it is done"
  offer "$(here "$root/examples/c/todos.c")" "the library"
}

need livestore
need git_events
check_repository
from=${EPOCHREALTIME/[.,]/}
committed=$(commit_events)
micros=$((${EPOCHREALTIME/[.,]/} - from))
seconds=$((micros / 1000000)).$(printf %02d $((micros / 10000 % 100)))
introduce "${committed%% *}" "$seconds"
show_tables
go_on "${committed##* }"
