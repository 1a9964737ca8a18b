/* exec_cache - statements that materializers in C have run, kept prepared for the next event. The newest ones stay. */
#ifndef LS_CORE_EXEC_CACHE_H
#define LS_CORE_EXEC_CACHE_H

#include <sqlite3.h>
#include <stddef.h>

#define LS_EXEC_CACHE_MOST 32

typedef struct ls_exec_cache {
  sqlite3_stmt *statements[LS_EXEC_CACHE_MOST]; /* the newest first */
  size_t n;
} ls_exec_cache;

/* Take the statement of an SQL text out, so that nobody else runs it meanwhile; NULL when there is none. */
sqlite3_stmt *ls_exec_cache_take(ls_exec_cache *cache, const char *sql);
/* Put one in that is reset. What is too much is finalized. */
void ls_exec_cache_put(ls_exec_cache *cache, sqlite3_stmt *stmt);
void ls_exec_cache_fini(ls_exec_cache *cache);

#endif
