/* hub - making a hub, and its commit rounds. */
#include "server/hub.h"

#include "base/alloc.h"
#include "base/err.h"
#include "server/hub_internal.h"

static void set_default(int64_t *limit, int64_t value) {
  if (*limit == 0) *limit = value;
}

static void set_defaults(ls_hub_limits *l) {
  set_default(&l->frame_bytes, INT64_C(4) << 20);
  set_default(&l->event_bytes, LS_WIRE_BYTES);
  set_default(&l->push_events, 5000);
  set_default(&l->chunk_events, 1000);
  set_default(&l->chunk_bytes, 3000000);
  set_default(&l->queue_bytes, INT64_C(4) << 20);
  set_default(&l->reply_bytes, INT64_C(32) << 20);
  set_default(&l->window, 32);
  set_default(&l->requests, 64);
}

static void on_changed(void *user, const char *store_id) {
  ls_hub *hub = user;
  ls_room *room = ls_room_find(hub, store_id);
  if (room && ls_ring_empty(&room->round) && !ls_room_reload(hub, room, NULL)) ls_pull_catch_up(room);
}

int ls_hub_new(ls_hub **out, const ls_backend *backend, const ls_hub_host *host, const ls_hub_limits *limits,
               ls_error *err) {
  ls_hub *hub = ls_calloc(1, sizeof *hub);
  if (!hub) return ls_fail_nomem(err);
  hub->backend = backend;
  hub->host = *host;
  if (limits) hub->limits = *limits;
  set_defaults(&hub->limits);
  ls_ring_init(&hub->idle_rooms);
  ls_ring_init(&hub->round_rooms);
  ls_ring_init(&hub->round_calls);
  ls_ring_init(&hub->held);
  int rc = backend->watch ? backend->watch(backend->self, on_changed, hub, err) : LS_OK;
  if (rc)
    ls_hub_free(hub);
  else
    *out = hub;
  return rc;
}

const char *ls_hub_excuse(int code) {
  switch (code) {
    case LS_ENOMEM: return "the server is out of memory";
    case LS_EFULL: return "the server has no room left on its device";
    case LS_ECORRUPT: return "the store is damaged on the server, whose log says how";
    default: return "the server cannot read or write its files; its log says why";
  }
}

/* A push whose peer has gone is freed with its round, which does not come any more. */
static void free_calls(ls_ring *calls) {
  while (!ls_ring_empty(calls)) ls_call_free(LS_RING_OWNER(calls->after, ls_call, of_group));
}

void ls_hub_free(ls_hub *hub) {
  if (!hub) return;
  free_calls(&hub->round_calls);
  free_calls(&hub->held);
  while (!ls_ring_empty(&hub->round_rooms)) {
    ls_room *room = LS_RING_OWNER(hub->round_rooms.after, ls_room, round);
    ls_ring_remove(&room->round);
    ls_room_leave(hub, room);
  }
  ls_room_free_idle(hub, 0);
  ls_chains_fini(&hub->rooms);
  ls_wire_reader_fini(&hub->reader);
  ls_bytes_fini(&hub->out);
  ls_free(hub);
}

void ls_hub_stats_get(ls_hub_stats *out, const ls_hub *hub) {
  *out = hub->stats;
  out->stores = hub->rooms.n;
}

/* ---------------------------------------------------------------------------------------------- */
/* Commit rounds */

bool ls_hub_commit_begin(ls_hub *hub) {
  if (ls_ring_empty(&hub->round_calls) || hub->committing) return false;
  hub->committing = true;
  hub->due = false;
  return true;
}

static void end_room(ls_hub *hub, ls_room *room, int result) {
  ls_ring_remove(&room->round);
  if (result == LS_OK) {
    hub->stats.events += room->n_fresh;
    room->durable.head = room->head;
    room->durable.events = room->events;
    ls_pull_broadcast(hub, room);
  }
  room->head = room->durable.head;
  room->events = room->durable.events;
  ls_room_cut_fresh(room, 0);
  ls_room_leave(hub, room);
}

/* Echo first, then the answer. */
void ls_hub_commit_end(ls_hub *hub, int result, const ls_error *err) {
  if (result && hub->host.problem) hub->host.problem(hub->host.user, NULL, err);
  hub->committing = false;
  if (result)
    hub->stats.commits_failed++;
  else
    hub->stats.commits++;
  while (!ls_ring_empty(&hub->round_rooms)) {
    end_room(hub, LS_RING_OWNER(hub->round_rooms.after, ls_room, round), result);
  }
  while (!ls_ring_empty(&hub->round_calls)) {
    ls_push_answer(LS_RING_OWNER(hub->round_calls.after, ls_call, of_group), result);
  }
  while (!ls_ring_empty(&hub->held)) ls_push_release(LS_RING_OWNER(hub->held.after, ls_call, of_group));
}

int ls_hub_commit(ls_hub *hub, ls_error *err) {
  ls_error why = {0};
  if (!ls_hub_commit_begin(hub)) return LS_OK;
  int rc = hub->backend->sync(hub->backend->self, &why);
  ls_hub_commit_end(hub, rc, &why);
  if (rc && err) *err = why;
  return rc;
}
