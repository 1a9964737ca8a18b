/* Sessions that are elsewhere than their leader: greeting, stages of receipts, what several of them see, undo, hand-over,
 * failures of either side, messages that are none. */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/linked.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

/* The event of a global number has this in its arguments. */
static void assert_event(ls_store *store, int64_t global, const char *part) {
  ls_event_filter filter = {.since = {global - 1, LS_SEQNUM_MAX_CLIENT, 0}};
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, &filter, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_non_null(strstr(event->args, part));
  ls_events_close(events);
}

/* ---------------------------------------------------------------------------------------------- */

static void test_the_welcome_brings_state_and_names(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  upstream_commit(leader, "put", "{\"id\":1,\"name\":\"a\"}");
  linked l = linked_joined("tab", leader);
  assert_string_equal(ls_client_id(l.store), "c");
  assert_string_equal(ls_store_id(l.store), ls_store_id(leader));
  assert_string_equal(ls_session_id(l.store), "tab");
  assert_int_equal(fixture_number(l.store, "SELECT count(*) FROM items"), 1);
  linked_finish(&l, leader);
}

static void test_a_session_of_another_schema_replays_the_log(void **state) {
  (void)state;
  static const char OTHER[] = "{\"livestore\":1,\"tables\":[\"CREATE TABLE seen (id INTEGER PRIMARY KEY) STRICT\"],"
                              "\"events\":{\"put\":{\"args\":{\"type\":\"object\"},"
                              "\"sql\":\"INSERT INTO seen VALUES (:_global)\"}},\"unknownEvents\":\"ignore\"}";
  ls_store *leader = linked_leader();
  for (int i = 0; i < 2500; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(leader, "put", args);
  }
  linked l = linked_open("tab", OTHER);
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  assert_int_equal(fixture_number(l.store, "SELECT count(*) FROM seen"), 2500);
  linked_close(&l);
  fixture_close(leader);
}

static void test_a_receipt_tells_local_durable_confirmed(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  ls_receipt receipt = linked_commit(&l, "put", "{\"id\":1}");
  assert_int_equal(receipt.stage, LS_STAGE_LOCAL);
  assert_int_equal(linked_unsaved(&l), 1);
  linked_settle(&l, 1);
  linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  assert_int_equal(linked_unsaved(&l), 0);
  upstream_sync(&u, &leader, 1);
  linked_settle(&l, 1);
  linked_assert_stage(&l, receipt, LS_STAGE_CONFIRMED);
  linked_close(&l);
  fixture_close(leader);
  upstream_fini(&u);
}

static void test_what_one_commits_the_others_see(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l[2] = {linked_joined("a", leader), linked_joined("b", leader)};
  linked_commit(&l[0], "put", "{\"id\":1}");
  linked_commit(&l[1], "put", "{\"id\":2}");
  upstream_commit(leader, "put", "{\"id\":3}");
  assert_int_equal(fixture_number(l[0].store, "SELECT count(*) FROM items"), 1);
  linked_settle(l, 2);
  assert_int_equal(fixture_number(l[0].store, "SELECT count(*) FROM items"), 3);
  linked_assert_same(l, 2, leader);
  linked_close(&l[0]);
  linked_close(&l[1]);
  fixture_close(leader);
}

static void test_a_commit_that_another_one_rules_out_becomes_a_conflict_of_the_leader(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  upstream_commit(leader, "put", "{\"id\":1,\"name\":\"same\"}");
  ls_receipt lost = linked_commit(&l, "put", "{\"id\":2,\"name\":\"same\"}"), kept = linked_commit(&l, "put", "{\"id\":3}");
  linked_settle(&l, 1);
  linked_assert_stage(&l, lost, LS_STAGE_SET_ASIDE);
  linked_assert_stage(&l, kept, LS_STAGE_DURABLE);
  char *conflict = upstream_conflict(leader, 0);
  assert_non_null(conflict);
  assert_non_null(strstr(conflict, "put {\"id\":2,\"name\":\"same\"}"));
  free(conflict);
  assert_null(upstream_conflict(l.store, 0)); /* it is told of once */
  linked_finish(&l, leader);
}

static void test_each_session_undoes_its_own(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l[2] = {linked_joined("a", leader), linked_joined("b", leader)};
  ls_error err;
  linked_commit(&l[0], "put", "{\"id\":1}");
  linked_commit(&l[1], "put", "{\"id\":2}");
  linked_settle(l, 2);
  assert_ok(ls_undo(NULL, l[0].store, 1, &err), &err);
  assert_code(ls_undo(NULL, l[0].store, 1, &err), LS_ENOTFOUND, &err);
  linked_settle(l, 2);
  assert_int_equal(fixture_number(leader, "SELECT id FROM items"), 2);
  assert_ok(ls_redo(NULL, l[0].store, 1, &err), &err);
  linked_settle(l, 2);
  assert_int_equal(fixture_number(leader, "SELECT count(*) FROM items"), 2);
  linked_assert_same(l, 2, leader);
  linked_close(&l[0]);
  linked_close(&l[1]);
  fixture_close(leader);
}

/* As a page does when it is loaded again. */
static void test_a_session_that_comes_back_undoes_what_it_committed(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  ls_error err;
  linked l = linked_joined("tab", leader);
  linked_commit(&l, "put", "{\"id\":1}");
  linked_commit(&l, "put", "{\"id\":2}");
  linked_settle(&l, 1);
  upstream_commit(leader, "put", "{\"id\":3}");
  assert_ok(ls_undo(NULL, l.store, 1, &err), &err);
  linked_settle(&l, 1);
  upstream_sync(&u, &leader, 1);
  for (int life = 0; life < 2; life++) {
    linked_close(&l);
    l = linked_joined("tab", leader);
    assert_ok((life ? ls_redo : ls_undo)(NULL, l.store, 1, &err), &err);
    linked_settle(&l, 1);
    assert_int_equal(fixture_number(leader, "SELECT sum(id) FROM items"), life ? 4 : 3);
    linked_assert_same(&l, 1, leader);
  }
  linked_close(&l);
  for (int i = 10; i < 270; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(leader, "put", args);
  }
  upstream_sync(&u, &leader, 1);
  l = linked_joined("tab", leader);
  assert_code(ls_undo(NULL, l.store, 1, &err), LS_ENOTFOUND, &err); /* too long ago */
  linked_close(&l);
  fixture_close(leader);
  upstream_fini(&u);
}

/* A later commit never overtakes one that was refused (CS-02, CS-24). */
static void test_order_is_kept_when_a_push_comes_too_late(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_commit(&l, "put", "{\"id\":1,\"name\":\"older\"}");
  linked_collect(&l);
  upstream_commit(leader, "put", "{\"id\":9}"); /* the push does not fit any more */
  linked_commit(&l, "put", "{\"id\":2,\"name\":\"later\"}");
  linked_settle(&l, 1);
  assert_event(leader, 2, "older");
  assert_event(leader, 3, "later");
  linked_finish(&l, leader);
}

/* What was accepted, and what was not, when the leader went: both are there once (WEB hand-over, CS-15 to CS-17). */
static void test_a_push_that_was_not_answered_is_not_doubled(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  ls_error err;
  ls_receipt first = linked_commit(&l, "count", "{\"id\":1}");
  linked_collect(&l);
  assert_ok(linked_deliver(&l, true, &err), &err); /* accepted, and the answer is lost */
  ls_receipt second = linked_commit(&l, "put", "{\"id\":1}");
  linked_collect(&l);
  upstream_commit(leader, "put", "{\"id\":5}");
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  assert_int_equal(fixture_status(leader).events, 3);
  linked_assert_stage(&l, first, LS_STAGE_DURABLE);
  linked_assert_stage(&l, second, LS_STAGE_DURABLE);
  linked_finish(&l, leader);
}

static void test_a_message_that_is_none_is_refused_and_changes_nothing(void **state) {
  (void)state;
  static const char *const BAD[] = {"",
                                    "{",
                                    "[]",
                                    "{}",
                                    "{\"push\":{}}",
                                    "{\"push\":{\"heard\":1,\"has\":-1}}",
                                    "{\"hello\":{}}",
                                    "{\"events\":7}",
                                    "{\"events\":[{}]}",
                                    "{\"conflict\":{\"id\":1}}",
                                    "{\"after\":\"x\",\"events\":[]}",
                                    "{\"accepted\":\"e900\",\"has\":1}",
                                    "{\"welcome\":{\"store\":\"s\"}}",
                                    "{\"failed\":{}}",
                                    "{\"kept\":\"x\"}"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_commit(&l, "put", "{\"id\":1}");
  for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
    ls_error err = {.code = 0};
    int up = ls_downlink_receive(l.downlink, BAD[i], strlen(BAD[i]), &err);
    int down = ls_uplink_receive(l.store, BAD[i], strlen(BAD[i]), &err);
    assert_true(up < 0 && down < 0);
    assert_true(err.text[0]);
    linked_connect(&l, leader);
    linked_settle(&l, 1);
  }
  assert_int_equal(fixture_status(leader).events, 1);
  linked_finish(&l, leader);
}

static void test_only_a_store_whose_leader_is_elsewhere_has_an_uplink(void **state) {
  (void)state;
  const void *message;
  size_t size;
  ls_error err;
  ls_uplink_status status;
  ls_store *leader = linked_leader();
  assert_code(ls_uplink_take(&message, &size, leader, &err), LS_ENOTFOUND, &err);
  assert_code(ls_uplink_receive(leader, "{}", 2, &err), LS_ENOTFOUND, &err);
  assert_code(ls_uplink_status_get(&status, leader, &err), LS_ENOTFOUND, &err);
  fixture_close(leader);
}

static void test_a_leader_may_be_closed_with_its_sessions_joined(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_commit(&l, "put", "{\"id\":1}");
  fixture_close(leader);
  l.downlink = NULL; /* it went with the store */
  assert_int_equal(linked_unsaved(&l), 1);
  assert_int_equal(fixture_number(l.store, "SELECT count(*) FROM items"), 1);
  linked_close(&l);
}

/* ---------------------------------------------------------------------------------------------- */
/* Memory that runs out on either side */

static void deliver_or_begin_again(linked *links, size_t n, ls_store *leader) {
  for (int i = 0; i < 40; i++) {
    linked *l = &links[i % (int)n];
    ls_error err;
    if (linked_try_collect(l) < 0 || linked_deliver(l, i / 2 % 2 == 0, &err) < 0) {
      linked_cut(l);
      ls_uplink_lost(l->store);
      if (ls_downlink_open(&l->downlink, leader, &err)) l->downlink = NULL;
      l->leader = leader;
    }
  }
}

static bool run_with_fault(long k) {
  long blocks = fault_alloc_sqlite_blocks();
  upstream u = {.id = "first"};
  ls_error err;
  ls_store *leader = linked_leader();
  linked l[2] = {linked_joined("a", leader), linked_joined("b", leader)};
  for (int i = 0; i < 4; i++) {
    char args[60];
    snprintf(args, sizeof args, "{\"id\":%d,\"name\":\"n%d\"}", i, i);
    linked_commit(&l[i % 2], "put", args);
  }
  upstream_add(&u, "other", "put", "{\"id\":3,\"name\":\"n0\"}");
  assert_ok(upstream_try_pull(NULL, &u, leader, 10, &err), &err);
  fault_alloc_arm(k, false);
  deliver_or_begin_again(l, 2, leader);
  bool failed = fault_alloc_disarm();
  for (int i = 0; i < 2; i++) linked_connect(&l[i], leader);
  linked_settle(l, 2);
  linked_assert_same(l, 2, leader);
  /* Two of the four cannot be behind what the other client did: they are conflicts, the others are there. */
  assert_int_equal(fixture_status(leader).events, 3);
  assert_int_equal(fixture_status(leader).conflicts, 2);
  linked_close(&l[0]);
  linked_close(&l[1]);
  upstream_check(leader);
  fixture_close(leader);
  upstream_fini(&u);
  if (fault_alloc_sqlite_blocks() != blocks) fail_msg("%ld: SQLite's memory is left", k);
  return failed;
}

static void test_nothing_is_lost_or_doubled_when_memory_runs_out(void **state) {
  (void)state;
  long end = 1, n = 0, most = random_option("LS_MOST", 60);
  while (run_with_fault(end)) end *= 2;
  for (long k = 1; run_with_fault(k); k += end / most + 1) n++;
  print_message("%ld of %ld allocations failed\n", n, end);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_the_welcome_brings_state_and_names),
      cmocka_unit_test(test_a_session_of_another_schema_replays_the_log),
      cmocka_unit_test(test_a_receipt_tells_local_durable_confirmed),
      cmocka_unit_test(test_what_one_commits_the_others_see),
      cmocka_unit_test(test_a_commit_that_another_one_rules_out_becomes_a_conflict_of_the_leader),
      cmocka_unit_test(test_each_session_undoes_its_own),
      cmocka_unit_test(test_a_session_that_comes_back_undoes_what_it_committed),
      cmocka_unit_test(test_order_is_kept_when_a_push_comes_too_late),
      cmocka_unit_test(test_a_push_that_was_not_answered_is_not_doubled),
      cmocka_unit_test(test_a_message_that_is_none_is_refused_and_changes_nothing),
      cmocka_unit_test(test_only_a_store_whose_leader_is_elsewhere_has_an_uplink),
      cmocka_unit_test(test_a_leader_may_be_closed_with_its_sessions_joined),
      cmocka_unit_test(test_nothing_is_lost_or_doubled_when_memory_runs_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
