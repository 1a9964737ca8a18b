#include "core/names.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

void ls_names_fini(ls_names *names) {
  ls_names_cut(names, 0);
  ls_free(names->texts);
  ls_free(names->sizes);
  ls_free(names->slots);
  memset(names, 0, sizeof *names);
}

/* The slot that holds the text, or the empty one where it belongs. */
static uint32_t *slot_of(const ls_names *names, const char *text, size_t size) {
  size_t at = (size_t)ls_hash64(text, size, 0) & (names->n_slots - 1);
  for (;; at = (at + 1) & (names->n_slots - 1)) {
    uint32_t id = names->slots[at];
    if (!id || (names->sizes[id - 1] == size && memcmp(names->texts[id - 1], text, size) == 0)) return &names->slots[at];
  }
}

uint32_t ls_names_find(const ls_names *names, const char *text, size_t size) {
  return names->n ? *slot_of(names, text, size) : 0;
}

static void fill_slots(ls_names *names) {
  memset(names->slots, 0, names->n_slots * sizeof *names->slots);
  for (size_t i = 0; i < names->n; i++) *slot_of(names, names->texts[i], names->sizes[i]) = (uint32_t)i + 1;
}

static bool grow(ls_names *names) {
  size_t capacity = names->capacity ? names->capacity * 2 : 16;
  char **texts = ls_realloc(names->texts, capacity * sizeof *texts);
  if (texts) names->texts = texts;
  size_t *sizes = ls_realloc(names->sizes, capacity * sizeof *sizes);
  if (sizes) names->sizes = sizes;
  uint32_t *slots = ls_malloc(capacity * 2 * sizeof *slots);
  if (!texts || !sizes || !slots) {
    ls_free(slots);
    return false;
  }
  ls_free(names->slots);
  names->slots = slots;
  names->n_slots = capacity * 2;
  names->capacity = capacity;
  fill_slots(names);
  return true;
}

uint32_t ls_names_add(ls_names *names, const char *text, size_t size) {
  if (names->n == names->capacity && !grow(names)) return 0;
  char *copy = ls_malloc(size + 1);
  if (!copy) return 0;
  memcpy(copy, text, size);
  copy[size] = 0;
  *slot_of(names, text, size) = (uint32_t)names->n + 1;
  names->texts[names->n] = copy;
  names->sizes[names->n] = size;
  return (uint32_t)++names->n;
}

const char *ls_names_text(const ls_names *names, int64_t id) {
  return id >= 1 && (uint64_t)id <= names->n ? names->texts[id - 1] : NULL;
}

void ls_names_cut(ls_names *names, size_t n) {
  if (names->n <= n) return;
  while (names->n > n) ls_free(names->texts[--names->n]);
  fill_slots(names);
}
