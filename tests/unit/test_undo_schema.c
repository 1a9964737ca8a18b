/* Undo by the events that the schema gives for it, and what a schema may say about undo. */
#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/undo_fixture.h"

static const char *names_since(ls_store *store, int64_t global) {
  static char text[400];
  ls_error err;
  ls_events *events;
  const ls_event *event;
  text[0] = 0;
  ls_event_filter filter = {.since = {global, 0, 0}};
  assert_ok(ls_events_open(&events, store, &filter, &err), &err);
  while (ls_events_next(&event, events, &err) == 1) {
    size_t size = strlen(text);
    snprintf(text + size, sizeof text - size, "%s%s", size ? " " : "", event->name);
  }
  ls_events_close(events);
  return text;
}

static void test_an_event_is_undone_by_the_one_that_the_schema_gives(void **unused) {
  (void)unused;
  ls_store *store = undo_open(NULL, UNDO_INVERSES);
  undo_commit(store, "Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(store, "Renamed", "{\"id\":\"a\",\"text\":\"B\"}");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=A0");
  assert_string_equal(names_since(store, 2), "Renamed Ping");
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=B0");
  assert_string_equal(names_since(store, 4), "Renamed");
  undo_n(store, 2);
  assert_string_equal(undo_todos(store), "");
  assert_string_equal(names_since(store, 5), "Renamed Ping Deleted");
  undo_assert_counts(store, 0, 2);
  redo_n(store, 2);
  assert_string_equal(undo_todos(store), "a=B0");
  undo_assert_counts(store, 2, 0);
  ls_close(store, NULL);
}

static void test_a_commit_of_both_kinds_is_undone_and_redone(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_INVERSES);
  const ls_input inputs[] = {{"Created", "{\"id\":\"a\",\"text\":\"A\"}"},
                             {"Done", "{\"id\":\"a\"}"},
                             {"Renamed", "{\"id\":\"a\",\"text\":\"B\"}"},
                             {"Done", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 4, &err), &err);
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  assert_string_equal(names_since(store, 4), "livestore.Undone Renamed Ping livestore.Undone Deleted");
  redo_n(store, 1);
  assert_string_equal(undo_todos(store), "a=B1");
  assert_string_equal(names_since(store, 9), "Created livestore.Redone Renamed livestore.Redone");
  undo_n(store, 1);
  assert_string_equal(undo_todos(store), "");
  undo_assert_replays(store);
  ls_close(store, NULL);
}

static void test_args_of_an_inverse_must_be_an_object(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = undo_open(NULL, UNDO_INVERSES);
  undo_commit(store, "Deleted", "{\"id\":\"none\"}");
  assert_code(ls_undo(NULL, store, 1, &err), LS_EARGS, &err);
  assert_string_equal(err.text,
                      "undo of e1 \"Deleted\": \"Created\", which undoes it: its arguments are not a JSON object");
  ls_close(store, NULL);
}

static void test_a_schema_that_is_wrong_about_undo_is_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *undo, *says;
  } cases[] = {
      {"7", "expected an object with \"event\" and \"args\", got number"},
      {"[]", "is empty"},
      {"{}", "expected \"event\", the name of the event that undoes this one"},
      {"{\"event\":\"a\",\"why\":1}", "no such key (known: event, args)"},
      {"{\"event\":\"zzz\"}", "the schema has no event \"zzz\""},
      {"{\"event\":\"livestore.Undone\"}", "the schema has no event \"livestore.Undone\""},
      {"{\"event\":\"c\"}", "\"c\" never leaves this client"},
      {"{\"event\":\"a\",\"args\":7}", "expected \"args\", an SQL expression"},
      {"{\"event\":\"a\",\"args\":\"nonsense(\"}", "incomplete input"},
      {"{\"event\":\"a\",\"args\":\"1, 2\"}", ""},
      {"{\"event\":\"a\",\"args\":\"random()\"}", "random"},
      {"{\"event\":\"a\",\"args\":\":nobody\"}", "parameter :nobody is given by no argument"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char json[300];
    ls_error err;
    snprintf(json, sizeof json, "{\"livestore\":1,\"events\":{\"a\":{\"undo\":%s},\"c\":{\"clientOnly\":true}}}",
             cases[i].undo);
    ls_schema_source source = {.json = json};
    assert_code(ls_schema_check(&source, &err), LS_ESCHEMA, &err);
    if (!strstr(err.text, cases[i].says)) fail_msg("%s: %s", cases[i].undo, err.text);
  }
}

static void test_a_virtual_table_needs_an_inverse(void **unused) {
  (void)unused;
  static const char FTS[] = "{\"livestore\":1,\"tables\":[\"CREATE VIRTUAL TABLE notes USING fts5(text)\",\"CREATE "
                            "TABLE t (id INTEGER PRIMARY KEY)\"],"
                            "\"events\":{\"Note\":{\"sql\":\"INSERT INTO notes VALUES "
                            "('hi')\"},\"Row\":{\"sql\":\"INSERT INTO t VALUES (1)\"}}}";
  ls_error err;
  ls_schema_source source = {.json = FTS};
  if (ls_schema_check(&source, &err)) {
    assert_non_null(strstr(err.text, "no such module")); /* a SQLite without FTS5, and nothing else */
    skip();
  }
  ls_store *store = undo_open(NULL, FTS);
  undo_commit(store, "Row", NULL);
  undo_n(store, 1);
  assert_string_equal(undo_read(store, "SELECT count(*) FROM t"), "0");
  undo_commit(store, "Note", NULL);
  assert_code(ls_undo(NULL, store, 1, &err), LS_ELIMIT, &err);
  ls_close(store, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_an_event_is_undone_by_the_one_that_the_schema_gives),
      cmocka_unit_test(test_a_commit_of_both_kinds_is_undone_and_redone),
      cmocka_unit_test(test_args_of_an_inverse_must_be_an_object),
      cmocka_unit_test(test_a_schema_that_is_wrong_about_undo_is_refused),
      cmocka_unit_test(test_a_virtual_table_needs_an_inverse),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
