/* query - reading the state: statements prepared once and kept, and rows that stay what they were when the query began.
 *
 * A query steps through SQLite's rows as long as nothing is written. Before something is, the rows that are left are
 * read into memory (ls_query_cache_settle), so that a query never sees half of a later commit. */
#ifndef LS_CORE_QUERY_H
#define LS_CORE_QUERY_H

#include "core/database.h"

/* Open queries, and closed ones whose statement is kept for the next time. Zero-initialize. */
typedef struct ls_query_cache {
  ls_database *database;
  ls_query *open;             /* doubly linked */
  ls_query *idle, *idle_last; /* most recently used first */
  size_t n_idle;
} ls_query_cache;

/* Read what is left of every open query into memory. */
int ls_query_cache_settle(ls_query_cache *cache, ls_error *err);
/* Settle, and give up all statements: the database is about to go. Open queries live on with the rows they have. */
int ls_query_cache_leave(ls_query_cache *cache, ls_error *err);
/* Free all queries, open ones too. */
void ls_query_cache_fini(ls_query_cache *cache);

int ls_query_start(ls_query **out, ls_query_cache *cache, const char *sql, const ls_value *params, size_t n,
                   ls_error *err);

#endif
