/* hub - the server without its sockets: stores, the peers connected to them, and what becomes of each request. Frames
 * come in from peers and go out to them; when appends are due, the host has them made durable. It reads no clock and does
 * no I/O but through the backend, so that a simulator can run it.
 *
 *   frame in ──► pull   page by page from the backend, as fast as the peer takes it ──► caught up: live
 *            └─► push   checked, taken in ──► [commit: durable] ──► given to all who are live, and answered
 *
 * What always holds
 *   1. A push is answered, and its events are given to anybody, only when they are durable. So is a refusal that follows
 *      from events which are not yet durable.
 *   2. A live pull gets each event once, in order, from its cursor on: a pull that is catching up is not broadcast to; it
 *      goes over to live when it has read all that is durable.
 *   3. A live pull is never ended by the server: a peer that cannot go on is closed.
 *   4. What waits to be sent to a peer is bounded: one that is slow is caught up from the backend when it can take more,
 *      and does not hold up others.
 *   5. Pushes to a store are in one order, that of their arrival.
 *
 * Holding back. A pull that is catching up stops when enough waits in the host's queue for its peer, until
 * ls_peer_drained; and, with a peer that sends Acks, when a window of chunks is not acknowledged. A peer that never sent
 * an Ack is not waited for, and neither is one that sent a Ping since: it lives, and has read what came before. */
#ifndef LS_SERVER_HUB_H
#define LS_SERVER_HUB_H

#include "server/backend.h"
#include "sync/wire.h"

typedef struct ls_hub ls_hub;
typedef struct ls_peer ls_peer; /* one connection; of HTTP: one request */

/* What the hub asks of the program around it: all but the last one are required. None of these may call into the hub. */
typedef struct ls_hub_host {
  void *user;
  /* Queue a frame for a peer, whose `link` is given; it is finished with when this returns. To a peer of the HTTP
   * transport exactly one is sent for each one that arrived: the JSON array that answers it.
   * Returned is how many bytes wait there by now. */
  size_t (*send)(void *user, void *link, const char *frame, size_t size);
  /* Close a peer's connection, once what is queued is sent; ls_peer_free follows.
   *   why  for the log and the close frame; not longer than 120 bytes */
  void (*close)(void *user, void *link, const char *why);
  /* There are appends to be made durable: begin a commit soon. Called once until ls_hub_commit_begin. */
  void (*commit_due)(void *user);
  /* Optional (NULL): a store cannot be read, or, with a store id of NULL, a commit failed. For the log: peers are told
   * without names of files. */
  void (*problem)(void *user, const char *store_id, const ls_error *err);
} ls_hub_host;

typedef struct ls_hub_limits { /* 0: the default */
  int64_t frame_bytes;         /* of one frame from a peer; 4 MiB */
  int64_t event_bytes;         /* name and arguments of one event; LS_WIRE_BYTES */
  int64_t push_events;         /* in one push; 5,000 */
  int64_t chunk_events;        /* in one chunk to a peer that asked for limits; 1,000. LS_WIRE_EVENTS to others */
  int64_t chunk_bytes;         /* the same of bytes; 3,000,000. LS_WIRE_BYTES to others */
  int64_t queue_bytes;         /* waiting to be sent to one peer, a chunk aside; 4 MiB */
  int64_t
      reply_bytes; /* of one answer of the HTTP transport, a chunk aside: what is beyond is for the next pull; 32 MiB */
  int64_t window;  /* chunks that may be unacknowledged on one pull; 32 */
  int64_t requests;     /* open at a time on one connection; 64 */
  int64_t store_events; /* in one store; 0: no limit */
  bool strict;          /* numbers must count by one, without holes (LiveStore's conformance suite begins at 100) */
} ls_hub_limits;

/* What a peer may do. */
typedef struct ls_grant {
  bool read, write;
} ls_grant;

typedef struct ls_hub_stats {
  uint64_t peers, pulls, stores; /* open now; pulls: live and catching up */
  uint64_t pushes, events;       /* made durable, since the start */
  uint64_t refused;              /* pushes that were not */
  uint64_t chunks, broadcasts;   /* sent: all, and those that were encoded for a commit */
  uint64_t behind;               /* how often a live pull had to be caught up, since its peer was slow */
  uint64_t commits, commits_failed;
  uint64_t frames_in, bytes_in, bytes_out;
} ls_hub_stats;

/*   backend  borrowed, as what `host` points to
 *   limits   NULL: the defaults */
int ls_hub_new(ls_hub **out, const ls_backend *backend, const ls_hub_host *host, const ls_hub_limits *limits,
               ls_error *err);
void ls_hub_free(ls_hub *hub); /* NULL is fine; peers are freed first, and no commit is under way */

/* A connection for one store was opened.
 *   link  given to the host's functions
 * LS_EARGS the store id is not valid, LS_ECORRUPT, LS_EIO the store cannot be read, LS_ENOMEM */
int ls_peer_new(ls_peer **out, ls_hub *hub, const char *store_id, ls_wire_transport transport, ls_grant grant,
                void *link, ls_error *err);
/* Its connection is gone. Pushes that were taken in stay so. NULL is fine. */
void ls_peer_free(ls_peer *peer);

/* A frame arrived from it. What is wrong with it is answered or closes the connection.
 *   now_ms  since 1970: what events that are pushed get as their time */
void ls_peer_frame(ls_peer *peer, const char *frame, size_t size, int64_t now_ms);
/* Little waits to be sent to it any more: go on with what was held back. */
void ls_peer_drained(ls_peer *peer);

/* Make durable what was pushed so far, broadcast it and answer. In one call, or, to have the flush done by another
 * thread: begin, then backend->sync there, then end with its result. Pushes that arrive in between wait for the next
 * round. */
int ls_hub_commit(ls_hub *hub, ls_error *err);
bool ls_hub_commit_begin(ls_hub *hub); /* false: nothing to do */
void ls_hub_commit_end(ls_hub *hub, int result, const ls_error *err);

void ls_hub_stats_get(ls_hub_stats *out, const ls_hub *hub);

/* May a store have this id? [A-Za-z0-9_-], 1 to 128 of them. */
bool ls_store_id_valid(const char *store_id);

#endif
