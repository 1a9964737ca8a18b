/* restore_write - one row of a restoring event at a time: finding it, and changing it; internal to restore. */
#ifndef LS_CORE_RESTORE_WRITE_H
#define LS_CORE_RESTORE_WRITE_H

#include "core/restore_rows.h"

/* A statement, kept for as long as the next one is the same. */
typedef struct ls_restore_statement {
  ls_bytes sql, last;
  sqlite3_stmt *stmt;
} ls_restore_statement;

typedef struct ls_restorer {
  ls_state *state;
  ls_restore_rows rows;
  ls_restore_statement read, write;
  bool has_foreign_keys;
} ls_restorer;

/* Free the statements. */
void ls_restorer_fini_statements(ls_restorer *r);

/* Each of these: 1 when it is done, or found to be somebody else's by now; 0 when a constraint or another row is
 * against it; or negative. */
int ls_restore_row_once(ls_restorer *r, ls_restore_row *row, ls_error *err);
int ls_restore_insert(ls_restorer *r, ls_restore_row *row, ls_error *err);
int ls_restore_take_out(ls_restorer *r, ls_restore_row *row, ls_error *err);

/* The row as it is to be, as one to insert: what it is now, with what is to be restored: 1; 0 when it is not there. */
int ls_restore_read_whole(ls_restore_row *out, ls_restorer *r, const ls_restore_row *row, ls_error *err);

int ls_restore_fail_referred(const ls_restore_row *row, ls_error *err);

#endif
