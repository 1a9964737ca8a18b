/* rows - the result of a query as bytes, immutable and counted by reference. Two results are equal when their bytes are.
 *
 *   ls_rows | start of each row, uint32 … | values, row by row, as in a changeset (changeset.h)
 *
 * What is the same for every result of a query, the columns, is kept once beside them. */
#ifndef LS_CORE_ROWS_H
#define LS_CORE_ROWS_H

#include "base/arena.h"
#include "base/bytes.h"
#include "livestore.h"

typedef struct ls_columns {
  size_t refs;
  ls_arena arena;
  size_t n;
  const char **names;
  size_t n_key; /* columns that tell rows apart; 0 when that is not known */
  const size_t *key;
} ls_columns;

struct ls_rows {
  size_t refs;
  ls_columns *columns;   /* one reference */
  size_t n;              /* rows */
  size_t size;           /* bytes of the values */
  struct ls_rows *trash; /* of the graph */
  uint32_t starts[];     /* n, then the values */
};

/* Columns with n names, all "" and no key; one reference. NULL when memory ran out. */
ls_columns *ls_columns_new(size_t n);
void ls_columns_release(ls_columns *columns); /* NULL is fine */

/* Rows as they are read. Zero-initialize, use again, free with ls_rows_maker_fini. */
typedef struct ls_rows_maker {
  ls_bytes starts, values;
  size_t n;
} ls_rows_maker;

void ls_rows_maker_clear(ls_rows_maker *maker);
/* Begin a row, and add its next value. */
void ls_rows_maker_row(ls_rows_maker *maker);
void ls_rows_maker_value(ls_rows_maker *maker, ls_value value);
/* What was made, with one reference: `same` when it is equal to that (may be NULL). LS_ELIMIT 4 GiB and more. */
int ls_rows_maker_take(ls_rows **out, ls_rows_maker *maker, ls_columns *columns, ls_rows *same, ls_error *err);
void ls_rows_maker_fini(ls_rows_maker *maker);

/* The bytes of one row. */
const char *ls_rows_row(const ls_rows *rows, size_t row, size_t *size);
/* Bytes of memory that it takes. */
size_t ls_rows_bytes(const ls_rows *rows);

/* Free rows that have no reference left. */
void ls_rows_free(ls_rows *rows);

#endif
