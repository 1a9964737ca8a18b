/* pool - names on the files that the host gives: a flat file system for this module alone.
 *
 * Paths are names like "todos/log.db"; directories are no more than what names begin with. An empty part of a path
 * ("todos//log.db", "./todos/log.db") does not count.
 *
 * A name is given, changed and taken away by writing one header (header.h), so a crash sees either; when two files
 * have the same name, the later header counts and the other file is free. Names are in memory; the files are read
 * once. As with POSIX, a file that is removed or replaced while it is open lives on without a name until it is closed.
 *
 * There is one pool, since the host has one row of files. */
#ifndef LS_PORT_WASM_POOL_H
#define LS_PORT_WASM_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "livestore.h"

/* An open file; kept by the pool, at the same place while it is open. */
typedef struct ls_pool_file ls_pool_file;

/* The name that a path stands for. LS_ELIMIT: it is too long. LS_EIO: the host has no files. */
enum { LS_POOL_NAME = 513 };
int ls_pool_name(char out[LS_POOL_NAME], const char *path, ls_error *err);

/* What there is. Names are in no special order; `each` stops with anything but 0, which is returned. */
int ls_pool_each(int (*each)(void *user, const char *name), void *user, ls_error *err);
/* 1 when there is a file of that name, 0 when not; negative when it cannot be told. */
int ls_pool_has(const char *name, ls_error *err);

/* Open a file. LS_ENOTFOUND: there is none. */
int ls_pool_open(ls_pool_file **out, const char *name, ls_error *err);
/* Open a file without a name, empty. LS_EFULL: the host's files are all in use. */
int ls_pool_new(ls_pool_file **out, ls_error *err);
/* Give an open file a name; another file of that name loses it. `sync`: what was written to it is kept through a loss
 * of power first, and then its name. */
int ls_pool_give_name(ls_pool_file *file, const char *name, bool sync, ls_error *err);
/* Take a name away, for good. LS_ENOTFOUND: no file has it. */
int ls_pool_remove(const char *name, ls_error *err);
/* A file without a name is free again. NULL is fine. */
void ls_pool_close(ls_pool_file *file);

/* Content of an open file: 0 or LS_HOST_E…; reading gives the number of bytes, fewer at the end. */
int ls_pool_read(ls_pool_file *file, void *out, int size, int64_t offset);
int ls_pool_write(ls_pool_file *file, const void *data, int size, int64_t offset);
int ls_pool_truncate(ls_pool_file *file, int64_t size);
int ls_pool_flush(ls_pool_file *file);
int64_t ls_pool_size(const ls_pool_file *file); /* or LS_HOST_E… */

/* Which connections of SQLite hold an open file: see vfs_file.c. */
typedef struct ls_pool_locks {
  int shared;
  const void *writer;
  bool waiting;
} ls_pool_locks;
ls_pool_locks *ls_pool_locks_of(ls_pool_file *file);

/* Forget all names, as a program that starts does; nothing may be open. Tests start anew with it. */
void ls_pool_forget(void);

/* Fill err with "cannot <action> <name>: <reason>" for what the host gave: LS_EFULL or LS_EIO. */
int ls_pool_fail(ls_error *err, int result, const char *action, const char *name);

#endif
