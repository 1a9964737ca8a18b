/* value - between SQLite's values and ls_value. */
#ifndef LS_CORE_VALUE_H
#define LS_CORE_VALUE_H

#include <sqlite3.h>

#include "livestore.h"

/* Borrowed for as long as the SQLite value is. Text that cannot be had for lack of memory is NULL data. */
ls_value ls_value_of(sqlite3_value *value);
/* Bind a value that outlives the statement's next reset. Returns SQLite's result code. */
int ls_bind_value(sqlite3_stmt *stmt, int at, ls_value value);

/* A copy of values in one block, texts and blobs included; freed with ls_free. NULL when memory ran out. */
ls_value *ls_values_dup(const ls_value *values, size_t n);

#endif
