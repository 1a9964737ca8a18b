/* chains - a hash table of structures that lie elsewhere: each carries an ls_link, so that adding one needs no memory
 * of its own and removing one is O(1), also among many of one hash. It knows hashes, not keys: who looks something up
 * compares what it finds. */
#ifndef LS_BASE_CHAINS_H
#define LS_BASE_CHAINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ls_link {
  struct ls_link *next, **at; /* `at` points to what points here; NULL while in no table */
  uint64_t hash;
} ls_link;

/* Zero-initialize; free with ls_chains_fini. */
typedef struct ls_chains {
  ls_link **buckets;
  size_t n_buckets, n;
} ls_chains;

/* Add a link that is in no table. False when memory ran out: nothing was added. O(1). */
bool ls_chains_add(ls_chains *chains, ls_link *link, uint64_t hash);
/* Take a link out; one that is in no table is fine. O(1). */
void ls_chains_remove(ls_chains *chains, ls_link *link);
/* The first link of a hash, and the next one; NULL when there is none. */
ls_link *ls_chains_first(const ls_chains *chains, uint64_t hash);
ls_link *ls_chains_next(const ls_link *link);
/* Links are left as they are. */
void ls_chains_fini(ls_chains *chains);

#endif
