/* memory - allocations of the simulator itself, which end the program when they fail. */
#ifndef LS_TESTS_SIM_MEMORY_H
#define LS_TESTS_SIM_MEMORY_H

#include <stddef.h>

void *sim_realloc(void *ptr, size_t size);
void *sim_calloc(size_t size);
char *sim_copy(const void *data, size_t size); /* with a NUL behind it */

#endif
