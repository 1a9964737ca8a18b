#include "support/loopback.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "support/cmocka_all.h"
#include "support/hub_memory.h"
#include "support/todo_store.h"

enum { RUN_STEPS = 100000 };

/* ---------------------------------------------------------------------------------------------- */
/* Frames under way */

static void put(loopback_frame **queue, const char *text, size_t size) {
  loopback_frame *frame = malloc(sizeof *frame + size);
  assert_non_null(frame);
  frame->next = NULL;
  frame->size = size;
  memcpy(frame->text, text, size);
  while (*queue) queue = &(*queue)->next;
  *queue = frame;
}

static loopback_frame *take(loopback_frame **queue) {
  loopback_frame *frame = *queue;
  if (frame) *queue = frame->next;
  return frame;
}

static void drop_all(loopback_frame **queue) {
  while (*queue) free(take(queue));
}

/* ---------------------------------------------------------------------------------------------- */
/* The server's end */

static size_t hub_send(void *user, void *link, const char *frame, size_t size) {
  loopback_wire *wire = link;
  (void)user;
  put(&wire->down, frame, size);
  return 0;
}

static void hub_close(void *user, void *link, const char *why) {
  loopback_wire *wire = link;
  (void)user;
  (void)why;
  wire->ended = true;
}

static void hub_commit_due(void *user) {
  loopback *world = user;
  world->due = true;
}

static void part(loopback_wire *wire) {
  if (wire->peer) ls_peer_free(wire->peer);
  wire->peer = NULL;
  wire->asked = wire->ended = false;
  drop_all(&wire->up);
  drop_all(&wire->down);
}

/* ---------------------------------------------------------------------------------------------- */
/* The store's end */

static int wire_connect(void *user, const char *payload, ls_error *err) {
  loopback_wire *wire = user;
  (void)err;
  assert_null(wire->peer);
  wire->asked = true;
  wire->connects++;
  snprintf(wire->payload, sizeof wire->payload, "%s", payload ? payload : "");
  return LS_OK;
}

static int wire_send(void *user, const char *text, size_t size, ls_error *err) {
  loopback_wire *wire = user;
  (void)err;
  assert_non_null(wire->peer);
  put(&wire->up, text, size);
  return LS_OK;
}

static void wire_close(void *user) { part(user); }

static int64_t wire_now_ms(void *user) { return ((loopback_wire *)user)->world->now_ms; }

static void wire_detached(void *user) { ((loopback_wire *)user)->detached++; }

/* ---------------------------------------------------------------------------------------------- */
/* Running */

static void lose(loopback_wire *wire, ls_code code, const char *text) {
  ls_error why;
  part(wire);
  ls_fail(&why, code, "%s", text);
  ls_transport_closed(wire->store, &why, wire->world->now_ms);
}

static void open_connection(loopback_wire *wire) {
  loopback *world = wire->world;
  const ls_grant all = {true, true};
  wire->asked = false;
  if (world->down) {
    lose(wire, LS_EOFFLINE, "nobody answers");
  } else if (world->wanted && strcmp(world->wanted, wire->payload) != 0) {
    lose(wire, LS_EACCESS, "who are you?");
  } else {
    ls_wire_transport kind = wire->transport.requests ? LS_WIRE_HTTP : LS_WIRE_WEBSOCKET;
    assert_int_equal(ls_peer_new(&wire->peer, world->hub, ls_store_id(wire->store), kind, all, wire, NULL), LS_OK);
    ls_transport_opened(wire->store, world->now_ms);
  }
}

static void give_down(loopback_wire *wire) {
  loopback_frame *frame = take(&wire->down);
  ls_transport_frame(wire->store, frame->text, frame->size, wire->world->now_ms);
  free(frame);
}

static void give_up(loopback_wire *wire) {
  loopback_frame *frame = take(&wire->up);
  ls_peer_frame(wire->peer, frame->text, frame->size, wire->world->now_ms);
  free(frame);
}

/* One thing, if there is one to do. */
static bool move(loopback_wire *wire) {
  if (!wire->store) return false;
  if (wire->asked)
    open_connection(wire);
  else if (wire->up)
    give_up(wire);
  else if (wire->down)
    give_down(wire);
  else if (wire->ended)
    lose(wire, LS_EOFFLINE, "the server closed the connection");
  else if (ls_transport_deadline_ms(wire->store) <= wire->world->now_ms)
    ls_transport_tick(wire->store, wire->world->now_ms);
  else
    return false;
  return true;
}

static bool step(loopback *world) {
  bool moved = false;
  for (size_t i = 0; i < LOOPBACK_WIRES; i++) moved = move(&world->wires[i]) || moved;
  if (world->due) {
    world->due = false;
    assert_int_equal(ls_hub_commit(world->hub, NULL), LS_OK);
    moved = true;
  }
  return moved;
}

void loopback_run(loopback *world) {
  for (int i = 0; step(world); i++) assert_true(i < RUN_STEPS);
}

void loopback_wait(loopback *world, int64_t ms) {
  loopback_run(world);
  for (int64_t end = world->now_ms + ms; world->now_ms < end;) {
    world->now_ms += end - world->now_ms < 100 ? end - world->now_ms : 100;
    loopback_run(world);
  }
}

void loopback_cut(loopback *world) {
  for (size_t i = 0; i < LOOPBACK_WIRES; i++) {
    if (world->wires[i].peer) lose(&world->wires[i], LS_EOFFLINE, "cut");
  }
}

/* ---------------------------------------------------------------------------------------------- */

static void make_hub(loopback *world, const ls_hub_limits *limits, const char *name) {
  const ls_hub_host host = {.user = world, .send = hub_send, .close = hub_close, .commit_due = hub_commit_due};
  hub_memory_name(hub_memory_open(&world->backend), name);
  assert_int_equal(ls_hub_new(&world->hub, &world->backend, &host, limits, NULL), LS_OK);
}

static void free_hub(loopback *world) {
  ls_hub_free(world->hub);
  world->backend.close(world->backend.self);
}

void loopback_init(loopback *world, const ls_hub_limits *limits) {
  memset(world, 0, sizeof *world);
  world->now_ms = 1000;
  for (size_t i = 0; i < LOOPBACK_WIRES; i++) {
    loopback_wire *wire = &world->wires[i];
    wire->world = world;
    wire->transport = (ls_transport){.user = wire,
                                     .connect = wire_connect,
                                     .send = wire_send,
                                     .close = wire_close,
                                     .now_ms = wire_now_ms,
                                     .detached = wire_detached};
  }
  static const ls_hub_limits defaults;
  make_hub(world, limits ? limits : &defaults, "first");
}

void loopback_fini(loopback *world) {
  for (size_t i = 0; i < LOOPBACK_WIRES; i++) loopback_close(world, i);
  free_hub(world);
}

void loopback_replace_server(loopback *world) {
  static const ls_hub_limits defaults;
  loopback_cut(world);
  free_hub(world);
  world->due = false;
  make_hub(world, &defaults, "second");
}

ls_store *loopback_open(loopback *world, size_t n, const char *client_id) {
  ls_options options = todo_options();
  ls_error err;
  options.client_id = client_id;
  if (ls_open(&world->wires[n].store, NULL, &options, &err)) fail_msg("%s", err.text);
  return world->wires[n].store;
}

void loopback_close(loopback *world, size_t n) {
  loopback_wire *wire = &world->wires[n];
  if (wire->store) assert_int_equal(ls_close(wire->store, NULL), LS_OK);
  wire->store = NULL;
}

int loopback_try_join(loopback *world, size_t n, const ls_connect_options *options, ls_error *err) {
  return ls_transport_attach(world->wires[n].store, &world->wires[n].transport, "loop:back", options, err);
}

void loopback_join(loopback *world, size_t n, const ls_connect_options *options) {
  ls_error err;
  if (loopback_try_join(world, n, options, &err)) fail_msg("%s", err.text);
}
