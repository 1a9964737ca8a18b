/* hub_fixture - a hub with peers that a script moves, and a transcript of what they are sent.
 *
 * A line of the transcript is a message: the peer's letter, then
 *   chunk ID: SEQS INFO      SEQS such as 1-3 5, or none; INFO "." for no more, "+7" when 7 remain
 *   ok ID                    an exit of success
 *   ahead ID: MIN, had N     ServerAheadError
 *   mismatch ID: EXPECTED, had RECEIVED
 *   refused ID [eN]: TEXT    UnknownError that is permanent
 *   error ID: TEXT           UnknownError
 *   die ID: TEXT, interrupted ID, defect: TEXT, pong, pong EVENTS BYTES, closed: TEXT
 * Each frame of the HTTP transport is one line: its messages, in brackets. */
#ifndef LS_TESTS_SUPPORT_HUB_FIXTURE_H
#define LS_TESTS_SUPPORT_HUB_FIXTURE_H

#include "server/hub.h"
#include "support/hub_memory.h"

#define HUB_PEERS 26
#define HUB_NOW_MS INT64_C(1767225600000) /* 2026-01-01T00:00:00.000Z */

typedef struct hub_fixture hub_fixture;

typedef struct hub_peer {
  hub_fixture *fixture;
  ls_peer *peer;
  char letter;
  ls_wire_transport transport;
  char store_id[132];
  bool slow, closed; /* slow: what it is sent stays in its queue until hub_drain */
  size_t queued;
  bool numbers;  /* the dialect that it asks in */
  int64_t seen;  /* newest event that it was given; a repeated or an older one fails the test */
  size_t events; /* how many */
  ls_bytes last; /* the newest frame */
} hub_peer;

struct hub_fixture {
  ls_backend backend;
  hub_memory *memory; /* NULL: the backend is another */
  ls_hub *hub;
  hub_peer peers[HUB_PEERS];
  bool due;
  bool quiet;      /* write no transcript */
  bool raw;        /* do not even read what is sent, which takes memory; count pushes that were taken */
  size_t oks;      /* then */
  size_t problems; /* that the hub told of */
  ls_bytes trace, text;
  ls_wire_reader reader;
};

/* Everything fails the test when it cannot.
 *   backend  NULL: in memory; otherwise it is the fixture's, and closed with it */
void hub_fixture_init(hub_fixture *f, const ls_backend *backend, const ls_hub_limits *limits);
void hub_fixture_fini(hub_fixture *f);

/* A peer is named by a letter from 'A' on. */
hub_peer *hub_join(hub_fixture *f, char letter, const char *store_id); /* may read and write; WebSocket */
hub_peer *hub_join_with(hub_fixture *f, char letter, const char *store_id, ls_wire_transport transport, ls_grant grant);
hub_peer *hub_join_http(hub_fixture *f, char letter, const char *store_id);
void hub_part(hub_fixture *f, char letter);

void hub_frame(hub_fixture *f, char letter, const char *fmt, ...) LS_FORMAT(3, 4);
/* A pull; live but for HTTP. `since` -1: without a cursor. */
void hub_pull(hub_fixture *f, char letter, int id, int64_t since);
void hub_pull_once(hub_fixture *f, char letter, int id, int64_t since);
/* A push of n events that are numbered by one behind parent. */
void hub_push(hub_fixture *f, char letter, int id, int64_t parent, size_t n);
void hub_ack(hub_fixture *f, char letter, int id);
void hub_interrupt(hub_fixture *f, char letter, int id);
void hub_drain(hub_fixture *f, char letter);
/* Commit if one is due. */
void hub_commit(hub_fixture *f);

/* The transcript since the last call is this. */
#define hub_expect(f, expected) hub_expect_at(f, expected, __FILE__, __LINE__)
void hub_expect_at(hub_fixture *f, const char *expected, const char *file, int line);

#endif
