/* Changing a store's schema and rebuilding its state: the old state answers until the new one is whole, and nothing can
 * be changed in between. */
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct witness {
  ls_store *store;
  int calls, stop_at;
} witness;

static int look_inside(void *user, const char *what, uint64_t done, uint64_t total) {
  witness *w = user;
  const char *value;
  (void)what, (void)done, (void)total;
  w->calls++;
  if (!w->store) return w->calls == w->stop_at;
  ls_error err;
  ls_query *query = NULL;
  ls_status status;
  /* The old state answers … */
  assert_ok(ls_query_open(&query, w->store, "SELECT max(id) FROM t", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_int_equal(ls_query_int(query, 0), 30);
  ls_query_close(query);
  assert_ok(ls_status_get(&status, w->store, &err), &err);
  assert_code(ls_document_get(&value, w->store, "none", NULL, &err), LS_ENOTFOUND, &err);
  /* … and nothing can be changed. */
  assert_code(ls_commit(NULL, w->store, "add", "{\"id\":1}", &err), LS_ELOCKED, &err);
  assert_code(ls_rebuild(w->store, &err), LS_ELOCKED, &err);
  assert_code(ls_schema_set(w->store, &(ls_schema_source){.json = FIXTURE_SCHEMA}, &err), LS_ELOCKED, &err);
  return w->calls == w->stop_at;
}

static ls_store *open_watched(const char *path, ls_state_place place, witness *w) {
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.state = place;
  options.progress = look_inside;
  options.progress_user = w;
  return fixture_open_with(path, &options);
}

/* MIG-08 */
static void a_new_schema_makes_the_state_anew_while_the_old_one_answers(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    witness w = {0};
    ls_store *store = open_watched(path, places[i], &w);
    ls_query *query = NULL;
    ls_error err;
    fixture_add(store, 21, 10);
    assert_ok(ls_query_open(&query, store, "SELECT id FROM t", LS_NO_PARAMS, &err), &err);
    assert_int_equal(ls_query_next(query, &err), 1);
    w.store = store;
    assert_ok(ls_schema_set(store, &(ls_schema_source){.json = FIXTURE_OTHER_SCHEMA}, &err), &err);
    w.store = NULL;
    assert_true(w.calls > 0);
    assert_int_equal(fixture_number(store, "SELECT max(id) FROM t"), 60);
    assert_int_equal(fixture_number(store, "SELECT sum(n) FROM n"), 55);
    assert_string_equal(fixture_hash(store), fixture_replayed(store));
    for (int row = 2; row <= 10; row++) assert_int_equal(ls_query_next(query, &err), 1); /* the old rows */
    assert_int_equal(ls_query_int(query, 0), 30);
    assert_int_equal(ls_query_next(query, &err), 0);
    assert_string_equal(ls_query_name(query, 0), "id");
    ls_query_close(query);
    fixture_add(store, 100, 1);
    const char *after = fixture_hash(store);
    fixture_close(store);
    ls_options options = {.state = places[i]}; /* the schema last used */
    store = fixture_open_with(path, &options);
    assert_string_equal(fixture_hash(store), after);
    fixture_close(store);
    free(path);
  }
}

static void opening_with_another_schema_makes_the_state_anew(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    ls_options options = fixture_options(FIXTURE_SCHEMA);
    options.state = places[i];
    options.snapshot_events = 5;
    ls_store *store = fixture_open_with(path, &options);
    fixture_add(store, 21, 10);
    const char *before = fixture_hash(store);
    fixture_close(store);
    options.schema.json = FIXTURE_OTHER_SCHEMA;
    store = fixture_open_with(path, &options);
    assert_int_equal(fixture_number(store, "SELECT max(id) FROM t"), 60);
    assert_string_equal(fixture_hash(store), fixture_replayed(store));
    fixture_close(store);
    options.schema.json = FIXTURE_SCHEMA;
    store = fixture_open_with(path, &options);
    assert_string_equal(fixture_hash(store), before);
    fixture_close(store);
    free(path);
  }
}

/* MIG-12 */
static void a_rebuild_that_is_stopped_leaves_the_old_state(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    witness w = {0};
    ls_store *store = open_watched(path, places[i], &w);
    ls_error err;
    char schema_hash[33];
    fixture_add(store, 21, 10);
    const char *before = fixture_hash(store);
    strcpy(schema_hash, ls_schema_hash(store));
    w.store = store;
    for (w.stop_at = 1; w.stop_at <= 2; w.stop_at++) {
      w.calls = 0;
      assert_code(ls_schema_set(store, &(ls_schema_source){.json = FIXTURE_OTHER_SCHEMA}, &err), LS_EABORT, &err);
      assert_string_equal(fixture_hash(store), before);
      assert_string_equal(ls_schema_hash(store), schema_hash);
      w.calls = 0;
      assert_code(ls_rebuild(store, &err), LS_EABORT, &err);
      assert_string_equal(fixture_hash(store), before);
    }
    w.store = NULL;
    w.stop_at = 0;
    fixture_add(store, 500, 1);
    const char *after = fixture_hash(store);
    fixture_close(store);
    /* The same at opening: what it leaves is found to be incomplete the next time. */
    ls_options options = fixture_options(FIXTURE_OTHER_SCHEMA);
    options.state = places[i];
    options.progress = look_inside;
    options.progress_user = &w;
    w.calls = 0;
    w.stop_at = 2;
    ls_store *none = NULL;
    assert_code(ls_open(&none, path, &options, &err), LS_EABORT, &err);
    options = (ls_options){.state = places[i]};
    store = fixture_open_with(path, &options);
    assert_string_equal(fixture_hash(store), after);
    assert_string_equal(ls_schema_hash(store), schema_hash);
    fixture_close(store);
    free(path);
  }
}

static void a_schema_that_is_wrong_changes_nothing(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = fixture_open(path);
  ls_error err;
  fixture_add(store, 1, 3);
  const char *before = fixture_hash(store);
  static const char *const wrong[] = {"{", "{\"livestore\":2}",
                                      "{\"livestore\":1,\"tables\":[\"CREATE TABLE x (a)\"]}"};
  for (size_t i = 0; i < COUNT(wrong); i++) {
    int rc = ls_schema_set(store, &(ls_schema_source){.json = wrong[i]}, &err);
    assert_true(rc == LS_ESCHEMA || rc == LS_EJSON);
    assert_string_equal(fixture_hash(store), before);
    fixture_add(store, 100 + (int64_t)i, 1);
    before = fixture_hash(store);
  }
  fixture_close(store);
  free(path);
}

static void a_rebuild_gives_the_same(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    ls_options options = fixture_options(FIXTURE_SCHEMA);
    options.state = places[i];
    ls_store *store = fixture_open_with(path, &options);
    ls_error err;
    fixture_add(store, 20, 30);
    const char *before = fixture_hash(store);
    for (int n = 0; n < 3; n++) assert_ok(ls_rebuild(store, &err), &err);
    assert_string_equal(fixture_hash(store), before);
    fixture_add(store, 100, 5);
    assert_string_equal(fixture_hash(store), fixture_replayed(store));
    fixture_close(store);
    store = fixture_open_with(path, &options);
    assert_string_equal(fixture_hash(store), fixture_replayed(store));
    fixture_close(store);
    free(path);
  }
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_TMP(a_new_schema_makes_the_state_anew_while_the_old_one_answers),
      IN_TMP(opening_with_another_schema_makes_the_state_anew),
      IN_TMP(a_rebuild_that_is_stopped_leaves_the_old_state),
      IN_TMP(a_schema_that_is_wrong_changes_nothing),
      IN_TMP(a_rebuild_gives_the_same),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
