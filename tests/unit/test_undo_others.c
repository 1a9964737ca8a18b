/* Undo and redo where others were: sparing of what they did, the same after a rebase, and how events that undo act
 * whoever wrote them. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/undo_fixture.h"

static void test_columns_that_others_changed_since_stay(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Set", "{\"id\":\"a\",\"text\":\"mine\",\"done\":1}");
  undo_foreign(store, "v1.Set", "{\"id\":\"a\",\"text\":\"yours\"}");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=yours0");
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=yours1");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_row_that_others_changed_since_it_was_inserted_stays(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo_foreign(store, "v1.Set", "{\"done\":1,\"id\":\"a\"}");
  undo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=A1");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_row_whose_place_others_took_stays_deleted(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo_commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  undo_commit(store, "v1.Deleted", "{\"id\":\"b\"}");
  undo_foreign(store, "v1.Created", "{\"id\":\"a\",\"text\":\"yours\"}"); /* the key */
  undo_foreign(store, "v1.Created", "{\"id\":\"c\",\"text\":\"B\"}");     /* a unique value */
  undo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=yours0,c=B0");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

/* What was pending is cut and appended anew behind an event of another session, as a rebase does. */
static void rebase_behind(ls_store *store, ls_seqnum base, const char *name, const char *args) {
  enum { MOST = 20 };
  ls_error err;
  ls_log *log = store->leader->log;
  ls_log_cursor *cursor;
  const ls_event *event;
  ls_event kept[MOST],
      foreign = {.name = name, .args = args, .args_size = strlen(args), .client_id = "you", .session_id = "there"};
  size_t n = 0;
  assert_ok(ls_log_cursor_open(&cursor, log, base, &err), &err);
  for (; ls_log_cursor_next(&event, NULL, cursor, &err) == 1; n++) {
    kept[n] = *event;
    kept[n].name = ls_strdup(event->name);
    kept[n].args = ls_strdup(event->args);
    kept[n].client_id = "me";
    kept[n].session_id = "here";
  }
  ls_log_cursor_close(cursor);
  assert_ok(ls_log_cut(log, base, &err), &err);
  ls_seqnum_next(&foreign.seq, &foreign.parent, base, false, 0);
  assert_ok(ls_log_append(log, &foreign, 1, &err), &err);
  for (size_t i = 0; i < n; i++) {
    bool client_only = kept[i].seq.client != 0;
    ls_seqnum_next(&kept[i].seq, &kept[i].parent, ls_log_head(log).seq, client_only, 1);
    assert_ok(ls_log_append(log, &kept[i], 1, &err), &err);
    ls_free((void *)(uintptr_t)kept[i].name);
    ls_free((void *)(uintptr_t)kept[i].args);
  }
  assert_ok(ls_store_follow(store, &err), &err);
}

static void test_the_stack_survives_a_rebase(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Set", "{\"id\":\"a\",\"text\":\"B\"}");
  undo_commit(store, "v1.Set", "{\"id\":\"a\",\"done\":1}");
  undo_n(store, 1);
  rebase_behind(store, (ls_seqnum){1, 0, 0}, "v1.Created", "{\"id\":\"y\",\"text\":\"Y\"}");
  undo_assert_counts(store, 2, 1);
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=B1,y=Y0");
  undo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=A0,y=Y0");
  rebase_behind(store, (ls_seqnum){2, 0, 0}, "v1.Created", "{\"id\":\"z\",\"text\":\"Z\"}");
  redo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=B1,y=Y0,z=Z0");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static const char FAMILY[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE lists (id TEXT PRIMARY KEY)\","
    "\"CREATE TABLE items (id TEXT PRIMARY KEY, list TEXT REFERENCES lists ON DELETE CASCADE)\"],\"events\":{"
    "\"List\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},\"sql\":\"INSERT INTO "
    "lists VALUES (:id)\"},"
    "\"Drop\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},\"sql\":\"DELETE FROM "
    "lists WHERE id = :id\"},"
    "\"Item\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"list\":{\"type\":"
    "\"string\"}}},"
    "\"sql\":\"INSERT INTO items VALUES (:id, :list)\"}}}";

static void test_what_others_refer_to_cannot_go(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, FAMILY);
  undo_commit(store, "List", "{\"id\":\"l\"}");
  undo_foreign(store, "Item", "{\"id\":\"i\",\"list\":\"l\"}");
  char before[33], after[33];
  undo_digest(before, store);
  assert_code(ls_undo(NULL, store, 1, &err), LS_EMATERIALIZE, &err);
  assert_non_null(strstr(err.text, "rows that were written since refer to one of its rows"));
  undo_digest(after, store);
  assert_string_equal(before, after);
  assert_int_equal(ls_log_head(store->leader->log).seq.global, 2);
  ls_close(store, NULL);
}

static void test_what_a_cascade_took_comes_back(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, FAMILY);
  undo_commit(store, "List", "{\"id\":\"l\"}");
  undo_commit(store, "Item", "{\"id\":\"i\",\"list\":\"l\"}");
  undo_commit(store, "Drop", "{\"id\":\"l\"}");
  undo_n(store, 1);
  assert_string_equal(undo_read(store, "SELECT id || list FROM items"), "il");
  redo_n(store, 1);
  assert_string_equal(undo_read(store, "SELECT id || list FROM items"), "");
  undo_n(store, 3);
  assert_string_equal(undo_read(store, "SELECT id FROM lists"), "");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

/* Whoever wrote it: it fails, changes nothing, and the store goes on. */
static void test_arguments_that_are_wrong_fail_the_event(void **unused) {
  (void)unused;
  static const char *const rows[] = {
      "{}",
      "{\"table\":\"todos\",\"op\":\"drop\",\"key\":{},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"update\",\"key\":{\"id\":\"a\"},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"update\",\"key\":{\"id\":\"a\"},\"columns\":{\"done\":[1]}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":true},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"blob\":\"0\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"blob\":\"zz\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"int\":\"99999999999999999999\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"real\":\"12\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"insert\",\"key\":{\"id\":\"z\"},\"row\":{\"id\":\"z\"},\"rowid\":\"1\"}",
  };
  ls_error err;
  ls_status status;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char args[200];
    snprintf(args, sizeof args, "{\"rows\":[%s]}", rows[i]);
    undo_foreign(store, "livestore.Undone", args);
    assert_ok(ls_status_get(&status, store, &err), &err);
    if (status.failed != i + 1) fail_msg("not refused: %s", rows[i]);
  }
  assert_string_equal(undo_todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_what_the_schema_has_no_more_is_passed_over(void **unused) {
  (void)unused;
  static const char ARGS[] =
      "{\"rows\":[{\"columns\":{\"gone\":[1,2],\"text\":[\"A\",\"B\"]},\"key\":{\"id\":\"a\"},\"op\":\"update\","
      "\"table\":\"todos\"},{\"key\":{\"gone\":1},\"op\":\"delete\",\"row\":{},\"table\":\"todos\"},"
      "{\"key\":{\"place\":1},\"op\":\"delete\",\"row\":{},\"table\":\"__livestore_rollback\"},"
      "{\"key\":{\"id\":1},\"op\":\"delete\",\"row\":{},\"table\":\"gone\"}]}";
  ls_error err;
  ls_status status;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_foreign(store, "livestore.Undone", ARGS);
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.failed, 0);
  assert_string_equal(undo_todos(store), "a=B0");
  ls_close(store, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_columns_that_others_changed_since_stay),
      cmocka_unit_test(test_a_row_that_others_changed_since_it_was_inserted_stays),
      cmocka_unit_test(test_a_row_whose_place_others_took_stays_deleted),
      cmocka_unit_test(test_the_stack_survives_a_rebase),
      cmocka_unit_test(test_what_others_refer_to_cannot_go),
      cmocka_unit_test(test_what_a_cascade_took_comes_back),
      cmocka_unit_test(test_arguments_that_are_wrong_fail_the_event),
      cmocka_unit_test(test_what_the_schema_has_no_more_is_passed_over),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
