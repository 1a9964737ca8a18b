/* core - what tests of the core begin with: schemas, states and logs. Each function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_CORE_H
#define LS_TESTS_SUPPORT_CORE_H

#include "core/log.h"
#include "core/state.h"

/* Fail the test with the error's text when rc is not `wanted`. */
#define assert_code(rc, wanted, err) core_assert_code(rc, wanted, err, __FILE__, __LINE__)
#define assert_ok(rc, err) assert_code(rc, LS_OK, err)
void core_assert_code(int rc, int wanted, const ls_error *err, const char *file, int line);
/* The error's text holds this. */
#define assert_says(err, part) core_assert_says(err, part, __FILE__, __LINE__)
void core_assert_says(const ls_error *err, const char *part, const char *file, int line);

ls_schema *core_schema(const char *json);
ls_schema *core_schema_of(const ls_schema_def *def);
/* In memory, at the root, with capture on. */
ls_state *core_state(const ls_schema *schema);
/* The digest of a state; good until the next call but seven. */
const char *core_digest(ls_state *state);
/* The first column of a query's first row as text; "(none)" without a row. Good as above. */
const char *core_value(ls_state *state, const char *sql);

/* A synced event of client "c", session "s", at global. */
ls_event core_event(int64_t global, const char *name, const char *args);
/* The mark that stands behind it in tests that need no log. */
ls_mark core_mark(int64_t global);
/* Append a synced event behind the head. */
void core_append(ls_log *log, const char *name, const char *args);

#endif
