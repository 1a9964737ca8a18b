/* vfs_shim.c - each method calls the same one of the VFS below; see sqlite3_vfs in sqlite3.h for what they do.
 * Extensions are never loaded, so the xDl methods are missing. Files are opened by the VFS below into the memory that
 * SQLite gives, so reads and writes do not pass through here at all. */
#include "core/vfs_shim.h"

#include <sqlite3.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"

#define NAME_SIZE 48

struct ls_vfs_shim {
  sqlite3_vfs vfs; /* first, so that a method's sqlite3_vfs * is one of these */
  sqlite3_vfs *below;
  bool *clock_read;
  char name[NAME_SIZE];
};

static sqlite3_vfs *below(sqlite3_vfs *vfs) { return ((ls_vfs_shim *)vfs)->below; }

static int shim_open(sqlite3_vfs *vfs, sqlite3_filename path, sqlite3_file *file, int flags, int *out_flags) {
  return below(vfs)->xOpen(below(vfs), path, file, flags, out_flags);
}

static int shim_delete(sqlite3_vfs *vfs, const char *path, int sync_directory) {
  return below(vfs)->xDelete(below(vfs), path, sync_directory);
}

static int shim_access(sqlite3_vfs *vfs, const char *path, int flags, int *out) {
  return below(vfs)->xAccess(below(vfs), path, flags, out);
}

static int shim_full_pathname(sqlite3_vfs *vfs, const char *path, int size, char *out) {
  return below(vfs)->xFullPathname(below(vfs), path, size, out);
}

static int shim_randomness(sqlite3_vfs *vfs, int size, char *out) {
  return below(vfs)->xRandomness(below(vfs), size, out);
}

static int shim_sleep(sqlite3_vfs *vfs, int time_us) { return below(vfs)->xSleep(below(vfs), time_us); }

static int shim_get_last_error(sqlite3_vfs *vfs, int size, char *out) {
  return below(vfs)->xGetLastError ? below(vfs)->xGetLastError(below(vfs), size, out) : 0;
}

static int shim_current_time(sqlite3_vfs *vfs, double *day) {
  *((ls_vfs_shim *)vfs)->clock_read = true;
  return below(vfs)->xCurrentTime(below(vfs), day);
}

static int shim_current_time_int64(sqlite3_vfs *vfs, sqlite3_int64 *time_ms) {
  *((ls_vfs_shim *)vfs)->clock_read = true;
  return below(vfs)->xCurrentTimeInt64(below(vfs), time_ms);
}

static void name_of(char out[NAME_SIZE], const bool *clock_read) {
  snprintf(out, NAME_SIZE, "livestore-state-%p", (const void *)clock_read);
}

/* As SQLite itself asks: the method in milliseconds is there from version 2 on, and may be NULL even then. */
static bool has_time_int64(const sqlite3_vfs *vfs) { return vfs->iVersion >= 2 && vfs->xCurrentTimeInt64; }

static void fill(ls_vfs_shim *shim, sqlite3_vfs *base, bool *clock_read) {
  name_of(shim->name, clock_read);
  shim->below = base;
  shim->clock_read = clock_read;
  shim->vfs = (sqlite3_vfs){
      .iVersion = 2,
      .szOsFile = base->szOsFile,
      .mxPathname = base->mxPathname,
      .zName = shim->name,
      .xOpen = shim_open,
      .xDelete = shim_delete,
      .xAccess = shim_access,
      .xFullPathname = shim_full_pathname,
      .xRandomness = shim_randomness,
      .xSleep = shim_sleep,
      .xCurrentTime = shim_current_time,
      .xGetLastError = shim_get_last_error,
      .xCurrentTimeInt64 = has_time_int64(base) ? shim_current_time_int64 : NULL,
  };
}

int ls_vfs_shim_register(ls_vfs_shim **out, bool *clock_read, ls_error *err) {
  sqlite3_vfs *base = sqlite3_vfs_find(NULL);
  if (!base) return ls_fail(err, LS_EIO, "SQLite has no VFS, so it cannot open any database");
  ls_vfs_shim *shim = ls_calloc(1, sizeof *shim);
  if (!shim) return ls_fail_nomem(err);
  fill(shim, base, clock_read);
  if (sqlite3_vfs_register(&shim->vfs, 0) != SQLITE_OK) {
    ls_free(shim);
    return ls_fail_nomem(err);
  }
  *out = shim;
  return LS_OK;
}

ls_vfs_shim *ls_vfs_shim_find(const bool *clock_read) {
  char name[NAME_SIZE];
  name_of(name, clock_read);
  return (ls_vfs_shim *)sqlite3_vfs_find(name);
}

const char *ls_vfs_shim_name(const ls_vfs_shim *shim) { return shim->name; }

void ls_vfs_shim_unregister(ls_vfs_shim *shim) {
  if (shim) {
    sqlite3_vfs_unregister(&shim->vfs);
    ls_free(shim);
  }
}
