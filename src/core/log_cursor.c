/* Reading a log in order, checking each event against its digest and its place in the chain. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/database.h"
#include "core/log_file.h"
#include "base/seqnum.h"

struct ls_log_cursor {
  ls_log *log;
  ls_log_cursor *before, *after; /* in the log's list of them */
  sqlite3_stmt *stmt;
  bool running;              /* stmt stands on a row */
  bool held;                 /* it stands behind a cut that is not kept yet */
  ls_mark at;                /* the newest event given, or where reading starts */
  int64_t synced_generation; /* of the newest synced event at or before it */
  bool holds;                /* `event` was given last and is still in the log */
  ls_event event;
  ls_bytes scratch;
};

static const char SQL[] = "SELECT place, generation, gap, name, origin, args, sum, more, undoes,"
                          " EXISTS (SELECT 1 FROM torn WHERE torn.place = events.place)"
                          " FROM events WHERE place > ?1 ORDER BY place";

static void link_in(ls_log_cursor *cursor, ls_log *log) {
  cursor->log = log;
  cursor->after = log->cursors;
  if (cursor->after) cursor->after->before = cursor;
  log->cursors = cursor;
}

static void link_out(ls_log_cursor *cursor) {
  if (cursor->before) cursor->before->after = cursor->after;
  else cursor->log->cursors = cursor->after;
  if (cursor->after) cursor->after->before = cursor->before;
}

/* Compiling it costs more than most cursors read. */
static int take_stmt(ls_log_cursor *cursor, ls_error *err) {
  ls_log *log = cursor->log;
  cursor->stmt = log->reading;
  log->reading = NULL;
  return cursor->stmt ? LS_OK : ls_log_prepare(&cursor->stmt, log, SQL, err);
}

static void leave_stmt(ls_log_cursor *cursor) {
  ls_log *log = cursor->log;
  sqlite3_reset(cursor->stmt);
  if (log->reading) sqlite3_finalize(cursor->stmt);
  else log->reading = cursor->stmt;
}

int ls_log_cursor_open(ls_log_cursor **out, ls_log *log, ls_seqnum since, ls_error *err) {
  ls_log_cursor *cursor = ls_calloc(1, sizeof *cursor);
  if (!cursor) return ls_fail_nomem(err);
  ls_mark synced;
  link_in(cursor, log);
  int rc = ls_log_floor(&cursor->at, log, since, err);
  if (!rc) rc = ls_log_floor(&synced, log, (ls_seqnum){cursor->at.seq.global, 0, 0}, err);
  if (!rc) rc = take_stmt(cursor, err);
  if (rc) {
    ls_log_cursor_close(cursor);
    return rc;
  }
  cursor->synced_generation = synced.seq.generation;
  *out = cursor;
  return LS_OK;
}

void ls_log_cursor_close(ls_log_cursor *cursor) {
  if (!cursor) return;
  link_out(cursor);
  leave_stmt(cursor);
  ls_bytes_fini(&cursor->scratch);
  ls_free(cursor);
}

bool ls_log_cursor_holds(const ls_log_cursor *cursor) { return cursor->holds; }

static void rewind_to(ls_log_cursor *cursor, const ls_log_point *end) {
  cursor->at = end->head;
  cursor->synced_generation = end->synced_generation;
  cursor->running = cursor->holds = false;
  sqlite3_reset(cursor->stmt);
}

bool ls_log_cursor_stands_at(const ls_log_cursor *cursor, ls_mark mark) {
  return !cursor->held && ls_seqnum_equal(cursor->at.seq, mark.seq) && cursor->at.sum == mark.sum;
}

void ls_log_cursor_skip(ls_log_cursor *cursor) {
  if (!cursor->held) rewind_to(cursor, &cursor->log->now);
}

ls_mark ls_log_cursor_at(const ls_log_cursor *cursor) { return cursor->at; }

void ls_log_cursors_move(ls_log *log) {
  for (ls_log_cursor *cursor = log->cursors; cursor; cursor = cursor->after) rewind_to(cursor, &log->now);
}

void ls_log_cursors_rewind(ls_log *log, const ls_log_point *end) {
  for (ls_log_cursor *cursor = log->cursors; cursor; cursor = cursor->after) {
    if (!cursor->held && ls_seqnum_after(cursor->at.seq, end->head.seq)) rewind_to(cursor, end);
  }
}

void ls_log_cursors_hold(ls_log *log) {
  bool any = false;
  for (ls_log_cursor *cursor = log->cursors; cursor; cursor = cursor->after) any |= cursor->held;
  if (!any || ls_seqnum_after(log->cut.head.seq, log->now.head.seq)) log->cut = log->now;
  for (ls_log_cursor *cursor = log->cursors; cursor; cursor = cursor->after) {
    cursor->held |= ls_seqnum_after(cursor->at.seq, log->now.head.seq);
  }
}

void ls_log_cursors_go_on(ls_log *log, bool kept) {
  for (ls_log_cursor *cursor = log->cursors; cursor; cursor = cursor->after) {
    if (cursor->held && kept) rewind_to(cursor, &log->cut);
    cursor->held = false;
  }
}

static int damaged(const ls_log_cursor *cursor, ls_seqnum seq, const char *what, ls_error *err) {
  char at[LS_SEQNUM_TEXT], good[LS_SEQNUM_TEXT];
  return ls_fail(err, LS_ECORRUPT, "the log is damaged at %s: %s; it is good up to %s", ls_seqnum_format(seq, at), what,
                 ls_seqnum_format(cursor->at.seq, good));
}

/* Fill the cursor's event from the row; NULL, or what is wrong with it. */
static const char *read_row(ls_log_cursor *cursor) {
  sqlite3_stmt *stmt = cursor->stmt;
  ls_event *event = &cursor->event;
  ls_seqnum before = cursor->at.seq;
  event->seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
  event->parent = before;
  if (!event->seq.client) {
    event->parent = (ls_seqnum){event->seq.global - 1 - sqlite3_column_int64(stmt, 2), 0, cursor->synced_generation};
  }
  if (event->parent.global != before.global || (event->seq.client && event->seq.client != before.client + 1) ||
      (event->seq.client && event->seq.global != before.global)) {
    return "it does not follow the event before it";
  }
  event->name = ls_names_text(&cursor->log->names, sqlite3_column_int64(stmt, 3));
  event->client_id = ls_names_text(&cursor->log->origins, sqlite3_column_int64(stmt, 4));
  if (!event->name || !event->client_id) return "its name or its author is missing";
  event->session_id = event->client_id + strlen(event->client_id) + 1;
  event->args = (const char *)sqlite3_column_text(stmt, 5);
  event->args_size = (size_t)sqlite3_column_bytes(stmt, 5);
  event->more = sqlite3_column_int64(stmt, 7);
  event->undoes = sqlite3_column_int64(stmt, 8);
  return event->args ? NULL : "its arguments are missing";
}

static int give(const ls_event **out, ls_mark *mark, ls_log_cursor *cursor, ls_error *err) {
  const char *wrong = read_row(cursor);
  const ls_event *event = &cursor->event;
  if (wrong && sqlite3_errcode(cursor->log->db) == SQLITE_NOMEM) return ls_fail_nomem(err);
  if (wrong) return damaged(cursor, event->seq, wrong, err);
  uint64_t sum;
  if (!ls_event_sum(&sum, event, cursor->at.sum, &cursor->scratch)) return ls_fail_nomem(err);
  if (sum != (uint64_t)sqlite3_column_int64(cursor->stmt, 6)) {
    return damaged(cursor, event->seq, "its checksum does not match", err);
  }
  cursor->at = (ls_mark){event->seq, sum};
  if (!event->seq.client) cursor->synced_generation = event->seq.generation;
  if (mark) *mark = cursor->at;
  if (sqlite3_column_int(cursor->stmt, 9)) cursor->event.more = 0;
  cursor->holds = true;
  *out = event;
  return 1;
}

int ls_log_cursor_next(const ls_event **out, ls_mark *mark, ls_log_cursor *cursor, ls_error *err) {
  if (cursor->held) return 0;
  if (!cursor->running) sqlite3_bind_int64(cursor->stmt, 1, ls_seqnum_place(cursor->at.seq));
  int step = sqlite3_step(cursor->stmt);
  cursor->running = step == SQLITE_ROW;
  cursor->holds = false;
  if (step == SQLITE_ROW) return give(out, mark, cursor, err);
  int rc = LS_OK;
  if (step != SQLITE_DONE) {
    char good[LS_SEQNUM_TEXT];
    rc = ls_sqlite_fail(err, cursor->log->db, LS_EIO, "reading the log behind %s", ls_seqnum_format(cursor->at.seq, good));
  }
  sqlite3_reset(cursor->stmt);
  return rc;
}
