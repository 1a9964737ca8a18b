/* client_fake - a program around a sync client that exists on paper only: a log of a few numbers, a connection that is a
 * flag, a clock that a test turns. Each thing that the client asks of it becomes a line of a trace, with the time. */
#ifndef LS_TESTS_SUPPORT_CLIENT_FAKE_H
#define LS_TESTS_SUPPORT_CLIENT_FAKE_H

#include "sync/client.h"

#define CLIENT_FAKE_PENDING 1000

/* Synced events that upstream has not accepted. `label` stays when a rebase gives another number. */
typedef struct client_fake_event {
  int64_t seq, parent;
  int label;
  size_t bytes; /* of a text in its arguments */
} client_fake_event;

typedef enum client_fake_slot {
  FAKE_CONNECT,
  FAKE_SEND,
  FAKE_PAYLOAD,
  FAKE_BACKEND,
  FAKE_MERGE,
  FAKE_PENDING,
  FAKE_REFUSED,
  FAKE_SLOTS
} client_fake_slot;

typedef struct client_fake {
  ls_client *client;
  int64_t now_ms;
  ls_bytes trace; /* NUL-terminated after each line */
  bool quiet;     /* no trace */

  int64_t head;
  char backend_id[32], payload[64];
  client_fake_event pending[CLIENT_FAKE_PENDING];
  size_t n_pending;
  int labels;
  int fails[FAKE_SLOTS];    /* the code with which the next call fails; 0: it does not */
  int commit_in_merge;      /* so many events are committed from inside the next merge */
  bool renumber_in_backend; /* a new backend starts at 0 with all that is pending; otherwise the head stays */

  bool linked, open;
  uint64_t pull_id, push_id, ping_id; /* of the last request sent */
  bool pulling, pushing, pinging;     /* as an observer of requests and answers sees it; pinging: HTTP */
  bool pull_seen;                     /* for the observer: false when a pull is sent */
  int64_t push_first, push_last, push_parent, pull_cursor; /* -1: no cursor */
  size_t push_events;
  uint64_t sends, connects;
  ls_wire_reader reader;
} client_fake;

/* Zero-initialize *fake first; then make its client. */
void client_fake_init(client_fake *fake, const ls_client_options *options);
void client_fake_fini(client_fake *fake);

/* Its host, for a client made elsewhere. */
ls_client_host client_fake_host(client_fake *fake);

/* Add pending events; the client is told. */
void client_fake_commit(client_fake *fake, int n, size_t bytes);

/* Append a chunk of events first … last to `out`: own pending ones where `mine`, otherwise another client's. */
typedef struct client_fake_chunk {
  uint64_t id;
  int64_t first, last; /* first > last: none */
  int64_t parent;      /* of the first; -1: the number before it */
  bool mine;
  ls_page_info info;
  int64_t remaining;
  const char *backend_id;
  ls_dialect dialect;
} client_fake_chunk;
void client_fake_write_chunk(ls_bytes *out, const client_fake *fake, const client_fake_chunk *chunk);

/* Add a line to the trace, with the time. */
void client_fake_say(client_fake *fake, const char *fmt, ...) LS_FORMAT(2, 3);

#endif
