/* migration - making a new state from the whole log, aside and in steps, while the present one answers, and putting it
 * in its place. A changed schema, a rebuild, and a state that cannot be rolled back far enough are all this.
 *
 *   new ──► advance, advance … ──► swap ──► free
 *              └── commits between them are in the log, and so are replayed too
 *
 * Where the state lives in a file, the new one is made in a file beside it. */
#ifndef LS_CORE_MIGRATION_H
#define LS_CORE_MIGRATION_H

#include "base/arena.h"
#include "core/store.h"

struct ls_migration {
  ls_store *store;
  ls_schema *schema;    /* of the new state */
  bool owns_schema;     /* it goes with the migration, unless it is swapped in */
  ls_state *state;      /* NULL before the first step, or when it has to be begun again */
  char *file, *wal;     /* where it is made; NULL in memory */
  uint64_t done, total; /* events replayed; events to be replayed, as far as is known */
  ls_arena arena;       /* of the report */
  ls_migration_report report;
};

/* Begin making a state.
 *   schema  borrowed, until owns_schema is set; may be the session's own
 *   name    of the file it is made in, when the state lives in a file: two of them may be made at a time */
int ls_migration_new(ls_migration **out, ls_store *store, ls_schema *schema, const char *name, ls_error *err);
/* Put the new state, and its schema, into the place of the present ones. It must stand at the log's head. On an error
 * the present ones stay, and the migration can go on. */
int ls_migration_swap(ls_migration *migration, ls_error *err);
/* Free all that was not swapped in. NULL is fine. */
void ls_migration_free(ls_migration *migration);

/* Replay some events: up to `most`, or all when that is 0; these are told to the store's progress callback. */
int ls_migration_advance(ls_migration *migration, uint64_t most, ls_error *err);

#endif
