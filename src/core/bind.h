/* bind - from the arguments of an event, parsed into state->args, to the parameters of a statement: true and false as 1
 * and 0, null and absent as NULL, arrays and objects as JSON text. */
#ifndef LS_CORE_BIND_H
#define LS_CORE_BIND_H

#include "core/state.h"

/* Find the node of each property of the event's type; the arguments are canonical. O(members + properties). */
void ls_bind_properties(ls_state *state, const ls_event_type *type);

/* Bind one parameter of a statement. The event, and what state->args was parsed from, must outlive the statement's next
 * reset. Returns SQLite's result code. */
int ls_bind_param(sqlite3_stmt *stmt, int at, ls_state *state, const ls_param *param, const ls_event *event);

#endif
