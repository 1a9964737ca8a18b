/* memory - allocation for a command: when memory runs out it says so and exits with status 1. What was committed is
 * in the log by then, and the system lets go of the store's lock. */
#ifndef LS_CLI_MEMORY_H
#define LS_CLI_MEMORY_H

#include <stddef.h>

/* Like realloc, for n items of a size; never NULL. Freed with free. */
void *cli_realloc(void *old, size_t n, size_t size);

#endif
