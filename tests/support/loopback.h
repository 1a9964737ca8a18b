/* loopback - stores and a server's hub in one program, joined by wires that carry frames when the test says so. There is no
 * socket and no clock: loopback_run moves frames until nothing moves any more, loopback_wait lets time pass.
 * Everything fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_LOOPBACK_H
#define LS_TESTS_SUPPORT_LOOPBACK_H

#include "livestore_host.h"
#include "server/hub.h"

#define LOOPBACK_WIRES 4

typedef struct loopback loopback;

/* Frames that are under way, the oldest first. */
typedef struct loopback_frame {
  struct loopback_frame *next;
  size_t size;
  char text[];
} loopback_frame;

typedef struct loopback_wire {
  loopback *world;
  ls_store *store;     /* NULL: closed, or not there yet */
  ls_transport transport;
  ls_peer *peer;       /* NULL: not connected */
  bool asked;          /* to connect */
  bool ended;          /* the server closes it */
  loopback_frame *up, *down; /* to the server, to the store */
  char payload[200];   /* of the newest connection */
  size_t connects, detached;
} loopback_wire;

struct loopback {
  ls_backend backend;
  ls_hub *hub;
  bool due;            /* to commit */
  bool down;           /* the server cannot be reached */
  const char *wanted;  /* the only payload that is let in; NULL: any */
  int64_t now_ms;
  loopback_wire wires[LOOPBACK_WIRES];
};

/*   limits  of the hub; may be NULL */
void loopback_init(loopback *world, const ls_hub_limits *limits);
void loopback_fini(loopback *world); /* closes the stores that are open */
/* Another server takes its place, with a log of its own, empty. */
void loopback_replace_server(loopback *world);

/* A store in memory of TODO_SCHEMA, with this client id, at the n-th wire, not connected yet. */
ls_store *loopback_open(loopback *world, size_t n, const char *client_id);
void loopback_close(loopback *world, size_t n);
/* Join it to the server. */
void loopback_join(loopback *world, size_t n, const ls_connect_options *options);
int loopback_try_join(loopback *world, size_t n, const ls_connect_options *options, ls_error *err);

void loopback_run(loopback *world);
void loopback_wait(loopback *world, int64_t ms); /* in steps of 100, running in between */
/* Cut all connections. While `down`, none is made. */
void loopback_cut(loopback *world);

#endif
