/* What may be done with sessions from inside a subscription, a batch or a progress callback of one of them. */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/house.h"
#include "support/store_fixture.h"
#include "support/upstream_fixture.h"

#define ITEMS "SELECT count(*) FROM items"

static int64_t n_items(ls_store *store) { return fixture_number(store, ITEMS); }

typedef struct echo {
  ls_store *to;
  ls_node *node;
  int left, calls;
  int64_t seen;
} echo;

/* Puts one more item into the other session, until there are enough. */
static void answer(void *user, const ls_update *update) {
  echo *e = user;
  e->calls++;
  e->seen = ls_rows_value(update->rows, 0, 0).as.i;
  if (!e->left) return;
  char args[40];
  int64_t n = n_items(e->to);
  e->left--;
  snprintf(args, sizeof args, "{\"id\":%d}", 1000 + (int)n);
  upstream_commit(e->to, "put", args);
  assert_true(n_items(e->to) > n);
}

static void watch_echo(echo *e, ls_store *from, ls_store *to, int left) {
  ls_error err;
  *e = (echo){.to = to};
  assert_ok(ls_watch(&e->node, from, "SELECT count(*) FROM items", LS_NO_PARAMS, answer, e, &err), &err);
  e->calls = 0;
  e->left = left;
}

static void subscriptions_may_commit_to_one_another_s_sessions(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  echo e[3];
  for (size_t i = 0; i < 3; i++) watch_echo(&e[i], h.s[i], h.s[(i + 1) % 3], 5);
  upstream_commit(h.s[1], "put", "{\"id\":1}");
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(e[i].left, 0);
    assert_int_equal(e[i].seen, 16); /* nobody has missed the last one */
    assert_int_equal(n_items(h.s[i]), 16);
  }
  house_check(&h);
  for (size_t i = 0; i < 3; i++) ls_node_release(e[i].node);
  house_close(&h);
}

static void a_batch_holds_back_its_own_session_only(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  teller t[2];
  ls_error err;
  for (size_t i = 0; i < 2; i++) house_watch(&t[i], h.s[i], ITEMS, "", NULL);
  ls_batch_begin(h.s[1]);
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  upstream_commit(h.s[1], "put", "{\"id\":2}");
  assert_int_equal(t[0].calls, 2);
  assert_int_equal(t[1].calls, 0);
  assert_int_equal(n_items(h.s[1]), 2);
  assert_ok(ls_batch_commit(h.s[1], &err), &err);
  assert_int_equal(t[1].calls, 1);
  assert_int_equal(t[1].value, 2);
  house_unwatch(t, 2);
  house_close(&h);
}

typedef struct intruder {
  house *h;
  ls_store *opened;
  int calls;
} intruder;

/* From inside a subscription of the second session. */
static void try_to_close(void *user, const ls_update *update) {
  intruder *in = user;
  ls_error err;
  (void)update;
  if (in->calls++ != 1) return;
  for (size_t i = in->h->n; i-- > 0;) assert_code(ls_close(in->h->s[i], &err), LS_ELOCKED, &err);
  in->opened = house_session(in->h->s[1], "late");
  assert_int_equal(n_items(in->opened), n_items(in->h->s[0]));
}

static void none_is_closed_from_inside_but_one_may_be_opened(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  intruder in = {.h = &h};
  ls_node *node;
  ls_error err;
  assert_ok(ls_watch(&node, h.s[1], "SELECT count(*) FROM items", LS_NO_PARAMS, try_to_close, &in, &err), &err);
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  assert_int_equal(in.calls, 2);
  assert_non_null(in.opened);
  h.s[h.n++] = in.opened;
  upstream_commit(in.opened, "put", "{\"id\":2}");
  house_check(&h);
  ls_node_release(node);
  house_close(&h);
}

static int look_around(void *user, const char *what, uint64_t done, uint64_t total) {
  intruder *in = user;
  ls_error err;
  (void)what, (void)done, (void)total;
  if (!in->h->n) return 0;
  in->calls++;
  for (size_t i = 0; i < in->h->n; i++) {
    assert_int_equal(n_items(in->h->s[i]), 1);
    assert_code(ls_commit(NULL, in->h->s[i], "put", "{\"id\":9}", &err), LS_ELOCKED, &err);
    assert_code(ls_close(in->h->s[i], &err), LS_ELOCKED, &err);
  }
  return 0;
}

static void progress_of_one_locks_all(void **state) {
  (void)state;
  house h = {.n = 0};
  intruder in = {.h = &h};
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .progress = look_around, .progress_user = &in};
  ls_error err;
  ls_store *first = fixture_open_with(NULL, &options);
  upstream_commit(first, "put", "{\"id\":1}");
  h = (house){.s = {first}, .n = 1};
  house_add(&h, 3);
  assert_ok(ls_rebuild(first, &err), &err);
  assert_true(in.calls > 0);
  house_check(&h);
  in.calls = 0;
  house_close(&h);
}

static int look_at_change(void *user, const ls_change *change) {
  (void)change;
  return look_around(user, NULL, 0, 0);
}

static void what_one_is_being_told_locks_all(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  intruder in = {.h = &h};
  ls_error err;
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  for (size_t i = 0; i < 3; i++)
    assert_ok(ls_event_changes(h.s[i], (ls_seqnum){1, 0, 0}, look_at_change, &in, &err), &err);
  assert_int_equal(in.calls, 3);
  house_close(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(subscriptions_may_commit_to_one_another_s_sessions),
      cmocka_unit_test(a_batch_holds_back_its_own_session_only),
      cmocka_unit_test(none_is_closed_from_inside_but_one_may_be_opened),
      cmocka_unit_test(progress_of_one_locks_all),
      cmocka_unit_test(what_one_is_being_told_locks_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
