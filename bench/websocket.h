/* websocket - a WebSocket of a client, as light as can be, so that what is measured is the server (RFC 6455). Its mask is
 * zero; it does not look at control frames. Everything ends the program when it fails. */
#ifndef LS_BENCH_WEBSOCKET_H
#define LS_BENCH_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>

typedef struct websocket {
  int fd;
  bool plain;                  /* of the relay: no handshake */
  char *in;                    /* what was read */
  size_t begin, end, capacity; /* of it, what was not looked at yet */
} websocket;

#define WEBSOCKET_HEAD 14 /* the most that stands before what a frame holds */

/*   store_id  NULL: of the relay */
void websocket_open(websocket *out, int port, const char *store_id);
void websocket_close(websocket *w);

void websocket_send(websocket *w, const char *text, size_t size);
/* A whole frame that has arrived, or NULL: then websocket_read reads what there is, and waits when there is nothing;
 * false at the end of the connection. Borrowed until then. */
const char *websocket_frame(websocket *w, size_t *size);
bool websocket_read(websocket *w);
/* The next frame, waiting for it. */
const char *websocket_next(websocket *w, size_t *size);

/* Write the head of a frame of text, and return its size. */
size_t websocket_head(unsigned char out[WEBSOCKET_HEAD], size_t size, bool masked);
/* Write all of it. */
void websocket_write(int fd, const void *data, size_t size);

#endif
