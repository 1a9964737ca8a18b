/* alloc - the C allocator behind a switch for tests. A size of 0 gives a pointer of its own, so NULL always means
 * that memory ran out. */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The only variable of the library. Tests set it before they start; nothing else writes it. */
static int (*alloc_fault)(void);

void ls_alloc_set_fault(int (*fault)(void)) { alloc_fault = fault; }

static int must_fail(void) { return alloc_fault && alloc_fault(); }

void *ls_malloc(size_t size) { return must_fail() ? NULL : malloc(size ? size : 1); }

void *ls_calloc(size_t count, size_t size) {
  if (must_fail()) return NULL;
  return count && size ? calloc(count, size) : calloc(1, 1);
}

void *ls_realloc(void *ptr, size_t size) { return must_fail() ? NULL : realloc(ptr, size ? size : 1); }

void ls_free(void *ptr) { free(ptr); }

char *ls_strdup(const char *text) { return ls_strndup(text, strlen(text)); }

char *ls_strndup(const char *text, size_t size) {
  if (size == SIZE_MAX) return NULL;
  char *copy = ls_malloc(size + 1);
  if (!copy) return NULL;
  if (size) memcpy(copy, text, size);
  copy[size] = '\0';
  return copy;
}
