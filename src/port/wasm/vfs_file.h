/* vfs_file - an open file of SQLite in the pool: the methods that read, write and lock it. */
#ifndef LS_PORT_WASM_VFS_FILE_H
#define LS_PORT_WASM_VFS_FILE_H

#include <sqlite3.h>

#include "port/wasm/pool.h"

typedef struct ls_vfs_file {
  sqlite3_file base; /* first: SQLite's */
  ls_pool_file *file;
  int level; /* SQLITE_LOCK_… */
} ls_vfs_file;

/* Make `out` a connection's own of a file of the pool, which it closes. */
void ls_vfs_file_init(ls_vfs_file *out, ls_pool_file *file);

#endif
