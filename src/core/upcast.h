/* upcast - old forms of events become those that the schema materializes: "v1.TodoCreated" → "v2.TodoCreated". The log
 * keeps events as they were written; this is done each time one is applied.
 *
 * What an upcast gives is a function of the event alone: it reads no table, clock or random number. */
#ifndef LS_CORE_UPCAST_H
#define LS_CORE_UPCAST_H

#include "core/state.h"

/* Follow the chain of an old form to its end.
 *   out    the event under its new name; arguments are canonical, and lie in the state until the next call
 *   type   of `event`, an old form
 *   event  as it stands in the log
 * Whether the new arguments fit is left to the caller. LS_EARGS an expression gives no JSON object, LS_EMATERIALIZE it
 * fails; the text names the step. O(size of the arguments) a step. */
int ls_upcast(ls_event *out, ls_state *state, const ls_event_type *type, const ls_event *event, ls_error *err);

/* Append "a" → "b" → "c" for messages. */
void ls_upcast_chain(ls_bytes *out, const ls_event_type *type);

#endif
