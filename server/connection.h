/* connection - one client: a WebSocket, or one request of the HTTP transport, and what waits to be sent to it. */
#ifndef LS_SERVER_CONNECTION_H
#define LS_SERVER_CONNECTION_H

#include "base/bytes.h"
#include "server/address.h"
#include "server/auth.h"
#include "server/front.h"
#include "server/hub.h"
#include "server/tally.h"

/* A frame on its way out. In front of its bytes is the room that libwebsockets writes its own head into. */
typedef struct ls_outgoing {
  struct ls_outgoing *next;
  size_t size;
  unsigned char bytes[]; /* LWS_PRE, then `size` */
} ls_outgoing;

struct ls_connection {
  ls_held held; /* LS_HELD_CONNECTION */
  ls_connection *previous, *next;
  ls_front *front;
  struct lws *wsi;
  ls_peer *peer;         /* NULL until it is open */
  ls_tally *tally;
  ls_wire_transport transport;
  ls_grant grant;
  uint64_t id;           /* for the log */
  ls_bytes in;           /* a message that has not arrived whole */
  ls_outgoing *first, *last;
  size_t queued;         /* bytes of them */
  int64_t opened_ms, heard_ms; /* of the clock that only goes forward */
  int64_t expires_ms;    /* of its token, since 1970; 0: never */
  int64_t allowance;     /* thousandths of frames that it may send now */
  int64_t refilled_ms;
  uint64_t frames_in, frames_out;
  bool closing;          /* once the queue is empty, or at kill_ms */
  bool ended;            /* the close frame is on its way */
  int64_t kill_ms;
  uint16_t code;         /* of the close frame */
  char why[LS_CONNECTION_WHY];
};

/* Let a client in; NULL when memory ran out. */
ls_connection *ls_connection_new(ls_front *front, struct lws *wsi, const char *store_id, ls_wire_transport transport,
                                 const ls_admission *admission);
/* Log its end, and free it. NULL is fine. */
void ls_connection_free(ls_connection *connection);

/* Make it known to the hub. */
int ls_connection_open(ls_connection *connection, ls_error *err);
/* Give the hub a message from it. */
void ls_connection_take(ls_connection *connection, const char *frame, size_t size);

/* Queue a frame; false when memory ran out. */
bool ls_connection_queue(ls_connection *connection, const char *frame, size_t size);
/* The first frame of the queue was written: take it out. */
void ls_connection_sent(ls_connection *connection);

/* Close it once what is queued is sent, or when that takes too long. The first reason counts.
 *   code  of the close frame: RFC 6455, 7.4; 4000 + an HTTP status where that says more */
void ls_connection_close(ls_connection *connection, uint16_t code, const char *why);
/* Close it at once: for the callbacks of libwebsockets, which return what this does. */
int ls_connection_end(ls_connection *connection, uint16_t code, const char *why);

#endif
