/* restore_value.c - values as the arguments of restoring events have them; see restore.h. */
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/utf8.h"
#include "core/restore.h"

#define EXACT_INT (INT64_C(1) << 53)

bool ls_value_same(ls_value a, ls_value b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case LS_TYPE_NULL: return true;
    case LS_TYPE_INT: return a.as.i == b.as.i;
    case LS_TYPE_REAL: return memcmp(&a.as.r, &b.as.r, sizeof a.as.r) == 0;
    default: return a.as.b.size == b.as.b.size && (!a.as.b.size || memcmp(a.as.b.data, b.as.b.data, a.as.b.size) == 0);
  }
}

static void put_hex(ls_bytes *out, const char *tag, const unsigned char *data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  ls_bytes_printf(out, "{\"%s\":\"", tag);
  if (ls_bytes_reserve(out, 2 * size + 2)) {
    for (size_t i = 0; i < size; i++) {
      ls_bytes_byte(out, digits[data[i] >> 4]);
      ls_bytes_byte(out, digits[data[i] & 15]);
    }
  }
  ls_bytes_text(out, "\"}");
}

static bool is_finite(double real) { return real - real == 0; }

static void put_real(ls_bytes *out, double real) {
  uint64_t bits;
  memcpy(&bits, &real, sizeof bits);
  bool whole = is_finite(real) && (real >= 0x1p53 || real <= -0x1p53 || (double)(int64_t)real == real);
  if (!is_finite(real) || bits == UINT64_C(1) << 63) { /* minus zero, which JSON numbers lose */
    ls_bytes_printf(out, "{\"real\":\"%016llx\"}", (unsigned long long)bits);
  } else if (whole) {
    ls_bytes_text(out, "{\"real\":");
    ls_json_write_double(out, real);
    ls_bytes_byte(out, '}');
  } else {
    ls_json_write_double(out, real);
  }
}

void ls_restore_put_value(ls_bytes *out, ls_value value) {
  switch (value.type) {
    case LS_TYPE_INT: {
      bool exact = value.as.i <= EXACT_INT && value.as.i >= -EXACT_INT;
      ls_bytes_printf(out, exact ? "%lld" : "{\"int\":\"%lld\"}", (long long)value.as.i);
      return;
    }
    case LS_TYPE_REAL: put_real(out, value.as.r); return;
    case LS_TYPE_TEXT:
      if (ls_utf8_valid(value.as.b.data, value.as.b.size))
        ls_json_write_string(out, value.as.b.data, value.as.b.size);
      else
        put_hex(out, "text", value.as.b.data, value.as.b.size);
      return;
    case LS_TYPE_BLOB: put_hex(out, "blob", value.as.b.data, value.as.b.size); return;
    default: ls_bytes_text(out, "null");
  }
}

/* ---------------------------------------------------------------------------------------------- */

static int bad_value(ls_error *err) { return ls_fail(err, LS_EARGS, "a value is not written as it must be"); }

static int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void set_block(ls_value *out, ls_type type, size_t at, size_t size) {
  *out = ls_null();
  out->type = type;
  out->as.b.data = (const void *)(uintptr_t)at;
  out->as.b.size = size;
}

static int get_hex(ls_value *out, ls_type type, ls_bytes *text, const char *digits, size_t size, ls_error *err) {
  size_t at = text->size;
  if (size % 2) return bad_value(err);
  for (size_t i = 0; i < size; i += 2) {
    int high = digit_of(digits[i]), low = digit_of(digits[i + 1]);
    if (high < 0 || low < 0) return bad_value(err);
    ls_bytes_byte(text, (char)(high << 4 | low));
  }
  set_block(out, type, at, size / 2);
  return ls_bytes_ok(text) ? LS_OK : ls_fail_nomem(err);
}

static int get_bits(ls_value *out, const char *digits, size_t size, ls_error *err) {
  uint64_t bits = 0;
  if (size != 16) return bad_value(err);
  for (size_t i = 0; i < size; i++) {
    if (digit_of(digits[i]) < 0) return bad_value(err);
    bits = bits << 4 | (uint64_t)digit_of(digits[i]);
  }
  double real;
  memcpy(&real, &bits, sizeof real);
  *out = ls_real(real);
  return LS_OK;
}

static int get_int(ls_value *out, const char *digits, size_t size, ls_error *err) {
  char text[24], again[24];
  if (size >= sizeof text) return bad_value(err);
  memcpy(text, digits, size);
  text[size] = 0;
  long long number = strtoll(text, NULL, 10);
  snprintf(again, sizeof again, "%lld", number);
  *out = ls_int(number);
  return strcmp(text, again) == 0 ? LS_OK : bad_value(err);
}

/* {"tag":value} */
static int get_tagged(ls_value *out, ls_bytes *text, const ls_json *doc, uint32_t node, ls_error *err) {
  if (doc->nodes[node].count != 1) return bad_value(err);
  uint32_t key = node + 1;
  const ls_json_node *value = &doc->nodes[key + 1];
  const char *chars = doc->text + value->start;
  if (value->type == LS_JSON_NUMBER && ls_json_equals(doc, key, "real")) {
    ls_json_number number;
    int rc = ls_json_number_of(&number, doc, key + 1, err);
    *out = ls_real(rc ? 0 : number.r);
    return rc;
  }
  if (value->type != LS_JSON_STRING) return bad_value(err);
  if (ls_json_equals(doc, key, "int")) return get_int(out, chars, value->size, err);
  if (ls_json_equals(doc, key, "real")) return get_bits(out, chars, value->size, err);
  if (ls_json_equals(doc, key, "blob")) return get_hex(out, LS_TYPE_BLOB, text, chars, value->size, err);
  if (ls_json_equals(doc, key, "text")) return get_hex(out, LS_TYPE_TEXT, text, chars, value->size, err);
  return bad_value(err);
}

static int get_number(ls_value *out, const ls_json *doc, uint32_t node, ls_error *err) {
  ls_json_number number;
  int rc = ls_json_number_of(&number, doc, node, err);
  if (!rc) *out = number.is_int ? ls_int(number.i) : ls_real(number.r);
  return rc;
}

int ls_restore_get_value(ls_value *out, ls_bytes *text, const ls_json *doc, uint32_t node, ls_error *err) {
  switch (ls_json_type_of(doc, node)) {
    case LS_JSON_NULL: *out = ls_null(); return LS_OK;
    case LS_JSON_NUMBER: return get_number(out, doc, node, err);
    case LS_JSON_OBJECT: return get_tagged(out, text, doc, node, err);
    case LS_JSON_STRING: {
      size_t at = text->size;
      ls_json_string(text, doc, node);
      set_block(out, LS_TYPE_TEXT, at, text->size - at);
      return ls_bytes_ok(text) ? LS_OK : ls_fail_nomem(err);
    }
    default: return bad_value(err);
  }
}
