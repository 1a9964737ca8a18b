/* What becomes of pending commits when upstream has other events: those that can still be are renumbered and applied
 * anew, the others become conflicts. */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

/* The log as text: position and name of each event; good until the next call. */
static const char *log_text(ls_store *store) {
  static char text[20000];
  char at[LS_SEQNUM_TEXT];
  ls_events *events;
  const ls_event *event;
  ls_error err;
  size_t size = 0;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  text[0] = '\0';
  while (ls_events_next(&event, events, &err) == 1) {
    size += (size_t)snprintf(text + size, sizeof text - size, "%s%s %s", size ? ", " : "",
                             ls_seqnum_format(event->seq, at), event->name);
  }
  ls_events_close(events);
  return text;
}

static void finish(ls_store *store, upstream *u) {
  upstream_check(store);
  fixture_close(store);
  upstream_fini(u);
}

/* CS-05, CS-09, LP-07 */
static void test_pending_events_are_put_behind_those_of_upstream(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  upstream_commit(store, "put", "{\"id\":1}");
  upstream_commit(store, "local", "{\"n\":1}");
  upstream_commit(store, "count", "{\"id\":1}");
  upstream_add(&u, "other", "put", "{\"id\":2}");
  ls_upstream_result result = upstream_pull(&u, store);
  assert_true(result.rebased);
  assert_int_equal(result.confirmed + result.set_aside + result.echoed, 0);
  assert_string_equal(log_text(store), "e1 put, e2r1 put, e2.1r1 local, e3r1 count");
  assert_string_equal(upstream_rows(store), "1 - 1; 2 - 0 / ");
  assert_int_equal(upstream_push(&u, store, SIZE_MAX), 2);
  result = upstream_pull(&u, store);
  assert_false(result.rebased);
  assert_int_equal(result.confirmed, 3);
  assert_int_equal(result.echoed, 2);
  assert_string_equal(log_text(store), "e1 put, e2r1 put, e2.1r1 local, e3r1 count");
  finish(store, &u);
}

/* Events of upstream come first, so a row keeps the id of whoever was accepted first. */
static void test_what_came_back_stays_and_only_the_rest_moves(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  for (int i = 1; i <= 4; i++) {
    char args[20];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(store, "put", args);
  }
  assert_int_equal(upstream_push(&u, store, 2), 2);
  upstream_add(&u, "other", "put", "{\"id\":9}");
  ls_upstream_result result = upstream_pull(&u, store);
  assert_true(result.rebased);
  assert_int_equal(result.confirmed, 2);
  assert_string_equal(log_text(store), "e1 put, e2 put, e3 put, e4r1 put, e5r1 put");
  assert_true(ls_seqnum_equal(fixture_status(store).upstream_head, (ls_seqnum){3, 0, 0}));
  finish(store, &u);
}

static void test_a_commit_that_breaks_a_constraint_is_set_aside_whole(void **state) {
  (void)state;
  static const struct {
    const char *before, *theirs, *ours[2], *rows, *error, *repaired;
  } cases[] = {
      {NULL,
       "{\"id\":1,\"name\":\"x\"}",
       {"put", "{\"id\":2,\"name\":\"x\"}"},
       "1 x 0 / ",
       "UNIQUE constraint failed: items.name",
       "{\"id\":2,\"name\":\"y\"}"},
      {"{\"id\":1}",
       "{\"id\":1}",
       {"part", "{\"id\":5,\"item\":1}"},
       "(null) / ",
       "FOREIGN KEY constraint failed",
       NULL},
      {"{\"id\":1,\"n\":2}",
       "{\"id\":1}",
       {"count", "{\"id\":1}"},
       "1 - 3 / ",
       "CHECK constraint failed",
       "{\"id\":7}"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    upstream u = {.id = "b"};
    ls_store *store = upstream_open(NULL, "a");
    ls_error err;
    if (cases[i].before) upstream_add(&u, "other", "put", cases[i].before);
    upstream_pull(&u, store);
    const ls_input inputs[] = {{"local", "{\"n\":1}"}, {cases[i].ours[0], cases[i].ours[1]}, {"put", "{\"id\":50}"}};
    assert_ok(ls_commit_all(NULL, store, inputs, 3, &err), &err);
    upstream_commit(store, "put", "{\"id\":60}");
    upstream_add(&u, "other", i == 0 ? "put" : i == 1 ? "drop" : "count", cases[i].theirs);
    ls_upstream_result result = upstream_pull(&u, store);
    assert_int_equal(result.set_aside, 1);
    assert_int_equal(fixture_status(store).conflicts, 1);
    char *conflict = upstream_conflict(store, 0);
    assert_non_null(strstr(conflict, "local {\"n\":1} 0 1 event"));
    assert_non_null(strstr(conflict, cases[i].error));
    free(conflict);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM items WHERE id = 50"), 0);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM items WHERE id = 60"), 1);
    assert_int_equal(fixture_number(store, "SELECT count(*) FROM ui"), 0);
    upstream_check(store);
    if (cases[i].repaired) {
      const ls_input repaired[] = {{cases[i].ours[0], cases[i].repaired}};
      assert_ok(ls_conflict_retry(NULL, store, upstream_conflict_id(store, 0), repaired, 1, &err), &err);
    } else {
      assert_code(ls_conflict_retry(NULL, store, upstream_conflict_id(store, 0), NULL, 0, &err), LS_EMATERIALIZE, &err);
      assert_ok(ls_conflict_drop(store, upstream_conflict_id(store, 0), &err), &err);
    }
    assert_int_equal(fixture_status(store).conflicts, 0);
    finish(store, &u);
  }
}

/* An event that fails where it was accepted fails everywhere, and the logs stay equal. */
static void test_what_fails_from_upstream_is_recorded_on_every_node_alike(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *stores[] = {upstream_open(NULL, "a"), upstream_open(NULL, "b")};
  upstream_commit(stores[1], "put", "{\"id\":3}");
  upstream_add(&u, "other", "put", "{\"id\":1}");
  upstream_add(&u, "other", "put", "{\"id\":1}");
  upstream_add(&u, "other", "put", "{\"no\":\"id\"}");
  upstream_add(&u, "other", "put", "{\"id\":2}");
  upstream_add(&u, "other", "unheardOf", "{}");
  upstream_sync(&u, stores, 2);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(fixture_status(stores[i]).failed, 2);
    assert_int_equal(fixture_status(stores[i]).conflicts, 0);
    assert_string_equal(upstream_rows(stores[i]), "1 - 0; 2 - 0; 3 - 0 / ");
    upstream_check(stores[i]);
  }
  assert_string_equal(fixture_hash(stores[0]), fixture_hash(stores[1]));
  fixture_close(stores[0]);
  finish(stores[1], &u);
}

/* ---------------------------------------------------------------------------------------------- */
/* Undo */

static void test_an_undo_goes_with_its_commit_and_counts_anew_otherwise(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  upstream_commit(store, "put", "{\"id\":1}");                /* stays, and is undone below */
  upstream_commit(store, "put", "{\"id\":2,\"name\":\"x\"}"); /* will not be: set aside, with its undo and redo */
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  assert_ok(ls_redo(NULL, store, 1, &err), &err);
  assert_ok(ls_undo(NULL, store, 2, &err), &err);
  assert_ok(ls_redo(NULL, store, 1, &err), &err); /* of e1 */
  upstream_add(&u, "other", "put", "{\"id\":9,\"name\":\"x\"}");
  ls_upstream_result result = upstream_pull(&u, store);
  assert_int_equal(result.set_aside, 4);
  for (size_t i = 1; i < 4; i++) {
    char *text = upstream_conflict(store, i);
    assert_non_null(strstr(text, "what it undoes or redoes was set aside"));
    free(text);
    assert_code(ls_conflict_retry(NULL, store, upstream_conflict_id(store, i), NULL, 0, &err), LS_EARGS, &err);
  }
  assert_string_equal(log_text(store), "e1 put, e2r1 put, e3r1 livestore.Undone, e4r1 livestore.Redone");
  ls_undo_status status;
  assert_ok(ls_undo_status_get(&status, store, 10, &err), &err);
  assert_int_equal(status.undo, 1);
  assert_int_equal(status.redo, 0);
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  assert_string_equal(upstream_rows(store), "9 x 0 / ");
  finish(store, &u);
}

/* The beginning of a commit may be accepted and its end not: that is no part of the commits that follow. */
static void test_a_commit_whose_end_was_set_aside_ends_there(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  const ls_input inputs[] = {{"put", "{\"id\":1}"}, {"put", "{\"id\":2}"}, {"put", "{\"id\":3,\"name\":\"x\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 3, &err), &err);
  assert_int_equal(upstream_push(&u, store, 2), 2);
  upstream_add(&u, "other", "put", "{\"id\":9,\"name\":\"x\"}");
  assert_int_equal(upstream_pull(&u, store).set_aside, 1);
  upstream_commit(store, "put", "{\"id\":4}");
  ls_undo_status status;
  assert_ok(ls_undo_status_get(&status, store, 10, &err), &err);
  assert_int_equal(status.undo, 2);
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  assert_string_equal(upstream_rows(store), "1 - 0; 2 - 0; 9 x 0 / ");
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  assert_string_equal(upstream_rows(store), "9 x 0 / ");
  finish(store, &u);
}

/* ---------------------------------------------------------------------------------------------- */
/* What stands on the state and the log */

static void count_call(void *user, const ls_update *update) {
  (void)update;
  ++*(int *)user;
}

/* CS-34 */
static void test_subscribers_are_called_once_for_a_rebase_and_not_before_the_last_page(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  int calls = 0, others = 0;
  ls_error err;
  ls_node *watch, *other;
  for (int i = 1; i <= 3; i++) {
    char args[20];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(store, "put", args);
  }
  assert_ok(ls_watch(&watch, store, "SELECT id FROM items", LS_NO_PARAMS, count_call, &calls, &err), &err);
  assert_ok(ls_watch(&other, store, "SELECT id FROM parts", LS_NO_PARAMS, count_call, &others, &err), &err);
  calls = others = 0;
  upstream_add(&u, "other", "put", "{\"id\":8}");
  upstream_add(&u, "other", "put", "{\"id\":9}");
  upstream_pull(&u, store);
  assert_int_equal(calls, 1);
  assert_int_equal(others, 0);
  upstream_add(&u, "other", "put", "{\"id\":10}");
  upstream_add(&u, "other", "put", "{\"id\":11}");
  assert_ok(upstream_try_pull(NULL, &u, store, 1, &err), &err);
  assert_int_equal(calls, 1);
  upstream_pull(&u, store);
  assert_int_equal(calls, 2);
  finish(store, &u);
}

static void test_an_open_query_keeps_the_rows_that_it_began_with(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_query *query;
  ls_error err;
  upstream_commit(store, "put", "{\"id\":1}");
  upstream_commit(store, "put", "{\"id\":2}");
  assert_ok(ls_query_open(&query, store, "SELECT id FROM items ORDER BY id", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  upstream_add(&u, "other", "put", "{\"id\":0}");
  upstream_add(&u, "other", "put", "{\"id\":2}");
  upstream_pull(&u, store);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_int_equal(ls_query_int(query, 0), 2);
  assert_int_equal(ls_query_next(query, &err), 0);
  ls_query_close(query);
  finish(store, &u);
}

static void test_a_reader_goes_on_where_the_log_was_cut(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_events *events;
  const ls_event *event;
  ls_error err;
  char at[LS_SEQNUM_TEXT];
  upstream_add(&u, "other", "put", "{\"id\":1}");
  upstream_pull(&u, store);
  upstream_commit(store, "put", "{\"id\":2}");
  upstream_commit(store, "put", "{\"id\":3}");
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  for (int i = 0; i < 3; i++) assert_int_equal(ls_events_next(&event, events, &err), 1);
  upstream_add(&u, "other", "put", "{\"id\":4}");
  upstream_pull(&u, store);
  static const char *const wanted[] = {"e2", "e3r1", "e4r1"};
  for (int i = 0; i < 3; i++) {
    assert_int_equal(ls_events_next(&event, events, &err), 1);
    assert_string_equal(ls_seqnum_format(event->seq, at), wanted[i]);
  }
  assert_int_equal(ls_events_next(&event, events, &err), 0);
  ls_events_close(events);
  finish(store, &u);
}

static void test_a_rebase_leaves_records_for_the_next_one(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  upstream_add(&u, "other", "put", "{\"id\":1000}");
  upstream_pull(&u, store);
  for (int i = 0; i < 300; i++) {
    char args[20];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(store, "put", args);
  }
  for (int i = 1; i < 4; i++) {
    const ls_state *same = store->session->state;
    char args[20];
    snprintf(args, sizeof args, "{\"id\":%d}", 1000 + i);
    upstream_add(&u, "other", "put", args);
    upstream_push(&u, store, 100);
    upstream_add(&u, "other", "count", args);
    assert_true(upstream_pull(&u, store).rebased);
    assert_ptr_equal(store->session->state, same);
    upstream_check(store);
  }
  assert_true(fixture_number(store, "SELECT count(*) FROM __livestore_rollback") < 20);
  finish(store, &u);
}

/* CS-27, and a place and a generation name one numbering for ever. */
static void test_generations_grow_and_are_carried_on(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = upstream_open(NULL, "a");
  ls_error err;
  upstream_commit(store, "put", "{\"id\":1,\"name\":\"x\"}");
  upstream_add(&u, "other", "put", "{\"id\":2,\"name\":\"x\"}");
  upstream_pull(&u, store);
  assert_string_equal(log_text(store), "e1 put");
  upstream_commit(store, "put", "{\"id\":3}");
  assert_string_equal(log_text(store), "e1 put, e2r1 put");
  upstream_add(&u, "other", "put", "{\"id\":4}");
  upstream_pull(&u, store);
  assert_string_equal(log_text(store), "e1 put, e2 put, e3r2 put");
  assert_ok(ls_upstream_refused(store, 3, "no", &err), &err);
  upstream_commit(store, "put", "{\"id\":5}");
  assert_string_equal(log_text(store), "e1 put, e2 put, e3r3 put");
  finish(store, &u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_pending_events_are_put_behind_those_of_upstream),
      cmocka_unit_test(test_what_came_back_stays_and_only_the_rest_moves),
      cmocka_unit_test(test_a_commit_that_breaks_a_constraint_is_set_aside_whole),
      cmocka_unit_test(test_what_fails_from_upstream_is_recorded_on_every_node_alike),
      cmocka_unit_test(test_an_undo_goes_with_its_commit_and_counts_anew_otherwise),
      cmocka_unit_test(test_a_commit_whose_end_was_set_aside_ends_there),
      cmocka_unit_test(test_subscribers_are_called_once_for_a_rebase_and_not_before_the_last_page),
      cmocka_unit_test(test_an_open_query_keeps_the_rows_that_it_began_with),
      cmocka_unit_test(test_a_reader_goes_on_where_the_log_was_cut),
      cmocka_unit_test(test_a_rebase_leaves_records_for_the_next_one),
      cmocka_unit_test(test_generations_grow_and_are_carried_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
