/* json_internal - what the json_*.c files share with one another and with nobody else. */
#ifndef LS_BASE_JSON_INTERNAL_H
#define LS_BASE_JSON_INTERNAL_H

#include "base/json.h"

/* How a byte may stand in a string. */
typedef enum ls_json_char_class {
  LS_JSON_CHAR_PLAIN, /* itself: ASCII without the others */
  LS_JSON_CHAR_QUOTE,
  LS_JSON_CHAR_ESCAPE,  /* a backslash */
  LS_JSON_CHAR_CONTROL, /* only escaped */
  LS_JSON_CHAR_WIDE     /* part of a longer UTF-8 character */
} ls_json_char_class;

extern const uint8_t LS_JSON_CHARS[256];

static inline ls_json_char_class ls_json_class_of(char byte) {
  return (ls_json_char_class)LS_JSON_CHARS[(unsigned char)byte];
}

static inline const char *ls_json_text_of(const ls_json *doc, uint32_t node) {
  return doc->text + doc->nodes[node].start;
}

/* The four hexadecimal digits at `digits`; -1 when they are not. */
int32_t ls_json_hex4(const char *digits);

/* Read the next character of a STRING's text, which the reader has checked: escapes undone, a surrogate pair as
 * one, a lone surrogate as it is. Moves *at behind it. */
uint32_t ls_json_char_next(const char *text, size_t size, size_t *at);

static inline bool ls_json_is_surrogate(uint32_t code) { return code >= 0xd800 && code <= 0xdfff; }

/* Append a character (or a lone surrogate) as it stands in canonical text. */
void ls_json_write_char(ls_bytes *out, uint32_t code);

#define LS_JSON_DOUBLE_TEXT 32 /* bytes that hold any double as ECMAScript prints it */

/* A finite double as ECMAScript prints it, without a NUL; returns its size. */
size_t ls_json_double_text(char out[LS_JSON_DOUBLE_TEXT], double value);

#endif
