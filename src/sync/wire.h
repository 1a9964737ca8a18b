/* wire - LiveStore's sync protocol as structs: reading and writing each message (docs/protocol.md). Nothing is decided
 * here.
 *
 * A frame is one JSON message, or an array of them. There are two dialects, told by the JSON type of request ids:
 *   STRINGS  LiveStore 0.4.0: "id":"7", "cause":{…}
 *   NUMBERS  what comes after it: "id":7, "cause":[{…}]
 * A server answers each request in the dialect in which it was asked.
 *
 * Our own extension: a Ping with "limits":true asks a server for its limits; one that knows the question answers with
 * "limits":{"events":n,"bytes":n}, and from then on both may put so much into one push and one chunk. LiveStore's own
 * peers neither ask nor answer.
 *
 * Read, members may come in any order, and others may be there too; a member that LiveStore always writes but that says
 * nothing when it is None (cursor, backendId, metadata), or false (live), may be missing.
 *
 * What is read borrows from the reader until it reads the next frame. */
#ifndef LS_SYNC_WIRE_H
#define LS_SYNC_WIRE_H

#include "base/arena.h"
#include "base/json.h"
#include "livestore.h"

#define LS_WIRE_EVENTS 100            /* in one push or chunk, unless more was agreed upon */
#define LS_WIRE_BYTES 900000          /* of one push or chunk */
#define LS_WIRE_FRAME_BYTES (1 << 20) /* the largest frame that a LiveStore server takes */

typedef enum ls_dialect { LS_DIALECT_STRINGS, LS_DIALECT_NUMBERS } ls_dialect;
/* Their tags are SyncWsRpc.… and SyncHttpRpc.… */
typedef enum ls_wire_transport { LS_WIRE_WEBSOCKET, LS_WIRE_HTTP } ls_wire_transport;

/* An event as it travels. */
typedef struct ls_wire_event {
  int64_t seq, parent; /* global numbers, up to LS_SEQNUM_MAX_GLOBAL */
  const char *name;
  const char *args; /* JSON as it was written, of any type; NULL: absent */
  size_t args_size;
  const char *client_id, *session_id;
  const char *created_at; /* from its metadata, e.g. "2026-01-01T00:00:00.000Z"; NULL: none */
} ls_wire_event;

typedef struct ls_wire_limits {
  int64_t events, bytes; /* 0, 0: not said */
} ls_wire_limits;

/* ---------------------------------------------------------------------------------------------- */
/* Client to server */

typedef enum ls_request_kind {
  LS_REQUEST_PING,
  LS_REQUEST_PULL,
  LS_REQUEST_PUSH,
  LS_REQUEST_ACK,
  LS_REQUEST_INTERRUPT,
  LS_REQUEST_EOF,
  LS_REQUEST_UNKNOWN, /* a Request whose tag is not known */
  LS_REQUEST_INVALID  /* a Request whose payload does not fit; `problem` says what */
} ls_request_kind;

typedef struct ls_request {
  ls_request_kind kind;
  ls_dialect dialect;   /* of its id */
  uint64_t id;          /* not of PING (WebSocket), EOF */
  bool asks_limits;     /* PING */
  bool rpc;             /* PING that came as a Request of the HTTP transport, and has an id */
  const char *tag;      /* of a Request; NULL when it is INVALID and has none */
  const char *problem;  /* INVALID */
  const char *store_id; /* PULL, PUSH */
  const char *payload;  /* the application's sync payload as JSON; NULL: none */
  bool live;            /* PULL */
  bool has_cursor;      /* PULL; false: from the start */
  int64_t cursor;
  const char *backend_id;      /* PULL: of the cursor; PUSH: NULL: none given */
  const ls_wire_event *events; /* PUSH */
  size_t n_events;
} ls_request;

/* ---------------------------------------------------------------------------------------------- */
/* Server to client */

typedef enum ls_response_kind {
  LS_RESPONSE_PONG,
  LS_RESPONSE_CHUNK,
  LS_RESPONSE_SUCCESS,
  LS_RESPONSE_FAILURE, /* of one request */
  LS_RESPONSE_DEFECT   /* of the connection: all requests are dead */
} ls_response_kind;

typedef enum ls_failure_kind {
  LS_FAILURE_SERVER_AHEAD,
  LS_FAILURE_BACKEND_ID,
  LS_FAILURE_UNKNOWN,
  LS_FAILURE_DEFECT,
  LS_FAILURE_INTERRUPTED
} ls_failure_kind;

typedef struct ls_failure {
  ls_failure_kind kind;
  int64_t minimum_expected, provided; /* SERVER_AHEAD */
  const char *expected, *received;    /* BACKEND_ID */
  const char *message;                /* UNKNOWN (any typed error but the two above), DEFECT */
  bool permanent;                     /* UNKNOWN: sending it again cannot help (our servers say so: cause.name is
                                         "RefusedError") */
  int64_t refused;                    /* UNKNOWN, permanent: number of the event at fault; 0: not said */
} ls_failure;

typedef enum ls_page_info { LS_PAGE_NO_MORE, LS_PAGE_MORE, LS_PAGE_MORE_UNKNOWN } ls_page_info;

/* One answer to a pull. */
typedef struct ls_wire_page {
  const ls_wire_event *events;
  size_t n_events;
  ls_page_info info;
  int64_t remaining; /* MORE */
  const char *backend_id;
} ls_wire_page;

typedef struct ls_response {
  ls_response_kind kind;
  uint64_t id;               /* CHUNK, SUCCESS, FAILURE */
  ls_wire_limits limits;     /* PONG */
  const ls_wire_page *pages; /* CHUNK */
  size_t n_pages;
  ls_failure failure; /* FAILURE; DEFECT: its message */
} ls_response;

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

/* Zero-initialize, use again for each frame, free with ls_wire_reader_fini. One may serve many connections. */
typedef struct ls_wire_reader {
  ls_json doc;
  ls_arena memory;    /* of what was read from this frame */
  uint32_t next, end; /* nodes: the next message of the frame, and behind the last */
} ls_wire_reader;

/* Take a frame in. LS_EJSON, LS_ELIMIT (too deep); then it holds no message. The text must outlive reading: it is
 * looked at by ls_wire_next_…, but nothing that was read points into it. O(size). */
int ls_wire_read(ls_wire_reader *reader, const char *frame, size_t size, ls_error *err);
/* The next message of the frame: 1; 0 behind the last; LS_EFORMAT not a message at all (no known _tag, an id of another
 * type): the text says what. Requests that have an id but whose payload does not fit come as LS_REQUEST_INVALID. After
 * an error the next call goes on behind the message that is wrong. O(size of the message). */
int ls_wire_next_request(ls_request *out, ls_wire_reader *reader, ls_error *err);
int ls_wire_next_response(ls_response *out, ls_wire_reader *reader, ls_error *err);
void ls_wire_reader_fini(ls_wire_reader *reader);

/* ---------------------------------------------------------------------------------------------- */
/* Writing. Each appends one frame to `out`: check it afterwards. */

void ls_wire_write_ping(ls_bytes *out, bool asks_limits);
void ls_wire_write_ack(ls_bytes *out, uint64_t id); /* clients write the dialect of STRINGS */
void ls_wire_write_interrupt(ls_bytes *out, uint64_t id);
typedef struct ls_wire_pull {
  const char *store_id, *payload; /* payload: JSON, or NULL */
  const char *backend_id;         /* goes with the cursor; NULL only when there is none */
  bool live, has_cursor;
  int64_t cursor;
} ls_wire_pull;
void ls_wire_write_pull(ls_bytes *out, ls_wire_transport transport, uint64_t id, const ls_wire_pull *pull);
/* A push in pieces: begin, each event, end. What an event takes is known before it is added. */
void ls_wire_push_begin(ls_bytes *out, ls_wire_transport transport, uint64_t id, const char *store_id,
                        const char *payload);
void ls_wire_push_event(ls_bytes *out, const ls_event *event, bool first);
void ls_wire_push_end(ls_bytes *out, const char *backend_id);                  /* NULL: not known yet */
void ls_wire_write_rpc_ping(ls_bytes *out, uint64_t id, const char *store_id); /* HTTP */

void ls_wire_write_pong(ls_bytes *out, const ls_wire_limits *limits); /* NULL: LiveStore's */
void ls_wire_write_rpc_pong(ls_bytes *out, ls_dialect dialect, uint64_t id);
/* A chunk of one page, in pieces. */
void ls_wire_chunk_begin(ls_bytes *out, ls_dialect dialect, uint64_t id);
void ls_wire_chunk_event(ls_bytes *out, const ls_wire_event *event, bool first);
void ls_wire_chunk_end(ls_bytes *out, ls_page_info info, int64_t remaining, const char *backend_id);
typedef enum ls_success { LS_SUCCESS_PUSH, LS_SUCCESS_PULL } ls_success; /* value {} and null */
void ls_wire_write_success(ls_bytes *out, ls_dialect dialect, uint64_t id, ls_success what);
/* The texts of its kind are not NULL. */
void ls_wire_write_failure(ls_bytes *out, ls_dialect dialect, uint64_t id, const ls_failure *failure);
void ls_wire_write_defect(ls_bytes *out, const char *message);

/* The most bytes that an event takes in a push or chunk, its separating comma included. An estimate from above: the
 * arguments count as they are, other texts as if each character that may need an escape did. */
size_t ls_wire_event_bytes(const ls_event *event);

/* ---------------------------------------------------------------------------------------------- */
/* Events of the wire and of the log */

/* Make an event of the log out of one of the wire: client-only part and generation 0, arguments canonical, absent and
 * null ones {}. Arguments that have no canonical text are kept as they came: they fit no schema, on any node.
 *   out   borrows from `event` and `args`
 *   args  memory for the arguments; cleared first
 * LS_EJSON, LS_ELIMIT when the arguments are not JSON at all or too deep, which those of a frame never are. */
int ls_wire_to_event(ls_event *out, ls_bytes *args, const ls_wire_event *event, ls_error *err);

#endif
