/* hub_pull - giving a store's events to those who asked. */
#include "base/alloc.h"
#include "base/err.h"
#include "server/hub_internal.h"

#define AHEAD_BYTES (256 << 10) /* that may wait for a peer while its pull is catching up */
#define END_BYTES 200           /* what stands around the events of a chunk takes less */

static bool in_window(const ls_call *call) {
  return !call->peer->acks || call->unacked < call->peer->hub->limits.window;
}

static bool may_go_on(const ls_call *call) {
  const ls_peer *peer = call->peer;
  int64_t most = peer->hub->limits.queue_bytes;
  if (most > AHEAD_BYTES) most = AHEAD_BYTES;
  if (peer->closed) return false;
  return peer->transport == LS_WIRE_HTTP || ((int64_t)peer->queued < most && in_window(call));
}

static bool may_broadcast(const ls_call *call) {
  return (int64_t)call->peer->queued < call->peer->hub->limits.queue_bytes && in_window(call);
}

static void begin_chunk(const ls_call *call) {
  ls_bytes *out = &call->peer->hub->out;
  ls_bytes_clear(out);
  ls_wire_chunk_begin(out, call->dialect, call->id);
}

static void end_chunk(ls_call *call, int64_t cursor, int64_t remaining) {
  ls_hub *hub = call->peer->hub;
  ls_page_info info = remaining ? LS_PAGE_MORE : LS_PAGE_NO_MORE;
  ls_wire_chunk_end(&hub->out, info, remaining, call->room->durable.backend_id);
  call->cursor = cursor;
  call->begun = true;
  call->unacked++;
  hub->stats.chunks++;
  ls_peer_send(call->peer);
}

/* ---------------------------------------------------------------------------------------------- */
/* Catching up */

typedef struct page {
  ls_bytes *out;
  int64_t max_events, max_bytes;
  int64_t n, last;
  bool full; /* there are events behind it */
} page;

/* An event that is too large for a chunk gets one for itself. */
static int add_to_page(void *user, const ls_wire_event *event) {
  page *p = user;
  size_t before = p->out->size;
  p->full = p->n == p->max_events;
  if (p->full) return 1;
  ls_wire_chunk_event(p->out, event, p->n == 0);
  p->full = p->n > 0 && (int64_t)p->out->size + END_BYTES > p->max_bytes;
  if (p->full) {
    p->out->size = before;
    return 1;
  }
  p->n++;
  p->last = event->seq;
  return 0;
}

static int read_page(page *p, ls_call *call, int64_t *remaining, ls_error *err) {
  const ls_backend *backend = call->peer->hub->backend;
  const ls_room *room = call->room;
  *p = (page){.out = &call->peer->hub->out,
              .max_events = call->peer->chunk_events,
              .max_bytes = call->peer->chunk_bytes,
              .last = call->cursor};
  begin_chunk(call);
  int rc = backend->read(backend->self, room->store_id, call->cursor, add_to_page, p, err);
  *remaining = 0;
  if (rc || !p->full) return rc;
  *remaining = room->durable.head - p->last;
  if (room->durable.head != room->durable.events) {
    rc = backend->count(backend->self, remaining, room->store_id, p->last, err);
  }
  if (*remaining < 1) *remaining = 1; /* what another thread is just making durable */
  return rc;
}

static void finish(ls_call *call) {
  ls_peer_success(call->peer, call->dialect, call->id, LS_SUCCESS_PULL);
  ls_call_free(call);
}

static void become_live(ls_call *call) {
  call->kind = LS_CALL_LIVE;
  ls_ring_push(&call->room->live, &call->of_group);
}

static void fail_pull(ls_call *call, const ls_error *err) {
  const ls_hub_host *host = &call->peer->hub->host;
  const char *text = ls_hub_excuse(err->code);
  if (host->problem) host->problem(host->user, call->room->store_id, err);
  if (call->live) {
    ls_peer_close(call->peer, text);
    return;
  }
  ls_peer_fail_text(call->peer, call->dialect, call->id, text);
  ls_call_free(call);
}

/* Is there more to be done, with a call that still is? */
static bool send_page(ls_call *call) {
  page p;
  int64_t remaining;
  ls_error err;
  if (read_page(&p, call, &remaining, &err)) {
    fail_pull(call, &err);
    return false;
  }
  if (p.n || !call->begun) end_chunk(call, p.last, remaining);
  bool enough =
      call->peer->transport == LS_WIRE_HTTP && (int64_t)call->peer->reply.size >= call->peer->hub->limits.reply_bytes;
  if (p.full && !enough) return true;
  if (call->live)
    become_live(call);
  else
    finish(call);
  return false;
}

void ls_pull_go_on(ls_call *call) {
  while (may_go_on(call) && send_page(call)) continue;
}

void ls_hub_pull(ls_peer *peer, const ls_request *request) {
  const char *backend_id = peer->room->durable.backend_id;
  if (!peer->grant.read) {
    ls_peer_refuse(peer, request, 0, "this connection may not read store %s", peer->room->store_id);
    return;
  }
  if (request->has_cursor && strcmp(request->backend_id, backend_id) != 0) {
    ls_failure failure = {.kind = LS_FAILURE_BACKEND_ID, .expected = backend_id, .received = request->backend_id};
    ls_peer_fail(peer, request->dialect, request->id, &failure);
    return;
  }
  ls_call *call = ls_call_new(peer, request, LS_CALL_CATCHING_UP);
  if (!call) return;
  peer->hub->stats.pulls++;
  call->live = request->live && peer->transport == LS_WIRE_WEBSOCKET;
  call->cursor = request->has_cursor ? request->cursor : 0;
  ls_pull_go_on(call);
}

/* ---------------------------------------------------------------------------------------------- */
/* Live */

/* As many fresh events from `from` on as fit into a chunk: up to but not with the one returned. */
static size_t chunk_end(const ls_room *room, size_t from, const ls_peer *peer) {
  size_t to = from + 1;
  const ls_fresh_event *at = room->index;
  while (to < room->n_fresh && (int64_t)(to - from) < peer->chunk_events &&
         (int64_t)(at[to].end - at[from].start) + END_BYTES <= peer->chunk_bytes) {
    to++;
  }
  return to;
}

static size_t first_behind(const ls_room *room, int64_t cursor) {
  size_t low = 0, high = room->n_fresh;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (room->index[middle].seq > cursor)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void fall_behind(ls_call *call) {
  ls_ring_remove(&call->of_group);
  call->kind = LS_CALL_CATCHING_UP;
}

/* The text of the events is the same for all; what is around it names the request. */
static void deliver(ls_call *call) {
  const ls_room *room = call->room;
  ls_hub *hub = call->peer->hub;
  for (size_t from = first_behind(room, call->cursor), to; from < room->n_fresh; from = to) {
    if (!may_broadcast(call)) {
      hub->stats.behind++;
      fall_behind(call);
      return;
    }
    to = chunk_end(room, from, call->peer);
    begin_chunk(call);
    size_t start = room->index[from].start;
    ls_bytes_append(&hub->out, room->fresh.data + start, room->index[to - 1].end - start);
    end_chunk(call, room->index[to - 1].seq, 0);
  }
}

void ls_pull_broadcast(ls_hub *hub, ls_room *room) {
  if (room->n_fresh && !ls_ring_empty(&room->live)) hub->stats.broadcasts++;
  for (ls_ring *at = room->live.after, *next; at != &room->live; at = next) {
    next = at->after;
    ls_call *call = LS_RING_OWNER(at, ls_call, of_group);
    if (!call->peer->closed) deliver(call);
  }
}

/* Those who become live meanwhile stand at the end of the ring, and have what is durable. */
void ls_pull_catch_up(ls_room *room) {
  ls_ring behind;
  ls_ring_init(&behind);
  while (!ls_ring_empty(&room->live)) {
    ls_ring *link = room->live.after;
    ls_ring_remove(link);
    ls_ring_push(&behind, link);
  }
  while (!ls_ring_empty(&behind)) {
    ls_call *call = LS_RING_OWNER(behind.after, ls_call, of_group);
    fall_behind(call);
    ls_pull_go_on(call);
  }
}
