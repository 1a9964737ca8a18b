/* A store that is committed to: all or nothing, what receipts tell, when events become durable, and what is taken back
 * when they do not. */
#include <stdio.h>
#include <stdlib.h>

#include "core/log_file.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

static void everything_is_there_again(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = fixture_open(path);
  fixture_add(store, 1, 10);
  const char *before = fixture_hash(store);
  fixture_kill(store);
  store = fixture_open(path);
  assert_string_equal(fixture_hash(store), before);
  assert_int_equal(fixture_status(store).head.global, 10);
  assert_int_equal(fixture_status(store).pending, 10);
  fixture_close(store);
  free(path);
}

/* ST-24, and that nothing of a failed commit is left, whatever was wrong with it. */
static void a_commit_is_all_or_nothing(void **state) {
  static const struct {
    ls_input events[3];
    size_t n;
    int code, item;
    const char *says;
  } cases[] = {
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":50}"}}, 2, LS_EMATERIALIZE, 1, "UNIQUE"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":51}"}, {"add", "{\"id\":13}"}}, 3, LS_EMATERIALIZE, 2, "CHECK"},
      {{{"add", "{\"id\":50}"}, {"nothing such", NULL}}, 2, LS_EEVENT, 1, "nothing such"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":\"x\"}"}}, 2, LS_EARGS, 1, "add"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":5"}}, 2, LS_EJSON, 1, "add"},
      {{{"add", NULL}}, 1, LS_EARGS, 0, "id"},
      {{{NULL, NULL}}, 1, LS_EEVENT, 0, "name"},
      {{{"clear", "{\"x\":1}"}}, 1, LS_EARGS, 0, "x"},
      {{{"add", "[]"}}, 1, LS_EARGS, 0, "add"},
      {{{"add", "{\"id\":1e400}"}}, 1, LS_ELIMIT, 0, "add"},
      {{{NULL, NULL}}, 0, LS_EARGS, -1, "at least one"},
  };
  char *path = tmp_path(*state, "store");
  ls_store *store = fixture_open(path);
  fixture_add(store, 1, 3);
  const char *before = fixture_hash(store);
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_receipt receipt = {.stage = (ls_stage)77};
    ls_error err;
    assert_code(ls_commit_all(&receipt, store, cases[i].events, cases[i].n, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_int_equal(err.item, cases[i].item);
    assert_int_equal(receipt.stage, 77);
    assert_string_equal(fixture_hash(store), before);
    assert_int_equal(fixture_status(store).events, 3);
    assert_true(ls_commit_all(NULL, store, cases[i].events, cases[i].n, NULL) < 0);
  }
  fixture_add(store, 4, 1);
  const char *after = fixture_hash(store);
  fixture_close(store);
  store = fixture_open(path);
  assert_string_equal(fixture_hash(store), after);
  fixture_close(store);
  free(path);
}

static void receipts_tell_where_the_events_stand(void **state) {
  (void)state;
  ls_store *store = fixture_open(NULL);
  ls_receipt receipt;
  ls_error err;
  const ls_input three[] = {{"add", "{\"id\":1}"}, {"ui", NULL}, {"ui", "{}"}};
  assert_ok(ls_commit_all(&receipt, store, three, 3, &err), &err);
  assert_int_equal(receipt.first.global, 1);
  assert_int_equal(receipt.last.global, 1);
  assert_int_equal(receipt.last.client, 2);
  assert_ok(ls_commit(&receipt, store, "clear", NULL, &err), &err);
  assert_int_equal(receipt.first.global, 2);
  assert_int_equal(receipt.last.client, 0);
  fixture_close(store);
}

/* EVD-11 */
static void an_event_without_arguments_is_stored_as_an_empty_object(void **state) {
  (void)state;
  ls_store *store = fixture_open(NULL);
  ls_events *events = NULL;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_commit(NULL, store, "clear", NULL, &err), &err);
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->args, "{}");
  assert_int_equal(event->args_size, 2);
  ls_events_close(events);
  fixture_close(store);
}

/* EVD-01, EVD-02 */
static void dates_are_checked_and_kept_as_they_are(void **state) {
  (void)state;
  ls_store *store = fixture_open(NULL);
  ls_error err;
  assert_ok(ls_commit(NULL, store, "dated", "{\"at\":\"2026-07-17T10:15:30.000Z\"}", &err), &err);
  assert_int_equal(fixture_number(store, "SELECT v = '2026-07-17T10:15:30.000Z' FROM t"), 1);
  assert_code(ls_commit(NULL, store, "dated", "{\"at\":\"2026-02-30T10:15:30Z\"}", &err), LS_EARGS, &err);
  assert_code(ls_commit(NULL, store, "dated", "{\"at\":\"yesterday\"}", &err), LS_EARGS, &err);
  fixture_close(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Durability */

static void stages_follow_durability(void **state) {
  static const struct {
    ls_durability durability;
    ls_stage stage;
  } cases[] = {{LS_DURABILITY_PROCESS, LS_STAGE_DURABLE},
               {LS_DURABILITY_POWER, LS_STAGE_DURABLE},
               {LS_DURABILITY_LATER, LS_STAGE_LOCAL}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[20];
    snprintf(name, sizeof name, "store-%zu", i);
    char *path = tmp_path(*state, name);
    ls_options options = fixture_options(FIXTURE_SCHEMA);
    options.durability = cases[i].durability;
    options.flush_ms = 1000000;
    ls_store *store = fixture_open_with(path, &options);
    ls_receipt receipt;
    ls_error err;
    assert_ok(ls_commit(&receipt, store, "add", "{\"id\":1}", &err), &err);
    assert_int_equal(receipt.stage, cases[i].stage);
    assert_int_equal(ls_receipt_stage(store, &receipt), cases[i].stage);
    assert_ok(ls_flush(store, &err), &err);
    assert_int_equal(ls_receipt_stage(store, &receipt), LS_STAGE_DURABLE);
    assert_ok(ls_leader_confirm(store->leader, receipt.last, 1, &err), &err);
    assert_int_equal(ls_receipt_stage(store, &receipt), LS_STAGE_CONFIRMED);
    assert_int_equal(fixture_status(store).pending, 0);
    fixture_close(store);
    free(path);
  }
}

static void later_is_flushed_after_so_many_commits(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  options.flush_events = 3;
  ls_store *store = fixture_open_with(path, &options);
  fixture_add(store, 1, 3);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 0);
  fixture_add(store, 4, 1);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 3);
  fixture_kill(store);
  store = fixture_open(path);
  assert_int_equal(fixture_status(store).head.global, 3);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 3);
  fixture_close(store);
  free(path);
}

static void later_is_flushed_after_so_long_and_at_the_end(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1;
  ls_store *store = fixture_open_with(path, &options);
  fixture_add(store, 1, 1);
  for (int64_t start = ls_port_monotonic_ms(); ls_port_monotonic_ms() < start + 3;) continue;
  fixture_add(store, 2, 1);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 1);
  fixture_close(store);
  store = fixture_open(path);
  assert_int_equal(fixture_status(store).head.global, 2);
  fixture_close(store);
  free(path);
}

/* The log cannot be written: what was not durable yet is gone, and the state knows. */
static int refuse(void *user) {
  (void)user;
  return 1;
}

static void break_log(ls_store *store) { sqlite3_commit_hook(store->leader->log->db, refuse, NULL); }
static void mend_log(ls_store *store) { sqlite3_commit_hook(store->leader->log->db, NULL, NULL); }

static void a_failed_flush_takes_the_state_back(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  ls_store *store = fixture_open_with(path, &options);
  ls_query *query = NULL;
  ls_error err;
  fixture_add(store, 1, 3);
  assert_ok(ls_flush(store, &err), &err);
  const char *before = fixture_hash(store);
  fixture_add(store, 4, 3);
  assert_ok(ls_query_open(&query, store, "SELECT id FROM t ORDER BY id", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  break_log(store);
  assert_true(ls_flush(store, &err) < 0);
  mend_log(store);
  assert_says(&err, "lost");
  assert_string_equal(fixture_hash(store), before);
  assert_int_equal(fixture_status(store).head.global, 3);
  /* The query was opened before that, and still gives what was there then. */
  int rows = 1;
  while (ls_query_next(query, &err) == 1) rows++;
  assert_int_equal(rows, 6);
  ls_query_close(query);
  fixture_add(store, 4, 1);
  assert_ok(ls_flush(store, &err), &err);
  fixture_close(store);
  free(path);
}

/* A commit that has to write a snapshot flushes first; when that fails its caller has to know. */
static void a_flush_that_fails_for_a_snapshot_fails_the_commit(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  options.snapshot_events = 1;
  ls_store *store = fixture_open_with(path, &options);
  ls_error err;
  fixture_add(store, 1, 2);
  assert_ok(ls_flush(store, &err), &err);
  const char *before = fixture_hash(store);
  fixture_add(store, 3, 1);
  store->unsaved = 1000000; /* so many that a snapshot is due, whatever its size */
  break_log(store);
  assert_true(ls_commit(NULL, store, "add", "{\"id\":4}", &err) < 0);
  mend_log(store);
  assert_string_equal(fixture_hash(store), before);
  assert_int_equal(fixture_status(store).head.global, 2);
  assert_int_equal(fixture_status(store).state.global, 2);
  fixture_add(store, 3, 2);
  fixture_close(store);
  free(path);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_TMP(everything_is_there_again),
      IN_TMP(a_commit_is_all_or_nothing),
      cmocka_unit_test(receipts_tell_where_the_events_stand),
      cmocka_unit_test(an_event_without_arguments_is_stored_as_an_empty_object),
      cmocka_unit_test(dates_are_checked_and_kept_as_they_are),
      IN_TMP(stages_follow_durability),
      IN_TMP(later_is_flushed_after_so_many_commits),
      IN_TMP(later_is_flushed_after_so_long_and_at_the_end),
      IN_TMP(a_failed_flush_takes_the_state_back),
      IN_TMP(a_flush_that_fails_for_a_snapshot_fails_the_commit),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
