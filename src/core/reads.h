/* reads - what a query's answer depends on, found when it is prepared.
 *
 * Never too little: what cannot be told for certain is taken to depend on everything. The sources are
 *   SQLite's authorizer   each column that the query names, also inside views, subqueries and CTEs; and the functions.
 *                         It is silent on the columns of USING and NATURAL: then all columns count.
 *   EXPLAIN               the tables and indexes that the plan opens. The columns of these indexes count too: rows come
 *                         in their order when the query does not say one, and may be left out by LIMIT.
 *   the text              `column = value` in a conjunction (equality.h)
 * A virtual table of FTS5 is the shadow tables that hold what it knows. A view is what it reads. */
#ifndef LS_CORE_READS_H
#define LS_CORE_READS_H

#include "core/equality.h"
#include "core/rows.h"
#include "core/tables.h"

#define LS_ALL_COLUMNS UINT64_MAX

typedef struct ls_read {
  size_t table;     /* index into the state's tables */
  uint64_t columns; /* set, see ls_column_bit; a row that comes or goes always counts */
} ls_read;

typedef struct ls_reads {
  ls_arena arena;
  bool everything; /* any commit may change the answer */
  ls_read *tables;
  size_t n;
  ls_equality *equalities; /* on tables[0], the only one then */
  size_t n_equalities;
  size_t n_params;
  ls_columns *columns; /* of the result */
} ls_reads;

/* Zero-initialize; free with ls_reads_fini. LS_ESQL, LS_EREADONLY as ls_database_prepare. */
int ls_reads_find(ls_reads *reads, ls_database *database, const ls_tables *tables, const char *sql, ls_error *err);
void ls_reads_fini(ls_reads *reads);

#endif
