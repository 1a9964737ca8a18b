#include "core/log_conflicts.h"

#include "base/err.h"
#include "base/seqnum.h"
#include "core/database.h"
#include "core/log_file.h"

static int run_once(ls_log *log, sqlite3_stmt *stmt, ls_error *err) {
  int rc = sqlite3_step(stmt) == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, log->db, LS_EIO, "log: conflicts");
  sqlite3_finalize(stmt);
  return rc;
}

static int not_found(int64_t id, ls_error *err) {
  return ls_fail(err, LS_ENOTFOUND, "there is no conflict %lld", (long long)id);
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing */

static int add_head(ls_log *log, const ls_conflict *conflict, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, "INSERT INTO conflicts (cause, item, error) VALUES (?1, ?2, ?3)", err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, conflict->cause);
  sqlite3_bind_int64(stmt, 2, (int64_t)conflict->item);
  sqlite3_bind_text(stmt, 3, conflict->error, -1, SQLITE_STATIC);
  return run_once(log, stmt, err);
}

static int add_event(ls_log *log, sqlite3_stmt *stmt, size_t item, const ls_event *event, ls_error *err) {
  sqlite3_bind_int64(stmt, 2, (int64_t)item);
  sqlite3_bind_int64(stmt, 3, ls_seqnum_place(event->seq));
  sqlite3_bind_int64(stmt, 4, event->seq.generation);
  sqlite3_bind_int64(stmt, 5, ls_seqnum_place(event->parent));
  sqlite3_bind_int64(stmt, 6, event->parent.generation);
  sqlite3_bind_text(stmt, 7, event->name, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 8, event->client_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 9, event->session_id, -1, SQLITE_STATIC);
  sqlite3_bind_int64(stmt, 10, event->more);
  sqlite3_bind_int64(stmt, 11, event->undoes);
  sqlite3_bind_text64(stmt, 12, event->args, event->args_size, SQLITE_STATIC, SQLITE_UTF8);
  int rc = sqlite3_step(stmt) == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, log->db, LS_EIO, "log: conflicts");
  sqlite3_reset(stmt);
  return rc;
}

int ls_log_conflict_add(ls_log *log, const ls_conflict *conflict, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = add_head(log, conflict, err);
  if (rc) return rc;
  int64_t id = sqlite3_last_insert_rowid(log->db);
  rc = ls_log_prepare(&stmt, log,
                      "INSERT INTO conflict_events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)", err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, id);
  for (size_t i = 0; !rc && i < conflict->n; i++) rc = add_event(log, stmt, i, &conflict->events[i], err);
  sqlite3_finalize(stmt);
  return rc;
}

static int remove_from(ls_log *log, const char *sql, int64_t id, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, sql, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, id);
  return run_once(log, stmt, err);
}

int ls_log_conflict_remove(ls_log *log, int64_t id, ls_error *err) {
  int rc = remove_from(log, "DELETE FROM conflicts WHERE id = ?1", id, err);
  if (rc) return rc;
  if (!sqlite3_changes(log->db)) return not_found(id, err);
  ls_log_unsettle(log);
  return remove_from(log, "DELETE FROM conflict_events WHERE conflict = ?1", id, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

int ls_log_conflict_count(uint64_t *out, ls_log *log, ls_error *err) {
  int64_t row[3] = {0};
  int rc = ls_log_lookup(row, log, "SELECT count(*) FROM conflicts", 0, err);
  if (rc < 0) return rc;
  *out = (uint64_t)row[0];
  return LS_OK;
}

static int damaged(const ls_log *log, int64_t id, ls_error *err) {
  if (sqlite3_errcode(log->db) == SQLITE_NOMEM) return ls_fail_nomem(err);
  return ls_fail(err, LS_ECORRUPT, "the log is damaged: conflict %lld is not whole", (long long)id);
}

static char *text_of(ls_arena *arena, sqlite3_stmt *stmt, int column) {
  const unsigned char *text = sqlite3_column_text(stmt, column);
  return text ? ls_arena_dup(arena, text, (size_t)sqlite3_column_bytes(stmt, column)) : NULL;
}

static bool read_event(ls_event *event, ls_arena *arena, sqlite3_stmt *stmt) {
  *event = (ls_event){.seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1)),
                      .parent = ls_seqnum_at_place(sqlite3_column_int64(stmt, 2), sqlite3_column_int64(stmt, 3)),
                      .name = text_of(arena, stmt, 4),
                      .client_id = text_of(arena, stmt, 5),
                      .session_id = text_of(arena, stmt, 6),
                      .more = sqlite3_column_int64(stmt, 7),
                      .undoes = sqlite3_column_int64(stmt, 8),
                      .args = text_of(arena, stmt, 9)};
  event->args_size = (size_t)sqlite3_column_bytes(stmt, 9);
  return event->name && event->client_id && event->session_id && event->args;
}

static int fill_events(ls_event *events, size_t n, ls_kept_conflict *kept, ls_log *log, sqlite3_stmt *stmt,
                       ls_error *err) {
  size_t count = 0;
  int step;
  while ((step = sqlite3_step(stmt)) == SQLITE_ROW && count < n) {
    if (!read_event(&events[count++], &kept->arena, stmt)) return damaged(log, kept->conflict.id, err);
  }
  if (step != SQLITE_DONE && step != SQLITE_ROW) return ls_sqlite_fail(err, log->db, LS_EIO, "log: conflicts");
  return step == SQLITE_DONE && count == n && kept->conflict.item < n ? LS_OK : damaged(log, kept->conflict.id, err);
}

static int read_events(ls_kept_conflict *kept, ls_log *log, ls_error *err) {
  int64_t row[3] = {0};
  int rc = ls_log_lookup(row, log, "SELECT count(*) FROM conflict_events WHERE conflict = ?1", kept->conflict.id, err);
  if (rc < 0) return rc;
  ls_event *events = ls_arena_alloc(&kept->arena, ((size_t)row[0] + 1) * sizeof *events);
  if (!events) return ls_fail_nomem(err);
  sqlite3_stmt *stmt;
  rc = ls_log_prepare(
      &stmt, log,
      "SELECT place, generation, parent_place, parent_generation, name, client_id, session_id, more, undoes,"
      " args FROM conflict_events WHERE conflict = ?1 ORDER BY item",
      err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, kept->conflict.id);
  rc = fill_events(events, (size_t)row[0], kept, log, stmt, err);
  sqlite3_finalize(stmt);
  kept->conflict.events = events;
  kept->conflict.n = (size_t)row[0];
  return rc;
}

static int read_head(ls_kept_conflict *out, ls_log *log, int64_t after, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc =
      ls_log_prepare(&stmt, log, "SELECT id, cause, item, error FROM conflicts WHERE id > ?1 ORDER BY id LIMIT 1", err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, after);
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) {
    out->conflict.id = sqlite3_column_int64(stmt, 0);
    out->conflict.cause = (ls_conflict_cause)sqlite3_column_int(stmt, 1);
    out->conflict.item = (size_t)sqlite3_column_int64(stmt, 2);
    out->conflict.error = text_of(&out->arena, stmt, 3);
    if (!out->conflict.error) rc = ls_fail_nomem(err);
  } else if (step != SQLITE_DONE) {
    rc = ls_sqlite_fail(err, log->db, LS_EIO, "log: conflicts");
  }
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

int ls_log_conflict_next(ls_kept_conflict *out, ls_log *log, int64_t after, ls_error *err) {
  ls_kept_conflict_fini(out);
  int there = read_head(out, log, after, err);
  if (there != 1) return there;
  int rc = read_events(out, log, err);
  return rc ? rc : 1;
}

int ls_log_conflict_get(ls_kept_conflict *out, ls_log *log, int64_t id, ls_error *err) {
  int there = id > 0 ? ls_log_conflict_next(out, log, id - 1, err) : 0;
  if (there < 0) return there;
  return there && out->conflict.id == id ? LS_OK : not_found(id, err);
}

void ls_kept_conflict_fini(ls_kept_conflict *kept) {
  ls_arena_fini(&kept->arena);
  memset(kept, 0, sizeof *kept);
}
