/* Random work on stores that share an upstream: commits of one or more events, client-only ones, undo and redo; pulls
 * and pushes of any size; refusals; conflicts retried and dropped; stores closed, killed and opened again; upstreams
 * that are replaced. After each step nothing is lost or doubled: every event that was committed is in its store's log
 * or in its conflicts exactly once, and receipts say which. In the end all logs and states are equal, and those of a
 * replay.
 *   LS_RUNS   runs (30; 3,000 with SOAK in the environment)
 *   LS_SEED   the first seed */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/tagged.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

enum { NODES = 3, STEPS = 120, TAGS = 4000, ROUND_TAGS = 100000 };

/* What became of a committed event, as the test knows it. */
typedef enum fate { UNKNOWN, COMMITTED, AGAIN, DROPPED } fate; /* AGAIN: retried, so its receipt says little */

typedef struct node {
  ls_store *store;
  int index, tags;
  char client[16], path[600];
  bool in_file;
  fate fate[TAGS];
  ls_receipt receipts[TAGS];
  bool has_receipt[TAGS];    /* of this opening */
  bool local[TAGS];          /* client-only */
  bool confirmed_once[TAGS]; /* its receipt said so; another upstream may make it pending again */
  ls_node *watch;
  int64_t watched;
  ls_events *reader; /* of confirmed events */
  int64_t read;
} node;

typedef struct world {
  random_source random;
  uint64_t seed;
  node *nodes;
  upstream up;
  int generation; /* of upstreams */
  char id[20];
  bool replaced;
} world;

static uint32_t below(world *w, uint32_t n) { return random_below(&w->random, n); }

/* ---------------------------------------------------------------------------------------------- */
/* Opening and closing */

static void note_sum(void *user, const ls_update *update) {
  node *n = user;
  if (update->rows) n->watched = ls_rows_value(update->rows, 0, 0).as.i;
}

static void open_node(world *w, node *n) {
  ls_error err;
  ls_options options = {
      .schema.json = UPSTREAM_SCHEMA, .store_id = "shared", .client_id = n->client, .session_id = "s"};
  if (n->in_file) options.state = LS_STATE_FILE;
  if (below(w, 3) == 0) options.rollback_bytes = 1 + below(w, 3000);
  if (below(w, 3) == 0) options.snapshot_events = 5 + below(w, 30);
  if (below(w, 4) == 0) options.durability = LS_DURABILITY_LATER;
  n->store = fixture_open_with(n->path[0] ? n->path : NULL, &options);
  assert_ok(ls_watch(&n->watch, n->store, TAGGED_SUM, LS_NO_PARAMS, note_sum, n, &err), &err);
  n->read = ls_log_upstream_head(n->store->leader->log).global;
  ls_event_filter filter = {.since = {n->read, LS_SEQNUM_MAX_CLIENT, 0}, .confirmed = true, .synced = true};
  assert_ok(ls_events_open(&n->reader, n->store, &filter, &err), &err);
  memset(n->has_receipt, 0, sizeof n->has_receipt);
}

static void reopen(world *w, node *n) {
  if (!n->path[0]) return;
  if (below(w, 2) && n->store->options.durability != LS_DURABILITY_LATER)
    fixture_kill(n->store);
  else
    fixture_close(n->store);
  open_node(w, n);
}

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

static void random_event(world *w, node *n, ls_input *out, char args[TAGGED_ARGS]) {
  int tag = n->tags++;
  tagged_random(out, args, &w->random, 40, n->index * ROUND_TAGS + tag);
  n->local[tag] |= strcmp(out->name, "local") == 0;
}

static void commit(world *w, node *n) {
  ls_input inputs[4];
  char args[4][TAGGED_ARGS];
  ls_receipt receipt;
  uint32_t count = below(w, 3) ? 1 : 1 + below(w, 4);
  int first = n->tags;
  if (first + 4 > TAGS) return;
  for (uint32_t i = 0; i < count; i++) random_event(w, n, &inputs[i], args[i]);
  if (ls_commit_all(&receipt, n->store, inputs, count, NULL)) return;
  for (int i = first; i < n->tags; i++) {
    n->fate[i] = COMMITTED;
    n->receipts[i] = receipt;
    n->has_receipt[i] = true;
    n->confirmed_once[i] = false;
  }
}

static void undo(world *w, node *n) {
  ls_error err;
  int rc = below(w, 3) ? ls_undo(NULL, n->store, 1 + below(w, 2), &err) : ls_redo(NULL, n->store, 1, &err);
  require(w, rc == LS_OK || rc == LS_ENOTFOUND || rc == LS_EMATERIALIZE, "undo: %s", err.text);
}

/* ---------------------------------------------------------------------------------------------- */
/* Conflicts */

typedef struct picked {
  uint32_t skip;
  tagged_conflict conflict;
} picked;

static int pick(void *user, const ls_conflict *conflict) {
  picked *p = user;
  if (p->skip--) return 0;
  tagged_conflict_read(&p->conflict, conflict);
  return 1;
}

static void settle_conflict(world *w, node *n) {
  ls_error err;
  uint64_t there = fixture_status(n->store).conflicts;
  if (!there) return;
  picked p = {.skip = below(w, (uint32_t)there)};
  assert_ok(ls_conflicts(n->store, pick, &p, &err), &err);
  bool drop = below(w, 2);
  int stays = tagged_conflict_settle(n->store, &p.conflict, drop, &err);
  require(w, stays >= 0, "conflict: %s", err.text);
  for (int i = 0; !stays && i < p.conflict.n; i++) {
    int tag = p.conflict.tags[i];
    if (tag / ROUND_TAGS == n->index) n->fate[tag % ROUND_TAGS] = drop ? DROPPED : AGAIN;
  }
  require(w, fixture_status(n->store).conflicts == there - !stays, "conflicts are not counted");
}

/* ---------------------------------------------------------------------------------------------- */
/* Checking one node */

typedef struct census {
  world *w;
  node *n;
  unsigned char in_log[TAGS], in_conflicts[TAGS];
  ls_seqnum at[TAGS];
} census;

static int count_conflict(void *user, const ls_conflict *conflict) {
  census *c = user;
  require(c->w, conflict->n > 0 && conflict->item < conflict->n && conflict->error[0], "a conflict is not whole");
  for (size_t i = 0; i < conflict->n; i++) {
    int tag = tagged_tag(&conflict->events[i]);
    if (tag >= 0 && tag / ROUND_TAGS == c->n->index) c->in_conflicts[tag % ROUND_TAGS]++;
  }
  return 0;
}

/* An undo points at the beginning of a commit. */
static void check_undo(const census *c, const int64_t *more, const int64_t *undoes, int count) {
  for (int i = 0; i < count; i++) {
    bool begins = i == 0 || more[i - 1] == 0 || more[i] >= more[i - 1];
    if (!undoes[i] || !begins) continue;
    int64_t target = i - (undoes[i] < 0 ? -undoes[i] : undoes[i]);
    require(c->w, target >= 0 && (target == 0 || more[target - 1] == 0), "an undo points into a commit");
    require(c->w, undoes[i] > 0 || undoes[target] > 0, "a redo points at no undo");
  }
}

static void count_log(census *c) {
  static int64_t more[20000], undoes[20000];
  ls_events *events;
  const ls_event *event;
  ls_error err;
  ls_seqnum last = {0, 0, 0};
  int there, own = 0;
  assert_ok(ls_events_open(&events, c->n->store, NULL, &err), &err);
  while ((there = ls_events_next(&event, events, &err)) == 1) {
    require(c->w, ls_seqnum_after(event->seq, last), "the log is out of order");
    require(c->w, event->seq.client || event->seq.global == last.global + 1, "a gap in the log");
    last = event->seq;
    if (strcmp(event->client_id, c->n->client) != 0) continue;
    more[own] = event->more;
    undoes[own++] = event->undoes;
    int tag = tagged_tag(event);
    if (tag < 0 || tag / ROUND_TAGS != c->n->index) continue; /* of others: a conflict of theirs, retried here */
    c->in_log[tag % ROUND_TAGS]++;
    c->at[tag % ROUND_TAGS] = event->seq;
  }
  require(c->w, there == 0, "%s", err.text);
  ls_events_close(events);
  if (!c->w->replaced) check_undo(c, more, undoes, own);
}

/* A receipt tells of the last event of its commit, and of all when they were set aside. */
static void check_receipt(census *c, int i) {
  node *n = c->n;
  ls_stage stage = ls_receipt_stage(n->store, &n->receipts[i]);
  if (n->fate[i] != COMMITTED) return;
  n->confirmed_once[i] |= stage == LS_STAGE_CONFIRMED;
  if (c->in_conflicts[i]) {
    require(c->w, stage == LS_STAGE_SET_ASIDE || n->confirmed_once[i], "stage %d of a conflict, tag %d", stage, i);
    return;
  }
  bool last = i + 1 == n->tags || n->receipts[i + 1].serial != n->receipts[i].serial || n->fate[i + 1] == UNKNOWN;
  if (!last || !c->in_log[i] || c->w->replaced) return;
  bool confirmed = !ls_seqnum_after(c->at[i], ls_log_upstream_head(n->store->leader->log));
  require(c->w, (stage == LS_STAGE_CONFIRMED) == confirmed && stage != LS_STAGE_SET_ASIDE, "stage %d of tag %d, %s",
          stage, i, confirmed ? "confirmed" : "pending");
}

static void check_node(world *w, node *n) {
  static census c;
  ls_error err;
  memset(&c, 0, sizeof c);
  c.w = w;
  c.n = n;
  count_log(&c);
  assert_ok(ls_conflicts(n->store, count_conflict, &c, &err), &err);
  for (int i = 0; i < n->tags; i++) {
    int there = c.in_log[i] + c.in_conflicts[i];
    bool wanted = n->fate[i] == COMMITTED || n->fate[i] == AGAIN;
    bool with_old_log = w->replaced && !n->local[i] && there == 0;
    require(w, there == wanted || with_old_log, "tag %d of %s is there %d + %d times (fate %d)", i, n->client,
            c.in_log[i], c.in_conflicts[i], n->fate[i]);
    if (n->has_receipt[i]) check_receipt(&c, i);
  }
}

static void check_reader(world *w, node *n) {
  const ls_event *event;
  ls_error err;
  int more;
  if (w->replaced) return;
  while ((more = ls_events_next(&event, n->reader, &err)) == 1) {
    require(w, event->seq.global == n->read + 1, "a reader got e%d behind e%d", (int)event->seq.global, (int)n->read);
    n->read = event->seq.global;
  }
  require(w, more == 0 && n->read == ls_log_upstream_head(n->store->leader->log).global, "a reader stopped early");
}

/* ---------------------------------------------------------------------------------------------- */
/* Steps */

static void pull(world *w, node *n) {
  ls_error err;
  ls_upstream_result result;
  assert_ok(upstream_try_pull(&result, &w->up, n->store, 1 + below(w, 12), &err), &err);
  if (ls_log_upstream_head(n->store->leader->log).global < (int64_t)w->up.n) return;
  require(w, n->watched == fixture_number(n->store, TAGGED_SUM), "a live query missed a change");
  check_reader(w, n);
}

static int pending_number(void *user, const ls_event *event) {
  int64_t *wanted = user;
  if (wanted[0]-- > 0) return 0;
  wanted[1] = event->seq.global;
  return 1;
}

/* Upstream refuses nothing that it has taken. */
static void refuse(world *w, node *n) {
  int64_t wanted[2] = {below(w, 4), 0};
  ls_error err;
  upstream_pull(&w->up, n->store);
  assert_ok(ls_upstream_pending(n->store, 0, pending_number, wanted, &err), &err);
  if (wanted[1])
    assert_ok(ls_upstream_refused(n->store, wanted[1], "not this one", &err), &err);
  else
    assert_code(ls_upstream_refused(n->store, (int64_t)w->up.n + 1000, "none", &err), LS_ENOTFOUND, &err);
}

static void step(world *w) {
  node *n = &w->nodes[below(w, NODES)];
  switch (below(w, 20)) {
    case 0:
    case 1: pull(w, n); break;
    case 2:
      upstream_pull(&w->up, n->store);
      upstream_push(&w->up, n->store, 1 + below(w, 10));
      break;
    case 3: upstream_push(&w->up, n->store, 1 + below(w, 3)); break;
    case 4:
      undo(w, n);
      undo(w, n);
      break;
    case 5: undo(w, n); break;
    case 6: settle_conflict(w, n); break;
    case 7:
      if (below(w, 3) == 0) reopen(w, n);
      break;
    case 8:
      if (below(w, 3) == 0) refuse(w, n);
      break;
    default: commit(w, n); break;
  }
  check_node(w, n);
  if (below(w, 8) == 0) upstream_check(n->store);
}

/* One store at most gives the new one what it has: two would give it twice what both had. */
static void replace_upstream(world *w) {
  ls_error err;
  for (int i = 0; i < NODES; i++) upstream_pull(&w->up, w->nodes[i].store);
  upstream_fini(&w->up);
  w->replaced = true;
  int uploads = (int)below(w, NODES + 1);
  snprintf(w->id, sizeof w->id, "backend/%d", ++w->generation);
  for (int i = 0; i < NODES; i++) {
    ls_backend_policy policy = i == uploads ? LS_BACKEND_UPLOAD : LS_BACKEND_SET_ASIDE;
    ls_store *store = w->nodes[i].store;
    assert_code(ls_upstream_backend(store, w->id, LS_BACKEND_STOP, &err), LS_EBACKEND, &err);
    assert_ok(ls_upstream_backend(store, w->id, policy, &err), &err);
    assert_string_equal(ls_upstream_backend_id(store), w->id);
    upstream_check(store);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* A run */

static void begin(world *w, const char *directory) {
  ls_error err;
  for (int i = 0; i < NODES; i++) {
    node *n = &w->nodes[i];
    memset(n, 0, sizeof *n);
    n->index = i;
    snprintf(n->client, sizeof n->client, "c%d", i);
    if (below(w, 3)) snprintf(n->path, sizeof n->path, "%s/%lu-%d", directory, (unsigned long)w->seed, i);
    n->in_file = below(w, 4) == 0;
    open_node(w, n);
    assert_ok(ls_upstream_backend(n->store, w->id, LS_BACKEND_STOP, &err), &err);
  }
}

static void converge(world *w) {
  ls_store *stores[NODES];
  for (int i = 0; i < NODES; i++) stores[i] = w->nodes[i].store;
  upstream_sync(&w->up, stores, NODES);
  for (int i = 0; i < NODES; i++) {
    node *n = &w->nodes[i];
    check_node(w, n);
    check_reader(w, n);
    upstream_check(stores[i]);
    require(w, strcmp(upstream_rows(stores[0]), upstream_rows(stores[i])) == 0, "states differ:\n%s\n%s",
            upstream_rows(stores[0]), upstream_rows(stores[i]));
    require(w, ls_log_upstream_head(stores[i]->leader->log).global == (int64_t)w->up.n, "not all was pulled");
    require(w, fixture_status(stores[i]).head.global == (int64_t)w->up.n, "something is pending");
  }
}

static void end(world *w) {
  for (int i = 0; i < NODES; i++) fixture_close(w->nodes[i].store);
  upstream_fini(&w->up);
}

static void run(uint64_t seed, const char *directory) {
  world w = {.random = random_from(seed), .seed = seed, .id = "first"};
  w.nodes = calloc(NODES, sizeof *w.nodes);
  assert_non_null(w.nodes);
  begin(&w, directory);
  for (int i = 0; i < STEPS; i++) step(&w);
  converge(&w);
  if (seed % 3 == 0) {
    for (int i = 0; i < STEPS / 4; i++) step(&w);
    replace_upstream(&w);
    for (int i = 0; i < STEPS / 4; i++) step(&w);
    converge(&w);
  }
  end(&w);
  free(w.nodes);
}

static void test_nothing_is_lost_and_all_become_equal(void **state) {
  long runs = random_option("LS_RUNS", getenv("SOAK") ? 3000 : 30), seed = random_option("LS_SEED", 1);
  for (long i = 0; i < runs; i++) run((uint64_t)(seed + i), *state);
  print_message("%ld runs from seed %ld\n", runs, seed);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_nothing_is_lost_and_all_become_equal, tmp_setup, tmp_teardown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
