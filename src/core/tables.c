#include "core/tables.h"

#include <string.h>

#include "base/err.h"

void ls_tables_fini(ls_tables *tables) {
  ls_arena_fini(&tables->arena);
  memset(tables, 0, sizeof *tables);
}

const ls_table *ls_tables_find(const ls_tables *tables, const char *name) {
  for (size_t low = 0, high = tables->n; low < high;) {
    size_t middle = (low + high) / 2;
    int order = strcmp(tables->tables[middle].name, name);
    if (order == 0) return &tables->tables[middle];
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return NULL;
}

/* SQLite gives the row id three names; a column may take any of them away. */
static const char *rowid_name(const ls_table *table) {
  static const char *const names[] = {"_rowid_", "rowid", "oid"};
  for (size_t i = 0; i < 3; i++) {
    bool taken = false;
    for (size_t c = 0; c < table->n; c++) taken |= sqlite3_stricmp(table->columns[c], names[i]) == 0;
    if (!taken) return names[i];
  }
  return NULL;
}

/* SQLite's rules for the affinity of a declared type; what holds none of these words is NUMERIC or BLOB.
 * Source: https://www.sqlite.org/datatype3.html */
static bool is_real(const char *type) {
  static const char *const others[] = {"%INT%", "%CHAR%", "%CLOB%", "%TEXT%", "%BLOB%"};
  for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
    if (sqlite3_strlike(others[i], type, 0) == 0) return false;
  }
  return sqlite3_strlike("%REAL%", type, 0) == 0 || sqlite3_strlike("%FLOA%", type, 0) == 0 ||
         sqlite3_strlike("%DOUB%", type, 0) == 0;
}

/* Columns of PRAGMA table_xinfo: cid, name, type, notnull, dflt_value, pk, hidden (2 and 3: generated). */
static int load_columns(ls_table *table, ls_arena *arena, sqlite3_stmt *info, size_t capacity) {
  const char **columns = ls_arena_alloc(arena, capacity * sizeof *columns);
  bool *generated = ls_arena_alloc(arena, capacity * sizeof *generated);
  bool *real = ls_arena_alloc(arena, capacity * sizeof *real);
  size_t *key = ls_arena_alloc(arena, capacity * sizeof *key);
  if (!columns || !generated || !real || !key) return SQLITE_NOMEM;
  int step = sqlite3_step(info);
  for (; step == SQLITE_ROW && table->n < capacity; step = sqlite3_step(info)) {
    const char *name = (const char *)sqlite3_column_text(info, 1);
    columns[table->n] = name ? ls_arena_strdup(arena, name) : NULL;
    const char *type = (const char *)sqlite3_column_text(info, 2);
    if (!columns[table->n] || !type) return SQLITE_NOMEM;
    real[table->n] = is_real(type);
    generated[table->n] = sqlite3_column_int(info, 6) >= 2;
    int place = sqlite3_column_int(info, 5);
    if (place > 0) {
      key[place - 1] = table->n;
      table->n_primary++;
    }
    table->n++;
  }
  table->columns = columns;
  table->generated = generated;
  table->real = real;
  table->key = key;
  return step == SQLITE_DONE ? SQLITE_OK : step;
}

/* Columns of the list: name, type, ncol, wr. */
static int load_table(ls_table *table, ls_arena *arena, ls_database *database, sqlite3_stmt *list, ls_error *err) {
  const char *name = (const char *)sqlite3_column_text(list, 0);
  table->name = name ? ls_arena_strdup(arena, name) : NULL;
  if (!table->name) return ls_fail_nomem(err);
  const char *type = (const char *)sqlite3_column_text(list, 1);
  if (!type) return ls_fail_nomem(err);
  table->shadow = strcmp(type, "shadow") == 0;
  table->without_rowid = sqlite3_column_int(list, 3) != 0;
  sqlite3_stmt *info;
  int rc = ls_database_prepare(&info, database, "SELECT * FROM pragma_table_xinfo(?1)", NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_bind_text(info, 1, table->name, -1, SQLITE_STATIC);
  int result = load_columns(table, arena, info, (size_t)sqlite3_column_int(list, 2));
  if (result == SQLITE_NOMEM) rc = ls_fail_nomem(err);
  else if (result) rc = ls_sqlite_fail(err, database->db, LS_ESCHEMA, "table %s", table->name);
  sqlite3_finalize(info);
  table->n_key = table->without_rowid ? table->n_primary : 0;
  if (rc || table->without_rowid) return rc;
  table->rowid = rowid_name(table);
  if (table->rowid) return LS_OK;
  return ls_fail(err, LS_ESCHEMA, "table %s has columns named rowid, oid and _rowid_; rename one of them", table->name);
}

/* ncol of table_list leaves generated columns out; table_xinfo counts them. */
static const char LIST[] =
    "SELECT name, type, (SELECT count(*) FROM pragma_table_xinfo(l.name)), wr FROM pragma_table_list AS l"
    " WHERE schema = 'main' AND type IN ('table', 'shadow') AND substr(name, 1, 7) <> 'sqlite_'"
    " AND substr(name, 1, length('" LS_OWN_PREFIX "')) <> '" LS_OWN_PREFIX "' ORDER BY name COLLATE BINARY";

static int count_tables(size_t *out, sqlite3_stmt *list) {
  size_t n = 0;
  int step;
  while ((step = sqlite3_step(list)) == SQLITE_ROW) n++;
  sqlite3_reset(list);
  *out = n;
  return step == SQLITE_DONE ? SQLITE_OK : step;
}

int ls_tables_load(ls_tables *tables, ls_database *database, ls_error *err) {
  sqlite3_stmt *list;
  int rc = ls_database_prepare(&list, database, LIST, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  size_t n = 0;
  if (count_tables(&n, list)) rc = ls_sqlite_fail(err, database->db, LS_EIO, "reading the tables of the state");
  ls_table *array = rc ? NULL : ls_arena_alloc(&tables->arena, (n + 1) * sizeof *array);
  if (!rc && !array) rc = ls_fail_nomem(err);
  for (size_t i = 0; !rc && i < n; i++) {
    if (sqlite3_step(list) != SQLITE_ROW) rc = ls_sqlite_fail(err, database->db, LS_EIO, "reading the tables of the state");
    if (!rc) rc = load_table(&array[i], &tables->arena, database, list, err);
    tables->has_virtual |= !rc && array[i].shadow;
  }
  sqlite3_finalize(list);
  if (rc) return rc;
  tables->tables = array;
  tables->n = n;
  return LS_OK;
}
