/* Undo and redo within one session: what they take back and do again, the stack of each session, and want of memory. */
#include <stdio.h>
#include <string.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/undo_fixture.h"

/* ---------------------------------------------------------------------------------------------- */
/* The stack */

static void test_undo_takes_back_the_newest_commit_and_redo_does_it_again(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Set", "{\"id\":\"a\",\"done\":1}");
  undo_commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A1");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  undo_assert_counts(store, 0, 3);
  redo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=A1");
  undo_assert_counts(store, 2, 1);
  undo_n(store, 2);
  redo_n(store, 3);
  assert_string_equal(undo_todos(store), "");
  undo_assert_counts(store, 3, 0);
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_commit_ends_what_can_be_redone(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_n(store, 1);
  undo_commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo_assert_counts(store, 1, 0);
  assert_code(ls_redo(NULL, store, 1, &err), LS_ENOTFOUND, &err);
  assert_string_equal(err.text, "this session has nothing to redo");
  undo_n(store, 1);
  undo_assert_counts(store, 0, 1);
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "b=B0");
  ls_close(store, NULL);
}

static void test_more_than_there_is_undoes_nothing(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  assert_code(ls_undo(NULL, store, 1, &err), LS_ENOTFOUND, &err);
  assert_code(ls_undo(NULL, store, 0, &err), LS_EARGS, &err);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  assert_code(ls_undo(NULL, store, 2, &err), LS_ENOTFOUND, &err);
  assert_string_equal(err.text, "this session has only 1 commit to undo, not 2");
  assert_string_equal(undo_todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_the_status_names_what_comes_next(void **unused) {
  (void)unused;
  ls_error err;
  ls_undo_status status;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  assert_ok(ls_undo_status_get(&status, store, 1, &err), &err);
  assert_null(status.undo_name);
  assert_null(status.redo_name);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  undo_n(store, 1);
  redo_n(store, 1);
  assert_ok(ls_undo_status_get(&status, store, 1, &err), &err);
  assert_string_equal(status.undo_name, "v1.Deleted");
  assert_int_equal(status.undo, 1); /* of two, no more than asked for */
  undo_n(store, 1);
  assert_ok(ls_undo_status_get(&status, store, 1, &err), &err);
  assert_string_equal(status.undo_name, "v1.Created");
  assert_string_equal(status.redo_name, "v1.Deleted");
  ls_close(store, NULL);
}

static void test_events_committed_together_are_undone_together(void **unused) {
  (void)unused;
  ls_error err;
  ls_receipt receipt;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  const ls_input inputs[] = {{"v1.Created", "{\"id\":\"a\",\"text\":\"A\"}"},
                             {"v1.Set", "{\"id\":\"a\",\"done\":1}"},
                             {"v1.Filter", "{\"value\":\"x\"}"},
                             {"v1.Created", "{\"id\":\"b\",\"text\":\"B\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 4, &err), &err);
  assert_ok(ls_undo(&receipt, store, 1, &err), &err);
  assert_string_equal(undo_todos(store), "");
  assert_string_equal(undo_read(store, "SELECT value FROM filter"), "");
  assert_int_equal(receipt.first.global, 4);
  assert_int_equal(receipt.last.global, 5); /* Undone, ClientUndone, Undone */
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A1,b=B0");
  assert_string_equal(undo_read(store, "SELECT value FROM filter"), "x");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_document_may_be_passed_over(void **unused) {
  (void)unused;
  ls_schema_def def = {
      .tables = (const char *const[]){"CREATE TABLE t (id INTEGER PRIMARY KEY) STRICT", NULL},
      .events = &(ls_event_def){.name = "add",
                                .args = "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}}}",
                                .sql = (const char *const[]){"INSERT INTO t VALUES (:id)", NULL}},
      .n_events = 1,
      .documents = &(ls_document_def){.name = "Ui", .value = "{}", .default_value = "0", .no_undo = true},
      .n_documents = 1};
  ls_store *store;
  ls_error err;
  const char *value;
  assert_ok(ls_open(&store, NULL, &(ls_options){.schema.def = &def}, &err), &err);
  assert_ok(ls_commit(NULL, store, "add", "{\"id\":1}", &err), &err);
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "1", &err), &err);
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 0);
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "2", &err), &err);
  assert_ok(ls_redo(NULL, store, 1, &err), &err);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 1);
  assert_ok(ls_document_get(&value, store, "Ui", NULL, &err), &err);
  assert_string_equal(value, "2");
  fixture_close(store);
}

static void test_client_only_events_and_documents_are_undone_on_this_client_only(void **unused) {
  (void)unused;
  ls_error err;
  ls_receipt receipt;
  const char *value;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "{\"zoom\":2}", &err), &err);
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "{\"zoom\":3}", &err), &err);
  assert_ok(ls_undo(&receipt, store, 1, &err), &err);
  assert_int_equal(receipt.last.global, 0);
  assert_int_equal(receipt.last.client, 3);
  assert_ok(ls_document_get(&value, store, "Ui", NULL, &err), &err);
  assert_string_equal(value, "{\"zoom\":2}");
  ls_close(store, NULL);
}

static void test_events_that_cannot_be_undone_are_passed_over(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Seen", NULL);
  undo_assert_counts(store, 1, 0);
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  undo_commit(store, "v1.Seen", NULL); /* and does not end what can be redone */
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  const ls_input both[] = {{"v1.Seen", NULL}, {"v1.Deleted", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, both, 2, &err), &err);
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_commit_that_changed_nothing_takes_one_undo(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "v1.Nothing", NULL);
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  ls_close(store, NULL);
}

static void test_the_stack_survives_closing(void **directory) {
  char *path = *directory;
  ls_store *store = undo_open(path, UNDO_TODOS);
  for (int i = 0; i < 300; i++) { /* more than is read at a time */
    char args[60];
    snprintf(args, sizeof args, "{\"id\":\"%03d\",\"text\":\"t%d\"}", i, i);
    undo_commit(store, "v1.Created", args);
  }
  undo_n(store, 100);
  ls_close(store, NULL);
  store = undo_open(path, UNDO_TODOS);
  undo_assert_counts(store, 200, 100);
  redo_n(store, 1);
  undo_n(store, 150);
  ls_close(store, NULL);
  store = undo_open(path, UNDO_TODOS);
  undo_assert_counts(store, 51, 249);
  assert_string_equal(undo_read(store, "SELECT count(*) || max(id) FROM todos"), "51050");
  redo_n(store, 249);
  assert_string_equal(undo_read(store, "SELECT count(*) || max(id) FROM todos"), "300299");
  undo_assert_counts(store, 300, 0);
  ls_close(store, NULL);
}

static void test_a_commit_larger_than_a_chunk_is_one(void **directory) {
  enum { MANY = 500 };
  ls_error err;
  static char args[MANY][60];
  ls_input inputs[MANY];
  char *path = *directory;
  ls_store *store = undo_open(path, UNDO_TODOS);
  for (int i = 0; i < MANY; i++) {
    snprintf(args[i], sizeof args[i], "{\"id\":\"%03d\",\"text\":\"t%d\"}", i, i);
    inputs[i] = (ls_input){"v1.Created", args[i]};
  }
  undo_commit(store, "v1.Nothing", NULL);
  assert_ok(ls_commit_all(NULL, store, inputs, MANY, &err), &err);
  undo_assert_counts(store, 2, 0); /* seen as it is appended, and read back */
  ls_close(store, NULL);
  store = undo_open(path, UNDO_TODOS);
  undo_assert_counts(store, 2, 0);
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  ls_close(store, NULL);
}

static void test_sessions_have_stacks_of_their_own(void **directory) {
  ls_error err;
  char *path = *directory;
  ls_store *store = undo_open(path, UNDO_TODOS);
  undo_commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  ls_close(store, NULL);
  ls_options options = {.schema = {.json = UNDO_TODOS}, .session_id = "elsewhere"};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  undo_assert_counts(store, 0, 0);
  undo_commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_only_undo_commits_the_librarys_events(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_TODOS);
  assert_code(ls_commit(NULL, store, "livestore.Undone", "{\"rows\":[]}", &err), LS_EEVENT, &err);
  assert_non_null(strstr(err.text, "only undo and redo commit it"));
  ls_schema_source source = {.json = "{\"livestore\":1,\"events\":{\"livestore.Mine\":{}}}"};
  assert_code(ls_schema_check(&source, &err), LS_ESCHEMA, &err);
  assert_non_null(strstr(err.text, "begins with \"livestore.\""));
  ls_close(store, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* Memory */

static int travel(ls_store *store, bool redo_now, ls_error *err) {
  return redo_now ? ls_redo(NULL, store, 1, err) : ls_undo(NULL, store, 1, err);
}

/* Undo or redo once: true when no allocation failed. When it was done although one did (SQLite can do without some, and
 * without any memory left the log may have it when the state cannot yet), it is taken back. */
static bool try_travel(ls_store *store, bool redo_now, long k, bool sticky) {
  ls_error err;
  char before[33], after[33];
  undo_digest(before, store);
  ls_seqnum head = ls_log_head(store->leader->log).seq;
  ls_undo_stack_reset(&store->session->undo);
  fault_alloc_arm(k, sticky);
  int rc = travel(store, redo_now, &err);
  if (!fault_alloc_disarm()) return true;
  if (rc && rc != LS_ENOMEM) fail_msg("allocation %ld: %s", k, err.text);
  bool done = !ls_seqnum_equal(head, ls_log_head(store->leader->log).seq);
  assert_true(done || rc);
  assert_true(sticky || done == !rc);
  if (done) assert_ok(travel(store, !redo_now, &err), &err);
  undo_digest(after, store);
  assert_string_equal(before, after);
  return false;
}

static void sweep(ls_store *store, bool redo_now, bool sticky, long every) {
  for (long k = 1; !try_travel(store, redo_now, k, sticky); k += every) continue;
}

/* A k-th allocation that fails, of the library's or SQLite's, leaves log and state as they were. */
static void test_undo_survives_want_of_memory(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_INVERSES);
  const ls_input inputs[] = {{"Created", "{\"id\":\"a\",\"text\":\"A\"}"}, {"Done", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 2, &err), &err);
  sweep(store, false, false, 1);
  sweep(store, true, false, 1);
  sweep(store, false, true, 5);
  sweep(store, true, true, 5);
  assert_string_equal(undo_todos(store), "a=A1");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_undo_takes_back_the_newest_commit_and_redo_does_it_again),
      cmocka_unit_test(test_a_commit_ends_what_can_be_redone),
      cmocka_unit_test(test_more_than_there_is_undoes_nothing),
      cmocka_unit_test(test_the_status_names_what_comes_next),
      cmocka_unit_test(test_events_committed_together_are_undone_together),
      cmocka_unit_test(test_a_document_may_be_passed_over),
      cmocka_unit_test(test_client_only_events_and_documents_are_undone_on_this_client_only),
      cmocka_unit_test(test_events_that_cannot_be_undone_are_passed_over),
      cmocka_unit_test(test_a_commit_that_changed_nothing_takes_one_undo),
      cmocka_unit_test_setup_teardown(test_the_stack_survives_closing, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_commit_larger_than_a_chunk_is_one, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_sessions_have_stacks_of_their_own, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_only_undo_commits_the_librarys_events),
      cmocka_unit_test(test_undo_survives_want_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
