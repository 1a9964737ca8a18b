/* Appending to the logs of stores in SQLite, and reading them. */
#include <stdio.h>

#include "base/err.h"
#include "base/hash.h"
#include "base/nanoid.h"
#include "server/backend_sqlite_internal.h"
#include "server/iso_time.h"

#define NUMBER_BITS 40 /* of a place; the store's id is above */
#define ID_LETTERS 21

/* ---------------------------------------------------------------------------------------------- */
/* SQLite's errors */

static int code_of(sqlite3 *db) {
  switch (db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM) {
    case SQLITE_NOMEM: return LS_ENOMEM;
    case SQLITE_FULL: return LS_EFULL;
    case SQLITE_CORRUPT: return LS_ECORRUPT;
    case SQLITE_NOTADB: return LS_EFORMAT;
    case SQLITE_BUSY: return LS_ELOCKED;
    default: return LS_EIO;
  }
}

int ls_stores_fail(ls_error *err, const ls_stores *b, sqlite3 *db, const char *doing) {
  return ls_fail(err, code_of(db), "%s: %s: %s", b->path, doing, db ? sqlite3_errmsg(db) : "out of memory");
}

static int corrupt(ls_error *err, const ls_stores *b, const char *store_id, int64_t seq, const char *what) {
  return ls_fail(err, LS_ECORRUPT, "%s: store %s: event e%lld %s; restore the file from a backup", b->path, store_id,
                 (long long)seq, what);
}

/* ---------------------------------------------------------------------------------------------- */
/* Statements */

static sqlite3_stmt *bind_text(const ls_stores *b, ls_statement which, int at, const char *text) {
  sqlite3_bind_text(b->statements[which], at, text, -1, SQLITE_STATIC);
  return b->statements[which];
}

/* Run a statement that gives no rows. */
static int run(ls_stores *b, ls_statement which, const char *doing, ls_error *err) {
  sqlite3_stmt *s = b->statements[which];
  int rc = sqlite3_step(s) == SQLITE_DONE ? LS_OK : ls_stores_fail(err, b, b->writer, doing);
  sqlite3_reset(s);
  sqlite3_clear_bindings(s);
  return rc;
}

/* Step a statement of the reader: 1, 0 at its end, or negative. */
static int next_row(ls_stores *b, sqlite3_stmt *s, const char *doing, ls_error *err) {
  int step = sqlite3_step(s);
  return step == SQLITE_ROW ? 1 : step == SQLITE_DONE ? 0 : ls_stores_fail(err, b, b->reader, doing);
}

static void finish(sqlite3_stmt *s) {
  sqlite3_reset(s);
  sqlite3_clear_bindings(s);
}

static int64_t place_of(int64_t store, int64_t seq) { return store << NUMBER_BITS | seq; }

static const char *text_of(sqlite3_stmt *s, int column) { return (const char *)sqlite3_column_text(s, column); }

/* ---------------------------------------------------------------------------------------------- */
/* Heads */

static void make_backend_id(char out[LS_BACKEND_ID], const ls_stores *b, const char *store_id) {
  uint64_t digests[3];
  for (unsigned i = 0; i < 3; i++) {
    uint64_t seed;
    memcpy(&seed, b->secret + i * sizeof seed, sizeof seed);
    digests[i] = ls_hash64(store_id, strlen(store_id), seed);
  }
  ls_nanoid(out, (const uint8_t *)digests, ID_LETTERS);
}

/* 1: found, with its id; 0: it has no events. */
static int find(ls_stores *b, int64_t *id, ls_backend_head *out, const char *store_id, ls_error *err) {
  sqlite3_stmt *s = bind_text(b, LS_DO_HEAD, 1, store_id);
  int found = next_row(b, s, "looking for a store", err);
  if (found == 1) {
    const char *backend_id = text_of(s, 3);
    *id = sqlite3_column_int64(s, 0);
    *out = (ls_backend_head){.head = sqlite3_column_int64(s, 1), .events = sqlite3_column_int64(s, 2)};
    if (backend_id)
      snprintf(out->backend_id, sizeof out->backend_id, "%s", backend_id);
    else
      found = ls_fail_nomem(err);
  }
  finish(s);
  return found;
}

/* The event at a store's head is there? */
static int check_head(ls_stores *b, int64_t id, int64_t head, const char *store_id, ls_error *err) {
  sqlite3_stmt *s = b->statements[LS_DO_HAS_PLACE];
  sqlite3_bind_int64(s, 1, place_of(id, head));
  int there = next_row(b, s, "looking for an event", err);
  finish(s);
  if (there == 0) return corrupt(err, b, store_id, head, "is its newest one, but missing");
  return there < 0 ? there : LS_OK;
}

static int get_head(void *self, ls_backend_head *out, const char *store_id, ls_error *err) {
  ls_stores *b = self;
  ls_backend_head head = {0};
  int64_t id = 0;
  int rc = find(b, &id, &head, store_id, err);
  if (rc == 0) make_backend_id(head.backend_id, b, store_id);
  if (rc == 1) rc = check_head(b, id, head.head, store_id, err);
  if (rc == LS_OK) *out = head;
  return rc;
}

static int list_stores(void *self, ls_backend_store_fn each, void *user, ls_error *err) {
  ls_stores *b = self;
  sqlite3_stmt *s = b->statements[LS_DO_STORES];
  int rc;
  while ((rc = next_row(b, s, "listing stores", err)) == 1) {
    ls_backend_head head = {.head = sqlite3_column_int64(s, 1), .events = sqlite3_column_int64(s, 2)};
    const char *name = text_of(s, 0), *backend_id = text_of(s, 3);
    if (!name || !backend_id) {
      rc = ls_fail_nomem(err);
      break;
    }
    snprintf(head.backend_id, sizeof head.backend_id, "%s", backend_id);
    if (each(user, name, &head)) break;
  }
  finish(s);
  return rc < 0 ? rc : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Appending */

static int begin(ls_stores *b, ls_error *err) {
  if (b->open) return LS_OK;
  int rc = run(b, LS_DO_BEGIN, "beginning to write", err);
  b->open = rc == LS_OK;
  return rc;
}

/* Everything since the last sync is gone; SQLite may have taken it back already. */
static void give_up(ls_stores *b, int rc, const ls_error *why) {
  if (!sqlite3_get_autocommit(b->writer)) run(b, LS_DO_ROLLBACK, "taking back", NULL);
  b->open = false;
  b->lost = *why;
  b->lost.code = rc;
}

/* A store's id and head as the writer sees them: 1, or 0 when it is new. */
static int find_taken(ls_stores *b, int64_t *id, int64_t *head, const char *store_id, ls_error *err) {
  sqlite3_stmt *s = bind_text(b, LS_DO_FIND, 1, store_id);
  int step = sqlite3_step(s), rc = step == SQLITE_ROW;
  if (step == SQLITE_ROW) {
    *id = sqlite3_column_int64(s, 0);
    *head = sqlite3_column_int64(s, 1);
  } else if (step != SQLITE_DONE) {
    rc = ls_stores_fail(err, b, b->writer, "looking for a store");
  }
  finish(s);
  return rc;
}

static int add_store(ls_stores *b, int64_t *id, const char *store_id, ls_error *err) {
  char backend_id[LS_BACKEND_ID];
  make_backend_id(backend_id, b, store_id);
  bind_text(b, LS_DO_ADD_STORE, 1, store_id);
  bind_text(b, LS_DO_ADD_STORE, 2, backend_id);
  int rc = run(b, LS_DO_ADD_STORE, "adding a store", err);
  if (!rc) *id = sqlite3_last_insert_rowid(b->writer);
  return rc;
}

static int append_one(ls_stores *b, int64_t id, const ls_wire_event *event, int64_t created_at_ms, ls_error *err) {
  sqlite3_stmt *s = b->statements[LS_DO_APPEND];
  sqlite3_bind_int64(s, 1, place_of(id, event->seq));
  sqlite3_bind_int64(s, 2, event->parent);
  bind_text(b, LS_DO_APPEND, 3, event->name);
  if (event->args) sqlite3_bind_text64(s, 4, event->args, event->args_size, SQLITE_STATIC, SQLITE_UTF8);
  bind_text(b, LS_DO_APPEND, 5, event->client_id);
  bind_text(b, LS_DO_APPEND, 6, event->session_id);
  sqlite3_bind_int64(s, 7, created_at_ms);
  return run(b, LS_DO_APPEND, "appending", err);
}

static int append_all(ls_stores *b, int64_t id, const ls_wire_event *events, size_t n, int64_t created_at_ms,
                      ls_error *err) {
  int rc = LS_OK;
  for (size_t i = 0; !rc && i < n; i++) rc = append_one(b, id, &events[i], created_at_ms, err);
  if (rc) return rc;
  sqlite3_stmt *s = b->statements[LS_DO_SET_HEAD];
  sqlite3_bind_int64(s, 1, id);
  sqlite3_bind_int64(s, 2, events[n - 1].seq);
  sqlite3_bind_int64(s, 3, (int64_t)n);
  return run(b, LS_DO_SET_HEAD, "writing a head", err);
}

static int append_if(void *self, const char *store_id, int64_t parent, const ls_wire_event *events, size_t n,
                     int64_t created_at_ms, ls_error *err) {
  ls_stores *b = self;
  ls_error why = {0};
  int64_t id = 0, head = 0;
  if (n == 0) return LS_OK;
  int rc = begin(b, &why);
  if (!rc) rc = find_taken(b, &id, &head, store_id, &why);
  if (rc >= 0 && head != parent) {
    return ls_fail(err, LS_EORDER, "store %s is at e%lld, not at e%lld", store_id, (long long)head, (long long)parent);
  }
  if (rc == 0) rc = add_store(b, &id, store_id, &why);
  if (rc >= 0) rc = append_all(b, id, events, n, created_at_ms, &why);
  if (rc) {
    give_up(b, rc, &why);
    if (err) *err = why;
  }
  return rc;
}

static int sync_all(void *self, ls_error *err) {
  ls_stores *b = self;
  if (b->lost.code) {
    int rc = b->lost.code;
    if (b->open) give_up(b, rc, &b->lost);
    if (err) *err = b->lost;
    b->lost.code = LS_OK;
    return rc;
  }
  if (!b->open) return LS_OK;
  ls_error why = {0};
  int rc = run(b, LS_DO_COMMIT, "making events durable", &why);
  if (rc) {
    give_up(b, rc, &why);
    b->lost.code = LS_OK;
    if (err) *err = why;
  }
  b->open = false;
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

static bool row_to_event(ls_wire_event *out, char created_at[LS_ISO_TIME], sqlite3_stmt *s) {
  const int64_t mask = (INT64_C(1) << NUMBER_BITS) - 1;
  bool absent = sqlite3_column_type(s, 3) == SQLITE_NULL;
  *out = (ls_wire_event){.seq = sqlite3_column_int64(s, 0) & mask,
                         .parent = sqlite3_column_int64(s, 1),
                         .name = text_of(s, 2),
                         .args = text_of(s, 3),
                         .args_size = (size_t)sqlite3_column_bytes(s, 3),
                         .client_id = text_of(s, 4),
                         .session_id = text_of(s, 5),
                         .created_at = ls_iso_time(created_at, sqlite3_column_int64(s, 6))};
  return out->name && out->client_id && out->session_id && (absent || out->args);
}

/* Events follow one another: the parent of each is the one before. */
static int read_rows(ls_stores *b, sqlite3_stmt *s, const char *store_id, ls_backend_event_fn each, void *user,
                     ls_error *err) {
  char created_at[LS_ISO_TIME];
  ls_wire_event event;
  int64_t before = -1;
  int rc;
  while ((rc = next_row(b, s, "reading events", err)) == 1) {
    if (!row_to_event(&event, created_at, s)) return ls_fail_nomem(err);
    if (before >= 0 && event.parent != before) return corrupt(err, b, store_id, event.parent, "is missing");
    if (each(user, &event)) return LS_OK;
    before = event.seq;
  }
  return rc;
}

static void bind_range(sqlite3_stmt *s, int64_t id, int64_t after) {
  const int64_t last = (INT64_C(1) << NUMBER_BITS) - 1;
  sqlite3_bind_int64(s, 1, place_of(id, after < 0 ? 0 : after > last ? last : after));
  sqlite3_bind_int64(s, 2, place_of(id + 1, 0));
}

static int read_after(void *self, const char *store_id, int64_t after, ls_backend_event_fn each, void *user,
                      ls_error *err) {
  ls_stores *b = self;
  ls_backend_head head = {0};
  int64_t id = 0;
  int rc = find(b, &id, &head, store_id, err);
  if (rc <= 0) return rc;
  sqlite3_stmt *s = b->statements[LS_DO_READ];
  bind_range(s, id, after);
  rc = read_rows(b, s, store_id, each, user, err);
  finish(s);
  return rc;
}

static int count_after(void *self, int64_t *out, const char *store_id, int64_t after, ls_error *err) {
  ls_stores *b = self;
  ls_backend_head head = {0};
  int64_t id = 0;
  int rc = find(b, &id, &head, store_id, err);
  if (rc == 0) *out = 0;
  if (rc <= 0) return rc;
  sqlite3_stmt *s = b->statements[LS_DO_COUNT];
  bind_range(s, id, after);
  rc = next_row(b, s, "counting events", err);
  if (rc == 1) *out = sqlite3_column_int64(s, 0);
  finish(s);
  return rc < 0 ? rc : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

void ls_stores_fill(ls_backend *out, ls_stores *b) {
  *out = (ls_backend){.self = b,
                      .head = get_head,
                      .append_if = append_if,
                      .sync = sync_all,
                      .read = read_after,
                      .count = count_after,
                      .stores = list_stores,
                      .close = ls_stores_close};
}
