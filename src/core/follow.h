/* follow - the one operation that brings a state to where the log is: roll it back to the newest mark that is still on
 * the log's branch, then replay the rest. Opening, a crash, a cold start and a rebase are all this. */
#ifndef LS_CORE_FOLLOW_H
#define LS_CORE_FOLLOW_H

#include "core/log.h"
#include "core/state.h"

/* Told each event that was applied, once; what it captured is in state->capture.record, and is forgotten afterwards.
 * Anything but 0 stops, and is returned. */
typedef int (*ls_applied_fn)(void *user, ls_state *state, const ls_event *event, ls_error *err);

typedef struct ls_follow {
  ls_seqnum until;         /* stop behind this event, also when the state stands further on; root for the head */
  uint64_t most;           /* stop behind so many events; 0 for no end. It is called again to go on */
  uint64_t *count;         /* added to: events applied; may be NULL */
  ls_applied_fn applied;   /* may be NULL; given `user`. The state then keeps no rollback records on its way */
  ls_progress_fn progress; /* may be NULL */
  void *user;
  const char *what;        /* said to progress, e.g. "rebuilding the state" */
} ls_follow;

/* Bring the state to the log's head, or to `until`, or nearer to it by `most` events.
 *   options  may be NULL
 * LS_ENOTFOUND the state keeps no way back to the log's branch: follow with a new state instead. LS_ECORRUPT the log
 * is damaged; the state stands at the last good event. LS_EABORT the callback said so; the state stands somewhere on the way. */
int ls_state_follow(ls_state *state, ls_log *log, const ls_follow *options, ls_error *err);

#endif
