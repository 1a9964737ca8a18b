/* equality - conditions `column = value` that every row of a query's answer meets, read from its text.
 *
 * Only for SELECTs from one table without joins, subqueries and compounds, whose WHERE is a conjunction (AND) at the top;
 * everything unusual makes there be none. `==` and IS are as =, and the sides may be swapped.
 *
 * A key is made of each value so that values that SQLite finds equal under the column's affinity and collation
 * have equal keys. (The other way round does not hold, and need not.) Where SQLite would convert one of the two before
 * it compares, there is no key:
 *   INTEGER, REAL, NUMERIC   value a number: 1 = 1.0
 *   TEXT, BINARY             value a text
 *   BLOB or none, BINARY     any value: nothing is converted
 * Source: https://www.sqlite.org/datatype3.html, sections 3.1, 4.2 and 7.1. */
#ifndef LS_CORE_EQUALITY_H
#define LS_CORE_EQUALITY_H

#include "base/arena.h"
#include "core/tables.h"

typedef enum ls_compare { LS_COMPARE_NUMBER, LS_COMPARE_TEXT, LS_COMPARE_ANY } ls_compare;

typedef struct ls_equality {
  size_t column;
  ls_compare compare;
  size_t param;   /* number of the parameter, from 1; 0: `value` */
  ls_value value; /* in the arena */
} ls_equality;

/* The conditions of a query that is known to read this table and nothing else. LS_ENOMEM
 *   stmt  the query, prepared: its parameters' numbers */
int ls_equality_find(ls_equality **out, size_t *n, ls_arena *arena, ls_database *database, sqlite3_stmt *stmt,
                     const ls_table *table, const char *sql, ls_error *err);

/* May it be used with this value? */
bool ls_equality_fits(const ls_equality *equality, ls_value value);
/* The key of a value, of a row's or the other one, in a column of a table. */
uint64_t ls_equality_key(size_t table, size_t column, ls_value value);

#endif
