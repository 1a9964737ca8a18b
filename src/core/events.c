/* Reading the log for an application: events that pass a filter, and the rows that one event changed. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/past.h"
#include "base/seqnum.h"

struct ls_events {
  ls_store *store;
  ls_events *before, *after; /* in the store's list of them */
  ls_log_cursor *cursor;
  ls_event_filter filter;
  char *name, *client_id, *session_id;
  bool waiting;   /* an event was read that upstream has not accepted yet; it is in `event` */
  const ls_event *event;
};

static int dup_text(char **out, const char *text) {
  *out = text ? ls_strdup(text) : NULL;
  return text && !*out ? LS_ENOMEM : LS_OK;
}

static void link_in(ls_events *events, ls_store *store) {
  events->store = store;
  events->after = store->readers;
  if (events->after) events->after->before = events;
  store->readers = events;
}

static void link_out(ls_events *events) {
  if (events->before) events->before->after = events->after;
  else events->store->readers = events->after;
  if (events->after) events->after->before = events->before;
}

int ls_events_open(ls_events **out, ls_store *store, const ls_event_filter *filter, ls_error *err) {
  static const ls_event_filter ALL;
  if (!filter) filter = &ALL;
  if (!ls_seqnum_in_range(filter->since)) return ls_fail(err, LS_ELIMIT, "`since` is beyond the largest position");
  ls_events *events = ls_calloc(1, sizeof *events);
  if (!events) return ls_fail_nomem(err);
  link_in(events, store);
  events->filter = *filter;
  int rc = dup_text(&events->name, events->filter.name);
  if (!rc) rc = dup_text(&events->client_id, events->filter.client_id);
  if (!rc) rc = dup_text(&events->session_id, events->filter.session_id);
  if (rc) ls_fail_nomem(err);
  if (!rc) rc = ls_log_cursor_open(&events->cursor, store->leader->log, events->filter.since, err);
  if (rc) {
    ls_events_close(events);
    return rc;
  }
  *out = events;
  return LS_OK;
}

void ls_events_close(ls_events *events) {
  if (!events) return;
  link_out(events);
  ls_log_cursor_close(events->cursor);
  ls_free(events->name);
  ls_free(events->client_id);
  ls_free(events->session_id);
  ls_free(events);
}

static bool passes(const ls_events *events, const ls_event *event) {
  return (!events->filter.synced || event->seq.client == 0) &&
         (!events->name || sqlite3_strglob(events->name, event->name) == 0) &&
         (!events->client_id || strcmp(events->client_id, event->client_id) == 0) &&
         (!events->session_id || strcmp(events->session_id, event->session_id) == 0);
}

/* An event that upstream has not accepted is kept back; asking again later finds it accepted, or still waits. */
static bool must_wait(const ls_events *events, const ls_event *event) {
  return events->filter.confirmed && ls_seqnum_after(event->seq, ls_log_upstream_head(events->store->leader->log));
}

int ls_events_next(const ls_event **out, ls_events *events, ls_error *err) {
  ls_seqnum until = events->filter.until;
  for (;;) {
    events->waiting = events->waiting && ls_log_cursor_holds(events->cursor);
    int more = events->waiting ? 1 : ls_log_cursor_next(&events->event, NULL, events->cursor, err);
    if (more <= 0) return more;
    const ls_event *event = events->event;
    bool beyond = !ls_seqnum_is_root(until) && ls_seqnum_after(event->seq, until);
    events->waiting = beyond || must_wait(events, event);
    if (events->waiting) return 0;
    if (!passes(events, event)) continue;
    *out = event;
    return 1;
  }
}

/* ---------------------------------------------------------------------------------------------- */

/* The rows that `changeset` names, as an application sees them. */
static int give_changes(const ls_state *state, ls_change_fn each, void *user, ls_error *err) {
  ls_change_reader reader = {.data = state->capture.record.data, .size = state->capture.record.size, .tables = &state->tables};
  ls_row_change row;
  int more = 0, stop = 0;
  while (!stop && (more = ls_change_reader_next(&row, &reader, err)) == 1) {
    if (row.table->shadow) continue;
    ls_change change = {.op = row.op, .table = row.table->name, .n = row.table->n, .columns = row.table->columns,
                        .before = row.before, .after = row.after};
    stop = each(user, &change);
  }
  ls_change_reader_fini(&reader);
  return more < 0 ? more : LS_OK;
}

static int apply_and_give(ls_state *state, const ls_event *event, ls_change_fn each, void *user, ls_error *err) {
  state->capture.on = state->capture.whole_rows = true;
  state->capture.limit = SIZE_MAX;
  int rc = ls_state_begin(state, err);
  if (rc) return rc;
  rc = ls_state_apply(state, event, false, err);
  if (!rc) rc = give_changes(state, each, user, err);
  ls_state_abort(state);
  if (!ls_state_event_at_fault(rc)) return rc;
  if (err) err->code = LS_EMATERIALIZE;
  return LS_EMATERIALIZE;
}

/* Make the state before an event, and apply that. */
static int changes_of(ls_store *store, ls_seqnum seq, ls_change_fn each, void *user, ls_error *err) {
  ls_log *log = store->leader->log;
  ls_log_cursor *cursor = NULL;
  ls_state *state = NULL;
  const ls_event *event;
  ls_mark before;
  int rc = ls_log_floor(&before, log, ls_seqnum_at_place(ls_seqnum_place(seq) - 1, 0), err);
  if (!rc) rc = ls_log_cursor_open(&cursor, log, before.seq, err);
  if (!rc) rc = ls_past_make(&state, store, before, err);
  if (!rc) rc = ls_log_cursor_next(&event, NULL, cursor, err);
  bool busy = store->busy;
  store->busy = true;
  if (rc == 1) rc = apply_and_give(state, event, each, user, err);
  store->busy = busy;
  ls_log_cursor_close(cursor);
  ls_state_free(state);
  return rc;
}

int ls_event_changes(ls_store *store, ls_seqnum seq, ls_change_fn each, void *user, ls_error *err) {
  ls_mark mark;
  if (ls_seqnum_is_root(seq)) return ls_fail(err, LS_ENOTFOUND, "there is no event e0: the log begins behind it");
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_past_find(&mark, store, seq, err);
  return rc ? rc : changes_of(store, mark.seq, each, user, err);
}
