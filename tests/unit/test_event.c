/* Which events are the same, what chains them, and how they look as JSON: EQ-01 to EQ-16. */
#include "base/event.h"

#include <stdio.h>

#include "base/event_json.h"
#include "support/cmocka_all.h"
#include "support/core.h"

static ls_bytes texts[2]; /* of two events at a time */

static int teardown(void **state) {
  (void)state;
  ls_bytes_fini(&texts[0]);
  ls_bytes_fini(&texts[1]);
  return 0;
}

static const char *canonical(ls_bytes *out, const char *args) {
  ls_json doc = {0};
  ls_error err;
  ls_bytes_clear(out);
  assert_ok(ls_json_parse(&doc, args, strlen(args), &err), &err);
  assert_ok(ls_json_canonical(out, &doc, 0, &err), &err);
  ls_json_fini(&doc);
  return ls_bytes_cstr(out);
}

static ls_event event_with(int i, const char *args) {
  ls_event event = core_event(5, "v1.TodoCreated", canonical(&texts[i], args));
  event.args_size = texts[i].size;
  return event;
}

/* EQ-02 to EQ-09 and EQ-13; absent and undefined are the same in JSON. */
static void arguments_are_equal_when_their_values_are(void **state) {
  (void)state;
  static const struct {
    const char *a, *b;
    bool equal;
  } cases[] = {
      {"{\"id\":\"1\",\"text\":\"x\"}", "{\"id\":\"1\",\"text\":\"x\"}", true},                             /* EQ-02 */
      {"{\"id\":\"1\",\"text\":\"x\"}", "{ \"text\" : \"x\", \"id\":\"1\" }", true},                        /* EQ-03 */
      {"{\"o\":{\"b\":1,\"a\":[{\"d\":2,\"c\":1}]}}", "{\"o\":{\"a\":[{\"c\":1,\"d\":2}],\"b\":1}}", true}, /* nested */
      {"{\"id\":\"1\"}", "{\"id\":\"2\"}", false},                                                          /* EQ-05 */
      {"{\"id\":\"1\"}", "{\"key\":\"1\"}", false},                                                         /* EQ-06 */
      {"{\"id\":\"1\"}", "{\"id\":\"1\",\"text\":\"x\"}", false},
      {"{\"a\":null}", "{\"a\":null}", true}, /* EQ-07 */
      {"{\"a\":null}", "{}", false},
      {"{\"a\":[1,2]}", "{\"a\":[1,2]}", true}, /* EQ-08 */
      {"{\"a\":[1,2]}", "{\"a\":[2,1]}", false},
      {"{}", "{ }", true},                        /* EQ-09 */
      {"{\"id\":\"1\"}", "{\"id\":\"1\"}", true}, /* EQ-13: undefined is not written */
      {"{\"a\":1}", "{\"a\":1.0}", true},
      {"{\"a\":1}", "{\"a\":\"1\"}", false},
      {"{\"a\":\"\\u00e4\"}", "{\"a\":\"\xc3\xa4\"}", true},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_event a = event_with(0, cases[i].a), b = event_with(1, cases[i].b);
    if (ls_event_equal(&a, &b) != cases[i].equal) fail_msg("%s, %s", cases[i].a, cases[i].b);
  }
}

/* EQ-10 */
static void place_name_and_author_count(void **state) {
  (void)state;
  ls_event a = event_with(0, "{}"), b = a;
  b.name = "v2.TodoCreated";
  assert_false(ls_event_equal(&a, &b));
  b = a, b.client_id = "other";
  assert_false(ls_event_equal(&a, &b));
  b = a, b.session_id = "other";
  assert_false(ls_event_equal(&a, &b));
  b = a, b.seq.global = 6;
  assert_false(ls_event_equal(&a, &b));
  b = a, b.seq.client = 1;
  assert_false(ls_event_equal(&a, &b));
}

/* EQ-16 */
static void parent_and_generation_do_not_count(void **state) {
  (void)state;
  ls_event a = event_with(0, "{}"), b = a;
  b.seq.generation = 4;
  b.parent = (ls_seqnum){1, 2, 3};
  assert_true(ls_event_equal(&a, &b));
}

static uint64_t sum_of(const ls_event *event, uint64_t before) {
  ls_bytes scratch = {0};
  uint64_t sum;
  assert_true(ls_event_sum(&sum, event, before, &scratch));
  ls_bytes_fini(&scratch);
  return sum;
}

static void the_digest_covers_all_of_the_event_and_what_precedes_it(void **state) {
  (void)state;
  ls_event a = event_with(0, "{\"a\":1}");
  uint64_t sum = sum_of(&a, 7);
  assert_true(sum == sum_of(&a, 7));
  assert_true(sum != sum_of(&a, 8));
  ls_event changed[8];
  for (int i = 0; i < 8; i++) changed[i] = a;
  changed[0].seq.global = 6;
  changed[1].seq.client = 1;
  changed[2].seq.generation = 1;
  changed[3].parent.global = 2;
  changed[4].name = "v1.TodoCreate";
  changed[5].client_id = "cs";
  changed[6].session_id = "";
  changed[7].args = "{\"a\":2}";
  for (int i = 0; i < 8; i++) assert_true(sum_of(&changed[i], 7) != sum);
  /* Where one text ends and the next begins counts too. */
  changed[0] = a, changed[0].client_id = "ab", changed[0].session_id = "c";
  changed[1] = a, changed[1].client_id = "a", changed[1].session_id = "bc";
  assert_true(sum_of(&changed[0], 7) != sum_of(&changed[1], 7));
}

/* ---------------------------------------------------------------------------------------------- */

static const char *written(const ls_event *event, ls_event_shape shape) {
  ls_bytes_clear(&texts[1]);
  ls_event_json_write(&texts[1], event, shape);
  return ls_bytes_cstr(&texts[1]);
}

/* EQ-01 */
static void the_global_shape_has_plain_numbers(void **state) {
  (void)state;
  ls_event event = core_event(5, "v1.TodoCreated", "{\"id\":\"1\"}");
  event.seq.generation = event.parent.generation = 3;
  assert_string_equal(written(&event, LS_EVENT_GLOBAL),
                      "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"1\"},\"seqNum\":5,\"parentSeqNum\":4,"
                      "\"clientId\":\"c\",\"sessionId\":\"s\"}");
}

static void the_client_shape_has_whole_numbers(void **state) {
  (void)state;
  ls_event event = core_event(5, "a \"name\"", "{}");
  event.seq = (ls_seqnum){5, 2, 3};
  event.parent = (ls_seqnum){5, 1, 1};
  assert_string_equal(written(&event, LS_EVENT_CLIENT),
                      "{\"name\":\"a \\\"name\\\"\",\"args\":{},"
                      "\"seqNum\":{\"global\":5,\"client\":2,\"rebaseGeneration\":3},"
                      "\"parentSeqNum\":{\"global\":5,\"client\":1,\"rebaseGeneration\":1},"
                      "\"clientId\":\"c\",\"sessionId\":\"s\"}");
}

static int read_event(ls_event *out, const char *json, ls_event_shape shape, ls_error *err) {
  ls_json doc = {0};
  assert_ok(ls_json_parse(&doc, json, strlen(json), err), err);
  int rc = ls_event_json_read(out, &texts[0], &doc, 0, shape, err);
  ls_json_fini(&doc);
  return rc;
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  ls_event event = core_event(5, "n\xc3\xa4me", "{\"a\":[1,\"\\u0001\"]}"), back;
  event.seq = (ls_seqnum){5, 2, 3};
  event.parent = (ls_seqnum){5, 1, 1};
  ls_error err;
  assert_ok(read_event(&back, written(&event, LS_EVENT_CLIENT), LS_EVENT_CLIENT, &err), &err);
  assert_true(ls_event_equal(&event, &back));
  assert_int_equal(ls_seqnum_compare(event.seq, back.seq), 0);
  assert_int_equal(ls_seqnum_compare(event.parent, back.parent), 0);
}

static void what_may_be_missing_has_a_default(void **state) {
  (void)state;
  ls_event event;
  ls_error err;
  assert_ok(
      read_event(&event,
                 "{\"meta\":{},\"sessionId\":\"s\",\"clientId\":\"c\",\"parentSeqNum\":{\"global\":0,\"client\":0},"
                 "\"seqNum\":{\"client\":0,\"global\":1},\"name\":\"n\"}",
                 LS_EVENT_CLIENT, &err),
      &err);
  assert_string_equal(event.args, "{}");
  assert_int_equal(event.args_size, 2);
  assert_int_equal(event.seq.generation, 0);
  assert_ok(read_event(&event,
                       "{\"sessionId\":\"s\",\"clientId\":\"c\",\"parentSeqNum\":0,\"seqNum\":1,\"name\":\"n\","
                       "\"args\":null}",
                       LS_EVENT_GLOBAL, &err),
            &err);
  assert_string_equal(event.args, "{}");
}

#define REST ",\"clientId\":\"c\",\"sessionId\":\"s\"}"

static void what_is_wrong_is_named(void **state) {
  (void)state;
  static const struct {
    const char *json, *says;
    int code;
  } cases[] = {
      {"[]", "an event must be an object, found array", LS_EFORMAT},
      {"{\"seqNum\":1,\"parentSeqNum\":0" REST, "\"name\" is missing", LS_EFORMAT},
      {"{\"name\":1,\"seqNum\":1,\"parentSeqNum\":0" REST, "\"name\" must be a string, found number", LS_EFORMAT},
      {"{\"name\":\"\",\"seqNum\":1,\"parentSeqNum\":0" REST, "\"name\" must be a text of at least one", LS_EFORMAT},
      {"{\"name\":\"a\\u0000b\",\"seqNum\":1,\"parentSeqNum\":0" REST, "none of them NUL", LS_EFORMAT},
      {"{\"name\":\"n\",\"parentSeqNum\":0" REST, "\"seqNum\" is missing", LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":\"e1\",\"parentSeqNum\":0" REST, "\"seqNum\" must be a whole number, found",
       LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":1.5,\"parentSeqNum\":0" REST, "\"seqNum\" must be a whole number of 0 or more",
       LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":-1,\"parentSeqNum\":0" REST, "\"seqNum\" must be a whole number of 0 or more",
       LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":1" REST, "\"parentSeqNum\" is missing", LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":1,\"parentSeqNum\":0,\"sessionId\":\"s\"}", "\"clientId\" is missing", LS_EFORMAT},
      {"{\"name\":\"n\",\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\"}", "\"sessionId\" is missing", LS_EFORMAT},
      {"{\"name\":\"n\",\"args\":[1],\"seqNum\":1,\"parentSeqNum\":0" REST, "\"args\" must be an object, found array",
       LS_EFORMAT},
      {"{\"name\":\"n\",\"args\":{\"a\":1,\"a\":2},\"seqNum\":1,\"parentSeqNum\":0" REST, "\"args\"", LS_EJSON},
      {"{\"name\":\"n\",\"args\":{\"a\":1e999},\"seqNum\":1,\"parentSeqNum\":0" REST, "\"args\"", LS_ELIMIT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_event event;
    ls_error err;
    assert_code(read_event(&event, cases[i].json, LS_EVENT_GLOBAL, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
  }
}

static void wrong_whole_numbers_are_named(void **state) {
  (void)state;
  static const char *const cases[][2] = {
      {"1", "\"seqNum\" must be an object with \"global\" and \"client\", found number"},
      {"{\"client\":0}", "\"seqNum\": \"global\" is missing"},
      {"{\"global\":1}", "\"seqNum\": \"client\" is missing"},
      {"{\"global\":1,\"client\":0,\"rebaseGeneration\":\"x\"}",
       "\"seqNum\": \"rebaseGeneration\" must be a whole number"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char json[300];
    snprintf(json, sizeof json, "{\"name\":\"n\",\"seqNum\":%s,\"parentSeqNum\":0" REST, cases[i][0]);
    ls_event event;
    ls_error err;
    assert_code(read_event(&event, json, LS_EVENT_CLIENT, &err), LS_EFORMAT, &err);
    assert_says(&err, cases[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(arguments_are_equal_when_their_values_are),
      cmocka_unit_test(place_name_and_author_count),
      cmocka_unit_test(parent_and_generation_do_not_count),
      cmocka_unit_test(the_digest_covers_all_of_the_event_and_what_precedes_it),
      cmocka_unit_test(the_global_shape_has_plain_numbers),
      cmocka_unit_test(the_client_shape_has_whole_numbers),
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(what_may_be_missing_has_a_default),
      cmocka_unit_test(what_is_wrong_is_named),
      cmocka_unit_test(wrong_whole_numbers_are_named),
  };
  return cmocka_run_group_tests(tests, NULL, teardown);
}
