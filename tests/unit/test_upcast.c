/* Upcasts: what an old form of an event becomes, what its expression may do and gives, chains of them, and what the log
 * keeps. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/store.h"
#include "core/upcast.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define TODOS "CREATE TABLE todos (id TEXT PRIMARY KEY, title TEXT NOT NULL, priority INTEGER NOT NULL) STRICT"
#define V3                                                                                                             \
  "\"v3.TodoCreated\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"title\":"          \
  "{\"type\":\"string\",\"minLength\":2},\"priority\":{\"type\":\"integer\"}},\"required\":[\"id\",\"title\","         \
  "\"priority\"],\"additionalProperties\":false},\"sql\":\"INSERT INTO todos VALUES (:id, :title, :priority)\"}"
#define V2                                                                                                             \
  "\"v2.TodoCreated\":{\"becomes\":\"v3.TodoCreated\",\"args\":\"json_remove(json_set(:_args, '$.title', :text), "     \
  "'$.text')\"}"
#define V1 "\"v1.TodoCreated\":{\"becomes\":\"v2.TodoCreated\",\"args\":\"json_set(:_args, '$.priority', 0)\"}"

static const char TODO_SCHEMA[] = "{\"livestore\":1,\"tables\":[\"" TODOS "\"],\"events\":{" V1 "," V2 "," V3 "}}";

/* The event "new" takes any object and writes down what it was given; "old" becomes it. */
static ls_schema *noting_schema(const char *expression) {
  ls_bytes json = {0};
  ls_bytes_text(&json,
                "{\"livestore\":1,\"tables\":[\"CREATE TABLE seen (n INTEGER PRIMARY KEY, args TEXT)\"],\"events\":{"
                "\"new\":{\"args\":{\"type\":\"object\"},\"sql\":\"INSERT INTO seen VALUES (:_global, :_args)\"},"
                "\"old\":{\"becomes\":\"new\",\"args\":");
  ls_json_write_string(&json, expression, strlen(expression));
  ls_bytes_text(&json, "}}}");
  ls_schema *schema = core_schema(ls_bytes_cstr(&json));
  ls_bytes_fini(&json);
  return schema;
}

static int apply(ls_state *state, const char *name, const char *args, ls_error *err) {
  int64_t global = state->at.seq.global + 1;
  ls_event event = core_event(global, name, args);
  assert_ok(ls_state_begin(state, err), err);
  int rc = ls_state_apply(state, &event, false, err);
  if (rc)
    ls_state_abort(state);
  else
    assert_ok(ls_state_commit(state, core_mark(global), err), err);
  return rc;
}

static void an_old_form_is_materialized_as_what_it_becomes_in_the_end(void **unused) {
  (void)unused;
  ls_schema *schema = core_schema(TODO_SCHEMA);
  ls_state *state = core_state(schema);
  ls_error err;
  assert_ok(apply(state, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"Buy milk\"}", &err), &err);
  assert_ok(apply(state, "v2.TodoCreated", "{\"id\":\"b\",\"priority\":2,\"text\":\"Mow\"}", &err), &err);
  assert_ok(apply(state, "v3.TodoCreated", "{\"id\":\"c\",\"priority\":3,\"title\":\"Cook\"}", &err), &err);
  assert_string_equal(core_value(state, "SELECT group_concat(id || ' ' || title || ' ' || priority, ', ') FROM todos"),
                      "a Buy milk 0, b Mow 2, c Cook 3");
  ls_state_free(state);
  ls_schema_free(schema);
}

static void expressions_give_the_new_arguments(void **unused) {
  (void)unused;
  static const struct {
    const char *expression, *args, *wanted;
  } cases[] = {
      {":_args", "{\"a\":1}", "{\"a\":1}"},
      {":_args -- as it is", "{\"a\":1}", "{\"a\":1}"},
      {"json_object('b', 1, 'a', 2)", "{}", "{\"a\":2,\"b\":1}"},
      {"json_object('x', :a)", "{\"a\":\"text\",\"b\":2}", "{\"x\":\"text\"}"},
      {"json_object('x', :a, 'y', :b)", "{\"a\":\"q\\\"\\n\",\"b\":\"\\\\\"}", "{\"x\":\"q\\\"\\n\",\"y\":\"\\\\\"}"},
      {"json_object('x', :a)", "{\"b\":2}", "{\"x\":null}"},
      {"json_object('x', :a)", "{\"a\":null}", "{\"x\":null}"},
      {"json_object('x', :a)", "{\"a\":2.5}", "{\"x\":2.5}"},
      {"json_object('x', :a)", "{\"a\":true}", "{\"x\":1}"},
      {"json_object('x', :_args -> '$.a')", "{\"a\":true}", "{\"x\":true}"},
      {"json_object('x', json(:a))", "{\"a\":[1,{\"b\":2}]}", "{\"x\":[1,{\"b\":2}]}"},
      {"json_object('x', iif(:a IS NULL, 'none', :a))", "{}", "{\"x\":\"none\"}"},
      {"json_object('c', :_client, 's', :_session, 'g', :_global)", "{}", "{\"c\":\"c\",\"g\":1,\"s\":\"s\"}"},
      {"json_object('x', (SELECT json_group_array(value * 2) FROM json_each(:a)))", "{\"a\":[1,2]}", "{\"x\":[2,4]}"},
      {"json_object('x', upper(:b) || lower(:a))", "{\"a\":\"A\",\"b\":\"b\"}", "{\"x\":\"Ba\"}"},
      {"json_object('day', date(:at))", "{\"at\":\"2026-07-17T10:15:30Z\"}", "{\"day\":\"2026-07-17\"}"},
      {"(SELECT json_object('x', a) FROM (SELECT :a AS a))", "{\"a\":1}", "{\"x\":1}"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_schema *schema = noting_schema(cases[i].expression);
    ls_state *state = core_state(schema);
    ls_error err;
    assert_ok(apply(state, "old", cases[i].args, &err), &err);
    assert_string_equal(core_value(state, "SELECT args FROM seen"), cases[i].wanted);
    ls_state_free(state);
    ls_schema_free(schema);
  }
}

static void without_an_expression_the_arguments_stay(void **unused) {
  (void)unused;
  ls_schema *schema =
      core_schema("{\"livestore\":1,\"tables\":[\"CREATE TABLE seen (n INTEGER PRIMARY KEY, args TEXT)\"],"
                  "\"events\":{\"new\":{\"args\":{\"type\":\"object\"},\"sql\":\"INSERT INTO seen VALUES"
                  " (:_global, :_args)\"},\"old\":{\"becomes\":\"new\"}}}");
  ls_state *state = core_state(schema);
  ls_error err;
  assert_ok(apply(state, "old", "{\"a\":[true]}", &err), &err);
  assert_string_equal(core_value(state, "SELECT args FROM seen"), "{\"a\":[true]}");
  ls_state_free(state);
  ls_schema_free(schema);
}

static void what_gives_no_object_fails(void **unused) {
  (void)unused;
  static const struct {
    const char *expression, *args;
    int code;
    const char *says;
  } cases[] = {
      {"NULL", "{}", LS_EARGS,
       "event \"old\" → \"new\": the arguments of \"new\": a JSON object is expected, the expression gives NULL"},
      {"1", "{}", LS_EARGS, "gives an integer"},
      {"1.5", "{}", LS_EARGS, "gives a real number"},
      {"x'7b7d'", "{}", LS_EARGS, "gives a blob"},
      {"'[1]'", "{}", LS_EARGS, "gives a JSON array"},
      {"'no JSON'", "{}", LS_EMATERIALIZE, "JSON, line 1, column 1"},
      {"'{\"a\":1,\"a\":2}'", "{}", LS_EMATERIALIZE, "$.a"},
      {"json(:a)", "{\"a\":\"{\"}", LS_EMATERIALIZE, "malformed JSON"},
      {"json_object('d', date(:a))", "{\"a\":\"now\"}", LS_EMATERIALIZE, "present time"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_schema *schema = noting_schema(cases[i].expression);
    ls_state *state = core_state(schema);
    ls_error err;
    assert_code(apply(state, "old", cases[i].args, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_string_equal(core_value(state, "SELECT count(*) FROM seen"), "0");
    assert_ok(apply(state, "new", "{}", &err), &err);
    ls_state_free(state);
    ls_schema_free(schema);
  }
}

static void what_does_not_fit_fails_and_names_the_chain(void **unused) {
  (void)unused;
  ls_schema *schema = core_schema(TODO_SCHEMA);
  ls_state *state = core_state(schema);
  ls_error err;
  assert_code(apply(state, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"x\"}", &err), LS_EARGS, &err);
  assert_says(&err, "event \"v1.TodoCreated\" → \"v2.TodoCreated\" → \"v3.TodoCreated\": $.title: ");
  assert_code(apply(state, "v2.TodoCreated", "{\"id\":\"a\",\"text\":\"xy\"}", &err), LS_EARGS, &err);
  assert_says(&err, "event \"v2.TodoCreated\" → \"v3.TodoCreated\": $");
  ls_event event = core_event(1, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"x\"}");
  assert_ok(ls_state_begin(state, &err), &err);
  assert_ok(ls_state_apply_or_fail(state, &event, &err), &err);
  assert_ok(ls_state_commit(state, core_mark(1), &err), &err);
  assert_non_null(
      strstr(core_value(state, "SELECT error FROM __livestore_failed WHERE name = 'v1.TodoCreated'"), " → "));
  ls_state_free(state);
  ls_schema_free(schema);
}

#define NEW "\"new\":{\"args\":{\"type\":\"object\"}}"
#define OLD(expression) "\"old\":{\"becomes\":\"new\",\"args\":\"" expression "\"}," NEW

static void what_is_wrong_with_an_upcast_is_said_when_the_schema_is_opened(void **unused) {
  (void)unused;
  static const struct {
    const char *events, *says;
  } cases[] = {
      {"\"a\":{\"becomes\":\"b\"}", "$.events.a.becomes: \"a\" → \"b\": the schema has no event \"b\""},
      {"\"a\":{\"becomes\":\"b\"},\"b\":{\"becomes\":\"c\"}", "\"a\" → \"b\" → \"c\": the schema has no event \"c\""},
      {"\"a\":{\"becomes\":\"a\"}", "$.events.a.becomes: \"a\" → \"a\": this goes round in a circle"},
      {"\"a\":{\"becomes\":\"b\"},\"b\":{\"becomes\":\"a\"}", "\"a\" → \"b\" → \"a\": this goes round"},
      {"\"a\":{\"becomes\":\"b\"},\"b\":{\"becomes\":\"c\"},\"c\":{\"becomes\":\"b\"}",
       "\"a\" → \"b\" → \"c\" → \"b\": this goes"},
      {"\"old\":{\"becomes\":\"new\",\"clientOnly\":true}," NEW, "$.events.old.clientOnly: expected false, or nothing"},
      {"\"old\":{\"becomes\":\"new\",\"clientOnly\":false},\"new\":{\"clientOnly\":true}", "expected true, or nothing"},
      {"\"old\":{\"becomes\":\"new\",\"sql\":\"DELETE FROM t\"}," NEW, "known: becomes, args, clientOnly"},
      {"\"old\":{\"becomes\":\"new\",\"args\":{\"type\":\"object\"}}," NEW,
       "$.events.old.args: expected an SQL expression"},
      {"\"old\":{\"becomes\":1}," NEW, "$.events.old.becomes: expected a name"},
      {"\"a\":{\"args\":\"json('{}')\"}", "$.events.a.args: an expression gives the arguments of another event"},
      {OLD("(SELECT v FROM t)"),
       "event \"old\", the args of what it becomes: an upcast makes the new arguments of the old "
       "ones alone, but this expression reads table t"},
      {OLD("json_object('a', EXISTS (SELECT 1 FROM t))"), "reads table t"},
      {OLD("json_object('a', (SELECT count(*) FROM t))"), "reads table t"},
      {OLD("json_object('a', :a IN t)"), "reads table t"},
      {OLD("(WITH x AS (SELECT v FROM t) SELECT v FROM x)"), "reads table t"},
      {OLD("(SELECT sql FROM sqlite_schema)"), "reads table sqlite_master"},
      {OLD("(SELECT name FROM pragma_table_list)"), "reads table pragma_table_list"},
      {OLD("json_object('a', random())"), "line 1 column 18: random()"},
      {OLD("json_object('a', date('now'))"), "line 1 column 18: date()"},
      {OLD("json_object('a', CURRENT_TIMESTAMP)"), "CURRENT_TIMESTAMP"},
      {OLD("json_object('a', changes())"), "changes()"},
      {OLD("json_object('a', no_such(1))"), "no such function: no_such"},
      {OLD("json_object('a', b)"), "line 1 column 18: no such column: b"},
      {OLD("json_object('a',\\n ?1)"), "line 2 column 2: parameters are written :name"},
      {OLD("json_object('a', $b)"), "parameters are written :name"},
      {OLD(""), "syntax error"},
      {OLD("1 +"), "line 1 column 4: near \")\": syntax error"},
      {OLD("1), (2"), "line 1 column 2: this ) closes nothing"},
      {OLD("(1"), "a ( is not closed"},
      {OLD("1; DROP TABLE t"), "line 1 column 2: an expression has no ;"},
      {OLD("1 /* never ends"), "the args of what it becomes"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char json[1000];
    ls_error err;
    snprintf(json, sizeof json,
             "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)\"],\"events\":{%s}}",
             cases[i].events);
    int rc = ls_schema_check(&(ls_schema_source){.json = json}, &err);
    if (rc != LS_ESCHEMA) print_error("%s\n", json);
    assert_code(rc, LS_ESCHEMA, &err);
    assert_says(&err, cases[i].says);
  }
}

static void no_table_takes_the_name_of_a_function_that_gives_rows(void **unused) {
  (void)unused;
  ls_error err;
  ls_schema_source source = {.json =
                                 "{\"livestore\":1,\"tables\":[\"CREATE TABLE JSON_each (id INTEGER PRIMARY KEY)\"]}"};
  assert_code(ls_schema_check(&source, &err), LS_ESCHEMA, &err);
  assert_says(&err, "creates JSON_each");
}

static void an_old_form_leaves_the_client_as_what_it_becomes_does(void **unused) {
  (void)unused;
  ls_schema *schema = core_schema(
      "{\"livestore\":1,\"events\":{\"a\":{\"becomes\":\"b\"},\"b\":{\"becomes\":\"c\",\"clientOnly\":"
      "true},\"c\":{\"clientOnly\":true},\"d\":{\"becomes\":\"uSet\"}},\"documents\":{\"u\":{\"value\":true,"
      "\"default\":1}}}");
  assert_true(ls_schema_event(schema, "a")->client_only);
  assert_true(ls_schema_event(schema, "d")->client_only);
  assert_string_equal(ls_schema_final(ls_schema_event(schema, "a"))->name, "c");
  assert_string_equal(ls_schema_final(ls_schema_event(schema, "c"))->name, "c");
  ls_schema_free(schema);
}

static void the_hash_covers_what_old_forms_become(void **unused) {
  (void)unused;
  static const char *const variants[] = {
      NEW,
      "\"old\":{\"becomes\":\"new\"}," NEW,
      OLD(":_args"),
      OLD("json(:_args)"),
      "\"other\":{\"becomes\":\"new\"}," NEW,
      "\"new\":{\"becomes\":\"old\"},\"old\":{\"args\":{\"type\":\"object\"}}",
  };
  char hashes[COUNT(variants)][33];
  for (size_t i = 0; i < COUNT(variants); i++) {
    char json[400];
    snprintf(json, sizeof json, "{\"livestore\":1,\"events\":{%s}}", variants[i]);
    ls_schema *schema = core_schema(json);
    memcpy(hashes[i], schema->hash, sizeof hashes[i]);
    for (size_t j = 0; j < i; j++) assert_string_not_equal(hashes[i], hashes[j]);
    ls_schema_free(schema);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* In C */

static int note_event(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  snprintf(user, 200, "%s %s %lld %s", event->name, event->args, (long long)event->seq.global, event->client_id);
  assert_int_equal(strlen(event->args), event->args_size);
  (void)m;
  (void)err;
  return LS_OK;
}

static void a_function_is_given_the_event_as_it_has_become(void **unused) {
  (void)unused;
  char seen[200] = "";
  const ls_event_def events[] = {
      {.name = "old", .becomes = "new", .upcast = "json_object('n', :n + 1)"},
      {.name = "older", .becomes = "old"},
      {.name = "new",
       .args = "{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}}}",
       .fn = note_event,
       .version = 1,
       .user = seen},
  };
  ls_schema *schema = core_schema_of(&(ls_schema_def){.events = events, .n_events = COUNT(events)});
  ls_state *state = core_state(schema);
  ls_error err;
  assert_ok(apply(state, "older", "{\"n\":41}", &err), &err);
  assert_string_equal(seen, "new {\"n\":42} 1 c");
  ls_state_free(state);
  ls_schema_free(schema);
}

static void a_structure_that_mixes_old_and_new_is_refused(void **unused) {
  (void)unused;
  static const struct {
    ls_event_def event;
    const char *says;
  } cases[] = {
      {{.name = "old", .upcast = "'{}'"}, "event \"old\": there is an upcast"},
      {{.name = "old", .becomes = "new", .args = "{}"}, "event \"old\": an old form has no args"},
      {{.name = "old", .becomes = "new", .fn = note_event, .version = 1}, "known: becomes, args, clientOnly"},
      {{.name = "old", .becomes = "none"}, "the schema has no event \"none\""},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    const ls_event_def events[] = {cases[i].event, {.name = "new"}};
    ls_schema_def def = {.events = events, .n_events = COUNT(events)};
    ls_error err;
    assert_code(ls_schema_check(&(ls_schema_source){.def = &def}, &err), LS_ESCHEMA, &err);
    assert_says(&err, cases[i].says);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* In a store */

static const char FIRST_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT\"],\"events\":{"
    "\"v1.TodoCreated\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":"
    "{\"type\":\"string\"}}},\"sql\":\"INSERT INTO todos VALUES (:id, :text)\"}}}";

static ls_store *open_store(const char *path, const char *json) {
  ls_store *store = NULL;
  ls_error err;
  ls_options options = {.schema.json = json, .client_id = "client", .session_id = "session"};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

static void the_log_keeps_what_was_written(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, FIRST_SCHEMA);
  ls_error err;
  ls_events *events = NULL;
  const ls_event *event;
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"Buy milk\"}", &err), &err);
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = TODO_SCHEMA}, &err), &err);
  assert_string_equal(core_value(store->session->state, "SELECT title || priority FROM todos"), "Buy milk0");
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->name, "v1.TodoCreated");
  assert_string_equal(event->args, "{\"id\":\"a\",\"text\":\"Buy milk\"}");
  ls_close(store, NULL);
}

static void an_old_form_is_not_committed(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODO_SCHEMA);
  ls_error err;
  assert_code(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"Buy\"}", &err), LS_EEVENT, &err);
  assert_string_equal(err.text, "event \"v1.TodoCreated\" is an old form; commit \"v3.TodoCreated\"");
  assert_int_equal(err.item, 0);
  assert_ok(ls_commit(NULL, store, "v3.TodoCreated", "{\"id\":\"a\",\"priority\":1,\"title\":\"Buy\"}", &err), &err);
  ls_close(store, NULL);
}

typedef struct findings {
  int n;
  char text[LS_ERROR_TEXT];
} findings;

static void note_finding(void *user, const ls_finding *finding) {
  findings *f = user;
  f->n++;
  snprintf(f->text, sizeof f->text, "%s", finding->text);
}

static void a_check_sees_old_events_through_their_upcast(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = open_store(path, FIRST_SCHEMA);
  ls_error err;
  ls_check_report report;
  findings found = {0};
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"Buy milk\"}", &err), &err);
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = TODO_SCHEMA}, &err), &err);
  assert_ok(ls_close(store, &err), &err);
  assert_ok(ls_check(&report, path, NULL, note_finding, &found, &err), &err);
  assert_int_equal(found.n, 0);
  store = open_store(path, FIRST_SCHEMA);
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"b\",\"text\":\"x\"}", &err), &err);
  assert_ok(ls_close(store, &err), &err);
  assert_ok(ls_check(&report, path, &(ls_options){.schema.json = TODO_SCHEMA}, note_finding, &found, &err), &err);
  assert_in_range(found.n, 1, 2); /* the kept state is of another schema */
  found.n = 0;
  store = open_store(path, TODO_SCHEMA);
  assert_ok(ls_close(store, &err), &err);
  assert_ok(ls_check(&report, path, NULL, note_finding, &found, &err), &err);
  assert_int_equal(found.n, 1);
  assert_non_null(strstr(found.text, "e2 event \"v1.TodoCreated\" → \"v2.TodoCreated\" → \"v3.TodoCreated\": $.title"));
  free(path);
}

/* ---------------------------------------------------------------------------------------------- */

static int make_and_apply(bool look, ls_error *err) {
  ls_schema *schema = NULL;
  ls_state *state = NULL;
  ls_event event = core_event(1, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"quoted \\\"text\\\"\"}");
  int rc = ls_schema_new(&schema, &(ls_schema_source){.json = TODO_SCHEMA}, err);
  if (!rc) rc = ls_state_new(&state, schema, NULL, NULL, err);
  if (!rc) rc = ls_state_begin(state, err);
  if (!rc) rc = ls_state_apply_or_fail(state, &event, err);
  if (!rc) rc = ls_state_commit(state, core_mark(1), err);
  if (look) assert_string_equal(core_value(state, "SELECT title FROM todos"), "quoted \"text\"");
  ls_state_free(state);
  ls_schema_free(schema);
  return rc;
}

static void each_allocation_may_fail(void **unused) {
  (void)unused;
  ls_error err;
  assert_ok(make_and_apply(true, &err), &err);
  long blocks = fault_alloc_sqlite_blocks();
  for (long k = 1;; k++) {
    fault_alloc_arm(k, false);
    int rc = make_and_apply(false, &err);
    bool fired = fault_alloc_disarm();
    if (!fired) {
      assert_ok(rc, &err);
      break;
    }
    if (rc) assert_code(rc, LS_ENOMEM, &err);
    assert_int_equal(fault_alloc_sqlite_blocks(), blocks);
  }
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_old_form_is_materialized_as_what_it_becomes_in_the_end),
      cmocka_unit_test(expressions_give_the_new_arguments),
      cmocka_unit_test(without_an_expression_the_arguments_stay),
      cmocka_unit_test(what_gives_no_object_fails),
      cmocka_unit_test(what_does_not_fit_fails_and_names_the_chain),
      cmocka_unit_test(what_is_wrong_with_an_upcast_is_said_when_the_schema_is_opened),
      cmocka_unit_test(no_table_takes_the_name_of_a_function_that_gives_rows),
      cmocka_unit_test(an_old_form_leaves_the_client_as_what_it_becomes_does),
      cmocka_unit_test(the_hash_covers_what_old_forms_become),
      cmocka_unit_test(a_function_is_given_the_event_as_it_has_become),
      cmocka_unit_test(a_structure_that_mixes_old_and_new_is_refused),
      cmocka_unit_test(the_log_keeps_what_was_written),
      cmocka_unit_test(an_old_form_is_not_committed),
      cmocka_unit_test_setup_teardown(a_check_sees_old_events_through_their_upcast, tmp_setup, tmp_teardown),
      cmocka_unit_test(each_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
