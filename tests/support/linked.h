/* linked - sessions elsewhere, joined to a leader by queues of messages that a test delivers one by one, or cuts. Each
 * function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_LINKED_H
#define LS_TESTS_SUPPORT_LINKED_H

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

/* A session of the schema of upstream_fixture.h, or another; not connected. */
linked linked_open(const char *session_id, const char *schema);
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
/* Deliver everything in both directions between all of them and one leader until nothing is said any more. */
void linked_settle(linked *links, size_t n);

/* Events that the leader is not known to have. */
uint64_t linked_unsaved(const linked *l);

#endif
