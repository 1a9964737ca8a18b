/* commits - makes what was pushed durable, and shares one flush between all that waits.
 *
 * At the end of each turn of the loop, what is due is begun: the flush runs on a thread of libuv's pool while the loop goes on
 * to take frames, and what they push waits for the next flush. So with one push the wait is one flush; with many, each
 * flush carries all that came in during the one before. */
#ifndef LS_SERVER_COMMITS_H
#define LS_SERVER_COMMITS_H

#include <uv.h>

#include "server/hub.h"
#include "server/journal.h"
#include "server/metrics.h"

typedef struct ls_commits {
  ls_hub *hub;
  const ls_backend *backend;
  ls_journal *journal;
  ls_metrics *metrics;
  uv_check_t turn_end;
  uv_idle_t awake; /* keeps the loop from waiting before a turn's end while something is due */
  uv_work_t flush;
  bool due, busy;
  int result; /* of the flush, with its reason and duration */
  ls_error err;
  int64_t took_us;
} ls_commits;

/* The struct stays where it is until the loop has closed its handles. */
void ls_commits_open(ls_commits *commits, uv_loop_t *loop);
void ls_commits_due(ls_commits *commits);
bool ls_commits_settled(const ls_commits *commits);
void ls_commits_close(ls_commits *commits);

#endif
