#include "sim/oracle.h"

#include <stdlib.h>

#include "base/hash.h"
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

void sim_oracle_undo(sim_oracle *o, sim_undo undo) {
  if (o->n_undos == o->undo_capacity) {
    o->undo_capacity = o->undo_capacity ? 2 * o->undo_capacity : 16;
    o->undos = sim_realloc(o->undos, o->undo_capacity * sizeof *o->undos);
  }
  o->undos[o->n_undos++] = undo;
}

uint64_t sim_oracle_digest(const char *name, const char *args) {
  return ls_hash64(args, strlen(args), ls_hash64(name, strlen(name), 0));
}

sim_undo *sim_oracle_find_undo(sim_oracle *o, int client, const char *name, const char *args) {
  uint64_t digest = sim_oracle_digest(name, args);
  sim_undo *found = NULL;
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *u = &o->undos[i];
    if (u->client != client || (u->digest && u->digest != digest) || u->found) continue;
    if (u->fate == SIM_TAKEN) return u;
    if (!found || u->digest) found = u;
  }
  return found;
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
  for (size_t i = 0; i < o->n_undos; i++) o->undos[i].found = 0;
  for (size_t i = 0; i < o->n_log; i++) {
    const sim_logged *event = &o->log[i];
    if (!sim_oracle_is_undo(event->name)) continue;
    sim_undo *u = sim_oracle_find_undo(o, (int)strtol(event->client_id + 1, NULL, 10), event->name, event->args);
    if (!u) continue;
    u->found = 1;
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
  }
}

void sim_oracle_fini(sim_oracle *o) {
  log_free(o);
  free(o->log);
  free(o->events);
  free(o->undos);
}
