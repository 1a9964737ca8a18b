/* undo - what the commands undo and redo share. */
#ifndef LS_CLI_UNDO_H
#define LS_CLI_UNDO_H

#include "command.h"

typedef int (*cli_undo_fn)(ls_receipt *out, ls_store *store, size_t n, ls_error *err);

/* Run one of them: `done` is what it says it did, such as "undone". */
int cli_undo_run(cli_call *call, cli_undo_fn fn, const char *done);

#endif
