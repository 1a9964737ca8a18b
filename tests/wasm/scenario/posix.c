#include "wasm/scenario/posix.h"

#include <stdlib.h>
#include <unistd.h>

#include "cli/interrupt.h"

enum { MOST_RANDOM = 256 }; /* that getentropy gives at a time */

ssize_t getrandom(void *out, size_t size, unsigned flags) {
  (void)flags;
  size_t part = size < MOST_RANDOM ? size : MOST_RANDOM;
  return getentropy(out, part) == 0 ? (ssize_t)part : -1;
}

int flock(int fd, int operation) {
  (void)fd;
  (void)operation;
  return 0;
}

int dup(int fd) { return fd; }

/* No signal comes. */
void cli_interrupt_listen(void) {}

bool cli_interrupted(void) { return false; }

/* WASI starts in no directory. */
__attribute__((constructor)) static void enter_directory(void) {
  const char *directory = getenv("PWD");
  if (!directory || chdir(directory) != 0) abort();
}
