/* net - a store's connection on POSIX systems: ls_connect and ls_pump on top of livestore_host.h, libwebsockets and libuv.
 *
 * Each connected store has an event loop (libuv) and a libwebsockets context on it, both on the thread that pumps. The
 * loop has one descriptor, so an application's own loop needs to look at nothing else. Nothing runs but inside ls_pump,
 * or on the thread that the library was asked for (thread.c), which pumps with the store held.
 *
 *   ls_pump ──► loop ──► libwebsockets ──► socket.c, request.c ──► ls_transport_frame …      what has arrived
 *           └─► ls_transport_tick ──► connect, send, close ──► queue ──► libwebsockets       what is to go out
 *
 * Of libwebsockets there is more than one thing that belongs to the process, not to us: it ignores SIGPIPE from the first
 * context on, and its log level is one for all; we silence it. Names are looked up with getaddrinfo while we wait. */
#ifndef LS_NET_NET_H
#define LS_NET_NET_H

#include <libwebsockets.h>
#include <uv.h>

#include "base/bytes.h"
#include "livestore_host.h"
#include "net/url.h"

#define LS_NET_FRAME_BYTES ((size_t)64 << 20)  /* of one frame or answer that is received */
#define LS_NET_QUEUE_BYTES ((size_t)64 << 20)  /* waiting to be sent */

/* A frame that waits; room for libwebsockets' header before it. */
typedef struct ls_outgoing {
  struct ls_outgoing *next;
  size_t size, sent;
  unsigned char bytes[]; /* LWS_PRE, then the frame */
} ls_outgoing;

typedef struct ls_net_thread ls_net_thread;

typedef struct ls_net {
  ls_store *store;
  ls_url url;
  bool insecure;
  uv_loop_t loop;
  struct lws_context *context;
  ls_net_thread *thread; /* NULL: the application pumps */

  /* The connection that is being made or there. HTTP: `open` without a socket in between; each frame has its own. */
  struct lws *wsi;        /* NULL: none */
  bool connecting, open;
  bool opened_due;        /* HTTP: there is nothing to wait for; it is told with the next pump */
  ls_bytes target, authorization;
  ls_bytes in;            /* the frame that is being received */
  ls_outgoing *out, **out_end;
  size_t out_bytes;
  int status;             /* HTTP status of the answer */
  ls_error why;           /* why the connection ends, when it is us who end it; code 0: not known */

  bool starting;          /* inside connect: what fails is returned, not told */
  bool pumping;
  uint64_t told;          /* calls into the library: something was done */
} ls_net;

/* connect.c */
/* The store's, if it was made by ls_connect. */
ls_net *ls_net_of(const ls_store *store);
int64_t ls_net_now_ms(void *net);

/* socket.c: both kinds */
int ls_net_context_open(ls_net *net, const ls_connect_options *options, ls_error *err);
void ls_net_context_close(ls_net *net);
int ls_net_dial(ls_net *net, const char *method, ls_error *err);
/* Give the socket up, once what waits is written as far as it can be at once; it is closed by the loop, and nothing is
 * told. */
void ls_net_hang_up(ls_net *net);
/* The connection is gone, and its socket about to be: tell, or note it for who is about to return it. */
void ls_net_lost(ls_net *net, const ls_error *why);
void ls_net_cut(ls_net *net, const char *what); /* the same, with LS_EOFFLINE */
void ls_net_unreachable(ls_net *net, struct lws *wsi, const char *reason); /* NULL: not known */
/* Add to the frame that is received; false when it becomes too large. */
bool ls_net_receive(ls_net *net, const void *data, size_t size);
void ls_net_deliver(ls_net *net);
/* Headers of a request; non-zero when they do not fit. */
int ls_net_headers(ls_net *net, struct lws *wsi, unsigned char **at, unsigned char *end);
/* Fill *why from the answer's status line, which is not what was hoped for. */
void ls_net_refused(ls_error *why, struct lws *wsi, int status, const char *body, size_t size);
void ls_net_out_drop(ls_net *net); /* all that waits */
void ls_net_out_pop(ls_net *net);  /* the first */

/* What libwebsockets calls for a WebSocket, and for requests over HTTP. */
int ls_net_on_socket(ls_net *net, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size);
int ls_net_on_request(ls_net *net, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size);

/* pump.c */
void ls_net_work(ls_net *net);      /* all that can be done without waiting */
int ls_net_timeout_ms(ls_net *net); /* when there is more to do; -1: never */
/* Are both ends equal? 1, 0 not yet, negative: nothing is left to wait for. */
int ls_net_sync_state(ls_store *store, ls_error *err);
int ls_net_too_late(ls_store *store, ls_error *err); /* LS_EOFFLINE, and why */

/* thread.c */
int ls_net_thread_start(ls_net *net, ls_error *err);
/* End it and wait for it. LS_ELOCKED from inside it, or from a thread that holds the store. */
int ls_net_thread_stop(ls_net *net, ls_error *err);
int ls_net_thread_wait(ls_net *net, int64_t end_ms, ls_error *err); /* ls_sync_wait; end_ms: -1 never */

#endif
