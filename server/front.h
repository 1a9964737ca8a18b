/* front - the server's sockets: accepts connections, answers HTTP, upgrades to WebSockets, and carries frames between them and
 * the hub. libwebsockets speaks HTTP, WebSocket and TLS, on libuv's loop; what a request may is decided in request.h and
 * auth.h.
 *
 *   accept ─► HTTP request ─┬─► page                                   front.c, http.c
 *                           ├─► file of the app                        download.c
 *                           ├─► WebSocket: frames both ways            websocket.c
 *                           └─► POST: one message, its answers as one array   post.c */
#ifndef LS_SERVER_FRONT_H
#define LS_SERVER_FRONT_H

#include <libwebsockets.h>
#include <uv.h>

#include "base/chains.h"
#include "server/address.h"
#include "server/auth.h"
#include "server/hub.h"
#include "server/journal.h"
#include "server/metrics.h"
#include "server/serve.h"

#define LS_FRONT_HEADER_BYTES 16384 /* of all headers and the query of a request */
#define LS_CONNECTION_WHY 124 /* what a close frame holds (RFC 6455, 5.5), and a NUL */

typedef struct ls_connection ls_connection;

/* What the opaque user data of a wsi points to: it is the first member of either. */
typedef enum ls_held { LS_HELD_CONNECTION, LS_HELD_DOWNLOAD } ls_held;

typedef struct ls_front {
  const ls_serve_options *options; /* with the defaults in */
  uv_loop_t *loop;
  ls_hub *hub;
  const ls_auth *auth; /* NULL: all are let in */
  ls_journal *journal;
  ls_metrics *metrics;
  ls_listener listener;
  uv_poll_t acceptor;
  uv_timer_t sweeper; /* looks each second for what has been silent or slow for too long */
  struct lws_context *context;
  struct lws_vhost *vhost;
  ls_connection *connections;
  uint64_t last_id;
  uint32_t downloads; /* files that are being sent */
  ls_chains tallies;
  bool stopping;
} ls_front;

/* Listen. What is above `listener` is set by the caller; the struct stays where it is until ls_front_fini. */
int ls_front_open(ls_front *front, ls_error *err);
/* Take no more connections, and none of the frames that still come. */
void ls_front_stop(ls_front *front);
/* Close all connections once what waits for them is sent. */
void ls_front_close_all(ls_front *front, uint16_t code, const char *why);
/* Close what is left. Its handles are gone from the loop once that has run. */
void ls_front_close(ls_front *front);
/* Once the loop has ended. */
void ls_front_fini(ls_front *front);

/* The hub's host: `link` is an ls_connection. */
size_t ls_front_send(void *front, void *link, const char *frame, size_t size);
void ls_front_drop(void *front, void *link, const char *why);

#endif
