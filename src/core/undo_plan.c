/* undo_plan.c - a commit is cut into pieces as its events are applied once more:
 *
 *   rows    events in a row that are undone by restoring rows, all of them synced or none
 *   inputs  an event to which the schema gives an inverse
 *
 * To undo it, the pieces are taken back from the last to the first. To redo what was undone so, the rows that the undo
 * restored are restored again, and the events that had an inverse are committed again. */
#include "core/undo_plan.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/bind.h"
#include "core/inverse.h"
#include "core/past.h"
#include "core/restore.h"
#include "core/rollback.h"
#include "base/seqnum.h"
#include "core/upcast.h"

typedef struct ls_undo_piece {
  struct ls_undo_piece *before, *after;
  bool is_rows, client_only;
  ls_inverse rows;
  ls_bytes inputs; /* name, NUL, args, NUL, and so on */
} undo_piece;

typedef struct maker {
  ls_undo_plan *plan;
  ls_store *store;
  ls_state *state; /* where events are applied once more: the present one, rolled back, or one of the past */
  size_t step;     /* the one that comes next, or is under way */
} maker;

/* ---------------------------------------------------------------------------------------------- */
/* Pieces */

static int add_piece(undo_piece **out, ls_undo_step *step, ls_error *err) {
  undo_piece *piece = ls_calloc(1, sizeof *piece);
  if (!piece) return ls_fail_nomem(err);
  piece->before = step->last;
  if (step->last)
    step->last->after = piece;
  else
    step->pieces = piece;
  step->last = piece;
  *out = piece;
  return LS_OK;
}

static void put_input(ls_bytes *out, const char *name, const char *args, size_t size) {
  ls_bytes_append(out, name, strlen(name) + 1);
  ls_bytes_append(out, args, size);
  ls_bytes_byte(out, 0);
}

static int fail_args(ls_error *err) { return ls_fail(err, LS_EARGS, "its arguments are not a JSON object"); }

/* What the statement gives is a JSON object that is none of its own as long as the statement stands. */
static int step_args(ls_bytes *out, ls_state *state, sqlite3_stmt *stmt, const char *name, ls_error *err) {
  state->database.clock_read = false;
  ls_access access = state->database.access;
  state->database.access = LS_ACCESS_EVENT; /* SQLite may prepare it anew */
  int step = sqlite3_step(stmt);
  state->database.access = access;
  if (step != SQLITE_ROW) return ls_sqlite_fail(err, state->database.db, LS_EMATERIALIZE, "its arguments");
  if (state->database.clock_read) return ls_fail(err, LS_EMATERIALIZE, "its arguments depend on the present time");
  if (sqlite3_column_type(stmt, 0) != SQLITE_TEXT) return fail_args(err);
  const char *text = (const char *)sqlite3_column_text(stmt, 0);
  if (!text) return ls_fail_nomem(err);
  put_input(out, name, text, (size_t)sqlite3_column_bytes(stmt, 0));
  return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}

static int put_inverse(ls_bytes *out, ls_state *state, const ls_inverse_def *inverse, const ls_event *event,
                       ls_error *err) {
  if (!inverse->args.sql) {
    put_input(out, inverse->event, "{}", 2);
    return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
  }
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(&stmt, &state->database, inverse->args.sql, NULL, LS_ACCESS_EVENT, err);
  if (rc) return rc;
  int result = SQLITE_OK;
  for (size_t i = 0; !result && i < inverse->args.n_params; i++) {
    result = ls_bind_param(stmt, (int)i + 1, state, &inverse->args.params[i], event);
  }
  rc = result ? ls_sqlite_fail(err, state->database.db, LS_EMATERIALIZE, "its arguments")
              : step_args(out, state, stmt, inverse->event, err);
  sqlite3_finalize(stmt);
  return rc ? ls_wrap(err, rc, "\"%s\", which undoes it", inverse->event) : LS_OK;
}

/* The events that the schema gives to undo this one, on the state just before it. */
static int put_inverses(ls_bytes *out, ls_state *state, const ls_event_type *type, const ls_event *event,
                        ls_error *err) {
  ls_event present = *event;
  int rc = type->becomes ? ls_upcast(&present, state, type, event, err) : LS_OK;
  type = ls_schema_final(type);
  if (!rc) rc = ls_json_parse(&state->args, present.args, present.args_size, err);
  if (rc) return rc;
  ls_bind_properties(state, type);
  for (size_t i = 0; !rc && i < type->n_inverses; i++) rc = put_inverse(out, state, &type->inverses[i], &present, err);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Applying events once more */

/* An event that an upgrade has made unknown changes nothing, and there is nothing to undo. */
static const ls_event_type *final_type(const ls_schema *schema, const char *name) {
  const ls_event_type *type = ls_schema_event(schema, name);
  return type ? ls_schema_final(type) : NULL;
}

static int add_changes(ls_inverse *rows, ls_state *state, ls_error *err) {
  ls_change_reader reader = {
      .data = state->capture.record.data, .size = state->capture.record.size, .tables = &state->tables};
  ls_row_change change;
  int more;
  while ((more = ls_change_reader_next(&change, &reader, err)) == 1) {
    int rc = ls_inverse_add(rows, &change, err);
    if (rc) more = rc;
    if (rc) break;
  }
  ls_change_reader_fini(&reader);
  return more;
}

static int apply_rows(maker *m, ls_undo_step *step, const ls_event *event, bool client_only, bool alone,
                      ls_error *err) {
  undo_piece *piece = step->last;
  int rc = LS_OK;
  if (alone || !piece || !piece->is_rows || piece->client_only != client_only) rc = add_piece(&piece, step, err);
  if (rc) return rc;
  piece->is_rows = true;
  piece->client_only = client_only;
  ls_capture_clear(&m->state->capture);
  m->state->capture.on = true;
  rc = ls_state_apply_or_fail(m->state, event, err);
  m->state->capture.on = false;
  return rc ? rc : add_changes(&piece->rows, m->state, err);
}

static int apply_inverted(maker *m, ls_undo_step *step, const ls_event_type *type, const ls_event *event,
                          ls_error *err) {
  undo_piece *piece = NULL;
  int rc = add_piece(&piece, step, err);
  if (!rc) rc = put_inverses(&piece->inputs, m->state, type, event, err);
  return rc ? rc : ls_state_apply_or_fail(m->state, event, err);
}

static int apply_own(maker *m, ls_undo_step *step, const ls_event *event, ls_error *err) {
  const ls_event_type *type = ls_schema_event(m->state->schema, event->name);
  const ls_event_type *final = final_type(m->state->schema, event->name);
  int rc;
  bool inverse = m->plan->redo && final && !final->restores; /* it undid an event that is committed again */
  step->mixed |= inverse;
  if (!final || final->not_undoable || inverse)
    rc = ls_state_apply_or_fail(m->state, event, err);
  else if (final->n_inverses)
    rc = apply_inverted(m, step, type, event, err);
  else
    rc = apply_rows(m, step, event, event->seq.client != 0, m->plan->redo, err);
  char text[LS_SEQNUM_TEXT];
  return rc ? ls_wrap(err, rc, "%s of %s \"%s\"", m->plan->redo ? "redo" : "undo", ls_seqnum_format(event->seq, text),
                      event->name)
            : LS_OK;
}

static bool is_own(const maker *m, const ls_event *event) {
  return strcmp(event->client_id, m->store->leader->client_id) == 0 &&
         strcmp(event->session_id, m->store->session->session_id) == 0;
}

static int apply(maker *m, const ls_event *event, ls_error *err) {
  ls_undo_step *step = &m->plan->steps[m->step];
  bool of_step = is_own(m, event) && !ls_seqnum_after(step->entry.first, event->seq);
  int rc = of_step ? apply_own(m, step, event, err) : ls_state_apply_or_fail(m->state, event, err);
  if (!ls_seqnum_after(step->entry.last, event->seq)) m->step++;
  return rc;
}

/* The cursor stands before the first event that the state does not have. */
static int apply_all(maker *m, ls_seqnum from, ls_error *err) {
  ls_log_cursor *cursor;
  const ls_event *event;
  int rc = ls_log_cursor_open(&cursor, m->store->leader->log, from, err), more;
  if (rc) return rc;
  while (!rc && m->step < m->plan->n) {
    more = ls_log_cursor_next(&event, NULL, cursor, err);
    if (more == 1)
      rc = apply(m, event, err);
    else
      rc = more ? more : ls_fail(err, LS_ECORRUPT, "the log ends before a commit that is to be undone");
  }
  ls_log_cursor_close(cursor);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* From pieces to inputs */

static int put_rows(ls_undo_step *step, const undo_piece *piece, bool redo, size_t *n, ls_error *err) {
  const char *name =
      redo ? (piece->client_only ? LS_CLIENT_REDONE : LS_REDONE) : (piece->client_only ? LS_CLIENT_UNDONE : LS_UNDONE);
  ls_bytes_append(&step->texts, name, strlen(name) + 1);
  ls_inverse_write(&step->texts, &piece->rows);
  ls_bytes_byte(&step->texts, 0);
  ++*n;
  return ls_bytes_ok(&step->texts) ? LS_OK : ls_fail_nomem(err);
}

static size_t count_inputs(const ls_bytes *texts) {
  size_t nuls = 0;
  for (size_t i = 0; i < texts->size; i++) nuls += texts->data[i] == 0;
  return nuls / 2;
}

static int put_inputs(ls_undo_step *step, const undo_piece *piece, size_t *n, ls_error *err) {
  ls_bytes_append(&step->texts, piece->inputs.data, piece->inputs.size);
  *n += count_inputs(&piece->inputs);
  return ls_bytes_ok(&step->texts) ? LS_OK : ls_fail_nomem(err);
}

static int put_backwards(ls_undo_step *step, bool redo, size_t *n, ls_error *err) {
  int rc = LS_OK;
  for (const undo_piece *piece = step->last; !rc && piece; piece = piece->before) {
    rc = piece->is_rows ? put_rows(step, piece, redo, n, err) : put_inputs(step, piece, n, err);
  }
  return rc;
}

/* Where a redo stands in the commit that was undone. */
typedef struct again {
  ls_undo_step *step;
  const undo_piece *rows; /* what the undo restored of the next events that have no inverse; NULL for none left */
  bool in_rows, client_only;
  size_t n;
} again;

static int put_again(again *a, const ls_schema *schema, const ls_event *event, ls_error *err) {
  const ls_event_type *type = final_type(schema, event->name);
  if (!type || type->not_undoable) return LS_OK;
  bool client_only = event->seq.client != 0, same = a->in_rows && a->client_only == client_only;
  a->in_rows = !type->n_inverses;
  a->client_only = client_only;
  if (type->n_inverses) {
    put_input(&a->step->texts, event->name, event->args, event->args_size);
    a->n++;
    return ls_bytes_ok(&a->step->texts) ? LS_OK : ls_fail_nomem(err);
  }
  if (same || !a->rows) return LS_OK;
  const undo_piece *rows = a->rows;
  a->rows = rows->before;
  return put_rows(a->step, rows, true, &a->n, err);
}

/* The events of the commit that was undone, once more in their order. */
static int put_forwards(maker *m, ls_undo_step *step, size_t *n, ls_error *err) {
  ls_log_cursor *cursor;
  const ls_event *event;
  again a = {.step = step, .rows = step->last};
  ls_undo_source source = ls_undo_source_of(m->store);
  ls_undo_entry target;
  int rc = ls_undo_target(&target, &source, &step->entry, err), more = 0;
  if (rc) return rc;
  ls_seqnum before = ls_seqnum_at_place(ls_seqnum_place(target.first) - 1, 0);
  rc = ls_log_cursor_open(&cursor, m->store->leader->log, before, err);
  if (rc) return rc;
  int64_t left = INT64_MAX;
  while (!rc && left && (more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1) {
    if (!is_own(m, event)) continue;
    if (event->more >= left) break;
    left = event->more;
    rc = put_again(&a, m->store->session->schema, event, err);
  }
  ls_log_cursor_close(cursor);
  *n = a.n;
  return rc ? rc : more < 0 ? more : LS_OK;
}

/* They lie one behind the other; they stay where they are once all are there. */
static int place_inputs(ls_undo_step *step, size_t n, ls_error *err) {
  step->inputs = ls_calloc(n + 1, sizeof *step->inputs);
  if (!step->inputs) return ls_fail_nomem(err);
  const char *at = step->texts.data;
  for (; step->n < n; step->n++) {
    ls_input *input = &step->inputs[step->n];
    input->name = at;
    input->args = at + strlen(at) + 1;
    at = input->args + strlen(input->args) + 1;
  }
  return LS_OK;
}

/* Nothing may be left to do; that the commit was undone is said all the same. */
static int put_nothing(ls_undo_step *step, bool redo, size_t *n, ls_error *err) {
  undo_piece nothing = {.client_only = step->entry.last.client && step->entry.first.client};
  return put_rows(step, &nothing, redo, n, err);
}

static int make_inputs(maker *m, ls_undo_step *step, ls_error *err) {
  size_t n = 0;
  bool redo = m->plan->redo;
  int rc = step->mixed ? put_forwards(m, step, &n, err) : put_backwards(step, redo, &n, err);
  if (!rc && !n) rc = put_nothing(step, redo, &n, err);
  return rc ? rc : place_inputs(step, n, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Where to stand */

/* Inside the state's transaction, which nothing of is kept; the pieces live no longer than the state's tables. */
static int make_from(maker *m, ls_seqnum from, ls_error *err) {
  ls_capture *capture = &m->state->capture, before = *capture;
  capture->on = false;
  capture->whole_rows = true;
  capture->limit = SIZE_MAX;
  int rc = apply_all(m, from, err);
  for (size_t i = 0; !rc && i < m->plan->n; i++) rc = make_inputs(m, &m->plan->steps[i], err);
  capture->on = before.on;
  capture->whole_rows = before.whole_rows;
  capture->limit = before.limit;
  return rc;
}

/* On the present state, as far as it can be rolled back. LS_ENOTFOUND when not far enough. */
static int make_here(maker *m, ls_seqnum before, ls_error *err) {
  ls_mark at;
  m->state = m->store->session->state;
  int rc = ls_query_cache_settle(&m->store->session->queries, err);
  if (!rc) rc = ls_state_begin(m->state, err);
  if (rc) return rc;
  rc = ls_rollback_peel(&at, m->state, before, err);
  if (!rc) {
    rc = make_from(m, at.seq, err);
    if (rc == LS_ENOTFOUND) rc = LS_EMATERIALIZE; /* of an event, not of the way back */
  }
  ls_state_abort(m->state);
  return rc;
}

static int make_aside(maker *m, ls_mark before, ls_error *err) {
  int rc = ls_past_make(&m->state, m->store, before, err);
  if (rc) return rc;
  rc = ls_state_begin(m->state, err);
  if (!rc) rc = make_from(m, before.seq, err);
  ls_state_free(m->state);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

static void free_pieces(ls_undo_step *step) {
  while (step->pieces) {
    undo_piece *piece = step->pieces;
    step->pieces = piece->after;
    ls_inverse_fini(&piece->rows);
    ls_bytes_fini(&piece->inputs);
    ls_free(piece);
  }
  step->last = NULL;
}

int ls_undo_plan_make(ls_undo_plan *plan, ls_store *store, ls_error *err) {
  maker m = {.plan = plan, .store = store};
  ls_mark before;
  ls_seqnum first = plan->steps[0].entry.first;
  int rc = ls_log_floor(&before, store->leader->log, ls_seqnum_at_place(ls_seqnum_place(first) - 1, 0), err);
  if (!rc) rc = make_here(&m, before.seq, err);
  if (rc == LS_ENOTFOUND) {
    for (size_t i = 0; i < plan->n; i++) free_pieces(&plan->steps[i]);
    m.step = 0;
    rc = make_aside(&m, before, err);
  }
  return rc;
}

void ls_undo_plan_fini(ls_undo_plan *plan) {
  for (size_t i = 0; i < plan->n; i++) {
    free_pieces(&plan->steps[i]);
    ls_bytes_fini(&plan->steps[i].texts);
    ls_free(plan->steps[i].inputs);
  }
  ls_free(plan->steps);
  memset(plan, 0, sizeof *plan);
}
