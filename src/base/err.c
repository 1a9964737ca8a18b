/* err - error texts are one line of UTF-8 whatever was put into them: control characters become spaces, bytes that
 * are no UTF-8 become question marks, and what is too long ends at a whole character. */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

typedef struct code_name {
  int code;
  const char *name;
} code_name;

static const code_name CODE_NAMES[] = {
    {LS_OK, "LS_OK"},           {LS_ENOMEM, "LS_ENOMEM"},       {LS_EIO, "LS_EIO"},
    {LS_EFULL, "LS_EFULL"},     {LS_ELOCKED, "LS_ELOCKED"},     {LS_ENOTFOUND, "LS_ENOTFOUND"},
    {LS_EEXISTS, "LS_EEXISTS"}, {LS_EJSON, "LS_EJSON"},         {LS_ESCHEMA, "LS_ESCHEMA"},
    {LS_EARGS, "LS_EARGS"},     {LS_EEVENT, "LS_EEVENT"},       {LS_EMATERIALIZE, "LS_EMATERIALIZE"},
    {LS_ESQL, "LS_ESQL"},       {LS_EREADONLY, "LS_EREADONLY"}, {LS_ECORRUPT, "LS_ECORRUPT"},
    {LS_EFORMAT, "LS_EFORMAT"}, {LS_EORDER, "LS_EORDER"},       {LS_ELIMIT, "LS_ELIMIT"},
    {LS_EABORT, "LS_EABORT"},   {LS_ECYCLE, "LS_ECYCLE"},
    {LS_EOFFLINE, "LS_EOFFLINE"}, {LS_EACCESS, "LS_EACCESS"}, {LS_EBACKEND, "LS_EBACKEND"}, {LS_EPROTOCOL, "LS_EPROTOCOL"},
};

const char *ls_version(void) { return LS_VERSION; }

const char *ls_code_name(int code) {
  for (size_t i = 0; i < sizeof CODE_NAMES / sizeof *CODE_NAMES; i++) {
    if (CODE_NAMES[i].code == code) return CODE_NAMES[i].name;
  }
  return "unknown code";
}

/* C0, DEL, and C1, which takes two bytes. */
static bool is_control(const unsigned char *at, size_t length) {
  if (length == 1) return at[0] < 0x20 || at[0] == 0x7f;
  return length == 2 && at[0] == 0xc2 && at[1] < 0xa0;
}

/* Make the text one line of UTF-8. When it was cut off, a torn character at its end goes. */
static void tidy(char *text, bool cut) {
  size_t size = strlen(text);
  for (size_t at = 0; at < size;) {
    size_t length = ls_utf8_length(text + at, size - at);
    if (length == 0) {
      bool torn = cut && size - at < 4 && (unsigned char)text[at] >= 0xc2;
      text[at] = torn ? '\0' : '?';
      if (torn) return;
      length = 1;
    } else if (is_control((const unsigned char *)text + at, length)) {
      memset(text + at, ' ', length);
    }
    at += length;
  }
}

static void format(char text[LS_ERROR_TEXT], const char *fmt, va_list args) LS_FORMAT(2, 0);

static void format(char text[LS_ERROR_TEXT], const char *fmt, va_list args) {
  int size = vsnprintf(text, LS_ERROR_TEXT, fmt, args);
  if (size < 0) text[0] = '\0';
  tidy(text, size >= LS_ERROR_TEXT);
}

int ls_fail(ls_error *err, ls_code code, const char *fmt, ...) {
  if (!err) return code;
  char text[LS_ERROR_TEXT]; /* the arguments may point into err->text */
  va_list args;
  va_start(args, fmt);
  format(text, fmt, args);
  va_end(args);
  err->code = code;
  err->item = -1;
  memcpy(err->text, text, strlen(text) + 1);
  return code;
}

/* Move the text behind "context: ". */
static void put_before(char text[LS_ERROR_TEXT], const char *context) {
  size_t context_size = strlen(context), size = strlen(text);
  size_t room = LS_ERROR_TEXT - 1 - context_size;
  if (size == 0 || room < 3) {
    memcpy(text, context, context_size + 1);
    return;
  }
  bool cut = size > room - 2;
  if (cut) size = room - 2;
  memmove(text + context_size + 2, text, size);
  memcpy(text, context, context_size);
  memcpy(text + context_size, ": ", 2);
  text[context_size + 2 + size] = '\0';
  tidy(text, cut);
}

int ls_wrap(ls_error *err, int code, const char *fmt, ...) {
  if (!err) return code;
  char context[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  format(context, fmt, args);
  va_end(args);
  if (err->code == LS_OK) {
    err->code = code;
    err->item = -1;
    err->text[0] = '\0';
  }
  put_before(err->text, context);
  return err->code;
}

int ls_fail_nomem(ls_error *err) { return ls_fail(err, LS_ENOMEM, "out of memory"); }

void ls_error_clear(ls_error *err) {
  if (!err) return;
  err->code = LS_OK;
  err->item = -1;
  err->text[0] = '\0';
}
