/* undo_stack - which commits of a session can be undone and redone. It follows from the log alone: a commit can be
 * undone until it is, an undo can be redone until it is or something else is committed, and a redo can be undone again.
 *
 * It is read from the log backwards, as far as was asked for, and kept. What is appended is added; when the log was
 * cut, it is read anew. Events of a session are counted: 0 is the newest one when reading began, older ones are
 * negative. */
#ifndef LS_CORE_UNDO_STACK_H
#define LS_CORE_UNDO_STACK_H

#include "core/log.h"
#include "core/schema.h"

typedef struct ls_undo_entry {
  int64_t index; /* of its first event, among those of the session */
  int64_t undoes;
  ls_seqnum first, last;
} ls_undo_entry;

/* The newest last. */
typedef struct ls_undo_list {
  ls_undo_entry *items;
  size_t n, capacity;
} ls_undo_list;

/* Zero-initialize; free with ls_undo_stack_fini. */
typedef struct ls_undo_stack {
  bool valid;
  uint64_t readings; /* how often reading began anew, and counting with it */
  ls_mark at; /* the log's head when it was last looked at */
  ls_undo_list undo, redo;
  int64_t next;   /* index that the session's next event gets */
  int64_t oldest; /* index of the oldest event read */
  ls_seqnum oldest_seq;
  bool all_read;
  bool redo_complete; /* something was committed that ends what can be redone */
  int64_t *taken; /* older commits, not read yet, that were undone or redone: a heap, the newest on top */
  size_t n_taken, capacity_taken;
} ls_undo_stack;

typedef struct ls_undo_source {
  ls_log *log;
  const ls_schema *schema;
  const char *client_id, *session_id;
} ls_undo_source;

/* Read until as many commits can be undone and redone, or no more. O(events since the last time and events read). */
int ls_undo_stack_read(ls_undo_stack *stack, const ls_undo_source *source, size_t undo, size_t redo, ls_error *err);
/* Forget all. */
void ls_undo_stack_reset(ls_undo_stack *stack);
void ls_undo_stack_fini(ls_undo_stack *stack);

/* The commit that an undo or redo takes back. LS_ENOTFOUND the log does not have it. */
int ls_undo_target(ls_undo_entry *out, const ls_undo_source *source, const ls_undo_entry *entry, ls_error *err);

/* The event itself can be undone: it is known, and the schema does not say otherwise. */
bool ls_undo_possible(const ls_schema *schema, const char *name);

#endif
