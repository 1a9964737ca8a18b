/* restore.c - rows are restored one by one, in rounds: one that a constraint or another row keeps from it waits for the
 * others. Those
 * that wait in the end are tried together: taken out, and put back as they are to be. */
#include "core/restore.h"

#include "base/err.h"
#include "core/restore_write.h"

/* As long as that helps. Gives back how many rows are left. */
static int restore_in_rounds(size_t *left, ls_restorer *r, ls_error *err) {
  size_t before;
  *left = r->rows.n;
  do {
    before = *left;
    for (size_t i = 0; i < r->rows.n; i++) {
      ls_restore_row *row = &r->rows.rows[i];
      if (row->done) continue;
      int done = ls_restore_row_once(r, row, err);
      if (done < 0) return done;
      row->done = done;
      *left -= (size_t)done;
    }
  } while (*left && *left < before);
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Rows that stand in each other's way */

/* Take out the rows that are left to update, so that `whole` holds what is to be inserted. */
static int take_out(ls_restore_row *whole, ls_restorer *r, ls_error *err) {
  for (size_t i = 0; i < r->rows.n; i++) {
    ls_restore_row *row = &r->rows.rows[i];
    if (row->done) continue;
    whole[i] = *row;
    if (row->op != LS_OP_UPDATE) continue;
    int found = ls_restore_read_whole(&whole[i], r, row, err);
    if (found == 1) found = ls_restore_take_out(r, row, err);
    if (found < 0) return found;
  }
  return LS_OK;
}

/* 1; 0 when there is one that cannot be put in even so, which is given up. */
static int put_in(const ls_restore_row *whole, ls_restorer *r, ls_error *err) {
  for (size_t i = 0; i < r->rows.n; i++) {
    ls_restore_row *row = &r->rows.rows[i], filled = whole[i];
    if (row->done) continue;
    int done = row->op == LS_OP_DELETE ? ls_restore_row_once(r, &filled, err) : ls_restore_insert(r, &filled, err);
    if (done < 0) return done;
    row->done = !done;
    if (!done) return 0;
  }
  return 1;
}

static int try_together(ls_restorer *r, ls_restore_row *whole, ls_error *err) {
  ls_capture *capture = &r->state->capture;
  size_t captured = capture->record.size;
  int rc = ls_database_exec(&r->state->database, "SAVEPOINT restore", err);
  if (rc) return rc;
  rc = take_out(whole, r, err);
  if (!rc) rc = put_in(whole, r, err);
  if (rc < 0) return rc;
  if (rc == 1) return ls_database_exec(&r->state->database, "RELEASE restore", err) ? err ? err->code : LS_EIO : 1;
  if (capture->record.size > captured) capture->record.size = captured;
  return ls_database_exec(&r->state->database, "ROLLBACK TO restore; RELEASE restore", err);
}

static int check_foreign_keys(ls_restorer *r, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &r->state->database, "PRAGMA foreign_key_check", NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW)
    rc = ls_fail(err, LS_EMATERIALIZE, "restoring rows: FOREIGN KEY constraint failed");
  else if (step != SQLITE_DONE)
    rc = ls_sqlite_fail(err, r->state->database.db, LS_EMATERIALIZE, "restoring rows");
  sqlite3_finalize(stmt);
  return rc;
}

static size_t count_left(const ls_restorer *r) {
  size_t n = 0;
  for (size_t i = 0; i < r->rows.n; i++) n += !r->rows.rows[i].done;
  return n;
}

/* With foreign keys off, whose actions would take rows that refer to the ones taken out. */
static int restore_together(ls_restorer *r, ls_error *err) {
  ls_restore_row *whole = ls_arena_alloc(&r->rows.arena, r->rows.n * sizeof *whole);
  if (!whole) return ls_fail_nomem(err);
  int rc = ls_state_set_actions(r->state, false, false, err), done = 0;
  while (!rc && !done && count_left(r) > 1) {
    done = try_together(r, whole, err);
    rc = done < 0 ? done : LS_OK;
  }
  if (!rc) rc = check_foreign_keys(r, err);
  int on = ls_state_set_actions(r->state, false, true, rc ? NULL : err);
  return rc ? rc : on;
}

static int check_left(const ls_restorer *r, ls_error *err) {
  for (size_t i = 0; i < r->rows.n; i++) {
    const ls_restore_row *row = &r->rows.rows[i];
    if (row->done || !row->foreign) continue;
    return ls_restore_fail_referred(row, err);
  }
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static int find_foreign_keys(ls_restorer *r, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(
      &stmt, &r->state->database,
      "SELECT 1 FROM sqlite_schema AS s, pragma_foreign_key_list(s.name) WHERE s.type = 'table' LIMIT 1", NULL,
      LS_ACCESS_OWN, err);
  if (rc) return rc;
  int step = sqlite3_step(stmt);
  r->has_foreign_keys = step == SQLITE_ROW;
  if (step != SQLITE_ROW && step != SQLITE_DONE) rc = ls_sqlite_fail(err, r->state->database.db, LS_EIO, "state");
  sqlite3_finalize(stmt);
  return rc;
}

static int restore_all(ls_restorer *r, ls_error *err) {
  size_t left;
  int rc = find_foreign_keys(r, err);
  if (!rc) rc = restore_in_rounds(&left, r, err);
  if (!rc) rc = check_left(r, err);
  return rc || left < 2 ? rc : restore_together(r, err);
}

/* Foreign keys are checked when all rows are restored, whatever their order. */
static int restore_quietly(ls_restorer *r, ls_error *err) {
  ls_database *database = &r->state->database;
  int rc = ls_database_exec(database, "PRAGMA defer_foreign_keys=ON", err);
  if (!rc) rc = ls_state_set_actions(r->state, false, true, err);
  if (!rc) rc = restore_all(r, err);
  ls_restorer_fini_statements(r);
  ls_error *second = rc ? NULL : err;
  int off = ls_database_exec(database, "PRAGMA defer_foreign_keys=OFF", second);
  int on = ls_state_set_actions(r->state, true, true, off ? NULL : second);
  return rc ? rc : off ? off : on;
}

int ls_restore_apply(ls_state *state, ls_error *err) {
  ls_restorer r = {.state = state};
  int rc = ls_restore_rows_read(&r.rows, &state->tables, &state->args, ls_json_get(&state->args, 0, "rows"), err);
  if (!rc && r.rows.n) rc = restore_quietly(&r, err);
  ls_restore_rows_fini(&r.rows);
  return rc;
}
