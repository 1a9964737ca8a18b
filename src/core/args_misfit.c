/* args_misfit.c - saying what does not fit: "$.priority: expected integer, got string "high"". */
#include <stdarg.h>
#include <stdio.h>

#include "base/err.h"
#include "core/args_checker.h"

int ls_args_fail_path(ls_args_checker *c, ls_code code, uint32_t node, const char *text) {
  ls_bytes_clear(&c->scratch);
  ls_json_path(&c->scratch, c->doc, node);
  const char *path = ls_bytes_cstr(&c->scratch);
  return path ? ls_fail(c->err, code, "%s: %s", path, text) : ls_fail_nomem(c->err);
}

int ls_args_misfit(ls_args_checker *c, uint32_t node, const char *fmt, ...) {
  if (c->quiet > 0) return LS_EARGS;
  char text[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  return ls_args_fail_path(c, LS_EARGS, node, text);
}

ls_args_text ls_args_raw(const ls_args_checker *c, uint32_t node) {
  const ls_json_node *n = ls_args_node_at(c, node);
  return (ls_args_text){c->doc->text + n->start, n->size};
}

int ls_args_shown_size(ls_args_text text, size_t max) {
  size_t size = text.size < max ? text.size : max;
  while (size > 0 && size < text.size && (text.data[size] & 0xc0) == 0x80) size--;
  return (int)size;
}

/* What was found, for messages: string "high", integer 3, null. */
static const char *describe(char *buf, size_t size, const ls_args_checker *c, uint32_t node) {
  ls_json_type type = ls_json_type_of(c->doc, node);
  ls_args_text text = ls_args_raw(c, node);
  int shown = ls_args_shown_size(text, LS_ARGS_SHOWN);
  const char *more = (size_t)shown < text.size ? "…" : "";
  if (type == LS_JSON_STRING) {
    snprintf(buf, size, "string \"%.*s%s\"", shown, text.data, more);
  } else if (type == LS_JSON_NUMBER) {
    snprintf(buf, size, "number %.*s%s", shown, text.data, more);
  } else if (type == LS_JSON_TRUE || type == LS_JSON_FALSE) {
    snprintf(buf, size, "boolean %.*s", shown, text.data);
  } else {
    snprintf(buf, size, "%s", ls_json_type_name(type));
  }
  return buf;
}

/* Wrap a call of describe so that it costs nothing while alternatives are tried. */
int ls_args_misfit_got(ls_args_checker *c, uint32_t node, const char *expected) {
  char got[LS_ARGS_SHOWN + 32];
  return c->quiet > 0 ? LS_EARGS
                      : ls_args_misfit(c, node, "expected %s, got %s", expected, describe(got, sizeof got, c, node));
}

static const char *types_text(char *buf, size_t size, uint8_t types) {
  static const struct {
    uint8_t bits;
    const char *name;
  } names[] = {{LS_ARGS_STRING, "string"},   {LS_ARGS_NUMBER, "number"}, {LS_ARGS_INTEGER, "integer"},
               {LS_ARGS_BOOLEAN, "boolean"}, {LS_ARGS_ARRAY, "array"},   {LS_ARGS_OBJECT, "object"},
               {LS_ARGS_NULL, "null"}};
  size_t used = 0;
  if (types & LS_ARGS_NUMBER) types &= (uint8_t)~LS_ARGS_INTEGER;
  buf[0] = 0;
  for (size_t i = 0; i < sizeof names / sizeof names[0] && used < size; i++) {
    if (types & names[i].bits) {
      types &= (uint8_t)~names[i].bits;
      const char *glue = used == 0 ? "" : types ? ", " : " or ";
      used += (size_t)snprintf(buf + used, size - used, "%s%s", glue, names[i].name);
    }
  }
  return buf;
}

int ls_args_misfit_types(ls_args_checker *c, uint32_t node, uint8_t types) {
  char expected[80];
  return ls_args_misfit_got(c, node, types_text(expected, sizeof expected, types));
}
