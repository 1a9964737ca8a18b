/* hash - XXH3 from the header-only xxHash. The 128-bit hash is shown in its canonical form (most significant byte
 * first), so its text is the same on every machine; the input is read least significant byte first everywhere. */
#include "base/hash.h"

#include <stdint.h>

#include "base/alloc.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#define STATE_ALIGN ((uintptr_t)64) /* what XXH3_state_t asks for, more than malloc gives */

struct ls_hash {
  XXH3_state_t state;
  void *block; /* what was allocated; this struct lies inside, aligned */
};

uint64_t ls_hash64(const void *data, size_t size, uint64_t seed) { return XXH3_64bits_withSeed(data, size, seed); }

ls_hash *ls_hash_new(void) {
  void *block = ls_malloc(sizeof(ls_hash) + STATE_ALIGN - 1);
  if (!block) return NULL;
  ls_hash *hash = (ls_hash *)(((uintptr_t)block + STATE_ALIGN - 1) / STATE_ALIGN * STATE_ALIGN);
  XXH3_INITSTATE(&hash->state);
  XXH3_128bits_reset(&hash->state);
  hash->block = block;
  return hash;
}

void ls_hash_add(ls_hash *hash, const void *data, size_t size) {
  if (size) XXH3_128bits_update(&hash->state, data, size);
}

void ls_hash_hex(char out[33], const ls_hash *hash) {
  static const char DIGITS[] = "0123456789abcdef";
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&hash->state));
  for (size_t i = 0; i < sizeof bytes.digest; i++) {
    out[2 * i] = DIGITS[bytes.digest[i] >> 4];
    out[2 * i + 1] = DIGITS[bytes.digest[i] & 15];
  }
  out[32] = '\0';
}

void ls_hash_free(ls_hash *hash) {
  if (hash) ls_free(hash->block);
}
