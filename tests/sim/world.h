/* world - one run of a schedule: clients with their sessions, a server, the links between them, all in virtual time.
 *
 * Happenings (a frame arrives, a commit is due …) wait in a queue, by time. The loop takes what comes first: the next
 * happening, the next action of the schedule, or the tick that a client has asked for.
 *
 *   client ──► link ──► server ──► backend (SQLite on the server's disk)
 *     │ store on its own disk
 *   oracle: what each of them has promised */
#ifndef LS_TESTS_SIM_WORLD_H
#define LS_TESTS_SIM_WORLD_H

#include "livestore_host.h"
#include "port/sim/sim.h"
#include "server/backend.h"
#include "server/hub.h"
#include "sim/oracle.h"
#include "sim/schedule.h"

#define SIM_STORE "sim"                  /* the store's id */
#define SIM_EPOCH INT64_C(1767225600000) /* 2026-01-01, when every run begins */

typedef struct sim_world sim_world;
typedef struct sim_client sim_client;

/* ---------------------------------------------------------------------------------------------- */
/* Happenings */

typedef enum sim_kind {
  SIM_CONNECT, /* a connection reaches the server */
  SIM_OPENED,  /* … and the client is told */
  SIM_FRAME_UP,
  SIM_FRAME_DOWN,
  SIM_CLOSE_UP, /* the server learns that the connection is gone */
  SIM_CLOSE_DOWN,
  SIM_PART,  /* the server has closed it: its peer goes */
  SIM_COMMIT /* the server makes durable what it took */
} sim_kind;

typedef struct sim_conn sim_conn;

typedef struct sim_happening {
  int64_t at_ms;
  uint64_t order; /* of those at one time */
  sim_kind kind;
  sim_conn *conn; /* or NULL */
  char *frame;
  size_t size;
} sim_happening;

typedef struct sim_queue {
  sim_happening *heap;
  size_t n, capacity;
  uint64_t order;
} sim_queue;

void sim_queue_put(sim_queue *queue, sim_happening happening);
void sim_queue_put_back(sim_queue *queue, sim_happening happening); /* in its old order */
const sim_happening *sim_queue_first(const sim_queue *queue);       /* NULL: none */
sim_happening sim_queue_take(sim_queue *queue);
void sim_queue_fini(sim_queue *queue);

/* ---------------------------------------------------------------------------------------------- */
/* Nodes */

/* One connection. It stays until the world ends: frames may be on their way when both ends are gone. */
struct sim_conn {
  sim_conn *next;
  sim_client *client; /* NULL: the one who poisons */
  ls_peer *peer;      /* NULL: not there yet, or no more */
  bool requests;      /* each frame is a request of its own (HTTP): … */
  sim_conn *of;       /* … which has a peer of its own, and whose answer goes to this one */
  int number;
  bool open; /* for the client: it has not closed it, or been told that it is closed */
  bool server_closed;
  int64_t up_ms, down_ms; /* when the last frame of each direction arrives */
  size_t queued;
};

typedef struct sim_server {
  ls_sim_disk *disk;
  ls_backend backend;
  ls_hub *hub;
  bool up, due, unanswered, loses_power;
} sim_server;

typedef struct sim_view {
  ls_store *store;
  ls_node *watch;
  ls_rows *rows; /* what the subscription was told last */
  bool told;
} sim_view;

/* Which event a number stands for, by their digests. */
typedef struct sim_number {
  uint64_t place, identity; /* identity 0: for none any more */
  int64_t n;                /* the event's own */
} sim_number;
enum { SIM_NUMBERS = 1021 };

/* What its undos were followed to. Events that stay where they are have another generation when the log of another
 * backend was taken in. */
typedef struct sim_followed {
  uint64_t life;
  ls_seqnum head, upstream_head;
  int64_t generation;
} sim_followed;

struct sim_client {
  sim_world *world;
  int id;
  char name[8];
  ls_sim_disk *disk;
  sim_view views[SIM_SESSIONS]; /* the first is of the store, others of further sessions */
  int schema;                   /* 1 or 2 */
  bool flaky;                   /* its disk failed, or was full */
  bool loses_power;             /* when its disk stops */
  bool cut;
  int64_t jump_ms, delay_ms;
  sim_queue held; /* what a cut link holds back */
  sim_conn *conn;
  uint64_t life;                   /* counts openings */
  char trouble[LS_ERROR_TEXT];     /* that the timeline has told */
  sim_number numbers[SIM_NUMBERS]; /* of its pending events */
  ls_seqnum looked_at;             /* its head, when they were read last */
  sim_followed followed;
};

typedef struct sim_counts {
  uint64_t schedules, actions, happenings, commits, events, conflicts, crashes, checks;
} sim_counts;

struct sim_world {
  const sim_schedule *schedule;
  FILE *timeline; /* NULL: not told */
  int64_t now_ms;
  size_t next; /* action */
  sim_queue queue;
  sim_conn *conns;
  int n_conns;
  sim_server server;
  sim_client clients[SIM_CLIENTS];
  sim_oracle oracle;
  char wrong[1600]; /* "": nothing */
  sim_counts counts;
};

/* Run a schedule. True when all went well; otherwise what was wrong is in `wrong`.
 *   timeline  where to tell what happens; may be NULL
 *   counts    added to */
bool sim_run(const sim_schedule *schedule, FILE *timeline, char *wrong, size_t wrong_size, sim_counts *counts);

/* ---------------------------------------------------------------------------------------------- */
/* Between the files */

/* Something is not as it must be: the run ends. The first one counts. */
void sim_wrong(sim_world *world, const char *fmt, ...) LS_FORMAT(2, 3);
/* A line of the timeline. */
void sim_say(sim_world *world, const char *who, const char *fmt, ...) LS_FORMAT(3, 4);
void sim_say_frame(sim_world *world, const char *who, const char *arrow, const char *frame, size_t size, bool up);
uint32_t sim_below(uint32_t below);

/* client.c */
void sim_client_init(sim_client *client, sim_world *world, int id);
void sim_client_open(sim_client *client);
void sim_client_close(sim_client *client);
/* Set the clock before a call into the library, and see behind it whether the disk has stopped. */
void sim_client_enter(sim_client *client);
void sim_client_leave(sim_client *client);
void sim_client_crash(sim_client *client, bool power);
void sim_client_connect(sim_client *client);
void sim_client_act(sim_client *client, const sim_action *action);
static inline ls_store *sim_client_store(const sim_client *client) { return client->views[0].store; }

/* schemas.c: the first one and the second, and what the subscriptions look at */
extern const char *const SIM_SCHEMAS[2];
extern const char SIM_WATCHED[];

/* commit.c */
void sim_commit(sim_client *client, const sim_action *action);
/* conflict.c: retry and drop */
void sim_conflict_act(sim_client *client, const sim_action *action);
/* What crash a commit survives: 0 none, 1 of the process, 2 loss of power. */
int sim_promise_of(const sim_client *client);

/* link.c */
sim_conn *sim_conn_new(sim_world *world, sim_client *client);
/* Send something of this kind to the client. */
void sim_link_down(sim_world *world, sim_conn *conn, sim_kind kind, const char *frame, size_t size);
ls_transport sim_transport(sim_client *client);
void sim_link_deliver(sim_world *world, sim_happening *happening);
void sim_link_cut(sim_client *client, bool cut);
void sim_link_hangup(sim_client *client);
/* The client's process is gone. */
void sim_link_abandon(sim_client *client, bool power);

/* server.c */
void sim_server_start(sim_world *world);
void sim_server_stop(sim_world *world);
void sim_server_crash(sim_world *world, bool power);
void sim_server_check(sim_world *world);
void sim_server_act(sim_world *world, const sim_action *action);
void sim_server_commit(sim_world *world);
bool sim_server_accept(sim_world *world, sim_conn *conn);
/* Told when the client's end is closed. */
void sim_server_leave(sim_world *world, sim_conn *conn);
void sim_server_frame(sim_world *world, sim_conn *conn, const char *frame, size_t size);
void sim_server_part(sim_world *world, sim_conn *conn);

/* check.c: what must hold all the time */
void sim_check_view(sim_client *client, int session);
void sim_check_pending(sim_client *client);
/* The client has lost power: commits inside which a process had died are not promised, though one was seen since. */
void sim_forget_tried(sim_client *client);
/* follow.c: note where its undos stand */
void sim_follow_undos(sim_client *client);
/* compare.c: and what when all is quiet */
void sim_compare_all(sim_world *world);
/* states.c */
void sim_compare_states(sim_world *world);
void sim_compare_files(sim_world *world); /* closes the stores */
/* expect.c */
void sim_expect(sim_world *world, const sim_action *action);

#endif
