/* Random work on several sessions of one store: commits of one or more events, undo and redo, merges that rebase,
 * pushes, refusals, conflicts retried and dropped, batches, commits from inside subscriptions, sessions opened or closed.
 * After each step all sessions stand at the log's head with equal states, and those who watch have seen the newest; every
 * event that was committed is in the log or in the conflicts exactly once. In the end the states are that of a replay.
 *   LS_RUNS   runs (60; 6,000 with SOAK in the environment)
 *   LS_SEED   the first seed */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/house.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/tagged.h"
#include "support/upstream_fixture.h"

enum { STEPS = 150, TAGS = 4000, IDS = 30 };

typedef struct world world;

typedef struct watcher {
  world *w;
  ls_node *node;
  int64_t seen;
  int batches; /* begun on its session */
} watcher;

struct world {
  random_source random;
  uint64_t seed;
  house h;
  watcher watchers[HOUSE_MOST];
  upstream up;
  int tags, names;
  bool committed[TAGS];
  int inside; /* commits that subscriptions may still make in this step */
};

static uint32_t below(world *w, uint32_t n) { return random_below(&w->random, n); }
static ls_store *any(world *w) { return w->h.s[below(w, (uint32_t)w->h.n)]; }

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

static void commit(world *w, ls_store *store) {
  ls_input inputs[3];
  char args[3][TAGGED_ARGS];
  uint32_t n = 1 + below(w, 3);
  if (w->tags + 3 > TAGS) return;
  int first = w->tags;
  w->tags += (int)n;
  for (uint32_t i = 0; i < n; i++) tagged_random(&inputs[i], args[i], &w->random, IDS, first + (int)i);
  bool good = ls_commit_all(NULL, store, inputs, n, NULL) == LS_OK;
  for (uint32_t i = 0; i < n; i++) w->committed[first + (int)i] = good;
}

/* What it sees is what its session has, also when others are in the middle of being told. */
static void look(void *user, const ls_update *update) {
  watcher *me = user;
  world *w = me->w;
  me->seen = ls_rows_value(update->rows, 0, 0).as.i;
  require(w, me->seen == fixture_number(w->h.s[me - w->watchers], TAGGED_SUM),
          "a subscription was told what is not there");
  if (w->inside <= 0 || below(w, 3)) return;
  w->inside--;
  commit(w, any(w));
}

static void undo(world *w, ls_store *store) {
  ls_error err;
  int rc = below(w, 3) ? ls_undo(NULL, store, 1 + below(w, 2), &err) : ls_redo(NULL, store, 1, &err);
  require(w, rc == LS_OK || rc == LS_ENOTFOUND || rc == LS_EMATERIALIZE || rc == LS_EORDER, "undo: %s", err.text);
}

/* ---------------------------------------------------------------------------------------------- */
/* Upstream and conflicts */

static void merge(world *w) {
  ls_error err;
  for (uint32_t n = below(w, 4); n > 0; n--) {
    ls_input input;
    char args[TAGGED_ARGS];
    tagged_random(&input, args, &w->random, IDS, -1);
    if (strcmp(input.name, "local") != 0) upstream_add(&w->up, "other", input.name, args);
  }
  int rc = upstream_try_pull(NULL, &w->up, w->h.s[0], below(w, 4) ? SIZE_MAX : 1 + below(w, 5), &err);
  require(w, rc == LS_OK, "merge: %s", err.text);
}

/* What it has taken it cannot refuse. */
static void refuse(world *w) {
  upstream_pull(&w->up, w->h.s[0]);
  int64_t global = (int64_t)w->up.n + 1 + below(w, 3);
  int rc = ls_upstream_refused(w->h.s[0], global, "not today", NULL);
  require(w, rc == LS_OK || rc == LS_ENOTFOUND, "refused");
}

typedef struct picked {
  world *w;
  tagged_conflict conflict;
} picked;

static int pick(void *user, const ls_conflict *conflict) {
  picked *p = user;
  tagged_conflict_read(&p->conflict, conflict);
  return below(p->w, 2) == 0;
}

static void settle_conflict(world *w) {
  picked p = {.w = w};
  ls_error err;
  assert_ok(ls_conflicts(any(w), pick, &p, &err), &err);
  if (!p.conflict.id) return;
  bool drop = below(w, 2);
  int stays = tagged_conflict_settle(any(w), &p.conflict, drop, &err);
  require(w, stays >= 0, "conflict: %s", err.text);
  for (int i = 0; drop && !stays && i < p.conflict.n; i++) w->committed[p.conflict.tags[i]] = false;
}

/* ---------------------------------------------------------------------------------------------- */
/* Sessions */

static void start_watching(world *w, size_t i) {
  ls_error err;
  w->watchers[i] = (watcher){.w = w};
  assert_ok(ls_watch(&w->watchers[i].node, w->h.s[i], TAGGED_SUM, LS_NO_PARAMS, look, &w->watchers[i], &err), &err);
}

static void open_one(world *w) {
  if (w->h.n == HOUSE_MOST) return;
  char name[20];
  snprintf(name, sizeof name, "t%d", below(w, 3) ? w->names++ : (int)below(w, (uint32_t)w->names + 1));
  ls_store *made;
  ls_error err;
  int rc = ls_session_open(&made, any(w), name, &err);
  require(w, rc == LS_OK || rc == LS_EEXISTS, "opening: %s", err.text);
  if (rc) return;
  w->h.s[w->h.n] = made;
  start_watching(w, w->h.n++);
}

/* The last one, so that watchers stay where they are. */
static void close_one(world *w) {
  if (w->h.n == 1) return;
  ls_node_release(w->watchers[--w->h.n].node);
  fixture_close(w->h.s[w->h.n]);
}

static void batch(world *w) {
  size_t i = below(w, (uint32_t)w->h.n);
  ls_error err;
  if (w->watchers[i].batches) {
    w->watchers[i].batches--;
    assert_ok(ls_batch_commit(w->h.s[i], &err), &err);
  } else {
    w->watchers[i].batches++;
    ls_batch_begin(w->h.s[i]);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Checking */

static void check_sessions(world *w) {
  ls_seqnum head = ls_log_head(w->h.s[0]->leader->log).seq;
  int64_t sum = fixture_number(w->h.s[0], TAGGED_SUM);
  for (size_t i = 0; i < w->h.n; i++) {
    bool there = ls_seqnum_equal(w->h.s[i]->session->state->at.seq, head);
    require(w, there, "session %d is not at the head", (int)i);
    require(w, fixture_number(w->h.s[i], TAGGED_SUM) == sum, "session %d has other rows", (int)i);
    require(w, w->watchers[i].batches || w->watchers[i].seen == sum, "the watcher of session %d saw less", (int)i);
  }
}

typedef struct census {
  world *w;
  int found[TAGS];
} census;

static int count_conflict(void *user, const ls_conflict *conflict) {
  census *c = user;
  for (size_t i = 0; i < conflict->n; i++) {
    int tag = tagged_tag(&conflict->events[i]);
    if (tag >= 0) c->found[tag]++;
  }
  return 0;
}

static void check_events(world *w) {
  census c = {.w = w};
  ls_events *events;
  const ls_event *event;
  ls_error err;
  int64_t global = 0;
  assert_ok(ls_events_open(&events, any(w), NULL, &err), &err);
  while (ls_events_next(&event, events, &err) == 1) {
    int tag = tagged_tag(event);
    if (tag >= 0) c.found[tag]++;
    if (!event->seq.client) require(w, event->seq.global == ++global, "a gap in the log");
  }
  ls_events_close(events);
  assert_ok(ls_conflicts(any(w), count_conflict, &c, &err), &err);
  for (int i = 0; i < w->tags; i++)
    require(w, c.found[i] == w->committed[i], "event %d is there %d times, not %d", i, c.found[i], w->committed[i]);
}

/* ---------------------------------------------------------------------------------------------- */

static void step(world *w) {
  w->inside = (int)below(w, 4);
  switch (below(w, 20)) {
    case 0: case 1: merge(w); break;
    case 2: upstream_push(&w->up, w->h.s[0], 1 + below(w, 10)); break;
    case 3: refuse(w); break;
    case 4: settle_conflict(w); break;
    case 5: case 6: case 7: undo(w, any(w)); break;
    case 8: open_one(w); break;
    case 9: if (!below(w, 2)) close_one(w); break;
    case 10: batch(w); break;
    default: commit(w, any(w)); break;
  }
  /* A page that others follow leaves subscriptions as they are. */
  ls_store_react(w->h.s[0]);
}

static void run(uint64_t seed) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  w->random = random_from(seed);
  w->seed = seed;
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .client_id = "c", .session_id = "s"};
  if (below(w, 3) == 0) options.rollback_bytes = 1 + below(w, 3000);
  if (below(w, 4) == 0) options.durability = LS_DURABILITY_LATER;
  w->h = house_open_with(NULL, &options, 1);
  start_watching(w, 0);
  for (int i = 0; i < STEPS; i++) {
    step(w);
    check_sessions(w);
    if (below(w, 20) == 0) check_events(w);
  }
  w->inside = 0;
  check_events(w);
  upstream_sync(&w->up, w->h.s, 1);
  house_check(&w->h);
  require(w, fixture_status(any(w)).pending == fixture_status(w->h.s[0]).pending, "pending events are not counted");
  while (w->h.n > 1) close_one(w);
  ls_node_release(w->watchers[0].node);
  house_close(&w->h);
  upstream_fini(&w->up);
  free(w);
}

static void sessions_agree_and_lose_nothing(void **state) {
  (void)state;
  long runs = random_option("LS_RUNS", getenv("SOAK") ? 6000 : 60), seed = random_option("LS_SEED", 1);
  for (long i = 0; i < runs; i++) run((uint64_t)(seed + i));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(sessions_agree_and_lose_nothing)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
