/* Reading the events of one session in a log. */
#include "base/err.h"
#include "core/database.h"
#include "core/log_file.h"
#include "base/seqnum.h"

/* 0 when the log has no event of that session; negative when memory ran out. */
static int64_t origin_of(ls_log *log, const ls_event *author, ls_error *err) {
  ls_bytes *key = &log->scratch;
  ls_bytes_clear(key);
  ls_bytes_append(key, author->client_id, strlen(author->client_id) + 1);
  ls_bytes_text(key, author->session_id);
  if (!ls_bytes_ok(key)) return ls_fail_nomem(err);
  return ls_names_find(&log->origins, key->data, key->size);
}

static int read_rows(ls_log_brief *out, size_t n, ls_log *log, sqlite3_stmt *stmt, ls_error *err) {
  size_t count = 0;
  int step;
  while ((step = sqlite3_step(stmt)) == SQLITE_ROW && count < n) {
    ls_log_brief *brief = &out[count++];
    brief->seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    brief->more = sqlite3_column_int64(stmt, 2);
    brief->undoes = sqlite3_column_int64(stmt, 3);
    brief->name = ls_names_text(&log->names, sqlite3_column_int64(stmt, 4));
    if (!brief->name) return ls_fail(err, LS_ECORRUPT, "the log is damaged: an event's name is missing");
  }
  return step == SQLITE_DONE ? (int)count : ls_sqlite_fail(err, log->db, LS_EIO, "log");
}

#define SELECT                                                                                                         \
  "SELECT place, generation, CASE WHEN place IN (SELECT place FROM torn) THEN 0 ELSE more END, undoes, name FROM events" \
  " WHERE "

int ls_log_session(ls_log_brief *out, size_t n, ls_log *log, const ls_event *author, ls_seqnum from, bool back,
                   int64_t skip, ls_error *err) {
  static const char BACK[] = SELECT "place < ?1 AND origin = ?2"
                             " ORDER BY place DESC LIMIT ?3 OFFSET ?4";
  static const char ON[] = SELECT "place > ?1 AND origin = ?2"
                           " ORDER BY place LIMIT ?3 OFFSET ?4";
  int64_t origin = origin_of(log, author, err);
  if (origin <= 0) return (int)origin;
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, back ? BACK : ON, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(from));
  sqlite3_bind_int64(stmt, 2, origin);
  sqlite3_bind_int64(stmt, 3, (int64_t)n);
  sqlite3_bind_int64(stmt, 4, skip);
  rc = read_rows(out, n, log, stmt, err);
  sqlite3_finalize(stmt);
  return rc;
}
