#include "core/rebase.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/graph.h"
#include "core/log_conflicts.h"
#include "core/past.h"
#include "core/pending.h"
#include "core/rollback.h"
#include "core/undo_recount.h"

#define STEP_EVENTS                                                                                                    \
  64 /* moved events of a rollback record, about: so many may have to be applied once more next time */

typedef struct work {
  const ls_rebase *rebase;
  ls_store *store;
  ls_log *log;
  ls_state *state; /* the session's, or one made aside */
  bool aside;
  ls_event *events;   /* moved ones under their new numbers */
  size_t n, appended; /* of them, those that are in the log */
  ls_seqnum head;     /* behind them */
  ls_undo_recount recount;
  ls_rebase_result result;
  uint64_t applied;
} work;

/* ---------------------------------------------------------------------------------------------- */
/* Where to begin */

/* Rows that change now are those of an open transaction, which may still be given up: then queries run for nothing. */
static void tell_graph(const work *w) {
  if (!w->aside) ls_graph_changed(w->store->session->graph);
}

/* The state stands at the newest step before `after`: apply what lies in between once more. */
static int catch_up(work *w, ls_seqnum after, ls_error *err) {
  ls_log_cursor *cursor;
  const ls_event *event;
  ls_mark mark = w->state->at;
  int rc = ls_log_cursor_open(&cursor, w->log, mark.seq, err), more;
  if (rc) return rc;
  while (!rc && ls_seqnum_after(after, mark.seq)) {
    more = ls_log_cursor_next(&event, &mark, cursor, err);
    rc = more == 1 ? ls_state_apply_or_fail(w->state, event, err) : more ? more : LS_ECORRUPT;
    w->applied++;
  }
  ls_log_cursor_close(cursor);
  if (rc) return rc;
  tell_graph(w);
  return ls_state_mark(w->state, mark, err);
}

static int roll_back(work *w, ls_mark to, ls_error *err) {
  int rc = ls_rollback_to(w->state, to.seq, err);
  if (rc) return rc;
  if (ls_seqnum_after(ls_log_base(w->log).seq, w->state->at.seq))
    return ls_fail(err, LS_ENOTFOUND, "the log begins behind where the state can be rolled back to");
  tell_graph(w);
  ls_capture_clear(&w->state->capture);
  return ls_seqnum_after(to.seq, w->state->at.seq) ? catch_up(w, to.seq, err) : LS_OK;
}

static int begin_aside(work *w, ls_mark to, ls_error *err) {
  ls_state *state;
  int rc = ls_past_make(&state, w->store, to, err);
  if (rc) return rc;
  w->state = state;
  w->aside = true;
  state->notes = &w->store->session->notes;
  ls_store_tune(w->store, state);
  return ls_state_begin(state, err);
}

static bool is_there(const ls_state *state, ls_mark to) {
  return ls_seqnum_equal(state->at.seq, to.seq) && state->at.sum == to.sum;
}

/* Open the state's transaction, and stand at `after`. */
static int begin(work *w, ls_error *err) {
  ls_mark to;
  int rc = ls_log_floor(&to, w->log, w->rebase->after, err);
  if (!rc) rc = ls_query_cache_settle(&w->store->session->queries, err);
  w->state = w->store->session->state;
  if (!rc) rc = ls_state_begin(w->state, err);
  if (rc || is_there(w->state, to)) return rc;
  rc = roll_back(w, to, err);
  if (rc != LS_ENOTFOUND && rc != LS_ECORRUPT) return rc;
  ls_state_abort(w->state);
  return begin_aside(w, to, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Fresh events */

/* All at once; when one is at fault they are applied again one by one. Faults are rare. */
static int apply_fresh(work *w, ls_error *err) {
  const ls_rebase *r = w->rebase;
  int rc = ls_state_try(w->state, err), fault = LS_OK;
  for (size_t i = 0; !rc && !fault && i < r->n_fresh; i++) {
    rc = ls_state_apply(w->state, &r->fresh[i], false, err);
    if (ls_state_event_at_fault(rc)) fault = rc, rc = LS_OK;
  }
  if (rc) return rc;
  if (!fault) return ls_state_keep(w->state, err);
  rc = ls_state_take_back(w->state, err);
  for (size_t i = 0; !rc && i < r->n_fresh; i++) rc = ls_state_apply_or_fail(w->state, &r->fresh[i], err);
  return rc;
}

static int take_fresh(work *w, ls_error *err) {
  int rc = ls_log_append(w->log, w->rebase->fresh, w->rebase->n_fresh, err);
  if (!rc) rc = apply_fresh(w, err);
  if (rc) return rc;
  tell_graph(w);
  w->applied += w->rebase->n_fresh;
  w->head = ls_log_head(w->log).seq;
  return w->rebase->n_moved ? ls_state_mark(w->state, ls_log_head(w->log), err) : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Moved events */

static void number(work *w, const ls_event *from, size_t n, int64_t undoes) {
  ls_seqnum head = w->head;
  for (size_t i = 0; i < n; i++) {
    ls_event *event = &w->events[w->n + i];
    *event = from[i];
    ls_seqnum_next(&event->seq, &event->parent, head, from[i].seq.client != 0, w->rebase->generation);
    event->more = (int64_t)(n - 1 - i);
    event->undoes = undoes;
    head = event->seq;
  }
}

/* 1; 0 when the event `item` is at fault, and nothing of the commit is left. */
static int apply_commit(size_t *item, work *w, size_t n, ls_error *failure, ls_error *err) {
  int rc = ls_state_try(w->state, err), fault = LS_OK;
  for (size_t i = 0; !rc && !fault && i < n; i++) {
    rc = fault = ls_state_apply(w->state, &w->events[w->n + i], false, failure);
    *item = i;
    if (ls_state_event_at_fault(fault))
      rc = LS_OK;
    else if (rc && err)
      *err = *failure;
  }
  if (!rc) rc = fault ? ls_state_take_back(w->state, err) : ls_state_keep(w->state, err);
  return rc ? rc : !fault;
}

static void note_conflict(const work *w, const ls_conflict *conflict) {
  char at[LS_SEQNUM_TEXT];
  const ls_event *event = &conflict->events[conflict->item];
  ls_note(&w->store->session->notes, LS_LOG_WARNING, "conflict", "%s %s was set aside: %s",
          ls_seqnum_format(event->seq, at), event->name, conflict->error);
}

static int add_result(ls_rebase_result *result, size_t first, size_t n, ls_error *err) {
  if (result->n == result->capacity) {
    size_t capacity = result->capacity * 2 + 8;
    ls_rebase_conflict *more = ls_realloc(result->conflicts, capacity * sizeof *more);
    if (!more) return ls_fail_nomem(err);
    result->conflicts = more;
    result->capacity = capacity;
  }
  result->conflicts[result->n++] = (ls_rebase_conflict){first, n};
  return LS_OK;
}

/* When its beginning is confirmed already, that is all of the commit now. */
static int end_commit(work *w, const ls_event *rest, ls_error *err) {
  ls_log_brief before;
  ls_seqnum behind = ls_seqnum_at_place(ls_seqnum_place(w->rebase->after) + 1, 0);
  int got = ls_log_session(&before, 1, w->log, rest, behind, true, 0, err);
  if (got < 0) return got;
  return got && before.more == rest->more + 1 ? ls_log_tear(w->log, before.seq, err) : LS_OK;
}

static int set_aside(work *w, size_t first, const ls_conflict *conflict, ls_error *err) {
  bool oldest = ls_undo_recount_is_oldest(&w->recount, first);
  int rc = add_result(&w->result, first, conflict->n, err);
  if (!rc) rc = ls_log_conflict_add(w->log, conflict, err);
  if (!rc && oldest) rc = end_commit(w, conflict->events, err);
  if (rc) return rc;
  note_conflict(w, conflict);
  ls_undo_recount_tell(&w->recount, first, conflict->n, true);
  return LS_OK;
}

static int append_step(work *w, ls_error *err) {
  int rc = ls_log_append(w->log, w->events + w->appended, w->n - w->appended, err);
  if (rc) return rc;
  tell_graph(w);
  w->appended = w->n;
  return ls_state_mark(w->state, ls_log_head(w->log), err);
}

static int keep_commit(work *w, size_t first, size_t n, ls_error *err) {
  ls_undo_recount_tell(&w->recount, first, n, false);
  w->n += n;
  w->applied += n;
  w->head = w->events[w->n - 1].seq;
  return w->n - w->appended >= STEP_EVENTS ? append_step(w, err) : LS_OK;
}

static int move_commit(work *w, size_t first, size_t n, ls_error *err) {
  const ls_event *from = &w->rebase->moved[first];
  ls_conflict conflict = {
      .cause = LS_CONFLICT_UNDONE, .events = from, .n = n, .error = "what it undoes or redoes was set aside"};
  int64_t undoes;
  if (!ls_undo_recount_get(&undoes, &w->recount, first, from->undoes)) return set_aside(w, first, &conflict, err);
  ls_error failure;
  ls_error_clear(&failure);
  number(w, from, n, undoes);
  int good = apply_commit(&conflict.item, w, n, &failure, err);
  if (good < 0) return good;
  if (good) return keep_commit(w, first, n, err);
  conflict.cause = LS_CONFLICT_REBASE;
  conflict.error = failure.text;
  return set_aside(w, first, &conflict, err);
}

static int take_commit(work *w, size_t first, size_t n, ls_error *err) {
  const ls_rebase *r = w->rebase;
  ls_conflict conflict = {.events = &r->moved[first], .n = n};
  ls_rebase_fate fate = r->fate ? r->fate(&conflict, r->user) : LS_REBASE_MOVE;
  if (fate == LS_REBASE_SET_ASIDE) return set_aside(w, first, &conflict, err);
  if (fate == LS_REBASE_MOVE) return move_commit(w, first, n, err);
  ls_undo_recount_tell(&w->recount, first, n, true);
  return LS_OK;
}

static int take_moved(work *w, ls_error *err) {
  const ls_rebase *r = w->rebase;
  if (!r->n_moved) return LS_OK;
  w->events = ls_malloc(r->n_moved * sizeof *w->events);
  if (!w->events) return ls_fail_nomem(err);
  int rc = ls_undo_recount_new(&w->recount, r->moved, r->n_moved, err);
  for (size_t i = 0, n; !rc && i < r->n_moved; i += n) {
    n = ls_pending_commit(&r->moved[i], r->n_moved - i);
    rc = take_commit(w, i, n, err);
  }
  return rc ? rc : append_step(w, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Log and state together */

static int set_facts(work *w, ls_error *err) {
  const ls_rebase *r = w->rebase;
  int rc = r->generation ? ls_log_set_generation(w->log, r->generation, err) : LS_OK;
  if (!rc && r->backend_id) rc = ls_log_set_facts(w->log, &(ls_log_pair){"backend_id", r->backend_id}, 1, err);
  if (!rc && r->fact.key) rc = ls_log_set_facts(w->log, &r->fact, 1, err);
  return rc ? rc : ls_log_set_upstream_head(w->log, r->upstream_head, err);
}

static int change_log(work *w, ls_error *err) {
  const ls_rebase *r = w->rebase;
  int rc = ls_log_begin(w->log, err);
  if (rc) return rc;
  if (r->backend_id) rc = ls_log_set_upstream_head(w->log, r->after, err);
  if (!rc && ls_seqnum_after(ls_log_head(w->log).seq, r->after)) rc = ls_log_cut(w->log, r->after, err);
  if (!rc) rc = take_fresh(w, err);
  if (!rc) rc = take_moved(w, err);
  if (!rc) rc = set_facts(w, err);
  if (!rc) rc = ls_receipts_reserve(&w->store->leader->receipts, w->result.n, err);
  if (!rc) rc = ls_log_flush(w->log, err);
  if (rc) ls_log_abort(w->log);
  return rc;
}

/* One in memory takes the present one's place. One in a file without a name cannot: there, following makes the state
 * anew. What state.db holds is of little use then. */
static int end_aside(work *w) {
  ls_store *store = w->store;
  ls_session *session = store->session;
  int rc = ls_past_place(store) ? LS_ENOTFOUND : ls_state_commit(w->state, ls_log_head(w->log), NULL);
  if (!rc) rc = ls_session_swap(session, session->schema, w->state, NULL);
  if (rc) {
    ls_state_free(w->state);
    return rc;
  }
  store->snapshot = (ls_mark){LS_SEQNUM_ROOT, 0};
  store->unsaved += LS_STORE_CLOSE_TAIL + 1;
  return LS_OK;
}

/* The log is changed: what cannot be done now is done by following it, at the next call on the store if need be. */
static void end_state(work *w) {
  int rc = w->aside ? end_aside(w) : ls_state_commit(w->state, ls_log_head(w->log), NULL);
  if (rc)
    ls_store_follow(w->store, NULL);
  else
    w->store->unsaved += w->applied;
}

static void give_up_state(work *w) {
  if (w->aside)
    ls_state_free(w->state);
  else if (w->state && w->state->in_transaction)
    ls_state_abort(w->state);
}

int ls_rebase_run(ls_rebase_result *out, const ls_rebase *rebase, ls_error *err) {
  work w = {.rebase = rebase, .store = rebase->store, .log = rebase->store->leader->log};
  int rc = begin(&w, err);
  if (!rc) rc = change_log(&w, err);
  if (rc)
    give_up_state(&w);
  else
    end_state(&w);
  ls_free(w.events);
  ls_undo_recount_fini(&w.recount);
  if (rc)
    ls_free(w.result.conflicts);
  else
    *out = w.result;
  return rc;
}
