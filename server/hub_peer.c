/* hub_peer - connections: which request a frame holds, and how answers go out. */
#include <stdarg.h>
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "server/hub_internal.h"

/* ---------------------------------------------------------------------------------------------- */
/* Answers */

static void collect(ls_peer *peer) {
  const ls_bytes *out = &peer->hub->out;
  ls_bytes_byte(&peer->reply, peer->reply.size ? ',' : '[');
  ls_bytes_append(&peer->reply, out->data, out->size);
}

static void send_frame(ls_peer *peer, const ls_bytes *frame) {
  ls_hub *hub = peer->hub;
  hub->stats.bytes_out += frame->size;
  peer->queued = hub->host.send(hub->host.user, peer->link, frame->data, frame->size);
}

void ls_peer_send(ls_peer *peer) {
  const ls_bytes *out = &peer->hub->out;
  if (peer->closed) return;
  if (!ls_bytes_ok(out))
    ls_peer_close(peer, "the server is out of memory");
  else if (peer->transport == LS_WIRE_HTTP)
    collect(peer);
  else
    send_frame(peer, out);
}

void ls_peer_reply(ls_peer *peer) {
  if (!peer->asked || peer->n_calls || peer->closed) return;
  peer->asked = false;
  ls_bytes_text(&peer->reply, peer->reply.size ? "]" : "[]");
  if (ls_bytes_ok(&peer->reply))
    send_frame(peer, &peer->reply);
  else
    ls_peer_close(peer, "the server is out of memory");
  ls_bytes_fini(&peer->reply);
}

void ls_peer_close(ls_peer *peer, const char *why) {
  char text[121];
  if (peer->closed) return;
  peer->closed = true;
  snprintf(text, sizeof text, "%s", why);
  peer->hub->host.close(peer->hub->host.user, peer->link, text);
}

void ls_peer_success(ls_peer *peer, ls_dialect dialect, uint64_t id, ls_success what) {
  ls_bytes_clear(&peer->hub->out);
  ls_wire_write_success(&peer->hub->out, dialect, id, what);
  ls_peer_send(peer);
}

void ls_peer_fail(ls_peer *peer, ls_dialect dialect, uint64_t id, const ls_failure *failure) {
  ls_bytes_clear(&peer->hub->out);
  ls_wire_write_failure(&peer->hub->out, dialect, id, failure);
  ls_peer_send(peer);
}

void ls_peer_fail_text(ls_peer *peer, ls_dialect dialect, uint64_t id, const char *text) {
  ls_peer_fail(peer, dialect, id, &(ls_failure){.kind = LS_FAILURE_UNKNOWN, .message = text});
}

void ls_peer_refuse(ls_peer *peer, const ls_request *request, int64_t refused, const char *fmt, ...) {
  char text[LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  ls_failure failure = {.kind = LS_FAILURE_UNKNOWN, .message = text, .permanent = true, .refused = refused};
  ls_peer_fail(peer, request->dialect, request->id, &failure);
}

static void fail_with_defect(ls_peer *peer, const ls_request *request, const char *message) {
  ls_failure failure = {.kind = LS_FAILURE_DEFECT, .message = message};
  ls_peer_fail(peer, request->dialect, request->id, &failure);
}

/* ---------------------------------------------------------------------------------------------- */
/* Calls */

ls_call *ls_call_new(ls_peer *peer, const ls_request *request, ls_call_kind kind) {
  ls_call *call = ls_calloc(1, sizeof *call);
  if (!call) {
    ls_peer_close(peer, "the server is out of memory");
    return NULL;
  }
  call->peer = peer;
  call->room = peer->room;
  call->id = request->id;
  call->dialect = request->dialect;
  call->kind = kind;
  ls_ring_init(&call->of_group);
  ls_ring_init(&call->of_peer);
  ls_ring_push(&peer->calls, &call->of_peer);
  peer->n_calls++;
  return call;
}

static bool is_pull(const ls_call *call) { return call->kind == LS_CALL_CATCHING_UP || call->kind == LS_CALL_LIVE; }

void ls_call_free(ls_call *call) {
  if (call->peer) {
    call->peer->n_calls--;
    if (is_pull(call)) call->peer->hub->stats.pulls--;
  }
  ls_ring_remove(&call->of_peer);
  ls_ring_remove(&call->of_group);
  ls_free(call->events);
  ls_free(call);
}

static ls_call *find_call(const ls_peer *peer, uint64_t id) {
  for (ls_ring *at = peer->calls.after; at != &peer->calls; at = at->after) {
    ls_call *call = LS_RING_OWNER(at, ls_call, of_peer);
    if (call->id == id) return call;
  }
  return NULL;
}

static void free_pulls(ls_peer *peer) {
  for (ls_ring *at = peer->calls.after, *next; at != &peer->calls; at = next) {
    next = at->after;
    ls_call *call = LS_RING_OWNER(at, ls_call, of_peer);
    if (is_pull(call)) ls_call_free(call);
  }
}

/* Go on with the pulls that were held back. */
static void go_on(ls_peer *peer, bool acknowledged) {
  for (ls_ring *at = peer->calls.after, *next; at != &peer->calls; at = next) {
    next = at->after;
    ls_call *call = LS_RING_OWNER(at, ls_call, of_peer);
    if (acknowledged) call->unacked = 0;
    if (call->kind == LS_CALL_CATCHING_UP) ls_pull_go_on(call);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Requests */

static void on_ping(ls_peer *peer, const ls_request *request) {
  ls_hub *hub = peer->hub;
  ls_bytes_clear(&hub->out);
  if (request->rpc) {
    ls_wire_write_rpc_pong(&hub->out, request->dialect, request->id);
  } else if (request->asks_limits) {
    int64_t events = hub->limits.chunk_events;
    if (events > hub->limits.push_events) events = hub->limits.push_events;
    peer->chunk_events = events;
    peer->chunk_bytes = hub->limits.chunk_bytes;
    ls_wire_write_pong(&hub->out, &(ls_wire_limits){events, peer->chunk_bytes});
  } else {
    ls_wire_write_pong(&hub->out, NULL);
  }
  ls_peer_send(peer);
  go_on(peer, true);
}

static void on_ack(ls_peer *peer, const ls_request *request) {
  ls_call *call = find_call(peer, request->id);
  peer->acks = true;
  if (!call) return;
  if (call->unacked > 0) call->unacked--;
  if (call->kind == LS_CALL_CATCHING_UP) ls_pull_go_on(call);
}

/* A push cannot be stopped: it is answered when it is done. */
static void on_interrupt(ls_peer *peer, const ls_request *request) {
  ls_call *call = find_call(peer, request->id);
  if (!call || !is_pull(call)) return;
  ls_peer_fail(peer, call->dialect, call->id, &(ls_failure){.kind = LS_FAILURE_INTERRUPTED});
  ls_call_free(call);
}

/* All requests are dead for the peer then, so there is nobody to go on with pulls for. */
static void send_defect(ls_peer *peer, const char *message) {
  ls_bytes_clear(&peer->hub->out);
  ls_wire_write_defect(&peer->hub->out, message);
  ls_peer_send(peer);
  free_pulls(peer);
}

static void on_unknown(ls_peer *peer, const ls_request *request) {
  char text[200];
  snprintf(text, sizeof text, "unknown request tag: %.120s", request->tag);
  if (request->dialect == LS_DIALECT_STRINGS)
    send_defect(peer, text);
  else
    fail_with_defect(peer, request, text);
}

/* May a request begin? If not, this was said. */
static bool admit(ls_peer *peer, const ls_request *request) {
  int64_t most = peer->hub->limits.requests;
  if (find_call(peer, request->id)) {
    ls_peer_close(peer, "a request with the id of one that is still open");
  } else if ((int64_t)peer->n_calls >= most) {
    ls_peer_refuse(peer, request, 0, "%lld requests are open on this connection; wait for the answers",
                   (long long)most);
  } else if (strcmp(request->store_id, peer->room->store_id) != 0) {
    ls_peer_refuse(peer, request, 0, "this connection is for store %s; connect anew for store %.128s",
                   peer->room->store_id, request->store_id);
  } else {
    return true;
  }
  return false;
}

static void on_request(ls_peer *peer, const ls_request *request, int64_t now_ms) {
  switch (request->kind) {
    case LS_REQUEST_PING: on_ping(peer, request); break;
    case LS_REQUEST_PULL:
      if (admit(peer, request)) ls_hub_pull(peer, request);
      break;
    case LS_REQUEST_PUSH:
      if (admit(peer, request)) ls_hub_push(peer, request, now_ms);
      break;
    case LS_REQUEST_ACK: on_ack(peer, request); break;
    case LS_REQUEST_INTERRUPT: on_interrupt(peer, request); break;
    case LS_REQUEST_EOF: break;
    case LS_REQUEST_UNKNOWN: on_unknown(peer, request); break;
    case LS_REQUEST_INVALID: fail_with_defect(peer, request, request->problem); break;
  }
}

static void on_error(ls_peer *peer, int rc, const ls_error *err) {
  if (rc == LS_ENOMEM)
    ls_peer_close(peer, "the server is out of memory");
  else
    send_defect(peer, err->text);
}

static void read_frame(ls_peer *peer, const char *frame, size_t size, int64_t now_ms) {
  ls_wire_reader *reader = &peer->hub->reader;
  ls_request request;
  ls_error err;
  int rc = ls_wire_read(reader, frame, size, &err);
  if (rc) on_error(peer, rc, &err);
  while (!rc && !peer->closed) {
    int more = ls_wire_next_request(&request, reader, &err);
    if (more == 0) return;
    if (more == 1)
      on_request(peer, &request, now_ms);
    else
      on_error(peer, more, &err);
  }
}

void ls_peer_frame(ls_peer *peer, const char *frame, size_t size, int64_t now_ms) {
  char why[80];
  ls_hub *hub = peer->hub;
  if (peer->closed) return;
  hub->stats.frames_in++;
  hub->stats.bytes_in += size;
  if ((int64_t)size > hub->limits.frame_bytes) {
    snprintf(why, sizeof why, "a frame of more than %lld bytes", (long long)hub->limits.frame_bytes);
    ls_peer_close(peer, why);
  } else {
    read_frame(peer, frame, size, now_ms);
  }
  peer->asked = peer->transport == LS_WIRE_HTTP;
  ls_peer_reply(peer);
}

void ls_peer_drained(ls_peer *peer) {
  peer->queued = 0;
  go_on(peer, false);
}

/* ---------------------------------------------------------------------------------------------- */
/* Connections */

int ls_peer_new(ls_peer **out, ls_hub *hub, const char *store_id, ls_wire_transport transport, ls_grant grant,
                void *link, ls_error *err) {
  if (!ls_store_id_valid(store_id)) {
    return ls_fail(err, LS_EARGS, "a store id is 1 to 128 letters, digits, - and _");
  }
  ls_peer *peer = ls_calloc(1, sizeof *peer);
  if (!peer) return ls_fail_nomem(err);
  *peer = (ls_peer){.hub = hub,
                    .link = link,
                    .transport = transport,
                    .grant = grant,
                    .chunk_events = LS_WIRE_EVENTS,
                    .chunk_bytes = LS_WIRE_BYTES};
  ls_ring_init(&peer->calls);
  int rc = ls_room_enter(&peer->room, hub, store_id, err);
  if (rc) {
    ls_free(peer);
    return rc;
  }
  hub->stats.peers++;
  *out = peer;
  return LS_OK;
}

/* A push that was taken in is freed with its round. */
static void let_go(ls_call *call) {
  if (call->kind != LS_CALL_TAKEN) {
    ls_call_free(call);
    return;
  }
  ls_ring_remove(&call->of_peer);
  call->peer = NULL;
}

void ls_peer_free(ls_peer *peer) {
  if (!peer) return;
  while (!ls_ring_empty(&peer->calls)) let_go(LS_RING_OWNER(peer->calls.after, ls_call, of_peer));
  peer->hub->stats.peers--;
  ls_room_leave(peer->hub, peer->room);
  ls_bytes_fini(&peer->reply);
  ls_free(peer);
}
