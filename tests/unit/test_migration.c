/* Migrations: a new state is made in steps while the old one answers and takes commits, is compared with it, and takes
 * its place between two commits, or is dropped. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/migration.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define ADDED                                                                                                          \
  "{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":\"string\"}},\"required\":["     \
  "\"id\"]}"
#define OLD                                                                                                            \
  "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)\"],\"events\":{"                     \
  "\"v1.Added\":{\"args\":" ADDED ",\"sql\":\"INSERT INTO t VALUES (:id, :v)\"},"                                      \
  "\"v1.Dropped\":{\"args\":" ADDED ",\"sql\":\"DELETE FROM t WHERE id = :id\"}}}"
/* Ids are 1 to 1,000 now, each value has its length, and nobody knows v1.Dropped. */
#define NEW                                                                                                            \
  "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT, length INTEGER NOT NULL)\","         \
  "\"CREATE TABLE n (v TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID\"],\"events\":{"                            \
  "\"v1.Added\":{\"becomes\":\"v2.Added\",\"args\":\"json_set(:_args, '$.length', length(:v))\"},"                     \
  "\"v2.Added\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\",\"maximum\":1000},"        \
  "\"v\":{\"type\":\"string\"},\"length\":{\"type\":\"integer\"}},\"required\":[\"id\",\"v\",\"length\"]},"            \
  "\"sql\":[\"INSERT INTO t VALUES (:id, :v, :length)\",\"INSERT INTO n VALUES (:v, 1) ON CONFLICT DO UPDATE SET n = " \
  "n + 1\"]}}}"

static ls_options options_of(const char *json, ls_state_place where) {
  return (ls_options){.schema.json = json, .client_id = "client", .session_id = "session", .state = where};
}

static ls_store *open_store(const char *path, const char *json, ls_state_place where) {
  ls_store *store = NULL;
  ls_error err;
  ls_options options = options_of(json, where);
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

static void add(ls_store *store, const char *name, int64_t first, int64_t n) {
  for (int64_t i = first; i < first + n; i++) {
    char args[80];
    ls_error err;
    snprintf(args, sizeof args, "{\"id\":%lld,\"v\":\"v%lld\"%s}", (long long)i, (long long)(i % 7),
             strncmp(name, "v2", 2) == 0 ? ",\"length\":2" : "");
    assert_ok(ls_commit(NULL, store, name, args, &err), &err);
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

static const char *value_of(ls_store *store, const char *sql) { return core_value(store->session->state, sql); }

/* The digest of what a schema makes of a store's whole log. */
static const char *fresh_hash(ls_store *store, const char *json) {
  ls_store *other = open_store(NULL, json, LS_STATE_MEMORY);
  ls_events *events = NULL;
  const ls_event *event;
  ls_error err;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  while (ls_events_next(&event, events, &err) == 1) {
    assert_ok(ls_log_append(other->leader->log, event, 1, &err), &err);
  }
  ls_events_close(events);
  const char *hash = hash_of(other);
  ls_close(other, NULL);
  return hash;
}

static ls_migration *begin(ls_store *store, const char *json) {
  ls_migration *migration = NULL;
  ls_error err;
  assert_ok(ls_migration_begin(&migration, store, json ? &(ls_schema_source){.json = json} : NULL, &err), &err);
  return migration;
}

/* ---------------------------------------------------------------------------------------------- */

typedef struct place {
  const char *name; /* NULL: the store is in memory */
  ls_state_place state;
} place;

static const place PLACES[] = {{NULL, LS_STATE_MEMORY}, {"snapshot", LS_STATE_MEMORY}, {"file", LS_STATE_FILE}};

/* Call a test body with a store of each kind. */
static void in_each_place(void **state, void (*body)(ls_store *store, const char *path, ls_state_place where)) {
  for (size_t i = 0; i < COUNT(PLACES); i++) {
    char *path = PLACES[i].name ? tmp_path(*state, PLACES[i].name) : NULL;
    body(open_store(path, OLD, PLACES[i].state), path, PLACES[i].state);
    free(path);
  }
}

static bool is_there(const char *path, const char *name) {
  char *file = tmp_path(path, name);
  bool there = access(file, F_OK) == 0;
  free(file);
  return there;
}

static void step_with_commits_in_between(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  uint64_t done, total;
  add(store, "v1.Added", 1, 100);
  ls_migration *m = begin(store, NEW);
  ls_migration_progress(m, &done, &total);
  assert_int_equal(done, 0);
  assert_int_equal(total, 100);
  int steps = 0, more;
  while ((more = ls_migration_step(m, 10, &err)) == 1) {
    steps++;
    add(store, "v1.Added", 200 + steps * 5, 5); /* half of what a step replays */
    assert_string_equal(value_of(store, "SELECT count(*) FROM pragma_table_info('t')"),
                        "2"); /* the old state answers */
    char wanted[20];
    snprintf(wanted, sizeof wanted, "%d", 100 + steps * 5);
    assert_string_equal(value_of(store, "SELECT count(*) FROM t"), wanted);
  }
  assert_int_equal(more, 0);
  assert_int_equal(steps, 18);
  ls_migration_progress(m, &done, &total);
  assert_int_equal(done, 190);
  assert_int_equal(total, 190);
  add(store, "v1.Added", 500, 3); /* replayed by the end of it */
  assert_int_equal(is_there(path ? path : "", "state.next.db"), where == LS_STATE_FILE);
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_string_equal(value_of(store, "SELECT count(*) || ' ' || sum(length) FROM t"), "193 386");
  assert_string_equal(hash_of(store), fresh_hash(store, NEW));
  add(store, "v2.Added", 600, 1); /* and on it goes, under the new schema */
  assert_string_equal(hash_of(store), fresh_hash(store, NEW));
  assert_ok(ls_close(store, &err), &err);
  if (!path) return;
  assert_false(is_there(path, "state.next.db"));
  ls_options options = {.state = where};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  assert_string_equal(value_of(store, "SELECT count(*) FROM t"), "194");
  assert_ok(ls_close(store, &err), &err);
}

static void commits_go_on_between_the_steps(void **state) { in_each_place(state, step_with_commits_in_between); }

static void abort_half_way(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  add(store, "v1.Added", 1, 30);
  const char *before = hash_of(store);
  char schema[33];
  snprintf(schema, sizeof schema, "%s", ls_schema_hash(store));
  for (uint64_t events = 0; events <= 40; events += 10) {
    ls_migration *m = begin(store, NEW);
    if (events) assert_int_equal(ls_migration_step(m, events, &err), events < 30);
    ls_migration_abort(m);
    assert_string_equal(hash_of(store), before);
    assert_string_equal(ls_schema_hash(store), schema);
    assert_false(is_there(path ? path : "", "state.next.db"));
  }
  add(store, "v1.Added", 31, 1);
  (void)where;
  assert_ok(ls_close(store, &err), &err);
}

static void an_abort_leaves_everything_as_it_was(void **state) { in_each_place(state, abort_half_way); }

static void close_half_way(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  add(store, "v1.Added", 1, 30);
  ls_migration *m = begin(store, NEW);
  assert_int_equal(ls_migration_step(m, 10, &err), 1);
  assert_ok(ls_close(store, &err), &err);
  if (!path) return;
  assert_false(is_there(path, "state.next.db"));
  ls_options options = {.state = where};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  assert_string_equal(value_of(store, "SELECT count(*) FROM pragma_table_info('t')"), "2");
  assert_ok(ls_close(store, &err), &err);
}

static void closing_the_store_aborts(void **state) { in_each_place(state, close_half_way); }

static void rebuild_in_steps(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  add(store, "v1.Added", 1, 25);
  add(store, "v1.Dropped", 3, 1);
  const char *before = hash_of(store);
  ls_migration *m = begin(store, NULL);
  assert_int_equal(ls_migration_step(m, 10, &err), 1);
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_string_equal(hash_of(store), before);
  add(store, "v1.Added", 100, 1);
  (void)path;
  (void)where;
  assert_ok(ls_close(store, &err), &err);
}

static void a_rebuild_is_a_migration_to_the_same_schema(void **state) { in_each_place(state, rebuild_in_steps); }

static void keep_rows(ls_store *store, const char *path, ls_state_place where) {
  ls_query *query = NULL;
  ls_error err;
  add(store, "v1.Added", 1, 20);
  assert_ok(ls_query_open(&query, store, "SELECT * FROM t ORDER BY id", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  ls_migration *m = begin(store, NEW);
  assert_int_equal(ls_migration_step(m, 5, &err), 1);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_int_equal(ls_query_columns(query), 2);
  for (int64_t i = 3; i <= 20; i++) {
    assert_int_equal(ls_query_next(query, &err), 1);
    assert_int_equal(ls_query_int(query, 0), i);
  }
  assert_int_equal(ls_query_next(query, &err), 0);
  ls_query_close(query);
  assert_ok(ls_query_open(&query, store, "SELECT * FROM t", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_columns(query), 3);
  ls_query_close(query);
  (void)path;
  (void)where;
  assert_ok(ls_close(store, &err), &err);
}

static void open_queries_keep_their_rows(void **state) { in_each_place(state, keep_rows); }

/* ---------------------------------------------------------------------------------------------- */

static void there_is_one_at_a_time(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, OLD, LS_STATE_MEMORY);
  ls_error err;
  ls_migration *m = begin(store, NEW), *second = NULL;
  ls_schema_source source = {.json = NEW};
  assert_code(ls_migration_begin(&second, store, &source, &err), LS_EEXISTS, &err);
  assert_null(second);
  assert_code(ls_schema_set(store, &source, &err), LS_EEXISTS, &err);
  assert_code(ls_rebuild(store, &err), LS_EEXISTS, &err);
  ls_migration_abort(m);
  assert_ok(ls_schema_set(store, &source, &err), &err);
  ls_migration_abort(NULL);
  ls_close(store, NULL);
}

static void a_wrong_schema_does_not_begin(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, OLD, LS_STATE_MEMORY);
  ls_error err;
  ls_migration *m = NULL;
  assert_code(ls_migration_begin(&m, store, &(ls_schema_source){.json = "{\"livestore\":2}"}, &err), LS_ESCHEMA, &err);
  assert_code(ls_migration_begin(&m, store, &(ls_schema_source){.file = "/no/such/file"}, &err), LS_ENOTFOUND, &err);
  assert_null(m);
  m = begin(store, NEW);
  ls_migration_abort(m);
  ls_close(store, NULL);
}

static int stop_at_once(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)what;
  (void)done;
  (void)total;
  return *(bool *)user;
}

static void one_that_is_stopped_can_go_on(void **unused) {
  (void)unused;
  bool stop = false;
  ls_options options = options_of(OLD, LS_STATE_MEMORY);
  options.progress = stop_at_once;
  options.progress_user = &stop;
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &options, &err), &err);
  add(store, "v1.Added", 1, 10);
  const char *before = hash_of(store);
  ls_migration *m = begin(store, NEW);
  stop = true;
  assert_code(ls_migration_finish(m, &err), LS_EABORT, &err);
  assert_string_equal(hash_of(store), before);
  stop = false;
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_string_equal(hash_of(store), fresh_hash(store, NEW));
  ls_close(store, NULL);
}

static ls_migration *stepped;

static int step_inside(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)what;
  (void)done;
  (void)total;
  ls_error err;
  if (stepped) assert_code(ls_migration_step(stepped, 1, &err), LS_ELOCKED, &err);
  return *(bool *)user;
}

static void nothing_is_done_from_inside_its_own_progress(void **unused) {
  (void)unused;
  bool stop = false;
  ls_options options = options_of(OLD, LS_STATE_MEMORY);
  options.progress = step_inside;
  options.progress_user = &stop;
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &options, &err), &err);
  add(store, "v1.Added", 1, 10);
  stepped = begin(store, NEW);
  ls_migration *m = stepped;
  assert_ok(ls_migration_finish(m, &err), &err);
  stepped = NULL;
  ls_close(store, NULL);
}

/* Committed under the old schema, refused by the new one. */
static void what_the_new_schema_does_not_take_is_failed_and_told(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, OLD, LS_STATE_MEMORY);
  const ls_migration_report *report;
  ls_status status;
  ls_error err;
  add(store, "v1.Added", 995, 4);
  ls_migration *m = begin(store, NEW);
  assert_int_equal(ls_migration_step(m, 100, &err), 0);
  add(store, "v1.Added", 999, 5);
  add(store, "v1.Dropped", 995, 2);
  assert_ok(ls_migration_compare(&report, m, 2, &err), &err);
  assert_int_equal(report->events, 11);
  assert_int_equal(report->failed, 3);
  assert_int_equal(report->failed_before, 0);
  assert_int_equal(report->n_failures, 2);
  assert_int_equal(report->failures[0].seq.global, 7);
  assert_string_equal(report->failures[1].name, "v1.Added");
  assert_non_null(strstr(report->failures[1].error, "event \"v1.Added\" → \"v2.Added\": $.id"));
  assert_int_equal(report->n_unknown, 1);
  assert_string_equal(report->unknown[0].name, "v1.Dropped");
  assert_int_equal(report->unknown[0].events, 2);
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.failed, 3);
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = OLD}, &err), &err);
  assert_string_equal(value_of(store, "SELECT count(*) FROM t"), "7");
  ls_close(store, NULL);
}

/* As a rebase does. The new state keeps no way back so far, and is begun again. */
static void a_log_that_is_cut_below_it_is_replayed_anew(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, OLD, LS_STATE_MEMORY);
  uint64_t done, total;
  ls_error err;
  add(store, "v1.Added", 1, 10);
  ls_migration *m = begin(store, NEW);
  assert_int_equal(ls_migration_step(m, 100, &err), 0);
  assert_ok(ls_log_cut(store->leader->log, (ls_seqnum){5, 0, 0}, &err), &err);
  add(store, "v1.Added", 100, 1);
  assert_int_equal(ls_migration_step(m, 4, &err), 1);
  ls_migration_progress(m, &done, &total);
  assert_int_equal(done, 4);
  assert_ok(ls_migration_finish(m, &err), &err);
  assert_string_equal(value_of(store, "SELECT group_concat(id) FROM t"), "1,2,3,4,5,100");
  assert_string_equal(hash_of(store), fresh_hash(store, NEW));
  ls_close(store, NULL);
}

/* Unknown events stay in the log, and are materialized once a schema knows them. */
static void an_unknown_event_becomes_known(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, NEW, LS_STATE_MEMORY);
  ls_error err;
  ls_event dropped = core_event(3, "v1.Dropped", "{\"id\":1}");
  dropped.client_id = "newer";
  add(store, "v2.Added", 1, 2);
  assert_ok(ls_log_append(store->leader->log, &dropped, 1, &err), &err); /* as from upstream */
  assert_string_equal(value_of(store, "SELECT count(*) FROM t"), "2");
  char json[sizeof NEW + 200];
  snprintf(json, sizeof json, "%.*s,\"v1.Dropped\":{\"args\":" ADDED ",\"sql\":\"DELETE FROM t WHERE id = :id\"}}}",
           (int)(strlen(NEW) - 2), NEW);
  assert_ok(ls_schema_set(store, &(ls_schema_source){.json = json}, &err), &err);
  assert_string_equal(value_of(store, "SELECT group_concat(id) FROM t"), "2");
  ls_close(store, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* Comparing */

static const ls_table_change *table_of(const ls_migration_report *report, const char *name) {
  for (size_t i = 0; i < report->n_tables; i++) {
    if (strcmp(report->tables[i].name, name) == 0) return &report->tables[i];
  }
  fail_msg("no table %s", name);
  return NULL;
}

static void columns_are_compared(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, OLD, LS_STATE_MEMORY);
  const ls_migration_report *report;
  ls_error err;
  add(store, "v1.Added", 1, 10);
  ls_migration *m = begin(store, NEW);
  assert_ok(ls_migration_compare(&report, m, 0, &err), &err);
  assert_string_not_equal(report->schema_hash, ls_schema_hash(store));
  assert_int_equal(report->n_tables, 2);
  const ls_table_change *t = table_of(report, "t"), *n = table_of(report, "n");
  assert_true(t->before && t->after && t->compared);
  assert_int_equal(t->n_columns, 1);
  assert_string_equal(t->columns[0].name, "length");
  assert_null(t->columns[0].before);
  assert_string_equal(t->columns[0].after, "INTEGER NOT NULL");
  assert_int_equal(t->changed + t->added + t->removed, 0);
  assert_true(!n->before && n->after && !n->compared);
  assert_int_equal(n->rows_before, 0);
  assert_int_equal(n->rows_after, 7);
  assert_int_equal(n->added, 7);
  ls_migration_abort(m);
  ls_close(store, NULL);
}

/* Events of one table whose rows the test chooses by SQL, under two schemas. */
static void rows_are_compared_by_key(void **unused) {
  (void)unused;
  static const struct {
    const char *before, *sql_before, *after, *sql_after;
    bool compared;
    uint64_t added, changed, removed;
  } cases[] = {
      {"t (k INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
       "t (k INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (2, 'b'), (3, 'x'), (4, 'd'), (5, 'e')", true, 2, 1, 1},
      {"t (k TEXT PRIMARY KEY, v) WITHOUT ROWID", "INSERT INTO t VALUES ('a', 1), ('b', NULL)",
       "t (k TEXT PRIMARY KEY, v)", "INSERT INTO t VALUES ('b', NULL), ('a', 1.0)", true, 0, 1, 0},
      {"t (a, b, v, PRIMARY KEY (a, b))", "INSERT INTO t VALUES (1, 1, 'x'), (1, 2, 'y')",
       "t (a, b, v, PRIMARY KEY (a, b))", "INSERT INTO t VALUES (1, 2, 'y'), (2, 1, 'x')", true, 1, 0, 1},
      {"t (a, b, PRIMARY KEY (a, b))", "INSERT INTO t VALUES (1, NULL), (NULL, 2)", "t (a, b, PRIMARY KEY (a, b))",
       "INSERT INTO t VALUES (NULL, 2), (1, NULL)", true, 0, 0, 0},
      {"t (a, b, PRIMARY KEY (a, b))", "INSERT INTO t VALUES (1, 1)", "t (a, b, PRIMARY KEY (b, a))",
       "INSERT INTO t VALUES (1, 1), (2, 2)", false, 2, 0, 1},
      {"t (k INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, 1)", "t (k INTEGER PRIMARY KEY, v AS (k * 3))",
       "INSERT INTO t VALUES (1)", true, 0, 1, 0},
      {"t (k INTEGER PRIMARY KEY, v)", "INSERT INTO t VALUES (1, x'00')",
       "t (k INTEGER PRIMARY KEY, \"w \"\" w\" TEXT, v)", "INSERT INTO t VALUES (1, 'w', x'00')", true, 0, 0, 0},
      {"\"t \"\"2\" (\"k 1\" PRIMARY KEY, v)", "INSERT INTO \"t \"\"2\" VALUES (1, 2)",
       "\"t \"\"2\" (\"k 1\" PRIMARY KEY, v)", "INSERT INTO \"t \"\"2\" VALUES (1, 3)", true, 0, 1, 0},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    char create_before[200], create_after[200];
    snprintf(create_before, sizeof create_before, "CREATE TABLE %s", cases[i].before);
    snprintf(create_after, sizeof create_after, "CREATE TABLE %s", cases[i].after);
    const char *const tables_before[] = {create_before, NULL}, *const tables_after[] = {create_after, NULL};
    const char *const sql_before[] = {cases[i].sql_before, NULL}, *const sql_after[] = {cases[i].sql_after, NULL};
    const ls_event_def before = {.name = "filled", .sql = sql_before}, after = {.name = "filled", .sql = sql_after};
    ls_schema_def old = {.tables = tables_before, .events = &before, .n_events = 1};
    ls_schema_def new = {.tables = tables_after, .events = &after, .n_events = 1};
    ls_store *store = NULL;
    ls_migration *m = NULL;
    const ls_migration_report *report;
    ls_error err;
    assert_ok(ls_open(&store, NULL, &(ls_options){.schema.def = &old}, &err), &err);
    assert_ok(ls_commit(NULL, store, "filled", NULL, &err), &err);
    assert_ok(ls_migration_begin(&m, store, &(ls_schema_source){.def = &new}, &err), &err);
    assert_ok(ls_migration_compare(&report, m, 0, &err), &err);
    assert_int_equal(report->n_tables, 1);
    assert_int_equal(report->tables[0].compared, cases[i].compared);
    assert_int_equal(report->tables[0].added, cases[i].added);
    assert_int_equal(report->tables[0].changed, cases[i].changed);
    assert_int_equal(report->tables[0].removed, cases[i].removed);
    ls_close(store, NULL);
  }
}

static void compare_and_abort(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  const ls_migration_report *report;
  add(store, "v1.Added", 1, 20);
  assert_ok(ls_close(store, &err), &err);
  if (!path) return;
  ls_options options = {.state = where};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  size_t sizes[2];
  char *file = tmp_path(path, "state.db"), *log = tmp_path(path, "log.db"), *before[2], *after[2];
  bool kept = access(file, F_OK) == 0;
  before[0] = tmp_read(log, &sizes[0]);
  if (kept) before[1] = tmp_read(file, &sizes[1]);
  ls_migration *m = begin(store, NEW);
  assert_ok(ls_migration_compare(&report, m, 5, &err), &err);
  assert_ok(ls_migration_compare(&report, m, 5, &err), &err); /* again is as good */
  assert_int_equal(table_of(report, "t")->rows_after, 20);
  ls_migration_abort(m);
  after[0] = tmp_read(log, NULL);
  assert_memory_equal(before[0], after[0], sizes[0]);
  if (kept) {
    after[1] = tmp_read(file, NULL);
    assert_memory_equal(before[1], after[1], sizes[1]);
    free(before[1]);
    free(after[1]);
  }
  free(before[0]);
  free(after[0]);
  free(file);
  free(log);
  assert_ok(ls_close(store, &err), &err);
}

static void a_dry_run_changes_nothing_on_disk(void **state) { in_each_place(state, compare_and_abort); }

/* ---------------------------------------------------------------------------------------------- */

static int migrate(ls_store *store, const char *json, ls_error *err) {
  const ls_migration_report *report;
  ls_migration *m = NULL;
  int rc = ls_migration_begin(&m, store, &(ls_schema_source){.json = json}, err);
  if (!rc) rc = ls_migration_step(m, 3, err);
  if (rc == 1) rc = ls_migration_compare(&report, m, 3, err);
  if (!rc) rc = ls_migration_finish(m, err);
  if (rc && m) ls_migration_abort(m);
  return rc;
}

/* After each failure the store is as it was, or all is done; and it works. */
static void fail_each_allocation(ls_store *store, const char *path, ls_state_place where) {
  ls_error err;
  add(store, "v1.Added", 996, 8);
  char old[33], wanted[33], schema[33];
  snprintf(old, sizeof old, "%s", hash_of(store));
  snprintf(wanted, sizeof wanted, "%s", fresh_hash(store, NEW));
  snprintf(schema, sizeof schema, "%s", ls_schema_hash(store));
  long stride = path && !getenv("SOAK") ? 17 : 1; /* files take their time */
  for (long k = 1;; k += stride) {
    fault_alloc_arm(k, false);
    int rc = migrate(store, NEW, &err);
    bool fired = fault_alloc_disarm();
    bool done = strcmp(ls_schema_hash(store), schema) != 0;
    if (!fired) assert_ok(rc, &err);
    if (rc) assert_code(rc, LS_ENOMEM, &err);
    assert_int_equal(done, rc == LS_OK);
    assert_string_equal(hash_of(store), done ? wanted : old);
    if (!fired) break;
    if (done) assert_ok(ls_schema_set(store, &(ls_schema_source){.json = OLD}, &err), &err);
  }
  (void)where;
  assert_ok(ls_close(store, &err), &err);
}

static void each_allocation_may_fail(void **state) { in_each_place(state, fail_each_allocation); }

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(commits_go_on_between_the_steps, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(an_abort_leaves_everything_as_it_was, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(closing_the_store_aborts, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(a_rebuild_is_a_migration_to_the_same_schema, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(open_queries_keep_their_rows, tmp_setup, tmp_teardown),
      cmocka_unit_test(there_is_one_at_a_time),
      cmocka_unit_test(a_wrong_schema_does_not_begin),
      cmocka_unit_test(one_that_is_stopped_can_go_on),
      cmocka_unit_test(nothing_is_done_from_inside_its_own_progress),
      cmocka_unit_test(what_the_new_schema_does_not_take_is_failed_and_told),
      cmocka_unit_test(a_log_that_is_cut_below_it_is_replayed_anew),
      cmocka_unit_test(an_unknown_event_becomes_known),
      cmocka_unit_test(columns_are_compared),
      cmocka_unit_test(rows_are_compared_by_key),
      cmocka_unit_test_setup_teardown(a_dry_run_changes_nothing_on_disk, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(each_allocation_may_fail, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
