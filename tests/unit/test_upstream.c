/* Merging what upstream sends, giving it what is pending, and receipts that tell how far a commit has come. */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

static void put(ls_store *store, int id) {
  char args[30];
  snprintf(args, sizeof args, "{\"id\":%d}", id);
  upstream_commit(store, "put", args);
}

static void add(upstream *u, int id) {
  char args[30];
  snprintf(args, sizeof args, "{\"id\":%d}", id);
  upstream_add(u, "other", "put", args);
}

static ls_stage stage_of(ls_store *store, const ls_receipt *receipt) { return ls_receipt_stage(store, receipt); }

static int count_event(void *user, const ls_event *event) {
  (void)event;
  ++*(int *)user;
  return 0;
}

static int pending_of(ls_store *store, int64_t after) {
  int n = 0;
  ls_error err;
  assert_ok(ls_upstream_pending(store, after, count_event, &n, &err), &err);
  return n;
}

/* ---------------------------------------------------------------------------------------------- */

/* LP-01, LP-08, CS-01 */
static void test_pushed_events_are_pending_until_they_come_back(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  for (int i = 1; i <= 100; i++) put(store, i);
  assert_int_equal(pending_of(store, 0), 100);
  assert_int_equal(pending_of(store, 90), 10);
  assert_int_equal(upstream_push(&u, store, 60), 60);
  assert_int_equal(pending_of(store, 0), 100);
  ls_upstream_result result = upstream_pull(&u, store);
  assert_int_equal(result.confirmed, 60);
  assert_false(result.rebased);
  assert_int_equal(pending_of(store, 0), 40);
  assert_int_equal(fixture_status(store).pending, 40);
  assert_int_equal(fixture_status(store).head.global, 100);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

/* LP-28, CS-09: what was pending when a store was closed still is. */
static void test_what_is_pending_survives_closing(void **state) {
  upstream u = {.id = "b"};
  char *path = tmp_path(*state, "store");
  ls_store *store = upstream_open(path, "a");
  put(store, 1);
  upstream_commit(store, "local", "{\"n\":1}");
  fixture_close(store);
  store = upstream_open(path, "a");
  assert_int_equal(pending_of(store, 0), 1);
  add(&u, 2);
  assert_true(upstream_pull(&u, store).rebased);
  fixture_close(store);
  store = upstream_open(path, "a");
  assert_int_equal(upstream_push(&u, store, 10), 1);
  assert_int_equal(upstream_pull(&u, store).confirmed, 1);
  assert_string_equal(upstream_rows(store), "1 - 0; 2 - 0 / ");
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
  free(path);
}

/* LP-23 */
static void test_client_only_events_never_go_upstream_and_cause_no_rebase(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  upstream_commit(store, "local", "{\"n\":1}");
  assert_int_equal(pending_of(store, 0), 0);
  add(&u, 1);
  ls_upstream_result result = upstream_pull(&u, store);
  assert_false(result.rebased);
  assert_int_equal(result.confirmed, 1);
  assert_true(ls_seqnum_equal(fixture_status(store).head, (ls_seqnum){1, 0, 0}));
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM ui"), 1);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

/* CS-08, LP-22 */
static void test_what_breaks_the_protocol_changes_nothing(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  add(&u, 1);
  add(&u, 2);
  upstream_pull(&u, store);
  put(store, 3);
  const char *before = fixture_hash(store);
  ls_event event = u.events[1];
  const struct {
    ls_event events[2];
    size_t n;
  } cases[] = {
      {{event}, 1},                                                       /* sent again */
      {{{.seq = {3, 1, 0}, .parent = {2, 0, 0}}}, 1},                     /* client-only */
      {{{.seq = {4, 0, 0}, .parent = {2, 0, 0}}, {.seq = {3, 0, 0}}}, 2}, /* not in order */
      {{{.seq = {3, 0, 0}, .parent = {1, 0, 0}}}, 1},                     /* behind something else */
      {{{.seq = {5, 0, 0}, .parent = {4, 0, 0}}}, 1},                     /* a gap */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_event events[2];
    for (size_t j = 0; j < 2; j++) {
      events[j] = event;
      events[j].seq = cases[i].events[j].seq;
      events[j].parent = cases[i].events[j].parent;
    }
    assert_code(ls_upstream_merge(NULL, store, events, cases[i].n, false, &err), LS_EORDER, &err);
    assert_string_equal(fixture_hash(store), before);
    assert_true(ls_seqnum_equal(fixture_status(store).head, (ls_seqnum){3, 0, 0}));
  }
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

/* Nothing is asked for twice, however many pages it takes. */
static void test_many_pages_give_what_one_gives(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *stores[] = {upstream_open(NULL, "a"), upstream_open(NULL, "b")};
  ls_error err;
  for (int i = 1; i <= 500; i++) add(&u, i % 400);
  upstream_pull(&u, stores[0]);
  while (ls_log_upstream_head(stores[1]->leader->log).global < 500) {
    assert_ok(upstream_try_pull(NULL, &u, stores[1], 7, &err), &err);
  }
  assert_int_equal(fixture_status(stores[0]).failed, 100);
  assert_string_equal(fixture_hash(stores[0]), fixture_hash(stores[1]));
  for (int i = 0; i < 2; i++) {
    upstream_check(stores[i]);
    fixture_close(stores[i]);
  }
  upstream_fini(&u);
}

/* CS-30 */
static void test_events_that_the_schema_does_not_know_are_kept(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  upstream_add(&u, "other", "v9.Unheard", "{\"of\":1}");
  upstream_pull(&u, store);
  assert_int_equal(fixture_status(store).events, 1);
  assert_int_equal(fixture_status(store).failed, 0);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

static void test_a_migration_that_has_begun_goes_on_over_a_rebase(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_migration *migration;
  ls_error err;
  for (int i = 1; i <= 50; i++) put(store, i);
  assert_ok(ls_migration_begin(&migration, store, NULL, &err), &err);
  assert_int_equal(ls_migration_step(migration, 30, &err), 1);
  add(&u, 100);
  upstream_pull(&u, store);
  assert_ok(ls_migration_finish(migration, &err), &err);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM items"), 51);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

/* ---------------------------------------------------------------------------------------------- */
/* Refused */

static void test_a_refused_commit_is_set_aside_and_the_others_go_on(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  put(store, 1);
  assert_ok(ls_commit_all(NULL, store, (ls_input[]){{"put", "{\"id\":2}"}, {"put", "{\"id\":3}"}}, 2, &err), &err);
  put(store, 4);
  assert_code(ls_upstream_refused(store, 9, "too large", &err), LS_ENOTFOUND, &err);
  assert_ok(ls_upstream_refused(store, 3, "too large", &err), &err);
  char *conflict = upstream_conflict(store, 0);
  assert_string_equal(conflict, "put {\"id\":2} 2 1 too large");
  free(conflict);
  assert_string_equal(upstream_rows(store), "1 - 0; 4 - 0 / ");
  upstream_sync(&u, &store, 1);
  assert_int_equal(u.n, 2);
  assert_code(ls_upstream_refused(store, 1, "too late", &err), LS_ENOTFOUND, &err);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

/* ---------------------------------------------------------------------------------------------- */
/* Receipts */

static void test_receipts_follow_their_commits_over_rebases(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_receipt receipts[4];
  ls_error err;
  static const char *const args[] = {"{\"id\":1}", "{\"id\":2,\"name\":\"x\"}", "{\"id\":3}", "{\"id\":4}"};
  for (int i = 0; i < 4; i++) {
    assert_ok(ls_commit(&receipts[i], store, "put", args[i], &err), &err);
    assert_int_equal(receipts[i].stage, LS_STAGE_DURABLE);
    assert_int_equal(receipts[i].serial, i + 1);
  }
  upstream_add(&u, "other", "put", "{\"id\":9,\"name\":\"x\"}");
  upstream_pull(&u, store);
  assert_int_equal(stage_of(store, &receipts[0]), LS_STAGE_DURABLE);
  assert_int_equal(stage_of(store, &receipts[1]), LS_STAGE_SET_ASIDE);
  assert_int_equal(upstream_push(&u, store, 2), 2);
  add(&u, 10);
  upstream_pull(&u, store);
  assert_int_equal(stage_of(store, &receipts[0]), LS_STAGE_CONFIRMED);
  assert_int_equal(stage_of(store, &receipts[1]), LS_STAGE_SET_ASIDE);
  assert_int_equal(stage_of(store, &receipts[2]), LS_STAGE_CONFIRMED);
  assert_int_equal(stage_of(store, &receipts[3]), LS_STAGE_DURABLE);
  ls_receipt again;
  assert_ok(ls_conflict_retry(&again, store, 1, &(ls_input){"put", "{\"id\":2}"}, 1, &err), &err);
  assert_int_equal(again.serial, 5);
  upstream_sync(&u, &store, 1);
  assert_int_equal(stage_of(store, &again), LS_STAGE_CONFIRMED);
  assert_int_equal(stage_of(store, &receipts[1]), LS_STAGE_SET_ASIDE);
  assert_int_equal(stage_of(store, &receipts[3]), LS_STAGE_CONFIRMED);
  fixture_close(store);
  upstream_fini(&u);
}

static void test_receipts_do_not_mind_what_was_pending_before(void **state) {
  upstream u = {.id = "b"};
  char *path = tmp_path(*state, "store");
  ls_store *store = upstream_open(path, "a");
  ls_receipt receipt;
  ls_error err;
  for (int i = 1; i <= 5; i++) put(store, i);
  fixture_close(store);
  store = upstream_open(path, "a");
  assert_ok(ls_commit(&receipt, store, "put", "{\"id\":6}", &err), &err);
  assert_int_equal(receipt.serial, 1);
  upstream_push(&u, store, 5);
  upstream_pull(&u, store);
  assert_int_equal(stage_of(store, &receipt), LS_STAGE_DURABLE);
  upstream_sync(&u, &store, 1);
  assert_int_equal(stage_of(store, &receipt), LS_STAGE_CONFIRMED);
  fixture_close(store);
  upstream_fini(&u);
  free(path);
}

/* ---------------------------------------------------------------------------------------------- */
/* Size */

static char *large_args(size_t size) {
  char *args = malloc(size + 50);
  assert_non_null(args);
  int start = sprintf(args, "{\"id\":1,\"name\":\"");
  memset(args + start, 'x', size);
  strcpy(args + start + size, "\"}");
  return args;
}

static void test_a_commit_that_upstream_could_never_take_is_refused(void **state) {
  (void)state;
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  char *args = large_args(1000000);
  const ls_input inputs[] = {{"put", "{\"id\":2}"}, {"put", args}};
  assert_code(ls_commit_all(NULL, store, inputs, 2, &err), LS_ELIMIT, &err);
  assert_int_equal(err.item, 1);
  assert_says(&err, "the limit is 900000");
  assert_says(&err, "takes 1000");
  assert_int_equal(fixture_status(store).events, 0);
  memcpy(args, "{\"n\": 1,\"tags\":\"", 16);
  assert_ok(ls_commit(NULL, store, "local", args, &err), &err);
  free(args);
  args = large_args(800000);
  assert_ok(ls_commit(NULL, store, "put", args, &err), &err);
  free(args);
  fixture_close(store);
}

static void test_an_import_of_what_could_never_be_synced_is_refused(void **state) {
  char *file = tmp_path(*state, "events.jsonl"), *args = large_args(1000000), *text = malloc(1000600);
  assert_non_null(text);
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  static const char LINE[] =
      "{\"name\":\"put\",\"args\":%s,\"seqNum\":{\"global\":%d,\"client\":0,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":%d,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c\","
      "\"sessionId\":\"s\"}\n";
  int size = sprintf(text, LINE, "{\"id\":2}", 1, 0);
  size += sprintf(text + size, LINE, args, 2, 1);
  tmp_write(file, text, (size_t)size);
  assert_code(ls_import(NULL, store, file, NULL, &err), LS_EFORMAT, &err);
  assert_says(&err, "line 2");
  assert_says(&err, "the limit is 900000");
  assert_int_equal(fixture_status(store).events, 0);
  fixture_close(store);
  free(file);
  free(args);
  free(text);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pushed_events_are_pending_until_they_come_back),
      cmocka_unit_test_setup_teardown(test_what_is_pending_survives_closing, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_client_only_events_never_go_upstream_and_cause_no_rebase),
      cmocka_unit_test(test_what_breaks_the_protocol_changes_nothing),
      cmocka_unit_test(test_many_pages_give_what_one_gives),
      cmocka_unit_test(test_events_that_the_schema_does_not_know_are_kept),
      cmocka_unit_test(test_a_migration_that_has_begun_goes_on_over_a_rebase),
      cmocka_unit_test(test_a_refused_commit_is_set_aside_and_the_others_go_on),
      cmocka_unit_test(test_receipts_follow_their_commits_over_rebases),
      cmocka_unit_test_setup_teardown(test_receipts_do_not_mind_what_was_pending_before, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_a_commit_that_upstream_could_never_take_is_refused),
      cmocka_unit_test_setup_teardown(test_an_import_of_what_could_never_be_synced_is_refused, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
