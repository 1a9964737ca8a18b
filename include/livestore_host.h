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

#ifdef __cplusplus
}
#endif
#endif
