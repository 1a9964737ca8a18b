/* backend_sqlite_internal - what the backend_sqlite*.c files share with one another and with nobody else.
 *
 * What always holds
 *   1. One connection writes, another one reads; the reader sees only what is durable, since WAL shows others what is
 *      committed, and a commit returns when its frames are on the device.
 *   2. What is taken in lies in a transaction that is open on the writer.
 *   3. When a write fails, the transaction is rolled back whole, and the next sync says why: `lost`. */
#ifndef LS_SERVER_BACKEND_SQLITE_INTERNAL_H
#define LS_SERVER_BACKEND_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "port/port.h"
#include "server/backend_sqlite.h"

#define LS_STORES_SECRET 32 /* bytes */

typedef enum ls_statement {
  /* of the writer */
  LS_DO_BEGIN,
  LS_DO_COMMIT,
  LS_DO_ROLLBACK,
  LS_DO_FIND,
  LS_DO_ADD_STORE,
  LS_DO_SET_HEAD,
  LS_DO_APPEND,
  LS_N_WRITER,
  /* of the reader */
  LS_DO_HEAD = LS_N_WRITER,
  LS_DO_READ,
  LS_DO_COUNT,
  LS_DO_STORES,
  LS_DO_HAS_PLACE,
  LS_N_STATEMENTS
} ls_statement;

typedef struct ls_stores {
  sqlite3 *writer, *reader;
  sqlite3_stmt *statements[LS_N_STATEMENTS];
  ls_port_lock *lock;
  char *path;
  uint8_t secret[LS_STORES_SECRET];
  bool open;     /* a transaction is */
  ls_error lost; /* .code: why what was taken in is gone */
} ls_stores;

/* LS_E code and text of what SQLite last said on a connection. */
int ls_stores_fail(ls_error *err, const ls_stores *b, sqlite3 *db, const char *doing);
/* The functions that work on what is open. */
void ls_stores_fill(ls_backend *out, ls_stores *b);
/* What was taken in and not synced is gone. Fit for one that is half open. */
void ls_stores_close(void *self);

#endif
