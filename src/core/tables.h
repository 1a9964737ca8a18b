/* tables - the catalogue of a state's tables, read from SQLite once the schema has been run. */
#ifndef LS_CORE_TABLES_H
#define LS_CORE_TABLES_H

#include "base/arena.h"
#include "core/database.h"

typedef struct ls_table {
  const char *name;
  size_t n;                   /* columns */
  const char *const *columns;
  const bool *generated;      /* which of them SQLite computes; their values are in no row image */
  const bool *real;           /* which have REAL affinity: a whole number may be kept as an integer there, and is a real */
  bool without_rowid;
  bool shadow;                /* belongs to a virtual table */
  size_t n_key;               /* WITHOUT ROWID: n_primary; otherwise 0 */
  size_t n_primary;           /* columns of the declared primary key */
  const size_t *key;          /* which they are, in key order */
  const char *rowid;          /* otherwise a name by which the row id can be reached */
} ls_table;

/* A set of a table's columns. Those beyond the 63rd share a bit: a table so wide is told apart less finely. */
static inline uint64_t ls_column_bit(size_t column) { return (uint64_t)1 << (column < 63 ? column : 63); }

/* Real tables but the library's own, in the order of their names. Zero-initialize; free with ls_tables_fini. */
typedef struct ls_tables {
  ls_arena arena;
  const ls_table *tables;
  size_t n;
  bool has_virtual; /* some belong to virtual tables, which keep state of their own in memory */
} ls_tables;

/* LS_ESCHEMA for a table whose row id no name reaches. */
int ls_tables_load(ls_tables *tables, ls_database *database, ls_error *err);
void ls_tables_fini(ls_tables *tables);
/* NULL when there is no such table. */
const ls_table *ls_tables_find(const ls_tables *tables, const char *name);

#endif
