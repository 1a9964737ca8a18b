/* A store as a whole: opening in each mode, committing, durability, snapshots, whatever may have happened to the
 * state's file, changing the schema, and what happens when something is asked of it at the wrong time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/follow.h"
#include "core/log_file.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ADD                                                                                                            \
  "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":\"string\"}}," \
  "\"required\":[\"id\"]},\"sql\":[\"INSERT INTO t VALUES (:id, :v)\"]}"
#define TABLE "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id <> 13), v TEXT)"

static const char SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"" TABLE "\"],\"events\":{" ADD ",\"clear\":{\"sql\":[\"DELETE FROM t\"]},"
    "\"ui\":{\"clientOnly\":true,\"sql\":[\"UPDATE t SET v = 'ui'\"]},\"dated\":{\"args\":{\"type\":\"object\","
    "\"properties\":{\"at\":{\"type\":\"string\",\"format\":\"date-time\"}},\"required\":[\"at\"]},"
    "\"sql\":[\"INSERT INTO t(v) VALUES (:at)\"]}}}";
static const char OTHER_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"" TABLE "\",\"CREATE TABLE n (k INTEGER PRIMARY KEY, n INTEGER) WITHOUT ROWID\"],"
    "\"events\":{\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":"
    "\"string\"}}},"
    "\"sql\":[\"INSERT INTO t VALUES (:id * 2, :v)\",\"INSERT INTO n VALUES (:id, :_global)\"]}}}";

static ls_options options_of(const char *json) {
  return (ls_options){.schema.json = json, .client_id = "client", .session_id = "session"};
}

static ls_store *open_with(const char *path, const ls_options *options) {
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, path, options, &err), &err);
  return store;
}

static ls_store *open_store(const char *path) {
  ls_options options = options_of(SCHEMA);
  return open_with(path, &options);
}

static void close_store(ls_store *store) {
  ls_error err;
  assert_ok(ls_close(store, &err), &err);
}

/* End as a killed process does: nothing is written that was not. */
static void kill_store(ls_store *store) {
  store->unflushed = 0;
  if (store->leader->log->in_transaction) sqlite3_exec(store->leader->log->db, "ROLLBACK", NULL, NULL, NULL);
  store->leader->log->in_transaction = false;
  store->unsaved = 0;
  close_store(store);
}

static void add(ls_store *store, int64_t first, int64_t n) {
  for (int64_t i = first; i < first + n; i++) {
    char args[60];
    ls_error err;
    snprintf(args, sizeof args, "{\"id\":%lld,\"v\":\"text %lld\"}", (long long)i, (long long)i);
    assert_ok(ls_commit(NULL, store, "add", args, &err), &err);
  }
}

static const char *hash_of(ls_store *store) {
  static char texts[8][33];
  static int at;
  ls_error err;
  char *text = texts[at++ % 8];
  assert_ok(ls_state_hash(text, store, &err), &err);
  return text;
}

static int64_t number_of(ls_store *store, const char *sql) {
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  int64_t number = ls_query_int(query, 0);
  ls_query_close(query);
  return number;
}

static ls_status status_of(ls_store *store) {
  ls_status status;
  ls_error err;
  assert_ok(ls_status_get(&status, store, &err), &err);
  return status;
}

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
    if (cases[i].there) close_store(open_store(path));
    ls_options options = options_of(SCHEMA);
    options.mode = cases[i].mode;
    ls_store *store = NULL;
    ls_error err;
    assert_code(ls_open(&store, path, &options, &err), cases[i].code, &err);
    if (store) close_store(store);
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
  close_store(open_store(path));
  store = open_with(path, NULL);
  add(store, 1, 1);
  assert_int_equal(number_of(store, "SELECT count(*) FROM t"), 1);
  close_store(store);
  free(path);
}

static void a_bad_schema_touches_nothing(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (a)\"]}");
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
      options_of("{\"livestore\":1,\"tables\":[\"CREATE TABLE t (rowid TEXT PRIMARY KEY, oid, _rowid_)\"]}");
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
    ls_options options = {.schema.json = SCHEMA,
                          .mode = LS_OPEN_NEW,
                          .store_id = cases[i].store,
                          .client_id = cases[i].client,
                          .session_id = cases[i].session};
    ls_store *store = NULL;
    ls_error err;
    /* What a refused id leaves behind must not be in the way of the next try. */
    assert_code(ls_open(&store, path, &options, &err), cases[i].code, &err);
    if (store) assert_string_equal(ls_store_id(store), cases[i].store);
    if (store) close_store(store);
  }
  free(path);
}

static void a_store_is_named_after_its_directory_and_has_random_ids(void **state) {
  char *path = tmp_path(*state, "deep/my-store//"), *other = tmp_path(*state, "deep/other");
  ls_options options = {.schema.json = SCHEMA};
  ls_store *a = open_with(path, &options), *b = open_with(other, &options);
  assert_string_equal(ls_store_id(a), "my-store");
  assert_int_equal(strlen(ls_client_id(a)), 12);
  assert_string_not_equal(ls_client_id(a), ls_client_id(b));
  assert_string_not_equal(ls_session_id(a), ls_client_id(a));
  close_store(a);
  close_store(b);
  free(path);
  free(other);
}

static void identity_is_kept_and_checked(void **state) {
  char *path = tmp_path(*state, "store");
  close_store(open_store(path));
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
    close_store(store);
  }
  ls_options options = {.session_id = "another"};
  ls_store *store = open_with(path, &options);
  assert_string_equal(ls_session_id(store), "another");
  close_store(store);
  free(path);
}

static void a_second_opening_names_the_holder(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.holder = "the first program";
  ls_store *store = open_with(path, &options), *second = NULL;
  ls_error err;
  assert_code(ls_open(&second, path, &options, &err), LS_ELOCKED, &err);
  assert_says(&err, "the first program");
  add(store, 1, 1);
  close_store(store);
  close_store(open_store(path));
  free(path);
}

static void a_file_in_the_place_of_the_log_is_left_alone(void **state) {
  char *path = tmp_path(*state, "store"), *log = tmp_path(*state, "store/log.db");
  close_store(open_store(path));
  static const char junk[] =
      "this is not a log, but it is longer than the header of one: ................................";
  tmp_write(log, junk, sizeof junk);
  ls_options options = options_of(SCHEMA);
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
  ls_store *store = open_store(NULL);
  add(store, 1, 3);
  assert_string_equal(ls_store_id(store), "memory");
  assert_int_equal(number_of(store, "SELECT count(*) FROM t"), 3);
  const char *before = hash_of(store);
  ls_error err;
  assert_ok(ls_rebuild(store, &err), &err);
  assert_string_equal(hash_of(store), before);
  assert_int_equal(status_of(store).events, 3);
  assert_int_equal(status_of(store).snapshot_bytes, 0);
  close_store(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

static void everything_is_there_again(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = open_store(path);
  add(store, 1, 10);
  const char *before = hash_of(store);
  kill_store(store);
  store = open_store(path);
  assert_string_equal(hash_of(store), before);
  assert_int_equal(status_of(store).head.global, 10);
  assert_int_equal(status_of(store).pending, 10);
  close_store(store);
  free(path);
}

/* ST-24, and that nothing of a failed commit is left, whatever was wrong with it. */
static void a_commit_is_all_or_nothing(void **state) {
  static const struct {
    ls_input events[3];
    size_t n;
    int code, item;
    const char *says;
  } cases[] = {
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":50}"}}, 2, LS_EMATERIALIZE, 1, "UNIQUE"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":51}"}, {"add", "{\"id\":13}"}}, 3, LS_EMATERIALIZE, 2, "CHECK"},
      {{{"add", "{\"id\":50}"}, {"nothing such", NULL}}, 2, LS_EEVENT, 1, "nothing such"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":\"x\"}"}}, 2, LS_EARGS, 1, "add"},
      {{{"add", "{\"id\":50}"}, {"add", "{\"id\":5"}}, 2, LS_EJSON, 1, "add"},
      {{{"add", NULL}}, 1, LS_EARGS, 0, "id"},
      {{{NULL, NULL}}, 1, LS_EEVENT, 0, "name"},
      {{{"clear", "{\"x\":1}"}}, 1, LS_EARGS, 0, "x"},
      {{{"add", "[]"}}, 1, LS_EARGS, 0, "add"},
      {{{"add", "{\"id\":1e400}"}}, 1, LS_ELIMIT, 0, "add"},
      {{{NULL, NULL}}, 0, LS_EARGS, -1, "at least one"},
  };
  char *path = tmp_path(*state, "store");
  ls_store *store = open_store(path);
  add(store, 1, 3);
  const char *before = hash_of(store);
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_receipt receipt = {.stage = (ls_stage)77};
    ls_error err;
    assert_code(ls_commit_all(&receipt, store, cases[i].events, cases[i].n, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_int_equal(err.item, cases[i].item);
    assert_int_equal(receipt.stage, 77);
    assert_string_equal(hash_of(store), before);
    assert_int_equal(status_of(store).events, 3);
    assert_true(ls_commit_all(NULL, store, cases[i].events, cases[i].n, NULL) < 0);
  }
  add(store, 4, 1);
  const char *after = hash_of(store);
  close_store(store);
  store = open_store(path);
  assert_string_equal(hash_of(store), after);
  close_store(store);
  free(path);
}

static void receipts_tell_where_the_events_stand(void **state) {
  (void)state;
  ls_store *store = open_store(NULL);
  ls_receipt receipt;
  ls_error err;
  const ls_input three[] = {{"add", "{\"id\":1}"}, {"ui", NULL}, {"ui", "{}"}};
  assert_ok(ls_commit_all(&receipt, store, three, 3, &err), &err);
  assert_int_equal(receipt.first.global, 1);
  assert_int_equal(receipt.last.global, 1);
  assert_int_equal(receipt.last.client, 2);
  assert_ok(ls_commit(&receipt, store, "clear", NULL, &err), &err);
  assert_int_equal(receipt.first.global, 2);
  assert_int_equal(receipt.last.client, 0);
  close_store(store);
}

/* EVD-11 */
static void an_event_without_arguments_is_stored_as_an_empty_object(void **state) {
  (void)state;
  ls_store *store = open_store(NULL);
  ls_events *events = NULL;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_commit(NULL, store, "clear", NULL, &err), &err);
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->args, "{}");
  assert_int_equal(event->args_size, 2);
  ls_events_close(events);
  close_store(store);
}

/* EVD-01, EVD-02 */
static void dates_are_checked_and_kept_as_they_are(void **state) {
  (void)state;
  ls_store *store = open_store(NULL);
  ls_error err;
  assert_ok(ls_commit(NULL, store, "dated", "{\"at\":\"2026-07-17T10:15:30.000Z\"}", &err), &err);
  assert_int_equal(number_of(store, "SELECT v = '2026-07-17T10:15:30.000Z' FROM t"), 1);
  assert_code(ls_commit(NULL, store, "dated", "{\"at\":\"2026-02-30T10:15:30Z\"}", &err), LS_EARGS, &err);
  assert_code(ls_commit(NULL, store, "dated", "{\"at\":\"yesterday\"}", &err), LS_EARGS, &err);
  close_store(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Durability */

static void stages_follow_durability(void **state) {
  static const struct {
    ls_durability durability;
    ls_stage stage;
  } cases[] = {{LS_DURABILITY_PROCESS, LS_STAGE_DURABLE},
               {LS_DURABILITY_POWER, LS_STAGE_DURABLE},
               {LS_DURABILITY_LATER, LS_STAGE_LOCAL}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[20];
    snprintf(name, sizeof name, "store-%zu", i);
    char *path = tmp_path(*state, name);
    ls_options options = options_of(SCHEMA);
    options.durability = cases[i].durability;
    options.flush_ms = 1000000;
    ls_store *store = open_with(path, &options);
    ls_receipt receipt;
    ls_error err;
    assert_ok(ls_commit(&receipt, store, "add", "{\"id\":1}", &err), &err);
    assert_int_equal(receipt.stage, cases[i].stage);
    assert_int_equal(ls_receipt_stage(store, &receipt), cases[i].stage);
    assert_ok(ls_flush(store, &err), &err);
    assert_int_equal(ls_receipt_stage(store, &receipt), LS_STAGE_DURABLE);
    assert_ok(ls_leader_confirm(store->leader, receipt.last, &err), &err);
    assert_int_equal(ls_receipt_stage(store, &receipt), LS_STAGE_CONFIRMED);
    assert_int_equal(status_of(store).pending, 0);
    close_store(store);
    free(path);
  }
}

static void later_is_flushed_after_so_many_commits(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  options.flush_events = 3;
  ls_store *store = open_with(path, &options);
  add(store, 1, 3);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 0);
  add(store, 4, 1);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 3);
  kill_store(store);
  store = open_store(path);
  assert_int_equal(status_of(store).head.global, 3);
  assert_int_equal(number_of(store, "SELECT count(*) FROM t"), 3);
  close_store(store);
  free(path);
}

static void later_is_flushed_after_so_long_and_at_the_end(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1;
  ls_store *store = open_with(path, &options);
  add(store, 1, 1);
  for (int64_t start = ls_port_monotonic_ms(); ls_port_monotonic_ms() < start + 3;) continue;
  add(store, 2, 1);
  assert_int_equal(ls_log_durable_head(store->leader->log).seq.global, 1);
  close_store(store);
  store = open_store(path);
  assert_int_equal(status_of(store).head.global, 2);
  close_store(store);
  free(path);
}

/* The log cannot be written: what was not durable yet is gone, and the state knows. */
static int refuse(void *user) {
  (void)user;
  return 1;
}

static void break_log(ls_store *store) { sqlite3_commit_hook(store->leader->log->db, refuse, NULL); }
static void mend_log(ls_store *store) { sqlite3_commit_hook(store->leader->log->db, NULL, NULL); }

static void a_failed_flush_takes_the_state_back(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  ls_store *store = open_with(path, &options);
  ls_query *query = NULL;
  ls_error err;
  add(store, 1, 3);
  assert_ok(ls_flush(store, &err), &err);
  const char *before = hash_of(store);
  add(store, 4, 3);
  assert_ok(ls_query_open(&query, store, "SELECT id FROM t ORDER BY id", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  break_log(store);
  assert_true(ls_flush(store, &err) < 0);
  mend_log(store);
  assert_says(&err, "lost");
  assert_string_equal(hash_of(store), before);
  assert_int_equal(status_of(store).head.global, 3);
  /* The query was opened before that, and still gives what was there then. */
  int rows = 1;
  while (ls_query_next(query, &err) == 1) rows++;
  assert_int_equal(rows, 6);
  ls_query_close(query);
  add(store, 4, 1);
  assert_ok(ls_flush(store, &err), &err);
  close_store(store);
  free(path);
}

/* A commit that has to write a snapshot flushes first; when that fails its caller has to know. */
static void a_flush_that_fails_for_a_snapshot_fails_the_commit(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  options.snapshot_events = 1;
  ls_store *store = open_with(path, &options);
  ls_error err;
  add(store, 1, 2);
  assert_ok(ls_flush(store, &err), &err);
  const char *before = hash_of(store);
  add(store, 3, 1);
  store->unsaved = 1000000; /* so many that a snapshot is due, whatever its size */
  break_log(store);
  assert_true(ls_commit(NULL, store, "add", "{\"id\":4}", &err) < 0);
  mend_log(store);
  assert_string_equal(hash_of(store), before);
  assert_int_equal(status_of(store).head.global, 2);
  assert_int_equal(status_of(store).state.global, 2);
  add(store, 3, 2);
  close_store(store);
  free(path);
}

/* ---------------------------------------------------------------------------------------------- */
/* Snapshots */

/* Have the state on its file, whatever the store thinks is worth it. */
static void save(ls_store *store) { ls_store_snapshot(store, 0); }

static void snapshots_are_written_every_so_many_events(void **state) {
  char *path = tmp_path(*state, "store");
  ls_options options = options_of(SCHEMA);
  options.snapshot_events = 3000; /* more than the size of the state would ask for */
  ls_store *store = open_with(path, &options);
  add(store, 10000, 2999);
  assert_int_equal(status_of(store).snapshot.global, 0);
  assert_int_equal(status_of(store).snapshot_bytes, 0);
  add(store, 20000, 1);
  assert_int_equal(status_of(store).snapshot.global, 3000);
  assert_true(status_of(store).snapshot_bytes > 0);
  add(store, 30000, 10);
  const char *before = hash_of(store);
  kill_store(store);
  options.snapshot_events = 3005;
  store = open_with(path, &options);
  assert_int_equal(status_of(store).snapshot.global, 3000);
  assert_string_equal(hash_of(store), before);
  add(store, 40000, 2994);
  assert_int_equal(status_of(store).snapshot.global, 3000);
  add(store, 50000, 1); /* what was replayed counts */
  assert_int_equal(status_of(store).snapshot.global, 6005);
  close_store(store);
  free(path);
}

static void closing_writes_a_snapshot_only_when_it_is_worth_it(void **state) {
  static const struct { int events, snapshot; } cases[] = {{256, 0}, {257, 257}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char name[20];
    snprintf(name, sizeof name, "store-%zu", i);
    char *path = tmp_path(*state, name);
    ls_store *store = open_store(path);
    add(store, 20, cases[i].events);
    close_store(store);
    store = open_store(path);
    assert_int_equal(status_of(store).snapshot.global, cases[i].snapshot);
    assert_int_equal(number_of(store, "SELECT count(*) FROM t"), cases[i].events);
    close_store(store);
    free(path);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Whatever happened to the file of the state */

typedef struct file_world {
  char *directory, *path, *file, *wal, *kept;
  ls_state_place place;
  int64_t events; /* in the log */
} file_world;

static void change_bytes(const char *file, size_t at, size_t n) {
  size_t size;
  char *data = tmp_read(file, &size);
  assert_true(size > 0);
  for (size_t i = 0; i < n; i++) data[(at + i) % size] ^= 0x55;
  tmp_write(file, data, size);
  free(data);
}

static void copy_file(const char *from, const char *to) {
  size_t size;
  char *data = tmp_read(from, &size);
  tmp_write(to, data, size);
  free(data);
}

static void truncate_file(const char *file, size_t keep_percent) {
  size_t size;
  char *data = tmp_read(file, &size);
  tmp_write(file, data, size * keep_percent / 100);
  free(data);
}

static void is_good(file_world *w) { (void)w; }
static void is_missing(file_world *w) { unlink(w->file); }
static void is_stale(file_world *w) { copy_file(w->kept, w->file); }
static void is_empty(file_world *w) { tmp_write(w->file, "", 0); }
static void is_torn_in_the_middle(file_world *w) { truncate_file(w->file, 50); }
static void is_torn_at_the_end(file_world *w) { truncate_file(w->file, 99); }
static void is_torn_at_the_start(file_world *w) { truncate_file(w->file, 1); }
static void is_text(file_world *w) { tmp_write(w->file, "not a database at all", 21); }
static void has_a_bad_header(file_world *w) { change_bytes(w->file, 0, 100); }
static void has_a_foreign_wal(file_world *w) { copy_file(w->file, w->wal); }
static void has_a_foreign_journal(file_world *w) {
  char *journal = tmp_path(w->path, "state.db-journal");
  copy_file(w->kept, journal);
  free(journal);
}

static void is_another_database(file_world *w) {
  sqlite3 *db;
  unlink(w->file);
  assert_int_equal(sqlite3_open(w->file, &db), SQLITE_OK);
  assert_int_equal(
      sqlite3_exec(db, "CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'x')", NULL, NULL, NULL),
      SQLITE_OK);
  sqlite3_close(db);
}

/* From a log that went on differently: ahead of this one, or of the same length. */
static void put_foreign_state(file_world *w, int64_t events) {
  char *path = tmp_path(w->directory, "foreign"), *file = tmp_path(path, "state.db");
  ls_options options = options_of(SCHEMA);
  options.state = w->place;
  ls_store *store = open_with(path, &options);
  add(store, 5000, events);
  save(store);
  close_store(store);
  copy_file(file, w->file);
  free(path);
  free(file);
}

static void is_ahead(file_world *w) { put_foreign_state(w, w->events + 5); }
static void is_of_another_branch(file_world *w) { put_foreign_state(w, w->events); }

static void is_of_another_schema(file_world *w) {
  char *path = tmp_path(w->directory, "foreign"), *file = tmp_path(path, "state.db");
  ls_options options = options_of(OTHER_SCHEMA);
  options.state = w->place;
  ls_store *store = open_with(path, &options);
  add(store, 1, 3);
  save(store);
  close_store(store);
  copy_file(file, w->file);
  free(path);
  free(file);
}

static void is_of_the_other_place(file_world *w) {
  ls_options options = options_of(SCHEMA);
  options.state = w->place == LS_STATE_FILE ? LS_STATE_MEMORY : LS_STATE_FILE;
  ls_store *store = open_with(w->path, &options);
  add(store, 9000, 1);
  save(store);
  w->events++;
  close_store(store);
}

typedef struct damage {
  const char *name;
  void (*apply)(file_world *);
} damage;

#define DAMAGE(function)                                                                                               \
  { #function, function }
static const damage DAMAGES[] = {DAMAGE(is_good),
                                 DAMAGE(is_missing),
                                 DAMAGE(is_stale),
                                 DAMAGE(is_empty),
                                 DAMAGE(is_torn_in_the_middle),
                                 DAMAGE(is_torn_at_the_end),
                                 DAMAGE(is_torn_at_the_start),
                                 DAMAGE(is_text),
                                 DAMAGE(has_a_bad_header),
                                 DAMAGE(has_a_foreign_wal),
                                 DAMAGE(has_a_foreign_journal),
                                 DAMAGE(is_another_database),
                                 DAMAGE(is_ahead),
                                 DAMAGE(is_of_another_branch),
                                 DAMAGE(is_of_another_schema),
                                 DAMAGE(is_of_the_other_place)};

static ls_store *open_world(file_world *w) {
  ls_options options = options_of(SCHEMA);
  options.state = w->place;
  return open_with(w->path, &options);
}

static void remove_world(file_world *w) {
  char *const files[] = {w->directory, w->path, w->file, w->wal, w->kept};
  for (size_t i = 0; i < COUNT(files); i++) free(files[i]);
}

static file_world make_world(const char *directory, const char *name, ls_state_place place) {
  file_world w = {.place = place, .events = 100};
  w.directory = tmp_path(directory, name);
  w.path = tmp_path(w.directory, "store");
  w.file = tmp_path(w.path, "state.db");
  w.wal = tmp_path(w.path, "state.db-wal");
  w.kept = tmp_path(w.directory, "kept");
  ls_store *store = open_world(&w);
  add(store, 20, 50);
  save(store);
  close_store(store);
  copy_file(w.file, w.kept);
  store = open_world(&w);
  add(store, 120, 50);
  save(store);
  close_store(store);
  return w;
}

/* What a replay from nothing gives. */
static const char *replayed(ls_store *store) {
  ls_state *state = core_state(store->session->schema);
  ls_error err;
  assert_ok(ls_state_follow(state, store->leader->log, NULL, &err), &err);
  const char *digest = core_digest(state);
  ls_state_free(state);
  return digest;
}

static void open_damaged(const char *directory, ls_state_place place) {
  for (size_t i = 0; i < COUNT(DAMAGES); i++) {
    file_world w = make_world(directory, DAMAGES[i].name, place);
    DAMAGES[i].apply(&w);
    for (int again = 0; again < 2; again++) {
      ls_store *store = open_world(&w);
      if (strcmp(hash_of(store), replayed(store)) != 0) fail_msg("%s: another state", DAMAGES[i].name);
      assert_int_equal(status_of(store).state.global, w.events);
      add(store, 20000 + again, 1);
      w.events++;
      assert_string_equal(hash_of(store), replayed(store));
      close_store(store);
    }
    remove_world(&w);
  }
}

static void a_snapshot_may_be_anything(void **state) { open_damaged(*state, LS_STATE_MEMORY); }
static void a_state_in_a_file_may_be_anything(void **state) { open_damaged(*state, LS_STATE_FILE); }

/* Each byte of a snapshot is covered. */
static void a_snapshot_with_a_changed_byte_is_not_used(void **state) {
  file_world w = make_world(*state, "bytes", LS_STATE_MEMORY);
  size_t size;
  free(tmp_read(w.file, &size));
  copy_file(w.file, w.kept);
  for (size_t at = 7; at < size; at += size / 23) {
    copy_file(w.kept, w.file);
    change_bytes(w.file, at, 1);
    ls_store *store = open_world(&w);
    assert_int_equal(status_of(store).snapshot.global, 0);
    assert_string_equal(hash_of(store), replayed(store));
    kill_store(store);
  }
  remove_world(&w);
}

/* A page that SQLite itself finds to be wrong is found when the state has to follow. */
static void a_state_in_a_file_that_cannot_be_written_to_is_made_anew(void **state) {
  file_world w = make_world(*state, "pages", LS_STATE_FILE);
  size_t size;
  free(tmp_read(w.file, &size));
  copy_file(w.kept, w.file); /* stale, so that opening has to write to each table */
  free(tmp_read(w.file, &size));
  change_bytes(w.file, 4096, size - 4096);
  ls_store *store = open_world(&w);
  assert_string_equal(hash_of(store), replayed(store));
  close_store(store);
  remove_world(&w);
}

static void a_killed_state_in_a_file_follows(void **state) {
  char *path = tmp_path(*state, "store"), *file = tmp_path(path, "state.db"), *wal = tmp_path(path, "state.db-wal");
  char *kept = tmp_path(*state, "kept"), *kept_wal = tmp_path(*state, "kept-wal");
  ls_options options = options_of(SCHEMA);
  options.state = LS_STATE_FILE;
  options.durability = LS_DURABILITY_LATER;
  options.flush_ms = 1000000;
  ls_store *store = open_with(path, &options);
  ls_error err;
  add(store, 20, 5);
  assert_ok(ls_flush(store, &err), &err);
  add(store, 30, 5);
  copy_file(file, kept);
  copy_file(wal, kept_wal);
  kill_store(store);
  copy_file(kept, file); /* as the kill left them: ahead of the log */
  copy_file(kept_wal, wal);
  store = open_with(path, &options);
  assert_int_equal(status_of(store).head.global, 5);
  assert_int_equal(number_of(store, "SELECT count(*) FROM t"), 5);
  assert_string_equal(hash_of(store), replayed(store));
  close_store(store);
  char *const all[] = {path, file, wal, kept, kept_wal};
  for (size_t i = 0; i < COUNT(all); i++) free(all[i]);
}

static void a_damaged_log_is_reported_and_left_alone(void **state) {
  char *path = tmp_path(*state, "store"), *file = tmp_path(*state, "store/log.db");
  ls_store *store = open_store(path);
  add(store, 20, 10);
  ls_error err;
  assert_ok(ls_log_exec(store->leader->log, "UPDATE events SET args = '{\"id\":1}' WHERE place >> 24 = 7", &err), &err);
  close_store(store);
  size_t before, after;
  char *kept = tmp_read(file, &before);
  ls_options options = options_of(SCHEMA);
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
/* Changing the schema */

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
  assert_code(ls_schema_set(w->store, &(ls_schema_source){.json = SCHEMA}, &err), LS_ELOCKED, &err);
  return w->calls == w->stop_at;
}

static ls_store *open_watched(const char *path, ls_state_place place, witness *w) {
  ls_options options = options_of(SCHEMA);
  options.state = place;
  options.progress = look_inside;
  options.progress_user = w;
  return open_with(path, &options);
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
    add(store, 21, 10);
    assert_ok(ls_query_open(&query, store, "SELECT id FROM t", LS_NO_PARAMS, &err), &err);
    assert_int_equal(ls_query_next(query, &err), 1);
    w.store = store;
    assert_ok(ls_schema_set(store, &(ls_schema_source){.json = OTHER_SCHEMA}, &err), &err);
    w.store = NULL;
    assert_true(w.calls > 0);
    assert_int_equal(number_of(store, "SELECT max(id) FROM t"), 60);
    assert_int_equal(number_of(store, "SELECT sum(n) FROM n"), 55);
    assert_string_equal(hash_of(store), replayed(store));
    for (int row = 2; row <= 10; row++) assert_int_equal(ls_query_next(query, &err), 1); /* the old rows */
    assert_int_equal(ls_query_int(query, 0), 30);
    assert_int_equal(ls_query_next(query, &err), 0);
    assert_string_equal(ls_query_name(query, 0), "id");
    ls_query_close(query);
    add(store, 100, 1);
    const char *after = hash_of(store);
    close_store(store);
    ls_options options = {.state = places[i]}; /* the schema last used */
    store = open_with(path, &options);
    assert_string_equal(hash_of(store), after);
    close_store(store);
    free(path);
  }
}

static void opening_with_another_schema_makes_the_state_anew(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    ls_options options = options_of(SCHEMA);
    options.state = places[i];
    options.snapshot_events = 5;
    ls_store *store = open_with(path, &options);
    add(store, 21, 10);
    const char *before = hash_of(store);
    close_store(store);
    options.schema.json = OTHER_SCHEMA;
    store = open_with(path, &options);
    assert_int_equal(number_of(store, "SELECT max(id) FROM t"), 60);
    assert_string_equal(hash_of(store), replayed(store));
    close_store(store);
    options.schema.json = SCHEMA;
    store = open_with(path, &options);
    assert_string_equal(hash_of(store), before);
    close_store(store);
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
    add(store, 21, 10);
    const char *before = hash_of(store);
    strcpy(schema_hash, ls_schema_hash(store));
    w.store = store;
    for (w.stop_at = 1; w.stop_at <= 2; w.stop_at++) {
      w.calls = 0;
      assert_code(ls_schema_set(store, &(ls_schema_source){.json = OTHER_SCHEMA}, &err), LS_EABORT, &err);
      assert_string_equal(hash_of(store), before);
      assert_string_equal(ls_schema_hash(store), schema_hash);
      w.calls = 0;
      assert_code(ls_rebuild(store, &err), LS_EABORT, &err);
      assert_string_equal(hash_of(store), before);
    }
    w.store = NULL;
    w.stop_at = 0;
    add(store, 500, 1);
    const char *after = hash_of(store);
    close_store(store);
    /* The same at opening: what it leaves is found to be incomplete the next time. */
    ls_options options = options_of(OTHER_SCHEMA);
    options.state = places[i];
    options.progress = look_inside;
    options.progress_user = &w;
    w.calls = 0;
    w.stop_at = 2;
    ls_store *none = NULL;
    assert_code(ls_open(&none, path, &options, &err), LS_EABORT, &err);
    options = (ls_options){.state = places[i]};
    store = open_with(path, &options);
    assert_string_equal(hash_of(store), after);
    assert_string_equal(ls_schema_hash(store), schema_hash);
    close_store(store);
    free(path);
  }
}

static void a_schema_that_is_wrong_changes_nothing(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = open_store(path);
  ls_error err;
  add(store, 1, 3);
  const char *before = hash_of(store);
  static const char *const wrong[] = {"{", "{\"livestore\":2}",
                                      "{\"livestore\":1,\"tables\":[\"CREATE TABLE x (a)\"]}"};
  for (size_t i = 0; i < COUNT(wrong); i++) {
    int rc = ls_schema_set(store, &(ls_schema_source){.json = wrong[i]}, &err);
    assert_true(rc == LS_ESCHEMA || rc == LS_EJSON);
    assert_string_equal(hash_of(store), before);
    add(store, 100 + (int64_t)i, 1);
    before = hash_of(store);
  }
  close_store(store);
  free(path);
}

static void a_rebuild_gives_the_same(void **state) {
  static const ls_state_place places[] = {LS_STATE_MEMORY, LS_STATE_FILE};
  for (size_t i = 0; i < COUNT(places); i++) {
    char *path = tmp_path(*state, places[i] ? "file" : "memory");
    ls_options options = options_of(SCHEMA);
    options.state = places[i];
    ls_store *store = open_with(path, &options);
    ls_error err;
    add(store, 20, 30);
    const char *before = hash_of(store);
    for (int n = 0; n < 3; n++) assert_ok(ls_rebuild(store, &err), &err);
    assert_string_equal(hash_of(store), before);
    add(store, 100, 5);
    assert_string_equal(hash_of(store), replayed(store));
    close_store(store);
    store = open_with(path, &options);
    assert_string_equal(hash_of(store), replayed(store));
    close_store(store);
    free(path);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Closing */

/* As ST-25, in C: what was made from a store goes with it. */
static void closing_frees_what_was_made_from_the_store(void **state) {
  char *path = tmp_path(*state, "store");
  ls_store *store = open_store(path);
  ls_query *query = NULL, *other = NULL;
  ls_events *events = NULL, *more = NULL;
  const ls_event *event;
  ls_error err;
  add(store, 1, 5);
  assert_ok(ls_query_open(&query, store, "SELECT * FROM t", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_ok(ls_query_open(&other, store, "SELECT * FROM t", LS_NO_PARAMS, &err), &err);
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_ok(ls_events_open(&more, store, NULL, &err), &err);
  ls_events_close(more);
  close_store(store);
  store = open_store(path); /* nothing holds the log any more */
  add(store, 6, 1);
  close_store(store);
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
      IN_TMP(everything_is_there_again),
      IN_TMP(a_commit_is_all_or_nothing),
      cmocka_unit_test(receipts_tell_where_the_events_stand),
      cmocka_unit_test(an_event_without_arguments_is_stored_as_an_empty_object),
      cmocka_unit_test(dates_are_checked_and_kept_as_they_are),
      IN_TMP(stages_follow_durability),
      IN_TMP(later_is_flushed_after_so_many_commits),
      IN_TMP(later_is_flushed_after_so_long_and_at_the_end),
      IN_TMP(a_failed_flush_takes_the_state_back),
      IN_TMP(a_flush_that_fails_for_a_snapshot_fails_the_commit),
      IN_TMP(snapshots_are_written_every_so_many_events),
      IN_TMP(closing_writes_a_snapshot_only_when_it_is_worth_it),
      IN_TMP(a_snapshot_may_be_anything),
      IN_TMP(a_state_in_a_file_may_be_anything),
      IN_TMP(a_snapshot_with_a_changed_byte_is_not_used),
      IN_TMP(a_state_in_a_file_that_cannot_be_written_to_is_made_anew),
      IN_TMP(a_killed_state_in_a_file_follows),
      IN_TMP(a_damaged_log_is_reported_and_left_alone),
      IN_TMP(a_new_schema_makes_the_state_anew_while_the_old_one_answers),
      IN_TMP(opening_with_another_schema_makes_the_state_anew),
      IN_TMP(a_rebuild_that_is_stopped_leaves_the_old_state),
      IN_TMP(a_schema_that_is_wrong_changes_nothing),
      IN_TMP(a_rebuild_gives_the_same),
      IN_TMP(closing_frees_what_was_made_from_the_store),
      cmocka_unit_test(closing_nothing_is_fine),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
