/* state - the SQLite database that follows from the log: a cache, which can be thrown away and made again.
 *
 * What always holds
 *   1. The database names the mark of the log that it stands at (__livestore_state), written in the same transaction
 *      as the rows that follow from it.
 *   2. What the tables hold is a function of the log up to that mark and the schema. Nothing else flows in.
 *   3. Foreign keys hold after each event, not only after each transaction; so how events are grouped does not matter.
 *
 *   begin ──► apply, apply … ──► commit(mark)      at most one transaction; apply only inside
 *         └──────────────────► abort
 *
 * The library's own tables:
 *   __livestore_state    one row: the schema's hash and the mark
 *   __livestore_rollback     one row a transaction: its changeset and the mark before it, newest ones only (rollback.h)
 *   __livestore_failed   events that could not be applied, and why */
#ifndef LS_CORE_STATE_H
#define LS_CORE_STATE_H

#include "base/event.h"
#include "base/json.h"
#include "core/capture.h"
#include "core/exec_cache.h"
#include "core/image.h"
#include "core/notes.h"
#include "core/schema.h"

typedef struct ls_state {
  const ls_schema *schema;     /* borrowed */
  ls_notes *notes;             /* borrowed; may be NULL */
  ls_database database;
  ls_tables tables;
  ls_capture capture;
  ls_mark at;                  /* where it stands; inside a transaction, where that has come to by ls_state_mark */
  ls_mark at_begun;            /* where it stood when the transaction began */
  bool in_transaction;
  bool rollback_stale;         /* `rollback` must be prepared anew, which could fail when it is needed */
  ls_error broken;             /* what the machine failed at in this transaction, whatever a C function makes of it */
  int64_t rollback_limit_bytes;
  int64_t rollback_bytes, rollback_bytes_begun; /* size of all rollback records; the same when the transaction began */
  sqlite3_stmt ***statements;  /* [event type][statement]; prepared when first used */
  ls_exec_cache executed;      /* by materializers in C */
  sqlite3_stmt *begin, *commit, *rollback, *set_mark, *add_rollback;
  sqlite3_stmt *savepoint, *release, *rollback_to; /* of ls_state_try */
  size_t captured;             /* bytes of the record when it was tried */
  ls_json args;                /* of the event being applied */
  uint32_t *properties;        /* node of each of its properties, 0 when absent */
  ls_bytes upcast;             /* arguments that an upcast gave */
  ls_bytes scratch;
} ls_state;

/* Make an empty state of a schema, at the root.
 *   file  NULL for one in memory; otherwise it must not exist */
int ls_state_new(ls_state **out, const ls_schema *schema, const char *file, ls_notes *notes, ls_error *err);
/* Take over a state kept in a file. LS_ENOTFOUND there is none, or it is not one of this schema (or not one at all):
 * make a new one. */
int ls_state_open_file(ls_state **out, const ls_schema *schema, const char *file, ls_notes *notes, ls_error *err);
/* Take over the image of a state (a snapshot), which is copied. LS_ENOTFOUND as above. */
int ls_state_open_image(ls_state **out, const ls_schema *schema, const void *image, size_t size, ls_notes *notes,
                        ls_error *err);
/* Take a copy of a state that is in no transaction.
 *   file  as above; "" for a file without a name that goes with the copy, for a state larger than memory */
int ls_state_copy(ls_state **out, ls_state *state, const char *file, ls_error *err);
/* No event is applied any more: forget the materializers. The state needs no schema from here on. */
void ls_state_seal(ls_state *state);
void ls_state_free(ls_state *state); /* NULL is fine */

int ls_state_begin(ls_state *state, ls_error *err);
/* Write the mark, and the rollback record of what was captured, and commit. On an error the transaction is gone. */
int ls_state_commit(ls_state *state, ls_mark mark, ls_error *err);
/* Inside a transaction: a step of it ends at `mark`. What was captured is kept as the way back to where the step began, so
 * the transaction can later be rolled back step by step, and is forgotten. */
int ls_state_mark(ls_state *state, ls_mark mark, ls_error *err);
/* When memory is so short that not even this works, state->in_transaction stays true: abort again before going on. */
void ls_state_abort(ls_state *state);

/* Inside a transaction: a part that can be taken back by itself, capture included. They do not nest. On an error the
 * transaction must be aborted. */
int ls_state_try(ls_state *state, ls_error *err);
int ls_state_keep(ls_state *state, ls_error *err);
int ls_state_take_back(ls_state *state, ls_error *err);

/* Switch triggers, and foreign keys with their actions, on or off, also inside a transaction. */
int ls_state_set_actions(ls_state *state, bool triggers, bool foreign_keys, ls_error *err);

/* Apply one event: run its materializer (materialize.c); that of what it becomes when it is an old form (upcast.h).
 *   checked  its arguments are known to fit the schema
 * On an error the transaction must be aborted, or the savepoint around this event rolled back.
 * LS_EARGS, LS_EMATERIALIZE, LS_EEVENT (unknown, and the schema says to fail) say the event is at fault; other codes that the machine is. */
int ls_state_apply(ls_state *state, const ls_event *event, bool checked, ls_error *err);
/* Is this the code of an event that is at fault, wherever it is applied? */
bool ls_state_event_at_fault(int code);

/* The same inside a savepoint: an event at fault leaves nothing behind but a row in __livestore_failed; that is no
 * error. */
int ls_state_apply_or_fail(ls_state *state, const ls_event *event, ls_error *err);

/* How many events could not be applied. */
int ls_state_failures(uint64_t *out, ls_state *state, ls_error *err);
/* Why an event failed, appended to out: 1; 0 when it did not. */
int ls_state_failure(ls_bytes *out, ls_state *state, ls_seqnum seq, ls_error *err);

/* A digest of all tables of the schema (state_hash.c): names, columns, row ids and values, in order. */
int ls_state_digest(char out[33], ls_state *state, ls_error *err);

/* The database as bytes, of a state that is in no transaction. */
int ls_state_image(ls_image *out, ls_state *state, ls_error *err);

/* Bytes that the database takes. */
uint64_t ls_state_bytes(ls_state *state);

/* One of an event type's statements, prepared on somebody's behalf when it is first used. */
int ls_state_statement(sqlite3_stmt **out, ls_state *state, const ls_event_type *type, size_t index, ls_access access,
                       ls_error *err);

/* Run a statement that gives no rows, and reset it. LS_EIO and the like. */
int ls_state_run(ls_state *state, sqlite3_stmt *stmt, ls_error *err);

#endif
