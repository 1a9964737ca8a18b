/* nanoid - random ids that are safe in URLs and file names. */
#ifndef LS_BASE_NANOID_H
#define LS_BASE_NANOID_H

#include <stddef.h>
#include <stdint.h>

/* Turn random bytes into an id: each byte's low 6 bits choose from A-Z a-z 0-9 _ -.
 *   out     size + 1 bytes, gets a NUL
 *   random  size bytes from the port's random source */
void ls_nanoid(char *out, const uint8_t *random, size_t size);

#endif
