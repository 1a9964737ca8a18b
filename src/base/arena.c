/* arena - a list of blocks; the newest one is filled from its front. Blocks come zeroed and are never used twice,
 * so what is handed out needs no clearing. */
#include "base/arena.h"

#include <stdint.h>
#include <string.h>

#include "base/alloc.h"

#define BLOCK_MIN ((size_t)1024)
#define BLOCK_MAX ((size_t)64 * 1024)

typedef struct ls_arena_block {
  struct ls_arena_block *next;
  size_t size, used; /* bytes of data */
  max_align_t data[];
} ls_arena_block;

static ls_arena_block *block_add(ls_arena *arena, size_t need) {
  size_t size = arena->blocks ? arena->blocks->size * 2 : BLOCK_MIN;
  if (size > BLOCK_MAX) size = BLOCK_MAX;
  if (size < need) size = need;
  if (size > SIZE_MAX - sizeof(ls_arena_block)) return NULL;
  ls_arena_block *block = ls_calloc(1, sizeof *block + size);
  if (!block) return NULL;
  block->size = size;
  block->next = arena->blocks;
  arena->blocks = block;
  return block;
}

void *ls_arena_alloc(ls_arena *arena, size_t size) {
  const size_t align = _Alignof(max_align_t);
  if (size > SIZE_MAX - align) return NULL;
  size_t need = size ? (size + align - 1) / align * align : align;
  ls_arena_block *block = arena->blocks;
  if (!block || block->size - block->used < need) block = block_add(arena, need);
  if (!block) return NULL;
  void *memory = (char *)block->data + block->used;
  block->used += need;
  return memory;
}

char *ls_arena_dup(ls_arena *arena, const void *data, size_t size) {
  if (size == SIZE_MAX) return NULL;
  char *copy = ls_arena_alloc(arena, size + 1);
  if (copy && size) memcpy(copy, data, size);
  return copy;
}

char *ls_arena_strdup(ls_arena *arena, const char *text) { return ls_arena_dup(arena, text, strlen(text)); }

void ls_arena_fini(ls_arena *arena) {
  ls_arena_block *block = arena->blocks;
  while (block) {
    ls_arena_block *next = block->next;
    ls_free(block);
    block = next;
  }
  arena->blocks = NULL;
}
