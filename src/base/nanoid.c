/* nanoid - 64 letters, so 6 bits choose one without bias. 21 letters hold 126 random bits. */
#include "base/nanoid.h"

static const char ALPHABET[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";

void ls_nanoid(char *out, const uint8_t *random, size_t size) {
  for (size_t i = 0; i < size; i++) out[i] = ALPHABET[random[i] & 63];
  out[size] = '\0';
}
