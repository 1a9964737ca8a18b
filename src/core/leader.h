/* leader - the part of a store that exists once per device: it owns the log, and says what is in it.
 *
 * It knows nothing of tables and schemas; the schema document is a text that it keeps. Sessions push events to it, and
 * it appends them; more than one session may share a leader. It decides nothing about time and does no I/O but through
 * the log. */
#ifndef LS_CORE_LEADER_H
#define LS_CORE_LEADER_H

#include "core/awaited.h"
#include "core/log.h"
#include "core/receipts.h"

typedef struct ls_leader {
  ls_log *log;
  ls_receipts receipts; /* of what its sessions commit */
  char *store_id, *client_id, *session_id; /* session_id: that of sessions which have none of their own */
  char *backend_id;     /* that the log was synced with; NULL: none yet */
  ls_awaited *awaited;  /* borrowed; when another leader, elsewhere, decides what becomes of commits (uplink.c). NULL */
} ls_leader;

/* Who a new store is. */
typedef struct ls_identity {
  const char *store_id, *client_id, *session_id;
} ls_identity;

/* Take a log into possession.
 *   log  freed with the leader, from success on
 * LS_ENOTFOUND when it was never given an identity: a new log, or one whose creation was interrupted. */
int ls_leader_open(ls_leader **out, ls_log *log, ls_error *err);
/* Give a new log its identity and first schema document, in one transaction. */
int ls_leader_found(ls_log *log, const ls_identity *identity, const char *schema_json, ls_error *err);
int ls_leader_close(ls_leader *leader, ls_error *err); /* NULL is fine */

/* Append events of a session.
 * LS_EORDER they do not follow the head: the session must rebase them. LS_EFULL, LS_EIO nothing was appended. */
int ls_leader_push(ls_leader *leader, const ls_event *events, size_t n, ls_error *err);

/* Events were appended that a session elsewhere has committed: they have ordinals like others. */
void ls_leader_count(ls_leader *leader, size_t n);

/* Take back what was pushed last, down to `head`. */
int ls_leader_retract(ls_leader *leader, ls_seqnum head, ls_error *err);

/* Upstream has accepted the pending events up to and with `head`, n of them. */
int ls_leader_confirm(ls_leader *leader, ls_seqnum head, size_t n, ls_error *err);

/* What a commit has come to whose last event got this ordinal (receipts.h). */
ls_stage ls_leader_stage(const ls_leader *leader, int64_t ordinal);
/* Before receipts are told that pending events are confirmed or set aside: count those that have no ordinal, unless
 * that was done. O(pending) the first time. */
int ls_leader_count_receipts(ls_leader *leader, ls_error *err);

/* The schema document that the store was last used with, appended to out. */
int ls_leader_schema(ls_bytes *out, ls_leader *leader, ls_error *err);
int ls_leader_set_schema(ls_leader *leader, const char *schema_json, ls_error *err);

#endif
