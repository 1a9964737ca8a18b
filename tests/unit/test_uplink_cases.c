/* Cases of LiveStore's session processor (areas CS and LP), for a session that is elsewhere than its leader: what it
 * pushes, and what becomes of a push that is not taken. There a worker, a queue and fences stand between the two; here
 * messages do, and each comment says what of them plays the part. What is asked is the same: nothing is lost, nothing
 * doubled, no order changed. */
#include <stdio.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/linked.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

#define ITEMS "SELECT count(*) FROM items"

static ls_seqnum last_seqnum(ls_store *store, const char *name) {
  ls_seqnum last = LS_SEQNUM_ROOT;
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  while (ls_events_next(&event, events, &err) == 1) {
    if (strcmp(event->name, name) == 0) last = event->seq;
  }
  ls_events_close(events);
  return last;
}

/* ---------------------------------------------------------------------------------------------- */
/* Pushes */

/* CS-10. A drain is waiting until nothing is unsaved; a hung push, a message that is not delivered. */
static void test_a_drain_delivers_what_was_committed_behind_a_hung_push_in_order(void **state) {
  (void)state;
  static const char *const LOG[] = {"", "1", "1 2", "1 2 3"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  for (int id = 1; id <= 3; id++) {
    linked_put(&l, id);
    linked_collect(&l);
  }
  assert_int_equal(linked_count(l.up), 3);
  for (uint64_t n = 0; n < 3; n++) {
    linked_assert_log(leader, LOG[n]);
    assert_int_equal(linked_unsaved(&l), 3 - n);
    linked_deliver_well(&l, true);
    assert_int_equal(linked_unsaved(&l), 3 - n); /* until it is told */
    linked_collect(&l);
    linked_deliver_well(&l, false);
  }
  assert_int_equal(linked_unsaved(&l), 0);
  linked_close(&l);
  linked_assert_log(leader, LOG[3]);
  fixture_close(leader);
}

/* CS-12. The worker is the one who calls ls_uplink_take. */
static void test_what_is_pushed_counts_as_unsaved_before(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  ls_input two[] = {{.name = "put", .args = "{\"id\":2}"}, {.name = "put", .args = "{\"id\":3}"}};
  ls_error err;
  linked_put(&l, 1);
  assert_ok(ls_commit_all(NULL, l.store, two, 2, &err), &err);
  assert_int_equal(linked_unsaved(&l), 3);
  linked_collect(&l);
  ls_link push = linked_read(l.up);
  assert_int_equal(push.n, 3);
  assert_true(ls_seqnum_equal(push.events[2].seq, fixture_status(l.store).head));
  assert_int_equal(linked_unsaved(&l), 3);
  assert_int_equal(fixture_number(l.store, ITEMS), 3);
  ls_link_fini(&push);
  linked_close(&l);
  fixture_close(leader);
}

static int commit_many(const linked *l, int first, int n) {
  static char args[1200][20];
  static ls_input inputs[1200];
  ls_error err;
  for (int i = 0; i < n; i++) {
    snprintf(args[i], sizeof args[i], "{\"id\":%d}", first + i);
    inputs[i] = (ls_input){.name = "put", .args = args[i]};
  }
  assert_ok(ls_commit_all(NULL, l->store, inputs, (size_t)n, &err), &err);
  return first + n;
}

/* Whole commits, no more of them than fill a message, each behind the other. */
static void check_push(const linked_message *message) {
  ls_link push = linked_read(message);
  size_t last = 1;
  if (push.n) {
    assert_int_equal(push.events[push.n - 1].more, 0);
    while (last < push.n && push.events[push.n - 1 - last].more) last++;
    assert_true(push.n - last < LS_LINK_EVENTS);
  }
  for (size_t i = 1; i < push.n; i++) assert_int_equal(linked_id(&push.events[i]), linked_id(&push.events[0]) + (int)i);
  ls_link_fini(&push);
}

static void assert_ids_in_order(ls_store *store) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  for (int id = 1; ls_events_next(&event, events, &err) == 1; id++) assert_int_equal(linked_id(event), id);
  ls_events_close(events);
}

static void deliver_some(linked *l, uint32_t n) {
  for (; n > 0; n--) {
    if (l->up) check_push(l->up);
    linked_deliver(l, n % 2, NULL);
    linked_collect(l);
  }
}

/* CS-13. Its batches are our messages, and its shutdown is a connection that is cut. */
static void test_pushes_keep_order_and_size_however_often_the_connection_is_cut(void **state) {
  (void)state;
  random_source r = random_from((uint64_t)random_option("LS_SEED", 1));
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  int next = 1;
  for (int i = 0; i < 12; i++) {
    for (uint32_t n = random_below(&r, 4); n > 0; n--) next = commit_many(&l, next, 1 + (int)random_below(&r, 400));
    if (i == 6) next = commit_many(&l, next, 1200);
    if (random_below(&r, 2)) linked_collect(&l);
    deliver_some(&l, random_below(&r, 4));
    if (random_below(&r, 3) == 0) linked_connect(&l, leader);
  }
  linked_settle(&l, 1);
  assert_int_equal(fixture_status(leader).events, next - 1);
  assert_ids_in_order(leader);
  linked_finish(&l, leader);
}

/* LP-09. Concurrency is any order in which messages arrive. */
static void test_pushes_and_upstream_come_between_each_other(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  for (int i = 1; i <= 5; i++) {
    upstream_add(&u, "other", "put", linked_item(10 + i));
    linked_put(&l, i);
    linked_collect(&l);
    if (i % 2) upstream_pull(&u, leader);
    linked_collect(&l);
    linked_deliver(&l, true, NULL);
    upstream_pull(&u, leader);
    linked_collect(&l);
    if (i % 3) linked_deliver(&l, false, NULL);
  }
  linked_settle(&l, 1);
  linked_assert_log(leader, "11 12 13 14 15 1 2 3 4 5");
  upstream_sync(&u, &leader, 1);
  assert_int_equal(u.n, 10);
  linked_settle(&l, 1);
  linked_finish(&l, leader);
  upstream_fini(&u);
}

/* LP-03. Between two pages of a pull the leader is as free as ever. */
static void test_a_pull_in_pages_does_not_hold_pushes_up(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  ls_error err;
  for (int id = 11; id <= 13; id++) upstream_add(&u, "other", "put", linked_item(id));
  for (int page = 1; page <= 3; page++) {
    assert_ok(upstream_try_pull(NULL, &u, leader, 1, &err), &err);
    ls_receipt receipt = linked_put(&l, page);
    linked_settle(&l, 1);
    linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  }
  linked_assert_log(leader, "11 12 13 1 2 3");
  assert_int_equal(upstream_push(&u, leader, SIZE_MAX), 3);
  linked_finish(&l, leader);
  upstream_fini(&u);
}

/* LP-24, CS-18. One that hangs is one whose messages are not delivered. Ending it waits for nobody, tells nobody, and
 * what it did not deliver is not there. */
static void count_call(void *user, const ls_update *update) {
  (void)update;
  ++*(int *)user;
}

static void test_a_session_that_hangs_holds_nobody_up_and_ends_at_once(void **state) {
  (void)state;
  int calls = 0;
  ls_node *node;
  ls_error err;
  ls_store *leader = linked_leader();
  linked hung = linked_joined("hung", leader), l = linked_joined("tab", leader);
  assert_ok(ls_watch(&node, hung.store, ITEMS, LS_NO_PARAMS, count_call, &calls, &err), &err);
  linked_put(&hung, 1);
  linked_collect(&hung);
  assert_int_equal(calls, 2);
  linked_put(&l, 2);
  linked_collect(&l);
  linked_collect(&hung);
  linked_deliver_well(&l, true);
  linked_assert_log(leader, "2");
  linked_collect(&hung);
  assert_int_equal(linked_unsaved(&hung), 1);
  ls_node_release(node);
  linked_close(&hung);
  assert_int_equal(calls, 2);
  linked_settle(&l, 1);
  linked_assert_log(leader, "2");
  linked_finish(&l, leader);
}

/* ---------------------------------------------------------------------------------------------- */
/* Pushes that are not taken */

/* CS-20. The pull is what the leader has to say; it stops when the connection is cut. */
static void test_a_drain_does_not_end_while_a_refused_push_is_not_made_good(void **state) {
  (void)state;
  const void *message;
  size_t size;
  ls_error err;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_put(&l, 1);
  linked_collect(&l);
  upstream_commit(leader, "put", linked_item(9));
  linked_deliver_well(&l, true);
  linked_cut(&l);
  ls_uplink_lost(l.store);
  assert_false(linked_status(&l).welcome);
  assert_int_equal(linked_unsaved(&l), 1);
  assert_int_equal(ls_uplink_take(&message, &size, l.store, &err), 1); /* its greeting, and no more until the welcome */
  assert_int_equal(ls_uplink_take(&message, &size, l.store, &err), 0);
  linked_assert_log(leader, "9");
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  linked_assert_log(leader, "9 1");
  linked_finish(&l, leader);
}

/* CS-21. An empty advance is a message whose only news is how far upstream has the log; the fence is that a push names
 * the last change of the log that was heard. */
static void test_news_of_upstream_alone_does_not_push_again_what_was_refused(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_put(&l, 1);
  linked_settle(&l, 1);
  ls_receipt receipt = linked_put(&l, 2);
  linked_collect(&l);
  upstream_sync(&u, &leader, 1);
  linked_collect(&l);
  upstream_commit(leader, "put", linked_item(9));
  linked_collect(&l);
  assert_int_equal(linked_count(l.down), 2);
  linked_deliver_well(&l, true); /* refused */
  linked_deliver_well(&l, false);
  linked_collect(&l);
  assert_int_equal(linked_count(l.up), 0);
  assert_int_equal(linked_unsaved(&l), 1);
  linked_deliver_well(&l, false);
  linked_collect(&l);
  assert_int_equal(linked_count(l.up), 1);
  linked_settle(&l, 1);
  linked_assert_log(leader, "1 9 2");
  linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  linked_finish(&l, leader);
  upstream_fini(&u);
}

/* CS-24. A push says how much the leader has with it, so one behind a push that failed does not fit. */
static void test_a_push_behind_one_that_failed_is_not_taken(void **state) {
  (void)state;
  ls_error err;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  for (int id = 1; id <= 2; id++) {
    linked_put(&l, id);
    linked_collect(&l);
  }
  fault_alloc_arm(1, true);
  int rc = linked_deliver(&l, true, &err);
  fault_alloc_disarm();
  assert_code(rc, LS_ENOMEM, &err);
  linked_deliver_well(&l, true);
  linked_assert_log(leader, "");
  assert_int_equal(linked_unsaved(&l), 2);
  linked_connect(&l, leader);
  linked_put(&l, 3);
  linked_settle(&l, 1);
  linked_assert_log(leader, "1 2 3");
  linked_finish(&l, leader);
}

/* LP-06. A push of a stale generation is one that was sent before a rebase of the leader was heard of. */
static void test_a_push_from_before_a_rebase_is_told_of_it_and_comes_again(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  upstream_commit(leader, "put", linked_item(5));
  linked_settle(&l, 1);
  linked_put(&l, 1);
  linked_collect(&l);
  upstream_add(&u, "other", "put", linked_item(9));
  upstream_pull(&u, leader);
  int64_t generation = fixture_status(leader).head.generation;
  assert_true(generation > 0);
  linked_deliver_well(&l, true);
  linked_assert_log(leader, "9 5");
  linked_collect(&l);
  linked_deliver_well(&l, false); /* the first that it hears is why */
  linked_collect(&l);
  linked_deliver_well(&l, true);
  linked_assert_log(leader, "9 5 1");
  assert_true(last_seqnum(leader, "put").generation > generation);
  linked_settle(&l, 1);
  linked_finish(&l, leader);
  upstream_fini(&u);
}

/* LP-15. A generation ahead of the leader's comes with what the session itself has rebased. */
static void test_a_client_only_event_is_taken_when_its_session_has_rebased_it(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_put(&l, 1);
  linked_settle(&l, 1);
  ls_receipt receipt = linked_commit(&l, "local", "{\"n\":7}");
  linked_collect(&l);
  upstream_commit(leader, "put", linked_item(2));
  int64_t generation = fixture_status(leader).head.generation;
  linked_settle(&l, 1);
  ls_seqnum seq = last_seqnum(leader, "local");
  assert_int_equal(seq.global, 2);
  assert_int_equal(seq.client, 1);
  assert_int_equal(seq.generation, generation + 1);
  linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  assert_int_equal(fixture_number(leader, "SELECT n FROM ui"), 7);
  assert_int_equal(fixture_status(leader).pending, 3);
  upstream_add(&u, "other", "put", linked_item(9));
  upstream_pull(&u, leader); /* numbers that the session has given are not given again */
  assert_int_equal(fixture_status(leader).head.generation, generation + 2);
  upstream_sync(&u, &leader, 1);
  assert_int_equal(u.n, 3);
  linked_settle(&l, 1);
  linked_finish(&l, leader);
  upstream_fini(&u);
}

/* CS-07 */
static void test_a_document_of_the_session_is_saved_while_upstream_goes_on(void **state) {
  (void)state;
  static const char SCHEMA[] =
      "{\"livestore\":1,\"tables\":[\"CREATE TABLE items (id INTEGER PRIMARY KEY)\"],\"events\":{\"put\":{\"args\":{"
      "\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},\"required\":[\"id\"]},\"sql\":"
      "\"INSERT INTO items VALUES (:id)\"}},\"documents\":{\"ui\":{\"value\":{\"type\":\"string\"},\"default\":\"\"}}}";
  upstream u = {.id = "first"};
  ls_options options = {.schema.json = SCHEMA, .client_id = "c", .session_id = "s"};
  ls_store *leader = fixture_open_with(NULL, &options);
  linked l = linked_open("tab", SCHEMA);
  const char *value;
  ls_error err;
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  assert_ok(ls_document_set(NULL, l.store, "ui", NULL, "\"draft\"", &err), &err);
  linked_collect(&l);
  upstream_add(&u, "other", "put", linked_item(1));
  upstream_pull(&u, leader);
  linked_settle(&l, 1);
  linked_assert_same(&l, 1, leader);
  assert_true(ls_seqnum_equal(fixture_status(l.store).head, fixture_status(leader).head));
  assert_int_equal(u.n, 1);
  assert_ok(ls_document_get(&value, leader, "ui", "tab", &err), &err);
  assert_string_equal(value, "\"draft\"");
  linked_close(&l);
  fixture_close(leader);
  upstream_fini(&u);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_a_drain_delivers_what_was_committed_behind_a_hung_push_in_order),
      cmocka_unit_test(test_what_is_pushed_counts_as_unsaved_before),
      cmocka_unit_test(test_pushes_keep_order_and_size_however_often_the_connection_is_cut),
      cmocka_unit_test(test_pushes_and_upstream_come_between_each_other),
      cmocka_unit_test(test_a_pull_in_pages_does_not_hold_pushes_up),
      cmocka_unit_test(test_a_session_that_hangs_holds_nobody_up_and_ends_at_once),
      cmocka_unit_test(test_a_drain_does_not_end_while_a_refused_push_is_not_made_good),
      cmocka_unit_test(test_news_of_upstream_alone_does_not_push_again_what_was_refused),
      cmocka_unit_test(test_a_push_behind_one_that_failed_is_not_taken),
      cmocka_unit_test(test_a_push_from_before_a_rebase_is_told_of_it_and_comes_again),
      cmocka_unit_test(test_a_client_only_event_is_taken_when_its_session_has_rebased_it),
      cmocka_unit_test(test_a_document_of_the_session_is_saved_while_upstream_goes_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
