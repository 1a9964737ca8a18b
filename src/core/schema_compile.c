/* schema_compile.c - all SQL of a schema, compiled once on a scratch database. Nothing of it runs but the CREATEs.
 *
 * To see that triggers and foreign keys compile too, a DELETE, an UPDATE and an INSERT of each table are prepared the
 * way a materializer would, and a SELECT of each view. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/schema_internal.h"
#include "core/sql.h"
#include "core/tables.h"

#define SHOWN 40 /* bytes of a statement that a message shows */

/* Whatever SQLite or the authorizer says about the schema's SQL is an error of the schema. */
static int as_schema_error(int code, ls_error *err) {
  if (code != LS_ESQL && code != LS_EREADONLY && code != LS_ENOTFOUND) return code;
  if (err) err->code = LS_ESCHEMA;
  return LS_ESCHEMA;
}

int ls_schema_fail_sql(ls_error *err, const char *sql, const char *at, const char *text) {
  int line, column;
  ls_sql_place(sql, at, &line, &column);
  return ls_fail(err, LS_ESCHEMA, "line %d column %d: %s", line, column, text);
}

static int check_first_word(const char *sql, const char *const *words, const char *expected, ls_error *err) {
  const char *at = sql;
  ls_sql_token token = ls_sql_next(&at);
  for (; *words; words++) {
    if (ls_sql_is(token, *words)) return LS_OK;
  }
  return ls_schema_fail_sql(err, sql, token.start, expected);
}

/* ---- tables ---- */

static int run(ls_database *database, const char *sql, ls_error *err) {
  sqlite3_stmt *stmt;
  int result = ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_DEFINE, err);
  if (result) return result;
  if (sqlite3_step(stmt) != SQLITE_DONE) {
    result = ls_sqlite_code(database->db, LS_ESCHEMA);
    ls_fail(err, (ls_code)result, "%s", sqlite3_errmsg(database->db));
  }
  sqlite3_finalize(stmt);
  return result;
}

static int create(ls_database *database, const char *sql, ls_error *err) {
  static const char *const words[] = {"create", NULL};
  int result = check_first_word(sql, words, "CREATE TABLE, INDEX, VIEW or TRIGGER is expected", err);
  if (!result) result = ls_sql_check_deterministic(sql, err);
  return result ? result : run(database, sql, err);
}

/* The beginning of a statement, whole characters. */
static int shown_size(const char *sql) {
  size_t size = strlen(sql);
  if (size <= SHOWN) return (int)size;
  for (size = SHOWN; size > 0 && (sql[size] & 0xc0) == 0x80;) size--;
  return (int)size;
}

static int create_tables(ls_database *database, const ls_schema *schema, ls_error *err) {
  for (size_t i = 0; i < schema->n_tables; i++) {
    const char *sql = schema->tables[i];
    int result = as_schema_error(create(database, sql, err), err);
    if (!result) continue;
    size_t first_document = schema->n_tables - schema->n_documents;
    if (i >= first_document) {
      return ls_wrap(err, result, "table of document \"%s\"", schema->documents[i - first_document].name);
    }
    return ls_wrap(err, result, "table statement %zu (%.*s%s)", i + 1, shown_size(sql), sql,
                   (size_t)shown_size(sql) < strlen(sql) ? "…" : "");
  }
  return LS_OK;
}

/* ---- what tables have to be like ---- */

typedef int (*name_fn)(ls_database *database, const char *name, ls_error *err);

/* Call a function for each name that a query gives. */
static int each_name(ls_database *database, const char *sql, name_fn fn, ls_error *err) {
  sqlite3_stmt *stmt;
  int result = ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_OWN, err);
  if (result) return result;
  int step = sqlite3_step(stmt);
  for (; !result && step == SQLITE_ROW; step = result ? step : sqlite3_step(stmt)) {
    const char *name = (const char *)sqlite3_column_text(stmt, 0);
    result = name ? fn(database, name, err) : ls_fail_nomem(err);
  }
  if (!result && step != SQLITE_DONE) result = ls_sqlite_fail(err, database->db, LS_ESCHEMA, "reading the tables");
  sqlite3_finalize(stmt);
  return result;
}

static int refuse_keyless(ls_database *database, const char *name, ls_error *err) {
  (void)database;
  return ls_fail(err, LS_ESCHEMA, "table %s has no PRIMARY KEY; each table needs a declared one", name);
}

static const char TABLES_WITHOUT_KEY[] =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'"
    " AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(pragma_table_list.name) WHERE pk > 0)";

/* An older SQLite tells the preupdate hook about columns behind a virtual one under wrong numbers. It was seen to in 3.40
 * and not in 3.53; which version mended it is not documented. */
#define HOOK_COUNTS_VIRTUAL_COLUMNS 3050000

static int refuse_virtual_column(ls_database *database, const char *name, ls_error *err) {
  (void)database;
  return ls_fail(err, LS_ESCHEMA, "table %s has a VIRTUAL generated column before another column, which needs SQLite 3.50, and this "
                                  "is %s: move it to the end, or make it STORED", name, sqlite3_libversion());
}

static const char TABLES_WITH_VIRTUAL_COLUMN_FIRST[] =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'"
    " AND EXISTS (SELECT 1 FROM pragma_table_xinfo(pragma_table_list.name) AS v, pragma_table_xinfo(pragma_table_list.name) AS c"
    " WHERE v.hidden = 2 AND c.hidden <> 2 AND v.cid < c.cid)";

static const char TABLES[] =
    "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND name NOT GLOB 'sqlite_*'";

static const char VIEWS[] = "SELECT name FROM sqlite_schema WHERE type = 'view'";

/* Prepare a statement that SQLite's printf makes from a name. */
static int try_prepare(ls_database *database, const char *fmt, const char *name, ls_access access, ls_error *err) {
  char *sql = sqlite3_mprintf(fmt, name);
  if (!sql) return ls_fail_nomem(err);
  sqlite3_stmt *stmt = NULL;
  int result = ls_database_prepare(&stmt, database, sql, NULL, access, err);
  sqlite3_finalize(stmt);
  sqlite3_free(sql);
  return as_schema_error(result, err);
}

/* Set each column to itself, so that every UPDATE OF trigger takes part. */
static int update_of(char **out, ls_database *database, const char *name, ls_error *err) {
  sqlite3_stmt *stmt;
  int result = ls_database_prepare(&stmt, database,
                                   "SELECT printf('UPDATE \"%w\" SET ', ?1) || group_concat(printf('\"%w\"=\"%w\"',"
                                   " name, name)) FROM pragma_table_info(?1)",
                                   NULL, LS_ACCESS_OWN, err);
  if (result) return result;
  sqlite3_bind_text(stmt, 1, name, -1, SQLITE_STATIC);
  int step = sqlite3_step(stmt);
  *out = step == SQLITE_ROW ? sqlite3_mprintf("%s", sqlite3_column_text(stmt, 0)) : NULL;
  if (!*out) result = ls_sqlite_fail(err, database->db, LS_ENOMEM, "table %s", name);
  sqlite3_finalize(stmt);
  return result;
}

static int check_update(ls_database *database, const char *name, ls_error *err) {
  char *sql;
  int result = update_of(&sql, database, name, err);
  if (result) return result;
  result = try_prepare(database, "%s", sql, LS_ACCESS_EVENT, err);
  sqlite3_free(sql);
  return result;
}

static int check_table(ls_database *database, const char *name, ls_error *err) {
  int result = try_prepare(database, "INSERT INTO \"%w\" DEFAULT VALUES", name, LS_ACCESS_EVENT, err);
  if (!result) result = try_prepare(database, "DELETE FROM \"%w\"", name, LS_ACCESS_EVENT, err);
  if (!result) result = check_update(database, name, err);
  return result ? ls_wrap(err, result, "table %s, its triggers or foreign keys", name) : LS_OK;
}

static int check_view(ls_database *database, const char *name, ls_error *err) {
  int result = try_prepare(database, "SELECT * FROM \"%w\"", name, LS_ACCESS_READ, err);
  return result ? ls_wrap(err, result, "view %s", name) : LS_OK;
}

/* Rolling back needs the row ids of each table that has some. */
static int check_row_ids(ls_database *database, ls_error *err) {
  ls_tables tables = {0};
  int result = ls_tables_load(&tables, database, err);
  ls_tables_fini(&tables);
  return result;
}

static int check_tables(ls_database *database, ls_error *err) {
  int result = each_name(database, TABLES_WITHOUT_KEY, refuse_keyless, err);
  if (!result) result = check_row_ids(database, err);
  if (!result && sqlite3_libversion_number() < HOOK_COUNTS_VIRTUAL_COLUMNS) {
    result = each_name(database, TABLES_WITH_VIRTUAL_COLUMN_FIRST, refuse_virtual_column, err);
  }
  if (!result) result = each_name(database, TABLES, check_table, err);
  return result ? result : each_name(database, VIEWS, check_view, err);
}

/* ---- materializers ---- */

bool ls_schema_special_param(ls_param_kind *kind, const char *name) {
  static const struct {
    const char *name;
    ls_param_kind kind;
  } specials[] = {{"_args", LS_PARAM_ARGS},
                  {"_client", LS_PARAM_CLIENT},
                  {"_session", LS_PARAM_SESSION},
                  {"_global", LS_PARAM_GLOBAL}};
  for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++) {
    if (strcmp(name, specials[i].name) == 0) {
      *kind = specials[i].kind;
      return true;
    }
  }
  return false;
}

/* The first place where a parameter stands; parameters without a name have no text to look for. */
const char *ls_schema_find_param(const char *sql, const char *param) {
  const char *at = sql;
  for (ls_sql_token token = ls_sql_next(&at); token.kind != LS_SQL_END; token = ls_sql_next(&at)) {
    if (token.kind != LS_SQL_PARAM) continue;
    if (!param ? *token.start == '?' : strlen(param) == token.size && memcmp(param, token.start, token.size) == 0) {
      return token.start;
    }
  }
  return sql;
}

static int fail_param(ls_error *err, const ls_event_type *event, const char *sql, const char *param) {
  char text[LS_ERROR_TEXT / 2];
  size_t size = 0;
  size += (size_t)snprintf(text, sizeof text, "parameter %.80s is given by no argument (arguments: ", param);
  for (size_t i = 0; i < event->n_properties && size < sizeof text; i++) {
    size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", i ? ", " : "", event->properties[i].name);
  }
  if (size < sizeof text) snprintf(text + size, sizeof text - size, event->n_properties ? ")" : "none)");
  return ls_schema_fail_sql(err, sql, ls_schema_find_param(sql, param), text);
}

static int resolve_param(ls_param *out, const ls_event_type *event, const char *sql, const char *param, ls_error *err) {
  if (!param || *param != ':') {
    return ls_schema_fail_sql(err, sql, ls_schema_find_param(sql, param), "parameters are written :name, with the name of an argument");
  }
  if (ls_schema_special_param(&out->kind, param + 1)) return LS_OK;
  for (size_t i = 0; i < event->n_properties; i++) {
    if (strcmp(param + 1, event->properties[i].name) == 0) {
      *out = (ls_param){LS_PARAM_PROPERTY, (uint32_t)i};
      return LS_OK;
    }
  }
  return fail_param(err, event, sql, param);
}

int ls_schema_resolve_params(ls_statement *statement, ls_arena *arena, const ls_event_type *event, sqlite3_stmt *stmt,
                             ls_error *err) {
  size_t n = (size_t)sqlite3_bind_parameter_count(stmt);
  ls_param *params = ls_arena_alloc(arena, n * sizeof *params);
  if (!params) return ls_fail_nomem(err);
  int result = LS_OK;
  for (size_t i = 0; !result && i < n; i++) {
    result = resolve_param(&params[i], event, statement->sql, sqlite3_bind_parameter_name(stmt, (int)i + 1), err);
  }
  statement->params = params;
  statement->n_params = n;
  return result;
}

static int check_writes(sqlite3_stmt *stmt, const char *sql, ls_error *err) {
  if (sqlite3_stmt_readonly(stmt)) {
    return ls_schema_fail_sql(err, sql, sql,
                   "this statement only reads, so it does nothing; INSERT, UPDATE or DELETE is expected");
  }
  if (sqlite3_column_count(stmt) > 0) {
    return ls_schema_fail_sql(err, sql, sql, "RETURNING gives rows that nobody reads");
  }
  return LS_OK;
}

static int compile_statement(ls_statement *statement, ls_arena *arena, ls_database *database,
                             const ls_event_type *event, ls_error *err) {
  static const char *const words[] = {"insert", "replace", "update", "delete", "with", NULL};
  const char *sql = statement->sql;
  sqlite3_stmt *stmt;
  int result = check_first_word(sql, words, "INSERT, REPLACE, UPDATE or DELETE is expected", err);
  if (!result) result = ls_sql_check_deterministic(sql, err);
  if (!result) result = ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_EVENT, err);
  if (result) return as_schema_error(result, err);
  result = check_writes(stmt, sql, err);
  if (!result) result = ls_schema_resolve_params(statement, arena, event, stmt, err);
  sqlite3_finalize(stmt);
  return result;
}

static int compile_event(ls_event_type *event, ls_arena *arena, ls_database *database, ls_error *err) {
  if (event->becomes) return ls_schema_compile_upcast(event, arena, database, err);
  for (size_t i = 0; i < event->n_statements; i++) {
    ls_statement *statement = (ls_statement *)&event->statements[i];
    int result = compile_statement(statement, arena, database, event, err);
    if (result) return ls_wrap(err, result, "event \"%s\", statement %zu", event->name, i + 1);
  }
  return LS_OK;
}

int ls_schema_compile(ls_schema *schema, ls_error *err) {
  ls_database database;
  int result = ls_database_open(&database, NULL, err);
  if (result) return result;
  result = create_tables(&database, schema, err);
  if (!result) result = check_tables(&database, err);
  for (size_t i = 0; !result && i < schema->n_events; i++) {
    result = compile_event((ls_event_type *)&schema->events[i], &schema->arena, &database, err);
    if (!result) result = ls_schema_compile_undo(schema, &schema->events[i], &schema->arena, &database, err);
  }
  ls_database_close(&database);
  return result;
}
