/* linked - sessions elsewhere, joined to a leader by queues of messages that a test delivers one by one, or cuts. Each
 * function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_LINKED_H
#define LS_TESTS_SUPPORT_LINKED_H

#include "core/link.h"
#include "livestore_host.h"

typedef struct linked_message {
  char *data;
  size_t size;
  struct linked_message *next;
} linked_message;

typedef struct linked {
  ls_store *store, *leader;
  ls_downlink *downlink;
  linked_message *up, *down; /* under way, the oldest first */
} linked;

/* A leader in memory. */
ls_store *linked_leader(void);
/* A session of the schema of upstream_fixture.h, or another; not connected. */
linked linked_open(const char *session_id, const char *schema);
/* One that has joined a leader, and has all that it says. */
linked linked_joined(const char *session_id, ls_store *leader);
void linked_close(linked *l);

/* Begin a connection, and end it: what is under way is gone. */
void linked_connect(linked *l, ls_store *leader);
void linked_cut(linked *l);

/* Put what the two have to say on its way. Call it behind everything that was done to either store. */
void linked_collect(linked *l);
/* The same, but it may fail: the error. */
int linked_try_collect(linked *l);
/* Deliver the oldest message, to the leader or to the session: what came of it; 1 when there is none. */
int linked_deliver(linked *l, bool up, ls_error *err);
/* The same; it must be there, and go well. */
void linked_deliver_well(linked *l, bool up);
/* Deliver everything in both directions between all of them and one leader until nothing is said any more. */
void linked_settle(linked *links, size_t n);

ls_uplink_status linked_status(const linked *l);
/* Events that the leader is not known to have. */
uint64_t linked_unsaved(const linked *l);
ls_receipt linked_commit(const linked *l, const char *name, const char *args);
void linked_assert_stage(const linked *l, ls_receipt receipt, ls_stage wanted);
/* All have the leader's state, and it has all of theirs. */
void linked_assert_same(const linked *links, size_t n, ls_store *leader);
/* The same of a single one; then both are closed. */
void linked_finish(linked *l, ls_store *leader);

/* Messages of a queue; and one of them, read: free with ls_link_fini. */
size_t linked_count(const linked_message *queue);
ls_link linked_read(const linked_message *message);

/* Items that are told apart by their id: the arguments of a "put", good until the next call; a commit of it; an
 * event's. */
const char *linked_item(int id);
ls_receipt linked_put(const linked *l, int id);
int linked_id(const ls_event *event);
/* The ids of all events of a store's log, in its order, such as "9 1 2". */
void linked_assert_log(ls_store *store, const char *wanted);

#endif
