#include "core/undo.h"

#include "base/err.h"
#include "core/seqnum.h"
#include "core/value.h"

/* What a record counts: an empty one is a row, too. */
static int64_t record_bytes(int64_t changeset_size) { return changeset_size + LS_UNDO_ROW_BYTES; }

static int drop_oldest(ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database,
                               "DELETE FROM __livestore_undo WHERE place = (SELECT min(place) FROM __livestore_undo)"
                               " RETURNING length(changeset)", NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  int step;
  /* Down to three quarters, so that it is not done for each commit. */
  while (!rc && state->undo_bytes > state->undo_limit_bytes / 4 * 3) {
    if ((step = sqlite3_step(stmt)) != SQLITE_ROW) break;
    state->undo_bytes -= record_bytes(sqlite3_column_int64(stmt, 0));
    step = sqlite3_step(stmt);
    if (step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int drop_all(ls_state *state, ls_error *err) {
  state->undo_bytes = 0;
  return ls_database_exec(&state->database, "DELETE FROM __livestore_undo", err);
}

int ls_undo_keep(ls_state *state, ls_mark to, ls_error *err) {
  const ls_capture *capture = &state->capture;
  if (!ls_bytes_ok(&capture->record)) return ls_fail_nomem(err);
  if (capture->overflow) return drop_all(state, err);
  sqlite3_stmt *add = state->add_undo;
  sqlite3_bind_int64(add, 1, ls_seqnum_place(to.seq));
  sqlite3_bind_int64(add, 2, ls_seqnum_place(state->at.seq));
  sqlite3_bind_int64(add, 3, state->at.seq.generation);
  sqlite3_bind_int64(add, 4, (int64_t)state->at.sum);
  sqlite3_bind_blob64(add, 5, capture->record.size ? capture->record.data : "", capture->record.size, SQLITE_STATIC);
  int rc = ls_state_run(state, add, err);
  if (rc) return rc;
  state->undo_bytes += record_bytes((int64_t)capture->record.size);
  return state->undo_bytes > state->undo_limit_bytes ? drop_oldest(state, err) : LS_OK;
}

/* "a" = ?n, … for the known columns; n counts on. */
static void put_assignments(ls_bytes *sql, const ls_row_change *change, int *n) {
  const ls_table *table = change->table;
  const char *comma = "";
  if (table->rowid) {
    ls_bytes_printf(sql, "%s = ?%d", table->rowid, ++*n);
    comma = ", ";
  }
  for (size_t i = 0; i < table->n; i++) {
    if (!change->known[i]) continue;
    char *name = sqlite3_mprintf("%s\"%w\" = ?%d", comma, table->columns[i], ++*n);
    if (name) ls_bytes_text(sql, name);
    else sql->failed = true;
    sqlite3_free(name);
    comma = ", ";
  }
}

static void put_condition(ls_bytes *sql, const ls_table *table, int *n) {
  if (table->rowid) {
    ls_bytes_printf(sql, " WHERE %s = ?%d", table->rowid, ++*n);
    return;
  }
  /* A key may have another collation than its column, whose own could find two rows: BINARY tells those apart, and
   * the other comparison is there for the index. */
  for (size_t i = 0; i < table->n_key; i++) {
    const char *column = table->columns[table->key[i]];
    ++*n;
    char *name = sqlite3_mprintf("%s\"%w\" IS ?%d AND \"%w\" COLLATE BINARY IS ?%d", i ? " AND " : " WHERE ", column,
                                 *n, column, *n);
    if (name) ls_bytes_text(sql, name);
    else sql->failed = true;
    sqlite3_free(name);
  }
}

static void put_names(ls_bytes *sql, const ls_row_change *change, int *n) {
  const ls_table *table = change->table;
  const char *open = "(";
  if (table->rowid) ls_bytes_printf(sql, "(%s", table->rowid), ++*n, open = ", ";
  for (size_t i = 0; i < table->n; i++) {
    if (!change->known[i]) continue;
    char *name = sqlite3_mprintf("%s\"%w\"", open, table->columns[i]);
    if (name) ls_bytes_text(sql, name);
    else sql->failed = true;
    sqlite3_free(name);
    open = ", ";
    ++*n;
  }
}

static void put_statement(ls_bytes *sql, const ls_row_change *change) {
  static const char *const verbs[] = {"DELETE FROM", "UPDATE", "INSERT INTO"}; /* the inverse of each ls_op */
  int n = 0;
  char *start = sqlite3_mprintf("%s \"%w\"", verbs[change->op], change->table->name);
  if (start) ls_bytes_text(sql, start);
  else sql->failed = true;
  sqlite3_free(start);
  if (change->op == LS_OP_DELETE) {
    put_names(sql, change, &n);
    ls_bytes_text(sql, ") VALUES (?1");
    for (int i = 2; i <= n; i++) ls_bytes_printf(sql, ", ?%d", i);
    ls_bytes_text(sql, ")");
    return;
  }
  if (change->op == LS_OP_UPDATE) {
    ls_bytes_text(sql, " SET ");
    put_assignments(sql, change, &n);
  }
  put_condition(sql, change->table, &n);
}

static int bind_known(sqlite3_stmt *stmt, const ls_row_change *change, int *n) {
  int result = SQLITE_OK;
  if (change->table->rowid) result = sqlite3_bind_int64(stmt, ++*n, change->old_rowid);
  for (size_t i = 0; !result && i < change->table->n; i++) {
    if (change->known[i]) result = ls_bind_value(stmt, ++*n, change->before[i]);
  }
  return result;
}

/* The row is found by what it is now, that is, by what the change made of it. */
static int bind_condition(sqlite3_stmt *stmt, const ls_row_change *change, int *n) {
  const ls_table *table = change->table;
  if (table->rowid) return sqlite3_bind_int64(stmt, ++*n, change->new_rowid);
  int result = SQLITE_OK;
  for (size_t i = 0; !result && i < table->n_key; i++) {
    result = ls_bind_value(stmt, ++*n, change->after[table->key[i]]);
  }
  return result;
}

static int bind_change(sqlite3_stmt *stmt, const ls_row_change *change) {
  int n = 0, result = SQLITE_OK;
  if (change->op != LS_OP_INSERT) result = bind_known(stmt, change, &n);
  if (!result && change->op != LS_OP_DELETE) result = bind_condition(stmt, change, &n);
  return result;
}

/* Statements that follow each other are mostly the same one, so the last is kept. */
typedef struct reverter {
  ls_state *state;
  ls_bytes sql, last_sql;
  sqlite3_stmt *stmt;
} reverter;

static int prepare_inverse(reverter *r, const ls_row_change *change, ls_error *err) {
  ls_bytes_clear(&r->sql);
  put_statement(&r->sql, change);
  if (!ls_bytes_cstr(&r->sql)) return ls_fail_nomem(err);
  if (r->stmt && r->sql.size == r->last_sql.size && memcmp(r->sql.data, r->last_sql.data, r->sql.size) == 0) return LS_OK;
  sqlite3_finalize(r->stmt);
  r->stmt = NULL;
  int rc = ls_database_prepare(&r->stmt, &r->state->database, r->sql.data, NULL, LS_ACCESS_OWN, err);
  ls_bytes swap = r->last_sql;
  r->last_sql = r->sql;
  r->sql = swap;
  return rc;
}

static int revert_change(reverter *r, const ls_row_change *change, ls_error *err) {
  int rc = prepare_inverse(r, change, err);
  if (rc) return rc;
  sqlite3 *db = r->state->database.db;
  if (bind_change(r->stmt, change)) return ls_sqlite_fail(err, db, LS_ECORRUPT, "rolling back table %s", change->table->name);
  rc = ls_state_run(r->state, r->stmt, err);
  if (rc) return ls_wrap(err, rc, "rolling back table %s", change->table->name);
  if (sqlite3_changes(db) == 1) return LS_OK;
  return ls_fail(err, LS_ECORRUPT, "rolling back table %s: a changed row is not there", change->table->name);
}

/* Where each change of a set starts, so that they can be walked backwards. */
static int find_changes(ls_bytes *starts, ls_change_reader *reader, ls_error *err) {
  ls_row_change change;
  int more;
  for (size_t at = 0; (more = ls_change_reader_next(&change, reader, err)) == 1; at = reader->at) {
    ls_bytes_append(starts, &at, sizeof at);
  }
  if (more == 0 && !ls_bytes_ok(starts)) return ls_fail_nomem(err);
  return more;
}

static int revert(ls_state *state, const char *changeset, size_t size, ls_error *err) {
  reverter r = {.state = state};
  ls_change_reader reader = {.data = changeset, .size = size, .tables = &state->tables};
  ls_bytes starts = {0};
  int rc = find_changes(&starts, &reader, err);
  for (size_t i = starts.size / sizeof(size_t); !rc && i > 0; i--) {
    ls_row_change change;
    memcpy(&reader.at, starts.data + (i - 1) * sizeof(size_t), sizeof(size_t));
    int one = ls_change_reader_next(&change, &reader, err);
    rc = one < 0 ? one : revert_change(&r, &change, err);
  }
  sqlite3_finalize(r.stmt);
  ls_bytes_fini(&r.sql);
  ls_bytes_fini(&r.last_sql);
  ls_bytes_fini(&starts);
  ls_change_reader_fini(&reader);
  return rc;
}

/* Triggers and foreign keys; what they did is in the changeset. */
static int set_actions(ls_state *state, int on, ls_error *err) {
  sqlite3 *db = state->database.db;
  state->rollback_stale = true; /* as every statement, when these change */
  if (sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, on, (int *)NULL) == SQLITE_OK &&
      sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, on, (int *)NULL) == SQLITE_OK) {
    return LS_OK;
  }
  return ls_sqlite_fail(err, db, LS_EIO, "state");
}

/* The newest record, if it is the way back from where the state stands: 1, 0, or negative. */
static int newest_record(ls_mark *before, ls_bytes *changeset, ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database,
                               "SELECT before_place, before_generation, before_sum, changeset FROM __livestore_undo"
                               " WHERE place = ?1", NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(state->at.seq));
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) {
    before->seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    before->sum = (uint64_t)sqlite3_column_int64(stmt, 2);
    ls_bytes_append(changeset, sqlite3_column_blob(stmt, 3), (size_t)sqlite3_column_bytes(stmt, 3));
    if (!ls_bytes_ok(changeset)) rc = ls_fail_nomem(err);
  } else if (step != SQLITE_DONE) {
    rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  }
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

static int forget_behind(ls_state *state, ls_seqnum seq, ls_error *err) {
  char sql[160];
  long long place = ls_seqnum_place(seq);
  sqlite3_snprintf(sizeof sql, sql, "DELETE FROM __livestore_undo WHERE place > %lld;"
                                    "DELETE FROM __livestore_failed WHERE place > %lld", place, place);
  return ls_database_exec(&state->database, sql, err);
}

static int step_back(ls_state *state, ls_mark before, const ls_bytes *changeset, ls_error *err) {
  bool capturing = state->capture.on;
  state->capture.on = false;
  int rc = set_actions(state, 0, err);
  if (!rc) rc = ls_state_begin(state, err);
  if (!rc) {
    rc = revert(state, changeset->data, changeset->size, err);
    if (!rc) rc = forget_behind(state, before.seq, err);
    if (!rc) rc = ls_state_commit(state, before, err);
    if (rc && state->in_transaction) ls_state_abort(state);
    if (!rc) state->undo_bytes -= record_bytes((int64_t)changeset->size);
  }
  state->capture.on = capturing;
  int on = set_actions(state, 1, rc ? NULL : err);
  return rc ? rc : on;
}

int ls_undo_step(ls_state *state, ls_error *err) {
  ls_bytes changeset = {0};
  ls_mark before;
  int rc = state->tables.has_virtual ? 0 : newest_record(&before, &changeset, state, err);
  if (rc == 1) rc = step_back(state, before, &changeset, err);
  else if (rc == 0) rc = ls_fail(err, LS_ENOTFOUND, "the state keeps no record of how to roll back");
  ls_bytes_fini(&changeset);
  return rc;
}
