/* Copying a log's file, as it is, while it is in use. */
#include "core/database.h"
#include "core/log_file.h"

static int copy_pages(sqlite3 *to, ls_log *log, ls_error *err) {
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", log->db, "main");
  if (!backup) return ls_sqlite_fail(err, to, LS_EIO, "copying the log");
  sqlite3_backup_step(backup, -1);
  if (sqlite3_backup_finish(backup) == SQLITE_OK) return LS_OK;
  return ls_sqlite_fail(err, to, LS_EIO, "copying the log");
}

int ls_log_copy(ls_log *log, const char *file, ls_error *err) {
  sqlite3 *to = NULL;
  int rc = ls_log_flush(log, err);
  if (rc) return rc;
  if (sqlite3_open_v2(file, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)) {
    rc = ls_sqlite_fail(err, to, LS_EIO, "%s", file);
  } else {
    rc = copy_pages(to, log, err);
  }
  sqlite3_close(to);
  return rc;
}
