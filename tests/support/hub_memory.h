/* hub_memory - a server's backend in memory, whose calls fail when a test wants them to. */
#ifndef LS_TESTS_SUPPORT_HUB_MEMORY_H
#define LS_TESTS_SUPPORT_HUB_MEMORY_H

#include "server/backend.h"

typedef struct hub_memory hub_memory;

/* Fails the test when memory is out. Close with out->close. */
hub_memory *hub_memory_open(ls_backend *out);

/* What the next calls give back instead of doing their work, once; LS_OK: nothing fails. */
typedef struct hub_memory_faults {
  int append, sync, read, head;
} hub_memory_faults;
hub_memory_faults *hub_memory_fault(hub_memory *memory);

/* Give its logs other backend ids: NAME-STORE instead of of-STORE. The name is borrowed. */
void hub_memory_name(hub_memory *memory, const char *name);

/* What another process does: append `n` events behind what is there, numbered by one, and tell who watches. */
void hub_memory_append(hub_memory *memory, const char *store_id, size_t n);

#endif
