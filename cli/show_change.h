/* show_change - a row that an event changed, before and after: "+" inserted, "-" deleted, "~" updated, with values as
 * SQL would write them. */
#ifndef LS_CLI_SHOW_CHANGE_H
#define LS_CLI_SHOW_CHANGE_H

#include "command.h"

/* Print a change as a few lines; long values are cut to the terminal's width. */
void cli_show_change(cli_call *call, const ls_change *change);

/* Append a row, change->before or change->after, as a JSON object of its columns. */
void cli_change_row_json(cli_text *out, const ls_change *change, const ls_value *row);

#endif
