/* posix - what the command and the port to POSIX call that WASI has not. Included in front of each of their files. */
#ifndef WASM_SCENARIO_POSIX_H
#define WASM_SCENARIO_POSIX_H

#include <sys/types.h>

ssize_t getrandom(void *out, size_t size, unsigned flags);

/* Every lock is granted: no process can tell of another one. */
int flock(int fd, int operation);

/* The descriptor itself. */
int dup(int fd);

/* Nobody tells how large a terminal is. */
struct winsize {
  unsigned short ws_row, ws_col;
};
enum { TIOCGWINSZ = 0x5413 };

#endif
