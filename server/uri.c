#include "server/uri.h"

#include "base/err.h"
#include "base/utf8.h"

static int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/* The byte that the text's first three characters stand for; -1 when they are no %xx. */
static int encoded_byte(const char *text, size_t size) {
  if (size < 3) return -1;
  int high = digit(text[1]), low = digit(text[2]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static int append_decoded(ls_bytes *out, const char *text, size_t size, ls_error *err) {
  for (size_t at = 0; at < size; at++) {
    if (text[at] != '%') {
      ls_bytes_byte(out, text[at]);
      continue;
    }
    int byte = encoded_byte(text + at, size - at);
    if (byte < 0) return ls_fail(err, LS_EARGS, "a %% stands before what is not two hexadecimal digits");
    if (byte == 0) return ls_fail(err, LS_EARGS, "%%00 stands for no character");
    ls_bytes_byte(out, (char)byte);
    at += 2;
  }
  return LS_OK;
}

int ls_uri_decode(ls_bytes *out, const char *text, size_t size, ls_error *err) {
  size_t before = out->size;
  int rc = append_decoded(out, text, size, err);
  if (!rc && !ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  if (!rc && out->size > before && !ls_utf8_valid(out->data + before, out->size - before)) {
    rc = ls_fail(err, LS_EARGS, "what its %%xx stand for is not UTF-8");
  }
  if (rc && ls_bytes_ok(out)) out->size = before;
  return rc;
}
