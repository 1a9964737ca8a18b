/* states.c - states that come of one log are the same: on all clients of a schema, in all sessions, and when they are
 * made anew. What is on the disks is whole. */
#include "base/hash.h"
#include "sim/world.h"

static uint64_t hash_rows(sim_client *c, const char *sql, uint64_t seed) {
  ls_query *query;
  ls_error err;
  if (ls_query_open(&query, sim_client_store(c), sql, LS_NO_PARAMS, &err)) {
    sim_wrong(c->world, "%s: %s", c->name, err.text);
    return 0;
  }
  while (ls_query_next(query, &err) == 1) {
    for (size_t i = 0; i < ls_query_columns(query); i++) {
      const char *text = ls_query_text(query, i);
      seed = ls_hash64(text, strlen(text) + 1, seed);
    }
  }
  ls_query_close(query);
  return seed;
}

/* What all clients share. */
static const char *const SHARED[] = {"SELECT * FROM item ORDER BY id", "SELECT * FROM tally ORDER BY id",
                                     "SELECT * FROM claim ORDER BY name"};
enum { N_SHARED = sizeof SHARED / sizeof SHARED[0] };

static uint64_t hash_shared(sim_client *c) {
  uint64_t hash = 1;
  for (int i = 0; i < N_SHARED; i++) hash = hash_rows(c, SHARED[i], hash);
  return hash;
}

static void say_rows(sim_client *c, const char *sql) {
  ls_query *query;
  if (!c->world->timeline || ls_query_open(&query, sim_client_store(c), sql, LS_NO_PARAMS, NULL)) return;
  while (ls_query_next(query, NULL) == 1) {
    char text[200] = "";
    for (size_t i = 0, at = 0; i < ls_query_columns(query) && at < sizeof text; i++) {
      at += (size_t)snprintf(text + at, sizeof text - at, " %s", ls_query_text(query, i));
    }
    sim_say(c->world, c->name, "%.5s has%s", strstr(sql, "FROM ") + 5, text);
  }
  ls_query_close(query);
}

static void say_shared(sim_client *c) {
  for (int i = 0; i < N_SHARED; i++) say_rows(c, SHARED[i]);
}

static void compare_shared(sim_world *w) {
  sim_client *first[2] = {NULL, NULL};
  uint64_t hashes[2] = {0, 0};
  for (int i = 0; i < w->schedule->n_clients; i++) {
    sim_client *c = &w->clients[i];
    int schema = c->schema - 1;
    uint64_t hash = hash_shared(c);
    if (first[schema] && hashes[schema] != hash) {
      say_shared(first[schema]);
      say_shared(c);
      sim_wrong(w, "%s and %s have the same log and not the same state", first[schema]->name, c->name);
    }
    first[schema] = c;
    hashes[schema] = hash;
  }
}

/* All sessions of a client hold the same. */
static void check_sessions(sim_client *c, const char *expected) {
  for (int i = 1; i < SIM_SESSIONS; i++) {
    char hash[33];
    ls_error err;
    if (!c->views[i].store) continue;
    if (ls_state_hash(hash, c->views[i].store, &err))
      sim_wrong(c->world, "%s: session s%d: %s", c->name, i, err.text);
    else if (strcmp(hash, expected) != 0)
      sim_wrong(c->world, "%s: session s%d has another state than s0", c->name, i);
  }
}

static void check_replay(sim_client *c) {
  char before[33], after[33];
  ls_error err;
  ls_store *store = sim_client_store(c);
  sim_client_enter(c);
  int rc = ls_state_hash(before, store, &err);
  if (!rc) check_sessions(c, before);
  if (!rc) rc = ls_rebuild(store, &err);
  if (!rc) rc = ls_state_hash(after, store, &err);
  if (rc)
    sim_wrong(c->world, "%s: its state is not made anew: %s", c->name, err.text);
  else if (strcmp(before, after) != 0) {
    sim_wrong(c->world, "%s: its state is %s, and %s when it is made anew from the log", c->name, before, after);
  } else {
    check_sessions(c, after);
  }
}

void sim_compare_states(sim_world *w) {
  compare_shared(w);
  for (int i = 0; i < w->schedule->n_clients && !w->wrong[0]; i++) check_replay(&w->clients[i]);
}

/* ---------------------------------------------------------------------------------------------- */
/* Files */

/* What others push may fit no schema, and be found; a snapshot may be of no use any more. Damage may not be. */
static void tell_finding(void *user, const ls_finding *finding) {
  sim_client *c = user;
  switch (finding->code) {
    case LS_EARGS:
    case LS_EJSON:
    case LS_EEVENT:
    case LS_EMATERIALIZE:
    case LS_EFORMAT: return;
    default: sim_wrong(c->world, "%s: its files: %s", c->name, finding->text);
  }
}

void sim_compare_files(sim_world *w) {
  for (int i = 0; i < w->schedule->n_clients && !w->wrong[0]; i++) {
    sim_client *c = &w->clients[i];
    char path[16];
    ls_check_report report;
    ls_error err;
    snprintf(path, sizeof path, "%s/store", c->name);
    sim_client_close(c);
    if (ls_check(&report, path, NULL, tell_finding, c, &err))
      sim_wrong(w, "%s: its files cannot be checked: %s", c->name, err.text);
  }
}
