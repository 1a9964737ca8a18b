/* A server that keeps another log than before: what was accepted is kept in a file, what was not becomes conflicts, and
 * nothing is deleted. LP-17, LP-18 */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

static void backend(ls_store *store, const char *id, ls_backend_policy policy) {
  ls_error err;
  assert_ok(ls_upstream_backend(store, id, policy, &err), &err);
  assert_string_equal(ls_upstream_backend_id(store), id);
}

/* Two events accepted by "first", one pending, and client-only ones. */
static ls_store *synced(const char *path, upstream *u) {
  ls_store *store = upstream_open(path, "a");
  assert_string_equal(ls_upstream_backend_id(store), "");
  backend(store, "first", LS_BACKEND_STOP);
  upstream_commit(store, "put", "{\"id\":1}");
  upstream_commit(store, "local", "{\"n\":1}");
  upstream_add(u, "other", "put", "{\"id\":2}");
  upstream_sync(u, &store, 1);
  upstream_commit(store, "local", "{\"n\":2}");
  upstream_commit(store, "put", "{\"id\":3}");
  upstream_commit(store, "local", "{\"n\":3}");
  return store;
}

static void test_another_backend_stops_a_store_that_wants_so(void **state) {
  upstream u = {.id = "first"};
  char *path = tmp_path(*state, "store");
  ls_store *store = synced(path, &u);
  ls_error err;
  assert_code(ls_upstream_backend(store, "second", LS_BACKEND_STOP, &err), LS_EBACKEND, &err);
  assert_says(&err, "\"second\"");
  assert_says(&err, "\"first\"");
  assert_int_equal(fixture_status(store).events, 6);
  fixture_close(store);
  store = upstream_open(path, "a");
  assert_string_equal(ls_upstream_backend_id(store), "first");
  backend(store, "first", LS_BACKEND_SET_ASIDE);
  assert_int_equal(fixture_status(store).events, 6);
  fixture_close(store);
  upstream_fini(&u);
  free(path);
}

static void count_notes(void *user, ls_log_level level, const char *key, const char *text) {
  (void)level;
  (void)text;
  *(int *)user += strcmp(key, "backend") == 0;
}

static void check_set_aside(ls_store *store) {
  ls_status status = fixture_status(store);
  assert_true(ls_seqnum_is_root(status.upstream_head));
  assert_true(ls_seqnum_equal(status.head, (ls_seqnum){0, 3, status.head.generation}));
  assert_int_equal(status.conflicts, 1);
  assert_int_equal(fixture_number(store, "SELECT sum(n) FROM ui"), 6);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM items"), 0);
  char *conflict = upstream_conflict(store, 0);
  assert_string_equal(conflict, "put {\"id\":3} 3 0 backend first, which never accepted it, was replaced by second");
  free(conflict);
  upstream_check(store);
}

/* The old log is a log still: opened in a directory of its own, it has all that there was. */
static void check_kept_log(const char *path, const char *name, const char *directory) {
  char *from = tmp_path(path, name), *other = tmp_path(directory, name), *to = tmp_path(other, "log.db");
  assert_int_equal(ls_port_make_directory(other, NULL), LS_OK);
  assert_int_equal(ls_port_link_file(from, to, NULL), LS_OK);
  ls_check_report report;
  ls_error err;
  assert_ok(ls_check(&report, other, NULL, NULL, NULL, &err), &err);
  assert_int_equal(report.findings, 0);
  assert_int_equal(report.events, 6);
  ls_store *store = upstream_open(other, "a");
  assert_string_equal(ls_upstream_backend_id(store), "first");
  assert_string_equal(upstream_rows(store), "1 - 0; 2 - 0; 3 - 0 / ");
  fixture_close(store);
  free(from);
  free(other);
  free(to);
}

static void test_what_was_accepted_is_kept_and_what_was_not_is_set_aside(void **state) {
  upstream u = {.id = "first"}, second = {.id = "second"};
  char *path = tmp_path(*state, "store");
  ls_error err;
  ls_store *store = synced(path, &u);
  ls_receipt receipt;
  assert_ok(ls_commit(&receipt, store, "local", "{\"n\":0}", &err), &err);
  fixture_close(store);
  store = upstream_open(path, "a");
  ls_view *view;
  assert_ok(ls_at(&view, store, fixture_status(store).head, &err), &err);
  ls_view_close(view);
  fixture_close(store);
  fixture_close((store = upstream_open(path, "a")));
  store = upstream_open(path, "a");
  backend(store, "second", LS_BACKEND_SET_ASIDE);
  assert_int_equal(fixture_status(store).head.client, 4);
  upstream_add(&second, "other", "put", "{\"id\":9}");
  upstream_pull(&second, store);
  assert_ok(ls_conflict_retry(NULL, store, 1, NULL, 0, &err), &err);
  upstream_sync(&second, &store, 1);
  assert_int_equal(second.n, 2);
  assert_string_equal(upstream_rows(store), "3 - 0; 9 - 0 / ");
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
  upstream_fini(&second);
  free(path);
}

static void test_the_old_log_is_kept_in_a_file(void **state) {
  upstream u = {.id = "first"};
  char *path = tmp_path(*state, "store");
  ls_store *store = synced(path, &u);
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  backend(store, "second", LS_BACKEND_SET_ASIDE);
  check_set_aside(store);
  for (int i = 0; i < 3; i++) assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_int_equal(ls_events_next(&event, events, &err), 0);
  ls_events_close(events);
  fixture_close(store);
  store = upstream_open(path, "a");
  check_set_aside(store);
  backend(store, "first", LS_BACKEND_SET_ASIDE);
  backend(store, "../x y", LS_BACKEND_SET_ASIDE);
  backend(store, "second", LS_BACKEND_SET_ASIDE);
  fixture_close(store);
  check_kept_log(path, "log-first.db", *state);
  static const char *const names[] = {"log-first.db", "log-second.db", "log-first-2.db", "log----x-y.db"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char *file = tmp_path(path, names[i]);
    assert_int_equal(ls_port_exists(file, NULL), 1);
    free(file);
  }
  upstream_fini(&u);
  free(path);
}

static void test_a_store_in_memory_says_that_its_log_is_not_kept(void **state) {
  (void)state;
  int notes = 0;
  upstream u = {.id = "first"};
  ls_store *store = synced(NULL, &u);
  store->session->notes.log = count_notes;
  store->session->notes.user = &notes;
  backend(store, "second", LS_BACKEND_SET_ASIDE);
  check_set_aside(store);
  assert_int_equal(notes, 1);
  fixture_close(store);
  upstream_fini(&u);
}

static void test_receipts_survive_another_backend(void **state) {
  (void)state;
  upstream u = {.id = "first"}, second = {.id = "second"};
  ls_store *store = upstream_open(NULL, "a");
  ls_receipt accepted, local, pending;
  ls_error err;
  backend(store, "first", LS_BACKEND_STOP);
  assert_ok(ls_commit(&accepted, store, "put", "{\"id\":1}", &err), &err);
  upstream_sync(&u, &store, 1);
  assert_ok(ls_commit(&local, store, "local", "{\"n\":1}", &err), &err);
  assert_ok(ls_commit(&pending, store, "put", "{\"id\":2}", &err), &err);
  backend(store, "second", LS_BACKEND_SET_ASIDE);
  assert_int_equal(ls_receipt_stage(store, &accepted), LS_STAGE_CONFIRMED);
  assert_int_equal(ls_receipt_stage(store, &local), LS_STAGE_DURABLE);
  assert_int_equal(ls_receipt_stage(store, &pending), LS_STAGE_SET_ASIDE);
  upstream_add(&second, "other", "put", "{\"id\":5}");
  upstream_pull(&second, store);
  assert_int_equal(ls_receipt_stage(store, &local), LS_STAGE_CONFIRMED);
  fixture_close(store);
  upstream_fini(&u);
  upstream_fini(&second);
}

static void test_all_can_be_given_to_another_backend(void **state) {
  upstream u = {.id = "first"}, second = {.id = "second"};
  char *path = tmp_path(*state, "store");
  ls_store *store = synced(path, &u);
  backend(store, "second", LS_BACKEND_UPLOAD);
  fixture_close(store);
  store = upstream_open(path, "a");
  upstream_add(&second, "other", "put", "{\"id\":7}");
  upstream_sync(&second, &store, 1);
  assert_int_equal(second.n, 4);
  assert_string_equal(upstream_rows(store), "1 - 0; 2 - 0; 3 - 0; 7 - 0 / ");
  assert_int_equal(fixture_number(store, "SELECT sum(n) FROM ui"), 6);
  assert_int_equal(fixture_status(store).conflicts, 0);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
  upstream_fini(&second);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_another_backend_stops_a_store_that_wants_so, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_what_was_accepted_is_kept_and_what_was_not_is_set_aside, tmp_setup,
                                      tmp_teardown),
      cmocka_unit_test_setup_teardown(test_the_old_log_is_kept_in_a_file, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_a_store_in_memory_says_that_its_log_is_not_kept),
      cmocka_unit_test(test_receipts_survive_another_backend),
      cmocka_unit_test_setup_teardown(test_all_can_be_given_to_another_backend, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
