#include "core/upcast.h"

#include "base/err.h"
#include "core/bind.h"

void ls_upcast_chain(ls_bytes *out, const ls_event_type *type) {
  ls_bytes_printf(out, "\"%s\"", type->name);
  for (type = type->next; type; type = type->next) ls_bytes_printf(out, " → \"%s\"", type->name);
}

/* The row that the statement stands at, as canonical JSON into the state's scratch. */
static int read_result(ls_state *state, sqlite3_stmt *stmt, ls_error *err) {
  static const char *const types[] = {"", "an integer", "a real number", "a text", "a blob", "NULL"};
  int type = sqlite3_column_type(stmt, 0);
  if (type != SQLITE_TEXT)
    return ls_fail(err, LS_EARGS, "a JSON object is expected, the expression gives %s", types[type]);
  const char *text = (const char *)sqlite3_column_text(stmt, 0);
  if (!text) return ls_fail_nomem(err);
  int rc = ls_json_parse(&state->args, text, (size_t)sqlite3_column_bytes(stmt, 0), err);
  if (!rc && ls_json_type_of(&state->args, 0) != LS_JSON_OBJECT) {
    rc = ls_fail(err, LS_EARGS, "a JSON object is expected, the expression gives a JSON %s",
                 ls_json_type_name(ls_json_type_of(&state->args, 0)));
  }
  ls_bytes_clear(&state->scratch);
  if (!rc) rc = ls_json_canonical(&state->scratch, &state->args, 0, err);
  if (!rc && !ls_bytes_cstr(&state->scratch)) rc = ls_fail_nomem(err);
  return rc;
}

static int bind_all(ls_state *state, sqlite3_stmt *stmt, const ls_event_type *type, const ls_event *event,
                    ls_error *err) {
  const ls_statement *statement = &type->statements[0];
  ls_bind_properties(state, type);
  for (size_t i = 0; i < statement->n_params; i++) {
    int result = ls_bind_param(stmt, (int)i + 1, state, &statement->params[i], event);
    if (result == SQLITE_NOMEM) return ls_fail_nomem(err);
    if (result) return ls_sqlite_fail(err, state->database.db, LS_EMATERIALIZE, "binding parameter %zu", i + 1);
  }
  return LS_OK;
}

/* SQLite may prepare it anew while it steps, and then asks the authorizer again. */
static int step(ls_state *state, sqlite3_stmt *stmt) {
  ls_access access = state->database.access;
  state->database.access = LS_ACCESS_PURE;
  int result = sqlite3_step(stmt);
  state->database.access = access;
  return result;
}

/* Evaluate the expression of one step into the state's scratch. What was bound is borrowed until the reset. */
static int evaluate(ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_state_statement(&stmt, state, type, 0, LS_ACCESS_PURE, err);
  if (!rc) rc = ls_json_parse(&state->args, event->args, event->args_size, err);
  if (rc) return rc;
  rc = bind_all(state, stmt, type, event, err);
  state->database.clock_read = false;
  if (!rc && step(state, stmt) == SQLITE_ROW) {
    rc = read_result(state, stmt, err);
  } else if (!rc) {
    rc = ls_fail(err, ls_sqlite_code(state->database.db, LS_EMATERIALIZE), "%s", sqlite3_errmsg(state->database.db));
  }
  if (!rc && state->database.clock_read) {
    rc = ls_fail(err, LS_EMATERIALIZE, "the expression asks for the present time, which is not the same everywhere");
  }
  sqlite3_reset(stmt);
  return rc;
}

int ls_upcast(ls_event *out, ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err) {
  *out = *event;
  for (; type->next; type = type->next) {
    if (type->n_statements) {
      int rc = evaluate(state, type, out, err);
      if (rc) return ls_wrap(err, rc, "the arguments of \"%s\"", type->becomes);
      ls_bytes swap = state->upcast;
      state->upcast = state->scratch;
      state->scratch = swap;
      out->args = state->upcast.data;
      out->args_size = state->upcast.size;
    }
    out->name = type->becomes;
  }
  return LS_OK;
}
