#include "core/exec_cache.h"

#include <string.h>

static sqlite3_stmt *remove_at(ls_exec_cache *cache, size_t i) {
  sqlite3_stmt *stmt = cache->statements[i];
  cache->n--;
  memmove(&cache->statements[i], &cache->statements[i + 1], (cache->n - i) * sizeof stmt);
  return stmt;
}

sqlite3_stmt *ls_exec_cache_take(ls_exec_cache *cache, const char *sql) {
  for (size_t i = 0; i < cache->n; i++) {
    if (strcmp(sqlite3_sql(cache->statements[i]), sql) == 0) return remove_at(cache, i);
  }
  return NULL;
}

void ls_exec_cache_put(ls_exec_cache *cache, sqlite3_stmt *stmt) {
  if (cache->n == LS_EXEC_CACHE_MOST) sqlite3_finalize(remove_at(cache, cache->n - 1));
  memmove(&cache->statements[1], cache->statements, cache->n * sizeof stmt);
  cache->statements[0] = stmt;
  cache->n++;
}

void ls_exec_cache_fini(ls_exec_cache *cache) {
  while (cache->n) sqlite3_finalize(cache->statements[--cache->n]);
}
