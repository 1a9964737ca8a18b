#include "core/readonly.h"

#include "base/bytes.h"
#include "base/err.h"
#include "core/database.h"
#include "port/port.h"

static uint64_t size_beside(ls_bytes *name, const char *file, const char *suffix) {
  ls_bytes_clear(name);
  ls_bytes_text(name, file);
  ls_bytes_text(name, suffix);
  return ls_bytes_cstr(name) ? ls_port_file_size(name->data) : 0;
}

/* The file as a URI that says it never changes: SQLite then makes no file beside it, which it otherwise does even to
 * read. */
static void put_immutable(ls_bytes *name, const char *file) {
  ls_bytes_clear(name);
  ls_bytes_text(name, *file == '/' ? "file://" : "file:");
  for (const char *p = file; *p; p++) {
    if (*p == '?' || *p == '#' || *p == '%')
      ls_bytes_printf(name, "%%%02x", (unsigned)*p);
    else
      ls_bytes_byte(name, *p);
  }
  ls_bytes_text(name, "?immutable=1");
}

/* A WAL can only be read by a connection that may write; so it may, and is told not to. */
static int open_with_wal(sqlite3 *db, ls_error *err) {
  sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, (int *)NULL);
  if (sqlite3_exec(db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON", NULL, NULL, NULL) == SQLITE_OK)
    return LS_OK;
  return ls_sqlite_fail(err, db, LS_EIO, "opening");
}

int ls_readonly_open(sqlite3 **out, const char *file, ls_error *err) {
  int there = ls_port_exists(file, err);
  if (there < 0) return there;
  if (!there) return ls_fail(err, LS_ENOTFOUND, "there is no such file");
  ls_bytes name = {0};
  bool alone = size_beside(&name, file, "-wal") == 0 && size_beside(&name, file, "-journal") == 0;
  if (alone) put_immutable(&name, file);
  int flags = alone ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI : SQLITE_OPEN_READWRITE;
  sqlite3 *db = NULL;
  int rc = ls_bytes_cstr(&name) ? LS_OK : ls_fail_nomem(err);
  if (!rc && sqlite3_open_v2(alone ? name.data : file, &db, flags | SQLITE_OPEN_NOMUTEX, NULL)) {
    rc = ls_sqlite_fail(err, db, LS_EIO, "opening");
  }
  ls_bytes_fini(&name);
  if (!rc) sqlite3_extended_result_codes(db, 1);
  if (!rc && !alone) rc = open_with_wal(db, err);
  if (rc) {
    sqlite3_close(db);
    return rc;
  }
  *out = db;
  return LS_OK;
}
