/* oracle - what was promised. Every event that is committed carries a number of its own in its arguments ("n"), and for
 * each number it is known who committed it, and what may have become of it.
 *
 *   TRIED     the process died inside the commit: it may be there, once, or not
 *   REFUSED   the commit failed: it must be nowhere
 *   TAKEN     the commit returned: it must be in the log or in its client's conflicts, once
 *   LOSABLE   it was taken, and then something happened that its durability does not outlive: as TRIED
 *   DROPPED   its conflict was dropped: nowhere
 *
 * `log` is what the server's log must be: it only grows, whatever crashes, until the backend is replaced. */
#ifndef LS_TESTS_SIM_ORACLE_H
#define LS_TESTS_SIM_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "livestore.h"
#include "sync/wire.h"

typedef enum sim_fate { SIM_TRIED, SIM_REFUSED, SIM_TAKEN, SIM_LOSABLE, SIM_DROPPED } sim_fate;

typedef struct sim_event {
  int client;           /* 0: the one who poisons */
  uint64_t life;        /* of the client, when it was committed */
  int64_t first, count; /* of its commit: number, and how many */
  bool client_only;
  sim_fate fate;
  bool weak;        /* it was lost, perhaps, and may be found again */
  int survives;     /* a crash of this kind: 0 none, 1 of the process, 2 of power */
  size_t place;     /* in the log, from 1 on; 0: not there */
  size_t conflicts; /* how often it stands in its client's conflicts, and … */
  size_t at_home;   /* … in its log; counted when all is compared */
  ls_receipt receipt;
} sim_event;

/* An undo or redo: its event is the library's own, and has no number. It is told by where it stands and its digest;
 * several may share a digest. A client's are in the order of their commits. */
typedef struct sim_undo {
  int client;
  uint64_t digest; /* 0: the process died, and what it would have been is not known */
  ls_seqnum seq;   /* in its client's log or conflict; root: not known, since it was lost, perhaps (see follow.c) */
  bool set_aside;  /* it became a conflict */
  size_t place;    /* as an event's */
  bool client_only, weak;
  sim_fate fate;
  int survives;
  size_t found; /* where it must be; counted when all is compared */
} sim_undo;

typedef struct sim_logged {
  int64_t n; /* number; 0: it has none */
  char *name, *args, *client_id, *session_id;
} sim_logged;

typedef struct sim_oracle {
  sim_event *events; /* events[n - 1] */
  size_t n, capacity;
  sim_undo *undos;
  size_t n_undos, undo_capacity;
  sim_logged *log; /* the server's, event 1 first */
  size_t n_log, log_capacity;
} sim_oracle;

/* The number of a new event. */
int64_t sim_oracle_new(sim_oracle *oracle, sim_event event);
void sim_oracle_undo(sim_oracle *oracle, sim_undo undo);
/* The undo that stands there. NULL: none. */
sim_undo *sim_oracle_undo_at(sim_oracle *oracle, int client, ls_seqnum seq, uint64_t digest);
/* … that has this place in the server's log. */
sim_undo *sim_oracle_undo_placed(sim_oracle *oracle, size_t place);
/* … that has the place in its client's log, and none in the server's. */
sim_undo *sim_oracle_undo_standing(sim_oracle *oracle, int client, size_t place, uint64_t digest);
/* One of which it is not known where it stands, and which was not found yet: all of those may have been lost. */
sim_undo *sim_oracle_undo_lost(sim_oracle *oracle, int client, uint64_t digest);
uint64_t sim_oracle_digest(const char *name, const char *args);
static inline bool sim_oracle_is_undo(const char *name) { return strncmp(name, "livestore.", 10) == 0; }
/* NULL: there is none of that number. */
sim_event *sim_oracle_event(sim_oracle *oracle, int64_t n);
/* The number in an event's arguments; 0: none. What the library's own events hold are rows. */
int64_t sim_oracle_number(const char *name, const char *args);
/* The server has made an event durable. NULL, or what is wrong with that. */
const char *sim_oracle_log(sim_oracle *oracle, const ls_wire_event *event);
/* The server's log is gone: all that was in it may be lost. */
void sim_oracle_replace(sim_oracle *oracle);
/* A client crashed; 1 its process, 2 power. */
void sim_oracle_crash(sim_oracle *oracle, int client, int kind);
void sim_oracle_fini(sim_oracle *oracle);

#endif
