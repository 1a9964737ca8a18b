#include "core/state.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/rollback.h"

#define DEFAULT_ROLLBACK_LIMIT_BYTES (8 << 20)

static const char OWN_TABLES[] =
    "CREATE TABLE __livestore_state (id INTEGER PRIMARY KEY CHECK (id = 1), schema_hash TEXT NOT NULL,"
    " place INTEGER NOT NULL, generation INTEGER NOT NULL, sum INTEGER NOT NULL, rollback_bytes INTEGER NOT NULL) STRICT;"
    "CREATE TABLE __livestore_rollback (place INTEGER PRIMARY KEY, before_place INTEGER NOT NULL,"
    " before_generation INTEGER NOT NULL, before_sum INTEGER NOT NULL, changeset BLOB NOT NULL) STRICT;"
    "CREATE TABLE __livestore_failed (place INTEGER PRIMARY KEY, name TEXT NOT NULL, error TEXT NOT NULL) STRICT;";

int ls_state_run(ls_state *state, sqlite3_stmt *stmt, ls_error *err) {
  int step = sqlite3_step(stmt);
  int rc = step == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  sqlite3_reset(stmt);
  return rc;
}

static int prepare_own(sqlite3_stmt **out, ls_state *state, const char *sql, ls_error *err) {
  return ls_database_prepare(out, &state->database, sql, NULL, LS_ACCESS_OWN, err);
}

/* A statement of the schema may be preceded by a comment, so its own error says which one it is. */
static int create_tables(ls_state *state, ls_error *err) {
  for (size_t i = 0; i < state->schema->n_tables; i++) {
    sqlite3_stmt *stmt;
    int rc = ls_database_prepare(&stmt, &state->database, state->schema->tables[i], NULL, LS_ACCESS_DEFINE, err);
    if (rc) return ls_wrap(err, rc, "table statement %zu", i + 1);
    if (sqlite3_step(stmt) != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_ESCHEMA, "table statement %zu", i + 1);
    sqlite3_finalize(stmt);
    if (rc) return rc;
  }
  return LS_OK;
}

static int write_first_row(ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = prepare_own(&stmt, state, "INSERT INTO __livestore_state VALUES (1, ?1, 0, 0, 0, 0)", err);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, state->schema->hash, -1, SQLITE_STATIC);
  rc = ls_state_run(state, stmt, err);
  sqlite3_finalize(stmt);
  return rc;
}

static int create(ls_state *state, ls_error *err) {
  int rc = ls_database_exec(&state->database, "BEGIN", err);
  if (!rc) rc = create_tables(state, err);
  if (!rc) rc = ls_database_exec(&state->database, OWN_TABLES, err);
  if (!rc) rc = write_first_row(state, err);
  return rc ? rc : ls_database_exec(&state->database, "COMMIT", err);
}

/* Whatever is wrong with a state that was kept, the answer is the same: there is none, make a new one. Only memory
 * running out is worth telling. */
static int not_a_state(int rc, const char *why, ls_error *err) {
  if (rc == LS_ENOMEM) return rc;
  ls_error cause;
  ls_error_clear(&cause);
  if (err) cause = *err;
  return ls_fail(err, LS_ENOTFOUND, "%s%s%s", why, rc ? ": " : "", rc ? cause.text : "");
}

static int read_mark(ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = prepare_own(&stmt, state,
                       "SELECT place, generation, sum, schema_hash, rollback_bytes FROM __livestore_state", err);
  if (rc) return not_a_state(rc, "not the state of a store", err);
  int step = sqlite3_step(stmt);
  const char *hash = step == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 3) : NULL;
  if (!hash) {
    rc = ls_sqlite_fail(err, state->database.db, LS_ENOTFOUND, "not the state of a store");
    rc = not_a_state(rc, "unreadable", err);
  } else if (strcmp(hash, state->schema->hash) != 0) {
    rc = not_a_state(LS_OK, "the state of another schema", err);
  } else {
    state->at.seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    state->at.sum = (uint64_t)sqlite3_column_int64(stmt, 2);
    state->rollback_bytes = sqlite3_column_int64(stmt, 4);
  }
  sqlite3_finalize(stmt);
  return rc;
}

int ls_state_failures(uint64_t *out, ls_state *state, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = prepare_own(&stmt, state, "SELECT count(*) FROM __livestore_failed", err);
  if (rc) return rc;
  if (sqlite3_step(stmt) == SQLITE_ROW) *out = (uint64_t)sqlite3_column_int64(stmt, 0);
  else rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  sqlite3_finalize(stmt);
  return rc;
}

static int prepare_all(ls_state *state, ls_error *err) {
  int rc = prepare_own(&state->begin, state, "BEGIN", err);
  if (!rc) rc = prepare_own(&state->commit, state, "COMMIT", err);
  if (!rc) rc = prepare_own(&state->rollback, state, "ROLLBACK", err);
  if (!rc) {
    rc = prepare_own(&state->set_mark, state,
                     "UPDATE __livestore_state SET place = ?1, generation = ?2, sum = ?3, rollback_bytes = ?4", err);
  }
  if (!rc) rc = prepare_own(&state->add_rollback, state, "INSERT OR REPLACE INTO __livestore_rollback VALUES (?1, ?2, ?3, ?4, ?5)", err);
  if (!rc) rc = prepare_own(&state->savepoint, state, "SAVEPOINT event", err);
  if (!rc) rc = prepare_own(&state->release, state, "RELEASE event", err);
  return rc ? rc : prepare_own(&state->rollback_to, state, "ROLLBACK TO event", err);
}

static int allocate(ls_state *state, ls_error *err) {
  size_t most = 1;
  state->statements = ls_calloc(state->schema->n_events + 1, sizeof *state->statements);
  if (!state->statements) return ls_fail_nomem(err);
  for (size_t i = 0; i < state->schema->n_events; i++) {
    const ls_event_type *type = &state->schema->events[i];
    if (type->n_properties > most) most = type->n_properties;
    if (!type->n_statements) continue;
    state->statements[i] = ls_calloc(type->n_statements, sizeof **state->statements);
    if (!state->statements[i]) return ls_fail_nomem(err);
  }
  state->properties = ls_calloc(most, sizeof *state->properties);
  return state->properties ? LS_OK : ls_fail_nomem(err);
}

/* What every state needs once its tables are there. */
static int set_up(ls_state *state, ls_error *err) {
  int rc = ls_tables_load(&state->tables, &state->database, err);
  if (!rc) rc = prepare_all(state, err);
  if (!rc) rc = allocate(state, err);
  if (rc) return rc;
  state->rollback_limit_bytes = DEFAULT_ROLLBACK_LIMIT_BYTES;
  state->capture.limit = DEFAULT_ROLLBACK_LIMIT_BYTES;
  ls_capture_install(&state->capture, &state->database, &state->tables);
  return LS_OK;
}

static int state_alloc(ls_state **out, const ls_schema *schema, const char *file, ls_notes *notes, ls_error *err) {
  ls_state *state = ls_calloc(1, sizeof *state);
  if (!state) return ls_fail_nomem(err);
  state->schema = schema;
  state->notes = notes;
  int rc = ls_database_open(&state->database, file, err);
  if (rc) {
    ls_free(state);
    return rc;
  }
  *out = state;
  return LS_OK;
}

int ls_state_new(ls_state **out, const ls_schema *schema, const char *file, ls_notes *notes, ls_error *err) {
  ls_state *state = NULL;
  int rc = state_alloc(&state, schema, file, notes, err);
  if (rc) return rc;
  rc = create(state, err);
  if (!rc) rc = set_up(state, err);
  if (rc) {
    ls_state_free(state);
    return rc;
  }
  *out = state;
  return LS_OK;
}

int ls_state_open_file(ls_state **out, const ls_schema *schema, const char *file, ls_notes *notes, ls_error *err) {
  ls_state *state = NULL;
  int rc = state_alloc(&state, schema, file, notes, err);
  if (rc) return not_a_state(rc, file, err);
  rc = read_mark(state, err);
  if (!rc && (rc = set_up(state, err))) rc = not_a_state(rc, file, err);
  if (rc) {
    ls_state_free(state);
    return rc;
  }
  *out = state;
  return LS_OK;
}

int ls_state_open_image(ls_state **out, const ls_schema *schema, const void *image, size_t size, ls_notes *notes,
                        ls_error *err) {
  ls_state *state = NULL;
  int rc = state_alloc(&state, schema, NULL, notes, err);
  if (rc) return rc;
  rc = ls_image_put(state->database.db, image, size, err);
  if (!rc) rc = read_mark(state, err);
  if (!rc && (rc = set_up(state, err))) rc = not_a_state(rc, "snapshot", err);
  if (rc) {
    ls_state_free(state);
    return rc;
  }
  *out = state;
  return LS_OK;
}

int ls_state_copy(ls_state **out, ls_state *state, const char *file, ls_error *err) {
  ls_state *copy = NULL;
  int rc = state_alloc(&copy, state->schema, file, NULL, err);
  if (rc) return rc;
  int result = ls_image_copy(copy->database.db, state->database.db);
  if (result) rc = ls_fail(err, ls_sqlite_code(copy->database.db, LS_EIO), "copying the state: %s", sqlite3_errstr(result));
  if (!rc) rc = read_mark(copy, err);
  if (!rc) rc = set_up(copy, err);
  if (rc) {
    ls_state_free(copy);
    return rc;
  }
  *out = copy;
  return LS_OK;
}

void ls_state_seal(ls_state *state) {
  ls_exec_cache_fini(&state->executed);
  for (size_t i = 0; state->statements && i < state->schema->n_events; i++) {
    for (size_t j = 0; state->statements[i] && j < state->schema->events[i].n_statements; j++) {
      sqlite3_finalize(state->statements[i][j]);
    }
    ls_free(state->statements[i]);
  }
  ls_free(state->statements);
  state->statements = NULL;
  state->schema = NULL;
}

void ls_state_free(ls_state *state) {
  if (!state) return;
  if (state->in_transaction) ls_state_abort(state);
  ls_state_seal(state);
  ls_free(state->properties);
  sqlite3_stmt *const own[] = {state->begin,        state->commit,    state->rollback, state->set_mark,
                               state->add_rollback, state->savepoint, state->release,  state->rollback_to};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sqlite3_finalize(own[i]);
  ls_database_close(&state->database);
  ls_tables_fini(&state->tables);
  ls_capture_fini(&state->capture);
  ls_json_fini(&state->args);
  ls_bytes_fini(&state->upcast);
  ls_bytes_fini(&state->scratch);
  ls_free(state);
}

static int renew_rollback(ls_state *state, ls_error *err) {
  sqlite3_stmt *fresh;
  int rc = prepare_own(&fresh, state, "ROLLBACK", err);
  if (rc) return rc;
  sqlite3_finalize(state->rollback);
  state->rollback = fresh;
  state->rollback_stale = false;
  return LS_OK;
}

int ls_state_set_actions(ls_state *state, bool triggers, bool foreign_keys, ls_error *err) {
  sqlite3 *db = state->database.db;
  state->rollback_stale = true; /* as every statement, when these change */
  if (sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, (int)triggers, (int *)NULL) ||
      sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_FKEY, (int)foreign_keys, (int *)NULL)) {
    return ls_sqlite_fail(err, db, LS_EIO, "state");
  }
  return state->in_transaction ? renew_rollback(state, err) : LS_OK;
}

int ls_state_begin(ls_state *state, ls_error *err) {
  int rc = state->rollback_stale ? renew_rollback(state, err) : LS_OK;
  if (!rc) rc = ls_state_run(state, state->begin, err);
  if (rc) return rc;
  ls_error_clear(&state->broken);
  state->in_transaction = true;
  state->at_begun = state->at;
  state->rollback_bytes_begun = state->rollback_bytes;
  ls_capture_clear(&state->capture);
  return LS_OK;
}

void ls_state_abort(ls_state *state) {
  /* SQLite may have rolled back by itself; in memory a rollback cannot fail otherwise. */
  if (!sqlite3_get_autocommit(state->database.db)) {
    sqlite3_step(state->rollback);
    sqlite3_reset(state->rollback);
  }
  state->in_transaction = !sqlite3_get_autocommit(state->database.db);
  state->rollback_bytes = state->rollback_bytes_begun;
  state->at = state->at_begun;
}

int ls_state_try(ls_state *state, ls_error *err) {
  state->captured = state->capture.record.size;
  return ls_state_run(state, state->savepoint, err);
}

int ls_state_keep(ls_state *state, ls_error *err) { return ls_state_run(state, state->release, err); }

int ls_state_take_back(ls_state *state, ls_error *err) {
  int rc = ls_state_run(state, state->rollback_to, err);
  if (!rc) rc = ls_state_run(state, state->release, err);
  if (!rc && state->capture.record.size > state->captured) state->capture.record.size = state->captured;
  return rc;
}

/* A record must lead somewhere, so there is none of a step that leads nowhere. */
static int keep_record(ls_state *state, ls_mark mark, ls_error *err) {
  bool moves = ls_seqnum_place(mark.seq) != ls_seqnum_place(state->at.seq);
  return state->capture.on && moves ? ls_rollback_keep(state, mark, err) : LS_OK;
}

int ls_state_mark(ls_state *state, ls_mark mark, ls_error *err) {
  int rc = keep_record(state, mark, err);
  if (rc) return rc;
  ls_capture_clear(&state->capture);
  state->at = mark;
  return LS_OK;
}

int ls_state_commit(ls_state *state, ls_mark mark, ls_error *err) {
  int rc = keep_record(state, mark, err);
  if (!rc) {
    sqlite3_bind_int64(state->set_mark, 1, ls_seqnum_place(mark.seq));
    sqlite3_bind_int64(state->set_mark, 2, mark.seq.generation);
    sqlite3_bind_int64(state->set_mark, 3, (int64_t)mark.sum);
    sqlite3_bind_int64(state->set_mark, 4, state->rollback_bytes);
    rc = ls_state_run(state, state->set_mark, err);
  }
  if (!rc) rc = ls_state_run(state, state->commit, err);
  if (rc) {
    ls_state_abort(state);
    return rc;
  }
  state->in_transaction = false;
  state->at = mark;
  return LS_OK;
}

int ls_state_image(ls_image *out, ls_state *state, ls_error *err) { return ls_image_take(out, state->database.db, err); }

uint64_t ls_state_bytes(ls_state *state) { return ls_image_bytes(state->database.db); }
