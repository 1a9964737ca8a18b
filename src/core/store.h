/* store - a session and a leader in one thread, and the files that hold what they know. The functions of livestore.h. */
#ifndef LS_CORE_STORE_H
#define LS_CORE_STORE_H

#include "core/leader.h"
#include "core/session.h"
#include "port/port.h"

struct ls_store {
  ls_leader *leader;
  ls_session *session;
  ls_port_lock *lock;
  char *path;                  /* of the directory; NULL for a store in memory */
  ls_options options;          /* with defaults filled in; its texts and schema are not kept */
  ls_function *functions;      /* C materializers, kept for the next schema */
  ls_mark snapshot;            /* where state.db stands; root when there is none */
  uint64_t unsaved;            /* events committed or replayed since */
  int64_t unflushed, unflushed_since_ms; /* commits not durable yet, and since when */
  bool busy;                   /* long work is telling its progress: nothing may be committed */
};

/* A file of the store: its path, freed with ls_free. NULL when memory ran out. */
char *ls_store_file(const char *path, const char *name);

/* Make the state follow the log; when it cannot be rolled back far enough, make a new one (in memory: aside, swapped
 * in whole). */
int ls_store_follow(ls_store *store, ls_error *err);

/* Give a state the store's limits, and let it keep undo records. */
void ls_store_tune(ls_store *store, ls_state *state);

/* Write state.db when enough has happened since the last time. An error is noted, not returned: the state can always be
 * made again. */
void ls_store_snapshot(ls_store *store, uint64_t after_events);

#endif
