#define _GNU_SOURCE /* memmem */
#include "peer.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "sync/wire.h"

enum { PULL_REQUEST = 1 };

static void send_and_free(peer *p, ls_bytes *frame) {
  if (!ls_bytes_ok(frame)) bench_die("out of memory");
  websocket_send(&p->socket, frame->data, frame->size);
  ls_bytes_fini(frame);
}

void peer_open(peer *out, const bench_server *server, int side, const char *store_id) {
  *out = (peer){.request = PULL_REQUEST};
  snprintf(out->store_id, sizeof out->store_id, "%s", store_id);
  websocket_open(&out->socket, server->port, side == OURS ? store_id : NULL);
}

void peer_close(peer *p) { websocket_close(&p->socket); }

void peer_follow(peer *p) {
  ls_bytes frame = {0};
  size_t size;
  if (!p->socket.plain) {
    ls_wire_write_pull(&frame, LS_WIRE_WEBSOCKET, PULL_REQUEST, &(ls_wire_pull){.store_id = p->store_id, .live = true});
  }
  send_and_free(p, &frame);
  websocket_next(&p->socket, &size);
}

void peer_ack(peer *p) {
  ls_bytes frame = {0};
  if (p->socket.plain) return;
  ls_wire_write_ack(&frame, PULL_REQUEST);
  send_and_free(p, &frame);
}

void peer_push(peer *p, const bench_item *item) {
  ls_bytes frame = {0};
  ls_event event = {.seq = {p->head + 1, 0, 0},
                    .parent = {p->head, 0, 0},
                    .name = "v1.TodoCreated",
                    .args = item->args,
                    .args_size = strlen(item->args),
                    .client_id = "client",
                    .session_id = "session"};
  p->head++;
  if (p->socket.plain) {
    ls_bytes_text(&frame, item->args);
  } else {
    ls_wire_push_begin(&frame, LS_WIRE_WEBSOCKET, ++p->request, p->store_id, NULL);
    ls_wire_push_event(&frame, &event, true);
    ls_wire_push_end(&frame, NULL);
  }
  send_and_free(p, &frame);
}

bool frame_is_events(const peer *p, const char *frame, size_t size) {
  return p->socket.plain || memmem(frame, size, "\"Chunk\"", 7) != NULL;
}

bool frame_is_accepted(const peer *p, const char *frame, size_t size) {
  if (p->socket.plain || memmem(frame, size, "\"Success\"", 9)) return true;
  if (memmem(frame, size, "\"Failure\"", 9) || memmem(frame, size, "\"Defect\"", 8))
    bench_die("the server refuses: %.*s", (int)size, frame);
  return false;
}

/* ---- many ---- */

int peers_watch(peer *peers, size_t n) {
  int epoll = epoll_create1(0);
  for (size_t i = 0; i < n; i++) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = &peers[i]};
    if (epoll_ctl(epoll, EPOLL_CTL_ADD, peers[i].socket.fd, &event)) bench_die("cannot watch a socket");
  }
  return epoll;
}

size_t peers_wait(int epoll, peer **out, size_t most) {
  enum { ROOM = 256 };
  struct epoll_event events[ROOM];
  int n = epoll_wait(epoll, events, most < ROOM ? (int)most : ROOM, 30000);
  if (n <= 0) bench_die("nothing came from the server in 30 s");
  for (int i = 0; i < n; i++) out[i] = events[i].data.ptr;
  return (size_t)n;
}
