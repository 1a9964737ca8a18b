/* downlink - the leader's end of a session that is elsewhere (livestore_host.h). It has a cursor on the log: what lies behind
 * that has not been sent, and when the log is cut below it, it stands at the cut. */
#ifndef LS_CORE_DOWNLINK_H
#define LS_CORE_DOWNLINK_H

#include "core/link.h"
#include "core/store.h"
#include "livestore_host.h"

struct ls_downlink {
  ls_store *store;
  ls_downlink *before, *after; /* in store->downlinks */
  bool greeted;
  char *name;                 /* "link:" and its id: the fact that says what was taken of it */
  int64_t has, last_conflict; /* that: so many events, and conflicts up to this id */
  ls_log_cursor *cursor;
  ls_seqnum sent, upstream; /* what the session has: its log's end, and its upstream head */
  bool welcome;             /* to be sent: the first message */
  bool afresh, same_schema; /* the session has nothing of use; it can use the state that is here */
  int64_t said;             /* welcomes, and changes of the log */
  bool paged;               /* what is being written may be continued in the next message */
  bool anyhow;              /* to be sent: how the log goes on, also when it does not */
  uint64_t tears;           /* ls_log_tears that the session knows the outcome of */
  bool accepted;            /* to be sent: what it pushed is in the log, up to `sent` */
  int64_t kept;             /* to be sent: a conflict of this id is kept; 0: none */
  ls_error failure;         /* to be sent; code 0: none */
  ls_link link;
  ls_bytes out;
};

/* Between the downlink*.c files: what was sent ends here. */
int ls_downlink_stand_at(ls_downlink *downlink, ls_seqnum since, ls_error *err);

#endif
