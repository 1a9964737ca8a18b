/* The number of pending events, which is kept from one look to the next, against counting them anew. */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

static int count_event(void *user, const ls_event *event) {
  (void)event;
  ++*(uint64_t *)user;
  return 0;
}

static void check_pending(ls_store *store) {
  ls_error err;
  ls_sync_status status;
  uint64_t counted = 0;
  assert_ok(ls_upstream_pending(store, 0, count_event, &counted, &err), &err);
  assert_ok(ls_sync_status_get(&status, store, &err), &err);
  assert_int_equal(status.pending, counted);
}

static void commit_some(ls_store *store, int *id, int n) {
  char args[30];
  for (int i = 0; i < n; i++) {
    snprintf(args, sizeof args, "{\"id\":%d}", ++*id);
    upstream_commit(store, "put", args);
    if (i % 3 == 0) upstream_commit(store, "local", "{\"n\":1}");
  }
}

static void others_commit(upstream *u, int *id) {
  char args[30];
  snprintf(args, sizeof args, "{\"id\":%d}", ++*id);
  upstream_add(u, "other", "put", args);
}

static void step(upstream *u, ls_store *store, int *id, random_source *random) {
  switch (random_below(random, 6)) {
    case 0: commit_some(store, id, 1 + (int)random_below(random, 5)); break;
    case 1: others_commit(u, id); break;
    case 2: upstream_pull(u, store); break;
    default: upstream_push(u, store, 1 + random_below(random, 4)); break;
  }
}

/* Commits, pushes, what comes back and rebases, with and without a look between them. */
static void test_the_number_of_pending_events_is_that_of_those_there(void **state) {
  (void)state;
  random_source random = random_from(1);
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_node *signal;
  ls_error err;
  int id = 0;
  assert_ok(ls_sync_signal(&signal, store, LS_SYNC_FACT_ONLINE, &err), &err);
  for (int i = 0; i < 600; i++) {
    step(&u, store, &id, &random);
    if (random_below(&random, 2)) check_pending(store);
  }
  check_pending(store);
  ls_node_release(signal);
  fixture_close(store);
  upstream_fini(&u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_number_of_pending_events_is_that_of_those_there),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
