/* conflict.c - what clients do with the oldest of their conflicts. */
#include <inttypes.h>

#include "sim/world.h"

typedef struct oldest {
  sim_client *client;
  int64_t id, numbers[SIM_BATCH];
  size_t n;
  sim_undo *undos[SIM_BATCH]; /* those that are one whose place is known, or NULL */
} oldest;

static int take_oldest(void *user, const ls_conflict *conflict) {
  oldest *out = user;
  sim_client *c = out->client;
  out->id = conflict->id;
  for (size_t i = 0; i < conflict->n && i < SIM_BATCH; i++) {
    const ls_event *event = &conflict->events[i];
    uint64_t digest = sim_oracle_digest(event->name, event->args);
    if (sim_oracle_is_undo(event->name))
      out->undos[i] = sim_oracle_undo_at(&c->world->oracle, c->id, event->seq, digest);
    out->numbers[out->n++] = sim_oracle_number(event->name, event->args);
  }
  return 1;
}

static void set_fate(sim_client *c, const oldest *of, sim_fate fate, const ls_receipt *receipt) {
  for (size_t i = 0; i < of->n; i++) {
    sim_event *e = sim_oracle_event(&c->world->oracle, of->numbers[i]);
    if (!e || e->client != c->id) continue;
    if (e->fate != SIM_TAKEN && fate == SIM_TAKEN) continue; /* it may have been lost meanwhile, and come back */
    e->fate = fate;
    if (!receipt) continue;
    e->receipt = *receipt;
    e->life = c->life;
    e->survives = sim_promise_of(c);
  }
}

/* What lost power may find in the log again that its conflict was made of, and stays there. */
static void drop_undos(const oldest *of, bool dead) {
  for (size_t i = 0; i < of->n; i++) {
    sim_undo *u = of->undos[i];
    if (u && !u->place) u->fate = dead ? SIM_LOSABLE : SIM_DROPPED;
  }
}

/* What lost power has forgotten that it was retried. */
static bool is_in_log(sim_client *c, const oldest *of) {
  for (size_t i = 0; i < of->n; i++) {
    const sim_event *e = sim_oracle_event(&c->world->oracle, of->numbers[i]);
    if (e && e->place) return true;
  }
  return false;
}

/* A process that dies inside has done it or not. */
void sim_conflict_act(sim_client *c, const sim_action *a) {
  oldest o = {.client = c};
  ls_store *store = sim_client_store(c);
  ls_receipt receipt;
  ls_error err = {0};
  if (ls_conflicts(store, take_oldest, &o, &err) || !o.id || is_in_log(c, &o)) return;
  bool retry = a->verb == SIM_RETRY;
  int rc = retry ? ls_conflict_retry(&receipt, store, o.id, NULL, 0, &err) : ls_conflict_drop(store, o.id, &err);
  sim_say(c->world, c->name, "%s conflict %" PRId64 " (#%" PRId64 "): %s", retry ? "retries" : "drops", o.id,
          o.numbers[0], rc ? err.text : "done");
  bool dead = ls_sim_disk_is_stopped(c->disk);
  if (!retry && (!rc || dead)) drop_undos(&o, dead);
  if (dead)
    set_fate(c, &o, SIM_LOSABLE, NULL);
  else if (!rc && retry)
    set_fate(c, &o, SIM_TAKEN, &receipt);
  else if (!rc)
    set_fate(c, &o, SIM_DROPPED, NULL);
  if (!dead) sim_check_view(c, 0);
}
