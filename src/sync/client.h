/* client - the client's side of sync, as a state machine (docs/protocol.md). What happened goes in: connection opened,
 * frame, closed, time, "something is pending". What is to be done goes out through the host: connect, send, merge into the
 * log. It does no I/O, reads no clock, and draws its jitter from a seed; so the same inputs give the same outputs.
 *
 *   IDLE ──start──► CONNECTING ──opened──► PULLING ──caught up──► LIVE
 *                     ▲    │ closed           │ closed               │ closed, silent for too long
 *                     │    ▼                  ▼                      ▼
 *                     └── WAITING ◄───────────┴──────────────────────┘        (retry at a time that grows, with jitter)
 *   any ──stop──► IDLE;   any ──what no retry can mend──► FAILED (until start)
 *
 * What always holds
 *   1. At most one pull and one push are under way. Only what the log has goes out, in its order, without gaps.
 *   2. A push confirms nothing. Events are confirmed when the pull brings them back.
 *   3. An event is sent again only when its push was refused, or it got another number, or the connection was lost; and
 *      it did not come back by the pull.
 *   4. Nothing is queued here but the frame being written: what arrives is merged at once, what is pending stays in the log.
 *   5. The time until the next try grows from retry_min_ms to retry_max_ms, and is back at the start once a pull has
 *      brought a page.
 *   6. At most LS_CLIENT_AHEAD pushes were accepted and have not come back: a server that takes faster than it gives is
 *      waited for.
 *
 * What becomes of an error depends on its code, wherever it arose
 *   LS_EOFFLINE, LS_ENOMEM, LS_EIO, LS_EFULL   the connection is given up and made anew later
 *   LS_EPROTOCOL, LS_EORDER, LS_EBACKEND       so too; but after LS_CLIENT_FAULTS in a row FAILED
 *   LS_EACCESS                                 FAILED, unless the host has another payload by now
 *   any other                                  FAILED */
#ifndef LS_SYNC_CLIENT_H
#define LS_SYNC_CLIENT_H

#include "base/bytes.h"
#include "livestore.h"
#include "sync/wire.h"

#define LS_CLIENT_AHEAD 4  /* pushes */
#define LS_CLIENT_FAULTS 5 /* without an event merged or accepted in between, or a connection that went well for long */

typedef struct ls_client ls_client;

/* What a merge did to what was pending. */
typedef struct ls_client_merged {
  bool rebased;     /* events got other numbers, or went away */
  size_t confirmed; /* so many came back */
} ls_client_merged;

/* What the client asks of the program around it. All required. None may call into the client but ls_client_changed and
 * ls_client_status_get. */
typedef struct ls_client_host {
  void *user;

  /* Begin to connect: later ls_client_opened or ls_client_closed is called, never from inside.
   *   payload  what `payload` has just given; NULL: nothing. Borrowed for the call. */
  int (*connect)(void *user, const char *payload, ls_error *err);
  /* Send one frame. What cannot go out at once is queued by the host; the client sends little ahead of answers. Any error
   * but LS_ENOMEM counts as LS_EOFFLINE. */
  int (*send)(void *user, const char *text, size_t size, ls_error *err);
  /* Close, or stop connecting; no further call is made for that connection. */
  void (*disconnect)(void *user);

  /* The application's sync payload as JSON, appended to `out` (nothing: none), asked anew for each connection: it is where a
   * token is renewed. On an error it is asked again later. */
  int (*payload)(void *user, ls_bytes *out, ls_error *err);

  /* Up to where upstream has accepted the log; which backend it has been synced with ("" for none yet). */
  int64_t (*upstream_head)(void *user);
  const char *(*backend_id)(void *user);
  /* The backend says who it is: not who it was before, or the first time. May change upstream head and pending events.
   * LS_EBACKEND the store does not want to be synced with it: FAILED at once. */
  int (*backend)(void *user, const char *backend_id, ls_error *err);
  /* Merge events that lie behind the upstream head, without a gap. All or none.
   *   n     0: nothing but the news that nothing follows any more, after a call with `more`
   *   more  more follow at once: what is shown to people may wait */
  int (*merge)(void *user, ls_client_merged *out, const ls_event *events, size_t n, bool more, ls_error *err);
  /* Give pending synced events behind `after`, in order, to `each` until it returns non-zero. */
  int (*pending)(void *user, int64_t after, int (*each)(void *context, const ls_event *event), void *context,
                 ls_error *err);
  /* The server will never take this event: set it aside. What is pending behind it may get other numbers.
   * LS_ENOTFOUND it is not pending: what is pending is pushed again later. */
  int (*refused)(void *user, int64_t seq, const char *why, ls_error *err);
  /* The status is not what it was. */
  void (*changed)(void *user);
} ls_client_host;

typedef struct ls_client_options {
  const char *store_id;
  ls_wire_transport transport; /* HTTP: one request is under way at a time, its answer comes as one frame, and pulls are
                                  repeated every poll_ms instead of being live */
  bool once;                   /* stop, IDLE, when both ends are equal: all was pulled and nothing is pending */
  int64_t push_events;         /* at most so many in one push; default: what the server says, or LS_WIRE_EVENTS */
  int64_t push_bytes;          /* the same in bytes; default: what the server says, or LS_WIRE_BYTES */
  int64_t ping_ms;             /* default 10,000; a connection that is silent for twice as long is dead */
  int64_t connect_ms;          /* default 10,000; a connection that is not open by then is given up */
  int64_t answer_ms; /* default 30,000; what the server owes and has not given by then: the connection is given up */
  int64_t poll_ms;   /* HTTP; default 5,000 */
  int64_t retry_min_ms, retry_max_ms; /* default 1,000 and 30,000; each try waits twice as long as the last, ±20 % */
  uint64_t seed;                      /* of the jitter */
} ls_client_options;

typedef enum ls_client_phase {
  LS_CLIENT_IDLE,
  LS_CLIENT_CONNECTING,
  LS_CLIENT_PULLING,
  LS_CLIENT_LIVE,
  LS_CLIENT_WAITING,
  LS_CLIENT_FAILED
} ls_client_phase;

typedef struct ls_client_status {
  ls_client_phase phase;
  bool pushing;            /* a push is under way */
  bool equal;              /* both ends were equal when last seen: all pulled, nothing pending */
  int64_t remaining;       /* events that the server says are still to be pulled */
  int64_t next_try_ms;     /* WAITING: on the clock of the calls */
  uint64_t tries;          /* since the last time that all went well */
  uint64_t pulled, pushed; /* events of others that were merged, and own ones that were confirmed, since the client was
                                 made */
  ls_error error;          /* what went wrong last; code 0: nothing since all went well */
} ls_client_status;

/* Make a client, IDLE.
 *   host, options  copied; what is 0 in the options has its default
 * LS_ENOMEM */
int ls_client_new(ls_client **out, const ls_client_host *host, const ls_client_options *options, ls_error *err);
void ls_client_free(ls_client *client); /* NULL is fine */

/* All times are milliseconds of one clock that only goes forward. */
void ls_client_start(ls_client *client, int64_t now_ms); /* from IDLE or FAILED; also cuts a waiting time short */
void ls_client_stop(ls_client *client, int64_t now_ms);  /* what is pending stays so */
void ls_client_opened(ls_client *client, int64_t now_ms);
void ls_client_frame(ls_client *client, const char *frame, size_t size, int64_t now_ms);
/* The connection is gone, or could not be made.
 *   why  for people; kept in the status */
void ls_client_closed(ls_client *client, const ls_error *why, int64_t now_ms);
/* Something may be pending that was not: it is pushed at the end of the next call, or of the one under way. */
void ls_client_changed(ls_client *client);
/* Time has passed, or something has changed: do what is due. */
void ls_client_tick(ls_client *client, int64_t now_ms);
/* When ls_client_tick is to be called at the latest; INT64_MAX: nothing is due. 0: at once. */
int64_t ls_client_deadline_ms(const ls_client *client);

/* Borrowed until the next call. */
const ls_client_status *ls_client_status_get(const ls_client *client);

#endif
