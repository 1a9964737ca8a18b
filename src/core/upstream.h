/* upstream - what a store does with what its upstream says: merge what arrives, rebase what is pending, set aside what
 * can no longer be. The log, and the state of the session that leads, change together or not at all.
 *
 * An advance appends to the log and moves the upstream head, in one transaction. A rebase is, in one transaction of the
 * log and one of the state:
 *   1. the state is rolled back to where pending events are to be renumbered from
 *   2. the log is cut there; what arrived is appended and applied (an event that fails is recorded as failed: on every
 *      node)
 *   3. each pending commit is applied anew, with new numbers and the client's next generation. One that fails now is
 *      set aside whole: its events leave the log and become a conflict, as does an undo whose commit was set aside
 *   4. both are committed, the log first; a state that then falls behind follows, as after a crash
 * Other sessions of the leader follow the log afterwards.
 *
 * Kept in the log file, in the same transactions: the client's generation (it only grows: a place and a generation name
 * one numbering for ever), the backend's id, and the conflicts. */
#ifndef LS_CORE_UPSTREAM_H
#define LS_CORE_UPSTREAM_H

#include "core/store.h"

typedef struct ls_upstream_result {
  bool rebased;         /* pending events got other numbers or were set aside */
  size_t confirmed;     /* pending events that are so no more, client-only ones among those that came back too */
  size_t set_aside;     /* commits that became conflicts */
  size_t echoed;        /* of what arrived, so many had been pending here */
} ls_upstream_result;

/* Merge events from upstream, in order, behind the upstream head.
 *   more  others follow at once: subscriptions wait
 * LS_EORDER they break the protocol; nothing has changed. LS_EIO, LS_EFULL, LS_ENOMEM: nothing has changed. */
int ls_upstream_merge(ls_upstream_result *out, ls_store *store, const ls_event *events, size_t n, bool more, ls_error *err);

/* Give pending synced events behind the global number `after`, in order, until `each` returns non-zero. Only those that
 * the state has materialized at their present place, and settled (log.h): what is sent cannot come undone.
 * O(events given). */
typedef int (*ls_upstream_pending_fn)(void *user, const ls_event *event);
int ls_upstream_pending(ls_store *store, int64_t after, ls_upstream_pending_fn each, void *user, ls_error *err);

/* The server will never take the pending event of this number: set its commit aside, renumber what follows.
 * LS_ENOTFOUND it is not pending any more. */
int ls_upstream_refused(ls_store *store, int64_t global, const char *why, ls_error *err);

/* The backend that the log was synced with; "" for none yet. Borrowed until the next call. */
const char *ls_upstream_backend_id(const ls_store *store);
/* The backend says who it is. The first time it is noted. When it is another one than before, what is to be done
 * follows from the policy (livestore.h). LS_EBACKEND with LS_BACKEND_STOP. */
int ls_upstream_backend(ls_store *store, const char *backend_id, ls_backend_policy policy, ls_error *err);

#endif
