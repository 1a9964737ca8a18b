/* peer - a light client of one store on a server: it asks, pushes, and looks at answers no more than it must. On the
 * relay it does the same as far as that goes. */
#ifndef LS_BENCH_PEER_H
#define LS_BENCH_PEER_H

#include <stdint.h>

#include "bench.h"
#include "server.h"
#include "websocket.h"

typedef struct peer {
  websocket socket;
  char store_id[40];
  int64_t head;     /* newest event that was pushed */
  uint64_t request; /* id of the last request */
} peer;

/* Connect. Everything ends the program when it fails. */
void peer_open(peer *out, const bench_server *server, int side, const char *store_id);
void peer_close(peer *p);

/* Ask for all events and those to come, and wait until it is known that there are none yet. */
void peer_follow(peer *p);
void peer_ack(peer *p); /* what the pull has given */
/* Push one event behind the last one. */
void peer_push(peer *p, const bench_item *item);
/* What a frame may be. */
bool frame_is_events(const peer *p, const char *frame, size_t size);
bool frame_is_accepted(const peer *p, const char *frame, size_t size);

/* Wait on many: put them into an epoll, and get those that have something to be read. */
int peers_watch(peer *peers, size_t n);
size_t peers_wait(int epoll, peer **out, size_t most);

#endif
