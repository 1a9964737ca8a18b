/* json_string - the characters of strings, in and out. */
#include <string.h>

#include "base/json_internal.h"
#include "base/utf8.h"

#define REPLACEMENT UINT32_C(0xfffd)

#define Q LS_JSON_CHAR_QUOTE
#define E LS_JSON_CHAR_ESCAPE
#define C LS_JSON_CHAR_CONTROL
#define W LS_JSON_CHAR_WIDE
#define C8 C, C, C, C, C, C, C, C
#define W32 W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W

const uint8_t LS_JSON_CHARS[256] = {C8, C8, C8, C8, ['"'] = Q, ['\\'] = E, [0x80] = W32, W32, W32, W32};

#undef Q
#undef E
#undef C
#undef W
#undef C8
#undef W32

static int32_t hex_digit(char byte) {
  if (byte >= '0' && byte <= '9') return byte - '0';
  if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
  if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
  return -1;
}

int32_t ls_json_hex4(const char *digits) {
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    int32_t digit = hex_digit(digits[i]);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

static uint32_t wide_char(const char *text, size_t size, size_t *at) {
  static const unsigned char FIRST_MASK[] = {0, 0, 0x1f, 0x0f, 0x07};
  size_t length = ls_utf8_length(text + *at, size - *at);
  uint32_t code = (unsigned char)text[*at] & FIRST_MASK[length];
  for (size_t i = 1; i < length; i++) code = code << 6 | ((unsigned char)text[*at + i] & 0x3f);
  *at += length;
  return code;
}

/* The low half of a pair, when \uDC00 to \uDFFF stands here; otherwise 0. */
static uint32_t low_surrogate(const char *text, size_t size, size_t at) {
  if (size - at < 6 || text[at] != '\\' || text[at + 1] != 'u') return 0;
  uint32_t code = (uint32_t)ls_json_hex4(text + at + 2);
  return code >= 0xdc00 && code <= 0xdfff ? code : 0;
}

static uint32_t unicode_escape(const char *text, size_t size, size_t *at) {
  uint32_t high = (uint32_t)ls_json_hex4(text + *at + 2);
  *at += 6;
  if (high < 0xd800 || high > 0xdbff) return high;
  uint32_t low = low_surrogate(text, size, *at);
  if (low == 0) return high;
  *at += 6;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

uint32_t ls_json_char_next(const char *text, size_t size, size_t *at) {
  ls_json_char_class class = ls_json_class_of(text[*at]);
  if (class == LS_JSON_CHAR_WIDE) return wide_char(text, size, at);
  if (class != LS_JSON_CHAR_ESCAPE) return (unsigned char)text[(*at)++];
  char letter = text[*at + 1];
  if (letter == 'u') return unicode_escape(text, size, at);
  *at += 2;
  switch (letter) {
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return (unsigned char)letter; /* \" \\ and \/ */
  }
}

void ls_json_string(ls_bytes *out, const ls_json *doc, uint32_t string) {
  const ls_json_node *node = &doc->nodes[string];
  const char *text = ls_json_text_of(doc, string);
  if (!node->escaped) {
    ls_bytes_append(out, text, node->size);
    return;
  }
  for (size_t at = 0; at < node->size;) {
    uint32_t code = ls_json_char_next(text, node->size, &at);
    char utf8[4];
    ls_bytes_append(out, utf8, ls_utf8_encode(utf8, ls_json_is_surrogate(code) ? REPLACEMENT : code));
  }
}

bool ls_json_equals(const ls_json *doc, uint32_t string, const char *text) {
  const ls_json_node *node = &doc->nodes[string];
  const char *own = ls_json_text_of(doc, string);
  size_t size = strlen(text), used = 0;
  if (!node->escaped) return node->size == size && memcmp(own, text, size) == 0;
  for (size_t at = 0; at < node->size;) {
    uint32_t code = ls_json_char_next(own, node->size, &at);
    char utf8[4];
    size_t n = ls_utf8_encode(utf8, ls_json_is_surrogate(code) ? REPLACEMENT : code);
    if (size - used < n || memcmp(text + used, utf8, n) != 0) return false;
    used += n;
  }
  return used == size;
}

static void write_escape_u(ls_bytes *out, uint32_t code) {
  static const char DIGITS[] = "0123456789abcdef";
  char text[6] = {'\\', 'u', DIGITS[code >> 12], DIGITS[code >> 8 & 15], DIGITS[code >> 4 & 15], DIGITS[code & 15]};
  ls_bytes_append(out, text, sizeof text);
}

static void write_control(ls_bytes *out, uint32_t code) {
  switch (code) {
    case '\b': ls_bytes_append(out, "\\b", 2); break;
    case '\f': ls_bytes_append(out, "\\f", 2); break;
    case '\n': ls_bytes_append(out, "\\n", 2); break;
    case '\r': ls_bytes_append(out, "\\r", 2); break;
    case '\t': ls_bytes_append(out, "\\t", 2); break;
    default: write_escape_u(out, code); break;
  }
}

void ls_json_write_char(ls_bytes *out, uint32_t code) {
  if (code < 0x20) {
    write_control(out, code);
  } else if (ls_json_is_surrogate(code)) {
    write_escape_u(out, code);
  } else {
    if (code == '"' || code == '\\') ls_bytes_byte(out, '\\');
    char utf8[4];
    ls_bytes_append(out, utf8, ls_utf8_encode(utf8, code));
  }
}

/* Bytes at the start of text that stand in a string as they are. */
static size_t plain_run(const char *text, size_t size) {
  size_t at = 0;
  while (at < size) {
    ls_json_char_class class = ls_json_class_of(text[at]);
    size_t length = class == LS_JSON_CHAR_PLAIN ? 1 : 0;
    if (class == LS_JSON_CHAR_WIDE) length = ls_utf8_length(text + at, size - at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

void ls_json_write_string(ls_bytes *out, const char *text, size_t size) {
  ls_bytes_byte(out, '"');
  for (size_t at = 0; at < size; at++) {
    size_t run = plain_run(text + at, size - at);
    ls_bytes_append(out, text + at, run);
    at += run;
    if (at == size) break;
    unsigned char byte = (unsigned char)text[at];
    ls_json_write_char(out, byte < 0x80 ? byte : REPLACEMENT);
  }
  ls_bytes_byte(out, '"');
}
