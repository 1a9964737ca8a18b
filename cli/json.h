/* json - writing JSON, and walking over JSON text. What is walked over need not be well-formed; the library checks
 * the arguments of an event itself. */
#ifndef LS_CLI_JSON_H
#define LS_CLI_JSON_H

#include "text.h"

/* Write a string with its quotes. Bytes that are no UTF-8 become U+FFFD; what could steer a terminal is escaped. */
void cli_json_string(cli_text *out, const char *data, size_t size);
/* Write a value: a blob as its hexadecimal digits, infinity as 9e999. */
void cli_json_value(cli_text *out, ls_value value);
/* Write JSON text as it is, but for what could steer a terminal: that is escaped. */
void cli_json_raw(cli_text *out, const char *json, size_t size);
/* Write well-formed JSON on as many lines as it takes, indented by two spaces; what fits on one line stays there. */
void cli_json_pretty(cli_text *out, const char *json, size_t size);

/* Step over white space. */
const char *cli_json_space(const char *at, const char *end);
/* Step over the string or value at `at`; NULL when there is none, or when it does not end. */
const char *cli_json_skip_string(const char *at, const char *end);
const char *cli_json_skip_value(const char *at, const char *end);
/* Take the escapes out of a string, in place and NUL-terminated; from and to are the places of its quotes. False for an
 * escape that means nothing, a NUL or a lone surrogate. */
bool cli_json_unescape(char *from, const char *to);

#endif
