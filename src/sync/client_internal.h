/* client_internal - what the files of the client share. Who does what:
 *
 *   client.c       the calls of client.h, frames given to whom they concern, time
 *   client_link.c  connections: making, losing, waiting, giving up; sending
 *   client_pull.c  pages: asked for, checked, merged
 *   client_push.c  what is pending: sent, accepted, refused
 *
 * Functions that return an int leave it to their caller to say what becomes of the error (ls_client_trouble); all but
 * ls_client_trouble and what it calls go on only while there is a connection. */
#ifndef LS_SYNC_CLIENT_INTERNAL_H
#define LS_SYNC_CLIENT_INTERNAL_H

#include "base/arena.h"
#include "sync/client.h"

/* When something is to be done, or is overdue. */
typedef enum ls_client_timer {
  LS_TIMER_CONNECT,    /* the connection is not open */
  LS_TIMER_RETRY,      /* connect again */
  LS_TIMER_SILENCE,    /* nothing came */
  LS_TIMER_PING,       /* ping */
  LS_TIMER_PONG,       /* HTTP: no answer to the ping */
  LS_TIMER_PAGE,       /* no page, and not all was pulled; HTTP: no answer to the pull */
  LS_TIMER_POLL,       /* HTTP: pull again */
  LS_TIMER_ANSWER,     /* no answer to the push */
  LS_TIMER_ECHO,       /* what was accepted does not come back */
  LS_TIMER_PARKED,     /* what the server is ahead by does not come */
  LS_TIMER_PUSH_AGAIN, /* push again */
  LS_TIMERS
} ls_client_timer;

#define LS_TIMER_OFF INT64_MAX

typedef struct ls_client_pull {
  uint64_t id;
  bool active;     /* over WebSocket for as long as the connection lasts */
  bool has_cursor; /* it asks for what lies behind a cursor */
  bool caught_up;  /* a page behind which nothing follows has come on this connection */
  bool wanted;     /* HTTP: pull as soon as no request is under way */
  bool brought;    /* HTTP: the pull under way has brought events */
  bool from_start; /* the next pull has no cursor: the server knows another backend id than we do */
  bool held;       /* the host was told that more follow */
} ls_client_pull;

typedef struct ls_client_push {
  uint64_t id;
  bool active;
  bool stale; /* pending events got other numbers since it was sent: its answer says nothing of them */
  int64_t parent, first, last;
  int64_t head;                  /* the upstream head when it was sent */
  int64_t ends[LS_CLIENT_AHEAD]; /* the last events of pushes that were accepted and have not come back, ascending */
  size_t n_ends;
  int64_t wait_for;       /* no push until the upstream head is here; 0: not waiting */
  unsigned ahead, errors; /* refusals in a row for the server is ahead, and for other reasons */
} ls_client_push;

struct ls_client {
  ls_client_host host;
  ls_client_options options;
  char *store_id;
  ls_client_status status, told; /* told: as it was when the host was last told that it changed */
  int64_t now_ms;
  uint64_t random;

  bool linked; /* the host has a connection, or tries to make one */
  bool open;   /* frames can be sent */
  int64_t opened_ms;
  unsigned faults; /* of the server, in a row */
  int64_t timers[LS_TIMERS];
  uint64_t next_id; /* of requests; goes on over connections, so that late answers find nothing */
  ls_wire_limits limits;
  bool pinging; /* HTTP */
  uint64_t ping_id;
  ls_client_pull pull;
  ls_client_push push;

  bool changed; /* ls_client_changed was called */
  bool look;    /* something may be pending that was not offered yet */
  bool weigh;   /* both ends may be equal, or may not be any more */

  ls_wire_reader reader;
  ls_bytes payload; /* of this connection, NUL-terminated */
  ls_bytes frame;   /* being written */
  ls_bytes args;    /* of the event being read */
};

static inline bool ls_client_is_http(const ls_client *client) { return client->options.transport == LS_WIRE_HTTP; }
/* NULL: none. */
static inline const char *ls_client_payload(const ls_client *client) {
  return client->payload.size ? client->payload.data : NULL;
}
static inline int64_t ls_client_head(const ls_client *client) { return client->host.upstream_head(client->host.user); }
static inline void ls_client_arm(ls_client *client, ls_client_timer timer, int64_t in_ms) {
  client->timers[timer] = client->now_ms + in_ms;
}
static inline void ls_client_disarm(ls_client *client, ls_client_timer timer) { client->timers[timer] = LS_TIMER_OFF; }
/* What is pending may not be what it was. */
static inline void ls_client_look(ls_client *client) { client->look = client->weigh = true; }
/* HTTP: must a request wait? */
static inline bool ls_client_is_busy(const ls_client *client) {
  return ls_client_is_http(client) && (client->pull.active || client->push.active || client->pinging);
}

/* ---------------------------------------------------------------------------------------------- */
/* client_link.c */

void ls_client_connect(ls_client *client);
/* An error has arisen: give the connection up, and what its code says (client.h). */
void ls_client_trouble(ls_client *client, const ls_error *why);
/* The host has closed it. */
void ls_client_lost(ls_client *client, const ls_error *why);
/* Without a connection, for good. */
void ls_client_fail(ls_client *client, const ls_error *why);
void ls_client_stop_now(ls_client *client);
/* Send client->frame. */
int ls_client_send(ls_client *client, ls_error *err);
/* A request is made: the id that it has. Until then that is client->next_id. */
uint64_t ls_client_request(ls_client *client);
/* How long to wait before the n-th try, counted from 1. */
int64_t ls_client_backoff_ms(ls_client *client, uint64_t n);

/* ---------------------------------------------------------------------------------------------- */
/* client_pull.c */

int ls_client_pull_send(ls_client *client, ls_error *err);
int ls_client_pull_chunk(ls_client *client, const ls_response *chunk, ls_error *err);
/* The pull has ended. An error, but for that of an HTTP request. */
int ls_client_pull_exit(ls_client *client, const ls_response *exit, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* client_push.c */

bool ls_client_push_may(const ls_client *client);
/* Send what is pending and was not sent yet, as much as fits into one push. */
int ls_client_push_send(ls_client *client, ls_error *err);
int ls_client_push_exit(ls_client *client, const ls_response *exit, ls_error *err);
/* The upstream head has moved. */
void ls_client_push_confirm(ls_client *client, bool rebased);

/* Nothing is left of what pushes were refused for. */
void ls_client_push_all_well(ls_client *client);

/* What a failure is called in errors. */
const char *ls_client_failure_text(const ls_failure *failure);

#endif
