/* table - rows as columns of text. The first rows are kept back until the widths of the columns are known from them;
 * the others follow as they come, so that no number of rows takes more memory. */
#ifndef LS_CLI_TABLE_H
#define LS_CLI_TABLE_H

#include "output.h"

typedef struct cli_table cli_table;

cli_table *cli_table_new(cli_text *out, const cli_terminal *terminal, const cli_column *columns, size_t n);
void cli_table_row(cli_table *table, const ls_value *values);
/* How the rows from here on look: one of the terminal's styles, or "". It stays with the caller. */
void cli_table_look(cli_table *table, const char *look);
/* Write what was kept back, and free. */
void cli_table_end(cli_table *table);

#endif
