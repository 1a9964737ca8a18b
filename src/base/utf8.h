/* utf8 - checking and walking UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
#ifndef LS_BASE_UTF8_H
#define LS_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of the well-formed character at the start of data, 1 to 4; 0 when there is none. */
size_t ls_utf8_length(const char *data, size_t size);
bool ls_utf8_valid(const char *data, size_t size);
/* Write a code point (not a surrogate) to out (4 bytes); returns the bytes used. */
size_t ls_utf8_encode(char *out, uint32_t code);
/* Number of characters; each byte that is not part of a well-formed character counts as one. */
size_t ls_utf8_count(const char *data, size_t size);

#endif
