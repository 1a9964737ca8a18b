/* restore - putting rows back to what they were: the materializer of the library's own events, which undo and redo
 * commit. Every schema knows these events; names that begin with "livestore." are theirs.
 *
 * Their arguments say all that is needed, so that they mean the same wherever they are applied:
 *
 *   {"rows":[{"table":"todos","op":"update","key":{"id":"a"},"columns":{"done":[1,0]}},
 *            {"table":"todos","op":"insert","key":{"id":"b"},"row":{"id":"b","done":0},"rowid":2},
 *            {"table":"todos","op":"delete","key":{"id":"c"},"row":{"id":"c","done":0}}]}
 *
 *   update  of each column [what it must still hold, what it gets]; one that holds something else is left as it is.
 *           "rowid", if given, is the row id that the row gets unless another row has it
 *   insert  unless there is a row of this key; with the row id given, unless another row has that
 *   delete  if all columns still hold this; otherwise somebody has changed the row since, and it stays
 *
 * What breaks a constraint (UNIQUE, NOT NULL, CHECK) is left out, row by row: rows that stand in each other's way, as
 * when two of them swap a unique value, are restored together. Tables, columns and keys that are no longer there are
 * passed over. Triggers do not run, since what they did is among the rows. Foreign keys must hold behind the event,
 * as behind every event, and their actions (CASCADE …) may not run: they would change rows that somebody else wrote.
 * When that cannot be, the event fails.
 *
 * A value is written as JSON null, number or string where that says it exactly. Otherwise it is {"int":"…"}, an integer
 * beyond 2^53; {"real":1}, a real without fraction, or {"real":"…"}, its bits as 16 hexadecimal digits, one that JSON
 * has no number for; {"blob":"…"} and {"text":"…"}, for text that is not UTF-8, in hexadecimal digits. */
#ifndef LS_CORE_RESTORE_H
#define LS_CORE_RESTORE_H

#include "core/state.h"

#define LS_OWN_EVENTS "livestore."
#define LS_UNDONE LS_OWN_EVENTS "Undone"
#define LS_REDONE LS_OWN_EVENTS "Redone"
#define LS_CLIENT_UNDONE LS_OWN_EVENTS "ClientUndone" /* of client-only events */
#define LS_CLIENT_REDONE LS_OWN_EVENTS "ClientRedone"

/* Apply such an event, whose arguments are state->args. LS_EARGS they are not what this page says; LS_EMATERIALIZE. */
int ls_restore_apply(ls_state *state, ls_error *err);

/* Append a value as the arguments have it. */
void ls_restore_put_value(ls_bytes *out, ls_value value);
/* Read one.
 *   text  gets what a text or blob is; the value points into it once it no longer grows: data is its offset until then
 * LS_EARGS */
int ls_restore_get_value(ls_value *out, ls_bytes *text, const ls_json *doc, uint32_t node, ls_error *err);

/* Same type, same bits. */
bool ls_value_same(ls_value a, ls_value b);

#endif
