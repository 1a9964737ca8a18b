/* compare.c - what must hold when all is healed and quiet: all logs are the server's, what was promised is kept, and
 * what was refused is nowhere. */
#include <inttypes.h>
#include <stdlib.h>

#include "sim/world.h"

/* ---------------------------------------------------------------------------------------------- */
/* Logs */

static bool same_event(const sim_logged *a, const ls_event *b) {
  bool ours = strcmp(a->client_id, "x") != 0;
  return strcmp(a->name, b->name) == 0 && strcmp(a->client_id, b->client_id) == 0 &&
         strcmp(a->session_id, b->session_id) == 0 && a->n == sim_oracle_number(b->name, b->args) &&
         (!ours || strcmp(a->args, b->args) == 0);
}

/* Those that went to the server are looked for in its log.
 *   undo  the one that is known to stand there; NULL: one that was lost, perhaps, has come back */
static void find_undo(sim_client *c, const ls_event *e, sim_undo *undo) {
  if (!undo) undo = sim_oracle_undo_lost(&c->world->oracle, c->id, sim_oracle_digest(e->name, e->args));
  if (undo)
    undo->found++;
  else
    sim_wrong(c->world, "%s: an undo is there once too often, as e%" PRId64, c->name, e->seq.global);
}

static void find_undos(sim_world *w) {
  for (size_t i = 0; i < w->oracle.n_log; i++) {
    const sim_logged *e = &w->oracle.log[i];
    int client = (int)strtol(e->client_id + 1, NULL, 10);
    if (!sim_oracle_is_undo(e->name) || !client) continue;
    /* One that was lost here and pushed before may be taken for its like, committed since at the same place. */
    sim_undo *undo = sim_oracle_undo_placed(&w->oracle, i + 1);
    if (!undo) undo = sim_oracle_undo_standing(&w->oracle, client, i + 1, sim_oracle_digest(e->name, e->args));
    find_undo(&w->clients[client - 1], &(ls_event){.seq = {(int64_t)i + 1, 0, 0}, .name = e->name, .args = e->args}, undo);
  }
}

static void find_undo_at_home(sim_client *c, const ls_event *e) {
  uint64_t digest = sim_oracle_digest(e->name, e->args);
  find_undo(c, e, sim_oracle_undo_at(&c->world->oracle, c->id, e->seq, digest));
}

static void check_event(sim_client *c, const ls_event *e, size_t *at) {
  sim_oracle *o = &c->world->oracle;
  int64_t n = sim_oracle_number(e->name, e->args);
  sim_event *known = sim_oracle_event(o, n);
  char text[LS_SEQNUM_TEXT];
  ls_seqnum_format(e->seq, text);
  if (known && known->client == c->id) known->at_home++;
  if (sim_oracle_is_undo(e->name) && e->seq.client) find_undo_at_home(c, e);
  if (e->seq.client) {
    if (strcmp(e->client_id, c->name) != 0)
      sim_wrong(c->world, "%s: the client-only %s is of another client", c->name, text);
    return;
  }
  if (e->seq.global != (int64_t)++ * at) {
    sim_wrong(c->world, "%s: its log goes from e%zu to %s", c->name, *at - 1, text);
  } else if (*at > o->n_log) {
    sim_wrong(c->world, "%s: its log goes on to %s (#%" PRId64 "), and the server's ends at e%zu", c->name, text, n,
              o->n_log);
  } else if (!same_event(&o->log[*at - 1], e)) {
    sim_wrong(c->world, "%s: its %s is #%" PRId64 " %s %s, and the server's is #%" PRId64 " %s %s", c->name, text, n,
              e->name, e->args, o->log[*at - 1].n, o->log[*at - 1].name, o->log[*at - 1].args);
  }
}

static void check_log(sim_client *c) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  size_t at = 0;
  int rc = ls_events_open(&events, sim_client_store(c), NULL, &err);
  if (rc) {
    sim_wrong(c->world, "%s: its log cannot be read: %s", c->name, err.text);
    return;
  }
  while (!c->world->wrong[0] && (rc = ls_events_next(&event, events, &err)) == 1) check_event(c, event, &at);
  if (rc < 0) sim_wrong(c->world, "%s: its log cannot be read: %s", c->name, err.text);
  if (!rc && at != c->world->oracle.n_log) {
    sim_wrong(c->world, "%s: its log ends at e%zu, and the server's at e%zu", c->name, at, c->world->oracle.n_log);
  }
  ls_events_close(events);
}

static int note_conflict(void *user, const ls_conflict *conflict) {
  sim_client *c = user;
  sim_say(c->world, c->name, "conflict %" PRId64 ": e%" PRId64 "=#%" PRId64 " %s and %zu more: %s", conflict->id,
          conflict->events->seq.global, sim_oracle_number(conflict->events->name, conflict->events->args),
          conflict->events->name, conflict->n - 1, conflict->error);
  c->world->counts.conflicts++;
  for (size_t i = 0; i < conflict->n; i++) {
    sim_event *e =
        sim_oracle_event(&c->world->oracle, sim_oracle_number(conflict->events[i].name, conflict->events[i].args));
    if (e && e->client == c->id) e->conflicts++;
    if (sim_oracle_is_undo(conflict->events[i].name)) find_undo_at_home(c, &conflict->events[i]);
  }
  return 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* Promises */

static void check_taken(sim_world *w, const sim_event *e, int64_t n) {
  size_t there = (e->client_only ? e->at_home : e->place != 0) + e->conflicts;
  const char *name = w->clients[e->client - 1].name;
  if (there == 1 || (e->weak && there > 1)) return;
  if (!there)
    sim_wrong(w, "#%" PRId64 " of %s is lost", n, name);
  else
    sim_wrong(w, "#%" PRId64 " of %s is there %zu times: e%zu, %zu in its log, %zu conflicts", n, name, there, e->place,
              e->at_home, e->conflicts);
}

static void check_refused(sim_world *w, const sim_event *e, int64_t n) {
  if (e->place || e->at_home || e->conflicts) {
    sim_wrong(w, "#%" PRId64 " is there, although %s", n,
              e->fate == SIM_DROPPED ? "its conflict was dropped" : "its commit failed");
  }
}

/* Confirmed when all of it is; one of several pushes may be confirmed in part, and set aside in part. One that ends
 * with a client-only event is confirmed with the next synced one. */
static void check_stage(sim_world *w, const sim_event *e, int64_t n) {
  const sim_client *c = &w->clients[e->client - 1];
  const sim_event *first = sim_oracle_event(&w->oracle, e->first), *last = first + e->count - 1;
  bool known = e->life == c->life && e->fate == SIM_TAKEN && !e->weak;
  if (!known || last->client_only) return;
  ls_stage expected = LS_STAGE_CONFIRMED, stage = ls_receipt_stage(sim_client_store(c), &e->receipt);
  for (const sim_event *each = first; each <= last; each++) {
    known = known && each->fate == SIM_TAKEN && each->receipt.serial == e->receipt.serial; /* not retried since */
    if (!each->place && !each->client_only) expected = LS_STAGE_SET_ASIDE;
  }
  if (known && stage != expected) {
    sim_wrong(w, "the receipt of #%" PRId64 " of %s says stage %d, and it is %d", n, c->name, (int)stage,
              (int)expected);
  }
}

static bool is_there(const sim_event *e) { return e->place || e->at_home || e->conflicts; }

/* All of a commit's events or none. */
static void check_whole(sim_world *w, const sim_event *e, int64_t n) {
  const sim_event *first = sim_oracle_event(&w->oracle, e->first);
  if (e->fate == SIM_TRIED && first->fate == SIM_TRIED && is_there(first) != is_there(e)) {
    sim_wrong(w, "#%" PRId64 " and #%" PRId64 " are of one commit, and only one of them is there", e->first, n);
  }
}

static void check_promises(sim_world *w) {
  for (size_t i = 0; i < w->oracle.n_undos; i++) {
    const sim_undo *u = &w->oracle.undos[i];
    if (u->fate == SIM_TAKEN && !u->found) sim_wrong(w, "an undo of c%d is lost", u->client);
    if (u->found > 1) sim_wrong(w, "an undo of c%d is there %zu times", u->client, u->found);
    if (u->fate == SIM_DROPPED && u->found)
      sim_wrong(w, "an undo of c%d is there, although its conflict was dropped", u->client);
  }
  for (size_t i = 0; i < w->oracle.n && !w->wrong[0]; i++) {
    const sim_event *e = &w->oracle.events[i];
    int64_t n = (int64_t)i + 1;
    if (!e->client) continue;
    if (e->fate == SIM_TAKEN) check_taken(w, e, n);
    if (e->fate == SIM_REFUSED || e->fate == SIM_DROPPED) check_refused(w, e, n);
    check_whole(w, e, n);
    check_stage(w, e, n);
  }
}

/* ---------------------------------------------------------------------------------------------- */

void sim_compare_all(sim_world *w) {
  w->counts.checks++;
  for (size_t i = 0; i < w->oracle.n; i++) w->oracle.events[i].conflicts = w->oracle.events[i].at_home = 0;
  for (size_t i = 0; i < w->oracle.n_undos; i++) w->oracle.undos[i].found = 0;
  find_undos(w);
  for (int i = 0; i < w->schedule->n_clients && !w->wrong[0]; i++) {
    sim_client *c = &w->clients[i];
    ls_error err;
    check_log(c);
    if (ls_conflicts(sim_client_store(c), note_conflict, c, &err)) sim_wrong(w, "%s: %s", c->name, err.text);
    for (int s = 0; s < SIM_SESSIONS; s++) sim_check_view(c, s);
  }
  if (!w->wrong[0]) check_promises(w);
  if (!w->wrong[0]) sim_compare_states(w);
}
