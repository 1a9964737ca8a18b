/* session - the part of a store that exists once per view of it: the state, what queries it, and the numbering of what
 * it commits. It knows nothing of files and networks. */
#ifndef LS_CORE_SESSION_H
#define LS_CORE_SESSION_H

#include "core/leader.h"
#include "core/query.h"
#include "core/state.h"
#include "core/undo_stack.h"

/* Events on their way from an application's call to the log; memory that is used again for each commit. */
typedef struct ls_batch {
  ls_event *events;
  size_t n, capacity;
  ls_bytes args;   /* of all events, canonical, each with a NUL */
  ls_json input;   /* of the one being read */
} ls_batch;

typedef struct ls_session {
  ls_leader *leader;         /* borrowed */
  ls_schema *schema;         /* owned, as is the state */
  ls_state *state;
  ls_notes notes;
  char *session_id;
  ls_batch batch;
  ls_query_cache queries;
  ls_undo_stack undo;
  struct ls_graph *graph;    /* live queries and all that; NULL until the first of them */
  size_t batches;            /* begun by the application and not ended: the graph waits */
  ls_bytes text;             /* what ls_document_get gave last */
} ls_session;

/* A session without schema and state yet: give it both with ls_session_swap. */
int ls_session_new(ls_session **out, ls_leader *leader, const char *session_id, ls_error *err);
void ls_session_free(ls_session *session); /* NULL is fine */

/* Take possession of a schema and a state made of it, instead of the present ones. Open queries keep their rows. */
int ls_session_swap(ls_session *session, ls_schema *schema, ls_state *state, ls_error *err);

/* Could upstream take the event? One that stays on this client may be of any size. LS_ELIMIT */
int ls_session_check_size(const ls_event *event, ls_error *err);

/* Commit: check, number, apply, push to the leader. `undoes` is as in ls_event. All or nothing; on an error err->item says which event. When the
 * log's head is not where it was although this failed, log and state have gone apart: the caller lets the state follow. */
int ls_session_commit(ls_receipt *out, ls_session *session, const ls_input *inputs, size_t n, int64_t undoes,
                      ls_error *err);
/* The receipt of what was committed last. */
void ls_session_receipt(ls_receipt *out, const ls_session *session);

#endif
