/* rollback - rolling a state back, exactly: every row and row id is as it was.
 *
 * Each committed transaction leaves a row in __livestore_rollback (or one for each of its steps, ls_state_mark): where
 * it came from and its changeset. The oldest rows go when all together are larger than the state's limit; a state that
 * cannot be rolled back as far as wanted is made anew. Rows are restored with foreign keys and triggers off: what they
 * did is in the changeset. */
#ifndef LS_CORE_ROLLBACK_H
#define LS_CORE_ROLLBACK_H

#include "core/state.h"

#define LS_ROLLBACK_ROW_BYTES 40 /* what a record counts beside its changeset, so that empty ones are bounded too */

/* Inside a state's transaction: keep what capture recorded, as the way back from `to` to the state's present mark. A
 * record that overflowed is not kept; then there is no way back behind `to`. */
int ls_rollback_keep(ls_state *state, ls_mark to, ls_error *err);

/* Follow the records back from where the state stands to the first mark for which `is_there` returns 1 (0: further on;
 * negative: an error), and roll back to there, in a transaction of its own. LS_ENOTFOUND when records do not reach as
 * far: then nothing has changed. */
typedef int (*ls_rollback_fn)(void *user, ls_mark mark, ls_error *err);
int ls_rollback_all(ls_state *state, ls_rollback_fn is_there, void *user, ls_error *err);

/* Inside a transaction: roll back to the newest place on record that is not behind `until`; the state then stands
 * there. What that changes is captured. LS_ENOTFOUND when records do not reach as far; like after any error, the
 * transaction must be aborted. O(rows changed since). */
int ls_rollback_to(ls_state *state, ls_seqnum until, ls_error *err);

/* The newest place on record of which `is_there` says so; nothing changes. LS_ENOTFOUND */
int ls_rollback_find(ls_mark *out, ls_state *state, ls_rollback_fn is_there, void *user, ls_error *err);

/* Roll the newest record back, in a transaction of its own. LS_ENOTFOUND when there is none. */
int ls_rollback_step(ls_state *state, ls_error *err);

/* Inside a transaction that is to be aborted: put the rows back to the newest place on record that is not behind
 * `until`, and say which that is. LS_ENOTFOUND when records do not reach as far. O(rows changed since). */
int ls_rollback_peel(ls_mark *out, ls_state *state, ls_seqnum until, ls_error *err);

#endif
