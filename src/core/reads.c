#include "core/reads.h"

#include <string.h>

#include "base/err.h"
#include "core/sql.h"
#include "core/value.h"

/* What SQLite says while it prepares the query. */
typedef struct listener {
  ls_arena arena; /* of what is needed only to find out */
  ls_reads *reads;
  const ls_tables *tables;
  uint64_t *columns;    /* by table: those that were named */
  bool *named;          /* by table: did SQLite name the table at all? */
  const char **unknown; /* names that are no table of the state, each once: views, CTEs … */
  size_t n_unknown, unknown_capacity;
  bool no_memory;
} listener;

/* What the text of a query or view says. */
typedef struct words {
  bool shared; /* USING or NATURAL: the authorizer is not asked about their columns */
  bool likes;  /* LIKE or GLOB: the plan may depend on what the parameters are bound to */
} words;

/* ---------------------------------------------------------------------------------------------- */
/* The authorizer */

static void add_unknown(listener *l, const char *name) {
  for (size_t i = 0; i < l->n_unknown; i++) {
    if (strcmp(l->unknown[i], name) == 0) return;
  }
  const char *copy = ls_arena_strdup(&l->arena, name);
  if (l->n_unknown == l->unknown_capacity) {
    size_t capacity = l->unknown_capacity ? l->unknown_capacity * 2 : 8;
    const char **larger = ls_arena_alloc(&l->arena, capacity * sizeof *larger);
    if (larger && l->n_unknown) memcpy(larger, l->unknown, l->n_unknown * sizeof *larger);
    if (larger) l->unknown_capacity = capacity;
    if (larger) l->unknown = larger;
  }
  if (copy && l->n_unknown < l->unknown_capacity)
    l->unknown[l->n_unknown++] = copy;
  else
    l->no_memory = true;
}

/* A generated column is as good as all of them. */
static uint64_t column_set(const ls_table *table, const char *name) {
  for (size_t i = 0; i < table->n; i++) {
    if (sqlite3_stricmp(table->columns[i], name) == 0) return table->generated[i] ? LS_ALL_COLUMNS : ls_column_bit(i);
  }
  return 0; /* the row id, or no column at all */
}

static void note_read(listener *l, const char *table, const char *column) {
  const ls_table *found = ls_tables_find(l->tables, table);
  if (!found) {
    add_unknown(l, table);
    return;
  }
  size_t index = (size_t)(found - l->tables->tables);
  l->named[index] = true;
  l->columns[index] |= column_set(found, column);
}

static void listen(void *user, int action, const char *a, const char *b, const char *inside) {
  listener *l = user;
  if (inside && !ls_tables_find(l->tables, inside)) add_unknown(l, inside);
  bool changing = action == SQLITE_FUNCTION && ls_sql_function_refused(b);
  if (action == SQLITE_READ)
    note_read(l, a, b);
  else if (changing || action == SQLITE_PRAGMA)
    l->reads->everything = true;
}

static int prepare(sqlite3_stmt **out, listener *l, ls_database *database, const char *sql, ls_error *err) {
  database->on_action = listen;
  database->action_user = l;
  int rc = ls_database_prepare(out, database, sql, NULL, LS_ACCESS_READ, err);
  database->on_action = NULL;
  if (rc || !l->no_memory) return rc;
  sqlite3_finalize(*out);
  return ls_fail_nomem(err);
}

/* ---------------------------------------------------------------------------------------------- */
/* The plan */

static void count_read(listener *l, size_t table, uint64_t columns) {
  size_t i = 0;
  while (i < l->reads->n && l->reads->tables[i].table != table) i++;
  if (i == l->reads->n) l->reads->tables[l->reads->n++] = (ls_read){table, 0};
  l->reads->tables[i].columns |= columns;
}

/* Columns of PRAGMA index_xinfo: seqno, cid: -1 the row id, -2 an expression. */
static const char INDEX_COLUMNS[] =
    "SELECT s.tbl_name, s.type, x.cid FROM sqlite_schema AS s LEFT JOIN pragma_index_xinfo(s.name) AS x"
    " ON s.type = 'index' WHERE s.rootpage = ?1";

/* A table or index that the plan opens, by its first page. */
static int note_root(listener *l, sqlite3_stmt *of_root, int64_t root) {
  sqlite3_bind_int64(of_root, 1, root);
  bool known = false;
  int step;
  while ((step = sqlite3_step(of_root)) == SQLITE_ROW) {
    const char *name = (const char *)sqlite3_column_text(of_root, 0);
    const ls_table *table = name ? ls_tables_find(l->tables, name) : NULL;
    if (!table) break;
    known = true;
    int column = sqlite3_column_type(of_root, 2) == SQLITE_NULL ? -1 : sqlite3_column_int(of_root, 2);
    uint64_t columns = column >= 0 ? ls_column_bit((size_t)column) : column == -1 ? 0 : LS_ALL_COLUMNS;
    if (column >= 0 && table->generated[column]) columns = LS_ALL_COLUMNS;
    count_read(l, (size_t)(table - l->tables->tables), columns);
  }
  sqlite3_reset(of_root);
  l->reads->everything |= !known;
  return step == SQLITE_NOMEM ? SQLITE_NOMEM : SQLITE_OK;
}

static bool is_opcode(sqlite3_stmt *plan, const char *name) {
  const char *opcode = (const char *)sqlite3_column_text(plan, 1);
  return opcode && strcmp(opcode, name) == 0;
}

/* Columns of EXPLAIN: addr, opcode, p1, p2, p3 …; OpenRead and ReopenIdx have the page in p2 and the database in p3. */
static int read_plan(listener *l, sqlite3_stmt *plan, sqlite3_stmt *of_root, bool *opens_virtual) {
  int step, result = SQLITE_OK;
  while (!result && (step = sqlite3_step(plan)) == SQLITE_ROW) {
    *opens_virtual |= is_opcode(plan, "VOpen");
    if (!is_opcode(plan, "OpenRead") && !is_opcode(plan, "ReopenIdx")) continue;
    if (sqlite3_column_int(plan, 4) != 0)
      l->reads->everything = true;
    else
      result = note_root(l, of_root, sqlite3_column_int64(plan, 3));
  }
  return result ? result : step == SQLITE_DONE ? SQLITE_OK : step;
}

static int explain(listener *l, ls_database *database, const char *sql, bool *opens_virtual, ls_error *err) {
  char *text = sqlite3_mprintf("EXPLAIN %s", sql);
  if (!text) return ls_fail_nomem(err);
  sqlite3_stmt *plan = NULL, *of_root = NULL;
  int rc = ls_database_prepare(&plan, database, text, NULL, LS_ACCESS_OWN, err);
  if (rc == LS_ESQL) l->reads->everything = true, rc = LS_OK; /* an EXPLAIN, or a text that begins with a semicolon */
  if (!rc) rc = ls_database_prepare(&of_root, database, INDEX_COLUMNS, NULL, LS_ACCESS_OWN, err);
  if (!rc && plan && read_plan(l, plan, of_root, opens_virtual)) {
    rc = ls_sqlite_fail(err, database->db, LS_EIO, "reading the plan of a query");
  }
  sqlite3_finalize(plan);
  sqlite3_finalize(of_root);
  sqlite3_free(text);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* The text */

static void note_words(words *w, const char *sql) {
  for (ls_sql_token token = ls_sql_next(&sql); token.kind != LS_SQL_END; token = ls_sql_next(&sql)) {
    w->shared |= ls_sql_is(token, "using") || ls_sql_is(token, "natural");
    w->likes |= ls_sql_is(token, "like") || ls_sql_is(token, "glob");
  }
}

/* Call for each row of a query with up to one text: LS_OK, or what went wrong. */
typedef void (*row_fn)(void *user, sqlite3_stmt *row);

static int each_row(ls_database *database, const char *sql, const char *text, row_fn each, void *user, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  if (text) sqlite3_bind_text(stmt, 1, text, -1, SQLITE_STATIC);
  int step;
  while ((step = sqlite3_step(stmt)) == SQLITE_ROW) each(user, stmt);
  if (step != SQLITE_DONE) rc = ls_sqlite_fail(err, database->db, LS_EIO, "reading the tables of the state");
  sqlite3_finalize(stmt);
  return rc;
}

static void note_view(void *user, sqlite3_stmt *row) {
  const char *sql = (const char *)sqlite3_column_text(row, 0);
  if (sql) note_words(user, sql);
}

/* ---------------------------------------------------------------------------------------------- */
/* Names that are no table */

typedef enum object { OBJECT_NONE, OBJECT_VIEW, OBJECT_FTS, OBJECT_OTHER } object;

/* FTS5 takes an option by any beginning of its name, so by "c" alone. */
static bool may_be_content(ls_sql_token token, ls_sql_token next) {
  bool option = token.kind == LS_SQL_WORD && next.kind == LS_SQL_SIGN && *next.start == '=';
  return option && (*token.start == 'c' || *token.start == 'C') && !ls_sql_is(token, "columnsize");
}

/* An FTS5 table without content of its own reads another table when it is asked; fts5vocab reads an FTS5 table. */
static bool is_plain_fts(const char *sql) {
  bool fts = false, content = false;
  for (ls_sql_token token = ls_sql_next(&sql), next; token.kind != LS_SQL_END; token = next) {
    next = ls_sql_next(&sql);
    fts |= ls_sql_is(token, "fts5");
    content |= may_be_content(token, next);
  }
  return fts && !content;
}

static void note_object(void *user, sqlite3_stmt *row) {
  object *found = user;
  const char *type = (const char *)sqlite3_column_text(row, 0), *sql = (const char *)sqlite3_column_text(row, 1);
  if (type && strcmp(type, "view") == 0)
    *found = OBJECT_VIEW;
  else
    *found = sql && is_plain_fts(sql) ? OBJECT_FTS : OBJECT_OTHER;
}

static void note_module(void *user, sqlite3_stmt *row) {
  (void)row;
  *(object *)user = OBJECT_OTHER;
}

static bool is_function(const char *name) {
  return sqlite3_stricmp(name, "json_each") == 0 || sqlite3_stricmp(name, "json_tree") == 0;
}

static bool is_system(const char *name) {
  return sqlite3_strnicmp(name, "pragma_", 7) == 0 || sqlite3_strnicmp(name, "sqlite_", 7) == 0 ||
         sqlite3_strnicmp(name, LS_OWN_PREFIX, (int)strlen(LS_OWN_PREFIX)) == 0;
}

/* A name that nothing has is that of a CTE. */
static int object_of(object *out, ls_database *database, const char *name, ls_error *err) {
  *out = is_system(name) ? OBJECT_OTHER : OBJECT_NONE;
  if (*out || is_function(name)) return LS_OK;
  int rc = each_row(database,
                    "SELECT type, sql FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')",
                    name, note_object, out, err);
  if (rc || *out) return rc;
  return each_row(database, "SELECT 1 FROM pragma_module_list WHERE name = ?1 COLLATE NOCASE", name, note_module, out,
                  err);
}

static const char VIEW[] = "SELECT sql FROM sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type = 'view'";

static void add_shadows(listener *l, const char *name) {
  size_t size = strlen(name), found = 0;
  for (size_t i = 0; i < l->tables->n; i++) {
    const ls_table *table = &l->tables->tables[i];
    bool of_it = table->shadow && sqlite3_strnicmp(table->name, name, (int)size) == 0 && table->name[size] == '_';
    if (of_it) count_read(l, i, LS_ALL_COLUMNS);
    found += of_it;
  }
  l->reads->everything |= found == 0;
}

static int resolve_unknown(listener *l, ls_database *database, words *w, size_t *n_virtual, ls_error *err) {
  for (size_t i = 0; i < l->n_unknown; i++) {
    object found;
    int rc = object_of(&found, database, l->unknown[i], err);
    if (!rc && found == OBJECT_VIEW) rc = each_row(database, VIEW, l->unknown[i], note_view, w, err);
    if (rc) return rc;
    if (found == OBJECT_OTHER) l->reads->everything = true;
    if (found == OBJECT_FTS) add_shadows(l, l->unknown[i]);
    *n_virtual += found == OBJECT_FTS || is_function(l->unknown[i]);
  }
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Together */

typedef struct indexes {
  bool partial;
  uint64_t columns; /* of all of them */
} indexes;

static void note_index(void *user, sqlite3_stmt *row) {
  indexes *found = user;
  int column = sqlite3_column_int(row, 1);
  found->partial |= sqlite3_column_int(row, 0) != 0;
  if (column != -1) found->columns |= column >= 0 ? ls_column_bit((size_t)column) : LS_ALL_COLUMNS;
}

static const char ALL_INDEXES[] =
    "SELECT l.partial, x.cid FROM pragma_index_list(?1) AS l, pragma_index_xinfo(l.name) AS x";

/* Add what the authorizer named, and widen where it or the plan may have told too little. */
static int widen(listener *l, ls_database *database, const words *w, ls_error *err) {
  for (size_t i = 0; i < l->reads->n; i++) {
    ls_read *read = &l->reads->tables[i];
    const ls_table *table = &l->tables->tables[read->table];
    indexes all = {false, 0};
    int rc = each_row(database, ALL_INDEXES, table->name, note_index, &all, err);
    if (rc) return rc;
    /* With some parameters another plan may be chosen. */
    if ((all.partial || w->likes) && l->reads->n_params > 0) read->columns |= all.columns;
    if (w->shared || !l->named[read->table]) read->columns = LS_ALL_COLUMNS;
    for (size_t k = 0; k < table->n_key; k++) read->columns |= ls_column_bit(table->key[k]);
  }
  return LS_OK;
}

static int find_tables(listener *l, ls_database *database, const char *sql, ls_error *err) {
  bool opens_virtual = false;
  size_t n_virtual = 0;
  words w = {false, false};
  note_words(&w, sql);
  int rc = explain(l, database, sql, &opens_virtual, err);
  if (!rc) rc = resolve_unknown(l, database, &w, &n_virtual, err);
  if (rc) return rc;
  if (opens_virtual && (n_virtual == 0 || w.shared)) l->reads->everything = true;
  for (size_t i = 0; i < l->tables->n; i++) {
    if (l->named[i]) count_read(l, i, l->columns[i]);
  }
  return widen(l, database, &w, err);
}

/* The columns of the result; those that are the primary key of the only table read tell its rows apart. */
static int find_columns(ls_reads *reads, const ls_tables *tables, sqlite3_stmt *stmt, ls_error *err) {
  size_t n = (size_t)sqlite3_column_count(stmt);
  ls_columns *columns = reads->columns = ls_columns_new(n);
  if (!columns) return ls_fail_nomem(err);
  for (size_t i = 0; i < n; i++) {
    const char *name = sqlite3_column_name(stmt, (int)i);
    columns->names[i] = name ? ls_arena_strdup(&columns->arena, name) : NULL;
    if (!columns->names[i]) return ls_fail_nomem(err);
  }
  if (reads->n != 1 || reads->everything) return LS_OK;
  const ls_table *table = &tables->tables[reads->tables[0].table];
  size_t *key = ls_arena_alloc(&columns->arena, (table->n_primary + 1) * sizeof *key), found = 0;
  if (!key) return ls_fail_nomem(err);
  for (size_t k = 0; k < table->n_primary; k++) {
    for (size_t i = 0; i < n && found == k; i++) {
      const char *from = sqlite3_column_table_name(stmt, (int)i), *origin = sqlite3_column_origin_name(stmt, (int)i);
      bool is_it =
          from && origin && strcmp(from, table->name) == 0 && strcmp(origin, table->columns[table->key[k]]) == 0;
      if (is_it) key[found++] = i;
    }
  }
  columns->key = key;
  columns->n_key = found == table->n_primary ? found : 0;
  return LS_OK;
}

static int find_all(ls_reads *reads, listener *l, ls_database *database, const char *sql, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = prepare(&stmt, l, database, sql, err);
  if (rc) return rc;
  reads->n_params = (size_t)sqlite3_bind_parameter_count(stmt);
  rc = find_tables(l, database, sql, err);
  if (!rc) rc = find_columns(reads, l->tables, stmt, err);
  const ls_table *only = reads->n == 1 ? &l->tables->tables[reads->tables[0].table] : NULL;
  if (!rc && only && !reads->everything && !only->shadow && l->n_unknown == 0) {
    rc = ls_equality_find(&reads->equalities, &reads->n_equalities, &reads->arena, database, stmt, only, sql, err);
  }
  sqlite3_finalize(stmt);
  return rc;
}

/* There may be many statements and many tables: only what was found is kept. */
static int keep_tables(ls_reads *reads, ls_error *err) {
  ls_read *kept = ls_arena_alloc(&reads->arena, (reads->n + 1) * sizeof *kept);
  if (!kept) return ls_fail_nomem(err);
  if (reads->n) memcpy(kept, reads->tables, reads->n * sizeof *kept);
  reads->tables = kept;
  return LS_OK;
}

static int find_with(listener *l, ls_database *database, const char *sql, ls_error *err) {
  size_t n = l->tables->n + 1;
  l->columns = ls_arena_alloc(&l->arena, n * sizeof *l->columns);
  l->named = ls_arena_alloc(&l->arena, n * sizeof *l->named);
  l->reads->tables = ls_arena_alloc(&l->arena, n * sizeof *l->reads->tables);
  if (!l->columns || !l->named || !l->reads->tables) return ls_fail_nomem(err);
  int rc = find_all(l->reads, l, database, sql, err);
  return rc ? rc : keep_tables(l->reads, err);
}

int ls_reads_find(ls_reads *reads, ls_database *database, const ls_tables *tables, const char *sql, ls_error *err) {
  listener l = {.reads = reads, .tables = tables};
  int rc = find_with(&l, database, sql, err);
  ls_arena_fini(&l.arena);
  if (rc) {
    reads->tables = NULL;
    reads->n = 0;
  }
  return rc;
}

void ls_reads_fini(ls_reads *reads) {
  ls_arena_fini(&reads->arena);
  ls_columns_release(reads->columns);
  memset(reads, 0, sizeof *reads);
}
