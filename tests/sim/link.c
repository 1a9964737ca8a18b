/* link.c - the network between a client and the server. A connection is a stream both ways: what gets through comes in
 * order, each frame some time behind the one before. A cut link holds everything back, in silence, until it heals; a
 * hang-up loses what is on its way. A client that gave a connection up while the link was cut makes another one: the
 * server then has two of it. */
#include <stdlib.h>

#include "base/err.h"
#include "sim/memory.h"
#include "sim/world.h"

enum { LINGER_MS = 30000 }; /* until a server gives up a peer that vanished */

static int64_t delay_of(const sim_conn *conn) {
  int64_t delay = conn->client ? conn->client->delay_ms : 1;
  return delay + sim_below((uint32_t)delay + 1);
}

/* Behind what is under way in the same direction. */
static void put(sim_world *w, sim_conn *conn, sim_kind kind, const char *frame, size_t size, int64_t *last_ms) {
  int64_t at = w->now_ms + delay_of(conn);
  if (at < *last_ms) at = *last_ms;
  *last_ms = at;
  sim_queue_put(
      &w->queue,
      (sim_happening){
          .at_ms = at, .kind = kind, .conn = conn, .size = size, .frame = frame ? sim_copy(frame, size) : NULL});
}

void sim_link_down(sim_world *w, sim_conn *conn, sim_kind kind, const char *frame, size_t size) {
  put(w, conn, kind, frame, size, &conn->down_ms);
}

sim_conn *sim_conn_new(sim_world *w, sim_client *client) {
  sim_conn *conn = sim_calloc(sizeof *conn);
  *conn = (sim_conn){.next = w->conns, .client = client, .number = ++w->n_conns};
  return w->conns = conn;
}

/* ---------------------------------------------------------------------------------------------- */
/* The transport of a store */

static int begin_connect(void *user, const char *payload, ls_error *err) {
  sim_client *c = user;
  sim_world *w = c->world;
  (void)payload;
  if (ls_sim_disk_is_stopped(c->disk)) return ls_fail(err, LS_EOFFLINE, "the process is dead");
  sim_conn *conn = c->conn = sim_conn_new(w, c);
  conn->open = true;
  conn->requests = c->id <= w->schedule->http;
  sim_say(w, c->name, "connects (%d)", conn->number);
  put(w, conn, SIM_CONNECT, NULL, 0, &conn->up_ms);
  return LS_OK;
}

static int send_frame(void *user, const char *text, size_t size, ls_error *err) {
  sim_client *c = user;
  if (!c->conn || ls_sim_disk_is_stopped(c->disk)) return ls_fail(err, LS_EOFFLINE, "there is no connection");
  sim_say_frame(c->world, c->name, "─►", text, size, true);
  put(c->world, c->conn, SIM_FRAME_UP, text, size, &c->conn->up_ms);
  return LS_OK;
}

static void leave(sim_client *c) {
  if (!c->conn) return;
  c->conn->open = false;
  put(c->world, c->conn, SIM_CLOSE_UP, NULL, 0, &c->conn->up_ms);
  c->conn = NULL;
}

static void disconnect(void *user) {
  sim_client *c = user;
  if (c->conn) sim_say(c->world, c->name, "closes connection %d", c->conn->number);
  if (!ls_sim_disk_is_stopped(c->disk)) leave(c);
}

static int64_t now_ms(void *user) { return ((sim_client *)user)->world->now_ms; }

ls_transport sim_transport(sim_client *c) {
  return (ls_transport){.user = c,
                        .requests = c->id <= c->world->schedule->http,
                        .connect = begin_connect,
                        .send = send_frame,
                        .close = disconnect,
                        .now_ms = now_ms};
}

/* ---------------------------------------------------------------------------------------------- */
/* What happens to it */

void sim_link_cut(sim_client *c, bool cut) {
  c->cut = cut;
  while (!cut && sim_queue_first(&c->held)) sim_queue_put_back(&c->world->queue, sim_queue_take(&c->held));
}

void sim_link_hangup(sim_client *c) {
  sim_conn *conn = c->conn;
  if (!conn) return;
  sim_queue *q = &c->world->queue;
  for (size_t i = 0; i < q->n; i++) {
    bool frame = q->heap[i].kind == SIM_FRAME_UP || q->heap[i].kind == SIM_FRAME_DOWN;
    if (q->heap[i].conn == conn && frame) q->heap[i].size = 0; /* lost */
  }
  put(c->world, conn, SIM_CLOSE_UP, NULL, 0, &conn->up_ms);
  sim_link_down(c->world, conn, SIM_CLOSE_DOWN, NULL, 0);
}

/* The system of a process that was killed says so to the server; a machine without power says nothing. */
void sim_link_abandon(sim_client *c, bool power) {
  if (!c->conn) return;
  if (power && c->conn->up_ms < c->world->now_ms + LINGER_MS) c->conn->up_ms = c->world->now_ms + LINGER_MS;
  leave(c);
}

/* ---------------------------------------------------------------------------------------------- */
/* Arrivals */

static void tell_opened(sim_world *w, sim_conn *conn) {
  if (!conn->open) return;
  sim_client *c = conn->client;
  sim_say(w, c->name, "connection %d is open", conn->number);
  sim_client_enter(c);
  ls_transport_opened(sim_client_store(c), w->now_ms);
  sim_client_leave(c);
}

static void tell_closed(sim_world *w, sim_conn *conn) {
  if (!conn->open) return;
  sim_client *c = conn->client;
  ls_error why;
  ls_fail(&why, LS_EOFFLINE, "the connection is gone");
  sim_say(w, c->name, "connection %d is gone", conn->number);
  conn->open = false;
  c->conn = NULL;
  sim_client_enter(c);
  ls_transport_closed(sim_client_store(c), &why, w->now_ms);
  sim_client_leave(c);
}

static void tell_frame(sim_world *w, sim_conn *conn, const char *frame, size_t size) {
  conn->queued -= size < conn->queued ? size : conn->queued;
  if (conn->open && size) {
    sim_client *c = conn->client;
    sim_say_frame(w, c->name, "◄─", frame, size, false);
    sim_client_enter(c);
    ls_transport_frame(sim_client_store(c), frame, size, w->now_ms);
    sim_client_leave(c);
  }
  if (conn->peer && !conn->queued && w->server.up) {
    ls_peer_drained(conn->peer);
    sim_server_check(w);
  }
}

static void reach(sim_world *w, sim_conn *conn) {
  bool taken = w->server.up && (conn->requests || sim_server_accept(w, conn));
  sim_link_down(w, conn, taken ? SIM_OPENED : SIM_CLOSE_DOWN, NULL, 0);
}

static bool is_held_back(const sim_happening *h) {
  return h->conn && h->conn->client && h->conn->client->cut && h->kind != SIM_PART;
}

void sim_link_deliver(sim_world *w, sim_happening *h) {
  if (is_held_back(h)) {
    sim_queue_put_back(&h->conn->client->held, *h);
    return;
  }
  switch (h->kind) {
    case SIM_CONNECT: reach(w, h->conn); break;
    case SIM_OPENED: tell_opened(w, h->conn); break;
    case SIM_FRAME_UP:
      if (h->size) sim_server_frame(w, h->conn, h->frame, h->size);
      break;
    case SIM_FRAME_DOWN: tell_frame(w, h->conn, h->frame, h->size); break;
    case SIM_CLOSE_UP: sim_server_leave(w, h->conn); break;
    case SIM_PART: sim_server_part(w, h->conn); break;
    case SIM_CLOSE_DOWN: tell_closed(w, h->conn); break;
    case SIM_COMMIT: sim_server_commit(w); break;
  }
  free(h->frame);
}
