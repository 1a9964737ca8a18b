/* upstream_fixture - stores that share an upstream: an array of events in memory, which gives and takes them as a
 * server does. Each function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_UPSTREAM_FIXTURE_H
#define LS_TESTS_SUPPORT_UPSTREAM_FIXTURE_H

#include "core/upstream.h"

/* Tables items (id, name UNIQUE, n CHECK n <= 3), parts (id, item REFERENCES items) and ui (n). Events, with {id}: put
 * {name, n}, count (n + 1), drop, part {item}; and local {n}, which is client-only. Each may carry {tag}, which tells
 * it apart. */
extern const char UPSTREAM_SCHEMA[];

typedef struct upstream {
  const char *id;
  ls_event *events; /* e1, e2, e3 … */
  size_t n, capacity;
} upstream;

void upstream_fini(upstream *u);
/* It has one more event, of a client of this name. */
void upstream_add(upstream *u, const char *client, const char *name, const char *args);

/* A store of this client id. path NULL: in memory. */
ls_store *upstream_open(const char *path, const char *client);
void upstream_commit(ls_store *store, const char *name, const char *args);

/* Give the store up to `most` events that it does not have: what the merge returned. */
int upstream_try_pull(ls_upstream_result *out, upstream *u, ls_store *store, size_t most, ls_error *err);
/* All of them; it must go well. */
ls_upstream_result upstream_pull(upstream *u, ls_store *store);
/* Take up to `most` pending ones: how many; 0 when the store does not have all yet. */
size_t upstream_push(upstream *u, ls_store *store, size_t most);
/* Pull and push until nothing is left to do. */
void upstream_sync(upstream *u, ls_store *const *stores, size_t n);

/* Rows of the tables that all clients share, as one text; good until the next call but three. */
const char *upstream_rows(ls_store *store);
/* The store's head is its state's, and the state is that of a replay. */
void upstream_check(ls_store *store);

/* The n-th conflict, counted from 0: its first event's name and arguments, cause, item and error; freed with free().
 * NULL when there are fewer. Such as `put {"id":1} 0 0 event put: statement 1: …`. */
char *upstream_conflict(ls_store *store, size_t n);
/* Its id; 0 when there are fewer. */
int64_t upstream_conflict_id(ls_store *store, size_t n);

#endif
