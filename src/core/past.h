/* past - a state as it was at an earlier place of the log, made in the cheapest way:
 *
 *   present   a copy of the present state, rolled back by its rollback records
 *   snapshot  the newest one at or before the place (state.db, or a kept one), and the events since
 *   nothing   all events up to the place
 *
 * What is made belongs to the caller and has nothing to do with the present state any more. Making it changes nothing
 * but the kept snapshots: one that cannot be used is removed, and what took long to make is kept. */
#ifndef LS_CORE_PAST_H
#define LS_CORE_PAST_H

#include "core/store.h"

/* The mark of the event at a position, the root included. A generation of 0 stands for whichever the event has.
 * LS_ENOTFOUND no event stands there. */
int ls_past_find(ls_mark *out, ls_store *store, ls_seqnum position, ls_error *err);

/* Make the state at a mark of the log. In memory, or, when the store's state is in a file, in a temporary one. It keeps
 * no rollback records. LS_EABORT progress said so. */
int ls_past_make(ls_state **out, ls_store *store, ls_mark at, ls_error *err);

/* Where such states live: the `file` of ls_state_new. */
const char *ls_past_place(const ls_store *store);

/* The same in one way only, for tests. LS_ENOTFOUND it cannot be made in this way. */
typedef enum ls_past_way { LS_PAST_PRESENT, LS_PAST_SNAPSHOT, LS_PAST_NOTHING } ls_past_way;
int ls_past_make_from(ls_state **out, ls_store *store, ls_mark at, ls_past_way way, ls_error *err);

/* A snapshot of the present state was written to `file`: keep it, too, if the last one kept is old enough. An error is
 * noted, not returned. */
void ls_past_keep(ls_store *store, const char *file);
/* The kept snapshots are of no use any more. */
void ls_past_forget(ls_store *store);

#endif
