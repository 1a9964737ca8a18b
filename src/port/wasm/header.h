/* header - which name a file of the pool has, as it is written at the file's own beginning.
 *
 * The first 4096 bytes of a file belong to its header, so that the content behind it stays on page boundaries:
 *
 *   0         2048        4096
 *   | first   | second    | content …
 *
 *   a half:  offset  size  meaning
 *                 0     8  "LSfile", format (1), 0
 *                 8     8  sequence, little-endian: each header written is one later than all before, in any file
 *                16     4  size of the name; 0: the file is free
 *                20     n  the name
 *            20 + n     8  XXH3-64 of all before
 *
 * The later half of the two that are whole counts. A new header goes over the other one, so one that a crash cuts short
 * leaves the name that was. */
#ifndef LS_PORT_WASM_HEADER_H
#define LS_PORT_WASM_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LS_HEADER_SIZE = 4096, LS_HEADER_HALF = 2048, LS_HEADER_NAME = 512, LS_HEADER_MOST = 20 + LS_HEADER_NAME + 8 };

typedef struct ls_header {
  uint64_t sequence;
  int half;                      /* 0 or 1: where it stands */
  bool foreign;                  /* whole, but of a later format: neither free nor to be touched */
  char name[LS_HEADER_NAME + 1]; /* empty: free */
} ls_header;

/* Write one half to `out`; gives its size. The name has at most LS_HEADER_NAME bytes. */
size_t ls_header_write(char out[LS_HEADER_MOST], const char *name, uint64_t sequence);

/* Read both halves of a file's first `size` bytes. One that says nothing (new, torn) is free, with sequence 0. */
void ls_header_read(ls_header *out, const char *data, size_t size);

#endif
