/* Memory runs out while one of several sessions does something, or what they wrote is lost: what it did is done or not,
 * and all come to agree.
 *   SOAK  each allocation in turn; otherwise every fifth */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/fault_vfs.h"
#include "support/house.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

#define ITEMS "SELECT count(*) FROM items"

typedef int (*step_fn)(house *h, upstream *u, ls_error *err);

static int open_one(house *h, upstream *u, ls_error *err) {
  (void)u;
  int rc = ls_session_open(&h->s[h->n], h->s[0], "fourth", err);
  if (!rc) h->n++;
  return rc;
}

static int commit_first(house *h, upstream *u, ls_error *err) {
  (void)u;
  return ls_commit(NULL, h->s[0], "put", "{\"id\":50}", err);
}

static int commit_later(house *h, upstream *u, ls_error *err) {
  (void)u;
  return ls_commit(NULL, h->s[2], "put", "{\"id\":50}", err);
}

static int merge_all(house *h, upstream *u, ls_error *err) {
  return upstream_try_pull(NULL, u, h->s[0], SIZE_MAX, err);
}

static int undo_later(house *h, upstream *u, ls_error *err) { return (void)u, ls_undo(NULL, h->s[1], 1, err); }

/* All agree behind it, and each is told in the end: did something fail? *rc is the step's. */
static bool with_a_fault(int *rc, step_fn step, long k, bool sticky) {
  house h = house_open(NULL, 3);
  upstream u = {.id = "u"};
  teller t[3];
  ls_error err;
  for (size_t i = 0; i < 3; i++) house_watch(&t[i], h.s[i], ITEMS, "", NULL);
  for (int i = 0; i < 4; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i + 1);
    upstream_commit(h.s[i % 3], "put", args);
  }
  upstream_add(&u, "other", "put", "{\"id\":4,\"name\":\"theirs\"}");
  upstream_add(&u, "other", "put", "{\"id\":60}");
  int64_t head = ls_log_head(h.s[0]->leader->log).seq.global;
  fault_alloc_arm(k, sticky);
  *rc = step(&h, &u, &err);
  bool failed = fault_alloc_disarm();
  assert_true(*rc == LS_OK || *rc == LS_ENOMEM);
  if (*rc) assert_int_equal(ls_log_head(h.s[0]->leader->log).seq.global, head);
  upstream_commit(h.s[1], "put", "{\"id\":70}");
  for (size_t i = 0; i < 3; i++) {
    assert_ok(ls_refresh(h.s[i], &err), &err);
    assert_int_equal(t[i].value, fixture_number(h.s[0], ITEMS));
  }
  house_check(&h);
  house_unwatch(t, 3);
  house_close(&h);
  upstream_fini(&u);
  return failed;
}

static long every;

static void opening_works_or_leaves_nothing(void **state) {
  (void)state;
  int rc;
  for (int sticky = 0; sticky < 2; sticky++) {
    for (long k = 1; with_a_fault(&rc, open_one, k, sticky);) k += every;
  }
}

static void what_was_done_stands_though_another_session_cannot_follow(void **state) {
  (void)state;
  static const step_fn steps[] = {commit_first, commit_later, merge_all, undo_later};
  for (size_t i = 0; i < 2 * sizeof steps / sizeof steps[0]; i++) {
    int rc, stood = 0;
    for (long k = 1; with_a_fault(&rc, steps[i / 2], k, i % 2); k += every) stood += rc == LS_OK;
    assert_true(stood > 5);
  }
}

/* With LS_DURABILITY_LATER, whoever asks for the flush. */
static void what_a_flush_loses_is_lost_to_all(void **state) {
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .durability = LS_DURABILITY_LATER, .flush_ms = 1000000};
  house h = house_open_with(*state, &options, 3);
  teller t[3];
  ls_receipt kept, lost;
  ls_error err;
  for (size_t i = 0; i < 3; i++) house_watch(&t[i], h.s[i], ITEMS, "", NULL);
  assert_ok(ls_commit(&kept, h.s[1], "put", "{\"id\":1}", &err), &err);
  assert_ok(ls_flush(h.s[2], &err), &err);
  assert_ok(ls_commit(&lost, h.s[2], "put", "{\"id\":2}", &err), &err);
  assert_int_equal(t[0].value, 2);
  fault_vfs_arm(1, FAULT_VFS_WRITE, true);
  assert_code(ls_flush(h.s[1], &err), LS_EIO, &err);
  assert_true(fault_vfs_disarm());
  for (size_t i = 0; i < 3; i++) {
    assert_int_equal(ls_receipt_stage(h.s[i], &kept), LS_STAGE_DURABLE);
    assert_int_equal(ls_receipt_stage(h.s[i], &lost), LS_STAGE_LOCAL);
    assert_int_equal(fixture_number(h.s[i], ITEMS), 1);
    assert_ok(ls_refresh(h.s[i], &err), &err);
    assert_int_equal(t[i].value, 1);
  }
  upstream_commit(h.s[0], "put", "{\"id\":3}");
  house_check(&h);
  house_unwatch(t, 3);
  house_close(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(opening_works_or_leaves_nothing),
      cmocka_unit_test(what_was_done_stands_though_another_session_cannot_follow),
      cmocka_unit_test_setup_teardown(what_a_flush_loses_is_lost_to_all, tmp_setup, tmp_teardown),
  };
  every = random_option("SOAK", 0) ? 1 : 5;
  fault_alloc_install();
  fault_vfs_install();
  return cmocka_run_group_tests(tests, NULL, NULL);
}
