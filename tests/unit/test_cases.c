/* Cases of LiveStore's behaviour, by area and number, that no other test names. Where the design differs on purpose, the
 * comment says how, and the test shows what holds instead. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "core/rollback.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/tmp.h"

#define ADD                                                                                                       \
  "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{}},\"required\":[" \
  "\"id\"]},\"sql\":\"INSERT INTO t(id, v) VALUES (:id, :v)\"}"
#define TABLE "\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT DEFAULT NULL)\"]"
#define SCHEMA(events) "{\"livestore\":1," TABLE ",\"events\":{" events "}}"

typedef struct world {
  ls_schema *schema;
  ls_state *state;
} world;

static world world_new(void) {
  world w = {core_schema(SCHEMA(ADD)), NULL};
  w.state = core_state(w.schema);
  return w;
}

static void world_free(world *w) {
  ls_state_free(w->state);
  ls_schema_free(w->schema);
}

static int apply(ls_state *state, int64_t global, const char *args, ls_error *err) {
  ls_event event = core_event(global, "add", args);
  return ls_state_apply_or_fail(state, &event, err);
}

/* MAT-04, MAT-08: inside a transaction an event that fails is undone alone, and those around it are kept. */
static void an_event_that_fails_is_undone_alone(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  assert_ok(ls_state_begin(w.state, &err), &err);
  assert_ok(apply(w.state, 1, "{\"id\":1}", &err), &err);
  assert_ok(apply(w.state, 2, "{\"id\":1}", &err), &err); /* the key is taken */
  assert_ok(apply(w.state, 3, "{\"id\":3}", &err), &err);
  assert_ok(ls_state_commit(w.state, core_mark(3), &err), &err);
  assert_string_equal(core_value(w.state, "SELECT group_concat(id) FROM t"), "1,3");
  assert_string_equal(core_value(w.state, "SELECT place >> 24 FROM __livestore_failed"), "2");
  world_free(&w);
}

static int deny_savepoint(void *operation, int action, const char *what, const char *name, const char *schema,
                          const char *trigger) {
  (void)name, (void)schema, (void)trigger;
  return action == SQLITE_SAVEPOINT && strcmp(what, operation) == 0 ? SQLITE_DENY : SQLITE_OK;
}

/* MAT-06, MAT-07: a savepoint that cannot be ended is an error with SQLite's reason, and the transaction can be given up. */
static void a_savepoint_that_cannot_be_ended_is_an_error(void **unused) {
  (void)unused;
  static const struct {
    const char *operation, *args;
  } cases[] = {{"RELEASE", "{\"id\":2}"}, {"ROLLBACK", "{\"id\":1}"}};
  for (size_t i = 0; i < 2; i++) {
    world w = world_new();
    ls_error err;
    char operation[10];
    strcpy(operation, cases[i].operation);
    assert_ok(ls_state_begin(w.state, &err), &err);
    assert_ok(apply(w.state, 1, "{\"id\":1}", &err), &err);
    sqlite3_set_authorizer(w.state->database.db, deny_savepoint, operation);
    assert_true(apply(w.state, 2, cases[i].args, &err) < 0);
    assert_says(&err, "not authorized");
    sqlite3_set_authorizer(w.state->database.db, NULL, NULL);
    ls_state_abort(w.state);
    assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"), "0");
    world_free(&w);
  }
}

static int tries_twice(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)event;
  int *codes = user;
  codes[0] = ls_materializer_exec(m, "INSERT INTO t(id) VALUES (1)", NULL, 0, NULL, NULL, NULL);
  codes[1] = ls_materializer_exec(m, "INSERT INTO t(id) VALUES (1)", NULL, 0, NULL, NULL, NULL);
  return ls_materializer_exec(m, "INSERT INTO t(id) VALUES (2)", NULL, 0, NULL, NULL, err);
}

/* MAT-10: a success, a failure and a success, one after the other; the results are told at once. */
static void a_failure_between_successes_is_told_at_once(void **unused) {
  (void)unused;
  static const char *const tables[] = {"CREATE TABLE t (id INTEGER PRIMARY KEY)", NULL};
  int codes[2];
  const ls_event_def events[] = {{.name = "twice", .fn = tries_twice, .version = 1, .user = codes}};
  const ls_schema_def def = {.tables = tables, .events = events, .n_events = 1};
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &(ls_options){.schema.def = &def}, &err), &err);
  assert_ok(ls_commit(NULL, store, "twice", NULL, &err), &err);
  assert_int_equal(codes[0], LS_OK);
  assert_int_equal(codes[1], LS_EMATERIALIZE);
  assert_string_equal(core_value(store->session->state, "SELECT group_concat(id) FROM t"), "1,2");
  assert_ok(ls_close(store, &err), &err);
}

/* MAT-12: the journal is bounded by size, not by what upstream has accepted; the oldest records go first. MAT-14: where
 * there is none, the error says so and nothing has changed. */
static void records_go_from_the_oldest_and_a_missing_one_changes_nothing(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  w.state->rollback_limit_bytes = 400;
  char digest[33], first[33] = "";
  for (int64_t i = 1; i <= 20; i++) {
    char args[40];
    sqlite3_snprintf(sizeof args, args, "{\"id\":%lld}", (long long)i);
    assert_ok(ls_state_begin(w.state, &err), &err);
    assert_ok(apply(w.state, i, args, &err), &err);
    assert_ok(ls_state_commit(w.state, core_mark(i), &err), &err);
  }
  int steps = 0;
  while (ls_rollback_step(w.state, &err) == LS_OK) steps++;
  assert_in_range(steps, 1, 10);
  assert_int_equal(err.code, LS_ENOTFOUND);
  assert_int_equal(w.state->at.seq.global, 20 - steps);
  assert_ok(ls_state_digest(first, w.state, &err), &err);
  assert_code(ls_rollback_step(w.state, &err), LS_ENOTFOUND, &err);
  assert_ok(ls_state_digest(digest, w.state, &err), &err);
  assert_string_equal(digest, first);
  world_free(&w);
}

/* MAT-18: types go in and come out as they are, and errors carry a code. */
static void types_go_in_and_come_out(void **unused) {
  (void)unused;
  ls_store *store = NULL;
  ls_query *q = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &(ls_options){.schema.json = SCHEMA(ADD)}, &err), &err);
  assert_ok(ls_query_open(&q, store, "SELECT ?1, ?2, ?3, ?4, ?5",
                          LS_PARAMS(ls_null(), ls_int(INT64_MIN), ls_real(0.5), ls_text("t"), ls_blob("\0b", 2)), &err),
            &err);
  assert_int_equal(ls_query_next(q, &err), 1);
  static const ls_type types[] = {LS_TYPE_NULL, LS_TYPE_INT, LS_TYPE_REAL, LS_TYPE_TEXT, LS_TYPE_BLOB};
  for (size_t i = 0; i < 5; i++) assert_int_equal(ls_query_value(q, i).type, types[i]);
  assert_true(ls_query_int(q, 1) == INT64_MIN);
  assert_memory_equal(ls_query_value(q, 4).as.b.data, "\0b", 2);
  ls_query_close(q);
  assert_code(ls_query_open(&q, store, "SELECT nothing", LS_NO_PARAMS, &err), LS_ESQL, &err);
  assert_ok(ls_close(store, &err), &err);
}

static size_t captured(ls_state *state, const char *sql) {
  ls_error err;
  ls_capture_clear(&state->capture);
  assert_ok(ls_database_exec(&state->database, sql, &err), &err);
  return state->capture.record.size;
}

/* MAT-20: no change, no changeset; an update holds the columns that changed, so a wide column left alone costs nothing. */
static void a_changeset_holds_what_changed(void **unused) {
  (void)unused;
  world w = world_new();
  assert_int_equal(captured(w.state, "UPDATE t SET v = 'x'"), 0);
  assert_true(captured(w.state, "INSERT INTO t VALUES (1, printf('%.1000c', 'x'))") > 1000);
  assert_true(captured(w.state, "UPDATE t SET id = 2") < 50);
  assert_true(captured(w.state, "DELETE FROM t") > 1000);
  world_free(&w);
}

/* MIG-01: tables are the schema's own SQL. The one that the library writes itself, of a client document, quotes its
 * name. */
static void the_table_of_a_document_quotes_its_name(void **unused) {
  (void)unused;
  ls_schema *schema = core_schema("{\"livestore\":1,\"documents\":{\"se\\\"lect\":{\"value\":{},\"default\":1}}}");
  ls_state *state = core_state(schema);
  assert_string_equal(core_value(state, "SELECT sql FROM sqlite_schema WHERE name = 'se\"lect'"),
                      "CREATE TABLE \"se\"\"lect\" (id TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  ls_state_free(state);
  ls_schema_free(schema);
}

/* MIG-02: a default of NULL is NULL; JSON null as an argument is NULL too. MIG-07: defaults are SQL, so there is nothing
 * that could be evaluated at another time; what must differ from row to row is an argument. */
static void a_default_of_null_is_null(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  assert_ok(ls_state_begin(w.state, &err), &err);
  assert_ok(apply(w.state, 1, "{\"id\":1}", &err), &err);
  assert_ok(apply(w.state, 2, "{\"id\":2,\"v\":null}", &err), &err);
  assert_ok(ls_state_commit(w.state, core_mark(2), &err), &err);
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM t WHERE v IS NULL"), "2");
  world_free(&w);
}

typedef struct told {
  uint64_t done, total;
  int calls, stop_at;
  char what[60];
} told;

static int tell(void *user, const char *what, uint64_t done, uint64_t total) {
  told *t = user;
  t->done = done;
  t->total = total;
  strncpy(t->what, what, sizeof t->what - 1);
  return ++t->calls == t->stop_at;
}

static ls_store *open_at(const char *path, const char *json, told *progress) {
  ls_store *store = NULL;
  ls_error err;
  ls_options options = {.schema.json = json, .client_id = "c", .progress = tell, .progress_user = progress};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

static void close_store(ls_store *store) {
  ls_error err;
  assert_ok(ls_close(store, &err), &err);
}

/* MIG-04: long work of opening tells how far it is, up to all of it. MIG-05: there is no callback at boot; the one that
 * tells progress can stop the opening, which then fails and leaves the store as it was. MIG-11: there are no hooks around
 * a migration either. MIG-09: a schema without an event that the log holds opens: the event is kept and changes nothing
 * until a schema knows it again. */
static void a_schema_change_tells_progress_and_keeps_what_it_does_not_know(void **directory) {
  static const char WITHOUT[] = SCHEMA("\"other\":{}");
  char *path = tmp_path(*directory, "store");
  told progress = {.stop_at = -1};
  ls_error err;
  ls_store *store = open_at(path, SCHEMA(ADD), &progress);
  assert_ok(ls_commit(NULL, store, "add", "{\"id\":1}", &err), &err);
  assert_ok(ls_commit(NULL, store, "add", "{\"id\":2}", &err), &err);
  close_store(store);

  told stopped = {.stop_at = 1};
  ls_options options = {.schema.json = WITHOUT, .progress = tell, .progress_user = &stopped};
  assert_code(ls_open(&store, path, &options, &err), LS_EABORT, &err);

  progress.calls = 0;
  store = open_at(path, WITHOUT, &progress);
  assert_true(progress.calls > 0);
  assert_int_equal(progress.done, 2);
  assert_int_equal(progress.total, 2);
  assert_true(progress.what[0]);
  assert_string_equal(core_value(store->session->state, "SELECT count(*) FROM t"), "0");
  close_store(store);

  store = open_at(path, SCHEMA(ADD), &progress);
  assert_string_equal(core_value(store->session->state, "SELECT count(*) FROM t"), "2");
  close_store(store);
  free(path);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_event_that_fails_is_undone_alone),
      cmocka_unit_test(a_savepoint_that_cannot_be_ended_is_an_error),
      cmocka_unit_test(a_failure_between_successes_is_told_at_once),
      cmocka_unit_test(records_go_from_the_oldest_and_a_missing_one_changes_nothing),
      cmocka_unit_test(types_go_in_and_come_out),
      cmocka_unit_test(a_changeset_holds_what_changed),
      cmocka_unit_test(the_table_of_a_document_quotes_its_name),
      cmocka_unit_test(a_default_of_null_is_null),
      cmocka_unit_test_setup_teardown(a_schema_change_tells_progress_and_keeps_what_it_does_not_know, tmp_setup,
                                      tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
