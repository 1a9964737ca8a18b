/* wire_read - frames, and the members that messages are made of. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sync/wire_internal.h"

#define MAX_EXACT (INT64_C(1) << 53) /* of JSON's numbers, which are doubles */

int ls_wire_read(ls_wire_reader *reader, const char *frame, size_t size, ls_error *err) {
  ls_arena_fini(&reader->memory);
  reader->next = reader->end = 0;
  int rc = ls_json_parse(&reader->doc, frame, size, err);
  if (rc) return rc;
  reader->next = ls_json_type_of(&reader->doc, 0) == LS_JSON_ARRAY;
  reader->end = reader->doc.nodes[0].next;
  return LS_OK;
}

void ls_wire_reader_fini(ls_wire_reader *reader) {
  ls_arena_fini(&reader->memory);
  ls_json_fini(&reader->doc);
  reader->next = reader->end = 0;
}

int ls_wire_step(uint32_t *node, ls_wire_reader *reader, ls_error *err) {
  if (reader->next >= reader->end) return 0;
  *node = reader->next;
  reader->next = reader->doc.nodes[*node].next;
  int rc = ls_wire_object(&reader->doc, *node, "a message", err);
  return rc ? rc : 1;
}

/* ---------------------------------------------------------------------------------------------- */

int ls_wire_misfit(const ls_json *doc, uint32_t node, const char *key, const char *expected, ls_error *err) {
  if (!node) return ls_fail(err, LS_EFORMAT, "\"%s\" is missing (expected %s)", key, expected);
  return ls_fail(err, LS_EFORMAT, "\"%s\" must be %s, found %s", key, expected,
                 ls_json_type_name(ls_json_type_of(doc, node)));
}

int ls_wire_object(const ls_json *doc, uint32_t node, const char *what, ls_error *err) {
  ls_json_type type = ls_json_type_of(doc, node);
  if (type == LS_JSON_OBJECT) return LS_OK;
  return ls_fail(err, LS_EFORMAT, "%s must be an object, found %s", what, ls_json_type_name(type));
}

static const char *with_article(ls_json_type type) {
  switch (type) {
    case LS_JSON_STRING: return "a string";
    case LS_JSON_ARRAY: return "an array";
    case LS_JSON_OBJECT: return "an object";
    default: return "a number";
  }
}

int ls_wire_member(uint32_t *out, const ls_json *doc, uint32_t object, const char *key, ls_json_type type,
                   ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  if (!node || ls_json_type_of(doc, node) != type) return ls_wire_misfit(doc, node, key, with_article(type), err);
  *out = node;
  return LS_OK;
}

static int fail_tag(const ls_json *doc, uint32_t tag, const char *const *tags, size_t n, ls_error *err) {
  if (!err) return LS_EFORMAT;
  char expected[200] = "";
  for (size_t i = 0, used = 0; i < n && used < sizeof expected; i++) {
    const char *before = i == 0 ? "" : i + 1 < n ? ", " : " or ";
    used += (size_t)snprintf(expected + used, sizeof expected - used, "%s%s", before, tags[i]);
  }
  const ls_json_node *found = &doc->nodes[tag];
  int size = found->size < 100 ? (int)found->size : 100;
  return ls_fail(err, LS_EFORMAT, "\"_tag\" must be %s, found \"%.*s\"", expected, size, doc->text + found->start);
}

int ls_wire_tag(size_t *out, const ls_json *doc, uint32_t object, const char *const *tags, size_t n, ls_error *err) {
  uint32_t tag = 0;
  int rc = ls_wire_member(&tag, doc, object, "_tag", LS_JSON_STRING, err);
  if (rc) return rc;
  for (size_t i = 0; i < n; i++) {
    if (!ls_json_equals(doc, tag, tags[i])) continue;
    *out = i;
    return LS_OK;
  }
  return fail_tag(doc, tag, tags, n, err);
}

int ls_wire_flag(bool *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  ls_json_type type = node ? ls_json_type_of(doc, node) : LS_JSON_FALSE;
  if (type != LS_JSON_TRUE && type != LS_JSON_FALSE) return ls_wire_misfit(doc, node, key, "a boolean", err);
  *out = type == LS_JSON_TRUE;
  return LS_OK;
}

int ls_wire_whole(int64_t *out, const ls_json *doc, uint32_t object, const char *key, int64_t min, int64_t max,
                  ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  if (!node || ls_json_type_of(doc, node) != LS_JSON_NUMBER) {
    return ls_wire_misfit(doc, node, key, "a whole number", err);
  }
  ls_json_number number;
  if (ls_json_number_of(&number, doc, node, NULL) || !number.is_int || number.i < min || number.i > max) {
    return ls_fail(err, LS_EFORMAT, "\"%s\" must be a whole number from %lld to %lld", key, (long long)min,
                   (long long)max);
  }
  *out = number.i;
  return LS_OK;
}

/* Only the one way in which a number is written, so that an answer repeats what was asked. */
static bool decimal(uint64_t *out, const char *text, size_t size) {
  uint64_t value = 0;
  if (size == 0 || (size > 1 && text[0] == '0')) return false;
  for (size_t i = 0; i < size; i++) {
    if (text[i] < '0' || text[i] > '9') return false;
    uint64_t digit = (uint64_t)(text[i] - '0');
    if (value > (UINT64_MAX - digit) / 10) return false;
    value = value * 10 + digit;
  }
  *out = value;
  return true;
}

static int id_of_string(uint64_t *out, ls_wire_reader *reader, uint32_t node, const char *key, ls_error *err) {
  size_t size;
  const char *text = ls_wire_string(&size, reader, node);
  if (!text) return ls_fail_nomem(err);
  if (decimal(out, text, size)) return LS_OK;
  return ls_fail(err, LS_EFORMAT, "\"%s\" must be a decimal number of at most 64 bits", key);
}

int ls_wire_id(uint64_t *id, ls_dialect *dialect, ls_wire_reader *reader, uint32_t object, const char *key,
               ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t node = ls_json_get(doc, object, key);
  if (node && ls_json_type_of(doc, node) == LS_JSON_STRING) {
    *dialect = LS_DIALECT_STRINGS;
    return id_of_string(id, reader, node, key, err);
  }
  if (!node || ls_json_type_of(doc, node) != LS_JSON_NUMBER) {
    return ls_wire_misfit(doc, node, key, "a string or a number", err);
  }
  int64_t number = 0;
  int rc = ls_wire_whole(&number, doc, object, key, 0, MAX_EXACT, err);
  *dialect = LS_DIALECT_NUMBERS;
  *id = (uint64_t)number;
  return rc;
}

int ls_wire_option(uint32_t *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err) {
  static const char *const TAGS[] = {"None", "Some"};
  *out = 0;
  if (!ls_json_get(doc, object, key)) return LS_OK;
  uint32_t option = 0;
  size_t tag;
  int rc = ls_wire_member(&option, doc, object, key, LS_JSON_OBJECT, err);
  if (rc) return rc;
  rc = ls_wire_tag(&tag, doc, option, TAGS, 2, err);
  if (!rc && tag == 1) {
    *out = ls_json_get(doc, option, "value");
    if (!*out) rc = ls_wire_misfit(doc, 0, "value", "anything", err);
  }
  return rc ? ls_wrap(err, rc, "\"%s\"", key) : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static const char *string_escaped(size_t *size, ls_wire_reader *reader, uint32_t node) {
  ls_bytes text = {0};
  ls_json_string(&text, &reader->doc, node);
  const char *copy = ls_bytes_ok(&text) ? ls_arena_dup(&reader->memory, text.data, text.size) : NULL;
  if (size) *size = text.size;
  ls_bytes_fini(&text);
  return copy;
}

const char *ls_wire_string(size_t *size, ls_wire_reader *reader, uint32_t node) {
  const ls_json_node *string = &reader->doc.nodes[node];
  if (string->escaped) return string_escaped(size, reader, node);
  if (size) *size = string->size;
  return ls_arena_dup(&reader->memory, reader->doc.text + string->start, string->size);
}

const char *ls_wire_verbatim(size_t *size, ls_wire_reader *reader, uint32_t node) {
  const ls_json_node *value = &reader->doc.nodes[node];
  uint32_t quote = value->type == LS_JSON_STRING;
  *size = value->size + 2 * quote;
  return ls_arena_dup(&reader->memory, reader->doc.text + value->start - quote, *size);
}

void *ls_wire_array(ls_wire_reader *reader, size_t count, size_t size) {
  return count > SIZE_MAX / size ? NULL : ls_arena_alloc(&reader->memory, count * size);
}

int ls_wire_text_of(const char **out, ls_wire_reader *reader, uint32_t node, const char *name, ls_error *err) {
  if (ls_json_type_of(&reader->doc, node) != LS_JSON_STRING) {
    return ls_wire_misfit(&reader->doc, node, name, "a string", err);
  }
  size_t size;
  const char *text = ls_wire_string(&size, reader, node);
  if (!text) return ls_fail_nomem(err);
  if (size == 0 || strlen(text) != size) {
    return ls_fail(err, LS_EFORMAT, "\"%s\" must be a text of at least one character, none of them NUL", name);
  }
  *out = text;
  return LS_OK;
}

int ls_wire_text(const char **out, ls_wire_reader *reader, uint32_t object, const char *key, ls_error *err) {
  uint32_t node = 0;
  int rc = ls_wire_member(&node, &reader->doc, object, key, LS_JSON_STRING, err);
  return rc ? rc : ls_wire_text_of(out, reader, node, key, err);
}
