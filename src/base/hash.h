/* hash - XXH3 (xxHash 0.8, 64 and 128 bits; the format is fixed by its specification).
 * For finding damage and telling contents apart, not against an attacker. */
#ifndef LS_BASE_HASH_H
#define LS_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t ls_hash64(const void *data, size_t size, uint64_t seed);

/* A running 128-bit hash. */
typedef struct ls_hash ls_hash;
ls_hash *ls_hash_new(void); /* NULL when memory ran out */
void ls_hash_add(ls_hash *hash, const void *data, size_t size);
/* The hash so far as 32 lower-case hexadecimal digits and a NUL. */
void ls_hash_hex(char out[33], const ls_hash *hash);
void ls_hash_free(ls_hash *hash);

#endif
