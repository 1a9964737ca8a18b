/* Memory runs out while a store is being connected: the call fails whole, and works when it is made again. */
#include "support/cmocka_all.h"
#include "support/fault_alloc.h"
#include "support/loopback.h"

typedef int (*attempt_fn)(loopback *world, ls_error *err);

/* Fail each allocation in turn until one attempt meets none that fails. */
static void sweep(attempt_fn attempt, void (*take_back)(loopback *world)) {
  loopback world;
  loopback_init(&world, NULL);
  ls_store *store = loopback_open(&world, 0, "a");
  assert_int_equal(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"x\",\"text\":\"\"}", NULL), LS_OK); /* pending */
  long failures = 0;
  for (long k = 1;; k++) {
    ls_error err;
    fault_alloc_arm(k, false);
    int rc = attempt(&world, &err);
    bool met = fault_alloc_disarm();
    if (rc) {
      assert_true(met);
      assert_int_equal(rc, LS_ENOMEM);
      assert_int_equal(err.code, LS_ENOMEM);
      failures++;
    } else {
      take_back(&world);
    }
    if (!met) break;
  }
  assert_true(failures > 0);
  loopback_fini(&world);
}

static int attempt_attach(loopback *world, ls_error *err) {
  return loopback_try_join(world, 0, &(ls_connect_options){.token = "t"}, err);
}

static void detach(loopback *world) { ls_transport_detach(world->wires[0].store); }

static void attaching_fails_whole(void **state) {
  (void)state;
  sweep(attempt_attach, detach);
}

static int attempt_connect(loopback *world, ls_error *err) {
  const ls_connect_options options = {.token = "t", .thread = true};
  return ls_connect(world->wires[0].store, "ws://[::1]:1/path?query", &options, err);
}

static void disconnect(loopback *world) { ls_disconnect(world->wires[0].store); }

static void connecting_fails_whole(void **state) {
  (void)state;
  sweep(attempt_connect, disconnect);
}

static int attempt_signals(loopback *world, ls_error *err) {
  ls_node *node;
  for (int fact = 0; fact <= LS_SYNC_FACT_ERROR; fact++) {
    int rc = ls_sync_signal(&node, world->wires[0].store, (ls_sync_fact)fact, err);
    if (rc) return rc;
    ls_node_release(node);
  }
  return LS_OK;
}

static void nothing(loopback *world) { (void)world; }

static void signals_fail_whole(void **state) {
  (void)state;
  sweep(attempt_signals, nothing);
}

static int attempt_status(loopback *world, ls_error *err) {
  ls_sync_status status;
  return ls_sync_status_get(&status, world->wires[0].store, err);
}

static void a_status_fails_whole(void **state) {
  (void)state;
  sweep(attempt_status, nothing);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(attaching_fails_whole),
      cmocka_unit_test(connecting_fails_whole),
      cmocka_unit_test(signals_fail_whole),
      cmocka_unit_test(a_status_fails_whole),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
