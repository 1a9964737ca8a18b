/* store_fixture - what tests of a store begin with: two schemas, opening and ending a store, filling it, and what is
 * asked of it most. Each function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_STORE_FIXTURE_H
#define LS_TESTS_SUPPORT_STORE_FIXTURE_H

#include "core/store.h"

/* Table t (id, v), where id 13 is refused; events add {id, v}, clear, dated {at}, and ui, which is client-only. */
extern const char FIXTURE_SCHEMA[];
/* Tables t and n (k, n). Its one event, add, doubles the id and puts a row with the event's number into n. */
extern const char FIXTURE_OTHER_SCHEMA[];

/* Options with this schema, client id "client", session id "session"; all else as by default. */
ls_options fixture_options(const char *json);

/* Open a store in a directory, NULL for one in memory, with fixture_options(FIXTURE_SCHEMA). */
ls_store *fixture_open(const char *path);
/* The same with other options; NULL for those that ls_open takes by itself. */
ls_store *fixture_open_with(const char *path, const ls_options *options);
void fixture_close(ls_store *store);
/* End as a killed process does: nothing is written that was not. */
void fixture_kill(ls_store *store);

/* Commit n events "add", one at a time, with the ids from first on. */
void fixture_add(ls_store *store, int64_t first, int64_t n);

/* The digest of the state; good until the next call but seven. */
const char *fixture_hash(ls_store *store);
/* The same of a replay of the log from nothing, under the store's schema. Good as core_digest says. */
const char *fixture_replayed(ls_store *store);
/* The first column of a query's first row. */
int64_t fixture_number(ls_store *store, const char *sql);
ls_status fixture_status(ls_store *store);

#endif
