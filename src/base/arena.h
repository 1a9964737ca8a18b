/* arena - memory that is freed all at once. Zero-initialize (ls_arena a = {0}); free with ls_arena_fini. */
#ifndef LS_BASE_ARENA_H
#define LS_BASE_ARENA_H

#include <stddef.h>

typedef struct ls_arena {
  struct ls_arena_block *blocks; /* newest first */
} ls_arena;

/* Zeroed memory, aligned for anything; NULL when memory ran out. */
void *ls_arena_alloc(ls_arena *arena, size_t size);
/* Copies that end in a NUL. */
char *ls_arena_dup(ls_arena *arena, const void *data, size_t size);
char *ls_arena_strdup(ls_arena *arena, const char *text);
void ls_arena_fini(ls_arena *arena);

#endif
