#include "sim/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *sim_realloc(void *ptr, size_t size) {
  void *made = realloc(ptr, size);
  if (made) return made;
  fprintf(stderr, "sim: out of memory\n");
  exit(2);
}

void *sim_calloc(size_t size) { return memset(sim_realloc(NULL, size), 0, size); }

char *sim_copy(const void *data, size_t size) {
  char *copy = sim_realloc(NULL, size + 1);
  memcpy(copy, data, size);
  copy[size] = 0;
  return copy;
}
