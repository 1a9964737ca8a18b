/* json_path - finding members of objects, and naming places. */
#include "base/json_internal.h"

const char *ls_json_type_name(ls_json_type type) {
  switch (type) {
    case LS_JSON_NULL: return "null";
    case LS_JSON_FALSE:
    case LS_JSON_TRUE: return "boolean";
    case LS_JSON_NUMBER: return "number";
    case LS_JSON_STRING: return "string";
    case LS_JSON_ARRAY: return "array";
    case LS_JSON_OBJECT: break;
  }
  return "object";
}

uint32_t ls_json_get(const ls_json *doc, uint32_t object, const char *key) {
  uint32_t at = object + 1;
  for (uint32_t i = 0; i < doc->nodes[object].count; i++) {
    if (ls_json_equals(doc, at, key)) return at + 1;
    at = doc->nodes[at + 1].next;
  }
  return 0;
}

static bool is_word_byte(char byte, bool first) {
  if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_') return true;
  return !first && byte >= '0' && byte <= '9';
}

static bool is_word(const char *text, size_t size) {
  for (size_t i = 0; i < size; i++) {
    if (!is_word_byte(text[i], i == 0)) return false;
  }
  return size > 0;
}

/* .key, or ."key" as it stands in the text when it is not a plain word. */
static void write_key(ls_bytes *out, const ls_json *doc, uint32_t key) {
  const char *text = ls_json_text_of(doc, key);
  size_t size = doc->nodes[key].size;
  bool word = is_word(text, size);
  ls_bytes_text(out, word ? "." : ".\"");
  ls_bytes_append(out, text, size);
  if (!word) ls_bytes_byte(out, '"');
}

/* The member of an object, as its key, that holds `node` (its key, its value or something in it). */
static uint32_t key_above(const ls_json *doc, uint32_t object, uint32_t node) {
  uint32_t key = object + 1;
  while (doc->nodes[key + 1].next <= node) key = doc->nodes[key + 1].next;
  return key;
}

/* The element of an array that is or holds `node`. */
static uint32_t element_above(const ls_json *doc, uint32_t array, uint32_t node, size_t *index) {
  uint32_t element = array + 1;
  for (*index = 0; doc->nodes[element].next <= node; ++*index) element = doc->nodes[element].next;
  return element;
}

void ls_json_path(ls_bytes *out, const ls_json *doc, uint32_t node) {
  ls_bytes_byte(out, '$');
  for (uint32_t at = 0; at < node;) {
    if (doc->nodes[at].type == LS_JSON_OBJECT) {
      uint32_t key = key_above(doc, at, node);
      write_key(out, doc, key);
      at = key + 1;
    } else {
      size_t index;
      at = element_above(doc, at, node, &index);
      ls_bytes_printf(out, "[%zu]", index);
    }
  }
}
