/* undo_fixture - what tests of undo and redo begin with: two schemas, a store of session "here" of client "me", and
 * what is done with it and asked of it most. Each function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_UNDO_FIXTURE_H
#define LS_TESTS_SUPPORT_UNDO_FIXTURE_H

#include "core/store.h"

/* Tables todos (id, text, done), filter and seen; events v1.Created, v1.Set, v1.Deleted; v1.Filter, which is
 * client-only; v1.Seen, which cannot be undone; v1.Nothing. A document Ui. No event says what undoes it. */
extern const char UNDO_TODOS[];
/* Table todos; events Created, Renamed, Deleted, of which the schema says what undoes them; Done, Ping. */
extern const char UNDO_INVERSES[];

/* Open a store in a directory, NULL for one in memory. */
ls_store *undo_open(const char *path, const char *schema);
void undo_commit(ls_store *store, const char *name, const char *args);
/* Append an event of session "there" of client "you" behind the head, and follow. */
void undo_foreign(ls_store *store, const char *name, const char *args);

/* Undo or redo n commits. */
void undo_n(ls_store *store, size_t n);
void redo_n(ls_store *store, size_t n);

/* The first column of the rows of a query, with commas between them. Good until the next call but three. */
const char *undo_read(ls_store *store, const char *sql);
/* All todos in the same way, each as ID=TEXTDONE. */
const char *undo_todos(ls_store *store);
void undo_digest(char out[33], ls_store *store);

/* There is so much to undo and to redo. */
void undo_assert_counts(ls_store *store, size_t n_undo, size_t n_redo);
/* The state is what a replay from nothing gives. */
void undo_assert_replays(ls_store *store);

#endif
