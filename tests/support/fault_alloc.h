/* fault_alloc - memory that runs out when a test wants it to: the k-th allocation fails, counting the library's own and
 * SQLite's together. */
#ifndef LS_TESTS_SUPPORT_FAULT_ALLOC_H
#define LS_TESTS_SUPPORT_FAULT_ALLOC_H

#include <stdbool.h>

/* Put the switch under both allocators. Before SQLite is first used; fails the program when that is too late.
 * SQLite's lookaside slots are turned off, so that each of its allocations can fail. */
void fault_alloc_install(void);

/* Let the k-th allocation from now on (1 is the next one) fail; with `sticky`, all after it too. */
void fault_alloc_arm(long k, bool sticky);
/* No more failures. Did one happen since they were armed? */
bool fault_alloc_disarm(void);

/* Allocations of SQLite that were not freed yet. */
long fault_alloc_sqlite_blocks(void);

#endif
