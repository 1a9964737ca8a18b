#include "core/row_key.h"

#include "base/err.h"
#include "core/sql.h"
#include "core/value.h"

enum { TAG_NULL, TAG_INT, TAG_REAL, TAG_TEXT, TAG_BLOB };

/* ---------------------------------------------------------------------------------------------- */
/* Collations */

static ls_fold fold_of(const char *collation) {
  if (sqlite3_stricmp(collation, "NOCASE") == 0) return LS_FOLD_CASE;
  return sqlite3_stricmp(collation, "RTRIM") == 0 ? LS_FOLD_SPACES : LS_FOLD_NONE;
}

/* The index of a primary key has collations of its own. One that is the row id has no index: it is a number. */
static const char COLLATIONS[] =
    "SELECT x.coll FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x WHERE l.origin = 'pk' AND x.key"
    " ORDER BY x.seqno";

static int load_table(ls_fold *folds, sqlite3_stmt *stmt, const ls_table *table) {
  sqlite3_bind_text(stmt, 1, table->name, -1, SQLITE_STATIC);
  int step = sqlite3_step(stmt);
  for (size_t i = 0; step == SQLITE_ROW && i < table->n_primary; i++, step = sqlite3_step(stmt)) {
    const char *collation = (const char *)sqlite3_column_text(stmt, 0);
    if (!collation)
      step = SQLITE_NOMEM;
    else
      folds[i] = fold_of(collation);
  }
  int reset = sqlite3_reset(stmt);
  return step == SQLITE_ROW || step == SQLITE_DONE ? reset : step;
}

static int load_all(ls_row_keys *keys, ls_state *state, sqlite3_stmt *stmt, ls_error *err) {
  const ls_tables *tables = &state->tables;
  keys->folds = ls_arena_alloc(&keys->arena, (tables->n + 1) * sizeof *keys->folds);
  if (!keys->folds) return ls_fail_nomem(err);
  for (size_t i = 0; i < tables->n; i++) {
    const ls_table *table = &tables->tables[i];
    keys->folds[i] = ls_arena_alloc(&keys->arena, (table->n_primary + 1) * sizeof **keys->folds);
    if (!keys->folds[i]) return ls_fail_nomem(err);
    memset(keys->folds[i], 0, (table->n_primary + 1) * sizeof **keys->folds);
    if (load_table(keys->folds[i], stmt, table)) {
      return ls_sqlite_fail(err, state->database.db, LS_EIO, "reading the key of table %s", table->name);
    }
  }
  return LS_OK;
}

int ls_row_keys_load(ls_row_keys *keys, ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, COLLATIONS, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  keys->tables = &state->tables;
  rc = load_all(keys, state, stmt, err);
  sqlite3_finalize(stmt);
  return rc;
}

void ls_row_keys_fini(ls_row_keys *keys) { ls_arena_fini(&keys->arena); }

/* ---------------------------------------------------------------------------------------------- */
/* Bytes */

static void put_number(ls_bytes *out, char tag, const void *number) {
  ls_bytes_byte(out, tag);
  ls_bytes_append(out, number, 8);
}

static void put_real(ls_bytes *out, double real) {
  bool whole = real >= -0x1p63 && real < 0x1p63 && (double)(int64_t)real == real;
  int64_t integer = whole ? (int64_t)real : 0;
  if (whole)
    put_number(out, TAG_INT, &integer);
  else
    put_number(out, TAG_REAL, &real);
}

static void put_text(ls_bytes *out, const char *text, size_t size, ls_fold fold) {
  while (fold == LS_FOLD_SPACES && size > 0 && text[size - 1] == ' ') size--;
  ls_bytes_byte(out, TAG_TEXT);
  ls_bytes_varint(out, size);
  if (fold != LS_FOLD_CASE) {
    ls_bytes_append(out, text, size);
    return;
  }
  for (size_t i = 0; i < size; i++) {
    char c = text[i];
    ls_bytes_byte(out, c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c);
  }
}

static void put_value(ls_bytes *out, ls_value value, ls_fold fold) {
  switch (value.type) {
    case LS_TYPE_INT: put_number(out, TAG_INT, &value.as.i); return;
    case LS_TYPE_REAL: put_real(out, value.as.r); return;
    case LS_TYPE_TEXT: put_text(out, value.as.b.data, value.as.b.size, fold); return;
    case LS_TYPE_BLOB:
      ls_bytes_byte(out, TAG_BLOB);
      ls_bytes_varint(out, value.as.b.size);
      ls_bytes_append(out, value.as.b.data, value.as.b.size);
      return;
    default: ls_bytes_byte(out, TAG_NULL);
  }
}

void ls_row_keys_put(ls_bytes *out, const ls_row_keys *keys, const ls_table *table, const ls_value *row,
                     int64_t rowid) {
  size_t index = (size_t)(table - keys->tables->tables);
  bool null = false;
  ls_bytes_varint(out, index);
  for (size_t i = 0; i < table->n_primary; i++) {
    ls_value value = row[table->key[i]];
    put_value(out, value, keys->folds[index][i]);
    null |= value.type == LS_TYPE_NULL;
  }
  if (null) put_number(out, TAG_INT, &rowid);
}

/* ---------------------------------------------------------------------------------------------- */
/* A key that is given */

/* A table without rows made from a query has columns of the same affinities. */
#define GIVEN "temp." LS_OWN_PREFIX "key"

static int make_table(ls_state *state, const ls_table *table, ls_error *err) {
  ls_bytes sql = {0};
  ls_bytes_text(&sql, "CREATE TABLE " GIVEN " AS SELECT ");
  for (size_t i = 0; i < table->n_primary; i++) ls_sql_put(&sql, i ? ", \"%w\"" : "\"%w\"", table->columns[table->key[i]]);
  ls_sql_put(&sql, " FROM \"%w\"", table->name);
  ls_bytes_text(&sql, " WHERE 0");
  int rc = ls_bytes_cstr(&sql) ? ls_database_exec(&state->database, sql.data, err) : ls_fail_nomem(err);
  ls_bytes_fini(&sql);
  return rc;
}

static int insert_given(ls_state *state, const ls_value *values, size_t n, ls_error *err) {
  ls_bytes sql = {0};
  sqlite3_stmt *stmt;
  ls_bytes_text(&sql, "INSERT INTO " GIVEN " VALUES (?1");
  for (size_t i = 2; i <= n; i++) ls_bytes_printf(&sql, ", ?%zu", i);
  ls_bytes_text(&sql, ")");
  int rc = ls_bytes_cstr(&sql) ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_database_prepare(&stmt, &state->database, sql.data, NULL, LS_ACCESS_OWN, err);
  ls_bytes_fini(&sql);
  if (rc) return rc;
  for (size_t i = 0; !rc && i < n; i++) {
    if (ls_bind_value(stmt, (int)i + 1, values[i])) rc = ls_sqlite_fail(err, state->database.db, LS_ESQL, "key");
  }
  if (!rc) rc = ls_state_run(state, stmt, err);
  sqlite3_finalize(stmt);
  return rc;
}

static int put_stored(ls_bytes *out, const ls_row_keys *keys, ls_state *state, const ls_table *table, ls_error *err) {
  size_t index = (size_t)(table - keys->tables->tables);
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, "SELECT * FROM " GIVEN, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  ls_bytes_varint(out, index);
  if (sqlite3_step(stmt) != SQLITE_ROW) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "key");
  for (size_t i = 0; !rc && i < table->n_primary; i++) {
    ls_value value = ls_value_of(sqlite3_column_value(stmt, (int)i));
    if (value.type == LS_TYPE_TEXT && !value.as.b.data)
      rc = ls_fail_nomem(err);
    else
      put_value(out, value, keys->folds[index][i]);
  }
  if (!rc && !ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  sqlite3_finalize(stmt);
  return rc;
}

static int check_given(const ls_table *table, const ls_value *values, size_t n, ls_error *err) {
  if (n != table->n_primary) {
    return ls_fail(err, LS_EARGS, "columns in the key of table %s: %zu, values given: %zu", table->name,
                   table->n_primary, n);
  }
  for (size_t i = 0; i < n; i++) {
    if (values[i].type == LS_TYPE_NULL) return ls_fail(err, LS_EARGS, "a key holds no NULL");
  }
  return LS_OK;
}

int ls_row_keys_put_given(ls_bytes *out, const ls_row_keys *keys, ls_state *state, const ls_table *table,
                          const ls_value *values, size_t n, ls_error *err) {
  int rc = check_given(table, values, n, err);
  if (!rc) rc = make_table(state, table, err);
  if (!rc) rc = insert_given(state, values, n, err);
  if (!rc) rc = put_stored(out, keys, state, table, err);
  return rc ? rc : ls_database_exec(&state->database, "DROP TABLE " GIVEN, err);
}
