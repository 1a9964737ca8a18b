/* store - a session and a leader in one thread, and the files that hold what they know. The functions of livestore.h. */
#ifndef LS_CORE_STORE_H
#define LS_CORE_STORE_H

#include "core/leader.h"
#include "core/session.h"
#include "port/port.h"

struct ls_store {
  ls_store *first, *next;      /* stores that share the leader (sessions.h); `first` is itself where there is one */
  ls_log_cursor *ahead;        /* gives what others appended (sessions.c); NULL for none */
  ls_leader *leader;
  ls_session *session;
  ls_port_lock *lock;
  char *path;                  /* of the directory; NULL for a store in memory */
  ls_options options;          /* with defaults filled in; its texts and schema are not kept */
  ls_function *functions;      /* C materializers, kept for the next schema */
  ls_mark snapshot;            /* where state.db stands; root when there is none */
  uint64_t unsaved;            /* events committed or replayed since */
  int64_t unflushed, unflushed_since_ms; /* commits not durable yet, and since when */
  ls_events *readers;          /* open ones, in a doubly linked list */
  ls_view *views;              /* the same */
  struct ls_downlink *downlinks; /* to sessions that are elsewhere (downlink.c), in a list */
  struct ls_uplink *uplink;    /* the log is a leader's elsewhere (uplink.c); NULL: it is here */
  struct ls_sync *sync;        /* how it is synced (sync.h); NULL until somebody asks */
  ls_migration *migration;     /* the one that the application has begun, or NULL */
  bool busy;                   /* long work is telling its progress: nothing may be committed */
};

#define LS_STORE_CLOSE_TAIL 256 /* fewer events are replayed faster at the next opening than a snapshot is written now */

/* An id as given, checked, or a random one; freed with ls_free. `what` it is the id of is said in the error. */
int ls_store_choose_id(char **out, const char *what, const char *given, ls_error *err);
/* Free what there is of a store. Nothing is written. */
void ls_store_free(ls_store *store);

/* A file of the store: its path, freed with ls_free. NULL when memory ran out. */
char *ls_store_file(const char *path, const char *name);

/* Make the state follow the log; when it cannot be rolled back far enough, make a new one (in memory: aside, swapped
 * in whole). */
int ls_store_follow(ls_store *store, ls_error *err);

/* Make a state of a schema from the whole log and swap both in. The present ones stay until then, and on an error.
 * The store takes possession of the schema when it succeeds. */
int ls_store_make_anew(ls_store *store, ls_schema *schema, ls_error *err);

/* May the store be worked on? A state that an earlier failure left behind the log, or ahead of it, follows first.
 * LS_ELOCKED from inside a progress callback; LS_EIO when there is no state any more. */
int ls_store_check_usable(ls_store *store, ls_error *err);

/* May an application commit these? LS_EEVENT one of the library's own; LS_EARGS none. err->item says which one. */
int ls_store_check_inputs(const ls_input *events, size_t n, ls_error *err);

/* ls_commit_all, also for the library's own events. `undoes` is as in ls_event. */
int ls_store_commit(ls_receipt *out, ls_store *store, const ls_input *events, size_t n, int64_t undoes, ls_error *err);

/* May it be read? The same, but from inside a progress callback the state as it was can be read. */
int ls_store_check_readable(ls_store *store, ls_error *err);

/* Let the other sessions follow, and tell the application's subscriptions what has changed (graph.h). What goes wrong is noted, not returned: what was
 * done before is done. The last thing that a public function does. */
void ls_store_react(ls_store *store);

/* An ls_progress_fn, of which `user` is the store: calls the application's, if any; until that returns nothing may be
 * committed. */
int ls_store_progress(void *user, const char *what, uint64_t done, uint64_t total);

/* Give a state the store's limits, and let it keep rollback records. */
void ls_store_tune(ls_store *store, ls_state *state);

/* Events were applied that nobody committed: write state.db when it is due. */
void ls_store_snapshot_when_due(ls_store *store);
/* Write state.db when enough has happened since the last time. An error is noted, not returned: the state can always be
 * made again. */
void ls_store_snapshot(ls_store *store, uint64_t after_events);

#endif
