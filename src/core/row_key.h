/* row_key - the primary key of a row as bytes: equal bytes for what SQLite takes for the same key, that is, under the
 * key's collations, and with 1 and 1.0 as one number. The order of the bytes means nothing. */
#ifndef LS_CORE_ROW_KEY_H
#define LS_CORE_ROW_KEY_H

#include "core/state.h"

/* How texts of a key column are compared. */
typedef enum ls_fold { LS_FOLD_NONE, LS_FOLD_CASE, LS_FOLD_SPACES } ls_fold;

/* Of all tables of a state. Zero-initialize; free with ls_row_keys_fini. */
typedef struct ls_row_keys {
  ls_arena arena;
  const ls_tables *tables;
  ls_fold **folds; /* [table][column of the key] */
} ls_row_keys;

int ls_row_keys_load(ls_row_keys *keys, ls_state *state, ls_error *err);
void ls_row_keys_fini(ls_row_keys *keys);

/* Append the key of a row: the table, and the values of its key. A key that holds NULL is no key to SQLite: such a row
 * is told by its row id. */
void ls_row_keys_put(ls_bytes *out, const ls_row_keys *keys, const ls_table *table, const ls_value *row, int64_t rowid);

/* Append the key that somebody gives by its values, converted as SQLite does when they are stored in the table.
 * LS_EARGS their number is not that of the key's columns, or one is NULL. */
int ls_row_keys_put_given(ls_bytes *out, const ls_row_keys *keys, ls_state *state, const ls_table *table,
                          const ls_value *values, size_t n, ls_error *err);

#endif
