#include "memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

void *cli_realloc(void *old, size_t n, size_t size) {
  if (n == 0) n = 1;
  void *memory = n > SIZE_MAX / size ? NULL : realloc(old, n * size);
  if (memory) return memory;
  fputs("livestore: out of memory\n", stderr);
  exit(1);
}
