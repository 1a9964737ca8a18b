/* authorizer.c - one function per kind of statement that is told apart.
 *
 * SQLite asks while it compiles a statement, once for each thing that the statement does: also inside views, triggers
 * and foreign-key actions, and for the writes to sqlite_schema that a CREATE implies. It asks also for what FTS5
 * prepares while it runs: statements on its shadow tables, and PRAGMA data_version.
 * Source: https://www.sqlite.org/c3ref/c_alter_table.html */
#include "core/authorizer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/sql.h"

LS_FORMAT(2, 3) static int deny(ls_database *database, const char *fmt, ...) {
  if (!database->denied[0]) {
    va_list args;
    va_start(args, fmt);
    vsnprintf(database->denied, sizeof database->denied, fmt, args);
    va_end(args);
  }
  return SQLITE_DENY;
}

static bool begins_with(const char *name, const char *prefix) {
  return name && sqlite3_strnicmp(name, prefix, (int)strlen(prefix)) == 0;
}

static bool is_any_of(const char *name, const char *const *list) {
  for (; *list; list++) {
    if (sqlite3_stricmp(name, *list) == 0) return true;
  }
  return false;
}

/* Pragmas that only tell about the tables, and those that only tell when they get no value. */
static bool pragma_only_reads(const char *name, const char *value) {
  static const char *const always[] = {
      "collation_list", "compile_options", "data_version", "database_list", "foreign_key_check", "foreign_key_list",
      "function_list",  "index_info",      "index_list",   "index_xinfo",   "integrity_check",   "module_list",
      "pragma_list",    "quick_check",     "table_info",   "table_list",    "table_xinfo",       NULL};
  static const char *const without_value[] = {"application_id", "encoding",     "foreign_keys",
                                              "freelist_count", "page_count",   "page_size",
                                              "schema_version", "user_version", NULL};
  return is_any_of(name, always) || (!value && is_any_of(name, without_value));
}

/* What is refused to all but the library, in words that go behind "this statement …". */
static const char *outside_tables(int action) {
  switch (action) {
    case SQLITE_TRANSACTION: return "begins or ends a transaction";
    case SQLITE_SAVEPOINT: return "sets or ends a savepoint";
    case SQLITE_ATTACH: return "attaches a database";
    case SQLITE_DETACH: return "detaches a database";
    case SQLITE_ANALYZE: return "runs ANALYZE";
    case SQLITE_REINDEX: return "runs REINDEX";
    case SQLITE_ALTER_TABLE: return "alters a table";
    case SQLITE_PRAGMA: return "runs a PRAGMA";
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW: return "creates something TEMP";
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_TRIGGER:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_VTABLE: return "creates something";
    case SQLITE_DROP_INDEX:
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_TRIGGER:
    case SQLITE_DROP_VIEW:
    case SQLITE_DROP_TEMP_INDEX:
    case SQLITE_DROP_TEMP_TABLE:
    case SQLITE_DROP_TEMP_TRIGGER:
    case SQLITE_DROP_TEMP_VIEW:
    case SQLITE_DROP_VTABLE: return "drops something";
    default: return "does something that is not known to be harmless";
  }
}

static int authorize_pragma(ls_database *database, const char *name, const char *value) {
  if (pragma_only_reads(name, value)) return SQLITE_OK;
  return deny(database, "runs PRAGMA %s%s", name, value ? " with a value" : "");
}

/* Pragmas also come as table-valued functions, pragma_optimize() for one, which then writes. */
static int authorize_read_table(ls_database *database, const char *table) {
  if (begins_with(table, "pragma_") && !pragma_only_reads(table + strlen("pragma_"), NULL)) {
    return deny(database, "runs %s()", table);
  }
  return SQLITE_OK;
}

/* When a table-valued function declares its columns, older SQLite asks as for the end of a CREATE TABLE. The beginning
 * of a real one, an INSERT, is refused, and so is an UPDATE that somebody writes: SQLite protects the table. */
static bool declares_columns(int action, const char *table, const char *column) {
  bool asked = action == SQLITE_UPDATE || (action == SQLITE_READ && strcmp(column, "ROWID") == 0);
  return asked && sqlite3_stricmp(table, "sqlite_master") == 0;
}

static int deny_write(ls_database *database, const char *table) {
  if (begins_with(table, "sqlite_")) return deny(database, "creates or drops something");
  return deny(database, "writes to table %s", table);
}

static int authorize_read(ls_database *database, int action, const char *a, const char *b) {
  if (declares_columns(action, a, b)) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ: return authorize_read_table(database, a);
    case SQLITE_PRAGMA: return authorize_pragma(database, a, b);
    case SQLITE_FUNCTION:
      return sqlite3_stricmp(b, "load_extension") == 0 ? deny(database, "loads an extension") : SQLITE_OK;
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: return deny_write(database, a);
    default: return deny(database, "%s", outside_tables(action));
  }
}

static int authorize_function(ls_database *database, const char *name) {
  if (ls_sql_function_refused(name)) {
    return deny(database, "calls %s(), whose answer is not the same on every node", name);
  }
  return SQLITE_OK;
}

/* The library's tables and pragmas tell of this node, not of the events. */
static int authorize_event_read(ls_database *database, const char *table) {
  if (begins_with(table, LS_OWN_PREFIX) || begins_with(table, "sqlite_") || begins_with(table, "pragma_")) {
    return deny(database, "reads %s, which is not the same on every node", table);
  }
  return SQLITE_OK;
}

static int authorize_event_write(ls_database *database, const char *table) {
  if (begins_with(table, LS_OWN_PREFIX)) return deny(database, "writes to %s, a table of the library", table);
  return begins_with(table, "sqlite_") ? deny_write(database, table) : SQLITE_OK;
}

static int authorize_event(ls_database *database, int action, const char *a, const char *b) {
  if (declares_columns(action, a, b)) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ: return authorize_event_read(database, a);
    case SQLITE_FUNCTION: return authorize_function(database, b);
    case SQLITE_PRAGMA:
      return sqlite3_stricmp(a, "data_version") == 0 ? SQLITE_OK : deny(database, "runs PRAGMA %s", a);
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: return authorize_event_write(database, a);
    default: return deny(database, "%s", outside_tables(action));
  }
}

/* Tables that are functions: what they give depends on what is put in. */
static const char *const TABLE_FUNCTIONS[] = {"json_each", "json_tree", NULL};

static int authorize_pure(ls_database *database, int action, const char *a, const char *b) {
  if (declares_columns(action, a, b)) return SQLITE_OK;
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_RECURSIVE: return SQLITE_OK;
    case SQLITE_READ:
      return is_any_of(a, TABLE_FUNCTIONS) ? SQLITE_OK : deny(database, "reads table %s", a);
    case SQLITE_FUNCTION: return authorize_function(database, b);
    default: return deny(database, "%s", outside_tables(action));
  }
}

static int authorize_create(ls_database *database, const char *name) {
  if (is_any_of(name, TABLE_FUNCTIONS)) {
    return deny(database, "creates %s: that is the name of a function that gives rows", name);
  }
  if (sqlite3_stricmp(name, "sqlite_sequence") == 0) {
    return deny(database, "uses AUTOINCREMENT, whose counter would outlive a rollback (an INTEGER PRIMARY KEY "
                          "counts without it)");
  }
  if (begins_with(name, LS_OWN_PREFIX)) {
    return deny(database, "creates %s: names that begin with " LS_OWN_PREFIX " are the library's", name);
  }
  return SQLITE_OK;
}

static int authorize_module(ls_database *database, const char *name, const char *module) {
  static const char *const allowed[] = {"fts5", "fts5vocab", NULL};
  if (!is_any_of(module, allowed)) {
    return deny(database, "creates a virtual table of %s; only fts5 is supported", module);
  }
  return authorize_create(database, name);
}

static int authorize_define(ls_database *database, int action, const char *a, const char *b) {
  switch (action) {
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_INDEX:
    case SQLITE_CREATE_VIEW:
    case SQLITE_CREATE_TRIGGER: return authorize_create(database, a);
    case SQLITE_CREATE_VTABLE: return authorize_module(database, a, b);
    case SQLITE_READ:
    case SQLITE_REINDEX: return SQLITE_OK; /* reads of CHECK and index expressions; a new index is filled by REINDEX */
    case SQLITE_FUNCTION: return authorize_function(database, b);
    case SQLITE_SELECT: return deny(database, "selects rows");
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE: return begins_with(a, "sqlite_") ? SQLITE_OK : deny(database, "writes to table %s", a);
    default: return deny(database, "%s", outside_tables(action));
  }
}

int ls_authorize(void *user, int action, const char *a, const char *b, const char *schema, const char *inside) {
  ls_database *database = user;
  (void)schema;
  (void)inside;
  switch (database->access) {
    case LS_ACCESS_OWN: return SQLITE_OK;
    case LS_ACCESS_DEFINE: return authorize_define(database, action, a, b);
    case LS_ACCESS_EVENT: return authorize_event(database, action, a, b);
    case LS_ACCESS_PURE: return authorize_pure(database, action, a, b);
    case LS_ACCESS_READ:
      if (database->on_action) database->on_action(database->action_user, action, a, b, inside);
      return authorize_read(database, action, a, b);
  }
  return SQLITE_DENY;
}
