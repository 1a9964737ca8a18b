/* Opening and closing the database of stores, and its layout. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "server/backend_sqlite_internal.h"

#define APPLICATION_ID 0x4c537365 /* "LSse", in the SQLite header */
#define FORMAT 1                  /* PRAGMA user_version */

static const char LAYOUT[] =
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE stores (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, head INTEGER NOT NULL,"
    " events INTEGER NOT NULL, backend_id TEXT NOT NULL) STRICT;"
    "CREATE TABLE events (place INTEGER PRIMARY KEY, parent INTEGER NOT NULL, name TEXT NOT NULL, args TEXT,"
    " client_id TEXT NOT NULL, session_id TEXT NOT NULL, created_at INTEGER NOT NULL) STRICT;"
    "CREATE VIEW log AS SELECT stores.name AS store, place & 0xffffffffff AS seq, parent, events.name AS name, args,"
    " client_id, session_id, strftime('%Y-%m-%dT%H:%M:%fZ', created_at / 1000.0, 'unixepoch') AS created_at"
    " FROM events JOIN stores ON stores.id = place >> 40 ORDER BY place;";

static const char *const SQL[LS_N_STATEMENTS] = {
    [LS_DO_BEGIN] = "BEGIN IMMEDIATE",
    [LS_DO_COMMIT] = "COMMIT",
    [LS_DO_ROLLBACK] = "ROLLBACK",
    [LS_DO_FIND] = "SELECT id, head FROM stores WHERE name = ?1",
    [LS_DO_ADD_STORE] = "INSERT INTO stores (name, head, events, backend_id) VALUES (?1, 0, 0, ?2)",
    [LS_DO_SET_HEAD] = "UPDATE stores SET head = ?2, events = events + ?3 WHERE id = ?1",
    [LS_DO_APPEND] = "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    [LS_DO_HEAD] = "SELECT id, head, events, backend_id FROM stores WHERE name = ?1",
    [LS_DO_READ] = ("SELECT place, parent, name, args, client_id, session_id, created_at FROM events"
                    " WHERE place > ?1 AND place < ?2 ORDER BY place"),
    [LS_DO_COUNT] = "SELECT count(*) FROM events WHERE place > ?1 AND place < ?2",
    [LS_DO_STORES] = "SELECT name, head, events, backend_id FROM stores ORDER BY name",
    [LS_DO_HAS_PLACE] = "SELECT 1 FROM events WHERE place = ?1",
};

static int exec(ls_stores *b, sqlite3 *db, const char *sql, ls_error *err) {
  return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ? LS_OK : ls_stores_fail(err, b, db, "opening");
}

static int pragma(ls_stores *b, int64_t *out, const char *sql, ls_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = LS_OK;
  if (sqlite3_prepare_v2(b->writer, sql, -1, &s, NULL) != SQLITE_OK || sqlite3_step(s) != SQLITE_ROW) {
    rc = ls_stores_fail(err, b, b->writer, "opening");
  } else {
    *out = sqlite3_column_int64(s, 0);
  }
  sqlite3_finalize(s);
  return rc;
}

static int save_secret(ls_stores *b, ls_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = ls_port_random(b->secret, sizeof b->secret, err);
  if (rc) return rc;
  if (sqlite3_prepare_v2(b->writer, "INSERT INTO facts VALUES ('secret', ?1)", -1, &s, NULL) != SQLITE_OK ||
      sqlite3_bind_blob(s, 1, b->secret, sizeof b->secret, SQLITE_STATIC) != SQLITE_OK ||
      sqlite3_step(s) != SQLITE_DONE) {
    rc = ls_stores_fail(err, b, b->writer, "opening");
  }
  sqlite3_finalize(s);
  return rc;
}

static int load_secret(ls_stores *b, ls_error *err) {
  sqlite3_stmt *s = NULL;
  int rc = LS_OK, step = SQLITE_ERROR;
  if (sqlite3_prepare_v2(b->writer, "SELECT value FROM facts WHERE key = 'secret'", -1, &s, NULL) == SQLITE_OK) {
    step = sqlite3_step(s);
  }
  if (step == SQLITE_ROW && sqlite3_column_bytes(s, 0) == LS_STORES_SECRET) {
    memcpy(b->secret, sqlite3_column_blob(s, 0), LS_STORES_SECRET);
  } else if (step == SQLITE_ROW || step == SQLITE_DONE) {
    rc = ls_fail(err, LS_ECORRUPT, "%s: its secret is missing; restore the file from a backup", b->path);
  } else {
    rc = ls_stores_fail(err, b, b->writer, "opening");
  }
  sqlite3_finalize(s);
  return rc;
}

static int create_layout(ls_stores *b, ls_error *err) {
  char stamp[80];
  snprintf(stamp, sizeof stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, FORMAT);
  int rc = exec(b, b->writer, "BEGIN IMMEDIATE", err);
  if (!rc) rc = exec(b, b->writer, LAYOUT, err);
  if (!rc) rc = save_secret(b, err);
  if (!rc) rc = exec(b, b->writer, stamp, err);
  if (!rc) rc = exec(b, b->writer, "COMMIT", err);
  if (rc && !sqlite3_get_autocommit(b->writer)) sqlite3_exec(b->writer, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}

/* 1: a database of stores that this version reads; 0: an empty file, which can become one. */
static int check_format(ls_stores *b, ls_error *err) {
  int64_t application = 0, format = 0, tables = 0;
  int rc = pragma(b, &application, "PRAGMA application_id", err);
  if (!rc) rc = pragma(b, &format, "PRAGMA user_version", err);
  if (!rc) rc = pragma(b, &tables, "SELECT count(*) FROM sqlite_schema", err);
  if (rc) return rc;
  if (!application && !format && !tables) return 0;
  if (application != APPLICATION_ID) {
    return ls_fail(err, LS_EFORMAT, "%s: not a database of stores; give another directory", b->path);
  }
  if (format == FORMAT) return 1;
  return ls_fail(err, LS_EFORMAT, "%s: of format %lld, and this version reads format %d; use the version that wrote it",
                 b->path, (long long)format, FORMAT);
}

/* Nothing is changed of a file that turns out to be something else. A commit writes a page for each store that has got
 * events: smaller ones than SQLite's usual make it shorter when these are many. */
static int open_writer(ls_stores *b, ls_error *err) {
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(b->path, &b->writer, flags, NULL) != SQLITE_OK)
    return ls_stores_fail(err, b, b->writer, "opening");
  sqlite3_busy_timeout(b->writer, 5000);
  int rc = exec(b, b->writer, "PRAGMA page_size=2048; PRAGMA cache_size=-16000", err);
  if (!rc) rc = check_format(b, err);
  if (rc < 0) return rc;
  bool is_new = rc == 0;
  rc = exec(b, b->writer, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=16000", err);
  if (!rc) rc = is_new ? create_layout(b, err) : load_secret(b, err);
  /* What a server that was killed in the midst of a commit has left may be whole and yet not be on the device: it is,
   * before anybody is told of it. */
  return rc ? rc : exec(b, b->writer, "PRAGMA wal_checkpoint", err);
}

static int open_reader(ls_stores *b, ls_error *err) {
  if (sqlite3_open_v2(b->path, &b->reader, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK) {
    return ls_stores_fail(err, b, b->reader, "opening");
  }
  sqlite3_busy_timeout(b->reader, 5000);
  return exec(b, b->reader, "PRAGMA query_only=ON; PRAGMA cache_size=-16000", err);
}

static int prepare(ls_stores *b, ls_error *err) {
  for (int i = 0; i < LS_N_STATEMENTS; i++) {
    sqlite3 *db = i < LS_N_WRITER ? b->writer : b->reader;
    if (sqlite3_prepare_v3(db, SQL[i], -1, SQLITE_PREPARE_PERSISTENT, &b->statements[i], NULL) != SQLITE_OK) {
      return ls_stores_fail(err, b, db, "opening");
    }
  }
  return LS_OK;
}

/* What was taken in and not synced is gone. */
void ls_stores_close(void *self) {
  ls_stores *b = self;
  for (int i = 0; i < LS_N_STATEMENTS; i++) sqlite3_finalize(b->statements[i]);
  sqlite3_close(b->reader);
  sqlite3_close(b->writer);
  ls_port_lock_close(b->lock);
  ls_free(b->path);
  ls_free(b);
}

static int lock_directory(ls_stores *b, const char *directory, ls_error *err) {
  ls_bytes path = {0};
  int rc = ls_port_make_directory(directory, err);
  if (rc) return rc;
  ls_bytes_printf(&path, "%s/lock", directory);
  const char *text = ls_bytes_cstr(&path);
  rc = text ? ls_port_lock_open(&b->lock, text, "livestore serve", err) : ls_fail_nomem(err);
  ls_bytes_fini(&path);
  return rc;
}

static int set_path(ls_stores *b, const char *directory, ls_error *err) {
  ls_bytes path = {0};
  ls_bytes_printf(&path, "%s/stores.db", directory);
  const char *text = ls_bytes_cstr(&path);
  b->path = text ? ls_strdup(text) : NULL;
  ls_bytes_fini(&path);
  return b->path ? LS_OK : ls_fail_nomem(err);
}

int ls_backend_sqlite_open(ls_backend *out, const char *directory, ls_error *err) {
  ls_stores *b = ls_calloc(1, sizeof *b);
  if (!b) return ls_fail_nomem(err);
  int rc = set_path(b, directory, err);
  if (!rc) rc = lock_directory(b, directory, err);
  if (!rc) rc = open_writer(b, err);
  if (!rc) rc = open_reader(b, err);
  if (!rc) rc = prepare(b, err);
  if (rc) {
    ls_stores_close(b);
    return rc;
  }
  ls_stores_fill(out, b);
  return LS_OK;
}
