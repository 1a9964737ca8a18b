/* json_read - the parser: RFC 8259, nothing more.
 *
 * It is a loop, not a recursion: reading a value, then ending it. Ending a value may end the containers around it.
 * While a container is open, its node's `next` holds the index of the container around it, so the nodes themselves
 * are the stack; closing it puts there what belongs there. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json_internal.h"
#include "base/utf8.h"

#define NONE UINT32_MAX /* no container is open */
#define NODES_MIN ((size_t)32)

typedef struct reader {
  ls_json *doc;
  const char *text;
  size_t size;
  size_t at;
  size_t depth;         /* open containers */
  uint32_t open;        /* the innermost one */
  int code;             /* set with the first thing that is wrong */
  const char *expected; /* LS_EJSON: what should stand at `at` */
} reader;

static bool refuse(reader *r, const char *expected) {
  r->code = LS_EJSON;
  r->expected = expected;
  return false;
}

/* The next byte, or -1 at the end. */
static inline int peek(const reader *r) { return r->at < r->size ? (unsigned char)r->text[r->at] : -1; }

static inline bool is_digit(int byte) { return byte >= '0' && byte <= '9'; }

static inline int skip_space(reader *r) {
  int byte = peek(r);
  while (byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t') {
    r->at++;
    byte = peek(r);
  }
  return byte;
}

static bool nodes_grow(reader *r) {
  ls_json *doc = r->doc;
  size_t capacity = doc->capacity ? doc->capacity * 2 : NODES_MIN;
  ls_json_node *nodes = NULL;
  if (capacity <= SIZE_MAX / sizeof *nodes) nodes = ls_realloc(doc->nodes, capacity * sizeof *nodes);
  if (!nodes) {
    r->code = LS_ENOMEM;
    return false;
  }
  doc->nodes = nodes;
  doc->capacity = capacity;
  return true;
}

/* A node for the text from `start` to the present place. */
static inline bool node_add(reader *r, ls_json_type type, bool escaped, size_t start) {
  ls_json *doc = r->doc;
  if (doc->n == doc->capacity && !nodes_grow(r)) return false;
  uint32_t index = (uint32_t)doc->n++;
  doc->nodes[index] = (ls_json_node){.type = (uint8_t)type,
                                     .escaped = escaped,
                                     .start = (uint32_t)start,
                                     .size = (uint32_t)(r->at - start),
                                     .next = index + 1};
  return true;
}

static bool read_escape(reader *r) {
  r->at++;
  switch (peek(r)) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't': r->at++; return true;
    case 'u':
      if (r->size - r->at < 5 || ls_json_hex4(r->text + r->at + 1) < 0) break;
      r->at += 5;
      return true;
    default: break;
  }
  return refuse(r, "\" \\ / b f n r t, or u and four hexadecimal digits, behind a backslash");
}

static bool read_wide(reader *r) {
  size_t length = ls_utf8_length(r->text + r->at, r->size - r->at);
  if (length == 0) return refuse(r, "well-formed UTF-8");
  r->at += length;
  return true;
}

/* At the opening quote; ends behind the closing one. */
static bool read_string(reader *r) {
  size_t start = ++r->at;
  bool escaped = false;
  for (;;) {
    while (r->at < r->size && ls_json_class_of(r->text[r->at]) == LS_JSON_CHAR_PLAIN) r->at++;
    if (r->at == r->size) return refuse(r, "the quote that ends the string");
    switch (ls_json_class_of(r->text[r->at])) {
      case LS_JSON_CHAR_QUOTE:
        if (!node_add(r, LS_JSON_STRING, escaped, start)) return false;
        r->at++;
        return true;
      case LS_JSON_CHAR_ESCAPE:
        escaped = true;
        if (!read_escape(r)) return false;
        break;
      case LS_JSON_CHAR_WIDE:
        if (!read_wide(r)) return false;
        break;
      default: return refuse(r, "an escape such as \\n for a control character");
    }
  }
}

static bool read_digits(reader *r) {
  if (!is_digit(peek(r))) return refuse(r, "a digit");
  while (is_digit(peek(r))) r->at++;
  return true;
}

static bool read_number(reader *r) {
  size_t start = r->at;
  if (peek(r) == '-') r->at++;
  if (peek(r) == '0') {
    r->at++;
  } else if (!read_digits(r)) {
    return false;
  }
  if (peek(r) == '.') {
    r->at++;
    if (!read_digits(r)) return false;
  }
  if (peek(r) == 'e' || peek(r) == 'E') {
    r->at++;
    if (peek(r) == '+' || peek(r) == '-') r->at++;
    if (!read_digits(r)) return false;
  }
  return node_add(r, LS_JSON_NUMBER, false, start);
}

static bool read_literal(reader *r, ls_json_type type, const char *word) {
  size_t start = r->at, size = strlen(word);
  if (r->size - r->at < size || memcmp(r->text + r->at, word, size) != 0) return refuse(r, "a value");
  r->at += size;
  return node_add(r, type, false, start);
}

static bool read_scalar(reader *r, int byte) {
  switch (byte) {
    case '"': return read_string(r);
    case 't': return read_literal(r, LS_JSON_TRUE, "true");
    case 'f': return read_literal(r, LS_JSON_FALSE, "false");
    case 'n': return read_literal(r, LS_JSON_NULL, "null");
    default: break;
  }
  if (byte == '-' || is_digit(byte)) return read_number(r);
  return refuse(r, "a value");
}

/* A key with its colon. */
static bool read_key(reader *r, const char *expected) {
  if (skip_space(r) != '"') return refuse(r, expected);
  if (!read_string(r)) return false;
  if (skip_space(r) != ':') return refuse(r, "':'");
  r->at++;
  return true;
}

static bool open_container(reader *r, ls_json_type type) {
  if (r->depth == LS_JSON_MAX_DEPTH) {
    r->code = LS_ELIMIT;
    return false;
  }
  uint32_t index = (uint32_t)r->doc->n;
  if (!node_add(r, type, false, r->at)) return false;
  r->doc->nodes[index].next = r->open;
  r->open = index;
  r->depth++;
  r->at++;
  return true;
}

static void close_container(reader *r) {
  ls_json_node *node = &r->doc->nodes[r->open];
  r->at++;
  r->open = node->next;
  r->depth--;
  node->size = (uint32_t)(r->at - node->start);
  node->next = (uint32_t)r->doc->n;
}

/* Behind the opening bracket: close an empty container, or go to where its first value stands. */
static bool enter_container(reader *r, bool *whole) {
  bool object = r->doc->nodes[r->open].type == LS_JSON_OBJECT;
  if (skip_space(r) == (object ? '}' : ']')) {
    close_container(r);
    return true;
  }
  *whole = false;
  r->doc->nodes[r->open].count = 1;
  return !object || read_key(r, "a key in quotes, or '}'");
}

/* Read a scalar or an empty container whole; or open a container and go to its first value. */
static bool begin_value(reader *r, bool *whole) {
  *whole = true;
  int byte = skip_space(r);
  if (byte != '{' && byte != '[') return read_scalar(r, byte);
  return open_container(r, byte == '{' ? LS_JSON_OBJECT : LS_JSON_ARRAY) && enter_container(r, whole);
}

/* Behind a value: close what ends here, and go to where the next value stands, if there is one. */
static bool end_value(reader *r, bool *more) {
  *more = false;
  while (r->open != NONE) {
    ls_json_node *node = &r->doc->nodes[r->open];
    bool object = node->type == LS_JSON_OBJECT;
    int byte = skip_space(r);
    if (byte == ',') {
      r->at++;
      node->count++;
      *more = true;
      return !object || read_key(r, "a key in quotes");
    }
    if (byte != (object ? '}' : ']')) return refuse(r, object ? "',' or '}'" : "',' or ']'");
    close_container(r);
  }
  return true;
}

static bool read_document(reader *r) {
  bool whole, more = true;
  while (more) {
    if (!begin_value(r, &whole)) return false;
    if (whole && !end_value(r, &more)) return false;
  }
  if (skip_space(r) != -1) return refuse(r, "the end of the text");
  return true;
}

/* Line and column, in characters, from 1. */
static void locate(const reader *r, size_t *line, size_t *column) {
  size_t start = 0;
  *line = 1;
  for (size_t i = 0; i < r->at; i++) {
    if (r->text[i] != '\n') continue;
    start = i + 1;
    ++*line;
  }
  *column = ls_utf8_count(r->text + start, r->at - start) + 1;
}

static void describe_found(char *out, size_t out_size, const reader *r) {
  if (r->at == r->size) {
    snprintf(out, out_size, "the end of the text");
    return;
  }
  const char *found = r->text + r->at;
  size_t length = ls_utf8_length(found, r->size - r->at);
  if (length == 0 || ls_json_class_of(*found) == LS_JSON_CHAR_CONTROL) {
    snprintf(out, out_size, "byte 0x%02x", (unsigned)(unsigned char)*found);
  } else {
    snprintf(out, out_size, "'%.*s'", (int)length, found);
  }
}

static int fail(const reader *r, ls_error *err) {
  if (!err) return r->code;
  if (r->code == LS_ENOMEM) return ls_fail_nomem(err);
  size_t line, column;
  locate(r, &line, &column);
  if (r->code == LS_ELIMIT) {
    return ls_fail(err, LS_ELIMIT, "JSON, line %zu, column %zu: more than %d levels deep", line, column,
                   LS_JSON_MAX_DEPTH);
  }
  char found[32];
  describe_found(found, sizeof found, r);
  return ls_fail(err, LS_EJSON, "JSON, line %zu, column %zu: expected %s, found %s", line, column, r->expected, found);
}

int ls_json_parse(ls_json *doc, const char *text, size_t size, ls_error *err) {
  doc->text = NULL;
  doc->size = doc->n = 0;
  if (size >= UINT32_MAX) return ls_fail(err, LS_ELIMIT, "JSON of %zu bytes: 4 GiB and more are not read", size);
  reader r = {.doc = doc, .text = text, .size = size, .open = NONE};
  if (!read_document(&r)) {
    doc->n = 0;
    return fail(&r, err);
  }
  doc->text = text;
  doc->size = size;
  return LS_OK;
}

void ls_json_fini(ls_json *doc) {
  ls_free(doc->nodes);
  *doc = (ls_json){0};
}
