#define _GNU_SOURCE /* memmem */
#include "websocket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "bench.h"

/* ---- opening ---- */

static int connect_to(int port) {
  int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address)) bench_die("cannot connect");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

static void shake_hands(websocket *w, const char *store_id) {
  char *request = bench_text("GET /?storeId=%s&transport=ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
                             store_id);
  websocket_write(w->fd, request, strlen(request));
  free(request);
  for (;;) {
    if (!websocket_read(w)) bench_die("the server refuses to be a WebSocket");
    char *end = memmem(w->in, w->end, "\r\n\r\n", 4);
    if (!end) continue;
    if (strncmp(w->in, "HTTP/1.1 101", 12) != 0) bench_die("the server refuses: %.60s", w->in);
    w->begin = (size_t)(end + 4 - w->in);
    return;
  }
}

void websocket_open(websocket *out, int port, const char *store_id) {
  *out = (websocket){.fd = connect_to(port), .plain = store_id == NULL};
  if (store_id) shake_hands(out, store_id);
}

void websocket_close(websocket *w) {
  close(w->fd);
  free(w->in);
}

/* ---- writing ---- */

size_t websocket_head(unsigned char out[WEBSOCKET_HEAD], size_t size, bool masked) {
  size_t length_bytes = size < 126 ? 0 : size < 65536 ? 2 : 8, n = 2;
  out[0] = 0x81;
  out[1] = (unsigned char)((length_bytes == 0 ? size : length_bytes == 2 ? 126 : 127) | (masked ? 0x80 : 0));
  for (size_t i = length_bytes; i-- > 0;) out[n++] = (unsigned char)((uint64_t)size >> (8 * i));
  if (!masked) return n;
  memset(out + n, 0, 4);
  return n + 4;
}

void websocket_write(int fd, const void *data, size_t size) {
  const char *at = data;
  while (size > 0) {
    ssize_t n = send(fd, at, size, MSG_NOSIGNAL);
    if (n <= 0) bench_die("cannot write to a socket");
    at += n;
    size -= (size_t)n;
  }
}

void websocket_send(websocket *w, const char *text, size_t size) {
  unsigned char head[WEBSOCKET_HEAD];
  size_t head_size = websocket_head(head, size, true);
  struct iovec parts[2] = {{head, head_size}, {(void *)(size_t)text, size}};
  ssize_t n = writev(w->fd, parts, 2);
  if (n < (ssize_t)head_size) bench_die("cannot write to a socket");
  websocket_write(w->fd, text + ((size_t)n - head_size), size - ((size_t)n - head_size));
}

/* ---- reading ---- */

bool websocket_read(websocket *w) {
  if (w->begin == w->end) w->begin = w->end = 0;
  if (w->capacity - w->end < 1024) {
    if (w->begin) memmove(w->in, w->in + w->begin, w->end - w->begin);
    w->end -= w->begin;
    w->begin = 0;
    if (w->capacity - w->end < 1024) w->capacity = w->capacity ? w->capacity * 2 : 2048;
    w->in = realloc(w->in, w->capacity);
    if (!w->in) bench_die("out of memory");
  }
  ssize_t n = recv(w->fd, w->in + w->end, w->capacity - w->end, 0);
  if (n < 0) bench_die("cannot read from a socket");
  w->end += (size_t)n;
  return n > 0;
}

const char *websocket_frame(websocket *w, size_t *size) {
  const unsigned char *in = (const unsigned char *)w->in + w->begin;
  size_t there = w->end - w->begin;
  if (there < 2) return NULL;
  size_t length = in[1] & 0x7f, length_bytes = length < 126 ? 0 : length == 126 ? 2 : 8;
  size_t head = 2 + length_bytes + (in[1] & 0x80 ? 4 : 0);
  if (there < head) return NULL;
  if (length_bytes) length = 0;
  for (size_t i = 0; i < length_bytes; i++) length = length << 8 | in[2 + i];
  if (there < head + length) return NULL;
  w->begin += head + length;
  *size = length;
  return (const char *)in + head;
}

const char *websocket_next(websocket *w, size_t *size) {
  const char *frame;
  while (!(frame = websocket_frame(w, size))) {
    if (!websocket_read(w)) bench_die("the server has closed a connection");
  }
  return frame;
}
