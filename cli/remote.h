/* remote - a server's store, copied into a directory that goes away again: what export and import do with a URL. */
#ifndef LS_CLI_REMOTE_H
#define LS_CLI_REMOTE_H

#include "command.h"

typedef struct cli_remote {
  const char *url, *store_id;
  const char *token; /* NULL: none */
  char path[256];    /* of the copy, once it is opened */
} cli_remote;

/* Is the operand a URL instead of a directory? */
bool cli_remote_is(const char *path);

/* Make an empty store and pull all that the server has. NULL when that fails, which is said; nothing is left then.
 *   pulled  out: how many events that was */
ls_store *cli_remote_open(cli_call *call, cli_remote *remote, uint64_t *pulled);
/* Push what was put into it. Returns the exit status: CLI_FAILED also when not all was taken, which is said. */
int cli_remote_push(cli_call *call, const cli_remote *remote, ls_store *store);
/* Remove the copy, when it is closed. */
void cli_remote_remove(const cli_remote *remote);

#endif
