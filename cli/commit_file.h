/* commit_file - commits the events of a file, batch by batch. */
#ifndef LS_CLI_COMMIT_FILE_H
#define LS_CLI_COMMIT_FILE_H

#include "command.h"

enum { CLI_BATCH = 1000 }; /* events committed at once, unless asked otherwise */

/* Commit the lines of `file` and say how many there were, or which line is wrong and what was committed before it.
 * Returns the exit status. */
int cli_commit_file(cli_call *call, ls_store *store, const char *file, size_t batch);

#endif
