/* sync - a store that is being synced: the state machine of sync/client.h, joined to the store on one side and to a
 * transport of livestore_host.h on the other. Here lie the sync payload, the status, and the signals that show it.
 *
 *   transport ──► ls_transport_frame ──► ls_client ──► merge, pending … ──► upstream.h
 *
 * The sessions that share a log have signals each, and one machine, which is the first one's.
 *
 * Every call from outside is an entry: when the outermost one ends, signals are set and subscriptions told. What an
 * application asks for from inside (ls_transport_detach) is done as far as that can be while the machine is at work. */
#ifndef LS_CORE_SYNC_H
#define LS_CORE_SYNC_H

#include "base/bytes.h"
#include "base/event.h"
#include "livestore_host.h"
#include "sync/client.h"

enum { LS_SYNC_FACTS = LS_SYNC_FACT_ERROR + 1 };

/* How many pending events there were, when upstream and the state stood there. */
typedef struct ls_sync_counted {
  ls_seqnum upstream;
  ls_mark head;
  uint64_t pending;
} ls_sync_counted;

typedef struct ls_sync {
  ls_store *store;
  ls_client *client;           /* NULL: no transport is attached; there in the first session only */
  ls_transport transport;
  ls_connect_options options;  /* the texts that it points to are not kept */
  char *url;                   /* NULL: none; as is the payload that a token makes */
  char *payload;
  int64_t now_ms;              /* of the last call */
  size_t depth;                /* entries under way */
  bool stopped;                /* asked from inside to be detached */
  bool heard;                  /* from the server, on this connection */
  bool more;                   /* the last merge said that others follow at once */
  ls_sync_counted counted;
  ls_node *signals[LS_SYNC_FACTS]; /* NULL: nobody has asked for it */
} ls_sync;

/* Something was committed, set aside, retried or dropped: push it, and show it. Call ls_store_react behind it. */
void ls_sync_changed(ls_store *store);

/* May the store be closed? Ends the transport's thread. LS_ELOCKED */
int ls_sync_quiet(ls_store *store, ls_error *err);
/* Detach, and free all. A store without sync is fine. */
void ls_sync_free(ls_store *store);

/* The transport attached to a store or to the first session of its log, or NULL. */
const ls_transport *ls_sync_transport(const ls_store *store);

/* ---------------------------------------------------------------------------------------------- */
/* Between the sync_*.c files */

/* The store's, made when it has none. */
int ls_sync_of(ls_sync **out, ls_store *store, ls_error *err);
/* What the machine asks of the store and the transport. */
extern const ls_client_host LS_SYNC_HOST;
/* Pending events, client-only ones left out. O(those that came or were confirmed since it was last asked for). */
int ls_sync_count_pending(uint64_t *out, ls_store *store, ls_error *err);
/* Set the signals that somebody has asked for, in all sessions; what depends on them is not told yet. */
void ls_sync_signals_set(ls_store *store);

#endif
