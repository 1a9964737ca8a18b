/* undo_recount - events of a session count how far back the commit is that they undo (ls_event.undoes). When commits in
 * between leave the log, that is less; when that commit leaves it, there is nothing to undo. */
#ifndef LS_CORE_UNDO_RECOUNT_H
#define LS_CORE_UNDO_RECOUNT_H

#include "livestore.h"

/* Zero-initialize; free with ls_undo_recount_fini. */
typedef struct ls_undo_recount {
  size_t n;
  uint32_t *session; /* of each event */
  uint32_t *ordinal; /* of each event, among those of its session: 0, 1, 2 … */
  uint32_t *start;   /* of each session, where its events begin in … */
  uint32_t *left; /* … this, which says how many of its events before that one have left; then whether it has itself: */
  bool *gone;     /* the same order */
  size_t n_sessions;
} ls_undo_recount;

/* Begin with events in log order, all of which are there. Events of one session have the same pointers as client_id and
 * session_id. LS_ELIMIT more than 2^32 - 1 events. O(events · sessions). */
int ls_undo_recount_new(ls_undo_recount *out, const ls_event *events, size_t n, ls_error *err);
void ls_undo_recount_fini(ls_undo_recount *recount);

/* Is it the first of its session? */
bool ls_undo_recount_is_oldest(const ls_undo_recount *recount, size_t event);

/* A commit stays, or leaves: in log order, for all of them. */
void ls_undo_recount_tell(ls_undo_recount *recount, size_t first, size_t n, bool leaves);

/* What `undoes` of the commit that begins with events[first] becomes, all before it being told. False when the commit
 * that it undoes has left. One before the first of the events is taken to stay. */
bool ls_undo_recount_get(int64_t *out, const ls_undo_recount *recount, size_t first, int64_t undoes);

#endif
