/* vfs - the least that SQLite asks of a system where all databases are in memory: random bytes and the time.
 *
 * SQLite is compiled with SQLITE_OS_OTHER, so this is its only VFS; databases in memory never call the methods
 * about files, and those refuse. See sqlite3_vfs in sqlite3.h. */
#include <sqlite3.h>
#include <stdio.h>

#include "port/wasm/host.h"

/* SQLite counts days from noon on 24 November 4714 BC; this is 1970 on that scale. */
#define UNIX_EPOCH_MS INT64_C(210866760000000)
#define DAY_MS 86400000.0

static int refuse_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags) {
  (void)vfs;
  (void)path;
  (void)flags;
  (void)out_flags;
  file->pMethods = NULL; /* tells SQLite that there is nothing to close */
  return SQLITE_CANTOPEN;
}

static int refuse_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
  (void)vfs;
  (void)path;
  (void)sync_directory;
  return SQLITE_IOERR_DELETE_NOENT;
}

static int find_nothing(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
  (void)vfs;
  (void)path;
  (void)flags;
  *out = 0;
  return SQLITE_OK;
}

static int keep_pathname(sqlite3_vfs *vfs, const char *path, int size, char *out) {
  (void)vfs;
  return snprintf(out, (size_t)size, "%s", path) < size ? SQLITE_OK : SQLITE_CANTOPEN;
}

static int give_randomness(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  ls_host_random(out, (size_t)size);
  return size;
}

/* Nobody else holds these databases, so there is nothing to wait for. */
static int sleep_not(sqlite3_vfs *vfs, int time_us) {
  (void)vfs;
  return time_us;
}

static int give_time_ms(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
  (void)vfs;
  *time_ms = UNIX_EPOCH_MS + (sqlite3_int64)ls_host_time_ms();
  return SQLITE_OK;
}

static int give_time_days(sqlite3_vfs *vfs, double *days) {
  sqlite3_int64 time_ms = 0;
  int rc = give_time_ms(vfs, &time_ms);
  *days = (double)time_ms / DAY_MS;
  return rc;
}

static int give_no_error(sqlite3_vfs *vfs, int size, char *out) {
  (void)vfs;
  (void)size;
  (void)out;
  return 0;
}

static sqlite3_vfs memory_vfs = {
    .iVersion = 2,
    .szOsFile = sizeof(sqlite3_file),
    .mxPathname = 512,
    .zName = "memory-only",
    .xOpen = refuse_open,
    .xDelete = refuse_delete,
    .xAccess = find_nothing,
    .xFullPathname = keep_pathname,
    .xRandomness = give_randomness,
    .xSleep = sleep_not,
    .xCurrentTime = give_time_days,
    .xGetLastError = give_no_error,
    .xCurrentTimeInt64 = give_time_ms,
};

int sqlite3_os_init(void) { return sqlite3_vfs_register(&memory_vfs, 1); }

int sqlite3_os_end(void) { return SQLITE_OK; }
