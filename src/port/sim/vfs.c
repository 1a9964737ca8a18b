/* vfs - SQLite on the simulated disks: files, the locks between connections, and the memory that connections to one WAL
 * share. See sqlite3_vfs and sqlite3_io_methods in sqlite3.h. Connections are of one thread, so a lock that is held by
 * another one is never waited for. */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "port/sim/disk.h"

/* SQLite counts days from noon on 24 November 4714 BC; this is 1970 on that scale. */
#define UNIX_EPOCH_MS INT64_C(210866760000000)
#define DAY_MS 86400000.0
#define LONGEST_PATH 512

typedef struct ls_sim_handle {
  sqlite3_file base;          /* first: SQLite's */
  struct ls_sim_handle *next; /* of the file */
  ls_sim_file *file;
  int level;                  /* SQLITE_LOCK_… */
  unsigned shared, exclusive; /* locks on the WAL's index, a bit each */
  bool temporary;             /* removed when it is closed */
} ls_sim_handle;

static ls_sim_file *file_of(sqlite3_file *file) { return ((ls_sim_handle *)file)->file; }

static int code_of(ls_sim_fault fault, int otherwise) {
  switch (fault) {
    case LS_SIM_NO_FAULT: return SQLITE_OK;
    case LS_SIM_FULL: return SQLITE_FULL;
    case LS_SIM_NOMEM: return SQLITE_IOERR_NOMEM;
    default: return otherwise;
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Content */

static int sim_close(sqlite3_file *file) {
  ls_sim_handle *handle = (ls_sim_handle *)file, **at = &handle->file->handles;
  while (*at != handle) at = &(*at)->next;
  *at = handle->next;
  if (handle->temporary && !handle->file->removed)
    ls_sim_file_remove(handle->file);
  else
    ls_sim_file_drop(handle->file);
  return SQLITE_OK;
}

static int sim_read(sqlite3_file *file, void *out, int size, sqlite3_int64 offset) {
  ls_sim_file *f = file_of(file);
  if (ls_sim_read(f->disk)) return SQLITE_IOERR_READ;
  size_t from = (size_t)offset, wanted = (size_t)size;
  size_t there = f->now.size > from ? f->now.size - from : 0;
  if (there > wanted) there = wanted;
  if (there) memcpy(out, f->now.data + from, there);
  memset((char *)out + there, 0, wanted - there);
  return there == wanted ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int sim_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 offset) {
  ls_sim_fault fault = ls_sim_write_one(file_of(file)->disk);
  if (!fault) fault = ls_sim_file_write(file_of(file), data, (size_t)size, (size_t)offset);
  return code_of(fault, SQLITE_IOERR_WRITE);
}

static int sim_truncate(sqlite3_file *file, sqlite3_int64 size) {
  ls_sim_fault fault = ls_sim_write_one(file_of(file)->disk);
  if (!fault) fault = ls_sim_file_truncate(file_of(file), (size_t)size);
  return code_of(fault, SQLITE_IOERR_TRUNCATE);
}

static int sim_sync(sqlite3_file *file, int flags) {
  (void)flags;
  ls_sim_fault fault = ls_sim_write_one(file_of(file)->disk);
  if (!fault) fault = ls_sim_file_sync(file_of(file));
  return code_of(fault, SQLITE_IOERR_FSYNC);
}

static int sim_size(sqlite3_file *file, sqlite3_int64 *out) {
  if (ls_sim_read(file_of(file)->disk)) return SQLITE_IOERR_FSTAT;
  *out = (sqlite3_int64)file_of(file)->now.size;
  return SQLITE_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Locks on the file: any number share it, one of them may be about to write, and writes alone */

static int highest_of_others(const ls_sim_handle *self) {
  int level = SQLITE_LOCK_NONE;
  for (const ls_sim_handle *h = self->file->handles; h; h = h->next) {
    if (h != self && h->level > level) level = h->level;
  }
  return level;
}

static int sim_lock(sqlite3_file *file, int level) {
  ls_sim_handle *self = (ls_sim_handle *)file;
  if (self->level >= level) return SQLITE_OK;
  int others = highest_of_others(self);
  bool free = level == SQLITE_LOCK_SHARED     ? others < SQLITE_LOCK_PENDING
              : level == SQLITE_LOCK_RESERVED ? others < SQLITE_LOCK_RESERVED
                                              : others == SQLITE_LOCK_NONE;
  if (free) self->level = level;
  return free ? SQLITE_OK : SQLITE_BUSY;
}

static int sim_unlock(sqlite3_file *file, int level) {
  ls_sim_handle *self = (ls_sim_handle *)file;
  if (self->level > level) self->level = level;
  return SQLITE_OK;
}

static int sim_check_reserved(sqlite3_file *file, int *out) {
  const ls_sim_handle *self = (ls_sim_handle *)file;
  *out = self->level >= SQLITE_LOCK_RESERVED || highest_of_others(self) >= SQLITE_LOCK_RESERVED;
  return SQLITE_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* The WAL's index */

static int grow_shared(ls_sim_file *file, int n, int size) {
  void **shared = ls_realloc(file->shared, (size_t)n * sizeof *shared);
  if (!shared) return SQLITE_IOERR_NOMEM;
  file->shared = shared;
  for (; file->n_shared < n; file->n_shared++) {
    shared[file->n_shared] = ls_calloc(1, (size_t)size);
    if (!shared[file->n_shared]) return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

static int sim_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out) {
  ls_sim_file *f = file_of(file);
  *out = NULL;
  if (ls_sim_read(f->disk)) return SQLITE_IOERR_SHMMAP;
  int rc = page >= f->n_shared && extend ? grow_shared(f, page + 1, size) : SQLITE_OK;
  if (page < f->n_shared) *out = f->shared[page];
  return rc;
}

static bool others_hold(const ls_sim_handle *self, unsigned mask, bool exclusively) {
  for (const ls_sim_handle *h = self->file->handles; h; h = h->next) {
    if (h != self && ((h->exclusive | (exclusively ? 0 : h->shared)) & mask)) return true;
  }
  return false;
}

static int sim_shm_lock(sqlite3_file *file, int offset, int n, int flags) {
  ls_sim_handle *self = (ls_sim_handle *)file;
  unsigned mask = ((1u << n) - 1) << offset, *own = flags & SQLITE_SHM_SHARED ? &self->shared : &self->exclusive;
  if (flags & SQLITE_SHM_UNLOCK) {
    *own &= ~mask;
    return SQLITE_OK;
  }
  if (others_hold(self, mask, flags & SQLITE_SHM_SHARED)) return SQLITE_BUSY;
  *own |= mask;
  return SQLITE_OK;
}

static void sim_shm_barrier(sqlite3_file *file) { (void)file; }

static bool alone(const ls_sim_handle *self) { return self->file->handles == self && !self->next; }

static int sim_shm_unmap(sqlite3_file *file, int remove) {
  ls_sim_handle *self = (ls_sim_handle *)file;
  (void)remove;
  self->shared = self->exclusive = 0;
  if (!alone(self)) return SQLITE_OK;
  while (self->file->n_shared) ls_free(self->file->shared[--self->file->n_shared]);
  return SQLITE_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static int sim_control(sqlite3_file *file, int op, void *arg) {
  (void)file;
  (void)op;
  (void)arg;
  return SQLITE_NOTFOUND;
}

static int sim_sector_size(sqlite3_file *file) {
  (void)file;
  return 4096;
}

static int sim_device(sqlite3_file *file) {
  (void)file;
  return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods METHODS = {
    .iVersion = 2,
    .xClose = sim_close,
    .xRead = sim_read,
    .xWrite = sim_write,
    .xTruncate = sim_truncate,
    .xSync = sim_sync,
    .xFileSize = sim_size,
    .xLock = sim_lock,
    .xUnlock = sim_unlock,
    .xCheckReservedLock = sim_check_reserved,
    .xFileControl = sim_control,
    .xSectorSize = sim_sector_size,
    .xDeviceCharacteristics = sim_device,
    .xShmMap = sim_shm_map,
    .xShmLock = sim_shm_lock,
    .xShmBarrier = sim_shm_barrier,
    .xShmUnmap = sim_shm_unmap,
};

static int open_on(ls_sim_disk *disk, const char *path, ls_sim_handle *handle, int flags) {
  if (ls_sim_read(disk)) return SQLITE_CANTOPEN;
  ls_sim_file *file = ls_sim_file_find(disk, path);
  if (!file && !(flags & SQLITE_OPEN_CREATE)) return SQLITE_CANTOPEN;
  if (!file && ls_sim_write_one(disk)) return SQLITE_CANTOPEN;
  if (!file) file = ls_sim_file_new(disk, path);
  if (!file) return SQLITE_IOERR_NOMEM;
  *handle = (ls_sim_handle){.base = {&METHODS}, .next = file->handles, .file = file};
  handle->temporary = flags & SQLITE_OPEN_DELETEONCLOSE;
  file->handles = handle;
  return SQLITE_OK;
}

static int sim_open(sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags) {
  (void)vfs;
  file->pMethods = NULL;
  const char *path = name ? name : "temporary";
  ls_sim_disk *disk = ls_sim_disk_of_path(path);
  int rc = disk ? open_on(disk, path, (ls_sim_handle *)file, flags) : SQLITE_IOERR_NOMEM;
  if (!rc && out_flags) *out_flags = flags;
  return rc;
}

static int sim_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
  (void)vfs;
  (void)sync_directory;
  ls_sim_disk *disk = ls_sim_disk_of_path(path);
  ls_sim_fault fault = disk ? ls_sim_write_one(disk) : LS_SIM_NOMEM;
  if (fault) return code_of(fault, SQLITE_IOERR_DELETE);
  ls_sim_file *file = ls_sim_file_find(disk, path);
  if (!file) return SQLITE_IOERR_DELETE_NOENT;
  ls_sim_file_remove(file);
  return SQLITE_OK;
}

static int sim_access(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
  (void)vfs;
  ls_sim_disk *disk = ls_sim_disk_of_path(path);
  ls_sim_fault fault = disk ? ls_sim_read(disk) : LS_SIM_NOMEM;
  if (fault) return code_of(fault, SQLITE_IOERR_ACCESS);
  const ls_sim_file *file = ls_sim_file_find(disk, path);
  *out = file && (flags != SQLITE_ACCESS_EXISTS || file->now.size > 0);
  return SQLITE_OK;
}

static int sim_pathname(sqlite3_vfs *vfs, const char *path, int size, char *out) {
  (void)vfs;
  return snprintf(out, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int sim_randomness(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  for (int i = 0; i < size; i++) out[i] = (char)ls_sim_random();
  return size;
}

static int sim_sleep(sqlite3_vfs *vfs, int time_us) {
  (void)vfs;
  return time_us;
}

static int sim_time(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
  (void)vfs;
  *time_ms = UNIX_EPOCH_MS + ls_sim_time_ms();
  return SQLITE_OK;
}

static int sim_days(sqlite3_vfs *vfs, double *days) {
  (void)vfs;
  *days = (double)(UNIX_EPOCH_MS + ls_sim_time_ms()) / DAY_MS;
  return SQLITE_OK;
}

static int sim_last_error(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  (void)size;
  (void)out;
  return 0;
}

bool ls_sim_vfs_install(void) {
  static sqlite3_vfs vfs = {
      .iVersion = 2,
      .szOsFile = sizeof(ls_sim_handle),
      .mxPathname = LONGEST_PATH,
      .zName = "simulated",
      .xOpen = sim_open,
      .xDelete = sim_delete,
      .xAccess = sim_access,
      .xFullPathname = sim_pathname,
      .xRandomness = sim_randomness,
      .xSleep = sim_sleep,
      .xCurrentTime = sim_days,
      .xGetLastError = sim_last_error,
      .xCurrentTimeInt64 = sim_time,
  };
  sqlite3_randomness(0, NULL); /* SQLite's own generator begins anew, from ours */
  return sqlite3_vfs_find(vfs.zName) || sqlite3_vfs_register(&vfs, 1) == SQLITE_OK;
}
