#include "core/rollback.h"

#include "base/err.h"
#include "base/seqnum.h"
#include "core/sql.h"
#include "core/value.h"

/* What a record counts: an empty one is a row, too. */
static int64_t record_bytes(int64_t changeset_size) { return changeset_size + LS_ROLLBACK_ROW_BYTES; }

static int drop_oldest(ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database,
                               "DELETE FROM __livestore_rollback WHERE place = (SELECT min(place) FROM __livestore_rollback)"
                               " RETURNING length(changeset)", NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  int step;
  /* Down to three quarters, so that it is not done for each commit. */
  while (!rc && state->rollback_bytes > state->rollback_limit_bytes / 4 * 3) {
    if ((step = sqlite3_step(stmt)) != SQLITE_ROW) break;
    state->rollback_bytes -= record_bytes(sqlite3_column_int64(stmt, 0));
    step = sqlite3_step(stmt);
    if (step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
    sqlite3_reset(stmt);
  }
  sqlite3_finalize(stmt);
  return rc;
}

static int drop_all(ls_state *state, ls_error *err) {
  state->rollback_bytes = 0;
  return ls_database_exec(&state->database, "DELETE FROM __livestore_rollback", err);
}

int ls_rollback_keep(ls_state *state, ls_mark to, ls_error *err) {
  const ls_capture *capture = &state->capture;
  if (!ls_bytes_ok(&capture->record)) return ls_fail_nomem(err);
  if (capture->overflow) return drop_all(state, err);
  sqlite3_stmt *add = state->add_rollback;
  sqlite3_bind_int64(add, 1, ls_seqnum_place(to.seq));
  sqlite3_bind_int64(add, 2, ls_seqnum_place(state->at.seq));
  sqlite3_bind_int64(add, 3, state->at.seq.generation);
  sqlite3_bind_int64(add, 4, (int64_t)state->at.sum);
  sqlite3_bind_blob64(add, 5, capture->record.size ? capture->record.data : "", capture->record.size, SQLITE_STATIC);
  int rc = ls_state_run(state, add, err);
  if (rc) return rc;
  state->rollback_bytes += record_bytes((int64_t)capture->record.size);
  return state->rollback_bytes > state->rollback_limit_bytes ? drop_oldest(state, err) : LS_OK;
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
    ls_sql_put(sql, "%s\"%w\" = ?%d", comma, table->columns[i], ++*n);
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
    ls_sql_put(sql, "%s\"%w\" IS ?%d AND \"%w\" COLLATE BINARY IS ?%d", i ? " AND " : " WHERE ", column, *n, column, *n);
  }
}

static void put_names(ls_bytes *sql, const ls_row_change *change, int *n) {
  const ls_table *table = change->table;
  const char *open = "(";
  if (table->rowid) ls_bytes_printf(sql, "(%s", table->rowid), ++*n, open = ", ";
  for (size_t i = 0; i < table->n; i++) {
    if (!change->known[i]) continue;
    ls_sql_put(sql, "%s\"%w\"", open, table->columns[i]);
    open = ", ";
    ++*n;
  }
}

static void put_statement(ls_bytes *sql, const ls_row_change *change) {
  static const char *const verbs[] = {"DELETE FROM", "UPDATE", "INSERT INTO"}; /* the inverse of each ls_op */
  int n = 0;
  ls_sql_put(sql, "%s \"%w\"", verbs[change->op], change->table->name);
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
  sqlite3_stmt *records; /* reads a record */
} reverter;

static void reverter_fini(reverter *r) {
  sqlite3_finalize(r->stmt);
  sqlite3_finalize(r->records);
  ls_bytes_fini(&r->sql);
  ls_bytes_fini(&r->last_sql);
}

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

static int revert(reverter *r, const ls_bytes *changeset, ls_error *err) {
  ls_change_reader reader = {.data = changeset->data, .size = changeset->size, .tables = &r->state->tables};
  ls_bytes starts = {0};
  int rc = find_changes(&starts, &reader, err);
  for (size_t i = starts.size / sizeof(size_t); !rc && i > 0; i--) {
    ls_row_change change;
    memcpy(&reader.at, starts.data + (i - 1) * sizeof(size_t), sizeof(size_t));
    int one = ls_change_reader_next(&change, &reader, err);
    rc = one < 0 ? one : revert_change(r, &change, err);
  }
  ls_bytes_fini(&starts);
  ls_change_reader_fini(&reader);
  return rc;
}

/* The record that is the way back from a place: 1, 0, or negative. */
static int record_at(ls_mark *before, ls_bytes *changeset, reverter *r, ls_seqnum from, ls_error *err) {
  static const char SQL[] = "SELECT before_place, before_generation, before_sum, changeset FROM __livestore_rollback"
                            " WHERE place = ?1";
  ls_database *database = &r->state->database;
  int rc = r->records ? LS_OK : ls_database_prepare(&r->records, database, SQL, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_stmt *stmt = r->records;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(from));
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) {
    before->seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    before->sum = (uint64_t)sqlite3_column_int64(stmt, 2);
    ls_bytes_append(changeset, sqlite3_column_blob(stmt, 3), (size_t)sqlite3_column_bytes(stmt, 3));
    if (!ls_bytes_ok(changeset)) rc = ls_fail_nomem(err);
  } else if (step != SQLITE_DONE) {
    rc = ls_sqlite_fail(err, database->db, LS_EIO, "state");
  }
  sqlite3_reset(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

static int forget_behind(ls_state *state, ls_seqnum seq, ls_error *err) {
  char sql[160];
  long long place = ls_seqnum_place(seq);
  sqlite3_snprintf(sizeof sql, sql, "DELETE FROM __livestore_rollback WHERE place > %lld;"
                                    "DELETE FROM __livestore_failed WHERE place > %lld", place, place);
  return ls_database_exec(&state->database, sql, err);
}

static int step_back(reverter *r, ls_mark before, const ls_bytes *changeset, ls_error *err) {
  ls_state *state = r->state;
  bool capturing = state->capture.on;
  state->capture.on = false;
  int rc = ls_state_set_actions(state, false, false, err);
  if (!rc) rc = ls_state_begin(state, err);
  if (!rc) {
    rc = revert(r, changeset, err);
    if (!rc) rc = forget_behind(state, before.seq, err);
    if (!rc) rc = ls_state_commit(state, before, err);
    if (rc && state->in_transaction) ls_state_abort(state);
    if (!rc) state->rollback_bytes -= record_bytes((int64_t)changeset->size);
  }
  state->capture.on = capturing;
  int on = ls_state_set_actions(state, true, true, rc ? NULL : err);
  return rc ? rc : on;
}

int ls_rollback_step(ls_state *state, ls_error *err) {
  ls_bytes changeset = {0};
  ls_mark before;
  reverter r = {.state = state};
  int rc = state->tables.has_virtual ? 0 : record_at(&before, &changeset, &r, state->at.seq, err);
  if (rc == 1) rc = step_back(&r, before, &changeset, err);
  else if (rc == 0) rc = ls_fail(err, LS_ENOTFOUND, "the state keeps no record of how to roll back");
  reverter_fini(&r);
  ls_bytes_fini(&changeset);
  return rc;
}

/* With actions off. */
static int peel(ls_mark *at, ls_state *state, ls_seqnum until, ls_error *err) {
  reverter r = {.state = state};
  ls_bytes changeset = {0};
  int rc = LS_OK;
  while (!rc && ls_seqnum_after(at->seq, until)) {
    ls_bytes_clear(&changeset);
    rc = record_at(at, &changeset, &r, at->seq, err);
    if (rc == 1) rc = revert(&r, &changeset, err);
    else if (rc == 0) rc = ls_fail(err, LS_ENOTFOUND, "the state keeps no record of how to roll back");
  }
  reverter_fini(&r);
  ls_bytes_fini(&changeset);
  return rc;
}

int ls_rollback_peel(ls_mark *out, ls_state *state, ls_seqnum until, ls_error *err) {
  ls_mark at = state->at;
  if (state->tables.has_virtual) return ls_fail(err, LS_ENOTFOUND, "a state with virtual tables is not rolled back");
  bool capturing = state->capture.on;
  state->capture.on = false;
  int rc = ls_state_set_actions(state, false, false, err);
  if (!rc) rc = peel(&at, state, until, err);
  int on = ls_state_set_actions(state, true, true, rc ? NULL : err);
  state->capture.on = capturing;
  if (!rc) rc = on;
  if (!rc) *out = at;
  return rc;
}
