/* Applying an event to a state: its arguments are bound to the parameters of its statements, or its C function runs. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/bind.h"
#include "core/document.h"
#include "core/restore.h"
#include "base/seqnum.h"
#include "core/sql.h"
#include "core/state.h"
#include "core/upcast.h"
#include "core/value.h"

struct ls_materializer {
  ls_state *state;
  sqlite3_stmt *running; /* of ls_materializer_exec, the innermost; NULL for none */
};

bool ls_state_event_at_fault(int code) {
  return code == LS_EARGS || code == LS_EMATERIALIZE || code == LS_EEVENT || code == LS_ESQL || code == LS_EREADONLY ||
         code == LS_EJSON || code == LS_ELIMIT || code == LS_ENOTFOUND || code == LS_ESCHEMA;
}

int ls_state_statement(sqlite3_stmt **out, ls_state *state, const ls_event_type *type, size_t index, ls_access access,
                       ls_error *err) {
  sqlite3_stmt **kept = &state->statements[type - state->schema->events][index];
  if (!*kept) {
    int rc = ls_database_prepare(kept, &state->database, type->statements[index].sql, NULL, access, err);
    if (rc) return rc;
  }
  *out = *kept;
  return LS_OK;
}

static int give_row(int *stop, sqlite3_stmt *stmt, ls_row_fn row, void *user, ls_error *err) {
  size_t n = (size_t)sqlite3_column_count(stmt);
  ls_value *values = ls_malloc((n + 1) * sizeof *values);
  bool good = values != NULL;
  for (size_t i = 0; good && i < n; i++) {
    values[i] = ls_value_of(sqlite3_column_value(stmt, (int)i));
    good = values[i].type != LS_TYPE_TEXT || values[i].as.b.data;
  }
  if (good) *stop = row(user, values, n);
  ls_free(values);
  return good ? LS_OK : ls_fail_nomem(err);
}

static int step_all(ls_state *state, sqlite3_stmt *stmt, ls_row_fn row, void *user, ls_error *err) {
  ls_database *database = &state->database;
  int step, stop = 0, rc = LS_OK;
  /* SQLite may prepare it anew while it steps, and then asks the authorizer again. */
  ls_access access = database->access;
  database->access = LS_ACCESS_EVENT;
  while (!rc && !stop && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    if (row) rc = give_row(&stop, stmt, row, user, err);
  }
  database->access = access;
  if (!rc && !stop && step != SQLITE_DONE) {
    /* Who and where is put before it on the way up. */
    rc = ls_fail(err, ls_sqlite_code(database->db, LS_EMATERIALIZE), "%s", sqlite3_errmsg(database->db));
  }
  sqlite3_reset(stmt);
  return rc;
}

static int run_statement(ls_state *state, const ls_event_type *type, size_t index, const ls_event *event, ls_error *err) {
  const ls_statement *statement = &type->statements[index];
  sqlite3_stmt *stmt;
  int rc = ls_state_statement(&stmt, state, type, index, LS_ACCESS_EVENT, err);
  for (size_t i = 0; !rc && i < statement->n_params; i++) {
    int result = ls_bind_param(stmt, (int)i + 1, state, &statement->params[i], event);
    if (result == SQLITE_NOMEM) rc = ls_fail_nomem(err);
    else if (result) rc = ls_fail(err, LS_EMATERIALIZE, "parameter %zu: %s", i + 1, result == SQLITE_MISMATCH ? "a number that no double holds" : sqlite3_errstr(result));
  }
  if (!rc) rc = step_all(state, stmt, NULL, NULL, err);
  return rc ? ls_wrap(err, rc, "statement %zu", index + 1) : LS_OK;
}

/* Checked and prepared, now or when it was run before. */
static int take_statement(sqlite3_stmt **out, ls_state *state, const char *sql, ls_error *err) {
  *out = ls_exec_cache_take(&state->executed, sql);
  if (*out) return LS_OK;
  if (!ls_sql_check_deterministic(sql, err)) return ls_database_prepare(out, &state->database, sql, NULL, LS_ACCESS_EVENT, err);
  if (err) err->code = LS_ESQL;
  return LS_ESQL;
}

static int bind_all(sqlite3_stmt *stmt, ls_state *state, const ls_value *params, size_t n, ls_error *err) {
  for (size_t i = 0; i < n; i++) {
    if (ls_bind_value(stmt, (int)i + 1, params[i]))
      return ls_sqlite_fail(err, state->database.db, LS_ESQL, "binding parameter %zu", i + 1);
  }
  return LS_OK;
}

static int exec(ls_materializer *m, const char *sql, const ls_value *params, size_t n, ls_row_fn row, void *user,
                ls_error *err) {
  sqlite3_stmt *stmt, *outer = m->running;
  int rc = take_statement(&stmt, m->state, sql, err);
  if (rc) return rc;
  rc = bind_all(stmt, m->state, params, n, err);
  size_t captured = m->state->capture.record.size;
  m->running = stmt;
  if (!rc) rc = step_all(m->state, stmt, row, user, err);
  m->running = outer;
  /* The function may go on after a failed statement, of which SQLite has undone everything. */
  if (rc && m->state->capture.record.size > captured) m->state->capture.record.size = captured;
  sqlite3_clear_bindings(stmt);
  if (rc) sqlite3_finalize(stmt);
  else ls_exec_cache_put(&m->state->executed, stmt);
  return rc;
}

const char *ls_materializer_column(const ls_materializer *m, size_t column) {
  return m->running ? sqlite3_column_name(m->running, (int)column) : NULL;
}

/* SQLite may have ended the transaction for want of memory or room. So the function cannot go on after that, and what it
 * returns does not matter. */
int ls_materializer_exec(ls_materializer *m, const char *sql, const ls_value *params, size_t n, ls_row_fn row, void *user,
                         ls_error *err) {
  ls_error *broken = &m->state->broken, failure;
  if (!broken->code) {
    int rc = exec(m, sql, params, n, row, user, &failure);
    if (!rc) return LS_OK;
    if (ls_state_event_at_fault(rc)) return ls_fail(err, (ls_code)rc, "%s", failure.text);
    *broken = failure;
  }
  return ls_fail(err, (ls_code)broken->code, "%s", broken->text);
}

/* Whatever a function calls its failure, it is one of the event, but for want of memory and what the machine failed
 * at. */
static int run_function(ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err) {
  ls_materializer m = {.state = state};
  ls_fail(err, LS_EMATERIALIZE, "its function failed and did not say why");
  int rc = type->fn(&m, event, type->user, err);
  if (state->broken.code) return ls_fail(err, (ls_code)state->broken.code, "%s", state->broken.text);
  if (!rc) ls_error_clear(err);
  return rc && rc != LS_ENOMEM ? LS_EMATERIALIZE : rc;
}

static int run_materializer(ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err) {
  if (type->document) return ls_document_apply(state, type->document, &state->args, err);
  if (type->restores) return ls_restore_apply(state, err);
  if (type->fn) return run_function(state, type, event, err);
  ls_bind_properties(state, type);
  int rc = LS_OK;
  for (size_t i = 0; !rc && i < type->n_statements; i++) rc = run_statement(state, type, i, event, err);
  return rc;
}

/* What must be true behind each event, whatever it did. */
static int check_after(ls_state *state, ls_error *err) {
  int open_keys = 0, unused = 0;
  sqlite3_db_status(state->database.db, SQLITE_DBSTATUS_DEFERRED_FKS, &open_keys, &unused, 0);
  if (open_keys) return ls_fail(err, LS_EMATERIALIZE, "FOREIGN KEY constraint failed");
  if (state->database.clock_read) {
    return ls_fail(err, LS_EMATERIALIZE, "its materializer asks for the present time, which is not the same everywhere: "
                                         "pass the time as an argument");
  }
  if (state->capture.last_rowid) {
    return ls_fail(err, LS_EMATERIALIZE, "a row would get the row id 9223372036854775807, behind which SQLite chooses row ids "
                                         "at random");
  }
  if (!ls_bytes_ok(&state->capture.record)) return ls_fail_nomem(err);
  return LS_OK;
}

static void note_deprecations(ls_state *state, const ls_event_type *type) {
  if (type->deprecated) {
    ls_note(state->notes, LS_LOG_WARNING, "deprecated-event", "event %s is deprecated: %s", type->name, type->deprecated);
  }
  for (size_t i = 0; i < type->n_properties; i++) {
    const ls_args_property *property = &type->properties[i];
    if (property->deprecated && ls_json_get(&state->args, 0, property->name)) {
      ls_note(state->notes, LS_LOG_WARNING, "deprecated-field", "event %s: %s is deprecated: %s", type->name,
              property->name, property->deprecated);
    }
  }
}

/* It stays in the log and changes nothing, until a schema that knows it makes the state anew. */
static int apply_unknown(ls_state *state, const ls_event *event, ls_error *err) {
  ls_unknown_events policy = state->schema->unknown_events;
  if (policy == LS_UNKNOWN_FAIL) return ls_fail(err, LS_EEVENT, "event \"%s\" is not in the schema", event->name);
  if (policy == LS_UNKNOWN_WARN) {
    ls_note(state->notes, LS_LOG_WARNING, "unknown-event",
            "event %s is not in the schema: it is kept and changes nothing", event->name);
  }
  return LS_OK;
}

static int apply_known(ls_state *state, const ls_event_type *type, const ls_event *event, bool checked, ls_error *err) {
  int rc = ls_json_parse(&state->args, event->args, event->args_size, err);
  if (!rc && !checked) rc = ls_args_check(type->args, &state->args, 0, err);
  if (rc) return rc;
  note_deprecations(state, type);
  state->database.clock_read = state->capture.last_rowid = false;
  rc = run_materializer(state, type, event, err);
  return rc ? rc : check_after(state, err);
}

static int apply_old_form(ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err) {
  ls_event present;
  int rc = ls_upcast(&present, state, type, event, err);
  return rc ? rc : apply_known(state, ls_schema_final(type), &present, false, err);
}

/* Who it is about: for an old form, all that it went through. */
static int wrap_name(const ls_event_type *type, int rc, ls_error *err) {
  ls_bytes chain = {0};
  ls_upcast_chain(&chain, type);
  const char *text = ls_bytes_cstr(&chain);
  rc = text ? ls_wrap(err, rc, "event %s", text) : ls_fail_nomem(err);
  ls_bytes_fini(&chain);
  return rc;
}

int ls_state_apply(ls_state *state, const ls_event *event, bool checked, ls_error *err) {
  const ls_event_type *type = ls_schema_event(state->schema, event->name);
  if (!type) return apply_unknown(state, event, err);
  int rc = type->next ? apply_old_form(state, type, event, err) : apply_known(state, type, event, checked, err);
  if (!rc) return LS_OK;
  /* What a statement or a function calls its failure, it is one of this event's materializer. */
  if (rc != LS_EARGS && ls_state_event_at_fault(rc)) rc = LS_EMATERIALIZE;
  if (err) err->code = rc;
  return wrap_name(type, rc, err);
}

static int record_failure(ls_state *state, const ls_event *event, const ls_error *failure, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, "INSERT OR REPLACE INTO __livestore_failed VALUES (?1, ?2, ?3)", NULL,
                               LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(event->seq));
  sqlite3_bind_text(stmt, 2, event->name, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 3, failure->text, -1, SQLITE_STATIC);
  rc = ls_state_run(state, stmt, err);
  sqlite3_finalize(stmt);
  return rc;
}

int ls_state_apply_or_fail(ls_state *state, const ls_event *event, ls_error *err) {
  ls_error failure;
  ls_error_clear(&failure);
  int rc = ls_state_try(state, err);
  if (rc) return rc;
  rc = ls_state_apply(state, event, false, &failure);
  if (!rc) return ls_state_keep(state, err);
  if (!ls_state_event_at_fault(rc)) {
    if (err) *err = failure;
    return rc;
  }
  rc = ls_state_take_back(state, err);
  if (rc) return rc;
  ls_note(state->notes, LS_LOG_WARNING, "failed-event", "%s", failure.text);
  return record_failure(state, event, &failure, err);
}

int ls_state_failure(ls_bytes *out, ls_state *state, ls_seqnum seq, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, "SELECT error FROM __livestore_failed WHERE place = ?1", NULL,
                               LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(seq));
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) ls_bytes_append(out, sqlite3_column_blob(stmt, 0), (size_t)sqlite3_column_bytes(stmt, 0));
  else if (step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  if (!rc && !ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}
