/* sync_input - events from standard input while something else is waited for, too: what is there is read and committed
 * line by line, and nothing waits. */
#ifndef LS_CLI_SYNC_INPUT_H
#define LS_CLI_SYNC_INPUT_H

#include "command.h"

/* Zero-initialize; free with cli_sync_input_fini. */
typedef struct cli_sync_input {
  cli_text text; /* what was read and is no whole line yet */
  size_t lines;  /* committed or skipped */
  bool ended;
} cli_sync_input;

/* Read what is there, once, and commit the lines that are whole. False when a line is wrong; that was said. */
bool cli_sync_input_take(cli_sync_input *input, cli_call *call, ls_store *store);
void cli_sync_input_fini(cli_sync_input *input);

#endif
