#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memory.h"

enum { BLOCK = 1 << 16 };

static char *reserve(cli_text *text, size_t more) {
  if (text->fd && text->size >= BLOCK) cli_text_flush(text);
  if (more > text->capacity - text->size) {
    size_t wanted = text->size + more;
    text->capacity = wanted > 2 * text->capacity ? wanted : 2 * text->capacity;
    text->data = cli_realloc(text->data, text->capacity, 1);
  }
  return text->data + text->size;
}

void cli_text_append(cli_text *text, const void *data, size_t size) {
  if (size == 0 || text->error) return;
  memcpy(reserve(text, size), data, size);
  text->size += size;
}

void cli_text_put(cli_text *text, const char *string) { cli_text_append(text, string, strlen(string)); }

void cli_text_char(cli_text *text, char c) { cli_text_append(text, &c, 1); }

void cli_text_repeat(cli_text *text, char c, size_t n) {
  if (n == 0 || text->error) return;
  memset(reserve(text, n), c, n);
  text->size += n;
}

void cli_text_hex(cli_text *text, const void *data, size_t size) {
  static const char digits[] = "0123456789abcdef";
  const unsigned char *bytes = data;
  for (size_t i = 0; i < size; i++) {
    cli_text_append(text, (const char[]){digits[bytes[i] >> 4], digits[bytes[i] & 15]}, 2);
  }
}

void cli_text_printf(cli_text *text, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  int size = vsnprintf(NULL, 0, fmt, args);
  va_end(args);
  if (size < 0 || text->error) return;
  char *to = reserve(text, (size_t)size + 1);
  va_start(args, fmt);
  vsnprintf(to, (size_t)size + 1, fmt, args);
  va_end(args);
  text->size += (size_t)size;
}

bool cli_text_flush(cli_text *text) {
  for (size_t at = 0; !text->error && at < text->size;) {
    ssize_t n = write(text->fd, text->data + at, text->size - at);
    if (n > 0)
      at += (size_t)n;
    else if (n < 0 && errno != EINTR)
      text->error = errno;
  }
  text->size = 0;
  return text->error == 0;
}

void cli_text_fini(cli_text *text) {
  free(text->data);
  memset(text, 0, sizeof *text);
}
