#define _XOPEN_SOURCE 700 /* truncate */

#include "support/fault_vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Text of a file's name is SQLite's and stays for as long as the file is open. */
typedef struct fault_file {
  sqlite3_file base;
  const char *name;
  sqlite3_file below[]; /* the file of the VFS below; szOsFile bytes */
} fault_file;

static sqlite3_vfs vfs, *below;

static struct {
  long left; /* calls until the one that fails; 0 when none is to */
  int kinds;
  bool sticky, fired, full;
  int64_t room; /* full: bytes that still fit */
} fault;

/* A write or a truncation (data NULL: to this offset) that was not synced yet. */
typedef struct change {
  struct change *before;
  char *name;
  int64_t offset, old_size; /* of the file */
  int size;
  int old_bytes; /* how many of the overwritten bytes were inside the file */
  char *data, *old;
} change;

static bool tracking;
static change *newest;

static void check(bool good, const char *what) {
  if (good) return;
  fprintf(stderr, "fault_vfs: %s\n", what);
  abort();
}

static bool must_fail(fault_vfs_kind kind) {
  if (fault.full || fault.left == 0 || !(fault.kinds & kind)) return false;
  if (fault.left > 1) {
    fault.left--;
    return false;
  }
  fault.fired = true;
  if (!fault.sticky) fault.left = 0;
  return true;
}

static sqlite3_file *under(sqlite3_file *file) { return ((fault_file *)file)->below; }

/* ---------------------------------------------------------------------------------------------- */
/* What was not synced */

static void forget(const char *name) {
  for (change **at = &newest; *at;) {
    change *c = *at;
    if (strcmp(c->name, name) != 0) {
      at = &c->before;
      continue;
    }
    *at = c->before;
    free(c->name);
    free(c->data);
    free(c->old);
    free(c);
  }
}

static int64_t size_of(sqlite3_file *file) {
  sqlite3_int64 size = 0;
  file->pMethods->xFileSize(file, &size);
  return size;
}

/* Remember `size` bytes at `offset` as they are and as they will be; data NULL for what a truncation takes away. */
static void remember(sqlite3_file *file, const void *data, int size, int64_t offset) {
  const char *name = ((fault_file *)file)->name;
  if (!tracking || !name) return;
  change *c = calloc(1, sizeof *c);
  check(c != NULL, "no memory");
  int64_t end = size_of(under(file)), inside = end - offset;
  c->name = strdup(name);
  c->offset = offset;
  c->old_size = end;
  c->size = size;
  c->old_bytes = inside < 0 ? 0 : inside < size ? (int)inside : size;
  c->old = malloc((size_t)size + 1);
  c->data = data ? malloc((size_t)size + 1) : NULL;
  check(c->name && c->old && (c->data || !data), "no memory");
  if (data) memcpy(c->data, data, (size_t)size);
  if (c->old_bytes) under(file)->pMethods->xRead(under(file), c->old, c->old_bytes, offset);
  c->before = newest;
  newest = c;
}

static FILE *open_raw(const char *name) {
  FILE *file = fopen(name, "r+b");
  check(file != NULL, name);
  return file;
}

static void write_raw(const change *c, const char *data, int size) {
  FILE *file = open_raw(c->name);
  check(fseek(file, (long)c->offset, SEEK_SET) == 0 && fwrite(data, 1, (size_t)size, file) == (size_t)size, c->name);
  check(fclose(file) == 0, c->name);
}

static void truncate_raw(const char *name, int64_t size) { check(truncate(name, size) == 0, name); }

/* The library removes and renames files of the state on its own, past this VFS. */
static bool is_gone(const change *c) { return access(c->name, F_OK) != 0; }

/* Newest first. */
static void take_back(const change *c) {
  if (is_gone(c)) return;
  if (c->old_bytes) write_raw(c, c->old, c->old_bytes);
  truncate_raw(c->name, c->old_size);
}

static void do_again(const change *c) {
  if (is_gone(c)) return;
  if (c->data)
    write_raw(c, c->data, c->size);
  else
    truncate_raw(c->name, c->offset);
}

static bool coin(uint64_t *seed) {
  *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return *seed >> 63;
}

void fault_vfs_track(void) { tracking = true; }

void fault_vfs_lose_power(uint64_t seed) {
  change *oldest = NULL;
  while (newest) {
    change *c = newest;
    take_back(c);
    newest = c->before;
    c->before = oldest; /* from here on: the one after it */
    oldest = c;
  }
  for (change *c = oldest; c; c = c->before) {
    if (coin(&seed)) do_again(c);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Files */

static int fault_close(sqlite3_file *file) { return under(file)->pMethods->xClose(under(file)); }

static int fault_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset) {
  if (must_fail(FAULT_VFS_READ)) return SQLITE_IOERR_READ;
  return under(file)->pMethods->xRead(under(file), out, size, offset);
}

static bool is_full(sqlite3_file *file, int size, int64_t offset) {
  if (!fault.full) return false;
  int64_t more = offset + size - size_of(under(file));
  if (more <= 0) return false;
  if (more <= fault.room) {
    fault.room -= more;
    return false;
  }
  fault.fired = true;
  return true;
}

static int fault_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
  if (must_fail(FAULT_VFS_WRITE)) return SQLITE_IOERR_WRITE;
  if (is_full(file, size, offset)) return SQLITE_FULL;
  remember(file, data, size, offset);
  return under(file)->pMethods->xWrite(under(file), data, size, offset);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size) {
  if (must_fail(FAULT_VFS_WRITE)) return SQLITE_IOERR_TRUNCATE;
  int64_t more = size_of(under(file)) - size;
  if (more > 0) remember(file, NULL, (int)more, size);
  return under(file)->pMethods->xTruncate(under(file), size);
}

static int fault_sync(sqlite3_file *file, int flags) {
  if (must_fail(FAULT_VFS_SYNC)) return SQLITE_IOERR_FSYNC;
  (void)flags;
  if (((fault_file *)file)->name) forget(((fault_file *)file)->name);
  return SQLITE_OK;
}

static int fault_file_size(sqlite3_file *file, sqlite3_int64 *size) {
  if (must_fail(FAULT_VFS_READ)) return SQLITE_IOERR_FSTAT;
  return under(file)->pMethods->xFileSize(under(file), size);
}

static int fault_lock(sqlite3_file *file, int level) {
  if (must_fail(FAULT_VFS_LOCK)) return SQLITE_IOERR_LOCK;
  return under(file)->pMethods->xLock(under(file), level);
}

static int fault_unlock(sqlite3_file *file, int level) { return under(file)->pMethods->xUnlock(under(file), level); }

static int fault_check_lock(sqlite3_file *file, int *out) {
  if (must_fail(FAULT_VFS_LOCK)) return SQLITE_IOERR_CHECKRESERVEDLOCK;
  return under(file)->pMethods->xCheckReservedLock(under(file), out);
}

static int fault_control(sqlite3_file *file, int op, void *arg) {
  return under(file)->pMethods->xFileControl(under(file), op, arg);
}

static int fault_sector_size(sqlite3_file *file) { return under(file)->pMethods->xSectorSize(under(file)); }

static int fault_device(sqlite3_file *file) { return under(file)->pMethods->xDeviceCharacteristics(under(file)); }

static int fault_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  if (must_fail(FAULT_VFS_LOCK)) return SQLITE_IOERR_SHMMAP;
  return under(file)->pMethods->xShmMap(under(file), page, size, extend, out);
}

static int fault_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
  if (!(flags & SQLITE_SHM_UNLOCK) && must_fail(FAULT_VFS_LOCK)) return SQLITE_IOERR_SHMLOCK;
  return under(file)->pMethods->xShmLock(under(file), offset, n, flags);
}

static void fault_shm_barrier(sqlite3_file *file) { under(file)->pMethods->xShmBarrier(under(file)); }

static int fault_shm_unmap(sqlite3_file *file, int remove) {
  return under(file)->pMethods->xShmUnmap(under(file), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_file_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_lock,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector_size,
    .xDeviceCharacteristics = fault_device,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

/* ---------------------------------------------------------------------------------------------- */
/* The file system */

static int fault_open(sqlite3_vfs *self, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
  (void)self;
  file->pMethods = NULL;
  if (must_fail(FAULT_VFS_OPEN)) return SQLITE_CANTOPEN;
  ((fault_file *)file)->name = name;
  int rc = below->xOpen(below, name, under(file), flags, out_flags);
  if (under(file)->pMethods) file->pMethods = &methods;
  return rc;
}

static int fault_delete(sqlite3_vfs *self, const char *name, int sync_directory) {
  (void)self;
  if (must_fail(FAULT_VFS_WRITE)) return SQLITE_IOERR_DELETE;
  int rc = below->xDelete(below, name, sync_directory);
  if (!rc) forget(name);
  return rc;
}

static int fault_access(sqlite3_vfs *self, const char *name, int flags, int *out) {
  (void)self;
  if (must_fail(FAULT_VFS_READ)) return SQLITE_IOERR_ACCESS;
  return below->xAccess(below, name, flags, out);
}

void fault_vfs_install(void) {
  below = sqlite3_vfs_find(NULL);
  check(below != NULL, "SQLite has no VFS");
  vfs = *below;
  vfs.zName = "fault";
  vfs.szOsFile = (int)sizeof(fault_file) + below->szOsFile;
  vfs.xOpen = fault_open;
  vfs.xDelete = fault_delete;
  vfs.xAccess = fault_access;
  check(sqlite3_vfs_register(&vfs, 1) == SQLITE_OK, "not registered");
}

void fault_vfs_arm(long k, int kinds, bool sticky) {
  fault.left = k;
  fault.kinds = kinds;
  fault.sticky = sticky;
  fault.fired = fault.full = false;
}

void fault_vfs_arm_full(int64_t bytes) {
  fault.full = true;
  fault.fired = false;
  fault.room = bytes;
}

bool fault_vfs_disarm(void) {
  fault.left = 0;
  fault.full = false;
  return fault.fired;
}
