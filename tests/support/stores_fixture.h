/* stores_fixture - a server's storage in SQLite, as the tests of it use it: one that is open, and events for it. */
#ifndef LS_TESTS_STORES_FIXTURE_H
#define LS_TESTS_STORES_FIXTURE_H

#include "server/backend_sqlite.h"

#define STORES_NOW_MS INT64_C(1767225600123) /* when all events arrive */

extern ls_backend stores; /* the one that is open */

void stores_open(const char *directory);
/* n events (at most 10) behind `parent`, {"n":…,"of":…}. */
int stores_append(const char *store, int64_t parent, size_t n, ls_error *err);
ls_backend_head stores_head(const char *store);

#endif
