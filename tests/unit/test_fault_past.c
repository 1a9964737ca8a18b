/* Time travel while memory runs out at any point: it fails and says so, or does what it should; the store is as it was,
 * and nothing is leaked. Every allocation fails in turn (with SOAK in the environment; some hundreds of them
 * otherwise). */
#include <stdio.h>
#include <stdlib.h>

#include "core/past.h"
#include "support/cmocka_all.h"
#include "support/fault_alloc.h"
#include "support/past_store.h"
#include "support/tmp.h"

#define MOST 120 /* faults of each kind that an ordinary run makes in a body, about */

static past_store PS;

static int ignore_change(void *user, const ls_change *change) {
  (void)user;
  (void)change;
  return 0;
}

static int ignore_version(void *user, const ls_event *event, const ls_change *change) {
  (void)event;
  return ignore_change(user, change);
}

static int make_from(ls_past_way way, size_t i, ls_error *err) {
  ls_state *state = NULL;
  ls_mark mark;
  int rc = ls_past_find(&mark, PS.store, PS.positions[i].seq, err);
  if (!rc) rc = ls_past_make_from(&state, PS.store, mark, way, err);
  ls_state_free(state);
  return rc;
}

static int present(ls_error *err) { return make_from(LS_PAST_PRESENT, PS.n - 3, err); }
static int nothing(ls_error *err) { return make_from(LS_PAST_NOTHING, 5, err); }
static int snapshot(ls_error *err) { return make_from(LS_PAST_SNAPSHOT, PS.n - 1, err); }

static int view(ls_error *err) {
  ls_view *v = NULL;
  ls_query *query = NULL;
  char hash[33];
  int rc = ls_at(&v, PS.store, PS.positions[PS.n / 2].seq, err);
  if (!rc) rc = ls_view_query(&query, v, "SELECT * FROM items", LS_NO_PARAMS, err);
  if (!rc) rc = ls_query_next(query, err);
  if (rc >= 0) rc = ls_view_hash(hash, v, err);
  ls_view_close(v);
  return rc;
}

static int history(ls_error *err) {
  return ls_history(PS.store, "items", LS_PARAMS(ls_text("a")), ignore_version, NULL, err);
}

static int diff(ls_error *err) {
  return ls_diff(PS.store, PS.positions[4].seq, PS.positions[PS.n - 2].seq, ignore_change, NULL, err);
}

static int changes(ls_error *err) {
  return ls_event_changes(PS.store, PS.positions[PS.n / 2].seq, ignore_change, NULL, err);
}

/* A snapshot that cannot be kept is no error of anything. */
static int keep(ls_error *err) {
  (void)err;
  PS.store->unsaved = 100;
  ls_store_snapshot(PS.store, 0);
  return LS_OK;
}

static void sweep(const char *path, bool sticky, int (*body)(ls_error *)) {
  ls_error err;
  past_store_open(&PS, path, (ls_options){.snapshot_events = 10});
  past_store_live(&PS, 40);
  assert_ok(body(&err), &err);
  long all = 0, step = 1;
  for (bool fired = true; fired; all += fired) { /* where it ends, found in large steps first */
    long k = all * 64 + 1;
    fault_alloc_arm(k, true);
    body(&err);
    fired = fault_alloc_disarm();
  }
  if (!getenv("SOAK") && all * 64 / MOST > 1) step = all * 64 / MOST;
  for (long k = 1;; k += k < 40 ? 1 : step) {
    long blocks = fault_alloc_sqlite_blocks();
    char hash[33];
    fault_alloc_arm(k, sticky);
    int rc = body(&err);
    bool fired = fault_alloc_disarm();
    if (!fired) break;
    if (rc) assert_code(rc, LS_ENOMEM, &err);
    assert_ok(ls_state_hash(hash, PS.store, &err), &err);
    assert_string_equal(hash, PS.positions[PS.n - 1].hash);
    assert_in_range(fault_alloc_sqlite_blocks(), 0, blocks + 200); /* caches may grow */
    assert_ok(body(&err), &err);
  }
  past_store_close(&PS);
}

static int (*const BODIES[])(ls_error *) = {present, nothing, snapshot, view, history, diff, changes, keep};

static void one_allocation_fails(void **path) {
  for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
    char name[8];
    snprintf(name, sizeof name, "%zu", i);
    char *store = tmp_path(*path, name);
    sweep(store, false, BODIES[i]);
    free(store);
  }
}

static void all_allocations_fail_from_one_on(void **path) {
  for (size_t i = 0; i < sizeof BODIES / sizeof BODIES[0]; i++) {
    char name[8];
    snprintf(name, sizeof name, "%zu", i);
    char *store = tmp_path(*path, name);
    sweep(store, true, BODIES[i]);
    free(store);
  }
}

#define test(name) cmocka_unit_test_setup_teardown(name, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      test(one_allocation_fails),
      test(all_allocations_fail_from_one_on),
  };
  fault_alloc_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
