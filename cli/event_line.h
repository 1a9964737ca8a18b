/* event_line - a line that holds an event: {"name": "v1.TodoCreated", "args": {…}}, keys in any order, args optional.
 * What args holds is passed on as it is; the library checks it. */
#ifndef LS_CLI_EVENT_LINE_H
#define LS_CLI_EVENT_LINE_H

#include "livestore.h"

/* Take a line apart, in place: both strings lie in it. LS_EFORMAT says what is wrong and where in the line. */
int cli_event_line_read(ls_input *out, char *line, size_t size, ls_error *err);

#endif
