/* names - texts that are stored once and referred to by a small number: 1, 2, 3… in the order they came. */
#ifndef LS_CORE_NAMES_H
#define LS_CORE_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zero-initialize; free with ls_names_fini. */
typedef struct ls_names {
  char **texts;      /* texts[id - 1] */
  size_t *sizes;
  size_t n, capacity;
  uint32_t *slots;   /* open addressing: id, or 0 */
  size_t n_slots;
} ls_names;

void ls_names_fini(ls_names *names);
/* The id of a text; 0 when it has none. O(1). */
uint32_t ls_names_find(const ls_names *names, const char *text, size_t size);
/* Give a text the next id; 0 when memory ran out. It must have none yet. The text may hold NUL bytes. */
uint32_t ls_names_add(ls_names *names, const char *text, size_t size);
/* The text of an id, NUL-terminated; NULL for an id never given. */
const char *ls_names_text(const ls_names *names, int64_t id);
/* Forget all but the first n. */
void ls_names_cut(ls_names *names, size_t n);

#endif
