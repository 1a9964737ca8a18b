/* show_change - a row that was changed, before and after: "+" inserted, "-" deleted, "~" updated, with values as
 * SQL would write them. */
#ifndef LS_CLI_SHOW_CHANGE_H
#define LS_CLI_SHOW_CHANGE_H

#include "output.h"

/* Print a change as a few lines; long values are cut to the terminal's width.
 *   brief  of an update, only the columns that it changed */
void cli_show_change(cli_call *call, const ls_change *change, bool brief);

/* "insert", "update" or "delete". */
const char *cli_op_name(ls_op op);
/* A row, change->before or change->after, as a JSON object of its columns, in `text`; NULL when there is none. */
ls_value cli_change_row(cli_text *text, const ls_change *change, const ls_value *row);

/* Changes as rows of an output: op, table, before, after. */
typedef struct cli_change_rows {
  cli_output *output;
  cli_text before, after;
} cli_change_rows;

void cli_change_rows_begin(cli_change_rows *rows, cli_call *call);
int cli_change_rows_add(void *rows, const ls_change *change); /* an ls_change_fn */
/* Returns the exit status. */
int cli_change_rows_end(cli_change_rows *rows);

#endif
