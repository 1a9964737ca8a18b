/* alloc - every allocation of the library goes through here, so that tests can make the k-th one fail. */
#ifndef LS_BASE_ALLOC_H
#define LS_BASE_ALLOC_H

#include <stddef.h>

/* As malloc, calloc, realloc and free; NULL when memory ran out. */
void *ls_malloc(size_t size);
void *ls_calloc(size_t count, size_t size);
void *ls_realloc(void *ptr, size_t size);
void ls_free(void *ptr);

/* A copy of a NUL-terminated text; NULL when memory ran out. */
char *ls_strdup(const char *text);
char *ls_strndup(const char *text, size_t size);

/* Tests only: called before each allocation; a non-zero answer makes it fail. NULL switches it off. */
void ls_alloc_set_fault(int (*fault)(void));

#endif
