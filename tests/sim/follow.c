/* follow.c - where a client's undos stand. Their events have no numbers, and two of them may have the same content, so
 * the oracle tells one by its place in its client's log and its content. Behind each call into the library it looks
 * where they are now. A place that is as it was stands for what it stood for. What a rebase has moved has kept its order:
 *
 *   known   U1  U2  U3        U2 became a conflict, and keeps the place where it stood last
 *   log     U1      U3'       from the end on, each is the last one of that content that is not there yet
 *
 * What a process left behind that died in an undo is taken for one that was tried. */
#include <stdlib.h>

#include "base/seqnum.h"
#include "core/log.h"
#include "core/store.h"
#include "sim/memory.h"
#include "sim/world.h"

typedef struct seen {
  ls_seqnum *seqs;
  uint64_t *digests;
  size_t n, capacity;
} seen;

static void see(seen *s, const ls_event *e) {
  if (s->n == s->capacity) {
    s->capacity = s->capacity ? 2 * s->capacity : 16;
    s->seqs = sim_realloc(s->seqs, s->capacity * sizeof *s->seqs);
    s->digests = sim_realloc(s->digests, s->capacity * sizeof *s->digests);
  }
  s->seqs[s->n] = e->seq;
  s->digests[s->n++] = sim_oracle_digest(e->name, e->args);
}

static int read_log(seen *out, sim_client *c, ls_error *err) {
  ls_events *events;
  const ls_event *e;
  int rc = ls_events_open(&events, sim_client_store(c), NULL, err);
  if (rc) return rc;
  while ((rc = ls_events_next(&e, events, err)) == 1) {
    if (sim_oracle_is_undo(e->name) && strcmp(e->client_id, c->name) == 0) see(out, e);
  }
  ls_events_close(events);
  return rc;
}

static int see_conflict(void *user, const ls_conflict *conflict) {
  sim_client *c = user;
  for (size_t i = 0; i < conflict->n; i++) {
    const ls_event *e = &conflict->events[i];
    uint64_t digest = sim_oracle_is_undo(e->name) ? sim_oracle_digest(e->name, e->args) : 0;
    sim_undo *u = digest ? sim_oracle_undo_at(&c->world->oracle, c->id, e->seq, digest) : NULL;
    if (u) u->set_aside = true;
  }
  return 0;
}

static bool is_in_log(const sim_client *c, const sim_undo *u) {
  return u->client == c->id && !u->set_aside && !ls_seqnum_is_root(u->seq);
}

static bool is_at(const sim_undo *u, const seen *s, size_t i) {
  return u->digest == s->digests[i] && ls_seqnum_equal(u->seq, s->seqs[i]);
}

static bool has_moved(const sim_undo *u, const seen *s) {
  for (size_t i = 0; i < s->n; i++) {
    if (is_at(u, s, i)) return false;
  }
  return true;
}

static bool was_tried(const sim_client *c, const sim_undo *u) { return u->client == c->id && !u->digest; }

/* Which of the first `end` undos of the oracle the i-th one seen is; SIZE_MAX: none of them. */
static size_t which(const sim_client *c, const seen *s, size_t i, size_t end) {
  const sim_undo *undos = c->world->oracle.undos;
  for (size_t k = end; k-- > 0;) {
    if (is_in_log(c, &undos[k]) && is_at(&undos[k], s, i)) return k;
  }
  for (size_t k = end; k-- > 0;) {
    const sim_undo *u = &undos[k];
    bool same = u->digest == s->digests[i] && u->client_only == (s->seqs[i].client != 0);
    if (is_in_log(c, u) && same && has_moved(u, s)) return k;
  }
  for (size_t k = end; k-- > 0;) {
    if (was_tried(c, &undos[k])) return k;
  }
  return SIZE_MAX;
}

/* Client-only ones and others keep their order among themselves only: when the backend is replaced, others go. */
static void place(sim_client *c, const seen *s, bool client_only) {
  sim_oracle *o = &c->world->oracle;
  size_t end = o->n_undos;
  for (size_t i = s->n; i-- > 0;) {
    if ((s->seqs[i].client != 0) != client_only) continue;
    size_t k = which(c, s, i, end);
    if (k == SIZE_MAX) continue;
    end = k;
    o->undos[k].seq = s->seqs[i];
    o->undos[k].digest = s->digests[i];
    o->undos[k].client_only = client_only;
  }
}

/* Those that are gone without being missed: what the old backend had accepted. */
static void forget(sim_client *c, const seen *s) {
  sim_oracle *o = &c->world->oracle;
  for (size_t i = 0; i < o->n_undos; i++) {
    sim_undo *u = &o->undos[i];
    if (is_in_log(c, u) && u->weak && has_moved(u, s)) u->seq = LS_SEQNUM_ROOT;
  }
}

static bool has_undos(const sim_client *c) {
  const sim_oracle *o = &c->world->oracle;
  for (size_t i = 0; i < o->n_undos; i++) {
    if (is_in_log(c, &o->undos[i]) || was_tried(c, &o->undos[i])) return true;
  }
  return false;
}

/* What cannot be read now is read the next time. */
void sim_follow_undos(sim_client *c) {
  seen s = {.n = 0};
  ls_error err;
  ls_store *store = sim_client_store(c);
  if (!store || !has_undos(c)) return;
  const ls_log *log = store->leader->log;
  const sim_followed now = {c->life, ls_log_head(log).seq, ls_log_upstream_head(log), ls_log_generation(log)};
  if (memcmp(&now, &c->followed, sizeof now) == 0) return;
  if (!read_log(&s, c, &err) && !ls_conflicts(store, see_conflict, c, &err)) {
    place(c, &s, true);
    place(c, &s, false);
    forget(c, &s);
    c->followed = now;
  }
  free(s.seqs);
  free(s.digests);
}
