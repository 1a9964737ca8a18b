/* database - an SQLite connection that holds a state, with the rules of who may do what on it.
 *
 * An authorizer asks at each prepare on whose behalf the statement is:
 *   OWN     the library: anything
 *   DEFINE  a schema's tables: CREATE of tables, indexes, views and triggers
 *   EVENT   a materializer: reads, and writes to the schema's tables
 *   PURE    an upcast: an expression, which reads no table
 *   READ    an application's query: reads only
 * A function whose answer is not the same on every node is refused to DEFINE, EVENT and PURE; one that learns the time only
 * when it runs (a bound 'now') is caught by `clock_read`, which the connection's VFS sets. */
#ifndef LS_CORE_DATABASE_H
#define LS_CORE_DATABASE_H

#include <sqlite3.h>

#include "livestore.h"

#define LS_OWN_PREFIX "__livestore_" /* of the library's own tables */

typedef enum ls_access { LS_ACCESS_OWN, LS_ACCESS_DEFINE, LS_ACCESS_EVENT, LS_ACCESS_PURE, LS_ACCESS_READ } ls_access;

/* Told what a READ statement does while it is prepared: SQLite's action code, the names that come with it, and the view
 * or CTE that it is done inside of, or NULL. */
typedef void (*ls_action_fn)(void *user, int action, const char *a, const char *b, const char *inside);

typedef struct ls_database {
  sqlite3 *db;
  ls_access access;  /* on whose behalf statements are prepared now */
  bool clock_read;   /* the clock was asked for since this was last set to false */
  char denied[160];  /* why the authorizer last said no; "" when it did not */
  ls_action_fn on_action; /* NULL or a listener, given action_user */
  void *action_user;
} ls_database;

/* Open a connection for a state. `database` stays where it is until closed (SQLite keeps its address).
 *   file  NULL for one in memory */
int ls_database_open(ls_database *database, const char *file, ls_error *err);
/* Statements must have been finalized. */
void ls_database_close(ls_database *database);

/* Prepare the first statement of `sql` on someone's behalf.
 *   out   NULL when a tail is asked for and no statement is left
 *   tail  out: what follows it, or NULL when it must be the only one
 * LS_ESQL with SQLite's message and place; LS_EREADONLY when READ, EVENT or PURE may not do this; LS_ESCHEMA likewise for
 * DEFINE. */
int ls_database_prepare(sqlite3_stmt **out, ls_database *database, const char *sql, const char **tail,
                        ls_access access, ls_error *err);

/* Run statements that give no rows, as OWN. */
int ls_database_exec(ls_database *database, const char *sql, ls_error *err);

/* The code of a connection's last failure: as ls_sqlite_fail gives it. */
ls_code ls_sqlite_code(sqlite3 *db, ls_code code);

/* Fill err from the last failure of a connection: `code` for errors of the statement or its data; memory, disk, lock
 * and damage keep codes of their own. The text is "context: SQLite's message". */
int ls_sqlite_fail(ls_error *err, sqlite3 *db, ls_code code, const char *fmt, ...) LS_FORMAT(4, 5);

#endif
