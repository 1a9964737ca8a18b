#include "sim/oracle.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/seqnum.h"
#include "sim/memory.h"

int64_t sim_oracle_new(sim_oracle *o, sim_event event) {
  if (o->n == o->capacity) {
    o->capacity = o->capacity ? 2 * o->capacity : 64;
    o->events = sim_realloc(o->events, o->capacity * sizeof *o->events);
  }
  o->events[o->n++] = event;
  return (int64_t)o->n;
}

sim_event *sim_oracle_event(sim_oracle *o, int64_t n) { return n > 0 && (size_t)n <= o->n ? &o->events[n - 1] : NULL; }

int64_t sim_oracle_number(const char *name, const char *args) {
  const char *at = args && !sim_oracle_is_undo(name) ? strstr(args, "\"n\":") : NULL;
  return at ? strtoll(at + 4, NULL, 10) : 0;
}

/* A client that lost what it had pushed, and then commits the same in the same place, takes the one for the other. */
static void take_place(sim_oracle *o, sim_undo *undo) {
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *lost = &o->undos[i];
    bool same = lost->client == undo->client && lost->digest == undo->digest && ls_seqnum_is_root(lost->seq);
    if (!same || !lost->place || undo->client_only || undo->seq.global != (int64_t)lost->place) continue;
    undo->place = lost->place;
    lost->place = 0;
  }
}

void sim_oracle_undo(sim_oracle *o, sim_undo undo) {
  if (o->n_undos == o->undo_capacity) {
    o->undo_capacity = o->undo_capacity ? 2 * o->undo_capacity : 16;
    o->undos = sim_realloc(o->undos, o->undo_capacity * sizeof *o->undos);
  }
  take_place(o, &undo);
  o->undos[o->n_undos++] = undo;
}

uint64_t sim_oracle_digest(const char *name, const char *args) {
  return ls_hash64(args, strlen(args), ls_hash64(name, strlen(name), 0));
}

sim_undo *sim_oracle_undo_at(sim_oracle *o, int client, ls_seqnum seq, uint64_t digest) {
  for (size_t i = o->n_undos; i-- > 0;) {
    sim_undo *u = &o->undos[i];
    if (u->client == client && u->digest == digest && ls_seqnum_equal(u->seq, seq)) return u;
  }
  return NULL;
}

sim_undo *sim_oracle_undo_placed(sim_oracle *o, size_t place) {
  for (size_t i = 0; i < o->n_undos; i++) {
    if (o->undos[i].place == place) return &o->undos[i];
  }
  return NULL;
}

sim_undo *sim_oracle_undo_lost(sim_oracle *o, int client, uint64_t digest) {
  sim_undo *found = NULL;
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *u = &o->undos[i];
    if (u->client != client || (u->digest && u->digest != digest) || u->found || u->place) continue;
    if (!ls_seqnum_is_root(u->seq)) continue;
    if (!found || u->digest) found = u;
  }
  return found;
}

sim_undo *sim_oracle_undo_standing(sim_oracle *o, int client, size_t place, uint64_t digest) {
  for (size_t i = o->n_undos; i-- > 0;) {
    sim_undo *u = &o->undos[i];
    bool there = u->seq.global == (int64_t)place && !u->seq.client && !u->set_aside && !u->place;
    if (u->client == client && u->digest == digest && there) return u;
  }
  return NULL;
}

/* It has the place at which its client has pushed it. */
static void place_undo(sim_oracle *o, const sim_logged *event) {
  int client = (int)strtol(event->client_id + 1, NULL, 10);
  sim_undo *u = sim_oracle_undo_standing(o, client, o->n_log, sim_oracle_digest(event->name, event->args));
  if (u) u->place = o->n_log;
}

static char *copy(const char *text, size_t size) { return sim_copy(text ? text : "", text ? size : 0); }

const char *sim_oracle_log(sim_oracle *o, const ls_wire_event *event) {
  if (event->seq != (int64_t)o->n_log + 1) return "its number does not follow the one before";
  if (o->n_log == o->log_capacity) {
    o->log_capacity = o->log_capacity ? 2 * o->log_capacity : 64;
    o->log = sim_realloc(o->log, o->log_capacity * sizeof *o->log);
  }
  sim_logged *to = &o->log[o->n_log++];
  to->name = copy(event->name, strlen(event->name));
  to->args = copy(event->args, event->args_size);
  to->client_id = copy(event->client_id, strlen(event->client_id));
  to->session_id = copy(event->session_id, strlen(event->session_id));
  to->n = sim_oracle_number(to->name, to->args);
  if (sim_oracle_is_undo(to->name)) place_undo(o, to);
  sim_event *known = sim_oracle_event(o, to->n);
  if (!known) return to->n ? "nobody has committed it" : NULL;
  if (known->place && !known->weak) return "it is there already";
  if (known->fate == SIM_REFUSED) return "its commit failed";
  if (known->fate == SIM_DROPPED) return "its conflict was dropped";
  if (known->client_only) return "it is client-only";
  known->place = o->n_log;
  return NULL;
}

static void log_free(sim_oracle *o) {
  for (size_t i = 0; i < o->n_log; i++) {
    free(o->log[i].name);
    free(o->log[i].args);
    free(o->log[i].client_id);
    free(o->log[i].session_id);
  }
  o->n_log = 0;
}

static void replace_undos(sim_oracle *o) {
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *u = &o->undos[i];
    if (!u->place) continue;
    u->place = 0;
    u->weak = true;
    if (u->fate == SIM_TAKEN) u->fate = SIM_LOSABLE;
  }
}

void sim_oracle_replace(sim_oracle *o) {
  replace_undos(o);
  for (size_t i = 0; i < o->n; i++) {
    sim_event *e = &o->events[i];
    if (e->place) e->weak = true;
    /* Also of a commit that may have failed: what follows it on its client alone is then there without it. */
    if (e->place && (e->fate == SIM_TAKEN || e->fate == SIM_TRIED)) e->fate = SIM_LOSABLE;
    e->place = 0;
  }
  log_free(o);
}

void sim_oracle_crash(sim_oracle *o, int client, int kind) {
  for (size_t i = 0; i < o->n; i++) {
    sim_event *e = &o->events[i];
    bool kept = e->fate == SIM_TAKEN || e->fate == SIM_DROPPED;
    kept = kept || (e->fate == SIM_TRIED && e->client_only); /* its commit's synced events may come back without it */
    if (e->client != client || !kept || e->survives >= kind) continue;
    e->weak = true;
    if (!e->place) e->fate = SIM_LOSABLE;
  }
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *u = &o->undos[i];
    if (u->client != client || u->survives >= kind) continue;
    u->weak = true;
    if (u->fate == SIM_TAKEN || u->fate == SIM_DROPPED) u->fate = SIM_LOSABLE;
    u->seq = LS_SEQNUM_ROOT;
    u->set_aside = false;
  }
}

void sim_oracle_fini(sim_oracle *o) {
  log_free(o);
  free(o->log);
  free(o->events);
  free(o->undos);
}
