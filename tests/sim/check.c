/* check.c - what must hold while things happen: a subscription shows what a query shows, and no number of a client
 * ever stands for two events. */
#include <inttypes.h>

#include "base/event.h"
#include "base/hash.h"
#include "base/seqnum.h"
#include "core/store.h"
#include "sim/world.h"

/* ---------------------------------------------------------------------------------------------- */
/* Subscriptions */

static bool row_is(const ls_rows *rows, size_t row, ls_query *query) {
  for (size_t i = 0; i < ls_query_columns(query); i++) {
    if (!ls_value_equal(ls_rows_value(rows, row, i), ls_query_value(query, i))) return false;
  }
  return true;
}

void sim_check_view(sim_client *c, int session) {
  sim_view *view = &c->views[session];
  ls_query *query;
  ls_error err;
  size_t n = 0;
  bool same = true;
  int rc;
  if (!view->watch || !view->told) return;
  /* Where the disk failed in a commit, the state may follow later, and subscriptions are told with the next change. */
  if (c->flaky) ls_refresh(view->store, NULL);
  if (ls_query_open(&query, view->store, SIM_WATCHED, LS_NO_PARAMS, &err)) return;
  while ((rc = ls_query_next(query, &err)) == 1 && same) same = row_is(view->rows, n++, query);
  if (!rc && (!same || n != ls_rows_count(view->rows))) {
    sim_wrong(c->world, "%s: its subscription shows other rows than a query", c->name);
  }
  ls_query_close(query);
}

/* ---------------------------------------------------------------------------------------------- */
/* Numbers of pending events */

static uint64_t identity_of(const ls_event *e) {
  return ls_hash64(e->args, e->args_size, ls_hash64(e->name, strlen(e->name), 0));
}

static void check_number(sim_client *c, const ls_event *e) {
  uint64_t place = ls_hash64(&e->seq, sizeof e->seq, 0), identity = identity_of(e);
  for (size_t i = place % SIM_NUMBERS, passed = 0; passed < SIM_NUMBERS; i = (i + 1) % SIM_NUMBERS, passed++) {
    sim_number *at = &c->numbers[i];
    if (at->place && at->place != place) continue;
    int64_t n = sim_oracle_number(e->name, e->args);
    if (at->identity && at->identity != identity) {
      char text[LS_SEQNUM_TEXT];
      sim_wrong(c->world, "%s: its number %s stands for #%" PRId64 ", and stood for another event before", c->name,
                ls_seqnum_format(e->seq, text), n);
    }
    *at = (sim_number){place, identity, n};
    return;
  }
}

static bool was_tried(sim_client *c, const sim_number *number) {
  sim_oracle *o = &c->world->oracle;
  const sim_event *e = sim_oracle_event(o, number->n);
  if (e) return e->fate == SIM_TRIED;
  for (size_t i = 0; i < o->n_undos; i++) {
    const sim_undo *u = &o->undos[i];
    if (u->client == c->id && u->digest == number->identity && u->fate == SIM_TRIED) return true;
  }
  return false;
}

void sim_forget_tried(sim_client *c) {
  for (size_t i = 0; i < SIM_NUMBERS; i++) {
    if (c->numbers[i].place && was_tried(c, &c->numbers[i])) c->numbers[i].identity = 0;
  }
}

/* Looks only when the log has changed. */
void sim_check_pending(sim_client *c) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  ls_store *store = sim_client_store(c);
  ls_seqnum head = ls_log_head(store->leader->log).seq, upstream_head = ls_log_upstream_head(store->leader->log);
  if ((c->flaky && !sim_promise_of(c)) || ls_seqnum_equal(head, c->looked_at) || !ls_seqnum_after(head, upstream_head))
    return;
  if (ls_events_open(&events, store, &(ls_event_filter){.since = upstream_head}, &err)) return;
  c->looked_at = head;
  while (ls_events_next(&event, events, &err) == 1) {
    if (strcmp(event->client_id, c->name) == 0) check_number(c, event);
  }
  ls_events_close(events);
}
