/* sessions - stores that share a leader: the first one, made by ls_open, and those that ls_session_open made since.
 *
 *   first ──► next ──► next …      in order of opening: each has a state, a graph, an undo stack, readers and views
 *     └─────────┴────────┴──► leader (log, receipts)
 *     └──► lock, files, snapshots, flushes, sync, schema: the first one's, who decides what becomes of pending events
 *
 * What always holds
 *   1. A session commits against the log's head: one whose state stands elsewhere follows first.
 *   2. Before a function of livestore.h that has changed the log returns, all sessions have followed it, and then the
 *      subscriptions of each were told, in order of opening (ls_store_react). If one cannot follow now, it does when it
 *      is used next; that is no error of who changed the log.
 *   3. While an effect, subscription or progress callback of one of them is called, none is closed.
 * Materializing is deterministic, so sessions that stand at the same place hold the same. */
#ifndef LS_CORE_SESSIONS_H
#define LS_CORE_SESSIONS_H

#include "core/store.h"

/* Is one of them telling its progress? Then nothing may be changed. */
bool ls_sessions_busy(const ls_store *store);

/* LS_ELOCKED this is not the first one. `what` says what only that one does, such as "import". */
int ls_sessions_check_first(const ls_store *store, const char *what, ls_error *err);
/* LS_ELOCKED it is the first of several. `what` says what they have to be closed for, such as "closing the store". */
int ls_sessions_check_alone(const ls_store *store, const char *what, ls_error *err);
/* LS_ELOCKED something of the application's is being called by one of them. */
int ls_sessions_check_quiet(const ls_store *store, ls_error *err);

/* Bring the state of one to the log's head. Where events were only appended, the graph is told which
 * rows they change. */
int ls_sessions_catch_up(ls_store *store, ls_error *err);
/* Give one that is not the first a copy of the first one's state. O(size of the state). */
int ls_sessions_copy_state(ls_store *store, ls_error *err);
/* Bring all to the log's head, as far as that can be done now. */
void ls_sessions_follow(ls_store *store);

/* One that is not the first goes: take it off the list, and what it has of the first one's out of it. */
void ls_sessions_leave(ls_store *store);

#endif
