/* pending - events behind the upstream head, read from the log into memory so that they can be put elsewhere in it. */
#ifndef LS_CORE_PENDING_H
#define LS_CORE_PENDING_H

#include "base/arena.h"
#include "core/log.h"

/* Zero-initialize; free with ls_pending_fini. Names and authors are borrowed from the log: events of one session have
 * the same pointer for client_id. */
typedef struct ls_pending {
  ls_event *events; /* in log order */
  size_t n, capacity;
  bool whole;     /* up to the log's end */
  ls_arena arena; /* their arguments */
} ls_pending;

/* Read the events behind a place.
 *   synced  stop behind so many synced ones; SIZE_MAX for all
 * O(events read). */
int ls_pending_read(ls_pending *out, ls_log *log, ls_seqnum since, size_t synced, ls_error *err);
void ls_pending_fini(ls_pending *pending);

/* Add one, its arguments copied. */
int ls_pending_add(ls_pending *pending, const ls_event *event, ls_error *err);

/* How many of the events, from the first on, are of the same commit as that. 1 or more. */
size_t ls_pending_commit(const ls_event *events, size_t n);

#endif
