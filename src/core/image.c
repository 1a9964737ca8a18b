/* image.c - a database is put back in one of two ways.
 *
 * In place: SQLite works on the bytes as they lie in memory, and moves them when they grow. Nothing is read before it
 * is needed, and taking an image is free; but SQLite allocates at most 2 GB in one piece. That is as much as there is
 * in all where addresses have 32 bits, so it is done there.
 * Page by page: into an ordinary database in memory, which may grow without bounds. */
#include "core/image.h"

#include <string.h>

#include "base/err.h"

static const bool IN_PLACE = sizeof(void *) == 4;
static const sqlite3_int64 MOST_BYTES = 2147418112; /* SQLITE_MAX_ALLOCATION_SIZE, in whole pages of any size */

int ls_image_take(ls_image *out, sqlite3 *db, ls_error *err) {
  sqlite3_int64 size = 0;
  const unsigned char *data = sqlite3_serialize(db, "main", &size, SQLITE_SERIALIZE_NOCOPY);
  unsigned char *own = data ? NULL : sqlite3_serialize(db, "main", &size, 0);
  if (!data && !own) return ls_fail_nomem(err);
  *out = (ls_image){.data = data ? data : own, .size = (size_t)size, .own = own};
  return LS_OK;
}

void ls_image_fini(ls_image *image) {
  sqlite3_free(image->own);
  *image = (ls_image){0};
}

int ls_image_copy(sqlite3 *to, sqlite3 *from) {
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
  if (!backup) return sqlite3_errcode(to);
  int step = sqlite3_backup_step(backup, -1);
  int result = sqlite3_backup_finish(backup);
  return result || step == SQLITE_DONE ? result : step;
}

/* With room to grow by a quarter: SQLite doubles the memory when it is full. Untouched memory costs nothing. */
static int put_in_place(sqlite3 *db, const void *data, sqlite3_int64 size) {
  sqlite3_int64 limit = MOST_BYTES, room = size + size / 4;
  unsigned char *own = sqlite3_malloc64((sqlite3_uint64)room);
  if (!own) return SQLITE_NOMEM;
  memcpy(own, data, (size_t)size);
  unsigned flags = SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE;
  int result = sqlite3_deserialize(db, "main", own, size, room, flags);
  return result ? result : sqlite3_file_control(db, "main", SQLITE_FCNTL_SIZE_LIMIT, &limit);
}

static int put_page_by_page(sqlite3 *db, const void *data, sqlite3_int64 size) {
  sqlite3 *source = NULL;
  unsigned char *theirs = (unsigned char *)(uintptr_t)data;
  int result = sqlite3_open_v2(":memory:", &source, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
  if (!result) result = sqlite3_deserialize(source, "main", theirs, size, size, SQLITE_DESERIALIZE_READONLY);
  if (!result) result = ls_image_copy(db, source);
  sqlite3_close(source);
  return result;
}

int ls_image_put(sqlite3 *db, const void *data, size_t size, ls_error *err) {
  int result = (IN_PLACE ? put_in_place : put_page_by_page)(db, data, (sqlite3_int64)size);
  if (result == SQLITE_OK) return LS_OK;
  if (result == SQLITE_NOMEM) return ls_fail_nomem(err);
  return ls_fail(err, LS_ENOTFOUND, "the snapshot is not a database: %s", sqlite3_errstr(result));
}

/* An ordinary database in memory has no file, but pages only. */
uint64_t ls_image_bytes(sqlite3 *db) {
  sqlite3_file *file = NULL;
  sqlite3_int64 size = 0;
  int used = 0, highest = 0;
  sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
  if (file && file->pMethods && file->pMethods->xFileSize(file, &size) == SQLITE_OK) return (uint64_t)size;
  sqlite3_db_status(db, SQLITE_DBSTATUS_CACHE_USED, &used, &highest, 0);
  return (uint64_t)used;
}
