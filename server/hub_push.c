/* hub_push - taking in what is offered. Checks that do not depend on a store's head are made at once; what follows from
 * events that are not durable yet is answered when they are. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "server/hub_internal.h"

/* ---------------------------------------------------------------------------------------------- */
/* Checks: each says what it refuses */

static bool check_size(ls_peer *peer, const ls_request *request, const ls_wire_event *event) {
  int64_t size = (int64_t)(strlen(event->name) + event->args_size), most = peer->hub->limits.event_bytes;
  if (size <= most) return true;
  ls_peer_refuse(peer, request, event->seq, "event e%lld has %lld bytes of name and arguments; %lld are allowed",
                 (long long)event->seq, (long long)size, (long long)most);
  return false;
}

static bool check_link(ls_peer *peer, const ls_request *request, const ls_wire_event *event,
                       const ls_wire_event *before) {
  long long seq = event->seq, parent = event->parent;
  if (seq <= parent) {
    ls_peer_refuse(peer, request, seq, "event e%lld does not lie behind its parent e%lld", seq, parent);
  } else if (before && parent != before->seq) {
    ls_peer_refuse(peer, request, seq, "event e%lld has the parent e%lld, but follows e%lld", seq, parent,
                   (long long)before->seq);
  } else if (peer->hub->limits.strict && seq != parent + 1) {
    ls_peer_refuse(peer, request, seq, "event e%lld follows e%lld, and this server takes no numbers with holes", seq,
                   parent);
  } else {
    return true;
  }
  return false;
}

static bool check_events(ls_peer *peer, const ls_request *request) {
  int64_t most = peer->hub->limits.push_events;
  if ((int64_t)request->n_events > most) {
    ls_peer_refuse(peer, request, 0, "a push of %zu events; %lld are allowed", request->n_events, (long long)most);
    return false;
  }
  for (size_t i = 0; i < request->n_events; i++) {
    const ls_wire_event *event = &request->events[i];
    if (!check_link(peer, request, event, i ? event - 1 : NULL) || !check_size(peer, request, event)) return false;
  }
  return true;
}

static bool check_push(ls_peer *peer, const ls_request *request) {
  const char *backend_id = peer->room->durable.backend_id;
  if (!peer->grant.write) {
    ls_peer_refuse(peer, request, 0, "this connection may not write to store %s", peer->room->store_id);
    return false;
  }
  if (request->backend_id && strcmp(request->backend_id, backend_id) != 0) {
    ls_failure failure = {.kind = LS_FAILURE_BACKEND_ID, .expected = backend_id, .received = request->backend_id};
    ls_peer_fail(peer, request->dialect, request->id, &failure);
    return false;
  }
  return check_events(peer, request);
}

/* ---------------------------------------------------------------------------------------------- */
/* Answering */

static void answer(ls_call *call, const ls_failure *failure) {
  ls_peer *peer = call->peer;
  if (failure)
    ls_peer_fail(peer, call->dialect, call->id, failure);
  else
    ls_peer_success(peer, call->dialect, call->id, LS_SUCCESS_PUSH);
  if (failure)
    peer->hub->stats.refused++;
  else
    peer->hub->stats.pushes++;
  ls_call_free(call);
}

void ls_push_answer(ls_call *call, int result) {
  ls_peer *peer = call->peer;
  ls_failure failure = {.kind = LS_FAILURE_SERVER_AHEAD, .minimum_expected = call->minimum, .provided = call->provided};
  if (!peer) {
    ls_call_free(call);
    return;
  }
  if (result) failure = (ls_failure){.kind = LS_FAILURE_UNKNOWN, .message = ls_hub_excuse(result)};
  answer(call, result || call->ahead ? &failure : NULL);
  ls_peer_reply(peer);
}

/* ---------------------------------------------------------------------------------------------- */
/* Taking in */

/* To be answered when this round is durable. */
static void join_round(ls_hub *hub, ls_call *call) {
  ls_room *room = call->room;
  call->kind = LS_CALL_TAKEN;
  ls_ring_push(&hub->round_calls, &call->of_group);
  if (ls_ring_empty(&room->round)) {
    ls_ring_push(&hub->round_rooms, &room->round);
    room->n_peers++;
  }
  if (hub->due) return;
  hub->due = true;
  hub->host.commit_due(hub->host.user);
}

static void refuse_ahead(ls_hub *hub, ls_call *call, int64_t provided) {
  call->ahead = true;
  call->minimum = call->room->head;
  call->provided = provided;
  if (ls_ring_empty(&call->room->round))
    ls_push_answer(call, LS_OK);
  else
    join_round(hub, call);
}

static void refuse_text(ls_call *call, const char *text) {
  ls_peer *peer = call->peer;
  answer(call, &(ls_failure){.kind = LS_FAILURE_UNKNOWN, .message = text});
  ls_peer_reply(peer);
}

/* Another server has appended to this store. */
static void overtaken(ls_hub *hub, ls_call *call, int64_t provided) {
  ls_room *room = call->room;
  int rc = ls_ring_empty(&room->round) ? ls_room_reload(hub, room, NULL) : LS_OK;
  if (rc) {
    refuse_text(call, ls_hub_excuse(rc));
    return;
  }
  refuse_ahead(hub, call, provided);
  if (ls_ring_empty(&room->round)) ls_pull_catch_up(room);
}

static void append(ls_hub *hub, ls_call *call, const ls_wire_event *events, size_t n, int64_t now_ms) {
  ls_room *room = call->room;
  size_t before = room->n_fresh;
  if (!ls_room_add_fresh(room, events, n, now_ms)) {
    refuse_text(call, ls_hub_excuse(LS_ENOMEM));
    return;
  }
  int rc = hub->backend->append_if(hub->backend->self, room->store_id, room->head, events, n, now_ms, NULL);
  if (rc) ls_room_cut_fresh(room, before);
  if (rc == LS_EORDER) {
    overtaken(hub, call, events[0].parent);
    return;
  }
  if (rc == LS_OK) {
    room->head = events[n - 1].seq;
    room->events += (int64_t)n;
  }
  join_round(hub, call); /* a round with an append that failed fails as a whole, and says why */
}

static void take(ls_call *call, const ls_wire_event *events, size_t n, int64_t now_ms) {
  char text[120];
  ls_hub *hub = call->peer->hub;
  const ls_room *room = call->room;
  int64_t most = hub->limits.store_events;
  if (events[0].parent != room->head) {
    refuse_ahead(hub, call, events[0].parent);
  } else if (most && room->events + (int64_t)n > most) {
    snprintf(text, sizeof text, "a store may have %lld events on this server", (long long)most);
    refuse_text(call, text);
  } else {
    append(hub, call, events, n, now_ms);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Holding what arrives while a commit is under way */

static size_t text_size(const char *text) { return text ? strlen(text) + 1 : 0; }

static const char *copy_text(char **at, const char *text, size_t size) {
  if (!text) return NULL;
  char *copy = *at;
  memcpy(copy, text, size);
  *at += size;
  return copy;
}

static ls_wire_event *copy_events(const ls_wire_event *events, size_t n) {
  size_t size = n * sizeof *events;
  for (size_t i = 0; i < n; i++) {
    const ls_wire_event *e = &events[i];
    size += text_size(e->name) + e->args_size + text_size(e->client_id) + text_size(e->session_id);
  }
  ls_wire_event *copy = ls_malloc(size);
  if (!copy) return NULL;
  char *at = (char *)(copy + n);
  for (size_t i = 0; i < n; i++) {
    const ls_wire_event *e = &events[i];
    copy[i] = *e;
    copy[i].name = copy_text(&at, e->name, text_size(e->name));
    copy[i].args = copy_text(&at, e->args, e->args_size);
    copy[i].client_id = copy_text(&at, e->client_id, text_size(e->client_id));
    copy[i].session_id = copy_text(&at, e->session_id, text_size(e->session_id));
    copy[i].created_at = NULL;
  }
  return copy;
}

static void hold(ls_call *call, const ls_request *request, int64_t now_ms) {
  call->events = copy_events(request->events, request->n_events);
  call->n_events = request->n_events;
  call->now_ms = now_ms;
  if (call->events)
    ls_ring_push(&call->peer->hub->held, &call->of_group);
  else
    refuse_text(call, ls_hub_excuse(LS_ENOMEM));
}

void ls_push_release(ls_call *call) {
  ls_wire_event *events = call->events;
  ls_ring_remove(&call->of_group);
  call->events = NULL;
  take(call, events, call->n_events, call->now_ms);
  ls_free(events);
}

void ls_hub_push(ls_peer *peer, const ls_request *request, int64_t now_ms) {
  ls_hub *hub = peer->hub;
  if (!check_push(peer, request)) {
    hub->stats.refused++;
  } else if (request->n_events == 0) {
    ls_peer_success(peer, request->dialect, request->id, LS_SUCCESS_PUSH);
  } else {
    ls_call *call = ls_call_new(peer, request, LS_CALL_HELD);
    if (!call) return;
    if (hub->committing)
      hold(call, request, now_ms);
    else
      take(call, request->events, request->n_events, now_ms);
  }
}
