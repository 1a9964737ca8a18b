/* database.c - settings of a state's connection, and preparing on somebody's behalf.
 *
 * One in memory keeps SQLite's journal in memory, without which nothing could be rolled back. One in a file is WAL in
 * exclusive mode: no shared memory is needed, and nobody else may have the file. It is a cache of the log, so it may
 * lose its newest transactions with the power but not its consistency: synchronous NORMAL. */
#include "core/database.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/authorizer.h"
#include "core/sql.h"
#include "core/vfs_shim.h"

/* LS_OK when `result` says nothing better than the caller's own code. */
static ls_code code_of(int result) {
  if (result == SQLITE_IOERR_NOMEM) return LS_ENOMEM;
  switch (result & 0xff) {
    case SQLITE_NOMEM: return LS_ENOMEM;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY: return LS_EIO;
    case SQLITE_FULL: return LS_EFULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return LS_ECORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return LS_ELOCKED;
    default: return LS_OK;
  }
}

ls_code ls_sqlite_code(sqlite3 *db, ls_code code) {
  ls_code own = code_of(db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM);
  return own ? own : code;
}

int ls_sqlite_fail(ls_error *err, sqlite3 *db, ls_code code, const char *fmt, ...) {
  char context[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(context, sizeof context, fmt, args);
  va_end(args);
  return ls_fail(err, ls_sqlite_code(db, code), "%s: %s", context, db ? sqlite3_errmsg(db) : "out of memory");
}

/* FTS5 may be used in triggers and views of a schema that is not trusted, but older versions do not say so. They lose
 * nothing: no function or table of an application is ever added to the connection. */
static bool trusts_schema(void) { return sqlite3_libversion_number() < 3044000; }

static bool configure_flags(sqlite3 *db) {
  const int flags[][2] = {{SQLITE_DBCONFIG_ENABLE_FKEY, 1},
                          {SQLITE_DBCONFIG_DEFENSIVE, 1},
                          {SQLITE_DBCONFIG_TRUSTED_SCHEMA, trusts_schema()},
                          {SQLITE_DBCONFIG_DQS_DDL, 0},
                          {SQLITE_DBCONFIG_DQS_DML, 0}};
  for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
    if (sqlite3_db_config(db, flags[i][0], flags[i][1], (int *)NULL) != SQLITE_OK) return false;
  }
  sqlite3_extended_result_codes(db, 1);
  return true;
}

static int configure(ls_database *database, bool in_file, ls_error *err) {
  if (!configure_flags(database->db)) {
    return ls_sqlite_fail(err, database->db, LS_ESQL, "setting up the connection of a state");
  }
  int result = ls_database_exec(database,
                                "PRAGMA page_size = 4096; PRAGMA temp_store = MEMORY;"
                                "PRAGMA recursive_triggers = ON",
                                err);
  if (!result && in_file) {
    result = ls_database_exec(database,
                              "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL;"
                              "PRAGMA synchronous = NORMAL",
                              err);
  }
  if (!result && sqlite3_set_authorizer(database->db, ls_authorize, database) != SQLITE_OK) {
    result = ls_sqlite_fail(err, database->db, LS_ESQL, "setting the authorizer");
  }
  return result;
}

int ls_database_open(ls_database *database, const char *file, ls_error *err) {
  *database = (ls_database){.access = LS_ACCESS_OWN};
  ls_vfs_shim *shim;
  int result = ls_vfs_shim_register(&shim, &database->clock_read, err);
  if (result) return result;
  int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  if (sqlite3_open_v2(file ? file : ":memory:", &database->db, flags, ls_vfs_shim_name(shim)) != SQLITE_OK) {
    result = ls_sqlite_fail(err, database->db, LS_EIO, "%s", file ? file : "opening a database in memory");
  } else {
    result = configure(database, file != NULL, err);
    if (result && file) ls_wrap(err, result, "%s", file);
  }
  if (result) ls_database_close(database);
  return result;
}

void ls_database_close(ls_database *database) {
  int result = sqlite3_close(database->db);
  assert(result == SQLITE_OK);
  (void)result;
  ls_vfs_shim_unregister(ls_vfs_shim_find(&database->clock_read));
  database->db = NULL;
}

static int fail_denied(const ls_database *database, ls_access access, ls_error *err) {
  switch (access) {
    case LS_ACCESS_READ:
      return ls_fail(err, LS_EREADONLY, "a query only reads, but this one %s; change the state by committing an event",
                     database->denied);
    case LS_ACCESS_DEFINE:
      return ls_fail(err, LS_ESCHEMA,
                     "a schema only creates tables, indexes, views and triggers, but this statement %s",
                     database->denied);
    case LS_ACCESS_PURE:
      return ls_fail(err, LS_EREADONLY, "an upcast makes the new arguments of the old ones alone, but this expression %s",
                     database->denied);
    default:
      return ls_fail(err, LS_EREADONLY,
                     "a materializer only reads and writes the schema's tables, but this statement %s",
                     database->denied);
  }
}

static int fail_prepare(ls_database *database, const char *sql, ls_access access, ls_error *err) {
  int offset = sqlite3_error_offset(database->db);
  if (code_of(sqlite3_extended_errcode(database->db))) {
    return ls_sqlite_fail(err, database->db, LS_ESQL, "preparing a statement");
  }
  if (database->denied[0]) return fail_denied(database, access, err);
  if (offset < 0) return ls_fail(err, LS_ESQL, "%s", sqlite3_errmsg(database->db));
  int line, column;
  ls_sql_place(sql, sql + offset, &line, &column);
  return ls_fail(err, LS_ESQL, "line %d column %d: %s", line, column, sqlite3_errmsg(database->db));
}

/* The first token that is not one of the semicolons that SQLite passes over. */
static ls_sql_token first_token(const char *at) {
  ls_sql_token token = ls_sql_next(&at);
  while (token.kind == LS_SQL_SIGN && *token.start == ';') token = ls_sql_next(&at);
  return token;
}

/* Nothing but semicolons and comments may follow the only statement. */
static int check_alone(const char *sql, const char *tail, ls_error *err) {
  ls_sql_token token = first_token(tail);
  if (token.kind == LS_SQL_END) return LS_OK;
  int line, column;
  ls_sql_place(sql, token.start, &line, &column);
  return ls_fail(err, LS_ESQL, "line %d column %d: one statement is expected here, and a second one begins", line,
                 column);
}

/* VACUUM is the one statement that the authorizer is not asked about. */
static const char *not_asked(sqlite3_stmt *stmt, const char *sql, ls_access access) {
  if (access == LS_ACCESS_OWN || !stmt) return NULL;
  if (ls_sql_is(first_token(sql), "vacuum")) return "runs VACUUM";
  return access == LS_ACCESS_READ && !sqlite3_stmt_readonly(stmt) ? "writes" : NULL;
}

static int check_prepared(ls_database *database, sqlite3_stmt *stmt, const char *sql, const char *rest, bool alone,
                          ls_access access, ls_error *err) {
  const char *denied = not_asked(stmt, sql, access);
  if (denied) {
    snprintf(database->denied, sizeof database->denied, "%s", denied);
    return fail_denied(database, access, err);
  }
  if (!alone) return LS_OK;
  return stmt ? check_alone(sql, rest, err) : ls_fail(err, LS_ESQL, "there is no statement in this SQL text");
}

int ls_database_prepare(sqlite3_stmt **out, ls_database *database, const char *sql, const char **tail, ls_access access,
                        ls_error *err) {
  sqlite3_stmt *stmt = NULL;
  const char *rest = NULL;
  ls_access before = database->access;
  database->denied[0] = 0;
  database->access = access;
  int status = sqlite3_prepare_v3(database->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, &rest);
  database->access = before;
  if (status != SQLITE_OK) return fail_prepare(database, sql, access, err);
  int result = check_prepared(database, stmt, sql, rest, !tail, access, err);
  if (result) {
    sqlite3_finalize(stmt);
    return result;
  }
  if (tail) *tail = rest;
  *out = stmt;
  return LS_OK;
}

int ls_database_exec(ls_database *database, const char *sql, ls_error *err) {
  ls_access before = database->access;
  database->access = LS_ACCESS_OWN;
  int status = sqlite3_exec(database->db, sql, NULL, NULL, NULL);
  database->access = before;
  return status == SQLITE_OK ? LS_OK : ls_sqlite_fail(err, database->db, LS_ESQL, "%.60s", sql);
}
