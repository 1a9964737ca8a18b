/* relay.c - the limit of a server: it knows nothing of what it passes on. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "server.h"
#include "side.h"
#include "todos.h"
#include "websocket.h"

enum { EVENTS = 256, MOST = 2048 };

typedef struct relay {
  int listener, epoll;
  websocket *members[MOST];
  size_t n;
  void *log;
  uint64_t written;
} relay;

static void watch(const relay *r, int fd, void *data) {
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = data};
  if (epoll_ctl(r->epoll, EPOLL_CTL_ADD, fd, &event)) bench_die("relay: cannot watch a socket");
}

static void listen_on_any_port(relay *r) {
  struct sockaddr_in address = {.sin_family = AF_INET};
  socklen_t size = sizeof address;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  r->listener = socket(AF_INET, SOCK_STREAM, 0);
  r->epoll = epoll_create1(0);
  if (bind(r->listener, (struct sockaddr *)&address, size) || listen(r->listener, MOST) ||
      getsockname(r->listener, (struct sockaddr *)&address, &size)) {
    bench_die("relay: cannot listen");
  }
  watch(r, r->listener, NULL);
  printf("listening on ws://127.0.0.1:%d\n", ntohs(address.sin_port));
  fflush(stdout);
}

static void accept_one(relay *r) {
  int on = 1;
  websocket *member = bench_alloc(sizeof *member);
  member->fd = accept(r->listener, NULL, NULL);
  if (member->fd < 0 || r->n == MOST) bench_die("relay: cannot accept");
  setsockopt(member->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  r->members[r->n++] = member;
  watch(r, member->fd, member);
}

static void append(relay *r, const char *frame, size_t size) {
  char id[30], *args = bench_alloc(size + 1);
  memcpy(args, frame, size);
  snprintf(id, sizeof id, "%llu", (unsigned long long)r->written++);
  bench_sides[PLAIN]->commit(r->log, TODO_CREATED, &(bench_item){.args = args, .id = id, .text = ""}, 1);
  free(args);
}

static void pass_on(relay *r, const websocket *from, const char *frame, size_t size) {
  unsigned char head[WEBSOCKET_HEAD];
  size_t head_size = websocket_head(head, size, false);
  char *whole = bench_alloc(head_size + size);
  memcpy(whole, head, head_size);
  memcpy(whole + head_size, frame, size);
  if (size == 0) {
    websocket_write(from->fd, whole, head_size);
  } else {
    append(r, frame, size);
    for (size_t i = 0; i < r->n; i++) websocket_write(r->members[i]->fd, whole, head_size + size);
  }
  free(whole);
}

static void leave(relay *r, websocket *member) {
  size_t i = 0;
  while (r->members[i] != member) i++;
  r->members[i] = r->members[--r->n];
  websocket_close(member);
  free(member);
}

static void take(relay *r, websocket *member) {
  const char *frame;
  size_t size;
  if (!websocket_read(member)) {
    leave(r, member);
    return;
  }
  while ((frame = websocket_frame(member, &size))) pass_on(r, member, frame, size);
}

int relay_main(const char *dir) {
  relay *r = bench_alloc(sizeof *r);
  struct epoll_event events[EVENTS];
  r->log =
      bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain, .durability = LS_DURABILITY_POWER});
  for (listen_on_any_port(r);;) {
    int n = epoll_wait(r->epoll, events, EVENTS, -1);
    for (int i = 0; i < n; i++) {
      if (events[i].data.ptr)
        take(r, events[i].data.ptr);
      else
        accept_one(r);
    }
  }
}
