/* Sessions that share a leader: what one does, the others have; each has its own undo, documents and subscriptions. */
#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "livestore_host.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/house.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/undo_fixture.h"
#include "support/upstream_fixture.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define ITEMS "SELECT count(*) FROM items"

static int64_t n_items(ls_store *store) { return fixture_number(store, ITEMS); }

/* ---------------------------------------------------------------------------------------------- */

static void what_one_commits_the_others_have_and_are_told_once(void **state) {
  (void)state;
  static const char *const names[] = {"1", "2", "3"};
  house h = house_open(NULL, 3);
  teller t[3];
  char order[100] = "";
  for (size_t i = 0; i < 3; i++) house_watch(&t[i], h.s[2 - i], ITEMS, names[2 - i], order);
  for (size_t i = 0; i < 3; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", (int)i);
    order[0] = '\0';
    upstream_commit(h.s[i], "put", args);
    assert_string_equal(order, "123"); /* in order of opening, whoever committed */
    for (size_t j = 0; j < 3; j++) {
      assert_int_equal(t[j].calls, (int)i + 1);
      assert_int_equal(t[j].value, (int64_t)i + 1);
      assert_true(ls_seqnum_equal(h.s[j]->session->state->at.seq, ls_log_head(h.s[0]->leader->log).seq));
    }
    house_check(&h);
  }
  order[0] = '\0';
  upstream_commit(h.s[1], "count", "{\"id\":1}"); /* changes no count */
  upstream_commit(h.s[1], "local", "{\"n\":1}");
  assert_string_equal(order, "");
  house_check(&h);
  house_unwatch(t, 3);
  house_close(&h);
}

typedef struct runs {
  const char *label;
  uint64_t n;
} runs;

static int count_runs(void *user, const ls_node_info *info) {
  runs *r = user;
  if (strcmp(info->label, r->label) == 0) r->n = info->runs;
  return 0;
}

static uint64_t runs_of(ls_store *store, const char *label) {
  runs r = {label, 0};
  ls_error err;
  assert_ok(ls_graph_each(store, count_runs, &r, &err), &err);
  return r.n;
}

static void a_query_runs_for_changes_of_its_own_rows_only(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  teller t[2];
  house_watch(&t[0], h.s[1], ITEMS, "", NULL);
  house_watch(&t[1], h.s[1], "SELECT count(*) FROM ui", "", NULL);
  for (int i = 0; i < 5; i++) upstream_commit(h.s[0], "local", "{\"n\":1}");
  assert_int_equal(runs_of(h.s[1], ITEMS), 1);
  assert_int_equal(t[0].calls, 0);
  assert_int_equal(t[1].calls, 5);
  assert_int_equal(t[1].value, 5);
  house_unwatch(t, 2);
  house_close(&h);
}

static void events_carry_the_session_that_committed_them(void **state) {
  (void)state;
  house h = house_open(NULL, 3);
  for (int i = 0; i < 6; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    upstream_commit(h.s[(i * 2) % 3], "put", args);
  }
  static const char *const wanted[] = {"s", "third", "second", "s", "third", "second"};
  ls_events *events;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, h.s[2], NULL, &err), &err);
  for (size_t i = 0; i < COUNT(wanted); i++) {
    assert_int_equal(ls_events_next(&event, events, &err), 1);
    assert_string_equal(event->session_id, wanted[i]);
    assert_string_equal(event->client_id, "c");
    assert_int_equal(event->seq.global, (int64_t)i + 1);
  }
  assert_int_equal(ls_events_next(&event, events, &err), 0);
  ls_events_close(events);
  assert_string_equal(ls_store_id(h.s[1]), ls_store_id(h.s[0]));
  assert_string_equal(ls_schema_hash(h.s[1]), ls_schema_hash(h.s[0]));
  house_close(&h);
}

/* LP-11: nobody's events are refused for being behind another session's, since a session follows before it commits. */
static void a_session_that_is_behind_follows_before_it_commits(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  for (int i = 1; i <= 6; i++) {
    char args[40];
    snprintf(args, sizeof args, "{\"id\":%d}", i);
    core_append(h.s[0]->leader->log, "put", args);
  }
  ls_receipt receipt;
  ls_error err;
  assert_ok(ls_commit(&receipt, h.s[1], "put", "{\"id\":7}", &err), &err);
  assert_int_equal(receipt.first.global, 7);
  assert_int_equal(n_items(h.s[1]), 7);
  assert_int_equal(n_items(h.s[0]), 7);
  house_check(&h);
  house_close(&h);
}

static void an_open_query_keeps_its_rows_whoever_commits(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  upstream_commit(h.s[0], "put", "{\"id\":1}");
  upstream_commit(h.s[0], "put", "{\"id\":2}");
  ls_query *query;
  ls_error err;
  assert_ok(ls_query_open(&query, h.s[1], "SELECT id FROM items", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  upstream_commit(h.s[0], "put", "{\"id\":3}");
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_int_equal(ls_query_next(query, &err), 0);
  ls_query_close(query);
  assert_int_equal(n_items(h.s[1]), 3);
  house_close(&h);
}

/* ---------------------------------------------------------------------------------------------- */
/* Undo, documents */

static void each_undoes_what_it_committed_itself(void **state) {
  (void)state;
  house h = {.s = {undo_open(NULL, UNDO_TODOS)}, .n = 1};
  house_add(&h, 2);
  undo_commit(h.s[0], "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo_commit(h.s[1], "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo_commit(h.s[0], "v1.Created", "{\"id\":\"c\",\"text\":\"C\"}");
  undo_assert_counts(h.s[0], 2, 0);
  undo_assert_counts(h.s[1], 1, 0);
  undo_n(h.s[1], 1);
  undo_assert_counts(h.s[0], 2, 0);
  undo_assert_counts(h.s[1], 0, 1);
  assert_string_equal(undo_read(h.s[0], "SELECT id FROM todos ORDER BY id"), "a,c");
  undo_n(h.s[0], 2);
  assert_string_equal(undo_read(h.s[1], "SELECT id FROM todos ORDER BY id"), "");
  redo_n(h.s[1], 1);
  redo_n(h.s[0], 1);
  assert_string_equal(undo_read(h.s[1], "SELECT id FROM todos ORDER BY id"), "a,b");
  ls_error err;
  assert_code(ls_undo(NULL, h.s[1], 2, &err), LS_ENOTFOUND, &err);
  house_check(&h);
  house_close(&h);
}

static const char DOCUMENTS[] =
    "{\"livestore\":1,\"documents\":{"
    "\"ui\":{\"value\":{\"type\":\"object\",\"properties\":{\"draft\":{\"type\":\"string\"}}},"
    "\"default\":{\"draft\":\"\"}},"
    "\"shared\":{\"value\":{\"type\":\"string\"},\"default\":\"\",\"id\":\"all\"}}}";

static const char *document(ls_store *store, const char *name, const char *id) {
  const char *text;
  ls_error err;
  assert_ok(ls_document_get(&text, store, name, id, &err), &err);
  return text;
}

static void set_document(ls_store *store, const char *name, const char *value) {
  ls_error err;
  assert_ok(ls_document_set(NULL, store, name, NULL, value, &err), &err);
}

/* CD-20 */
static void a_document_is_each_session_s_own_or_shared_by_its_id(void **state) {
  (void)state;
  ls_options options = fixture_options(DOCUMENTS);
  options.session_id = "first";
  house h = house_open_with(NULL, &options, 3);
  set_document(h.s[0], "ui", "{\"draft\":\"one\"}");
  set_document(h.s[1], "ui", "{\"draft\":\"two\"}");
  set_document(h.s[2], "shared", "\"for all\"");
  assert_string_equal(document(h.s[0], "ui", NULL), "{\"draft\":\"one\"}");
  assert_string_equal(document(h.s[1], "ui", NULL), "{\"draft\":\"two\"}");
  assert_string_equal(document(h.s[2], "ui", NULL), "{\"draft\":\"\"}");
  assert_string_equal(document(h.s[2], "ui", "second"), "{\"draft\":\"two\"}");
  for (size_t i = 0; i < 3; i++) assert_string_equal(document(h.s[i], "shared", NULL), "\"for all\"");
  assert_int_equal(fixture_number(h.s[1], "SELECT count(*) FROM ui"), 2);
  house_check(&h);
  house_close(&h);
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening, closing, and what is the first one's alone */

static void the_first_one_is_closed_last(void **state) {
  const char *dir = *state;
  house h = house_open(dir, 3);
  ls_error err;
  upstream_commit(h.s[2], "put", "{\"id\":1}");
  assert_code(ls_close(h.s[0], &err), LS_ELOCKED, &err);
  assert_says(&err, "2 other sessions open");
  fixture_close(h.s[1]);
  upstream_commit(h.s[2], "put", "{\"id\":2}");
  assert_code(ls_close(h.s[0], &err), LS_ELOCKED, &err);
  assert_says(&err, "\"third\"");
  fixture_close(h.s[2]);
  upstream_commit(h.s[0], "put", "{\"id\":3}");
  h.n = 1;
  house_add(&h, 2); /* the same name again */
  house_close(&h);
  h = house_open(dir, 2);
  assert_int_equal(n_items(h.s[1]), 3);
  house_close(&h);
}

static void ids_are_checked(void **state) {
  (void)state;
  static const struct {
    const char *id;
    int code;
    const char *says;
  } cases[] = {{"s", LS_EEXISTS, "open already"}, {"second", LS_EEXISTS, "open already"}, {"", LS_EARGS, "session id"},
               {"no way", LS_EARGS, "session id"}};
  house h = house_open(NULL, 2);
  ls_store *made = NULL;
  ls_error err;
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_code(ls_session_open(&made, h.s[i % 2], cases[i].id, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_null(made);
  }
  h.s[h.n++] = house_session(h.s[1], NULL);
  assert_int_equal(strlen(ls_session_id(h.s[2])), 12);
  assert_string_not_equal(ls_session_id(h.s[2]), ls_session_id(h.s[0]));
  house_close(&h);
}

static int connect_nowhere(void *user, const char *payload, ls_error *err) {
  return (void)user, (void)payload, (void)err, 0;
}
static int send_nowhere(void *user, const char *frame, size_t size, ls_error *err) {
  return (void)user, (void)frame, (void)size, (void)err, 0;
}
static void close_nothing(void *user) { (void)user; }

static void what_concerns_the_whole_log_is_the_first_one_s(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  ls_error err;
  ls_migration *migration;
  const ls_transport transport = {.connect = connect_nowhere, .send = send_nowhere, .close = close_nothing};
  ls_schema_source other = {.json = FIXTURE_SCHEMA};
  assert_code(ls_import(NULL, h.s[1], "nothing", NULL, &err), LS_ELOCKED, &err);
  assert_says(&err, "session \"second\" shares the log of session \"s\"");
  assert_code(ls_schema_set(h.s[1], &other, &err), LS_ELOCKED, &err);
  assert_code(ls_rebuild(h.s[1], &err), LS_ELOCKED, &err);
  assert_code(ls_migration_begin(&migration, h.s[1], NULL, &err), LS_ELOCKED, &err);
  assert_code(ls_transport_attach(h.s[1], &transport, NULL, NULL, &err), LS_ELOCKED, &err);
  upstream_commit(h.s[1], "put", "{\"id\":1}");
  assert_ok(ls_rebuild(h.s[0], &err), &err);
  house_check(&h);
  house_close(&h);
}

static void a_schema_is_changed_when_the_others_are_closed(void **state) {
  (void)state;
  house h = house_open(NULL, 2);
  ls_schema_source other = {.json = FIXTURE_SCHEMA};
  ls_error err;
  assert_code(ls_schema_set(h.s[0], &other, &err), LS_ELOCKED, &err);
  assert_says(&err, "\"second\"");
  upstream_commit(h.s[1], "put", "{\"id\":1}");
  house_check(&h);
  fixture_close(h.s[--h.n]);
  assert_ok(ls_schema_set(h.s[0], &other, &err), &err);
  house_add(&h, 2);
  fixture_add(h.s[1], 1, 1);
  assert_int_equal(fixture_number(h.s[0], "SELECT count(*) FROM t"), 1);
  house_close(&h);
}

static void an_import_is_followed(void **state) {
  char *file = tmp_path(*state, "events.jsonl");
  static const char line[] =
      "{\"seqNum\":{\"global\":1,\"client\":0},\"parentSeqNum\":{\"global\":0,\"client\":0},\"name\":\"put\","
      "\"args\":{\"id\":1},\"clientId\":\"c\",\"sessionId\":\"s\"}\n";
  tmp_write(file, line, sizeof line - 1);
  house h = house_open(NULL, 2);
  uint64_t count;
  ls_error err;
  teller t;
  house_watch(&t, h.s[1], ITEMS, "", NULL);
  assert_ok(ls_import(&count, h.s[0], file, NULL, &err), &err);
  assert_int_equal(count, 1);
  assert_int_equal(t.calls, 1);
  house_check(&h);
  house_unwatch(&t, 1);
  house_close(&h);
  free(file);
}

static void snapshots_are_written_whoever_commits(void **state) {
  const char *dir = *state;
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .snapshot_events = 10, .durability = LS_DURABILITY_LATER};
  house h = house_open_with(dir, &options, 2);
  for (int i = 0; i < 3000; i++) upstream_commit(h.s[1], "local", "{\"n\":1}");
  ls_status first = fixture_status(h.s[0]), second = fixture_status(h.s[1]);
  assert_true(first.snapshot.client > 0);
  assert_true(ls_seqnum_equal(first.snapshot, second.snapshot));
  assert_true(second.log_bytes > 0);
  ls_view *view;
  ls_error err;
  assert_ok(ls_at(&view, h.s[1], (ls_seqnum){0, 100, 0}, &err), &err);
  ls_view_close(view);
  assert_ok(ls_flush(h.s[1], &err), &err);
  assert_true(ls_seqnum_equal(ls_log_durable_head(h.s[0]->leader->log).seq, first.head));
  house_check(&h);
  house_close(&h);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_one_commits_the_others_have_and_are_told_once),
      cmocka_unit_test(a_query_runs_for_changes_of_its_own_rows_only),
      cmocka_unit_test(events_carry_the_session_that_committed_them),
      cmocka_unit_test(a_session_that_is_behind_follows_before_it_commits),
      cmocka_unit_test(an_open_query_keeps_its_rows_whoever_commits),
      cmocka_unit_test(each_undoes_what_it_committed_itself),
      cmocka_unit_test(a_document_is_each_session_s_own_or_shared_by_its_id),
      cmocka_unit_test_setup_teardown(the_first_one_is_closed_last, tmp_setup, tmp_teardown),
      cmocka_unit_test(ids_are_checked),
      cmocka_unit_test(what_concerns_the_whole_log_is_the_first_one_s),
      cmocka_unit_test(a_schema_is_changed_when_the_others_are_closed),
      cmocka_unit_test_setup_teardown(an_import_is_followed, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(snapshots_are_written_whoever_commits, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
