/* Conflicts: listed in the order in which they arose, kept over closing, committed anew, dropped. */
#include <stdio.h>
#include <stdlib.h>

#include "core/log_conflicts.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

/* n commits that break a unique name, among others that do not. */
static ls_store *conflicted(const char *path, upstream *u, int n) {
  ls_store *store = upstream_open(path, "a");
  for (int i = 1; i <= n; i++) {
    char args[60];
    snprintf(args, sizeof args, "{\"id\":%d,\"name\":\"n%d\"}", i, i);
    upstream_commit(store, "put", args);
    snprintf(args, sizeof args, "{\"id\":%d,\"name\":\"n%d\"}", 100 + i, i);
    upstream_add(u, "other", "put", args);
  }
  assert_int_equal(upstream_pull(u, store).set_aside, n);
  return store;
}

typedef struct listing {
  int64_t ids[10];
  int n, stop_at;
  ls_store *store;
} listing;

static int list(void *user, const ls_conflict *conflict) {
  listing *l = user;
  l->ids[l->n++] = conflict->id;
  return l->n == l->stop_at;
}

static void test_they_are_listed_oldest_first_and_ids_are_never_used_again(void **state) {
  upstream u = {.id = "b"};
  char *path = tmp_path(*state, "store");
  ls_store *store = conflicted(path, &u, 3);
  ls_error err;
  listing all = {.n = 0}, some = {.stop_at = 2}, rest = {.n = 0};
  assert_ok(ls_conflicts(store, list, &all, &err), &err);
  assert_int_equal(all.n, 3);
  assert_true(all.ids[0] == 1 && all.ids[1] == 2 && all.ids[2] == 3);
  assert_ok(ls_conflicts(store, list, &some, &err), &err);
  assert_int_equal(some.n, 2);
  assert_ok(ls_conflict_drop(store, 3, &err), &err);
  fixture_close(store);
  store = upstream_open(path, "a");
  assert_int_equal(fixture_status(store).conflicts, 2);
  upstream_commit(store, "put", "{\"id\":9,\"name\":\"late\"}");
  upstream_add(&u, "other", "put", "{\"id\":109,\"name\":\"late\"}");
  upstream_pull(&u, store);
  assert_ok(ls_conflicts(store, list, &rest, &err), &err);
  assert_int_equal(rest.ids[2], 4);
  fixture_close(store);
  upstream_fini(&u);
  free(path);
}

static void look_whole(const ls_conflict *c) {
  assert_int_equal(c->n, 2);
  assert_int_equal(c->item, 1);
  assert_int_equal(c->cause, LS_CONFLICT_REBASE);
  assert_string_equal(c->events[0].name, "local");
  assert_int_equal(c->events[0].seq.client, 1);
  assert_int_equal(c->events[1].seq.global, 1);
  assert_int_equal(c->events[1].parent.global, 0);
  assert_string_equal(c->events[1].args, "{\"id\":1,\"name\":\"\xc3\xa4 \\\"x\\\"\"}");
  assert_int_equal(c->events[1].args_size, strlen(c->events[1].args));
  assert_string_equal(c->events[1].client_id, "a");
  assert_string_equal(c->events[1].session_id, "s");
  assert_int_equal(c->events[0].more, 1);
}

static int keep_whole(void *user, const ls_conflict *conflict) {
  look_whole(conflict);
  *(int *)user = 1;
  return 0;
}

static void test_they_are_kept_whole(void **state) {
  upstream u = {.id = "b"};
  char *path = tmp_path(*state, "store");
  ls_store *store = upstream_open(path, "a");
  ls_error err;
  const char *args = "{\"id\":1,\"name\":\"\xc3\xa4 \\\"x\\\"\"}";
  const ls_input inputs[] = {{"local", "{\"n\":3}"}, {"put", args}};
  assert_ok(ls_commit_all(NULL, store, inputs, 2, &err), &err);
  upstream_add(&u, "other", "put", args);
  upstream_pull(&u, store);
  fixture_kill(store);
  store = upstream_open(path, "a");
  int seen = 0;
  assert_ok(ls_conflicts(store, keep_whole, &seen, &err), &err);
  assert_int_equal(seen, 1);
  fixture_close(store);
  upstream_fini(&u);
  free(path);
}

static void test_a_retry_commits_and_takes_it_off_the_list(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = conflicted(NULL, &u, 3);
  ls_receipt receipt;
  ls_error err;
  assert_ok(ls_conflict_retry(&receipt, store, 1,
                              (ls_input[]){{"put", "{\"id\":1}"}, {"part", "{\"id\":1,\"item\":1}"}}, 2, &err),
            &err);
  assert_int_equal(receipt.stage, LS_STAGE_DURABLE);
  assert_int_equal(receipt.last.global - receipt.first.global, 1);
  upstream_commit(store, "drop", "{\"id\":102}");
  assert_ok(ls_conflict_retry(NULL, store, 2, NULL, 0, &err), &err);
  assert_int_equal(fixture_status(store).conflicts, 1);
  assert_string_equal(upstream_rows(store), "1 - 0; 2 n2 0; 101 n1 0; 103 n3 0 / 1 1");
  ls_undo_status status;
  assert_ok(ls_undo_status_get(&status, store, 10, &err), &err);
  assert_int_equal(status.undo, 3);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
}

static void test_a_retry_that_fails_leaves_it_on_the_list(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = conflicted(NULL, &u, 1);
  ls_error err;
  const struct {
    int64_t id;
    const char *name, *args;
    int code;
  } cases[] = {
      {1, NULL, NULL, LS_EMATERIALIZE},
      {1, "put", "{\"id\":\"no\"}", LS_EARGS},
      {1, "none", "{}", LS_EEVENT},
      {1, "put", "{", LS_EJSON},
      {1, "livestore.Undone", "{\"rows\":[]}", LS_EEVENT},
      {2, NULL, NULL, LS_ENOTFOUND},
      {0, NULL, NULL, LS_ENOTFOUND},
      {-1, NULL, NULL, LS_ENOTFOUND},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    const ls_input input = {cases[i].name, cases[i].args};
    assert_code(ls_conflict_retry(NULL, store, cases[i].id, cases[i].name ? &input : NULL, cases[i].name ? 1 : 0, &err),
                cases[i].code, &err);
    assert_int_equal(fixture_status(store).conflicts, 1);
    assert_int_equal(fixture_status(store).events, 1);
    upstream_check(store);
  }
  assert_code(ls_conflict_drop(store, 2, &err), LS_ENOTFOUND, &err);
  assert_ok(ls_conflict_drop(store, 1, &err), &err);
  assert_code(ls_conflict_drop(store, 1, &err), LS_ENOTFOUND, &err);
  fixture_close(store);
  upstream_fini(&u);
}

static int commit_inside(void *user, const ls_conflict *conflict) {
  ls_error err;
  (void)conflict;
  assert_code(ls_commit(NULL, user, "put", "{\"id\":5}", &err), LS_ELOCKED, &err);
  assert_code(ls_conflict_drop(user, 1, &err), LS_ELOCKED, &err);
  assert_int_equal(fixture_number(user, "SELECT count(*) FROM items"), 1);
  return 0;
}

static void test_from_inside_the_list_the_store_can_only_be_read(void **state) {
  (void)state;
  upstream u = {.id = "b"};
  ls_store *store = conflicted(NULL, &u, 1);
  ls_error err;
  assert_ok(ls_conflicts(store, commit_inside, store, &err), &err);
  upstream_commit(store, "put", "{\"id\":5}");
  fixture_close(store);
  upstream_fini(&u);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_they_are_listed_oldest_first_and_ids_are_never_used_again, tmp_setup,
                                      tmp_teardown),
      cmocka_unit_test_setup_teardown(test_they_are_kept_whole, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_a_retry_commits_and_takes_it_off_the_list),
      cmocka_unit_test(test_a_retry_that_fails_leaves_it_on_the_list),
      cmocka_unit_test(test_from_inside_the_list_the_store_can_only_be_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
