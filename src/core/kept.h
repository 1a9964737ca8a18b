/* kept - STORE/snapshots: states of long ago, kept so that the past need not be made from the first event on.
 *
 *   e<global>[.<client>].db    in the format of state.db (snapshot.h), mostly another name of what state.db once was
 *
 * Each may be removed at any time, by anybody: the log gives all of them again. One that is of no use any more (torn,
 * of another schema, of a branch that the log has left) is found out when it is read.
 *
 * They lie close together near the head and ever further apart behind it: when there are too many, that one goes whose
 * neighbours are nearest to each other in proportion to their age. */
#ifndef LS_CORE_KEPT_H
#define LS_CORE_KEPT_H

#include "core/state.h"

#define LS_KEPT_MOST 32 /* snapshots */

typedef struct ls_kept {
  ls_seqnum seq; /* without its generation */
  uint64_t bytes;
} ls_kept;

/* Zero-initialize; free with ls_kept_list_fini. */
typedef struct ls_kept_list {
  ls_kept *items; /* oldest first */
  size_t n, capacity;
} ls_kept_list;

/* Which ones a store has.
 *   path  of the store's directory */
int ls_kept_list_read(ls_kept_list *out, const char *path, ls_error *err);
void ls_kept_list_fini(ls_kept_list *list);

/* The file of one, freed with ls_free; NULL when memory ran out. */
char *ls_kept_file(const char *path, ls_seqnum seq);

/* Keep a snapshot that is in a file already, as a second name of that; or write one. Then thin out what there is, down
 * to `most_bytes`; 0 for 4 times the newest one's size, but at least 64 MiB. */
int ls_kept_link(const char *path, ls_seqnum seq, const char *snapshot, int64_t most_bytes, ls_error *err);
int ls_kept_write(const char *path, ls_state *state, int64_t most_bytes, ls_error *err);

/* Remove one; remove those behind `seq` (the root: all). One that is not there is fine. */
int ls_kept_remove(const char *path, ls_seqnum seq, ls_error *err);
int ls_kept_remove_after(const char *path, ls_seqnum seq, ls_error *err);

#endif
