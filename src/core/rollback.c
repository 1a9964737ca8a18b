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

/* Statements come again and again, so the last ones are kept. */
enum { KEPT_STATEMENTS = 16 };

typedef struct inverse {
  ls_bytes sql;
  sqlite3_stmt *stmt;
} inverse;

typedef struct reverter {
  ls_state *state;
  ls_bytes sql;
  inverse kept[KEPT_STATEMENTS];
  size_t oldest;
  sqlite3_stmt *records; /* reads a record */
  ls_bytes starts;
  ls_change_reader reader;
} reverter;

static void reverter_fini(reverter *r) {
  for (size_t i = 0; i < KEPT_STATEMENTS; i++) {
    sqlite3_finalize(r->kept[i].stmt);
    ls_bytes_fini(&r->kept[i].sql);
  }
  sqlite3_finalize(r->records);
  ls_bytes_fini(&r->sql);
  ls_bytes_fini(&r->starts);
  ls_change_reader_fini(&r->reader);
}

static int replace_oldest(sqlite3_stmt **out, reverter *r, ls_error *err) {
  inverse *entry = &r->kept[r->oldest];
  sqlite3_finalize(entry->stmt);
  entry->stmt = NULL;
  int rc = ls_database_prepare(&entry->stmt, &r->state->database, r->sql.data, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  ls_bytes swap = entry->sql;
  entry->sql = r->sql;
  r->sql = swap;
  r->oldest = (r->oldest + 1) % KEPT_STATEMENTS;
  *out = entry->stmt;
  return LS_OK;
}

static int prepare_inverse(sqlite3_stmt **out, reverter *r, const ls_row_change *change, ls_error *err) {
  ls_bytes_clear(&r->sql);
  put_statement(&r->sql, change);
  if (!ls_bytes_cstr(&r->sql)) return ls_fail_nomem(err);
  for (size_t i = 0; i < KEPT_STATEMENTS && r->kept[i].stmt; i++) {
    const ls_bytes *sql = &r->kept[i].sql;
    if (sql->size != r->sql.size || memcmp(sql->data, r->sql.data, sql->size) != 0) continue;
    *out = r->kept[i].stmt;
    return LS_OK;
  }
  return replace_oldest(out, r, err);
}

static int revert_change(reverter *r, const ls_row_change *change, ls_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = prepare_inverse(&stmt, r, change, err);
  if (rc) return rc;
  sqlite3 *db = r->state->database.db;
  if (bind_change(stmt, change)) return ls_sqlite_fail(err, db, LS_ECORRUPT, "rolling back table %s", change->table->name);
  rc = ls_state_run(r->state, stmt, err);
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
  ls_change_reader *reader = &r->reader;
  reader->data = changeset->data;
  reader->size = changeset->size;
  reader->at = 0;
  reader->tables = &r->state->tables;
  ls_bytes_clear(&r->starts);
  int rc = find_changes(&r->starts, reader, err);
  for (size_t i = r->starts.size / sizeof(size_t); !rc && i > 0; i--) {
    ls_row_change change;
    memcpy(&reader->at, r->starts.data + (i - 1) * sizeof(size_t), sizeof(size_t));
    int one = ls_change_reader_next(&change, reader, err);
    rc = one < 0 ? one : revert_change(r, &change, err);
  }
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

static int no_record(ls_error *err) {
  return ls_fail(err, LS_ENOTFOUND, "the state keeps no record of how to roll back");
}

/* With actions off. Adds up what the records that were used count. */
static int peel(ls_mark *at, int64_t *bytes, ls_state *state, ls_seqnum until, ls_error *err) {
  reverter r = {.state = state};
  ls_bytes changeset = {0};
  int rc = LS_OK;
  while (!rc && ls_seqnum_after(at->seq, until)) {
    ls_bytes_clear(&changeset);
    rc = record_at(at, &changeset, &r, at->seq, err);
    *bytes += record_bytes((int64_t)changeset.size);
    if (rc == 1) rc = revert(&r, &changeset, err);
    else if (rc == 0) rc = no_record(err);
  }
  reverter_fini(&r);
  ls_bytes_fini(&changeset);
  return rc;
}

static int peel_quietly(ls_mark *at, int64_t *bytes, ls_state *state, ls_seqnum until, ls_error *err) {
  if (state->tables.has_virtual) return ls_fail(err, LS_ENOTFOUND, "a state with virtual tables is not rolled back");
  int rc = ls_state_set_actions(state, false, false, err);
  if (!rc) rc = peel(at, bytes, state, until, err);
  int on = ls_state_set_actions(state, true, true, rc ? NULL : err);
  return rc ? rc : on;
}

int ls_rollback_peel(ls_mark *out, ls_state *state, ls_seqnum until, ls_error *err) {
  ls_mark at = state->at;
  int64_t bytes = 0;
  bool capturing = state->capture.on;
  state->capture.on = false;
  int rc = peel_quietly(&at, &bytes, state, until, err);
  state->capture.on = capturing;
  if (!rc) *out = at;
  return rc;
}

int ls_rollback_to(ls_state *state, ls_seqnum until, ls_error *err) {
  ls_mark at = state->at;
  int64_t bytes = 0;
  int rc = peel_quietly(&at, &bytes, state, until, err);
  if (!rc) rc = forget_behind(state, at.seq, err);
  if (rc) return rc;
  state->rollback_bytes -= bytes;
  state->at = at;
  return LS_OK;
}

static int find(ls_mark *at, reverter *r, ls_rollback_fn is_there, void *user, ls_error *err) {
  ls_bytes changeset = {0};
  int there;
  while ((there = is_there(user, *at, err)) == 0) {
    ls_bytes_clear(&changeset);
    there = record_at(at, &changeset, r, at->seq, err);
    if (there != 1) break;
  }
  ls_bytes_fini(&changeset);
  return there == 1 ? LS_OK : there ? there : no_record(err);
}

int ls_rollback_find(ls_mark *out, ls_state *state, ls_rollback_fn is_there, void *user, ls_error *err) {
  reverter r = {.state = state};
  ls_mark at = state->at;
  int rc = find(&at, &r, is_there, user, err);
  reverter_fini(&r);
  if (!rc) *out = at;
  return rc;
}

static int one_record(void *user, ls_mark mark, ls_error *err) {
  (void)err;
  return !ls_seqnum_equal(((const ls_state *)user)->at.seq, mark.seq);
}

/* In a transaction of its own, of which no record is kept. */
static int roll_back(ls_state *state, ls_seqnum until, ls_error *err) {
  bool capturing = state->capture.on;
  state->capture.on = false;
  int rc = ls_state_begin(state, err);
  if (!rc) {
    rc = ls_rollback_to(state, until, err);
    if (rc) ls_state_abort(state);
    else rc = ls_state_commit(state, state->at, err);
  }
  state->capture.on = capturing;
  return rc;
}

int ls_rollback_all(ls_state *state, ls_rollback_fn is_there, void *user, ls_error *err) {
  ls_mark until;
  int rc = ls_rollback_find(&until, state, is_there, user, err);
  if (rc || ls_seqnum_equal(until.seq, state->at.seq)) return rc;
  return roll_back(state, until.seq, err);
}

int ls_rollback_step(ls_state *state, ls_error *err) { return ls_rollback_all(state, one_record, state, err); }
