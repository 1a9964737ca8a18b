/* sync_file - STORE/sync.json: what livestore sync says about itself, for livestore status, since nobody else can open the
 * store meanwhile (docs/files.md).
 *
 * It is one JSON object with the fields of cli_standing, replaced whole by rename. It says how things are only while the
 * process that it names holds the store; from then on only what was the last URL and the last error is still true. */
#ifndef LS_CLI_SYNC_FILE_H
#define LS_CLI_SYNC_FILE_H

#include "standing.h"

/* Writing: at most once a second, and only what differs from what was written last. */
typedef struct cli_sync_file {
  cli_call *call;
  ls_store *store;
  const char *path, *url; /* the store's directory, and what it is synced with; path NULL: nothing is written */
  char since[32], error_time[32];
  ls_sync_status seen;
  cli_text written; /* what the file holds */
  double looked_s;  /* when it was compared last; 0: never */
  bool due;         /* something may have changed since */
  bool broken;      /* it cannot be written, which was said */
} cli_sync_file;

cli_sync_file cli_sync_file_of(cli_call *call, ls_store *store, const char *path, const char *url);
/* Look at the store, and write the file when it is time to. Called whenever something may have happened. */
void cli_sync_file_keep(cli_sync_file *file, const ls_sync_status *status);
/* In how many milliseconds cli_sync_file_keep has something to do anyway; -1: never. */
int cli_sync_file_timeout_ms(const cli_sync_file *file);
/* Write the last words - syncing is off, and why - and free. Before ls_disconnect. */
void cli_sync_file_end(cli_sync_file *file);

/* Read the file of the store at `path`: fields that it does not have are NULL.
 *   values  out: CLI_N_FIELDS; they borrow from `text`, which the caller frees
 * False when there is none, or nothing that makes sense. */
bool cli_sync_file_read(ls_value *values, cli_text *text, const char *path);

#endif
