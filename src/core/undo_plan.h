/* undo_plan - the events that take commits back: made by standing just before the oldest of them, applying what
 * followed once more, and looking at what it changes. */
#ifndef LS_CORE_UNDO_PLAN_H
#define LS_CORE_UNDO_PLAN_H

#include "core/store.h"
#include "core/undo_stack.h"

/* What takes one commit back. */
typedef struct ls_undo_step {
  ls_undo_entry entry;
  bool mixed;           /* a redo's: `entry` has events to which the schema gives an inverse */
  struct ls_undo_piece *pieces, *last;
  ls_bytes texts;   /* of the inputs: name, NUL, args, NUL, and so on */
  ls_input *inputs; /* in the order in which they are to be committed */
  size_t n;
} ls_undo_step;

typedef struct ls_undo_plan {
  bool redo;
  ls_undo_step *steps; /* oldest first */
  size_t n;
} ls_undo_plan;

/* What the stack of a store's session is read from. */
ls_undo_source ls_undo_source_of(const ls_store *store);

/* Make the inputs of each step. The store is as it was when this returns.
 * LS_ELIMIT an event changed a virtual table; LS_EARGS, LS_EMATERIALIZE what the schema gives to undo an event fails.
 * */
int ls_undo_plan_make(ls_undo_plan *plan, ls_store *store, ls_error *err);
void ls_undo_plan_fini(ls_undo_plan *plan);

#endif
