/* Client documents. Where the cases speak of SQL text, what is seen here is what it does. Where they say that the first
 * reading of a document writes its default, reading here writes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char SCHEMA[] =
    "{\"livestore\":1,\"documents\":{"
    "\"ui\":{\"value\":{\"type\":\"object\",\"properties\":{\"draft\":{\"type\":\"string\"},\"filter\":{\"enum\":["
    "\"all\",\"open\"]},"
    "\"size\":{\"type\":\"object\",\"properties\":{\"w\":{\"type\":\"number\"},\"h\":{\"type\":\"number\"}}},\"note\":{"
    "\"type\":[\"string\",\"null\"]}}},"
    "\"default\":{\"draft\":\"\",\"filter\":\"all\",\"size\":{\"w\":1,\"h\":2}}},"
    "\"named\":{\"value\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"number\"}}"
    "},\"default\":{\"a\":1,\"b\":2},\"id\":\"one\"},"
    "\"whole\":{\"value\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"number\"},\"b\":{\"type\":\"number\"}}"
    ",\"required\":[\"a\"]},\"default\":{\"a\":1},\"replace\":true},"
    "\"text\":{\"value\":{\"type\":\"string\"},\"default\":\"empty\"},"
    "\"list\":{\"value\":{\"type\":\"array\",\"items\":{\"type\":\"integer\"}},\"default\":[]},"
    "\"any\":{\"value\":true,\"default\":null},"
    "\"odd \\\"name\\\"\":{\"value\":true,\"default\":7}}}";

static ls_store *open_store(const char *session_id) {
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &(ls_options){.schema.json = SCHEMA, .session_id = session_id}, &err), &err);
  return store;
}

static int setup(void **state) {
  *state = open_store("session");
  return 0;
}

static int teardown(void **state) { return ls_close(*state, NULL); }

static const char *get(ls_store *store, const char *name, const char *id) {
  const char *value = NULL;
  ls_error err;
  assert_ok(ls_document_get(&value, store, name, id, &err), &err);
  return value;
}

static int set(ls_store *store, const char *name, const char *id, const char *value, ls_error *err) {
  return ls_document_set(NULL, store, name, id, value, err);
}

static int64_t number_of(ls_store *store, const char *sql) {
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  int64_t number = ls_query_int(query, 0);
  ls_query_close(query);
  return number;
}

static void reading_gives_the_default_and_writes_nothing(void **state) {
  ls_store *store = *state;
  static const struct {
    const char *name, *wanted;
  } cases[] = {{"ui", "{\"draft\":\"\",\"filter\":\"all\",\"size\":{\"h\":2,\"w\":1}}"},
               {"text", "\"empty\""},
               {"list", "[]"},
               {"any", "null"},
               {"odd \"name\"", "7"}};
  for (size_t i = 0; i < COUNT(cases); i++) assert_string_equal(get(store, cases[i].name, NULL), cases[i].wanted);
  ls_status status;
  ls_error err;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.events, 0);
  assert_int_equal(number_of(store, "SELECT count(*) FROM ui"), 0);
}

/* CD-01: the event, with the id given or the default one. */
static void setting_commits_an_event_of_this_client(void **state) {
  ls_store *store = *state;
  ls_receipt receipt;
  ls_events *events = NULL;
  const ls_event *event;
  ls_error err;
  static const struct {
    const char *name, *id, *args;
  } cases[] = {{"text", "x", "{\"id\":\"x\",\"value\":\"v\"}"},
               {"text", NULL, "{\"id\":\"session\",\"value\":\"v\"}"},
               {"any", "it's \"odd\" \xc3\xbc", "{\"id\":\"it's \\\"odd\\\" \xc3\xbc\",\"value\":\"v\"}"}};
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_ok(ls_document_set(&receipt, store, cases[i].name, cases[i].id, "\"v\"", &err), &err);
    assert_int_equal(receipt.last.global, 0);
    assert_int_equal(receipt.last.client, i + 1);
    assert_int_equal(ls_events_next(&event, events, &err), 1);
    assert_string_equal(event->args, cases[i].args);
    assert_string_equal(get(store, cases[i].name, cases[i].id), "\"v\"");
  }
  assert_string_equal(event->name, "anySet");
  ls_events_close(events);
}

/* CD-02, CD-04, CD-10, CD-11: replaced whole. CD-03, CD-06, CD-07, CD-14: merged, key by key. */
static void sets_replace_or_merge(void **state) {
  ls_store *store = *state;
  static const struct {
    const char *name, *first, *second, *wanted;
  } cases[] = {
      {"text", "\"a\"", "\"b\"", "\"b\""},
      {"list", "[1,2,3]", "[4]", "[4]"},
      {"any", "{\"a\":1}", "{\"b\":2}", "{\"b\":2}"},
      {"any", "[1]", "\"x\"", "\"x\""},
      {"any", "1", "null", "null"},
      {"whole", "{\"a\":1,\"b\":2}", "{\"a\":5}", "{\"a\":5}"},
      {"named", "{\"a\":5}", "{\"b\":6}", "{\"a\":5,\"b\":6}"},
      {"named", "{\"b\":6}", "{}", "{\"a\":1,\"b\":6}"},
      {"named", "{}", "{}", "{\"a\":1,\"b\":2}"},
      {"ui", "{\"size\":{\"w\":9,\"h\":9}}", "{\"size\":{\"w\":3}}",
       "{\"draft\":\"\",\"filter\":\"all\",\"size\":{\"w\":3}}"}, /* not merged below */
      {"ui", "{\"note\":\"x\"}", "{\"note\":null}",
       "{\"draft\":\"\",\"filter\":\"all\",\"note\":null,\"size\":{\"h\":2,\"w\":1}}"}, /* null is a value */
      {"ui", "{\"note\":\"kept\"}", "{\"draft\":\"d\"}",
       "{\"draft\":\"d\",\"filter\":\"all\",\"note\":\"kept\",\"size\":{\"h\":2,\"w\":1}}"}, /* CD-15 */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char id[20];
    ls_error err;
    snprintf(id, sizeof id, "case %zu", i);
    assert_ok(set(store, cases[i].name, id, cases[i].first, &err), &err);
    assert_ok(set(store, cases[i].name, id, cases[i].second, &err), &err);
    assert_string_equal(get(store, cases[i].name, id), cases[i].wanted);
  }
}

static void a_value_that_does_not_fit_is_refused(void **state) {
  static const struct {
    const char *name, *value;
    int code;
  } cases[] = {
      {"text", "1", LS_EARGS},
      {"list", "[1,\"x\"]", LS_EARGS},
      {"ui", "{\"draft\":1}", LS_EARGS},
      {"ui", "{\"filter\":\"none\"}", LS_EARGS},
      {"ui", "{\"unknown\":1}", LS_EARGS},
      {"ui", "[]", LS_EARGS},
      {"ui", "null", LS_EARGS},
      {"whole", "{\"b\":1}", LS_EARGS},
      {"text", "\"open", LS_EJSON},
      {"text", "", LS_EJSON},
      {"text", "\"a\",\"more\":1", LS_EARGS},
      {"text", "\"a\",\"id\":\"other\"", LS_EJSON},
      {"text", "\"a\"}{", LS_EJSON},
      {"none", "1", LS_ENOTFOUND},
  };
  ls_error err;
  for (size_t i = 0; i < COUNT(cases); i++)
    assert_code(set(*state, cases[i].name, NULL, cases[i].value, &err), cases[i].code, &err);
  const char *value = "untouched";
  assert_code(ls_document_get(&value, *state, "none", NULL, &err), LS_ENOTFOUND, &err);
  assert_says(&err, "none");
  assert_string_equal(value, "untouched");
  assert_string_equal(get(*state, "text", NULL), "\"empty\"");
}

/* EVD-12, CD-20 */
static void the_default_id_is_the_session_s_unless_the_schema_gives_one(void **state) {
  ls_store *store = *state;
  ls_error err;
  assert_ok(set(store, "ui", NULL, "{\"draft\":\"mine\"}", &err), &err);
  assert_int_equal(number_of(store, "SELECT id = 'session' FROM ui"), 1);
  assert_string_equal(get(store, "ui", "session"), get(store, "ui", NULL));
  assert_ok(set(store, "named", NULL, "{\"a\":3}", &err), &err);
  assert_int_equal(number_of(store, "SELECT id = 'one' FROM named"), 1);
  assert_string_equal(get(store, "named", "one"), "{\"a\":3,\"b\":2}");
  assert_string_equal(get(store, "named", "two"), "{\"a\":1,\"b\":2}");
}

/* CD-12, CD-17, CD-18: what is stored meets a schema that it was not written for. The state is made anew from the same
 * events. */
static void what_no_longer_fits_is_shown_as_the_default(void **state) {
  ls_store *store = *state;
  static const struct {
    const char *schema, *wanted;
  } cases[] = {
      /* wrong type, missing, extra */
      {"{\"value\":{\"type\":\"object\",\"properties\":{\"draft\":{\"type\":\"number\"},\"filter\":{\"type\":"
       "\"string\"},\"new\":{\"type\":\"boolean\"}}},"
       "\"default\":{\"draft\":0,\"filter\":\"all\",\"new\":true}}",
       "{\"draft\":0,\"filter\":\"open\",\"new\":true}"},
      {"{\"value\":{\"type\":\"object\",\"properties\":{\"draft\":{\"type\":\"string\"}}},\"default\":{\"draft\":\"d\"}"
       "}",
       "{\"draft\":\"text\"}"},
      {"{\"value\":{\"type\":\"object\",\"properties\":{\"new\":{\"type\":\"string\"}}},\"default\":{\"new\":\"n\"}}",
       "{\"new\":\"n\"}"},
      {"{\"value\":{\"type\":\"string\"},\"default\":\"now a text\"}", "\"now a text\""},
      {"{\"value\":{\"type\":\"array\"},\"default\":[1]}", "[1]"},
      {"{\"value\":true,\"default\":null}", "{\"draft\":\"text\",\"filter\":\"open\"}"},
      {"{\"value\":{\"type\":\"object\",\"properties\":{\"draft\":{\"type\":\"number\"}}},\"default\":{\"draft\":5},"
       "\"replace\":true}",
       "{\"draft\":5}"},
  };
  ls_error err;
  assert_ok(set(store, "any", NULL, "{\"draft\":\"text\",\"filter\":\"open\"}", &err), &err);
  for (size_t i = 0; i < COUNT(cases); i++) {
    char json[600];
    snprintf(json, sizeof json, "{\"livestore\":1,\"documents\":{\"any\":%s}}", cases[i].schema);
    assert_ok(ls_schema_set(store, &(ls_schema_source){.json = json}, &err), &err);
    assert_string_equal(get(store, "any", NULL), cases[i].wanted);
    assert_string_equal(get(store, "any", NULL), cases[i].wanted);
  }
  /* CD-14: what was not a set of keys gives way to one that is. */
  static const char object[] = "{\"livestore\":1,\"documents\":{\"any\":{\"value\":{\"type\":\"object\",\"properties\":"
                               "{\"a\":{\"type\":\"number\"}}},\"default\":{\"a\":1}}}}";
  static const char text[] =
      "{\"livestore\":1,\"documents\":{\"any\":{\"value\":{\"type\":\"string\"},\"default\":\"\"}}}";
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = text}, &err), &err);
  assert_ok(set(store, "any", NULL, "\"a text\"", &err), &err);
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = object}, &err), &err);
  assert_string_equal(get(store, "any", NULL), "{\"a\":1}");
  assert_ok(set(store, "any", NULL, "{\"a\":4}", &err), &err);
  assert_string_equal(get(store, "any", NULL), "{\"a\":4}");
}

static void a_document_is_a_table_to_read(void **state) {
  ls_store *store = *state;
  ls_error err;
  assert_ok(set(store, "ui", "x", "{\"draft\":\"hello\"}", &err), &err);
  assert_int_equal(number_of(store, "SELECT value ->> '$.draft' = 'hello' FROM ui WHERE id = 'x'"), 1);
  assert_int_equal(number_of(store, "SELECT count(*) FROM \"odd \"\"name\"\"\""), 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_STORE(reading_gives_the_default_and_writes_nothing),
      WITH_STORE(setting_commits_an_event_of_this_client),
      WITH_STORE(sets_replace_or_merge),
      WITH_STORE(a_value_that_does_not_fit_is_refused),
      WITH_STORE(the_default_id_is_the_session_s_unless_the_schema_gives_one),
      WITH_STORE(what_no_longer_fits_is_shown_as_the_default),
      WITH_STORE(a_document_is_a_table_to_read),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
