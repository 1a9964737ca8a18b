#include "core/sessions.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/graph.h"

#define APPENDED_EVENTS 1000 /* more of them are not worth one transaction, nor telling the graph about each row */

/* ---------------------------------------------------------------------------------------------- */
/* What may be done now */

bool ls_sessions_busy(const ls_store *store) {
  for (store = store->first; store; store = store->next) {
    if (store->busy) return true;
  }
  return false;
}

int ls_sessions_check_first(const ls_store *store, const char *what, ls_error *err) {
  if (store->first == store) return LS_OK;
  return ls_fail(err, LS_ELOCKED, "session \"%s\" shares the log of session \"%s\": only that one can %s",
                 store->session->session_id, store->first->session->session_id, what);
}

int ls_sessions_check_alone(const ls_store *store, const char *what, ls_error *err) {
  size_t n = 0;
  if (store->first != store) return LS_OK;
  for (const ls_store *other = store->next; other; other = other->next) n++;
  if (!n) return LS_OK;
  return ls_fail(err, LS_ELOCKED, "the store has %zu other %s open, such as \"%s\": close %s before %s", n,
                 n == 1 ? "session" : "sessions", store->next->session->session_id, n == 1 ? "it" : "them", what);
}

int ls_sessions_check_quiet(const ls_store *store, ls_error *err) {
  if (ls_sessions_busy(store))
    return ls_fail(err, LS_ELOCKED, "the store is at work: it cannot be closed from inside a callback");
  for (store = store->first; store; store = store->next) {
    if (ls_graph_busy(store->session->graph))
      return ls_fail(err, LS_ELOCKED, "the store calls an effect or subscription: it cannot be closed from inside");
  }
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Following */

static void drop_cursor(ls_store *store) {
  ls_log_cursor_close(store->ahead);
  store->ahead = NULL;
}

/* Have a cursor where the state stands. LS_ENOTFOUND the log was cut below that, or has gone far ahead. */
static int have_cursor(ls_store *store) {
  ls_log *log = store->leader->log;
  ls_mark at = store->session->state->at, mark;
  if (ls_log_head(log).seq.global - at.seq.global > APPENDED_EVENTS) return LS_ENOTFOUND;
  if (store->ahead && ls_log_cursor_stands_at(store->ahead, at)) return LS_OK;
  drop_cursor(store);
  int there = ls_log_mark(&mark, log, at.seq, NULL);
  if (there != 1 || mark.sum != at.sum) return there < 0 ? there : LS_ENOTFOUND;
  return ls_log_cursor_open(&store->ahead, log, at.seq, NULL);
}

static int apply_rest(ls_mark *at, uint64_t *n, ls_state *state, ls_log_cursor *cursor) {
  const ls_event *event;
  int rc = LS_OK, more = 0;
  while (!rc && (more = ls_log_cursor_next(&event, at, cursor, NULL)) == 1) {
    rc = ls_state_apply(state, event, false, NULL);
    ++*n;
  }
  return rc ? rc : more;
}

/* As a commit does it. When an event is at fault, or anything else goes wrong, nothing has changed. */
static int apply_appended(ls_store *store) {
  ls_state *state = store->session->state;
  ls_mark at = state->at;
  uint64_t n = 0;
  int rc = have_cursor(store);
  if (!rc) rc = ls_query_cache_settle(&store->session->queries, NULL);
  if (!rc) rc = ls_state_begin(state, NULL);
  if (rc) return rc;
  rc = apply_rest(&at, &n, state, store->ahead);
  if (!rc && !n) rc = LS_ENOTFOUND; /* a record must lead somewhere */
  if (rc) ls_state_abort(state);
  else rc = ls_state_commit(state, at, NULL);
  if (rc) {
    drop_cursor(store);
    return rc;
  }
  store->unsaved += n;
  ls_graph_changed(store->session->graph);
  return LS_OK;
}

int ls_sessions_catch_up(ls_store *store, ls_error *err) {
  if (apply_appended(store) == LS_OK) return LS_OK;
  if (store->session->state->in_transaction) return ls_fail_nomem(err);
  return ls_store_follow(store, err);
}

int ls_sessions_copy_state(ls_store *store, ls_error *err) {
  ls_session *session = store->session, *first = store->first->session;
  ls_state *state;
  int rc = ls_store_check_usable(store->first, err);
  if (!rc) rc = ls_state_copy(&state, first->state, NULL, err);
  if (rc) return rc;
  state->notes = &session->notes;
  ls_store_tune(store, state);
  rc = ls_session_swap(session, first->schema, state, err);
  if (rc) ls_state_free(state);
  return rc;
}

/* What it does itself, its cursor need not give. */
static void follow(ls_store *store) {
  if (ls_store_check_usable(store, NULL) == LS_OK && store->ahead) ls_log_cursor_skip(store->ahead);
}

void ls_sessions_follow(ls_store *store) {
  if (ls_sessions_busy(store)) return;
  store = store->first;
  follow(store);
  ls_store_snapshot_when_due(store); /* a flush that fails in it takes back what the others then need not follow */
  while ((store = store->next)) follow(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening and closing */

static int check_new(const ls_store *first, const char *session_id, ls_error *err) {
  for (const ls_store *each = first; each; each = each->next) {
    if (strcmp(each->session->session_id, session_id) == 0)
      return ls_fail(err, LS_EEXISTS, "session \"%s\" of this store is open already", session_id);
  }
  return LS_OK;
}

/* Snapshots are the first one's: for this one they are never due. */
static void borrow(ls_store *store, ls_store *first) {
  store->first = first;
  store->leader = first->leader;
  store->path = first->path;
  store->options = first->options;
  store->options.state = LS_STATE_MEMORY;
  store->options.snapshot_events = INT64_MAX;
}

static int make(ls_store **out, ls_store *first, const char *session_id, ls_error *err) {
  ls_store *store = ls_calloc(1, sizeof *store);
  if (!store) return ls_fail_nomem(err);
  borrow(store, first);
  int rc = ls_session_new(&store->session, store->leader, session_id, err);
  if (!rc) {
    store->session->notes.log = store->options.log;
    store->session->notes.user = store->options.log_user;
    rc = ls_sessions_copy_state(store, err);
  }
  if (rc) ls_store_free(store);
  else *out = store;
  return rc;
}

int ls_session_open(ls_store **out, ls_store *store, const char *session_id, ls_error *err) {
  ls_store *first = store->first, *made = NULL;
  char *id = NULL;
  int rc = ls_store_check_usable(first, err);
  if (!rc) rc = ls_store_choose_id(&id, "session", session_id, err);
  if (!rc) rc = check_new(first, id, err);
  if (!rc) rc = make(&made, first, id, err);
  ls_free(id);
  if (rc) return rc;
  ls_store *last = first;
  while (last->next) last = last->next;
  last->next = made;
  ls_error_clear(err);
  *out = made;
  return LS_OK;
}

void ls_sessions_leave(ls_store *store) {
  ls_store *before = store->first;
  while (before && before->next != store) before = before->next;
  if (before) before->next = store->next;
  store->leader = NULL;
  store->path = NULL;
  if (store->session) store->session->schema = NULL;
}
