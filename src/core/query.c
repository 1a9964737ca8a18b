#include "core/query.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "core/value.h"

#define MAX_IDLE 200

/*          start            next … next           close
 *   idle ────────► RUNNING ────────────► ENDED ────────► idle again, or freed
 *                     │ settle              ▲
 *                     └──────► SETTLED ─────┘  */
typedef enum phase { RUNNING, SETTLED, ENDED } phase;

/* Rows read ahead: n_columns values each, one behind the other. */
typedef struct rows {
  sqlite3_value **values;
  size_t n, capacity, at; /* at: first value of the current row, once it is one of these */
  int error;              /* code that ended the reading; its text is kept beside it */
  char *error_text;
} rows;

struct ls_query {
  ls_query_cache *cache;
  ls_query *before, *after; /* in the list of open or of idle queries */
  char *sql;
  uint64_t hash;
  sqlite3_stmt *stmt;       /* NULL once its database is gone */
  int n_columns;
  char **names;             /* of the columns, copied when the statement goes */
  phase phase;
  bool on_row, on_kept_row; /* there is a current row; it is one of the rows read ahead */
  rows rows;
};

static void link_in(ls_query **first, ls_query *query) {
  query->before = NULL;
  query->after = *first;
  if (*first) (*first)->before = query;
  *first = query;
}

static void link_out(ls_query **first, ls_query *query) {
  if (query->before) query->before->after = query->after;
  else *first = query->after;
  if (query->after) query->after->before = query->before;
}

static void rows_fini(rows *r) {
  for (size_t i = 0; i < r->n; i++) sqlite3_value_free(r->values[i]);
  ls_free(r->values);
  ls_free(r->error_text);
  memset(r, 0, sizeof *r);
}

static void names_free(ls_query *query) {
  for (int i = 0; query->names && i < query->n_columns; i++) ls_free(query->names[i]);
  ls_free(query->names);
  query->names = NULL;
}

static void query_free(ls_query *query) {
  names_free(query);
  rows_fini(&query->rows);
  sqlite3_finalize(query->stmt);
  ls_free(query->sql);
  ls_free(query);
}

static ls_query *take_idle(ls_query_cache *cache, const char *sql, uint64_t hash) {
  for (ls_query *query = cache->idle; query; query = query->after) {
    if (query->hash != hash || strcmp(query->sql, sql) != 0) continue;
    if (cache->idle_last == query) cache->idle_last = query->before;
    link_out(&cache->idle, query);
    cache->n_idle--;
    return query;
  }
  return NULL;
}

static void give_idle(ls_query_cache *cache, ls_query *query) {
  link_in(&cache->idle, query);
  if (!cache->idle_last) cache->idle_last = query;
  if (++cache->n_idle <= MAX_IDLE) return;
  ls_query *oldest = cache->idle_last;
  cache->idle_last = oldest->before;
  link_out(&cache->idle, oldest);
  cache->n_idle--;
  query_free(oldest);
}

/* The authorizer refuses what writes; what it has no say in, such as ATTACH, is not read-only either. */
static int check_reads(ls_query *query, ls_error *err) {
  if (sqlite3_stmt_readonly(query->stmt)) return LS_OK;
  return ls_fail(err, LS_EREADONLY, "a query only reads, but this one writes; change the state by committing an event");
}

static int query_new(ls_query **out, ls_query_cache *cache, const char *sql, uint64_t hash, ls_error *err) {
  ls_query *query = ls_calloc(1, sizeof *query);
  if (!query) return ls_fail_nomem(err);
  query->cache = cache;
  query->hash = hash;
  query->sql = ls_strdup(sql);
  int rc = query->sql ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_database_prepare(&query->stmt, cache->database, sql, NULL, LS_ACCESS_READ, err);
  if (!rc) rc = check_reads(query, err);
  if (rc) {
    query_free(query);
    return rc;
  }
  query->n_columns = sqlite3_column_count(query->stmt);
  *out = query;
  return LS_OK;
}

/* The parameters are borrowed only for this call, so SQLite copies texts and blobs. */
static int bind_copy(sqlite3_stmt *stmt, int at, ls_value value) {
  if (value.type == LS_TYPE_TEXT) {
    return sqlite3_bind_text64(stmt, at, value.as.b.data, value.as.b.size, SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  if (value.type == LS_TYPE_BLOB && value.as.b.size) {
    return sqlite3_bind_blob64(stmt, at, value.as.b.data, value.as.b.size, SQLITE_TRANSIENT);
  }
  return ls_bind_value(stmt, at, value);
}

static int bind_params(ls_query *query, const ls_value *params, size_t n, ls_error *err) {
  int wanted = sqlite3_bind_parameter_count(query->stmt);
  if ((size_t)wanted != n) return ls_fail(err, LS_ESQL, "parameters of the query: %d, values given: %zu", wanted, n);
  for (size_t i = 0; i < n; i++) {
    if (bind_copy(query->stmt, (int)i + 1, params[i])) {
      return ls_sqlite_fail(err, query->cache->database->db, LS_ESQL, "parameter %zu", i + 1);
    }
  }
  return LS_OK;
}

int ls_query_start(ls_query **out, ls_query_cache *cache, const char *sql, const ls_value *params, size_t n,
                   ls_error *err) {
  uint64_t hash = ls_hash64(sql, strlen(sql), 0);
  ls_query *query = take_idle(cache, sql, hash);
  int rc = query ? LS_OK : query_new(&query, cache, sql, hash, err);
  if (rc) return rc;
  rc = bind_params(query, params, n, err);
  if (rc) {
    query_free(query);
    return rc;
  }
  query->phase = RUNNING;
  query->on_row = query->on_kept_row = false;
  link_in(&cache->open, query);
  *out = query;
  return LS_OK;
}

static int step(ls_query *query, ls_error *err) {
  ls_database *database = query->cache->database;
  /* SQLite may prepare it anew while it steps, and then asks the authorizer again. */
  ls_access access = database->access;
  database->access = LS_ACCESS_READ;
  int result = sqlite3_step(query->stmt);
  database->access = access;
  if (result == SQLITE_ROW) return 1;
  if (result == SQLITE_DONE) return 0;
  return ls_fail(err, ls_sqlite_code(database->db, LS_ESQL), "%s", sqlite3_errmsg(database->db));
}

static int next_kept(ls_query *query, ls_error *err) {
  rows *r = &query->rows;
  size_t width = (size_t)query->n_columns;
  if (query->on_kept_row) r->at += width;
  query->on_row = query->on_kept_row = r->at < r->n;
  if (query->on_row) return 1;
  query->phase = ENDED;
  return r->error ? ls_fail(err, (ls_code)r->error, "%s", r->error_text ? r->error_text : "out of memory") : 0;
}

int ls_query_next(ls_query *query, ls_error *err) {
  if (query->phase == SETTLED) return next_kept(query, err);
  query->on_row = false;
  if (query->phase == ENDED) return 0;
  int rc = step(query, err);
  query->on_row = rc == 1;
  if (rc == 1) return 1;
  query->phase = ENDED;
  sqlite3_reset(query->stmt);
  return rc;
}

static bool keep_value(rows *r, sqlite3_value *value) {
  if (r->n == r->capacity) {
    size_t capacity = r->capacity ? r->capacity * 2 : 64;
    sqlite3_value **values = ls_realloc(r->values, capacity * sizeof *values);
    if (!values) return false;
    r->values = values;
    r->capacity = capacity;
  }
  r->values[r->n] = sqlite3_value_dup(value);
  return r->values[r->n] && ++r->n;
}

static bool keep_row(ls_query *query) {
  for (int i = 0; i < query->n_columns; i++) {
    if (!keep_value(&query->rows, sqlite3_column_value(query->stmt, i))) return false;
  }
  return true;
}

static void drop_torn_row(ls_query *query) {
  rows *r = &query->rows;
  while (r->n % (size_t)query->n_columns) sqlite3_value_free(r->values[--r->n]);
}

/* What ends the rows early, an error of the query or want of memory, is kept for when its reader comes to it. */
static int settle(ls_query *query, ls_error *err) {
  if (query->phase != RUNNING) return LS_OK;
  ls_error failure;
  int rc = 1;
  bool kept = true;
  if (query->on_row) kept = keep_row(query);
  while (kept && (rc = step(query, &failure)) == 1) kept = keep_row(query);
  if (!kept) drop_torn_row(query);
  if (!kept) query->rows.error = LS_ENOMEM;
  if (kept && rc < 0) {
    query->rows.error = rc;
    query->rows.error_text = ls_strdup(failure.text);
  }
  query->phase = SETTLED;
  query->on_kept_row = query->on_row = query->on_row && query->rows.n;
  sqlite3_reset(query->stmt);
  return kept ? LS_OK : ls_fail_nomem(err);
}

int ls_query_cache_settle(ls_query_cache *cache, ls_error *err) {
  for (ls_query *query = cache->open; query; query = query->after) {
    int rc = settle(query, err);
    if (rc) return rc;
  }
  return LS_OK;
}

static int keep_names(ls_query *query, ls_error *err) {
  if (query->names || !query->stmt) return LS_OK;
  char **names = ls_calloc((size_t)query->n_columns + 1, sizeof *names);
  if (!names) return ls_fail_nomem(err);
  query->names = names;
  for (int i = 0; i < query->n_columns; i++) {
    const char *name = sqlite3_column_name(query->stmt, i);
    names[i] = name ? ls_strdup(name) : NULL;
    if (names[i]) continue;
    names_free(query);
    return ls_fail_nomem(err);
  }
  return LS_OK;
}

static void free_idle(ls_query_cache *cache) {
  while (cache->idle) {
    ls_query *query = cache->idle;
    link_out(&cache->idle, query);
    query_free(query);
  }
  cache->idle_last = NULL;
  cache->n_idle = 0;
}

int ls_query_cache_leave(ls_query_cache *cache, ls_error *err) {
  int rc = ls_query_cache_settle(cache, err);
  for (ls_query *query = cache->open; !rc && query; query = query->after) rc = keep_names(query, err);
  if (rc) return rc;
  for (ls_query *query = cache->open; query; query = query->after) {
    sqlite3_finalize(query->stmt);
    query->stmt = NULL;
  }
  free_idle(cache);
  return LS_OK;
}

void ls_query_cache_fini(ls_query_cache *cache) {
  while (cache->open) {
    ls_query *query = cache->open;
    link_out(&cache->open, query);
    query_free(query);
  }
  free_idle(cache);
}

void ls_query_close(ls_query *query) {
  if (!query) return;
  link_out(&query->cache->open, query);
  if (!query->stmt) {
    query_free(query);
    return;
  }
  sqlite3_reset(query->stmt);
  sqlite3_clear_bindings(query->stmt);
  rows_fini(&query->rows);
  give_idle(query->cache, query);
}

size_t ls_query_columns(const ls_query *query) { return (size_t)query->n_columns; }

const char *ls_query_name(const ls_query *query, size_t column) {
  if (column >= (size_t)query->n_columns) return "";
  const char *name = query->names ? query->names[column] : sqlite3_column_name(query->stmt, (int)column);
  return name ? name : "";
}

/* NULL when there is no current row or no such column. */
static sqlite3_value *value_at(ls_query *query, size_t column) {
  if (!query->on_row || column >= (size_t)query->n_columns) return NULL;
  if (query->on_kept_row) return query->rows.values[query->rows.at + column];
  return sqlite3_column_value(query->stmt, (int)column);
}

ls_value ls_query_value(ls_query *query, size_t column) {
  sqlite3_value *value = value_at(query, column);
  return value ? ls_value_of(value) : ls_null();
}

int64_t ls_query_int(ls_query *query, size_t column) {
  sqlite3_value *value = value_at(query, column);
  return value ? sqlite3_value_int64(value) : 0;
}

double ls_query_real(ls_query *query, size_t column) {
  sqlite3_value *value = value_at(query, column);
  return value ? sqlite3_value_double(value) : 0;
}

const char *ls_query_text(ls_query *query, size_t column) {
  sqlite3_value *value = value_at(query, column);
  const char *text = value ? (const char *)sqlite3_value_text(value) : NULL;
  return text ? text : "";
}
