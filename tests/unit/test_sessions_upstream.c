/* Sessions of a store that has an upstream: all follow what the first one merges, and know what became of commits. */
#include <stdio.h>

#include "core/sync.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/house.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

#define ITEMS "SELECT count(*) FROM items"

static int64_t n_items(ls_store *store) { return fixture_number(store, ITEMS); }

static void receipts_and_conflicts_are_known_to_all(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  upstream u = {.id = "u"};
  ls_receipt receipts[3];
  ls_error err;
  assert_ok(ls_commit(&receipts[0], h.s[0], "put", "{\"id\":1}", &err), &err);
  assert_ok(ls_commit(&receipts[1], h.s[1], "put", "{\"id\":2,\"name\":\"x\"}", &err), &err);
  assert_ok(ls_commit(&receipts[2], h.s[0], "put", "{\"id\":3}", &err), &err);
  upstream_add(&u, "other", "put", "{\"id\":9,\"name\":\"x\"}");
  ls_upstream_result result = upstream_pull(&u, h.s[0]);
  assert_int_equal(result.set_aside, 1);
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(ls_receipt_stage(h.s[i], &receipts[0]), LS_STAGE_DURABLE);
    assert_int_equal(ls_receipt_stage(h.s[i], &receipts[1]), LS_STAGE_SET_ASIDE);
    assert_int_equal(fixture_status(h.s[i]).conflicts, 1);
  }
  upstream_push(&u, h.s[0], SIZE_MAX);
  upstream_pull(&u, h.s[0]);
  assert_int_equal(ls_receipt_stage(h.s[1], &receipts[2]), LS_STAGE_CONFIRMED);
  static const ls_input instead = {"put", "{\"id\":2,\"name\":\"y\"}"};
  int64_t id = upstream_conflict_id(h.s[1], 0);
  assert_ok(ls_conflict_retry(NULL, h.s[1], id, &instead, 1, &err), &err);
  assert_int_equal(fixture_status(h.s[0]).conflicts, 0);
  assert_int_equal(n_items(h.s[0]), 4);
  house_check(&h);
  upstream_fini(&u);
  house_close(&h);
}

/* CS-34: one call each, however many events are rebased. */
static void all_follow_a_rebase_and_are_told_once(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  upstream u = {.id = "u"};
  teller t[3];
  for (size_t i = 0; i < 3; i++) house_watch(&t[i], h.s[i], ITEMS, "", NULL);
  for (int i = 0; i < 6; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(h.s[i % 3], "put", args);
  }
  for (size_t i = 0; i < 3; i++) t[i].calls = 0;
  upstream_add(&u, "other", "put", "{\"id\":100}");
  upstream_add(&u, "other", "put", "{\"id\":101}");
  assert_true(upstream_pull(&u, h.s[0]).rebased);
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(t[i].calls, 1);
    assert_int_equal(t[i].value, 8);
  }
  house_check(&h);
  upstream_push(&u, h.s[0], SIZE_MAX);
  upstream_pull(&u, h.s[0]);
  for (size_t i = 0; i < 3; i++) assert_int_equal(t[i].calls, 1);
  house_check(&h);
  assert_int_equal(fixture_status(h.s[2]).pending, 0);
  house_unwatch(t, 3);
  upstream_fini(&u);
  house_close(&h);
}

static void an_event_that_fails_on_arrival_fails_in_all(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  upstream u = {.id = "u"};
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  upstream_push(&u, h.s[0], SIZE_MAX);
  upstream_add(&u, "other", "part", "{\"id\":1,\"item\":77}"); /* no such item */
  upstream_add(&u, "other", "put", "{\"id\":2}");
  upstream_pull(&u, h.s[0]);
  for (size_t i = 0; i < 2; i++) assert_int_equal(fixture_status(h.s[i]).failed, 1);
  house_check(&h);
  upstream_fini(&u);
  house_close(&h);
}

static int count_rebuilds(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)done, (void)total;
  if (strcmp(what, "making the state anew") == 0) ++*(int *)user;
  return 0;
}

static void one_that_cannot_roll_back_as_far_takes_a_copy(void **state) {
  (void)state;
  int rebuilds = 0;
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .client_id = "c", .session_id = "s", .rollback_bytes = 1,
                        .progress = count_rebuilds, .progress_user = &rebuilds};
  house h = house_open_with(NULL, &options, 2);
  upstream u = {.id = "u"};
  teller t;
  house_watch(&t, h.s[1], ITEMS, "", NULL);
  for (int i = 0; i < 20; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(h.s[i % 2], "put", args);
  }
  t.calls = 0;
  upstream_add(&u, "other", "put", "{\"id\":100}");
  upstream_pull(&u, h.s[0]);
  assert_int_equal(t.calls, 1);
  assert_int_equal(t.value, 21);
  assert_int_equal(rebuilds, 0);
  house_check(&h);
  house_unwatch(&t, 1);
  upstream_fini(&u);
  house_close(&h);
}

static void pages_are_told_with_the_last_one(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  upstream u = {.id = "u"};
  teller t;
  ls_error err;
  house_watch(&t, h.s[1], ITEMS, "", NULL);
  for (int i = 0; i < 5; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_add(&u, "other", "put", args);
  }
  assert_ok(upstream_try_pull(NULL, &u, h.s[0], 3, &err), &err);
  assert_int_equal(t.calls, 0);
  assert_int_equal(n_items(h.s[1]), 3); /* who asks is not given less for it */
  upstream_pull(&u, h.s[0]);
  assert_int_equal(t.calls, 1);
  assert_int_equal(t.value, 5);
  house_unwatch(&t, 1);
  upstream_fini(&u);
  house_close(&h);
}

static void sync_facts_are_shown_in_each(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  ls_node *pending[3];
  ls_error err;
  ls_value value;
  for (size_t i = 1; i < 3; i++) assert_ok(ls_sync_signal(&pending[i], h.s[i], LS_SYNC_FACT_PENDING, &err), &err);
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  upstream_commit(h.s[2], "put", "{\"id\":2}");
  for (size_t i = 1; i < 3; i++) {
    ls_sync_status status;
    assert_ok(ls_node_value(&value, pending[i], &err), &err);
    assert_int_equal(value.as.i, 2);
    assert_ok(ls_sync_status_get(&status, h.s[i], &err), &err);
    assert_int_equal(status.pending, 2);
    ls_node_release(pending[i]);
  }
  house_close(&h);
}

static void a_state_in_a_file_is_followed_in_memory(void **state) {
  const char *dir = *state;
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .state = LS_STATE_FILE, .rollback_bytes = 1, .client_id = "c"};
  house h = house_open_with(dir, &options, 2);
  upstream u = {.id = "u"};
  upstream_commit(h.s[1], "put", "{\"id\":1}");
  upstream_commit(h.s[0], "put", "{\"id\":2}");
  upstream_add(&u, "other", "put", "{\"id\":3}");
  upstream_pull(&u, h.s[0]);
  house_check(&h);
  house_close(&h);
  upstream_fini(&u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(receipts_and_conflicts_are_known_to_all),
      cmocka_unit_test(all_follow_a_rebase_and_are_told_once),
      cmocka_unit_test(an_event_that_fails_on_arrival_fails_in_all),
      cmocka_unit_test(one_that_cannot_roll_back_as_far_takes_a_copy),
      cmocka_unit_test(pages_are_told_with_the_last_one),
      cmocka_unit_test(sync_facts_are_shown_in_each),
      cmocka_unit_test_setup_teardown(a_state_in_a_file_is_followed_in_memory, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
