/* bytes - a growable byte buffer.
 *
 * Running out of memory is sticky: later appends do nothing, so a chain of appends is checked once, at its end,
 * with ls_bytes_ok. Zero-initialize (ls_bytes b = {0}); free with ls_bytes_fini. */
#ifndef LS_BASE_BYTES_H
#define LS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ls_bytes {
  char *data; /* NULL until the first append */
  size_t size, capacity;
  bool failed;
} ls_bytes;

void ls_bytes_fini(ls_bytes *b);
/* Empty it, keeping the memory, and forget a failure. */
void ls_bytes_clear(ls_bytes *b);
static inline bool ls_bytes_ok(const ls_bytes *b) { return !b->failed; }

/* Make room for `more` bytes behind the present ones; false when memory ran out. */
bool ls_bytes_reserve(ls_bytes *b, size_t more);
void ls_bytes_append(ls_bytes *b, const void *data, size_t size);
void ls_bytes_text(ls_bytes *b, const char *text);
void ls_bytes_byte(ls_bytes *b, char byte);
void ls_bytes_printf(ls_bytes *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Unsigned LEB128: 7 bits a byte, least significant first. */
void ls_bytes_varint(ls_bytes *b, uint64_t value);
/* A NUL behind the last byte that does not count in size; returns data, or NULL when memory ran out. */
char *ls_bytes_cstr(ls_bytes *b);

/* Reading back. `at` moves behind what was read; false at a torn end. */
bool ls_varint_read(uint64_t *out, const char *data, size_t size, size_t *at);

#endif
