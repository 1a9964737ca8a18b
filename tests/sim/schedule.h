/* schedule - what happens in one run of the simulator, as a list of actions: made from a seed, or read from a scenario
 * file, and written to one. It says when the world does what to its nodes; all else follows from it, and from its seed.
 *
 * A scenario file, a line for each:
 *
 *   # a comment
 *   seed 7                   of delays and of what power loss takes (1)
 *   clients 3                c1, c2, c3 (2)
 *   durability power         process, power or later (process)
 *   snapshot 8 | rollback 1 | push 2 | chunk 3 | queue 2000 | event 4000 | state file
 *   http 1                   so many clients, the first ones, use requests instead of a stream (0)
 *   0     c1  add 1          time in ms, or +ms behind the line before; who; what; numbers
 *   +50   c2.1 count 1 2     the second session of c2
 *   +0    s   kill           the server
 *   +10   w   settle         the world
 */
#ifndef LS_TESTS_SIM_SCHEDULE_H
#define LS_TESTS_SIM_SCHEDULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "livestore.h"

enum {
  SIM_CLIENTS = 6,  /* at most */
  SIM_SESSIONS = 3, /* of one client */
  SIM_BATCH = 6,    /* events of one commit, at most */
  SIM_SERVER = 0,   /* who; clients are 1, 2, … */
  SIM_WORLD = -1
};

typedef enum sim_verb {
  /* of a client: commits. ID is a row's key, N how many events one commit has (1) */
  SIM_ADD,    /* ID N: insert; a second one of that key breaks */
  SIM_SET,    /* ID N */
  SIM_REMOVE, /* ID */
  SIM_COUNT,  /* ID N: add to a count */
  SIM_CLAIM,  /* ID: take a name that only one may have */
  SIM_DRAFT,  /* ID: client-only */
  SIM_MIX,    /* ID N: synced and client-only events in one commit */
  SIM_BIG,    /* ID: larger than the server takes */
  SIM_UNDO,
  SIM_REDO,
  /* of a client: its life */
  SIM_OPEN,
  SIM_CLOSE,
  SIM_SESSION, /* open this further session */
  SIM_END,     /* close it */
  SIM_FLUSH,
  SIM_REBUILD,
  SIM_UPGRADE,   /* to the second schema */
  SIM_RETRY,     /* the oldest conflict */
  SIM_DROP,      /* the same */
  SIM_JUMP,      /* MS: its clock */
  SIM_RECONNECT, /* stop syncing, and begin again */
  /* of its link */
  SIM_CUT, /* nothing gets through, and nobody is told */
  SIM_HEAL,
  SIM_HANGUP, /* the connection ends for both */
  SIM_SLOW,   /* MS: delay of each frame */
  /* of the server */
  SIM_START,
  SIM_KILL_UNANSWERED, /* die behind the next sync, before anybody is answered */
  SIM_REPLACE,         /* come back with another, empty log */
  SIM_POISON,          /* KIND: take what no node can apply */
  /* of a client or the server */
  SIM_KILL,      /* the process */
  SIM_UNPLUG,    /* the machine: what was not synced is lost */
  SIM_KILL_IN,   /* K: at the k-th write from now */
  SIM_UNPLUG_IN, /* K */
  SIM_FAULT,     /* K: the k-th read or write fails, once */
  SIM_ROOM,      /* BYTES: the disk takes so many more */
  SIM_ROOMY,
  /* of the world */
  SIM_SETTLE,           /* heal and start all; run until all are equal; compare */
  SIM_EXPECT_LOG,       /* N: events in the server's log */
  SIM_EXPECT_CONFLICTS, /* CLIENT N */
  SIM_EXPECT_ROWS,      /* CLIENT N: items */
  SIM_EXPECT_COUNT,     /* CLIENT ID N: a row's count */
  SIM_VERBS
} sim_verb;

typedef struct sim_action {
  int64_t at_ms;
  int who, session;
  sim_verb verb;
  int64_t numbers[3];
} sim_action;

typedef struct sim_schedule {
  uint64_t seed;
  int n_clients;
  ls_durability durability;
  ls_state_place state;
  int64_t snapshot, rollback, push, chunk, queue, event, http; /* 0: the library's default */
  sim_action *actions;
  size_t n, capacity;
} sim_schedule;

void sim_schedule_add(sim_schedule *schedule, sim_action action);
void sim_schedule_fini(sim_schedule *schedule);

/* "c2.1 count 3 1": who does what. */
const char *sim_action_format(const sim_action *action, char *buf, size_t size);

void sim_schedule_write(const sim_schedule *schedule, FILE *file);
/* False, and says the line on stderr, when it is not one. */
bool sim_schedule_read(sim_schedule *out, FILE *file, const char *name);

/* Of about so many actions. */
void sim_schedule_generate(sim_schedule *out, uint64_t seed, int steps);

#endif
