/* hub_internal - what the hub's files share with one another and with nobody else.
 *
 *   hub.c       the hub, its statistics, commit rounds
 *   hub_room.c  stores in memory
 *   hub_peer.c  connections: frames in, answers out
 *   hub_pull.c  catching up, live
 *   hub_push.c  taking in, answering */
#ifndef LS_SERVER_HUB_INTERNAL_H
#define LS_SERVER_HUB_INTERNAL_H

#include "base/chains.h"
#include "server/hub.h"

typedef struct ls_room ls_room;
typedef struct ls_call ls_call;

/* ---------------------------------------------------------------------------------------------- */
/* Lists whose links lie in what they list */

typedef struct ls_ring { /* a circle; the head is one of its links */
  struct ls_ring *before, *after;
} ls_ring;

static inline void ls_ring_init(ls_ring *ring) { ring->before = ring->after = ring; }
static inline bool ls_ring_empty(const ls_ring *ring) { return ring->after == ring; }
static inline void ls_ring_remove(ls_ring *link) { /* one that is in none is fine */
  link->before->after = link->after;
  link->after->before = link->before;
  ls_ring_init(link);
}
static inline void ls_ring_push(ls_ring *ring, ls_ring *link) { /* at the end */
  link->before = ring->before;
  link->after = ring;
  ring->before->after = link;
  ring->before = link;
}
#define LS_RING_OWNER(link, type, member) ((type *)(void *)((char *)(link)-offsetof(type, member)))

/* ---------------------------------------------------------------------------------------------- */
/* Rooms: a store of which something is known */

/* Where an event's text stands in what is to be broadcast. */
typedef struct ls_fresh_event {
  int64_t seq;
  size_t start, end; /* without the comma before it */
} ls_fresh_event;

struct ls_room {
  ls_link link;  /* in hub->rooms */
  ls_ring round; /* in hub->round_rooms while something is taken in */
  ls_ring idle;  /* in hub->idle_rooms while nobody is here */
  ls_ring live;  /* pulls that are live here */
  char *store_id;
  size_t n_peers;
  ls_backend_head durable;
  int64_t head, events;  /* with what is taken in */
  ls_bytes fresh;        /* events taken in in this round, as in a chunk, with a comma between them */
  ls_fresh_event *index; /* of them */
  size_t n_fresh, capacity_fresh;
};

/* ---------------------------------------------------------------------------------------------- */
/* Calls: requests that are open */

typedef enum ls_call_kind {
  LS_CALL_CATCHING_UP, /* a pull that is behind what is durable */
  LS_CALL_LIVE,        /* a pull that has all that is durable */
  LS_CALL_HELD,        /* a push that arrived while a commit was under way */
  LS_CALL_TAKEN        /* a push that is answered at the end of this round */
} ls_call_kind;

struct ls_call {
  ls_ring of_peer;  /* in peer->calls */
  ls_ring of_group; /* LIVE: room->live; HELD: hub->held; TAKEN: hub->round_calls */
  ls_peer *peer;    /* NULL: gone */
  ls_room *room;
  uint64_t id;
  ls_dialect dialect;
  ls_call_kind kind;

  /* Pulls */
  bool live;       /* asked to be */
  bool begun;      /* a chunk was sent */
  int64_t cursor;  /* events up to here were sent */
  int64_t unacked; /* chunks */

  /* Pushes */
  bool ahead;                /* TAKEN: refused, since the server was ahead */
  int64_t minimum, provided; /* then */
  ls_wire_event *events;     /* HELD: a copy, in one piece of memory */
  size_t n_events;
  int64_t now_ms;
};

struct ls_peer {
  ls_hub *hub;
  ls_room *room;
  void *link;
  ls_ring calls;
  size_t n_calls;
  ls_wire_transport transport;
  ls_grant grant;
  bool closed; /* the host was told to close it */
  bool acks;   /* it has sent an Ack */
  bool asked;  /* HTTP: a frame was read, and is not answered yet */
  size_t queued;
  int64_t chunk_events, chunk_bytes;
  ls_bytes reply; /* HTTP: what is collected */
};

/* ---------------------------------------------------------------------------------------------- */
/* The hub */

struct ls_hub {
  const ls_backend *backend;
  ls_hub_host host;
  ls_hub_limits limits;
  ls_hub_stats stats;
  ls_chains rooms;
  ls_ring idle_rooms; /* the longest idle first */
  size_t n_idle;
  ls_ring round_rooms, round_calls, held;
  bool due, committing;
  ls_wire_reader reader;
  ls_bytes out; /* the frame that is being written */
};

/* hub: what a peer is told of an error of the backend, whose own text is for the log only. Static. */
const char *ls_hub_excuse(int code);

/* hub_room */
int ls_room_enter(ls_room **out, ls_hub *hub, const char *store_id, ls_error *err);
void ls_room_leave(ls_hub *hub, ls_room *room);
void ls_room_free_idle(ls_hub *hub, size_t most);
/* What is durable has changed behind our back: another process appended. */
int ls_room_reload(ls_hub *hub, ls_room *room, ls_error *err);
/* Put events behind the room's fresh ones, in memory only; or cut them back to `n`. False when memory ran out. */
bool ls_room_add_fresh(ls_room *room, const ls_wire_event *events, size_t n, int64_t created_at_ms);
void ls_room_cut_fresh(ls_room *room, size_t n);
ls_room *ls_room_find(const ls_hub *hub, const char *store_id);

/* hub_peer */
/* Send, or collect, the frame in hub->out. Nothing is sent to a peer that is closed. */
void ls_peer_send(ls_peer *peer);
/* Write an answer there, and send it. */
void ls_peer_success(ls_peer *peer, ls_dialect dialect, uint64_t id, ls_success what);
void ls_peer_fail(ls_peer *peer, ls_dialect dialect, uint64_t id, const ls_failure *failure);
/* An UnknownError that may be retried, with this text. */
void ls_peer_fail_text(ls_peer *peer, ls_dialect dialect, uint64_t id, const char *text);
/* One that may not: a RefusedError.
 *   refused  number of the event at fault; 0: it is about no event */
void ls_peer_refuse(ls_peer *peer, const ls_request *request, int64_t refused, const char *fmt, ...) LS_FORMAT(4, 5);
void ls_peer_close(ls_peer *peer, const char *why);
/* HTTP: send what is collected, if all is answered. */
void ls_peer_reply(ls_peer *peer);
/* A call of this peer that is open; NULL when memory ran out: then the peer was closed. */
ls_call *ls_call_new(ls_peer *peer, const ls_request *request, ls_call_kind kind);
void ls_call_free(ls_call *call);

/* hub_pull */
void ls_hub_pull(ls_peer *peer, const ls_request *request);
/* Go on with a pull that is catching up, until it is live, done, or held back. */
void ls_pull_go_on(ls_call *call);
/* Give what has become durable to those who are live. */
void ls_pull_broadcast(ls_hub *hub, ls_room *room);
/* Those who are live have not got all that is durable: catch them up. */
void ls_pull_catch_up(ls_room *room);

/* hub_push */
void ls_hub_push(ls_peer *peer, const ls_request *request, int64_t now_ms);
/* Take in a push that was held. */
void ls_push_release(ls_call *call);
/* Answer one that was taken in. */
void ls_push_answer(ls_call *call, int result);

#endif
