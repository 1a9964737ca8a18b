/* Peers of all kinds push and pull at random while commits go through their steps, some of which fail. Always: a pull gets
 * each event once and in order (the fixture checks it), a push that was answered with ok is in the log where it was
 * offered, and when all is quiet, each live pull has all that is durable. Over a backend in memory and over SQLite.
 *   LS_RUNS   of 400 steps each, over each backend (100; 5,000 with SOAK in the environment)
 *   LS_SEED   the seed of the first one, printed by each run */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "server/backend_sqlite.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_vfs.h"
#include "support/hub_fixture.h"
#include "support/random.h"
#include "support/tmp.h"

#define STEPS 400
#define STORES 3
#define PEERS 8
#define RUNS_A_DIRECTORY 8 /* each goes on where the one before ended */
#define PUSHES 64          /* under way at a peer: its requests' ids are taken round in this many */

typedef struct push {
  int64_t parent, n;
} push;

typedef struct member {
  bool here, pulls, waits; /* waits: HTTP, for its answer */
  int store;
  int next_id;
  push pushes[PUSHES];
} member;

typedef struct world {
  hub_fixture f;
  random_source r;
  member members[PEERS];
  int64_t acknowledged[STORES]; /* the store has at least the events up to here, and they are for ever */
  int64_t offered[STORES];      /* the newest parent that anybody could know of */
  bool committing;
  size_t oks;
} world;

static char letter_of(int i) { return (char)('A' + i); }
static uint32_t below(world *w, uint32_t n) { return random_below(&w->r, n); }

/* What the transcript says of pushes. Pulls have the id 1000000. */
static void learn(world *w) {
  char letter;
  unsigned long long id;
  const char *line = ls_bytes_cstr(&w->f.trace);
  assert_non_null(line);
  for (; *line; line = strchr(line, '\n') + 1) {
    if (line[2] == '[') w->members[line[0] - 'A'].waits = false;
    if (sscanf(line, "%c ok %llu", &letter, &id) != 2 && sscanf(line, "%c [ok %llu]", &letter, &id) != 2) continue;
    if (id >= PUSHES) continue;
    member *m = &w->members[letter - 'A'];
    push p = m->pushes[id % PUSHES];
    if (p.parent < w->acknowledged[m->store]) {
      fail_msg("%c: e%lld was taken behind e%lld, but e%lld was there", letter, (long long)p.parent + 1,
               (long long)p.parent, (long long)w->acknowledged[m->store]);
    }
    w->acknowledged[m->store] = p.parent + p.n;
    w->oks++;
  }
  ls_bytes_clear(&w->f.trace);
}

static int64_t durable(world *w, int store) {
  ls_backend_head head;
  ls_error err;
  char id[] = {(char)('s' + store), '\0'};
  assert_ok(w->f.backend.head(w->f.backend.self, &head, id, &err), &err);
  return head.head;
}

static void join_or_leave(world *w, int i) {
  member *m = &w->members[i];
  if (m->here) {
    hub_part(&w->f, letter_of(i));
    m->here = false;
    return;
  }
  *m = (member){.here = true, .store = (int)below(w, STORES)};
  char id[] = {(char)('s' + m->store), '\0'};
  hub_peer *peer = below(w, 5) ? hub_join(&w->f, letter_of(i), id) : hub_join_http(&w->f, letter_of(i), id);
  peer->numbers = below(w, 2);
  peer->slow = peer->transport == LS_WIRE_WEBSOCKET && below(w, 2);
  if (peer->transport == LS_WIRE_WEBSOCKET && below(w, 2)) {
    hub_frame(&w->f, letter_of(i), "{\"_tag\":\"Ping\",\"limits\":true}");
  }
}

static bool http(const world *w, int i) { return w->f.peers[i].transport == LS_WIRE_HTTP; }

static bool idle(const world *w, int i) { return w->members[i].here && !w->f.peers[i].closed && !w->members[i].waits; }

static void pull(world *w, int i) {
  member *m = &w->members[i];
  if (m->pulls) {
    hub_interrupt(&w->f, letter_of(i), 1000000);
    m->pulls = false;
    return;
  }
  int64_t head = durable(w, m->store);
  int64_t since = below(w, 2) ? -1 : (int64_t)below(w, (uint32_t)head + 1);
  m->waits = http(w, i);
  if (http(w, i))
    hub_pull_once(&w->f, letter_of(i), 1000000, since);
  else
    hub_pull(&w->f, letter_of(i), 1000000, since);
  m->pulls = !http(w, i);
}

/* Behind the newest event that anybody offered, mostly; else somewhere else. */
static void offer(world *w, int i) {
  member *m = &w->members[i];
  int64_t parent = below(w, 4) ? w->offered[m->store] : durable(w, m->store);
  int64_t n = 1 + below(w, below(w, 10) ? 4 : 300);
  int id = m->next_id++ % PUSHES;
  if (below(w, 20) == 0) parent = below(w, 50);
  m->pushes[id] = (push){parent, n};
  m->waits = http(w, i);
  hub_push(&w->f, letter_of(i), id, parent, (size_t)n);
  w->offered[m->store] = parent + n;
}

static void commit_step(world *w) {
  if (!w->committing) {
    w->committing = ls_hub_commit_begin(w->f.hub);
    w->f.due = w->f.due && !w->committing;
    return;
  }
  ls_error err = {0};
  if (w->f.memory && below(w, 6) == 0) hub_memory_fault(w->f.memory)->sync = LS_EFULL;
  int rc = w->f.backend.sync(w->f.backend.self, &err);
  if (idle(w, 0)) pull(w, 0); /* sees what is durable before it is announced */
  ls_hub_commit_end(w->f.hub, rc, &err);
  w->committing = false;
}

static void step(world *w) {
  int i = (int)below(w, PEERS);
  char letter = letter_of(i);
  bool gone = !w->members[i].here || w->f.peers[i].closed;
  if (gone || below(w, 40) == 0)
    join_or_leave(w, i);
  else if (!idle(w, i))
    commit_step(w);
  else if (below(w, 3) == 0)
    offer(w, i);
  else if (below(w, 6) == 0)
    pull(w, i);
  else if (below(w, 3) == 0)
    commit_step(w);
  else if (below(w, 3) == 0)
    hub_ack(&w->f, letter, 1000000);
  else if (!http(w, i))
    hub_drain(&w->f, letter);
  if (!w->members[0].here) join_or_leave(w, 0);
  if (w->f.memory && below(w, 60) == 0) hub_memory_fault(w->f.memory)->append = LS_EIO;
  learn(w);
  for (int s = 0; s < STORES; s++) {
    if (durable(w, s) < w->acknowledged[s]) fail_msg("an acknowledged event is gone");
  }
}

static void settle(world *w) {
  if (w->f.memory) *hub_memory_fault(w->f.memory) = (hub_memory_faults){0};
  if (w->committing) commit_step(w);
  while (w->f.due) hub_commit(&w->f);
  for (int i = 0; i < PEERS; i++) {
    if (!w->members[i].here || http(w, i)) continue;
    w->f.peers[i].slow = false;
    hub_frame(&w->f, letter_of(i), "{\"_tag\":\"Ping\"}");
    hub_drain(&w->f, letter_of(i));
    int64_t seen = -1;
    while (w->members[i].pulls && w->f.peers[i].seen > seen) {
      seen = w->f.peers[i].seen;
      hub_ack(&w->f, letter_of(i), 1000000);
    }
  }
  learn(w);
}

static void check(world *w) {
  for (int i = 0; i < PEERS; i++) {
    const member *m = &w->members[i];
    if (!m->here || !m->pulls || w->f.peers[i].closed) continue;
    int64_t head = durable(w, m->store);
    if (w->f.peers[i].seen < head)
      fail_msg("%c has e%lld of e%lld", letter_of(i), (long long)w->f.peers[i].seen, (long long)head);
  }
}

static void run(const ls_backend *backend, uint64_t seed, size_t *oks) {
  world *w = calloc(1, sizeof *w);
  assert_non_null(w);
  ls_hub_limits limits = {.chunk_events = 3,
                          .queue_bytes = 1 + (int64_t)(seed % 3) * 3000,
                          .window = 1 + (int64_t)(seed % 5),
                          .requests = PUSHES,
                          .reply_bytes = 20000};
  w->r = random_from(seed);
  hub_fixture_init(&w->f, backend, &limits);
  if (backend) {
    for (int s = 0; s < STORES; s++) w->acknowledged[s] = w->offered[s] = durable(w, s);
  }
  for (int i = 0; i < STEPS; i++) step(w);
  settle(w);
  check(w);
  *oks += w->oks;
  hub_fixture_fini(&w->f);
  free(w);
}

static void run_all(const char *directory) {
  long seed = random_option("LS_SEED", (long)time(NULL)), runs = random_option("LS_RUNS", getenv("SOAK") ? 5000 : 100);
  size_t oks = 0;
  print_message("LS_SEED=%ld\n", seed);
  for (long i = 0; i < runs; i++) {
    ls_backend backend;
    ls_error err;
    if (directory) {
      char name[30];
      snprintf(name, sizeof name, "%ld", i / RUNS_A_DIRECTORY);
      char *path = tmp_path(directory, name);
      assert_ok(ls_backend_sqlite_open(&backend, path, &err), &err);
      free(path);
    }
    run(directory ? &backend : NULL, (uint64_t)(seed + i), &oks);
  }
  print_message("%ld runs, %zu pushes taken\n", runs, oks);
  assert_true((long)oks > runs);
}

static void test_over_memory(void **state) {
  (void)state;
  run_all(NULL);
}

static void test_over_sqlite(void **state) { run_all(*state); }

int main(void) {
  fault_vfs_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_over_memory),
      cmocka_unit_test_setup_teardown(test_over_sqlite, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
