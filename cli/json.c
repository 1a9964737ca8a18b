#include "json.h"

#include <inttypes.h>
#include <string.h>

#include "display.h"
#include "number.h"

static void put_escape(cli_text *out, uint32_t code) {
  static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
  const char *found = code && code < 0x80 ? strchr(plain, (char)code) : NULL;
  if (found)
    cli_text_printf(out, "\\%c", letters[found - plain]);
  else
    cli_text_printf(out, "\\u%04x", (unsigned)code);
}

void cli_json_string(cli_text *out, const char *data, size_t size) {
  cli_text_char(out, '"');
  for (size_t at = 0; at < size;) {
    uint32_t code;
    size_t length = cli_utf8_read(&code, data + at, size - at);
    if (code == UINT32_MAX)
      cli_text_put(out, "\xef\xbf\xbd");
    else if (code == '"' || code == '\\' || cli_is_control(code))
      put_escape(out, code);
    else
      cli_text_append(out, data + at, length);
    at += length;
  }
  cli_text_char(out, '"');
}

void cli_json_value(cli_text *out, ls_value value) {
  char number[CLI_NUMBER_TEXT];
  switch (value.type) {
    case LS_TYPE_NULL: cli_text_put(out, "null"); break;
    case LS_TYPE_INT: cli_text_printf(out, "%" PRId64, value.as.i); break;
    case LS_TYPE_REAL: cli_text_put(out, cli_number_real(number, value.as.r)); break;
    case LS_TYPE_TEXT: cli_json_string(out, value.as.b.data, value.as.b.size); break;
    case LS_TYPE_BLOB:
      cli_text_char(out, '"');
      cli_text_hex(out, value.as.b.data, value.as.b.size);
      cli_text_char(out, '"');
      break;
  }
}

void cli_json_raw(cli_text *out, const char *json, size_t size) {
  size_t written = 0;
  for (size_t at = 0; at < size;) {
    uint32_t code;
    size_t length = cli_utf8_read(&code, json + at, size - at);
    if (code >= 0x7f && code != UINT32_MAX && cli_is_control(code)) {
      cli_text_append(out, json + written, at - written);
      put_escape(out, code);
      written = at + length;
    }
    at += length;
  }
  cli_text_append(out, json + written, size - written);
}

const char *cli_json_space(const char *at, const char *end) {
  while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
  return at;
}

const char *cli_json_skip_string(const char *at, const char *end) {
  if (at == end || *at++ != '"') return NULL;
  for (; at < end && *at != '"'; at++) {
    if (*at == '\\' && ++at == end) return NULL;
  }
  return at < end ? at + 1 : NULL;
}

static const char *skip_word(const char *at, const char *end) {
  const char *from = at;
  while (at < end && *at && !strchr(" \t\r\n,:\"[]{}", *at)) at++;
  return at > from ? at : NULL;
}

const char *cli_json_skip_value(const char *at, const char *end) {
  if (at == end) return NULL;
  if (*at == '"') return cli_json_skip_string(at, end);
  if (*at != '{' && *at != '[') return skip_word(at, end);
  size_t depth = 0;
  while (at < end) {
    if (*at == '"') {
      at = cli_json_skip_string(at, end);
      if (!at) return NULL;
      continue;
    }
    char c = *at++;
    if (c == '{' || c == '[') depth++;
    if ((c == '}' || c == ']') && --depth == 0) return at;
  }
  return NULL;
}

/* Four hexadecimal digits, or -1. */
static int32_t read_hex(const char *at, const char *end) {
  if (end - at < 4) return -1;
  int32_t value = 0;
  for (int i = 0; i < 4; i++) {
    static const char digits[] = "0123456789abcdef";
    char c = at[i] >= 'A' && at[i] <= 'F' ? (char)(at[i] + 32) : at[i];
    const char *digit = c ? strchr(digits, c) : NULL;
    if (!digit) return -1;
    value = value * 16 + (int32_t)(digit - digits);
  }
  return value;
}

static char *put_utf8(char *to, uint32_t code) {
  if (code < 0x80) {
    *to++ = (char)code;
    return to;
  }
  int more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  static const uint32_t leads[] = {0, 0xc0, 0xe0, 0xf0};
  *to++ = (char)(leads[more] | code >> (6 * more));
  while (more-- > 0) *to++ = (char)(0x80 | (code >> (6 * more) & 0x3f));
  return to;
}

/* Reads \uXXXX, or two of them that make a pair, behind its "\u"; NULL when it is wrong. */
static const char *read_unicode(uint32_t *code, const char *at, const char *end) {
  int32_t high = read_hex(at, end);
  if (high <= 0 || (high >= 0xdc00 && high <= 0xdfff)) return NULL;
  *code = (uint32_t)high;
  if (high < 0xd800 || high > 0xdfff) return at + 4;
  int32_t low = end - at >= 10 && at[4] == '\\' && at[5] == 'u' ? read_hex(at + 6, end) : -1;
  if (low < 0xdc00 || low > 0xdfff) return NULL;
  *code = 0x10000u + ((uint32_t)(high - 0xd800) << 10) + (uint32_t)(low - 0xdc00);
  return at + 10;
}

bool cli_json_unescape(char *from, const char *to) {
  static const char letters[] = "\"\\/bfnrt", plain[] = "\"\\/\b\f\n\r\t";
  char *out = from;
  for (const char *at = from + 1; at < to;) {
    if (*at == '\0') return false;
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    const char *letter = at[1] ? strchr(letters, at[1]) : NULL;
    uint32_t code = letter ? (uint32_t)plain[letter - letters] : 0;
    at = letter ? at + 2 : at[1] == 'u' ? read_unicode(&code, at + 2, to) : NULL;
    if (!at) return false;
    out = put_utf8(out, code);
  }
  *out = '\0';
  return true;
}
