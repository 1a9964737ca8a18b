/* livestore_host.h - for those who plug a transport of their own into a store: sockets of another event loop, a browser's
 * WebSocket, a test. Applications use ls_connect (livestore.h), which is built on this.
 *
 * The library decides, the transport moves frames:
 *
 *   transport.connect  ◄── library     begin to connect; later  ls_transport_opened   or  ls_transport_closed
 *   transport.send     ◄── library     queue one frame
 *   transport.close    ◄── library     close; nothing more is told of this connection
 *                          library ◄── ls_transport_frame        one whole frame has arrived
 *                          library ◄── ls_transport_closed       the connection is gone, or could not be made
 *                          library ◄── ls_transport_tick         the time that ls_transport_deadline_ms gave has come
 *
 * None of the transport's functions may call back into the library. All times are milliseconds of one clock that only goes
 * forward. Everything belongs to the store's thread. Subscriptions and effects are called from inside the ls_transport_…
 * functions; from there these may not be called again. docs/transports.md walks through an example. */
#ifndef LIVESTORE_HOST_H
#define LIVESTORE_HOST_H

#include "livestore.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct ls_transport {
  void *user;
  bool requests;  /* each frame sent is a request whose answer is one frame (HTTP), instead of a stream both ways */
  /* Required. payload: the JSON for this connection, NULL for none; borrowed for the call. */
  int (*connect)(void *user, const char *payload, ls_error *err);
  /* Required. Queue it, or fail; the text is borrowed for the call. */
  int (*send)(void *user, const char *text, size_t size, ls_error *err);
  /* Required. Fine without a connection. */
  void (*close)(void *user);
  /* The time now, for what is said of the future in a status; NULL: the time of the last call counts. */
  int64_t (*now_ms)(void *user);
  /* The store is to be closed, or the transport detached: one that has a thread ends it here, and waits for it. Called
   * before anything else is looked at. On an error (LS_ELOCKED, from inside that thread) nothing is closed. NULL: none. */
  int (*quiet)(void *user, ls_error *err);
  /* It is detached, and not called any more: it may free what it has. NULL: nothing to do. */
  void (*detached)(void *user);
} ls_transport;

/* Attach a transport to a store, and begin to connect with the next tick.
 *   transport  copied
 *   url        shown in the status; may be NULL
 *   options    as of ls_connect; what is said of TLS and threads there is the transport's own business
 * LS_EEXISTS the store has one already; LS_EARGS the options; LS_ELOCKED the store is not the first session of its log.
 * ls_transport_detach ends it; ls_close does so too. */
LS_API int ls_transport_attach(ls_store *store, const ls_transport *transport, const char *url,
                               const ls_connect_options *options, ls_error *err);
/* From inside a subscription or effect it stops syncing at once, and the transport is detached by the next call of this,
 * of ls_transport_attach or of ls_close. */
LS_API void ls_transport_detach(ls_store *store);

LS_API void ls_transport_opened(ls_store *store, int64_t now_ms);
LS_API void ls_transport_frame(ls_store *store, const char *frame, size_t size, int64_t now_ms);
/*   why  shown in the status; LS_EACCESS stops for good, unless there is another payload by then */
LS_API void ls_transport_closed(ls_store *store, const ls_error *why, int64_t now_ms);
LS_API void ls_transport_tick(ls_store *store, int64_t now_ms);
/* When the tick is due: 0 at once, INT64_MAX never. */
LS_API int64_t ls_transport_deadline_ms(const ls_store *store);

/* ---------------------------------------------------------------------------------------------- */
/* Sessions in other places (docs/sessions.md)
 *
 * A session may live in another thread, process or machine than the leader, which has the log: a web page and its worker,
 * say. It has a state, live queries and undo of its own, and commits at once; what it commits is on its way to the leader
 * until that has it. Messages are bytes. The host carries them, in order and once each:
 *
 *     session: a store of ls_uplink_open                            leader: any store that has its log
 *     ls_uplink_take      ── hello ──────────────────────────────►  ls_downlink_open, ls_downlink_receive
 *     ls_uplink_receive   ◄── welcome (log and state) ────────────  ls_downlink_take
 *     after each call on the store: ls_uplink_take ── commits ───►  ls_downlink_receive
 *     ls_uplink_receive   ◄── what has become of the log ─────────  after each call on the store: ls_downlink_take
 *
 * When the leader is gone, or messages may have been lost: ls_uplink_lost, and begin again with another downlink, of the
 * same leader or of the next one of that log. Commits that no leader has confirmed are sent again; none is lost or doubled.
 *
 * Receipts of such a session: LOCAL when the commit returns, DURABLE when the leader has it, CONFIRMED when upstream has. */

/* Open a session whose log is kept by a leader elsewhere. It is empty, and must not be committed to, until it has received
 * the welcome. Then it is a store in memory like any other; but its log begins where the welcome says, so what reaches
 * further back (ls_events_open, ls_at, ls_history) is to be asked of the leader, and conflicts are listed there.
 *   options  schema and session_id; what concerns files and logs is the leader's. store_id and client_id are the leader's
 * LS_ESCHEMA, LS_EARGS */
LS_API int ls_uplink_open(ls_store **out, const ls_options *options, ls_error *err);
/* Take in a message: the log and the state change, and subscriptions are called.
 * LS_EPROTOCOL no such message; LS_ENOTFOUND, LS_EORDER it does not fit what this session has: the session greets anew by
 * itself. LS_ENOMEM: call ls_uplink_lost and begin again. */
LS_API int ls_uplink_receive(ls_store *store, const void *message, size_t size, ls_error *err);
/* The next message for the leader: 1, 0 when there is none, or negative. Borrowed until the next call of this. Behind a
 * failure of the leader (its disk is full, say) what is on its way is given again a second later. */
LS_API int ls_uplink_take(const void **message, size_t *size, ls_store *store, ls_error *err);
/* Nothing that was taken is known to have arrived: the next message greets another leader. */
LS_API void ls_uplink_lost(ls_store *store);

typedef struct ls_uplink_status {
  bool welcome;      /* it has been, since it last greeted */
  uint64_t unsaved;  /* events that the leader is not known to have */
  ls_seqnum leader_head; /* up to where the leader is known to have the log */
  ls_error error;    /* why the leader did not take something last; code 0: it took all since */
} ls_uplink_status;
LS_API int ls_uplink_status_get(ls_uplink_status *out, ls_store *store, ls_error *err);

/* The leader's end of one such session. */
typedef struct ls_downlink ls_downlink;
/* Closed with ls_downlink_close, or with the store.
 *   store  the first session of its log: LS_ELOCKED */
LS_API int ls_downlink_open(ls_downlink **out, ls_store *store, ls_error *err);
/* Take in a message: what it brings is appended to the log and applied, or the session will be told why not.
 * LS_EPROTOCOL no such message. Other errors, of the state and of memory, are the leader's own; the session is told. */
LS_API int ls_downlink_receive(ls_downlink *downlink, const void *message, size_t size, ls_error *err);
/* The next message for the session: 1, 0 when there is none, or negative. Borrowed until the next call on the downlink. */
LS_API int ls_downlink_take(const void **message, size_t *size, ls_downlink *downlink, ls_error *err);
LS_API void ls_downlink_close(ls_downlink *downlink); /* NULL is fine */

#ifdef __cplusplus
}
#endif
#endif
