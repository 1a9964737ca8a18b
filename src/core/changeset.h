/* changeset - the rows that one or more events changed, as bytes: what capture writes and rollback, show and live queries
 * read. A sequence of changes, in the order in which they happened:
 *
 *   op        1 byte      'i' insert, 'u' update, 'd' delete
 *   table     varint      index into the state's tables, in the order of their names
 *   rowid     varint      zigzag; tables with row ids only; for an update the old one, then the new one
 *   insert, delete        a value for each column that is not generated, in order
 *   update                varint count, then so often: column (varint), old value, new value. Columns that did not
 *                         change may be left out, but those of a WITHOUT ROWID table's key are always there
 *   value     1 byte tag  0 NULL; 1 integer, zigzag varint; 2 real, 8 bytes little-endian IEEE double;
 *                         3 text, 4 blob: varint size, then the bytes
 * A varint is an unsigned LEB128. */
#ifndef LS_CORE_CHANGESET_H
#define LS_CORE_CHANGESET_H

#include "base/bytes.h"
#include "core/tables.h"

void ls_changeset_put_value(ls_bytes *out, sqlite3_value *value);
void ls_changeset_put_rowid(ls_bytes *out, int64_t rowid);
/* The same encoding on its own: append a value, and read the one at *at, which moves behind it; false when it is torn. */
void ls_changeset_put(ls_bytes *out, ls_value value);
bool ls_changeset_get(ls_value *out, const char *data, size_t size, size_t *at);

/* A change, decoded. Values point into the changeset's bytes. */
typedef struct ls_row_change {
  ls_op op;
  const ls_table *table;
  int64_t old_rowid, new_rowid; /* equal but for an update that moves the row; 0 for WITHOUT ROWID */
  const bool *known;            /* per column: are its values here? (not for generated, or unchanged and left out) */
  const ls_value *before, *after; /* per column; NULL for an insert, a delete */
} ls_row_change;

/* Walks a changeset. Zero-initialize but for data, size and tables; free with ls_change_reader_fini. */
typedef struct ls_change_reader {
  const char *data;
  size_t size, at;
  const ls_tables *tables;
  size_t capacity; /* columns that the arrays hold */
  bool *known;
  ls_value *before, *after;
} ls_change_reader;

/* The change at reader->at, which moves behind it: 1; 0 at the end; LS_ECORRUPT; LS_ENOMEM. */
int ls_change_reader_next(ls_row_change *out, ls_change_reader *reader, ls_error *err);
void ls_change_reader_fini(ls_change_reader *reader);

#endif
