/* Random work on sessions that are elsewhere: commits of one or more events, undo and redo on each of them and on the
 * leader; messages are delivered late, connections cut with what is under way lost; the leader merges what others did,
 * rebases, is refused events, and is closed and opened again. In the end all is delivered: every event that was committed
 * is in the leader's log or its conflicts exactly once, all states are equal, every receipt is final.
 *   LS_RUNS   runs (60; 6,000 with SOAK in the environment)
 *   LS_SEED   the first seed */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/linked.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/tagged.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

enum { STEPS = 200, TAGS = 4000, IDS = 30, MOST = 4, RECEIPTS = 2000 };

typedef struct kept_receipt {
  ls_store *store;
  ls_receipt receipt;
  int tag; /* of its last event: the first ones may be confirmed, and the others set aside */
} kept_receipt;

typedef struct world {
  random_source random;
  uint64_t seed;
  ls_store *leader;
  char *path;
  ls_options options;
  linked links[MOST];
  size_t n;
  upstream up;
  int tags;
  bool committed[TAGS];
  kept_receipt receipts[RECEIPTS];
  size_t n_receipts;
} world;

static uint32_t below(world *w, uint32_t n) { return random_below(&w->random, n); }
static linked *any(world *w) { return &w->links[below(w, (uint32_t)w->n)]; }

static void collect(world *w) {
  for (size_t i = 0; i < w->n; i++) linked_collect(&w->links[i]);
}

/* ---------------------------------------------------------------------------------------------- */

static void commit(world *w, ls_store *store) {
  ls_input inputs[3];
  char args[3][TAGGED_ARGS];
  uint32_t n = 1 + below(w, 3);
  ls_receipt receipt;
  if (w->tags + 3 > TAGS || w->n_receipts == RECEIPTS) return;
  int first = w->tags;
  w->tags += (int)n;
  for (uint32_t i = 0; i < n; i++) tagged_random(&inputs[i], args[i], &w->random, IDS, first + (int)i);
  bool good = ls_commit_all(&receipt, store, inputs, n, NULL) == LS_OK;
  for (uint32_t i = 0; i < n; i++) w->committed[first + (int)i] = good;
  if (!good || store == w->leader) return;
  require(w, receipt.stage == LS_STAGE_LOCAL, "a commit was more than local at once");
  w->receipts[w->n_receipts++] = (kept_receipt){store, receipt, w->tags - 1};
}

static void undo(world *w, ls_store *store) {
  ls_error err;
  int rc = below(w, 3) ? ls_undo(NULL, store, 1 + below(w, 2), &err) : ls_redo(NULL, store, 1, &err);
  bool fine = rc == LS_OK || rc == LS_ENOTFOUND || rc == LS_EMATERIALIZE || rc == LS_EORDER;
  require(w, fine, "undo: %s", err.text);
}

static bool welcome(const linked *l) {
  ls_uplink_status status;
  return ls_uplink_status_get(&status, l->store, NULL) == LS_OK && ls_log_base(l->store->leader->log).seq.global >= 0 &&
         (status.welcome || ls_log_head(l->store->leader->log).seq.global > 0);
}

static void work(world *w) {
  linked *l = any(w);
  ls_store *store = below(w, 4) ? l->store : w->leader;
  if (store != w->leader && !welcome(l)) return;
  if (below(w, 4))
    commit(w, store);
  else
    undo(w, store);
}

static void merge(world *w) {
  ls_error err;
  for (uint32_t n = below(w, 4); n > 0; n--) {
    ls_input input;
    char args[TAGGED_ARGS];
    tagged_random(&input, args, &w->random, IDS, -1);
    if (strcmp(input.name, "local") != 0) upstream_add(&w->up, "other", input.name, args);
  }
  int rc = upstream_try_pull(NULL, &w->up, w->leader, below(w, 4) ? SIZE_MAX : 1 + below(w, 5), &err);
  require(w, rc == LS_OK, "merge: %s", err.text);
}

static void refuse(world *w) {
  upstream_pull(&w->up, w->leader);
  int rc = ls_upstream_refused(w->leader, (int64_t)w->up.n + 1 + below(w, 3), "not today", NULL);
  require(w, rc == LS_OK || rc == LS_ENOTFOUND, "refused");
}

static void deliver(world *w) {
  ls_error err;
  linked *l = any(w);
  for (uint32_t n = 1 + below(w, 4); n > 0; n--) {
    int rc = linked_deliver(l, below(w, 2), &err);
    require(w, rc == LS_OK || rc == 1 || rc == LS_ENOTFOUND, "delivering: %s", err.text);
    collect(w);
  }
}

static void reconnect(world *w) { linked_connect(any(w), w->leader); }

/* As when its place is taken by another, which finds the same files. */
static void replace_leader(world *w) {
  ls_error err;
  for (size_t i = 0; i < w->n; i++) linked_cut(&w->links[i]);
  assert_ok(ls_close(w->leader, &err), &err);
  assert_ok(ls_open(&w->leader, w->path, &w->options, &err), &err);
  for (size_t i = 0; i < w->n; i++) linked_connect(&w->links[i], w->leader);
}

static void step(world *w) {
  switch (below(w, 24)) {
    case 0: merge(w); break;
    case 1: upstream_push(&w->up, w->leader, 1 + below(w, 10)); break;
    case 2:
      if (!below(w, 3)) refuse(w);
      break;
    case 3:
      if (!below(w, 3)) reconnect(w);
      break;
    case 4:
      if (!below(w, 8)) replace_leader(w);
      break;
    case 5:
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11: deliver(w); break;
    default: work(w); break;
  }
  ls_store_react(w->leader);
  collect(w);
}

/* ---------------------------------------------------------------------------------------------- */

static int found[TAGS];

static int count_conflict(void *user, const ls_conflict *conflict) {
  (void)user;
  for (size_t i = 0; i < conflict->n; i++) {
    int tag = tagged_tag(&conflict->events[i]);
    if (tag >= 0) found[tag]++;
  }
  return 0;
}

static void check_events(world *w) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  memset(found, 0, sizeof found);
  assert_ok(ls_events_open(&events, w->leader, NULL, &err), &err);
  while (ls_events_next(&event, events, &err) == 1) {
    int tag = tagged_tag(event);
    if (tag >= 0) found[tag]++;
  }
  ls_events_close(events);
  assert_ok(ls_conflicts(w->leader, count_conflict, NULL, &err), &err);
  for (int i = 0; i < w->tags; i++)
    require(w, found[i] == w->committed[i], "event %d is there %d times, not %d", i, found[i], w->committed[i]);
}

static void check_states(world *w) {
  char expected[33], hash[33];
  ls_error err;
  assert_ok(ls_state_hash(expected, w->leader, &err), &err);
  for (size_t i = 0; i < w->n; i++) {
    require(w, linked_unsaved(&w->links[i]) == 0, "session %d has unsaved events", (int)i);
    assert_ok(ls_state_hash(hash, w->links[i].store, &err), &err);
    require(w, strcmp(hash, expected) == 0, "session %d has another state", (int)i);
    ls_seqnum head = ls_log_head(w->links[i].store->leader->log).seq;
    require(w, ls_seqnum_equal(head, ls_log_head(w->leader->leader->log).seq), "session %d has another head", (int)i);
  }
}

typedef struct search {
  int tag;
  bool there;
} search;

static int look_for(void *user, const ls_conflict *conflict) {
  search *s = user;
  for (size_t i = 0; i < conflict->n; i++) s->there |= tagged_tag(&conflict->events[i]) == s->tag;
  return 0;
}

/* Where a leader was replaced and a session had to begin anew, DURABLE may be the last that is known. */
static void check_receipts(world *w) {
  for (size_t i = 0; i < w->n_receipts; i++) {
    search s = {.tag = w->receipts[i].tag};
    ls_conflicts(w->leader, look_for, &s, NULL);
    ls_stage stage = ls_receipt_stage(w->receipts[i].store, &w->receipts[i].receipt);
    bool right = stage == (s.there ? LS_STAGE_SET_ASIDE : LS_STAGE_CONFIRMED) || stage == LS_STAGE_DURABLE;
    require(w, right, "commit %d is %s, and its receipt says %d", s.tag, s.there ? "set aside" : "there", (int)stage);
  }
}

static void run(uint64_t seed, const char *directory) {
  world *w = calloc(1, sizeof *w);
  ls_error err;
  char name[40];
  assert_non_null(w);
  w->random = random_from(seed);
  w->seed = seed;
  snprintf(name, sizeof name, "s%llu", (unsigned long long)seed);
  w->path = tmp_path(directory, name);
  w->options = (ls_options){.schema.json = UPSTREAM_SCHEMA, .client_id = "c", .session_id = "leading"};
  if (below(w, 3) == 0) w->options.rollback_bytes = 1 + below(w, 3000);
  assert_ok(ls_open(&w->leader, w->path, &w->options, &err), &err);
  w->n = 1 + below(w, MOST);
  for (size_t i = 0; i < w->n; i++) {
    snprintf(name, sizeof name, "s%zu", i);
    w->links[i] = linked_open(name, NULL);
    linked_connect(&w->links[i], w->leader);
  }
  linked_settle(w->links, w->n);
  for (int i = 0; i < STEPS; i++) step(w);
  for (int round = 0; round < 6; round++) {
    linked_settle(w->links, w->n);
    upstream_sync(&w->up, &w->leader, 1);
  }
  linked_settle(w->links, w->n);
  check_events(w);
  check_states(w);
  check_receipts(w);
  for (size_t i = 0; i < w->n; i++) linked_close(&w->links[i]);
  upstream_check(w->leader);
  assert_ok(ls_close(w->leader, &err), &err);
  upstream_fini(&w->up);
  free(w->path);
  free(w);
}

static void sessions_elsewhere_agree_and_lose_nothing(void **state) {
  long runs = random_option("LS_RUNS", getenv("SOAK") ? 6000 : 60), seed = random_option("LS_SEED", 1);
  for (long i = 0; i < runs; i++) run((uint64_t)(seed + i), *state);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(sessions_elsewhere_agree_and_lose_nothing, tmp_setup, tmp_teardown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
