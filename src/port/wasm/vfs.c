/* vfs - SQLite on the files of the pool, with random bytes and the time from the host. Where the host gives no files,
 * databases are in memory, and those never call the methods about files.
 *
 * SQLite is compiled with SQLITE_OS_OTHER, so this is its only VFS. See sqlite3_vfs in sqlite3.h. */
#include <sqlite3.h>
#include <stdio.h>

#include "port/port.h"
#include "port/wasm/host.h"
#include "port/wasm/vfs_file.h"

/* SQLite counts days from noon on 24 November 4714 BC; this is 1970 on that scale. */
#define UNIX_EPOCH_MS INT64_C(210866760000000)
#define DAY_MS 86400000.0

/* LS_EFULL has a code of its own in SQLite, too, and tells more than that a file cannot be opened. */
static int code_of(int rc) {
  switch (rc) {
    case LS_OK: return SQLITE_OK;
    case LS_EFULL: return SQLITE_FULL;
    case LS_ENOMEM: return SQLITE_IOERR_NOMEM;
    default: return SQLITE_CANTOPEN;
  }
}

static int create(ls_pool_file **out, const char *name, ls_error *err) {
  int rc = ls_pool_new(out, err);
  if (rc || !*name) return rc;
  rc = ls_pool_give_name(*out, name, false, err);
  if (rc) ls_pool_close(*out);
  return rc;
}

/* One that goes when it is closed loses its name at once. */
static int open_file(ls_pool_file **out, const char *path, int flags) {
  char name[LS_POOL_NAME];
  ls_error err;
  int rc = ls_pool_name(name, path ? path : "", &err);
  if (flags & SQLITE_OPEN_DELETEONCLOSE) name[0] = '\0';
  if (!rc) rc = *name ? ls_pool_open(out, name, &err) : LS_ENOTFOUND;
  if (rc == LS_ENOTFOUND && flags & SQLITE_OPEN_CREATE) rc = create(out, name, &err);
  return rc;
}

static int vfs_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags) {
  (void)vfs;
  file->pMethods = NULL; /* tells SQLite that there is nothing to close */
  ls_pool_file *opened = NULL;
  int rc = open_file(&opened, path, flags);
  if (rc) return code_of(rc);
  ls_vfs_file_init((ls_vfs_file *)file, opened);
  if (out_flags) *out_flags = flags;
  return SQLITE_OK;
}

static int vfs_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
  (void)vfs;
  (void)sync_directory;
  char name[LS_POOL_NAME];
  ls_error err;
  int rc = ls_pool_name(name, path, &err);
  if (!rc) rc = ls_pool_remove(name, &err);
  return !rc ? SQLITE_OK : rc == LS_ENOTFOUND ? SQLITE_IOERR_DELETE_NOENT : SQLITE_IOERR_DELETE;
}

/* As with POSIX, SQLite takes an empty journal for none. */
static int vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
  (void)vfs;
  char name[LS_POOL_NAME];
  ls_error err;
  *out = 0;
  if (ls_host_file_count() == 0) return SQLITE_OK;
  int there = ls_pool_name(name, path, &err);
  if (!there) there = ls_pool_has(name, &err);
  if (there < 0) return SQLITE_IOERR_ACCESS;
  *out = there && (flags != SQLITE_ACCESS_EXISTS || ls_port_file_size(path) > 0);
  return SQLITE_OK;
}

static int vfs_full_pathname(sqlite3_vfs *vfs, const char *path, int size, char *out) {
  (void)vfs;
  return snprintf(out, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int vfs_randomness(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  ls_host_random(out, (size_t)size);
  return size;
}

/* Nobody else holds these databases, so there is nothing to wait for. */
static int vfs_sleep(sqlite3_vfs *vfs, int time_us) {
  (void)vfs;
  return time_us;
}

static int vfs_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
  (void)vfs;
  *time_ms = UNIX_EPOCH_MS + (sqlite3_int64)ls_host_time_ms();
  return SQLITE_OK;
}

static int vfs_time_days(sqlite3_vfs *vfs, double *days) {
  sqlite3_int64 time_ms = 0;
  int rc = vfs_time_ms(vfs, &time_ms);
  *days = (double)time_ms / DAY_MS;
  return rc;
}

static int vfs_last_error(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  (void)size;
  (void)out;
  return 0;
}

static sqlite3_vfs pool_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(ls_vfs_file),
    .mxPathname = LS_POOL_NAME - 1,
    .zName = "pool",
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_pathname,
    .xRandomness = vfs_randomness,
    .xSleep = vfs_sleep,
    .xCurrentTime = vfs_time_days,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time_ms,
};

int sqlite3_os_init(void) { return sqlite3_vfs_register(&pool_vfs, 1); }

int sqlite3_os_end(void) { return SQLITE_OK; }
