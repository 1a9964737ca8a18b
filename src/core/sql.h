/* sql - what is told from the text of an SQL statement alone, before SQLite sees it. */
#ifndef LS_CORE_SQL_H
#define LS_CORE_SQL_H

#include "base/bytes.h"
#include "livestore.h"

typedef enum ls_sql_kind {
  LS_SQL_END, LS_SQL_WORD, LS_SQL_QUOTED, LS_SQL_STRING, LS_SQL_NUMBER, LS_SQL_PARAM, LS_SQL_BLOB, LS_SQL_SIGN
} ls_sql_kind;

/* One token; white space and comments are passed over. WORD is a keyword or bare name, QUOTED a name in "", [] or
 * ``, STRING a literal in '', PARAM one of ?, ?1, :a, @a, $a. */
typedef struct ls_sql_token {
  ls_sql_kind kind;
  const char *start;
  size_t size;
} ls_sql_token;

/* The token at *at, which moves behind it. Never fails: a quote that does not end runs to the end of the text. */
ls_sql_token ls_sql_next(const char **at);
/* Is it this bare word, in any case? */
bool ls_sql_is(ls_sql_token token, const char *word);

/* Append SQL as SQLite's own printf makes it: \"%w\" is a name, quoted. */
void ls_sql_put(ls_bytes *sql, const char *fmt, ...);

/* Line and column, from 1, of a place in a text. */
void ls_sql_place(const char *sql, const char *at, int *line, int *column);

/* Refuse what SQL may not hold in a schema: functions that do not always give the same answer for the same input
 * (random(), date('now'), CURRENT_TIMESTAMP, changes() …, and sin() and its like, whose last digit differs between
 * machines) and ROLLBACK as conflict resolution or RAISE(ROLLBACK …), which would end the store's own transaction.
 * LS_ESCHEMA with line and column. */
int ls_sql_check_deterministic(const char *sql, ls_error *err);

/* Is this SQL function (by name, any case) one of those refused above whatever its arguments? */
bool ls_sql_function_refused(const char *name);

#endif
