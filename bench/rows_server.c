/* rows_server.c - the server alone, with light clients: how soon events are with all who follow a store, how many it makes
 * durable in a second, and what a connection takes that does nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "peer.h"
#include "todos.h"

static void start(bench_server *out, const bench_state *bench, const char *name, int side) {
  char *dir = bench_dir(bench, bench_sides[side], name, true);
  server_start(out, side, dir);
  free(dir);
}

/* ---- fan-out ---- */

enum { FANOUT_PUSHES = 200 };

typedef struct crowd {
  bench_server server;
  peer *members; /* n of them, all of one store; the one behind pushes */
  size_t n;
  int epoll;
} crowd;

static void crowd_open(crowd *c, const bench_state *bench, int side, size_t n) {
  start(&c->server, bench, "fanout", side);
  c->n = n;
  c->members = bench_alloc((n + 1) * sizeof *c->members);
  for (size_t i = 0; i <= n; i++) {
    peer_open(&c->members[i], &c->server, side, "fanout");
    if (i < n || side == PLAIN) peer_follow(&c->members[i]);
  }
  c->epoll = peers_watch(c->members, n);
}

static void crowd_close(crowd *c) {
  close(c->epoll);
  for (size_t i = 0; i <= c->n; i++) peer_close(&c->members[i]);
  server_stop(&c->server);
  free(c->members);
}

/* How many of them have got events. */
static size_t take_events(peer *const *ready, size_t n) {
  size_t told = 0, size;
  for (size_t i = 0; i < n; i++) {
    const char *frame;
    if (!websocket_read(&ready[i]->socket)) bench_die("the server has closed a connection");
    while ((frame = websocket_frame(&ready[i]->socket, &size))) told += frame_is_events(ready[i], frame, size);
  }
  return told;
}

static void push_and_wait(crowd *c, const bench_item *item, samples *out) {
  peer *ready[256], *pusher = &c->members[c->n];
  size_t size;
  double from = now_us();
  peer_push(pusher, item);
  for (size_t told = 0; told < c->n;) told += take_events(ready, peers_wait(c->epoll, ready, 256));
  samples_add(out, (now_us() - from) / 1000);
  websocket_next(&pusher->socket, &size);
  for (size_t i = 0; i < c->n; i++) peer_ack(&c->members[i]);
}

/* Milliseconds from a push to the last of those who follow the store. The variant is their number. */
void row_fanout(samples out[SIDES], bench_state *bench, const bench_row *row) {
  crowd crowds[SIDES];
  for (int s = 0; s < SIDES; s++) crowd_open(&crowds[s], bench, s, (size_t)row->variant);
  for (size_t i = 0; i < FANOUT_PUSHES; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      push_and_wait(&crowds[s], &bench->todos[i % bench->events], &out[s]);
    }
  }
  for (int s = 0; s < SIDES; s++) crowd_close(&crowds[s]);
}

/* ---- appends ---- */

enum { APPENDS = 4000, APPEND_TURNS = 7, OPEN_PUSHES = 32 };

typedef struct writers {
  peer *peers;
  size_t n;
  int epoll;
} writers;

static void writers_open(writers *w, const bench_server *server, size_t n) {
  char store_id[40];
  w->n = n;
  w->peers = bench_alloc(n * sizeof *w->peers);
  for (size_t i = 0; i < n; i++) {
    snprintf(store_id, sizeof store_id, "append%zu", i);
    peer_open(&w->peers[i], server, OURS, store_id);
  }
  w->epoll = peers_watch(w->peers, n);
}

static void writers_close(writers *w) {
  close(w->epoll);
  for (size_t i = 0; i < w->n; i++) peer_close(&w->peers[i]);
  free(w->peers);
}

typedef struct turn {
  const bench_item *items;
  size_t sent, accepted;
} turn;

static void send_next(turn *t, peer *p) {
  if (t->sent < APPENDS) peer_push(p, &t->items[t->sent++ % BATCH]);
}

/* Each answer is followed by the next push. */
static void take_answers(turn *t, peer *p) {
  const char *frame;
  size_t size;
  if (!websocket_read(&p->socket)) bench_die("the server has closed a connection");
  while ((frame = websocket_frame(&p->socket, &size))) {
    if (!frame_is_accepted(p, frame, size)) continue;
    t->accepted++;
    send_next(t, p);
  }
}

static double append_ours(writers *w, const bench_item *items) {
  turn t = {.items = items};
  peer *ready[256];
  double from = now_us();
  for (size_t i = 0; i < w->n || (w->n == 1 && i < OPEN_PUSHES); i++) send_next(&t, &w->peers[i % w->n]);
  while (t.accepted < APPENDS) {
    size_t n = peers_wait(w->epoll, ready, 256);
    for (size_t i = 0; i < n; i++) take_answers(&t, ready[i]);
  }
  return APPENDS / (now_us() - from) * 1e6;
}

static double append_plain(void *log, const bench_item *items, size_t at_once) {
  double from = now_us();
  for (size_t i = 0; i < APPENDS; i += at_once) bench_sides[PLAIN]->commit(log, TODO_CREATED, items + i, at_once);
  return APPENDS / (now_us() - from) * 1e6;
}

/* Durable events a second, one in each push. The variant is the number of stores: one with 32 pushes under way, or many
 * with one each. The limit writes as many at a time into one log. */
void row_append(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t stores = (size_t)row->variant, at_once = stores == 1 ? OPEN_PUSHES : stores;
  bench_server server;
  writers w;
  bench_item *items = todos_make(APPENDS * (APPEND_TURNS + 1));
  char *dir = bench_dir(bench, bench_sides[PLAIN], "append", true);
  void *log =
      bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain, .durability = LS_DURABILITY_POWER});
  start(&server, bench, "append", OURS);
  writers_open(&w, &server, stores);
  for (size_t i = 0; i < APPEND_TURNS; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? append_ours(&w, items) : append_plain(log, items + i * APPENDS, at_once));
    }
  }
  writers_close(&w);
  server_stop(&server);
  bench_sides[PLAIN]->close(log);
  free(items);
  free(dir);
}

/* ---- memory ---- */

enum { PEERS_OF_A_STORE = 10, WARM_UP = 100, MOST_BYTES = 10000 };

/* Bytes that the server takes for a connection that follows a store. The variant is their number; the limit is what was
 * asked for. */
void row_idle(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t n = (size_t)row->variant + WARM_UP;
  bench_server server;
  char store_id[40];
  double before = 0;
  peer *peers = bench_alloc(n * sizeof *peers);
  start(&server, bench, "idle", OURS);
  for (size_t i = 0; i < n; i++) {
    if (i == WARM_UP) before = server_bytes(&server);
    snprintf(store_id, sizeof store_id, "idle%zu", i / PEERS_OF_A_STORE);
    peer_open(&peers[i], &server, OURS, store_id);
    peer_follow(&peers[i]);
  }
  samples_add(&out[OURS], (server_bytes(&server) - before) / (double)row->variant);
  samples_add(&out[PLAIN], MOST_BYTES);
  for (size_t i = 0; i < n; i++) peer_close(&peers[i]);
  server_stop(&server);
  free(peers);
}
