/* fuzz_args - the first line is a JSON Schema, the rest a value to check against it. A value fits exactly when its
 * canonical text does, and with an error asked for as without. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/args.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_BYTES 4096

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_args: %s\n", what);
  abort();
}

static void check_canonical(const ls_args *args, const ls_json *doc, int expected) {
  ls_bytes text = {0};
  ls_json again = {0};
  if (ls_json_canonical(&text, doc, 0, NULL) == LS_OK) {
    require(ls_json_parse(&again, text.data, text.size, NULL) == LS_OK, "canonical text reads back");
    require(ls_args_check(args, &again, 0, NULL) == expected, "canonical text fits as the text itself does");
  }
  ls_json_fini(&again);
  ls_bytes_fini(&text);
}

static void check_value(const ls_args *args, const char *text, size_t size) {
  ls_json doc = {0};
  if (ls_json_parse(&doc, text, size, NULL) == LS_OK) {
    ls_error err = {0};
    int rc = ls_args_check(args, &doc, 0, &err);
    require(rc == err.code, "the code is in the error");
    require(rc == LS_OK || rc == LS_EARGS || rc == LS_ELIMIT || rc == LS_EJSON, "it ends as the header says");
    require((rc == LS_OK) == (err.text[0] == 0), "an error has a text");
    require(ls_args_check(args, &doc, 0, NULL) == rc, "the same without an error to fill");
    check_canonical(args, &doc, rc);
  }
  ls_json_fini(&doc);
}

static void check_properties(const ls_args *args) {
  size_t n;
  const ls_args_property *properties = ls_args_properties(args, &n);
  for (size_t i = 0; i < n; i++) {
    require(i == 0 || strcmp(properties[i - 1].name, properties[i].name) < 0, "properties are in order");
    require(ls_args_property_schema(args, properties[i].name) != NULL, "and have a schema");
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > MAX_BYTES) return 0;
  const char *text = (const char *)data;
  const char *line_end = size ? memchr(text, '\n', size) : NULL;
  size_t schema_size = line_end ? (size_t)(line_end - text) : size;
  size_t value_at = line_end ? schema_size + 1 : size;
  ls_arena arena = {0};
  ls_json schema = {0};
  ls_error err = {0};
  const ls_args *args;
  if (ls_json_parse(&schema, text, schema_size, NULL) == LS_OK) {
    int rc = ls_args_compile(&args, &arena, &schema, 0, &err);
    require(rc == err.code, "the code is in the error");
    require(rc == LS_OK || rc == LS_ESCHEMA || rc == LS_EJSON || rc == LS_ELIMIT, "it ends as the header says");
    if (rc == LS_OK) {
      check_properties(args);
      check_value(args, text + value_at, size - value_at);
    }
  }
  ls_json_fini(&schema);
  ls_arena_fini(&arena);
  return 0;
}
