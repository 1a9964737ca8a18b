/* store - opening and closing the store that a command works on. */
#ifndef LS_CLI_STORE_H
#define LS_CLI_STORE_H

#include "command.h"

/* The options that every command opens a store with: progress, warnings on standard error, and who holds the store. */
ls_options cli_store_options(cli_call *call);

/* Open a store that exists. NULL when it cannot be opened; that was said. */
ls_store *cli_store_open(cli_call *call, const char *path, const ls_options *options);
/* The same with the usual options. */
ls_store *cli_store_open_usual(cli_call *call, const char *path);

/* Close, and return the exit status: `status`, or CLI_FAILED when closing fails, which is said. */
int cli_store_close(cli_call *call, ls_store *store, int status);

/* Say why the store at `path` could not be used (call->err), with what to do when there is none; returns CLI_FAILED. */
int cli_store_fail(cli_call *call, const char *path);

#endif
