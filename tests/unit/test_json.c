/* Reading, canonical text, numbers, paths and writing; and each of them with memory that runs out. */
#include <float.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "support/cmocka_all.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

static int left; /* allocations that still succeed */

static int fail_after(void) { return left-- <= 0; }

static void parse(ls_json *doc, const char *text) {
  ls_error err;
  if (ls_json_parse(doc, text, strlen(text), &err)) fail_msg("%s: %s", text, err.text);
}

static void nodes_are_in_document_order(void **state) {
  (void)state;
  static const ls_json_node EXPECTED[] = {
      {LS_JSON_OBJECT, false, 1, 37, 10, 3}, {LS_JSON_STRING, false, 3, 1, 2, 0}, {LS_JSON_ARRAY, false, 8, 11, 6, 3},
      {LS_JSON_NUMBER, false, 9, 1, 4, 0},   {LS_JSON_TRUE, false, 11, 4, 5, 0},  {LS_JSON_ARRAY, false, 16, 2, 6, 0},
      {LS_JSON_STRING, true, 22, 2, 7, 0},   {LS_JSON_NULL, false, 26, 4, 8, 0},  {LS_JSON_STRING, false, 32, 1, 9, 0},
      {LS_JSON_OBJECT, false, 35, 2, 10, 0},
  };
  ls_json doc = {0};
  parse(&doc, " {\"a\":  [1,true,[]] ,\"\\n\":null,\"c\":{}} ");
  assert_int_equal(doc.n, COUNT(EXPECTED));
  for (size_t i = 0; i < doc.n; i++) {
    const ls_json_node *a = &doc.nodes[i], *b = &EXPECTED[i];
    bool same = a->type == b->type && a->escaped == b->escaped && a->start == b->start && a->size == b->size &&
                a->next == b->next && a->count == b->count;
    if (!same) fail_msg("node %zu: type %d at %u, %u bytes, next %u", i, a->type, a->start, a->size, a->next);
  }
  ls_json_fini(&doc);
}

typedef struct text_case {
  const char *text, *expected;
} text_case;

static void errors_name_the_place_and_what_was_expected(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"", "JSON, line 1, column 1: expected a value, found the end of the text"},
      {"{\"a\":1,}", "JSON, line 1, column 8: expected a key in quotes, found '}'"},
      {"{\n \"é\": x}", "JSON, line 2, column 7: expected a value, found 'x'"},
      {"[1 2]", "JSON, line 1, column 4: expected ',' or ']', found '2'"},
      {"{\"a\" 1}", "JSON, line 1, column 6: expected ':', found '1'"},
      {"1 é", "JSON, line 1, column 3: expected the end of the text, found 'é'"},
      {"01", "JSON, line 1, column 2: expected the end of the text, found '1'"},
      {"-", "JSON, line 1, column 2: expected a digit, found the end of the text"},
      {"\"\x01\"", "JSON, line 1, column 2: expected an escape such as \\n for a control character, found byte 0x01"},
      {"\"\xff\"", "JSON, line 1, column 2: expected well-formed UTF-8, found byte 0xff"},
      {"\"abc", "JSON, line 1, column 5: expected the quote that ends the string, found the end of the text"},
  };
  for (size_t i = 0; i < COUNT(CASES); i++) {
    ls_json doc = {0};
    ls_error err;
    assert_int_equal(ls_json_parse(&doc, CASES[i].text, strlen(CASES[i].text), &err), LS_EJSON);
    assert_string_equal(err.text, CASES[i].expected);
    assert_int_equal(doc.n, 0);
    ls_json_fini(&doc);
  }
}

static void nothing_behind_the_given_size_is_read(void **state) {
  (void)state;
  ls_json doc = {0};
  assert_int_equal(ls_json_parse(&doc, "123", 2, NULL), LS_OK);
  assert_int_equal(doc.nodes[0].size, 2);
  assert_int_equal(ls_json_parse(&doc, "\"\\u00410\"", 6, NULL), LS_EJSON);
  assert_int_equal(ls_json_parse(&doc, "true", 3, NULL), LS_EJSON);
  ls_json_fini(&doc);
}

static int parse_nested(size_t depth, ls_error *err) {
  char text[2 * LS_JSON_MAX_DEPTH + 2];
  memset(text, '[', depth);
  memset(text + depth, ']', depth);
  ls_json doc = {0};
  ls_bytes out = {0};
  int rc = ls_json_parse(&doc, text, 2 * depth, err);
  if (rc == LS_OK) {
    assert_int_equal(ls_json_canonical(&out, &doc, 0, err), LS_OK);
    assert_memory_equal(out.data, text, 2 * depth);
  }
  ls_bytes_fini(&out);
  ls_json_fini(&doc);
  return rc;
}

static void depth_is_limited(void **state) {
  (void)state;
  ls_error err;
  assert_int_equal(parse_nested(LS_JSON_MAX_DEPTH, &err), LS_OK);
  assert_int_equal(parse_nested(LS_JSON_MAX_DEPTH + 1, &err), LS_ELIMIT);
  assert_string_equal(err.text, "JSON, line 1, column 513: more than 512 levels deep");
}

static void texts_of_four_gigabytes_are_refused_unread(void **state) {
  (void)state;
  if (sizeof(size_t) == 4) skip();
  ls_json doc = {0};
  assert_int_equal(ls_json_parse(&doc, "1", (size_t)UINT32_MAX, NULL), LS_ELIMIT);
}

/* The canonical text, or the text of the error. Static until the next call. */
static const char *canonical(const char *text) {
  static ls_bytes out;
  static ls_error err;
  ls_bytes_fini(&out);
  ls_json doc = {0};
  parse(&doc, text);
  int rc = ls_json_canonical(&out, &doc, 0, &err);
  ls_json_fini(&doc);
  if (rc != LS_OK) {
    assert_int_equal(out.size, 0);
    ls_bytes_printf(&out, "%s %s", ls_code_name(rc), err.text);
  }
  return ls_bytes_cstr(&out);
}

static void check_canonical(const text_case *cases, size_t n) {
  for (size_t i = 0; i < n; i++) assert_string_equal(canonical(cases[i].text), cases[i].expected);
}

static void canonical_text_has_sorted_keys_and_no_space(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {" { \"b\" : 1 , \"a\" : [ true , false , null ] } ", "{\"a\":[true,false,null],\"b\":1}"},
      {"{\"c\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2,\"c\":1}"},
      {"{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}"},
      {"{\"\\u0062\":1,\"a\":{\"z\":1,\"y\":2}}", "{\"a\":{\"y\":2,\"z\":1},\"b\":1}"},
      {"{\"\\ud83d\\ude00\":1,\"\\uffff\":2,\"\\ud800\":3,\"z\":4}",
       "{\"z\":4,\"\\ud800\":3,\"\xef\xbf\xbf\":2,\"\xf0\x9f\x98\x80\":1}"},
      {"[ ]", "[]"},
      {"{ }", "{}"},
      {"[[],{}]", "[[],{}]"},
  };
  check_canonical(CASES, COUNT(CASES));
}

static void canonical_strings_escape_only_what_must_be(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"\"\\u0041\\/\\u00e9\"", "\"A/é\""},
      {"\"\\\"\\\\\\b\\f\\n\\r\\t\"", "\"\\\"\\\\\\b\\f\\n\\r\\t\""},
      {"\"\\u0008\\u000A\\u001F\\u0000\\u007f\"", "\"\\b\\n\\u001f\\u0000\x7f\""},
      {"\"\\uD83D\\uDE00\"", "\"\xf0\x9f\x98\x80\""},
      {"\"\\uD83D\\uD83D\\uDE00\"", "\"\\ud83d\xf0\x9f\x98\x80\""},
      {"\"\\uDE00\\uD83D\"", "\"\\ude00\\ud83d\""},
      {"\"\\uD83D\\n\"", "\"\\ud83d\\n\""},
  };
  check_canonical(CASES, COUNT(CASES));
}

static void canonical_numbers_are_those_of_ecmascript(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"1e3", "1000"},
      {"1000.0", "1000"},
      {"1000", "1000"},
      {"-0", "0"},
      {"-0.0", "0"},
      {"0e9", "0"},
      {"-17", "-17"},
      {"1e21", "1e+21"},
      {"1e20", "100000000000000000000"},
      {"123456789012345680000", "123456789012345680000"},
      {"1e-7", "1e-7"},
      {"0.000001", "0.000001"},
      {"0.00000123", "0.00000123"},
      {"-1.5E-10", "-1.5e-10"},
      {"0.1", "0.1"},
      {"3.14", "3.14"},
      {"0.30000000000000004", "0.30000000000000004"},
      {"100.5e-1", "10.05"},
      {"9007199254740992", "9007199254740992"},
      {"-9007199254740992", "-9007199254740992"},
      {"4.9e-324", "5e-324"},
      {"2e-323", "2e-323"},
      {"2.2250738585072014e-308", "2.2250738585072014e-308"},
      {"2.225073858507201e-308", "2.225073858507201e-308"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"5.6843418860808015e-14", "5.684341886080802e-14"},
      {"1e-400", "0"},
      {"-1e-400", "0"},
      {"1e23", "1e+23"},
      {"9.5e-1", "0.95"},
      {"123456789.123456789", "123456789.12345679"},
      /* Half way between two doubles, and a hair more. */
      {"1.00000000000000011102230246251565404236316680908203125", "1"},
      {"1.000000000000000111022302462515654042363166809082031250000000000000000000000000001", "1.0000000000000002"},
  };
  check_canonical(CASES, COUNT(CASES));
}

static void what_doubles_and_objects_cannot_hold_is_refused_with_its_place(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"9007199254740993", "LS_ELIMIT $: the number 9007199254740993 is an integer beyond 2^53, which a double cannot "
                           "hold; send it as a string"},
      {"{\"a\":[0,-12345678901234567890]}", "LS_ELIMIT $.a[1]: the number -12345678901234567890 is an integer beyond "
                                            "2^53, which a double cannot hold; send it as a string"},
      {"[1e309]", "LS_ELIMIT $[0]: the number 1e309 is too large for a double; send it as a string"},
      {"{\"a\":1,\"b\":{\"x\":1,\"y\":2,\"x\":3}}", "LS_EJSON $.b.x: this key is given twice; keep one of them"},
      {"{\"a b\":1,\"a\\u0020b\":2}", "LS_EJSON $.\"a\\u0020b\": this key is given twice; keep one of them"},
  };
  check_canonical(CASES, COUNT(CASES));
}

static void many_keys_are_sorted(void **state) {
  (void)state;
  ls_bytes text = {0};
  for (unsigned i = 0; i < 1000; i++) ls_bytes_printf(&text, "%s\"k%03u\":%u", i ? "," : "{", i * 7919 % 1000, i);
  ls_bytes_byte(&text, '}');
  const char *sorted = canonical(ls_bytes_cstr(&text));
  const char *at = sorted;
  for (unsigned i = 0; i < 1000; i++) {
    char key[16];
    snprintf(key, sizeof key, "\"k%03u\":", i);
    at = strstr(at, key);
    if (!at) fail_msg("%s is not in its place", key);
  }
  ls_bytes_fini(&text);
}

static void canonical_appends_and_takes_part_of_a_document(void **state) {
  (void)state;
  ls_json doc = {0};
  ls_bytes out = {0};
  parse(&doc, "{\"a\":{\"y\":1,\"x\":1e309},\"b\":{\"y\":1,\"x\":2}}");
  ls_bytes_text(&out, "kept ");
  assert_int_equal(ls_json_canonical(&out, &doc, ls_json_get(&doc, 0, "a"), NULL), LS_ELIMIT);
  assert_string_equal(ls_bytes_cstr(&out), "kept ");
  assert_int_equal(ls_json_canonical(&out, &doc, ls_json_get(&doc, 0, "b"), NULL), LS_OK);
  assert_string_equal(ls_bytes_cstr(&out), "kept {\"x\":2,\"y\":1}");
  ls_bytes_fini(&out);
  ls_json_fini(&doc);
}

typedef struct number_case {
  const char *text;
  bool is_int;
  int64_t i;
  double r;
} number_case;

static void numbers_are_the_nearest_doubles(void **state) {
  (void)state;
  static const number_case CASES[] = {
      {"0", true, 0, 0},
      {"-0", true, 0, 0},
      {"1e3", true, 1000, 1000},
      {"-12", true, -12, -12},
      {"0.5", false, 0, 0.5},
      {"9007199254740992", true, INT64_C(9007199254740992), 9007199254740992.0},
      {"-9007199254740992", true, INT64_C(-9007199254740992), -9007199254740992.0},
      {"90071992547409920e-1", true, INT64_C(9007199254740992), 9007199254740992.0},
      {"100000000000000000000", false, 0, 1e20},
      {"1e300", false, 0, 1e300},
      {"1.7976931348623158e308", false, 0, DBL_MAX},
      {"5e-324", false, 0, DBL_TRUE_MIN},
      {"2e-324", true, 0, 0},
      {"0.1e1", true, 1, 1},
      {"1e-99999999999999999999", true, 0, 0},
      {"0e99999999999999999999", true, 0, 0},
      {"2.2250738585072011e-308", false, 0, 2.2250738585072011e-308},
      {"8.5", false, 0, 8.5},
      {"6929495644600919.5", true, INT64_C(6929495644600920), 6929495644600920.0},
  };
  for (size_t i = 0; i < COUNT(CASES); i++) {
    ls_json doc = {0};
    ls_json_number number;
    parse(&doc, CASES[i].text);
    assert_int_equal(ls_json_number_of(&number, &doc, 0, NULL), LS_OK);
    bool same = number.is_int == CASES[i].is_int && number.i == CASES[i].i && number.r == CASES[i].r;
    if (!same) fail_msg("%s: %d %lld %.17g", CASES[i].text, number.is_int, (long long)number.i, number.r);
    ls_json_fini(&doc);
  }
}

static void written_doubles_read_back_exactly(void **state) {
  (void)state;
  uint64_t bits = UINT64_C(0x9e3779b97f4a7c15);
  for (int i = 0; i < 20000; i++) {
    bits = bits * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    uint64_t some = i % 4 == 0 ? bits & UINT64_C(0xfff0000000000000) : i % 4 == 1 ? bits >> 12 : bits;
    double value;
    memcpy(&value, &some, sizeof value);
    ls_bytes out = {0};
    ls_json_write_double(&out, value);
    if (!(value >= -DBL_MAX && value <= DBL_MAX)) {
      assert_string_equal(ls_bytes_cstr(&out), "null");
    } else {
      ls_json doc = {0};
      ls_json_number number;
      parse(&doc, ls_bytes_cstr(&out));
      assert_int_equal(ls_json_number_of(&number, &doc, 0, NULL), LS_OK);
      if (number.r != value) fail_msg("%.17g came back as %.17g", value, number.r);
      ls_json_fini(&doc);
    }
    ls_bytes_fini(&out);
  }
}

static void the_locale_does_not_matter(void **state) {
  if (!setlocale(LC_ALL, "de_DE.UTF-8")) skip(); /* `make test` makes this locale, where the decimal point is a comma */
  canonical_numbers_are_those_of_ecmascript(state);
  numbers_are_the_nearest_doubles(state);
  written_doubles_read_back_exactly(state);
  setlocale(LC_ALL, "C");
}

static void members_are_found_by_key(void **state) {
  (void)state;
  ls_json doc = {0};
  parse(&doc, "{\"a\":{\"b\":1},\"b\":2,\"\\u0063\\ud83d\\ude00\":3,\"x\\ud800\":4,\"a\\u0000\":5}");
  assert_int_equal(ls_json_get(&doc, 0, "b"), 6);
  assert_int_equal(ls_json_get(&doc, ls_json_get(&doc, 0, "a"), "b"), 4);
  assert_int_equal(ls_json_get(&doc, 0, "c\xf0\x9f\x98\x80"), 8);
  assert_int_equal(ls_json_get(&doc, 0, "x\xef\xbf\xbd"), 10);
  assert_int_equal(ls_json_get(&doc, 0, "c"), 0);
  assert_int_equal(ls_json_get(&doc, 0, "nope"), 0);
  assert_int_equal(ls_json_get(&doc, 0, "a"), 2);
  assert_int_equal(ls_json_get(&doc, 0, ""), 0);
  ls_json_fini(&doc);
}

static void strings_come_out_unescaped(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"\"\"", ""},
      {"\"abc\"", "abc"},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t"},
      {"\"\\u20ac\\ud83d\\ude00\"", "\xe2\x82\xac\xf0\x9f\x98\x80"},
      {"\"\\ud800x\\udc00\"", "\xef\xbf\xbdx\xef\xbf\xbd"},
  };
  for (size_t i = 0; i < COUNT(CASES); i++) {
    ls_json doc = {0};
    ls_bytes out = {0};
    parse(&doc, CASES[i].text);
    ls_json_string(&out, &doc, 0);
    assert_string_equal(ls_bytes_cstr(&out), CASES[i].expected);
    assert_true(ls_json_equals(&doc, 0, CASES[i].expected));
    assert_false(ls_json_equals(&doc, 0, "something else"));
    ls_bytes_fini(&out);
    ls_json_fini(&doc);
  }
}

static void paths_name_every_node(void **state) {
  (void)state;
  static const char *const PATHS[] = {
      "$",
      "$.todo",
      "$.todo",
      "$.todo.tags",
      "$.todo.tags",
      "$.todo.tags[0]",
      "$.todo.tags[1]",
      "$.todo.tags[1][0]",
      "$.todo.tags[2]",
      "$.\"a b\"",
      "$.\"a b\"",
      "$.\"\"",
      "$.\"\"",
      "$.\"1x\"",
      "$.\"1x\"",
  };
  ls_json doc = {0};
  parse(&doc, "{\"todo\":{\"tags\":[1,[2],3]},\"a b\":4,\"\":5,\"1x\":6}");
  assert_int_equal(doc.n, COUNT(PATHS));
  for (uint32_t node = 0; node < doc.n; node++) {
    ls_bytes out = {0};
    ls_json_path(&out, &doc, node);
    assert_string_equal(ls_bytes_cstr(&out), PATHS[node]);
    ls_bytes_fini(&out);
  }
  ls_json_fini(&doc);
}

static void types_have_names(void **state) {
  (void)state;
  static const char *const NAMES[] = {"null", "boolean", "boolean", "number", "string", "array", "object"};
  for (size_t i = 0; i < COUNT(NAMES); i++) assert_string_equal(ls_json_type_name((ls_json_type)i), NAMES[i]);
}

static void written_strings_are_quoted_escaped_and_repaired(void **state) {
  (void)state;
  static const text_case CASES[] = {
      {"", "\"\""},
      {"abc", "\"abc\""},
      {"a\"b\\c/", "\"a\\\"b\\\\c/\""},
      {"\n\t\x01\x1f\x7f", "\"\\n\\t\\u0001\\u001f\x7f\""},
      {"é\xff\xe2\x82z", "\"é\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
      {"\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (size_t i = 0; i < COUNT(CASES); i++) {
    ls_bytes out = {0};
    ls_json_write_string(&out, CASES[i].text, strlen(CASES[i].text));
    assert_string_equal(ls_bytes_cstr(&out), CASES[i].expected);
    ls_bytes_fini(&out);
  }
  ls_bytes out = {0};
  ls_json_write_string(&out, "\0", 1);
  assert_string_equal(ls_bytes_cstr(&out), "\"\\u0000\"");
  ls_bytes_fini(&out);
}

static void buffers_are_used_again(void **state) {
  (void)state;
  static const char TEXT[] = "{\"id\":\"V1StGXR8\",\"text\":\"buy milk\",\"done\":false,\"n\":[1.25,2e9,\"\\n\"]}";
  ls_json doc = {0};
  ls_bytes out = {0};
  parse(&doc, TEXT);
  assert_int_equal(ls_json_canonical(&out, &doc, 0, NULL), LS_OK);
  left = 0;
  ls_alloc_set_fault(fail_after);
  ls_bytes_clear(&out);
  int parsed = ls_json_parse(&doc, TEXT, strlen(TEXT), NULL);
  int written = ls_json_canonical(&out, &doc, 0, NULL);
  ls_alloc_set_fault(NULL);
  assert_int_equal(parsed, LS_OK);
  assert_int_equal(written, LS_OK);
  ls_bytes_fini(&out);
  ls_json_fini(&doc);
}

static int read_and_write(const char *text, ls_error *err) {
  ls_json doc = {0};
  ls_bytes out = {0};
  int rc = ls_json_parse(&doc, text, strlen(text), err);
  if (rc == LS_OK) rc = ls_json_canonical(&out, &doc, 0, err);
  if (rc != LS_OK) assert_int_equal(out.size, 0);
  ls_bytes_fini(&out);
  ls_json_fini(&doc);
  return rc;
}

/* Fail the first allocation, then the second, and so on, until the work ends as it should. */
static void check_faults(const char *text, int expected) {
  int fault = 0, rc;
  for (;; fault++) {
    ls_error err;
    ls_error_clear(&err);
    left = fault;
    ls_alloc_set_fault(fail_after);
    rc = read_and_write(text, &err);
    ls_alloc_set_fault(NULL);
    assert_int_equal(rc, err.code);
    if (rc != LS_ENOMEM) break;
    assert_string_equal(err.text, "out of memory");
  }
  assert_int_equal(rc, expected);
  assert_true(fault >= 2);
}

static void each_failed_allocation_is_reported_and_leaks_nothing(void **state) {
  (void)state;
  ls_bytes text = {0};
  ls_bytes_byte(&text, '[');
  for (int i = 0; i < 200; i++) ls_bytes_printf(&text, "{\"b\":\"\\n%d\",\"a\":%d.25},", i, i);
  ls_bytes_text(&text, "0]");
  check_faults(ls_bytes_cstr(&text), LS_OK);
  ls_bytes_fini(&text);
  check_faults("{\"twice\":1,\"twice\":2}", LS_EJSON);
  check_faults("{\"large\":1e999}", LS_ELIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(nodes_are_in_document_order),
      cmocka_unit_test(errors_name_the_place_and_what_was_expected),
      cmocka_unit_test(nothing_behind_the_given_size_is_read),
      cmocka_unit_test(depth_is_limited),
      cmocka_unit_test(texts_of_four_gigabytes_are_refused_unread),
      cmocka_unit_test(canonical_text_has_sorted_keys_and_no_space),
      cmocka_unit_test(canonical_strings_escape_only_what_must_be),
      cmocka_unit_test(canonical_numbers_are_those_of_ecmascript),
      cmocka_unit_test(what_doubles_and_objects_cannot_hold_is_refused_with_its_place),
      cmocka_unit_test(many_keys_are_sorted),
      cmocka_unit_test(canonical_appends_and_takes_part_of_a_document),
      cmocka_unit_test(numbers_are_the_nearest_doubles),
      cmocka_unit_test(written_doubles_read_back_exactly),
      cmocka_unit_test(the_locale_does_not_matter),
      cmocka_unit_test(members_are_found_by_key),
      cmocka_unit_test(strings_come_out_unescaped),
      cmocka_unit_test(paths_name_every_node),
      cmocka_unit_test(types_have_names),
      cmocka_unit_test(written_strings_are_quoted_escaped_and_repaired),
      cmocka_unit_test(buffers_are_used_again),
      cmocka_unit_test(each_failed_allocation_is_reported_and_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
