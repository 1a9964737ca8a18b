/* readonly - opening an SQLite file to look at it, without changing it or leaving anything beside it. */
#ifndef LS_CORE_READONLY_H
#define LS_CORE_READONLY_H

#include <sqlite3.h>

#include "livestore.h"

/* Open a file that nobody else is writing to. What its WAL or journal holds is seen too.
 *   out  closed with sqlite3_close
 * LS_ENOTFOUND when there is none. */
int ls_readonly_open(sqlite3 **out, const char *file, ls_error *err);

#endif
