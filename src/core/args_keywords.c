/* args_keywords.c - one function per keyword of JSON Schema. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "core/args_compiler.h"

static int read_number(double *out, ls_args_compiler *c, uint32_t node) {
  ls_json_number number;
  int result = ls_args_compile_expect(c, node, LS_JSON_NUMBER, "a number");
  if (!result) result = ls_json_number_of(&number, c->doc, node, c->err);
  if (!result) *out = number.r;
  return result;
}

static int read_size(uint64_t *out, ls_args_compiler *c, uint32_t node) {
  ls_json_number number;
  int result = ls_args_compile_expect(c, node, LS_JSON_NUMBER, "an integer of 0 or more");
  if (!result) result = ls_json_number_of(&number, c->doc, node, c->err);
  if (result) return result;
  if (!number.is_int || number.i < 0) return ls_args_compile_fail(c, node, "expected an integer of 0 or more");
  *out = (uint64_t)number.i;
  return LS_OK;
}

static int read_bound(ls_args_bound *out, ls_args_compiler *c, uint32_t node) {
  out->given = true;
  return read_number(&out->value, c, node);
}

static int read_list(ls_args_list *out, ls_args_compiler *c, uint32_t node) {
  int result = ls_args_compile_expect(c, node, LS_JSON_ARRAY, "an array of schemas");
  if (result) return result;
  if (ls_args_count_of(c, node) == 0) return ls_args_compile_fail(c, node, "expected at least one schema");
  out->items = ls_arena_alloc(c->arena, ls_args_count_of(c, node) * sizeof *out->items);
  if (!out->items) return ls_fail_nomem(c->err);
  for (uint32_t i = node + 1; !result && i < ls_args_end_of(c, node); i = ls_args_end_of(c, i)) {
    result = ls_args_compile_node(&out->items[out->n], c, i);
    out->n += !result;
  }
  return result;
}

static int type_bit(uint8_t *types, ls_args_compiler *c, uint32_t node) {
  static const struct {
    const char *name;
    uint8_t bits;
  } names[] = {{"null", LS_ARGS_NULL},       {"boolean", LS_ARGS_BOOLEAN}, {"string", LS_ARGS_STRING},
               {"integer", LS_ARGS_INTEGER}, {"array", LS_ARGS_ARRAY},     {"number", LS_ARGS_NUMBER | LS_ARGS_INTEGER},
               {"object", LS_ARGS_OBJECT}};
  int result = ls_args_compile_expect(c, node, LS_JSON_STRING, "the name of a type");
  if (result) return result;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (ls_json_equals(c->doc, node, names[i].name)) {
      *types |= names[i].bits;
      return LS_OK;
    }
  }
  return ls_args_compile_fail(c, node, "no such type (known: null, boolean, integer, number, string, array, object)");
}

static int key_type(ls_args_compiler *c, ls_args *args, uint32_t node) {
  args->types = 0;
  if (ls_json_type_of(c->doc, node) != LS_JSON_ARRAY) return type_bit(&args->types, c, node);
  int result = ls_args_count_of(c, node) == 0 ? ls_args_compile_fail(c, node, "expected at least one type") : LS_OK;
  for (uint32_t i = node + 1; !result && i < ls_args_end_of(c, node); i = ls_args_end_of(c, i)) {
    result = type_bit(&args->types, c, i);
  }
  return result;
}

static int key_additional(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return ls_args_compile_node(&args->additional, c, node);
}

static int key_min_properties(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->properties.min, c, node);
}

static int key_max_properties(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->properties.max, c, node);
}

static int key_items(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return ls_args_compile_node(&args->items, c, node);
}

static int key_prefix_items(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_list(&args->prefix, c, node);
}

static int key_min_items(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->elements.min, c, node);
}

static int key_max_items(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->elements.max, c, node);
}

static int key_unique_items(ls_args_compiler *c, ls_args *args, uint32_t node) {
  args->unique = ls_json_type_of(c->doc, node) == LS_JSON_TRUE;
  return args->unique ? LS_OK : ls_args_compile_expect(c, node, LS_JSON_FALSE, "true or false");
}

static int key_min_length(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->length.min, c, node);
}

static int key_max_length(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_size(&args->length.max, c, node);
}

static int key_minimum(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_bound(&args->minimum, c, node);
}

static int key_maximum(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_bound(&args->maximum, c, node);
}

static int key_exclusive_minimum(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_bound(&args->above, c, node);
}

static int key_exclusive_maximum(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return read_bound(&args->below, c, node);
}

static int key_multiple_of(ls_args_compiler *c, ls_args *args, uint32_t node) {
  int result = read_bound(&args->multiple, c, node);
  if (!result && !(args->multiple.value > 0)) result = ls_args_compile_fail(c, node, "expected a number above 0");
  return result;
}

/* n values from node `first` on, as their canonical texts. */
static int read_options(ls_args_compiler *c, ls_args *args, uint32_t node, uint32_t first, size_t n) {
  if (args->options) return ls_args_compile_fail(c, node, "enum and const are not supported together");
  ls_args_text *options = ls_arena_alloc(c->arena, n * sizeof *options);
  int result = options ? LS_OK : ls_fail_nomem(c->err);
  for (size_t i = 0; !result && i < n; i++, first = ls_args_end_of(c, first)) {
    ls_bytes_clear(&c->scratch);
    result = ls_json_canonical(&c->scratch, c->doc, first, c->err);
    if (!result) result = ls_args_compile_copy(&options[i], c);
  }
  args->options = options;
  args->n_options = n;
  return result;
}

static int key_enum(ls_args_compiler *c, ls_args *args, uint32_t node) {
  int result = ls_args_compile_expect(c, node, LS_JSON_ARRAY, "an array of values");
  if (result) return result;
  if (ls_args_count_of(c, node) == 0) return ls_args_compile_fail(c, node, "expected at least one value");
  return read_options(c, args, node, node + 1, ls_args_count_of(c, node));
}

static int key_const(ls_args_compiler *c, ls_args *args, uint32_t node) { return read_options(c, args, node, node, 1); }

static int key_all_of(ls_args_compiler *c, ls_args *args, uint32_t node) { return read_list(&args->all, c, node); }

static int key_any_of(ls_args_compiler *c, ls_args *args, uint32_t node) { return read_list(&args->any, c, node); }

static int key_one_of(ls_args_compiler *c, ls_args *args, uint32_t node) { return read_list(&args->one, c, node); }

static int key_not(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return ls_args_compile_node(&args->not, c, node);
}

static int key_format(ls_args_compiler *c, ls_args *args, uint32_t node) {
  ls_args_text name;
  int result = ls_args_compile_text(&name, c, node);
  if (result) return result;
  args->format = ls_args_format_of(name.data, name.size);
  return args->format ? LS_OK
                      : ls_args_compile_fail(
                            c, node, "format \"%s\" is not supported (known: date-time, date, time, uuid)", name.data);
}

static int key_deprecated(ls_args_compiler *c, ls_args *args, uint32_t node) {
  ls_json_type type = ls_json_type_of(c->doc, node);
  if (type == LS_JSON_FALSE) return LS_OK;
  args->deprecated = "deprecated";
  if (type == LS_JSON_TRUE) return LS_OK;
  ls_args_text reason;
  int result = ls_args_compile_expect(c, node, LS_JSON_STRING, "true or a text with the reason");
  if (!result) result = ls_args_compile_text(&reason, c, node);
  if (!result && reason.size > 0) args->deprecated = reason.data;
  return result;
}

static int key_defs(ls_args_compiler *c, ls_args *args, uint32_t node) {
  return args == c->root ? LS_OK : ls_args_compile_fail(c, node, "$defs is only supported at the top of the schema");
}

/* JSON Pointer (RFC 6901): ~1 stands for / and ~0 for ~. */
static size_t unescape_pointer(char *text, size_t size) {
  size_t n = 0;
  for (size_t i = 0; i < size; i++) {
    bool escape = text[i] == '~' && i + 1 < size && (text[i + 1] == '0' || text[i + 1] == '1');
    text[n++] = !escape ? text[i] : text[++i] == '0' ? '~' : '/';
  }
  return n;
}

static const ls_args *find_definition(const ls_args_compiler *c, const char *name, size_t size) {
  for (size_t i = 0; i < c->n_definitions; i++) {
    ls_args_text own = c->definitions[i].name;
    if (own.size == size && memcmp(own.data, name, size) == 0) return c->definitions[i].args;
  }
  return NULL;
}

static int key_ref(ls_args_compiler *c, ls_args *args, uint32_t node) {
  static const char prefix[] = "#/$defs/";
  const size_t prefix_size = sizeof prefix - 1;
  ls_args_text target;
  int result = ls_args_compile_text(&target, c, node);
  if (result) return result;
  if (strcmp(target.data, "#") == 0) {
    args->ref = c->root;
    return LS_OK;
  }
  if (strncmp(target.data, prefix, prefix_size) != 0 ||
      memchr(target.data + prefix_size, '/', target.size - prefix_size)) {
    return ls_args_compile_fail(c, node, "$ref \"%s\" is not supported (\"#\" and \"#/$defs/NAME\" are)", target.data);
  }
  char *name = (char *)target.data + prefix_size;
  args->ref = find_definition(c, name, unescape_pointer(name, target.size - prefix_size));
  return args->ref ? LS_OK : ls_args_compile_fail(c, node, "$defs has no \"%s\"", name);
}

static int key_note(ls_args_compiler *c, ls_args *args, uint32_t node) {
  (void)c;
  (void)args;
  (void)node;
  return LS_OK;
}

typedef struct keyword {
  const char *name;
  int (*read)(ls_args_compiler *c, ls_args *args, uint32_t node);
} keyword;

/* `properties` and `required` are read together, by read_members. */
static const keyword KEYWORDS[] = {{"type", key_type},
                                   {"properties", key_note},
                                   {"required", key_note},
                                   {"additionalProperties", key_additional},
                                   {"minProperties", key_min_properties},
                                   {"maxProperties", key_max_properties},
                                   {"items", key_items},
                                   {"prefixItems", key_prefix_items},
                                   {"minItems", key_min_items},
                                   {"maxItems", key_max_items},
                                   {"uniqueItems", key_unique_items},
                                   {"enum", key_enum},
                                   {"const", key_const},
                                   {"minLength", key_min_length},
                                   {"maxLength", key_max_length},
                                   {"minimum", key_minimum},
                                   {"maximum", key_maximum},
                                   {"exclusiveMinimum", key_exclusive_minimum},
                                   {"exclusiveMaximum", key_exclusive_maximum},
                                   {"multipleOf", key_multiple_of},
                                   {"anyOf", key_any_of},
                                   {"oneOf", key_one_of},
                                   {"allOf", key_all_of},
                                   {"not", key_not},
                                   {"$ref", key_ref},
                                   {"$defs", key_defs},
                                   {"format", key_format},
                                   {"deprecated", key_deprecated},
                                   {"title", key_note},
                                   {"description", key_note},
                                   {"default", key_note},
                                   {"examples", key_note},
                                   {"$comment", key_note},
                                   {"$schema", key_note},
                                   {"$id", key_note},
                                   {"readOnly", key_note},
                                   {"writeOnly", key_note}};
#define N_KEYWORDS (sizeof KEYWORDS / sizeof KEYWORDS[0])

static int fail_keyword(ls_args_compiler *c, uint32_t value) {
  char known[LS_ERROR_TEXT / 2];
  size_t size = 0;
  for (size_t i = 0; i < N_KEYWORDS && size < sizeof known; i++) {
    size += (size_t)snprintf(known + size, sizeof known - size, "%s%s", i ? ", " : "", KEYWORDS[i].name);
  }
  return ls_args_compile_fail(c, value, "not a keyword of JSON Schema that is supported (known: %s)", known);
}

int ls_args_compile_keyword(ls_args_compiler *c, ls_args *args, uint32_t key, uint32_t value) {
  for (size_t i = 0; i < N_KEYWORDS; i++) {
    if (ls_json_equals(c->doc, key, KEYWORDS[i].name)) return KEYWORDS[i].read(c, args, value);
  }
  return fail_keyword(c, value);
}
