/* rebase - putting events elsewhere in the log, and the state with them: all of it or nothing.
 *
 *   log before   ……… after │ moved                      moved: what stood behind `after`, up to the end
 *   log behind   ……… after │ fresh │ moved, renumbered, but for commits that do not come along
 *
 * In one transaction of the log and one of the state; the log's is ended first. Where the state cannot be rolled back
 * as far, a new one is made aside and swapped in. A transaction of the state leaves a rollback record for the fresh
 * events and one for every few moved ones, so that the next rebase is as fast as this one. */
#ifndef LS_CORE_REBASE_H
#define LS_CORE_REBASE_H

#include "core/store.h"

/* What is to become of a commit. */
typedef enum ls_rebase_fate {
  LS_REBASE_MOVE,      /* it is applied anew; when it fails, it is set aside as LS_CONFLICT_REBASE */
  LS_REBASE_SET_ASIDE, /* it becomes a conflict */
  LS_REBASE_DROP       /* it leaves the log, and is kept elsewhere */
} ls_rebase_fate;

/* Asked for each commit, of which `conflict` has the events. For LS_REBASE_SET_ASIDE it sets cause, item and error
 * (borrowed). */
typedef ls_rebase_fate (*ls_rebase_fn)(ls_conflict *conflict, void *user);

typedef struct ls_rebase {
  ls_store *store; /* stands at the log's head */
  ls_seqnum after;
  const ls_event *fresh;
  size_t n_fresh;
  const ls_event *moved; /* as ls_pending_read gives them; none for an append */
  size_t n_moved;
  ls_rebase_fn fate; /* NULL: all are moved */
  void *user;
  int64_t generation;      /* of moved events, larger than any so far; or of fresh ones that come with one; 0: neither */
  ls_seqnum upstream_head; /* to be set */
  const char *backend_id;  /* to be set; NULL: it stays */
  ls_log_pair fact;        /* to be set, too; key NULL: none */
} ls_rebase;

/* A commit that became a conflict, in terms of `moved`. */
typedef struct ls_rebase_conflict {
  size_t first, n;
} ls_rebase_conflict;

typedef struct ls_rebase_result {
  ls_rebase_conflict *conflicts; /* in order; freed with ls_free */
  size_t n, capacity;
} ls_rebase_result;

/* Do it. On an error nothing has changed. LS_EORDER fresh events that do not follow `after`. What the log has and the
 * state does not, once the log's transaction is ended, the state gets by following it. O(rows changed since `after` +
 * events). */
int ls_rebase_run(ls_rebase_result *out, const ls_rebase *rebase, ls_error *err);

#endif
