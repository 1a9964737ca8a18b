/* JSON Schema for event arguments: what compiles, what fits, and what the messages say. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "core/args.h"
#include "core/args_format.h"
#include "support/cmocka_all.h"

/* A compiled schema with all that it needs. */
typedef struct fixture {
  ls_arena arena;
  ls_json doc;
  const ls_args *args;
} fixture;

static int compile(fixture *f, const char *schema, ls_error *err) {
  memset(f, 0, sizeof *f);
  int result = ls_json_parse(&f->doc, schema, strlen(schema), err);
  return result ? result : ls_args_compile(&f->args, &f->arena, &f->doc, 0, err);
}

static void finish(fixture *f) {
  ls_arena_fini(&f->arena);
  ls_json_fini(&f->doc);
}

static int check(const ls_args *args, const char *value, ls_error *err) {
  ls_json doc = {0};
  int result = ls_json_parse(&doc, value, strlen(value), err);
  if (!result) result = ls_args_check(args, &doc, 0, err);
  ls_json_fini(&doc);
  return result;
}

typedef struct fit_case {
  const char *schema, *value;
  const char *text; /* NULL: it fits */
} fit_case;

static const fit_case FITS[] = {
    {"true", "[1]", NULL},
    {"false", "1", "$: nothing is allowed here"},
    {"{}", "null", NULL},
    /* type */
    {"{\"type\":\"integer\"}", "3", NULL},
    {"{\"type\":\"integer\"}", "3.0", NULL},
    {"{\"type\":\"integer\"}", "3.5", "$: expected integer, got number 3.5"},
    {"{\"type\":\"number\"}", "3", NULL},
    {"{\"type\":\"number\"}", "\"3\"", "$: expected number, got string \"3\""},
    {"{\"type\":\"boolean\"}", "true", NULL},
    {"{\"type\":\"boolean\"}", "0", "$: expected boolean, got number 0"},
    {"{\"type\":\"null\"}", "false", "$: expected null, got boolean false"},
    {"{\"type\":\"string\"}", "{}", "$: expected string, got object"},
    {"{\"type\":[\"string\",\"null\"]}", "null", NULL},
    {"{\"type\":[\"null\",\"string\"]}", "[]", "$: expected string or null, got array"},
    {"{\"type\":[\"null\",\"string\",\"number\"]}", "[]", "$: expected string, number or null, got array"},
    {"{\"type\":\"integer\"}", "\"a text that is rather long and is cut in the middle\"",
     "$: expected integer, got string \"a text that is rather long and is cut in…\""},
    /* numbers */
    {"{\"minimum\":2}", "2", NULL},
    {"{\"minimum\":2}", "1.5", "$: 1.5, at least 2 expected"},
    {"{\"maximum\":2}", "3", "$: 3, at most 2 expected"},
    {"{\"exclusiveMinimum\":2}", "2", "$: 2, more than 2 expected"},
    {"{\"exclusiveMaximum\":2}", "2", "$: 2, less than 2 expected"},
    {"{\"minimum\":2}", "\"x\"", NULL},
    {"{\"multipleOf\":0.1}", "0.3", NULL},
    {"{\"multipleOf\":0.01}", "19.99", NULL},
    {"{\"multipleOf\":0.01}", "19.999", "$: 19.999, a multiple of 0.01 expected"},
    {"{\"multipleOf\":3}", "-9", NULL},
    {"{\"multipleOf\":3}", "-8", "$: -8, a multiple of 3 expected"},
    {"{\"multipleOf\":3}", "0", NULL},
    {"{\"multipleOf\":5e-324}", "1e300", NULL},
    /* strings */
    {"{\"minLength\":1}", "\"\"", "$: 0 characters, at least 1 expected"},
    {"{\"maxLength\":2}", "\"äöü\"", "$: 3 characters, at most 2 expected"},
    {"{\"maxLength\":3}", "\"äöü\"", NULL},
    {"{\"maxLength\":1}", "\"\\ud83d\\ude00\"", NULL},
    {"{\"maxLength\":1}", "\"\\u0041\\n\"", "$: 2 characters, at most 1 expected"},
    {"{\"format\":\"date-time\"}", "\"2026-07-17T10:15:30.000Z\"", NULL}, /* EVD-01, EVD-02 */
    {"{\"format\":\"date-time\"}", "\"yesterday\"",
     "$: expected a text such as 2026-07-17T10:15:30Z, got string \"yesterday\""},
    {"{\"format\":\"date-time\"}", "5", NULL},
    {"{\"format\":\"date\"}", "\"2026-0\\u0037-17\"", NULL},
    /* enum and const */
    {"{\"enum\":[\"open\",\"closed\"]}", "\"open\"", NULL},
    {"{\"enum\":[\"open\",\"closed\"]}", "\"op\\u0065n\"", NULL},
    {"{\"enum\":[\"open\",\"closed\"]}", "\"x\"", "$: expected one of \"open\", \"closed\", got string \"x\""},
    {"{\"const\":{\"a\":1,\"b\":2}}", "{\"b\":2.0,\"a\":1}", NULL},
    {"{\"const\":1}", "1.0", NULL},
    {"{\"const\":1}", "true", "$: expected 1, got boolean true"},
    {"{\"const\":null}", "null", NULL},
    {"{\"const\":\"null\"}", "null", "$: expected \"null\", got null"},
    /* arrays */
    {"{\"items\":{\"type\":\"string\"}}", "[\"a\",3]", "$[1]: expected string, got number 3"},
    {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\"]", NULL},
    {"{\"prefixItems\":[{\"type\":\"string\"}],\"items\":false}", "[\"a\",1]", "$[1]: nothing is allowed here"},
    {"{\"prefixItems\":[{\"type\":\"string\"}]}", "[]", NULL},
    {"{\"minItems\":1}", "[]", "$: 0 elements, at least 1 expected"},
    {"{\"maxItems\":1}", "[1,2]", "$: 2 elements, at most 1 expected"},
    {"{\"uniqueItems\":true}", "[1,2,3]", NULL},
    {"{\"uniqueItems\":true}", "[1,{\"a\":1,\"b\":2},{\"b\":2,\"a\":1.0}]",
     "$: each element is expected once, but {\"a\":1,\"b\":2} comes twice"},
    {"{\"uniqueItems\":true}", "[1,\"1\",true,[1]]", NULL},
    {"{\"uniqueItems\":false}", "[1,1]", NULL},
    /* objects */
    {"{\"properties\":{\"priority\":{\"type\":\"integer\"}}}", "{\"priority\":\"high\"}",
     "$.priority: expected integer, got string \"high\""},
    {"{\"properties\":{\"id\":true},\"required\":[\"id\"]}", "{}", "$: property \"id\" is missing"},
    {"{\"required\":[\"b\",\"a\"]}", "{\"a\":1}", "$: property \"b\" is missing"},
    {"{\"required\":[\"a\",\"b\"]}", "{\"a\":1,\"a\":2}", "$: property \"b\" is missing"},
    {"{\"required\":[\"a\",\"b\"]}", "{\"b\":1,\"c\":0,\"a\":2}", NULL},
    {"{\"properties\":{\"id\":true,\"text\":true},\"additionalProperties\":false}", "{\"foo\":1}",
     "$.foo: not a property of this object (known: id, text)"},
    {"{\"additionalProperties\":false}", "{\"foo\":1}", "$.foo: not a property of this object (known: none)"},
    {"{\"properties\":{\"a\":true},\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":1,\"b\":1}",
     "$.b: expected string, got number 1"},
    {"{\"properties\":{\"a\":{\"type\":\"null\"},\"b\":{\"type\":\"null\"},\"c\":{\"type\":\"null\"}}}",
     "{\"c\":null,\"b\":null,\"a\":1}", "$.a: expected null, got number 1"},
    {"{\"properties\":{\"a\":{\"type\":\"null\"}}}", "{\"\\u0061\":1}", "$.\"\\u0061\": expected null, got number 1"},
    {"{\"minProperties\":1}", "{}", "$: 0 properties, at least 1 expected"},
    {"{\"maxProperties\":1}", "{\"a\":1,\"b\":2}", "$: 2 properties, at most 1 expected"},
    {"{\"properties\":{\"a\":{\"properties\":{\"b\":{\"items\":{\"type\":\"string\"}}}}}}",
     "{\"a\":{\"b\":[\"\",null]}}", "$.a.b[1]: expected string, got null"},
    /* alternatives */
    {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "null", NULL},
    {"{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}]}", "3", "$: expected string or null, got number 3"},
    {"{\"anyOf\":[{\"type\":\"string\",\"minLength\":1},{\"type\":\"null\"}]}", "\"\"",
     "$: 0 characters, at least 1 expected"},
    {"{\"anyOf\":[{\"minimum\":3},{\"maximum\":1}]}", "2", "$: fits none of the 2 alternatives"},
    {"{\"oneOf\":[{\"minimum\":3},{\"maximum\":5}]}", "9", NULL},
    {"{\"oneOf\":[{\"minimum\":3},{\"maximum\":5}]}", "4", "$: fits more than one of the 2 alternatives of oneOf"},
    {"{\"oneOf\":[{\"minimum\":3},{\"maximum\":1}]}", "2", "$: fits none of the 2 alternatives"},
    {"{\"allOf\":[{\"minimum\":3},{\"maximum\":5}]}", "9", "$: 9, at most 5 expected"},
    {"{\"not\":{\"type\":\"string\"}}", "1", NULL},
    {"{\"not\":{\"type\":\"string\"}}", "\"\"", "$: is what the schema's \"not\" excludes"},
    {"{\"not\":{\"not\":{\"type\":\"string\"}}}", "\"\"", NULL},
    /* references */
    {"{\"$ref\":\"#/$defs/a~1b~0\",\"$defs\":{\"a/b~\":{\"type\":\"null\"}}}", "1", "$: expected null, got number 1"},
    {"{\"properties\":{\"children\":{\"type\":\"array\",\"items\":{\"$ref\":\"#\"}}},\"required\":[\"id\"]}",
     "{\"id\":1,\"children\":[{\"id\":2,\"children\":[]},{\"children\":[]}]}",
     "$.children[1]: property \"id\" is missing"},
    {"{\"$ref\":\"#/$defs/a\",\"type\":\"string\",\"$defs\":{\"a\":{\"minLength\":2}}}", "\"a\"",
     "$: 1 characters, at least 2 expected"},
    /* notes have no effect */
    {"{\"title\":1,\"description\":\"\",\"default\":3,\"examples\":[],\"$comment\":\"\",\"$schema\":\"\",\"$id\":\"\","
     "\"readOnly\":true,\"writeOnly\":true,\"deprecated\":true}",
     "{}", NULL},
};

static void values_fit_or_the_message_says_why_not(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof FITS / sizeof FITS[0]; i++) {
    fixture f;
    ls_error err = {0};
    if (compile(&f, FITS[i].schema, &err)) fail_msg("%s: %s", FITS[i].schema, err.text);
    int result = check(f.args, FITS[i].value, &err);
    if (!FITS[i].text && result) fail_msg("%s: %s", FITS[i].schema, err.text);
    if (FITS[i].text) {
      assert_string_equal(err.text, FITS[i].text);
      assert_int_equal(result, LS_EARGS);
      assert_int_equal(check(f.args, FITS[i].value, NULL), LS_EARGS);
    }
    finish(&f);
  }
}

static const struct {
  const char *schema, *text;
} WRONG[] = {
    {"3", "$: expected a JSON Schema (an object, true or false), got number"},
    {"{\"type\":\"text\"}", "$.type: no such type (known: null, boolean, integer, number, string, array, object)"},
    {"{\"type\":3}", "$.type: expected the name of a type, got number"},
    {"{\"type\":[]}", "$.type: expected at least one type"},
    {"{\"properties\":[]}", "$.properties: expected an object of schemas, got array"},
    {"{\"properties\":{\"id\":{\"minLength\":-1}}}", "$.properties.id.minLength: expected an integer of 0 or more"},
    {"{\"maxItems\":1.5}", "$.maxItems: expected an integer of 0 or more"},
    {"{\"maxItems\":\"1\"}", "$.maxItems: expected an integer of 0 or more, got string"},
    {"{\"minimum\":null}", "$.minimum: expected a number, got null"},
    {"{\"multipleOf\":0}", "$.multipleOf: expected a number above 0"},
    {"{\"required\":\"id\"}", "$.required: expected an array of property names, got string"},
    {"{\"required\":[1]}", "$.required[0]: expected a string, got number"},
    {"{\"required\":[\"\\u0000\"]}", "$.required[0]: holds the character U+0000"},
    {"{\"uniqueItems\":1}", "$.uniqueItems: expected true or false, got number"},
    {"{\"enum\":[]}", "$.enum: expected at least one value"},
    {"{\"enum\":1}", "$.enum: expected an array of values, got number"},
    {"{\"const\":1,\"enum\":[1]}", "$.enum: enum and const are not supported together"},
    {"{\"anyOf\":[]}", "$.anyOf: expected at least one schema"},
    {"{\"allOf\":{}}", "$.allOf: expected an array of schemas, got object"},
    {"{\"oneOf\":[1]}", "$.oneOf[0]: expected a JSON Schema (an object, true or false), got number"},
    {"{\"format\":\"email\"}", "$.format: format \"email\" is not supported (known: date-time, date, time, uuid)"},
    {"{\"deprecated\":1}", "$.deprecated: expected true or a text with the reason, got number"},
    {"{\"items\":{\"$defs\":{}}}", "$.items.\"$defs\": $defs is only supported at the top of the schema"},
    {"{\"$ref\":\"#/properties/a\"}",
     "$.\"$ref\": $ref \"#/properties/a\" is not supported (\"#\" and \"#/$defs/NAME\" are)"},
    {"{\"$ref\":\"#/$defs/a\"}", "$.\"$ref\": $defs has no \"a\""},
    {"{\"$ref\":\"#\"}",
     "$: refers to itself without going into a property or element, or through more than 100 schemas"},
    {"{\"$defs\":{\"a\":{\"anyOf\":[{\"$ref\":\"#/$defs/b\"}]},\"b\":{\"not\":{\"$ref\":\"#/$defs/a\"}}}}",
     "$.\"$defs\".a: refers to itself without going into a property or element, or through more than 100 schemas"},
};

static void wrong_schemas_are_refused_with_their_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof WRONG / sizeof WRONG[0]; i++) {
    fixture f;
    ls_error err = {0};
    assert_int_equal(compile(&f, WRONG[i].schema, &err), LS_ESCHEMA);
    assert_string_equal(err.text, WRONG[i].text);
    finish(&f);
  }
}

static void a_keyword_that_is_not_supported_is_an_error(void **state) {
  (void)state;
  static const char *const keywords[] = {"pattern",           "if",      "patternProperties", "contains",
                                         "dependentRequired", "nullable"};
  for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
    fixture f;
    ls_error err;
    char schema[80];
    snprintf(schema, sizeof schema, "{\"items\":{\"%s\":{}}}", keywords[i]);
    assert_int_equal(compile(&f, schema, &err), LS_ESCHEMA);
    assert_non_null(strstr(err.text, keywords[i]));
    assert_non_null(strstr(err.text, "not a keyword of JSON Schema that is supported (known: type, "));
    finish(&f);
  }
}

/* EVD-03, EVD-06 */
static void deprecated_properties_are_found_with_their_reasons(void **state) {
  (void)state;
  fixture f;
  assert_int_equal(compile(&f,
                           "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
                           "\"old\":{\"type\":\"string\",\"deprecated\":\"use id\"},\"older\":{\"deprecated\":true},"
                           "\"young\":{\"deprecated\":false}},\"required\":[\"old\"]}",
                           NULL),
                   LS_OK);
  size_t n;
  const ls_args_property *p = ls_args_properties(f.args, &n);
  assert_int_equal(n, 4);
  assert_string_equal(p[0].name, "id");
  assert_null(p[0].deprecated);
  assert_false(p[0].required);
  assert_string_equal(p[1].name, "old");
  assert_string_equal(p[1].deprecated, "use id");
  assert_true(p[1].required);
  assert_string_equal(p[2].deprecated, "deprecated");
  assert_null(p[3].deprecated);
  finish(&f);
}

static void properties_come_in_order_through_all_of_and_ref(void **state) {
  (void)state;
  fixture f;
  assert_int_equal(
      compile(&f,
              "{\"$ref\":\"#/$defs/base\",\"properties\":{\"b\":{\"type\":\"null\"},\"é\":true,\"z\":true},"
              "\"allOf\":[{\"properties\":{\"a\":true},\"required\":[\"b\",\"nowhere\"]}],"
              "\"$defs\":{\"base\":{\"type\":\"object\",\"properties\":{\"c\":true}}}}",
              NULL),
      LS_OK);
  static const char *const names[] = {"a", "b", "c", "z", "é"};
  size_t n;
  const ls_args_property *p = ls_args_properties(f.args, &n);
  assert_int_equal(n, 5);
  for (size_t i = 0; i < n; i++) assert_string_equal(p[i].name, names[i]);
  assert_true(p[1].required);
  assert_true(ls_args_is_object(f.args));
  assert_int_equal(check(ls_args_property_schema(f.args, "b"), "1", NULL), LS_EARGS);
  assert_null(ls_args_property_schema(f.args, "nowhere"));
  finish(&f);
}

static void only_object_schemas_are_objects(void **state) {
  (void)state;
  static const struct {
    const char *schema;
    bool object;
  } cases[] = {{"{\"type\":\"object\"}", true},
               {"{\"type\":[\"object\"]}", true},
               {"{\"type\":[\"object\",\"null\"]}", false},
               {"{}", false},
               {"true", false}};
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    fixture f;
    size_t n = 9;
    assert_int_equal(compile(&f, cases[i].schema, NULL), LS_OK);
    assert_int_equal(ls_args_is_object(f.args), cases[i].object);
    ls_args_properties(f.args, &n);
    assert_int_equal(n, 0);
    assert_null(ls_args_property_schema(f.args, "a"));
    finish(&f);
  }
}

static void alternatives_that_multiply_end_with_an_error(void **state) {
  (void)state;
  fixture f;
  char value[201];
  memset(value, '[', 100);
  memset(value + 100, ']', 100);
  value[200] = 0;
  assert_int_equal(compile(&f,
                           "{\"anyOf\":[{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#\"}},"
                           "{\"type\":\"array\",\"minItems\":1,\"items\":{\"$ref\":\"#\"}}]}",
                           NULL),
                   LS_OK);
  ls_error err;
  assert_int_equal(check(f.args, value, &err), LS_ELIMIT);
  assert_non_null(strstr(err.text, "too many alternatives or levels"));
  finish(&f);
}

static void a_number_too_large_for_any_schema_is_an_error(void **state) {
  (void)state;
  fixture f;
  assert_int_equal(compile(&f, "{\"type\":\"integer\"}", NULL), LS_OK);
  assert_int_equal(check(f.args, "1e999", NULL), LS_ELIMIT);
  finish(&f);
}

static const struct {
  ls_args_format format;
  const char *text;
  bool fits;
} FORMATS[] = {
    {LS_ARGS_FORMAT_DATE, "2024-02-29", true},
    {LS_ARGS_FORMAT_DATE, "2023-02-29", false},
    {LS_ARGS_FORMAT_DATE, "1900-02-29", false},
    {LS_ARGS_FORMAT_DATE, "2000-02-29", true},
    {LS_ARGS_FORMAT_DATE, "2024-04-31", false},
    {LS_ARGS_FORMAT_DATE, "2024-13-01", false},
    {LS_ARGS_FORMAT_DATE, "2024-00-01", false},
    {LS_ARGS_FORMAT_DATE, "2024-01-00", false},
    {LS_ARGS_FORMAT_DATE, "2024-1-1", false},
    {LS_ARGS_FORMAT_DATE, "2024-01-01 ", false},
    {LS_ARGS_FORMAT_DATE, "", false},
    {LS_ARGS_FORMAT_TIME, "23:59:59Z", true},
    {LS_ARGS_FORMAT_TIME, "23:59:59", false},
    {LS_ARGS_FORMAT_TIME, "24:00:00Z", false},
    {LS_ARGS_FORMAT_TIME, "10:15:30.123456789012z", true},
    {LS_ARGS_FORMAT_TIME, "10:15:30.Z", false},
    {LS_ARGS_FORMAT_TIME, "10:15:30+02:00", true},
    {LS_ARGS_FORMAT_TIME, "10:15:30+24:00", false},
    {LS_ARGS_FORMAT_TIME, "10:15:30+0200", false},
    {LS_ARGS_FORMAT_TIME, "23:59:60Z", true},
    {LS_ARGS_FORMAT_TIME, "15:59:60-08:00", true},
    {LS_ARGS_FORMAT_TIME, "01:29:60+01:30", true},
    {LS_ARGS_FORMAT_TIME, "22:59:60Z", false},
    {LS_ARGS_FORMAT_DATE_TIME, "2026-07-17T10:15:30.000Z", true},
    {LS_ARGS_FORMAT_DATE_TIME, "2026-07-17t10:15:30z", true},
    {LS_ARGS_FORMAT_DATE_TIME, "2026-07-17 10:15:30Z", false},
    {LS_ARGS_FORMAT_DATE_TIME, "2026-07-17", false},
    {LS_ARGS_FORMAT_DATE_TIME, "2026-07-17T10:15:30Zx", false},
    {LS_ARGS_FORMAT_UUID, "9B2f0c52-1c4e-4d1f-8a57-6f0a3d0e7b11", true},
    {LS_ARGS_FORMAT_UUID, "9b2f0c521c4e4d1f8a576f0a3d0e7b11", false},
    {LS_ARGS_FORMAT_UUID, "9b2f0c52-1c4e-4d1f-8a57-6f0a3d0e7b1g", false},
    {LS_ARGS_FORMAT_UUID, "9b2f0c52-1c4e-4d1f-8a57-6f0a3d0e7b111", false},
};

static void formats_are_checked(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof FORMATS / sizeof FORMATS[0]; i++) {
    const char *text = FORMATS[i].text;
    if (ls_args_format_fits(FORMATS[i].format, text, strlen(text)) != FORMATS[i].fits) fail_msg("%s", text);
  }
  for (int f = LS_ARGS_FORMAT_DATE_TIME; f <= LS_ARGS_FORMAT_UUID; f++) {
    const char *example = ls_args_format_example((ls_args_format)f);
    assert_true(ls_args_format_fits((ls_args_format)f, example, strlen(example)));
  }
}

static int allocations, failing;

static int fail_one(void) { return ++allocations == failing; }

static void checking_a_plain_object_allocates_nothing(void **state) {
  (void)state;
  fixture f;
  ls_json doc = {0};
  const char *value = "{\"a\":1,\"b\":\"text\",\"c\":[true,null],\"d\":\"open\"}";
  assert_int_equal(compile(&f,
                           "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\",\"minimum\":0},"
                           "\"b\":{\"type\":\"string\",\"maxLength\":10},\"c\":{\"type\":\"array\"},"
                           "\"d\":{\"enum\":[\"open\",\"closed\"]}},\"required\":[\"a\",\"b\"],"
                           "\"additionalProperties\":false}",
                           NULL),
                   LS_OK);
  assert_int_equal(ls_json_parse(&doc, value, strlen(value), NULL), LS_OK);
  allocations = failing = 0;
  ls_alloc_set_fault(fail_one);
  int result = ls_args_check(f.args, &doc, 0, NULL);
  ls_alloc_set_fault(NULL);
  assert_int_equal(result, LS_OK);
  assert_int_equal(allocations, 0);
  ls_json_fini(&doc);
  finish(&f);
}

/* Compile and check with the k-th allocation failing, for each k. */
static void every_allocation_may_fail(void **state) {
  (void)state;
  static const char schema[] =
      "{\"type\":\"object\",\"properties\":{\"a\":{\"$ref\":\"#/$defs/n\"},\"t\":{\"uniqueItems\":true},"
      "\"e\":{\"enum\":[1,[2]]},\"s\":{\"format\":\"date\"}},\"required\":[\"a\"],\"additionalProperties\":false,"
      "\"$defs\":{\"n\":{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"deprecated\":\"no\"}}}";
  static const char value[] = "{\"a\":null,\"e\":[2.0],\"s\":\"2026-07-1\\u0037\",\"t\":[1,2,[\"\\n\"]],\"x\":1}";
  int result = LS_ENOMEM;
  for (failing = 1; result == LS_ENOMEM; failing++) {
    fixture f;
    ls_error err = {0};
    allocations = 0;
    ls_alloc_set_fault(fail_one);
    result = compile(&f, schema, &err);
    if (!result) result = check(f.args, value, &err);
    ls_alloc_set_fault(NULL);
    assert_int_equal(err.code, result);
    finish(&f);
  }
  assert_int_equal(result, LS_EARGS);
  assert_true(failing > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_fit_or_the_message_says_why_not),
      cmocka_unit_test(wrong_schemas_are_refused_with_their_place),
      cmocka_unit_test(a_keyword_that_is_not_supported_is_an_error),
      cmocka_unit_test(deprecated_properties_are_found_with_their_reasons),
      cmocka_unit_test(properties_come_in_order_through_all_of_and_ref),
      cmocka_unit_test(only_object_schemas_are_objects),
      cmocka_unit_test(alternatives_that_multiply_end_with_an_error),
      cmocka_unit_test(a_number_too_large_for_any_schema_is_an_error),
      cmocka_unit_test(formats_are_checked),
      cmocka_unit_test(checking_a_plain_object_allocates_nothing),
      cmocka_unit_test(every_allocation_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
