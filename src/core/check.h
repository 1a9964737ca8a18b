/* check - the parts of ls_check: check.c reads the log, check_state.c compares the state with it. */
#ifndef LS_CORE_CHECK_H
#define LS_CORE_CHECK_H

#include "core/log.h"
#include "core/state.h"

typedef struct ls_check_run {
  const char *path;
  ls_log *log;
  ls_schema *schema; /* NULL when there is none to be had */
  ls_finding_fn each;
  void *user;
  ls_progress_fn progress;
  void *progress_user;
  ls_check_report report;
  bool damaged;   /* the log cannot be read to its end */
  uint64_t total; /* events, for progress */
  struct ls_hash *hash;
  ls_json args; /* of the event being checked */
  ls_bytes scratch;
  ls_bytes told; /* places (int64_t) of events that were found wrong by themselves, in order */
} ls_check_run;

void ls_check_tell(ls_check_run *run, ls_code code, ls_seqnum seq, const char *text);

/* Replay the log from nothing, tell the events that failed, and compare what is kept with what that gives. */
int ls_check_state(ls_check_run *run, ls_error *err);

#endif
