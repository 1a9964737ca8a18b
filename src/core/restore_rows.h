/* restore_rows - the rows of a restoring event, read from its arguments; internal to restore. */
#ifndef LS_CORE_RESTORE_ROWS_H
#define LS_CORE_RESTORE_ROWS_H

#include "base/arena.h"
#include "core/restore.h"

/* A column and what the row is about to lose and get; in a key, and in a row that is inserted or deleted, both are
 * the same. */
typedef struct ls_restore_cell {
  size_t column;
  ls_value held, restored;
} ls_restore_cell;

typedef struct ls_restore_row {
  const ls_table *table; /* NULL: there is no such table or key any more */
  ls_op op;
  ls_restore_cell *key, *cells; /* columns that are no longer there are left out */
  size_t n_key, n_cells;
  bool has_rowid;
  int64_t rowid;
  bool done;    /* restored, or found to be somebody else's by now */
  bool foreign; /* what kept it from being restored is a foreign key */
} ls_restore_row;

/* Zero-initialize; free with ls_restore_rows_fini. */
typedef struct ls_restore_rows {
  ls_arena arena;
  ls_bytes text; /* of the values */
  ls_restore_row *rows;
  size_t n;
} ls_restore_rows;

/* Read node `array` of a document. LS_EARGS */
int ls_restore_rows_read(ls_restore_rows *out, const ls_tables *tables, const ls_json *doc, uint32_t array,
                         ls_error *err);
void ls_restore_rows_fini(ls_restore_rows *rows);

#endif
