#!/usr/bin/env bash
# Tells whether the system's SQLite can carry the library: it must have been built with SQLITE_ENABLE_PREUPDATE_HOOK.
#   tools/check-sqlite.sh CC
set -euo pipefail

cc=${1:-cc}
temp=$(mktemp -d)
trap 'rm -rf "$temp"' EXIT

cat >"$temp/check.c" <<'C'
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include <sqlite3.h>
#include <string.h>

static void seen(void *count, sqlite3 *db, int op, const char *base, const char *table, sqlite3_int64 old, sqlite3_int64 new) {
  (void)db, (void)op, (void)base, (void)table, (void)old, (void)new;
  ++*(int *)count;
}

int main(void) {
  sqlite3 *db = NULL;
  int count = 0;
  if (sqlite3_open(":memory:", &db) != SQLITE_OK) return 1;
  sqlite3_preupdate_hook(db, seen, &count);
  sqlite3_exec(db, "CREATE TABLE t(a); INSERT INTO t VALUES (1), (2); DELETE FROM t", NULL, NULL, NULL);
  sqlite3_close(db);
  return count == 4 ? 0 : 2;
}
C
if ! $cc -o "$temp/check" "$temp/check.c" -lsqlite3 2>"$temp/log"; then
  cat "$temp/log" >&2
  echo "check-sqlite: no SQLite with sqlite3_preupdate_hook here. Install the development package of one that was" >&2
  echo "  built with SQLITE_ENABLE_PREUPDATE_HOOK (Debian: libsqlite3-dev), or build with SQLITE=pinned." >&2
  exit 1
fi
if ! "$temp/check"; then
  echo "check-sqlite: the system's SQLite has a preupdate hook that does not tell of all changes; use SQLITE=pinned." >&2
  exit 1
fi
