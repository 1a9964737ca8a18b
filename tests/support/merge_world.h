/* merge_world - a backend and two clients, each a leader with two sessions, as small as merging can be shown with. Every
 * node keeps its log in memory and merges with ls_merge; there are no tables, files or frames.
 *
 *   session ─► leader ─► backend     pushes, each of which may arrive late or be refused
 *   session ◄─ leader ◄─ backend     what the leader tells arrives in order, a message at a time; what the backend has
 *                                    is pulled, some events at a time
 *
 * A step is one random move of one node. After each the nodes that moved are checked: what merge.h says always holds, and
 *   - a node's log is one chain, and up to the upstream head it is upstream's
 *   - no event that a client wrote is lost or doubled, in none of its logs, and it keeps its scope
 *   - no number of a leader's log, generation included, ever stands for two different events of its client */
#ifndef LS_TESTS_SUPPORT_MERGE_WORLD_H
#define LS_TESTS_SUPPORT_MERGE_WORLD_H

#include <stdbool.h>
#include <stdint.h>

typedef struct merge_world merge_world;

/* Made from a seed. With `trace` every step is printed. */
merge_world *merge_world_new(uint64_t seed, bool trace);
void merge_world_free(merge_world *world);

/* One random step; false when something is wrong, which is then printed. */
bool merge_world_step(merge_world *world);
/* Deliver and push all there is, and compare all logs. False as above. */
bool merge_world_settle(merge_world *world);

typedef struct merge_world_counts {
  uint64_t steps, merges, confirming, rebases, both, refused, events;
} merge_world_counts;
void merge_world_count(merge_world_counts *add_to, const merge_world *world);

#endif
