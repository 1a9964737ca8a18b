/* vfs_file.c - see sqlite3_io_methods in sqlite3.h for what the methods do.
 *
 * There is no memory to share between connections (version 1 of the methods), so a WAL needs exclusive locking. */
#include "port/wasm/vfs_file.h"

#include <string.h>

#include "port/wasm/host.h"

static ls_pool_file *under(sqlite3_file *file) { return ((ls_vfs_file *)file)->file; }

static int code_of(int result, int otherwise) {
  return result == 0 ? SQLITE_OK : result == LS_HOST_EFULL ? SQLITE_FULL : otherwise;
}

static int file_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset) {
  int got = ls_pool_read(under(file), out, size, offset);
  if (got == size) return SQLITE_OK;
  if (got < 0) return SQLITE_IOERR_READ;
  memset((char *)out + got, 0, (size_t)(size - got));
  return SQLITE_IOERR_SHORT_READ;
}

static int file_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
  return code_of(ls_pool_write(under(file), data, size, offset), SQLITE_IOERR_WRITE);
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size) {
  return code_of(ls_pool_truncate(under(file), size), SQLITE_IOERR_TRUNCATE);
}

static int file_sync(sqlite3_file *file, int flags) {
  (void)flags;
  return code_of(ls_pool_flush(under(file)), SQLITE_IOERR_FSYNC);
}

static int file_size(sqlite3_file *file, sqlite3_int64 *out) {
  int64_t size = ls_pool_size(under(file));
  if (size < 0) return SQLITE_IOERR_FSTAT;
  *out = size;
  return SQLITE_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Locks between connections of this module: any number read; one of them may be about to write, and writes alone. Nobody
 * waits, since all are of one thread. */

static bool may_rise(const ls_vfs_file *self, const ls_pool_locks *locks, int level) {
  bool others_write = locks->writer && locks->writer != self;
  if (level == SQLITE_LOCK_SHARED) return !others_write || !locks->waiting;
  if (level == SQLITE_LOCK_RESERVED) return !others_write;
  return !others_write && locks->shared == 1;
}

static int file_lock(sqlite3_file *file, int level) {
  ls_vfs_file *self = (ls_vfs_file *)file;
  ls_pool_locks *locks = ls_pool_locks_of(self->file);
  if (self->level >= level) return SQLITE_OK;
  if (!may_rise(self, locks, level)) return SQLITE_BUSY;
  if (self->level == SQLITE_LOCK_NONE) locks->shared++;
  if (level > SQLITE_LOCK_SHARED) locks->writer = self;
  if (level > SQLITE_LOCK_RESERVED) locks->waiting = true;
  self->level = level;
  return SQLITE_OK;
}

static int file_unlock(sqlite3_file *file, int level) {
  ls_vfs_file *self = (ls_vfs_file *)file;
  ls_pool_locks *locks = ls_pool_locks_of(self->file);
  if (self->level <= level) return SQLITE_OK;
  if (locks->writer == self) {
    locks->writer = NULL;
    locks->waiting = false;
  }
  if (level == SQLITE_LOCK_NONE) locks->shared--;
  self->level = level;
  return SQLITE_OK;
}

static int file_check_reserved(sqlite3_file *file, int *out) {
  *out = ls_pool_locks_of(under(file))->writer != NULL;
  return SQLITE_OK;
}

static int file_close(sqlite3_file *file) {
  file_unlock(file, SQLITE_LOCK_NONE);
  ls_pool_close(under(file));
  return SQLITE_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static int file_control(sqlite3_file *file, int op, void *arg) {
  (void)file;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int file_sector_size(sqlite3_file *file) {
  (void)file;
  return 4096;
}

static int file_device(sqlite3_file *file) {
  (void)file;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE | SQLITE_IOCAP_UNDELETABLE_WHEN_OPEN;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 1,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_check_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector_size,
    .xDeviceCharacteristics = file_device,
};

void ls_vfs_file_init(ls_vfs_file *out, ls_pool_file *file) {
  *out = (ls_vfs_file){{&METHODS}, file, SQLITE_LOCK_NONE};
}
