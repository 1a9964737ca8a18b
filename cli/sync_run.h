/* sync_run - keeps a store in sync with a server until both are equal, or until it is stopped. */
#ifndef LS_CLI_SYNC_RUN_H
#define LS_CLI_SYNC_RUN_H

#include "command.h"

typedef struct cli_sync {
  const char *url;
  const char *path; /* the store's directory, for its sync.json; NULL: none is written */
  ls_connect_options options;
  bool live;         /* go on when both ends are equal, and say what happens */
  bool commit_stdin; /* commit the events of standard input; its end ends `live` */
  int64_t timeout_s; /* not live: for so long failures are tried again; 0: the first one ends it */
} cli_sync;

/* Returns the exit status. */
int cli_sync_run(cli_call *call, ls_store *store, const cli_sync *sync);

#endif
