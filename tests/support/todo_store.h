/* todo_store - a small store in a directory, for tests of what is done to closed stores and files. Each function fails
 * the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_TODO_STORE_H
#define LS_TESTS_SUPPORT_TODO_STORE_H

#include "livestore.h"

/* Tables todos; events v1.TodoCreated {id, text}, v1.TodoDone {id}, v1.Hovered (client-only, no arguments); document
 * UiState. */
extern const char TODO_SCHEMA[];
/* Its options: this schema, store id "todos", client "c1", session "s1". */
ls_options todo_options(void);

ls_store *todo_open(const char *path);
void todo_close(ls_store *store);

/* Make a store of TODO_EVENTS events, two of them client-only, and close it:
 *   e1 created a, e2 created b (text beyond ASCII), e2.1 hovered, e2.2 UiState set, e3 done a, e4 created c */
#define TODO_EVENTS 6
#define TODO_SYNCED 4
void todo_make(const char *path);

/* Check a store that nothing is wrong with. */
ls_check_report todo_check(const char *path);

/* Run SQL on an SQLite file. */
void todo_sql(const char *file, const char *sql);

/* The files of a directory but the lock, name and content one behind the other. Freed with free(). */
char *todo_files(const char *path, size_t *size);

#endif
