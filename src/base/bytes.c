/* bytes - the buffer at least doubles when it grows, so n appended bytes cost O(n). */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"

#define CAPACITY_MIN ((size_t)64)
#define VARINT_MAX 10 /* bytes of 64 bits, 7 in each */

void ls_bytes_fini(ls_bytes *b) {
  ls_free(b->data);
  *b = (ls_bytes){0};
}

void ls_bytes_clear(ls_bytes *b) {
  b->size = 0;
  b->failed = false;
}

static bool grow(ls_bytes *b, size_t more) {
  if (b->failed || more > SIZE_MAX - b->size) {
    b->failed = true;
    return false;
  }
  size_t capacity = b->capacity > SIZE_MAX / 2 ? SIZE_MAX : b->capacity * 2;
  if (capacity < CAPACITY_MIN) capacity = CAPACITY_MIN;
  if (capacity < b->size + more) capacity = b->size + more;
  char *data = ls_realloc(b->data, capacity);
  if (!data) {
    b->failed = true;
    return false;
  }
  b->data = data;
  b->capacity = capacity;
  return true;
}

bool ls_bytes_reserve(ls_bytes *b, size_t more) {
  if (!b->failed && more <= b->capacity - b->size) return true;
  return grow(b, more);
}

void ls_bytes_append(ls_bytes *b, const void *data, size_t size) {
  if (size == 0 || !ls_bytes_reserve(b, size)) return;
  memcpy(b->data + b->size, data, size);
  b->size += size;
}

void ls_bytes_text(ls_bytes *b, const char *text) { ls_bytes_append(b, text, strlen(text)); }

void ls_bytes_byte(ls_bytes *b, char byte) {
  if (!ls_bytes_reserve(b, 1)) return;
  b->data[b->size++] = byte;
}

void ls_bytes_printf(ls_bytes *b, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  /* vsnprintf writes a NUL behind the text, which needs room too. */
  if (size < 0 || !ls_bytes_reserve(b, (size_t)size + 1)) {
    b->failed = true;
    return;
  }
  va_start(args, fmt);
  vsnprintf(b->data + b->size, (size_t)size + 1, fmt, args);
  va_end(args);
  b->size += (size_t)size;
}

void ls_bytes_varint(ls_bytes *b, uint64_t value) {
  char text[VARINT_MAX];
  size_t n = 0;
  for (; value >= 0x80; value >>= 7) text[n++] = (char)(0x80 | (value & 0x7f));
  text[n++] = (char)value;
  ls_bytes_append(b, text, n);
}

char *ls_bytes_cstr(ls_bytes *b) {
  if (!ls_bytes_reserve(b, 1)) return NULL;
  b->data[b->size] = '\0';
  return b->data;
}

bool ls_varint_read(uint64_t *out, const char *data, size_t size, size_t *at) {
  uint64_t value = 0;
  for (size_t i = 0; i < VARINT_MAX && *at + i < size; i++) {
    uint64_t byte = (unsigned char)data[*at + i];
    if (i == VARINT_MAX - 1 && byte > 1) return false; /* more than 64 bits */
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) {
      *out = value;
      *at += i + 1;
      return true;
    }
  }
  return false;
}
