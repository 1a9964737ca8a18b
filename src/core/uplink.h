/* uplink - a store whose log is kept by a leader elsewhere (livestore_host.h). Its own log, in memory, is a copy of the end
 * of the leader's:
 *
 *   base ─── upstream head ─── accepted ─── sent ─── head
 *     what the leader has        │  on its way: this session's own, at the numbers that it gave them
 *
 * The leader alone says what the log is. It keeps the order in which a session has committed, so what comes back of the
 * session's own is told by counting on: the n-th that comes is the n-th that was on its way, whatever its number is now. */
#ifndef LS_CORE_UPLINK_H
#define LS_CORE_UPLINK_H

#include "core/link.h"
#include "core/pending.h"
#include "core/store.h"
#include "livestore_host.h"

#define LS_UPLINK_ID 12 /* characters */

typedef enum ls_uplink_phase { LS_UPLINK_LOST, LS_UPLINK_GREETING, LS_UPLINK_WELCOME } ls_uplink_phase;

struct ls_uplink {
  ls_store *store;
  ls_uplink_phase phase;
  bool anew;                   /* what this session has is of no use to a leader: it greets without it */
  char link[LS_UPLINK_ID + 1]; /* tells this session from others, and from itself when it is opened again */
  ls_seqnum accepted, sent;
  int64_t has, sent_has; /* so many of this session's events the leader is known to have taken; will have, when it
                              has all that was sent */
  int64_t heard;         /* what the leader has said of its log, counted by it */
  size_t theirs;         /* of the events behind `accepted`, so many are among these: the leader says next what
                              became of them */
  ls_awaited awaited;
  ls_pending stranded; /* own events on their way, while the log begins anew */
  int64_t telling;     /* the conflict that was sent and is not known to be kept; 0: none */
  ls_error failure;
  int64_t paused_until_ms; /* of the monotonic clock */
  ls_link message;
  ls_bytes out;
};

void ls_uplink_free(struct ls_uplink *uplink); /* NULL is fine */

/* ---------------------------------------------------------------------------------------------- */
/* Between the uplink*.c files */

static inline ls_log *ls_uplink_log(const struct ls_uplink *uplink) { return uplink->store->leader->log; }
/* LS_ENOTFOUND: the store has its log itself. */
int ls_uplink_none(ls_error *err);
/* What is on its way goes out anew. */
void ls_uplink_send_again(struct ls_uplink *uplink);

/* What the leader says the log is behind a place. */
typedef struct ls_uplink_change {
  ls_seqnum after;
  const ls_event *events;
  size_t n;
  bool appended; /* the log has them already, and `after` is their last */
} ls_uplink_change;

/* `before` is what this session had there; the first `theirs` of it the leader had. The others go behind what it says.
 * LS_ENOTFOUND the state cannot be rolled back as far */
int ls_uplink_take_change(struct ls_uplink *uplink, const ls_uplink_change *c, const ls_pending *before, size_t theirs,
                          ls_error *err);

/* The message that was read is one of these. */
int ls_uplink_receive_welcome(struct ls_uplink *uplink, uint32_t welcome, ls_error *err);
int ls_uplink_receive_change(struct ls_uplink *uplink, ls_error *err);
int ls_uplink_receive_accepted(struct ls_uplink *uplink, ls_error *err);
/* Its member "upstream", if it has one. */
int ls_uplink_receive_upstream(struct ls_uplink *uplink, ls_error *err);

#endif
