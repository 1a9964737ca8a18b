/* Opening a store and closing it: modes, identity, the lock, a store in memory, a log that is none or is damaged. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log_file.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* ---------------------------------------------------------------------------------------------- */
/* Opening */

static void modes_say_whether_there_is_a_store(void **state) {
  static const struct {
    bool there;
    ls_open_mode mode;
    int code;
  } cases[] = {
      {false, LS_OPEN_OR_CREATE, LS_OK}, {true, LS_OPEN_OR_CREATE, LS_OK}, {false, LS_OPEN_EXISTING, LS_ENOTFOUND},
      {true, LS_OPEN_EXISTING, LS_OK},   {false, LS_OPEN_NEW, LS_OK},      {true, LS_OPEN_NEW, LS_EEXISTS}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[20];
    snprintf(name, sizeof name, "store-%zu", i);
    char *path = tmp_path(*state, name);
    if (cases[i].there) fixture_close(fixture_open(path));
    ls_options options = fixture_options(FIXTURE_SCHEMA);
    options.mode = cases[i].mode;
    ls_store *store = NULL;
    ls_error err;
    assert_code(ls_open(&store, path, &options, &err), cases[i].code, &err);
    if (store) fixture_close(store);
    if (cases[i].code) assert_says(&err, name);
    assert_int_equal(access(path, F_OK) == 0, cases[i].there || !cases[i].code);
    free(path);
  }
}

static void a_new_store_needs_a_schema_and_an_old_one_keeps_it(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = NULL;
  ls_error err;
  assert_code(ls_open(&store, path, NULL, &err), LS_ESCHEMA, &err);
  assert_int_equal(access(path, F_OK), -1);
  assert_code(ls_open(&store, NULL, NULL, &err), LS_ESCHEMA, &err);
  fixture_close(fixture_open(path));
  store = fixture_open_with(path, NULL);
  fixture_add(store, 1, 1);
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 1);
  fixture_close(store);
  free(path);
}

static void a_bad_schema_touches_nothing(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (a)\"]}");
  ls_store *store = NULL;
  ls_error err;
  assert_code(ls_open(&store, path, &options, &err), LS_ESCHEMA, &err);
  assert_int_equal(access(path, F_OK), -1);
  free(path);
}

/* Its row ids could not be restored. */
static void a_table_that_hides_its_row_id_is_refused_before_anything_is_made(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options =
      fixture_options("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (rowid TEXT PRIMARY KEY, oid, _rowid_)\"]}");
  ls_store *store = NULL;
  ls_error err;
  assert_code(ls_open(&store, path, &options, &err), LS_ESCHEMA, &err);
  assert_says(&err, "rowid");
  assert_int_equal(access(path, F_OK), -1);
  free(path);
}

/* ST-22 */
static void ids_take_letters_digits_and_two_signs(void **state) {
  static const struct {
    const char *store, *client, *session;
    int code;
  } cases[] = {{"a-Z_09", NULL, NULL, LS_OK}, {"", NULL, NULL, LS_EARGS},         {"a b", NULL, NULL, LS_EARGS},
               {"a/b", NULL, NULL, LS_EARGS}, {"\xc3\xbc", NULL, NULL, LS_EARGS}, {"a", "b.c", NULL, LS_EARGS},
               {"a", "b", "c d", LS_EARGS}};
  char *path = tmp_path(*state, "store");
  for (size_t i = COUNT(cases); i-- > 0;) {
    ls_options options = {.schema.json = FIXTURE_SCHEMA,
                          .mode = LS_OPEN_NEW,
                          .store_id = cases[i].store,
                          .client_id = cases[i].client,
                          .session_id = cases[i].session};
    ls_store *store = NULL;
    ls_error err;
    /* What a refused id leaves behind must not be in the way of the next try. */
    assert_code(ls_open(&store, path, &options, &err), cases[i].code, &err);
    if (store) assert_string_equal(ls_store_id(store), cases[i].store);
    if (store) fixture_close(store);
  }
  free(path);
}

static void a_store_is_named_after_its_directory_and_has_random_ids(void **state) {
  char *path = tmp_path(*state, "deep/my-store//"), *other = tmp_path(*state, "deep/other");
  ls_options options = {.schema.json = FIXTURE_SCHEMA};
  ls_store *a = fixture_open_with(path, &options), *b = fixture_open_with(other, &options);
  assert_string_equal(ls_store_id(a), "my-store");
  assert_int_equal(strlen(ls_client_id(a)), 12);
  assert_string_not_equal(ls_client_id(a), ls_client_id(b));
  assert_string_not_equal(ls_session_id(a), ls_client_id(a));
  fixture_close(a);
  fixture_close(b);
  free(path);
  free(other);
}

static void identity_is_kept_and_checked(void **state) {
  char *path = tmp_path(*state, "store");
  fixture_close(fixture_open(path));
  static const struct {
    const char *store, *client;
    int code;
    const char *says;
  } cases[] = {{NULL, NULL, LS_OK, NULL},
               {"store", "client", LS_OK, NULL},
               {"other", NULL, LS_EEXISTS, "\"store\""},
               {NULL, "other", LS_EEXISTS, "\"client\""}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_options options = {.store_id = cases[i].store, .client_id = cases[i].client};
    ls_store *store = NULL;
    ls_error err;
    assert_code(ls_open(&store, path, &options, &err), cases[i].code, &err);
    if (cases[i].says) assert_says(&err, cases[i].says);
    if (!store) continue;
    assert_string_equal(ls_store_id(store), "store");
    assert_string_equal(ls_client_id(store), "client");
    assert_string_equal(ls_session_id(store), "session");
    fixture_close(store);
  }
  ls_options options = {.session_id = "another"};
  ls_store *store = fixture_open_with(path, &options);
  assert_string_equal(ls_session_id(store), "another");
  fixture_close(store);
  free(path);
}

static void a_second_opening_names_the_holder(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  options.holder = "the first program";
  ls_store *store = fixture_open_with(path, &options), *second = NULL;
  ls_error err;
  assert_code(ls_open(&second, path, &options, &err), LS_ELOCKED, &err);
  assert_says(&err, "the first program");
  fixture_add(store, 1, 1);
  fixture_close(store);
  fixture_close(fixture_open(path));
  free(path);
}

static void a_file_in_the_place_of_the_log_is_left_alone(void **state) {
  char *path = tmp_path(*state, "store"), *log = tmp_path(*state, "store/log.db");
  fixture_close(fixture_open(path));
  static const char junk[] =
      "this is not a log, but it is longer than the header of one: ................................";
  tmp_write(log, junk, sizeof junk);
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  ls_store *store = NULL;
  ls_error err;
  assert_code(ls_open(&store, path, &options, &err), LS_ECORRUPT, &err);
  assert_says(&err, "log.db");
  size_t size;
  char *text = tmp_read(log, &size);
  assert_int_equal(size, sizeof junk);
  assert_memory_equal(text, junk, size);
  free(text);
  free(path);
  free(log);
}

static void a_store_in_memory_has_no_files(void **state) {
  (void)state;
  ls_store *store = fixture_open(NULL);
  fixture_add(store, 1, 3);
  assert_string_equal(ls_store_id(store), "memory");
  assert_int_equal(fixture_number(store, "SELECT count(*) FROM t"), 3);
  const char *before = fixture_hash(store);
  ls_error err;
  assert_ok(ls_rebuild(store, &err), &err);
  assert_string_equal(fixture_hash(store), before);
  assert_int_equal(fixture_status(store).events, 3);
  assert_int_equal(fixture_status(store).snapshot_bytes, 0);
  fixture_close(store);
}

static void a_damaged_log_is_reported_and_left_alone(void **state) {
  char *path = tmp_path(*state, "store"), *file = tmp_path(*state, "store/log.db");
  ls_store *store = fixture_open(path);
  fixture_add(store, 20, 10);
  ls_error err;
  assert_ok(ls_log_exec(store->leader->log, "UPDATE events SET args = '{\"id\":1}' WHERE place >> 24 = 7", &err), &err);
  fixture_close(store);
  size_t before, after;
  char *kept = tmp_read(file, &before);
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  store = NULL;
  assert_code(ls_open(&store, path, &options, &err), LS_ECORRUPT, &err);
  assert_says(&err, "e6");
  char *now = tmp_read(file, &after);
  assert_int_equal(before, after);
  assert_memory_equal(now, kept, after);
  free(kept);
  free(now);
  free(path);
  free(file);
}

/* ---------------------------------------------------------------------------------------------- */
/* Closing */

/* As ST-25, in C: what was made from a store goes with it. */
static void closing_frees_what_was_made_from_the_store(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = fixture_open(path);
  ls_query *query = NULL, *other = NULL;
  ls_events *events = NULL, *more = NULL;
  const ls_event *event;
  ls_error err;
  fixture_add(store, 1, 5);
  assert_ok(ls_query_open(&query, store, "SELECT * FROM t", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_ok(ls_query_open(&other, store, "SELECT * FROM t", LS_NO_PARAMS, &err), &err);
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_ok(ls_events_open(&more, store, NULL, &err), &err);
  ls_events_close(more);
  fixture_close(store);
  store = fixture_open(path); /* nothing holds the log any more */
  fixture_add(store, 6, 1);
  fixture_close(store);
  free(path);
}

static void closing_nothing_is_fine(void **state) {
  (void)state;
  assert_int_equal(ls_close(NULL, NULL), LS_OK);
  ls_query_close(NULL);
  ls_events_close(NULL);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      IN_TMP(modes_say_whether_there_is_a_store),
      IN_TMP(a_new_store_needs_a_schema_and_an_old_one_keeps_it),
      IN_TMP(a_bad_schema_touches_nothing),
      IN_TMP(a_table_that_hides_its_row_id_is_refused_before_anything_is_made),
      IN_TMP(ids_take_letters_digits_and_two_signs),
      IN_TMP(a_store_is_named_after_its_directory_and_has_random_ids),
      IN_TMP(identity_is_kept_and_checked),
      IN_TMP(a_second_opening_names_the_holder),
      IN_TMP(a_file_in_the_place_of_the_log_is_left_alone),
      cmocka_unit_test(a_store_in_memory_has_no_files),
      IN_TMP(a_damaged_log_is_reported_and_left_alone),
      IN_TMP(closing_frees_what_was_made_from_the_store),
      cmocka_unit_test(closing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
