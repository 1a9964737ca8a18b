/* journal - the server's log: a line for each thing that happens, on standard error.
 *
 *   text  2026-01-31T12:00:00.000Z connect id=7 store=todos peer=127.0.0.1:50312
 *   json  {"time":"2026-01-31T12:00:00.000Z","event":"connect","id":7,"store":"todos","peer":"127.0.0.1:50312"}
 *
 * Nobody waits for whoever reads it: a line that does not fit into the pipe is dropped, and the next one says how many were. */
#ifndef LS_SERVER_JOURNAL_H
#define LS_SERVER_JOURNAL_H

#include "base/bytes.h"
#include "livestore.h"

typedef struct ls_journal {
  int fd;
  bool json, quiet; /* quiet: errors only */
  ls_bytes line;
  uint64_t dropped;
} ls_journal;

void ls_journal_fini(ls_journal *journal);

/* A line in pieces: begin, what belongs to it, end. */
void ls_journal_begin(ls_journal *journal, const char *event);
void ls_journal_text(ls_journal *journal, const char *name, const char *value); /* NULL is left out */
void ls_journal_int(ls_journal *journal, const char *name, int64_t value);
void ls_journal_end(ls_journal *journal);

/* The line "error", which is written by a quiet journal, too. */
void ls_journal_error(ls_journal *journal, const char *where, const char *text);

#endif
