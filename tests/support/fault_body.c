#include "support/fault_body.h"

#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"

static void require_ok(const fault_store *fs, int rc, const ls_error *err) {
  fault_store_require(fs, rc == LS_OK, "prepare: %s", err->text);
}

/* ---------------------------------------------------------------------------------------------- */
/* Preparing */

static void write_garbage(fault_store *fs) {
  char *file = tmp_path(fs->path, "state.db");
  tmp_write(file, "SQLite format 3\0 and then something else", 40);
  free(file);
}

static void copy_file(const char *from_directory, const char *to_directory, const char *name) {
  char *from = tmp_path(from_directory, name), *to = tmp_path(to_directory, name);
  size_t size;
  if (ls_port_exists(from, NULL) == 1) {
    char *content = tmp_read(from, &size);
    tmp_write(to, content, size);
    free(content);
  }
  free(from);
  free(to);
}

static void remove_files(const char *directory) {
  static const char *const names[] = {"log.db",           "log.db-wal",   "log.db-journal",   "state.db",
                                      "state.db-wal",     "state.new.db", "state.new.db-wal", "state.db.tmp",
                                      "state.db-journal", "lock"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char *file = tmp_path(directory, names[i]);
    ls_port_remove_file(file, NULL);
    free(file);
  }
}

/* The files as they are while the store is open are what a killed process leaves. */
static void crash(fault_store *fs) {
  char *aside = tmp_path(fs->path, "aside");
  ls_error err;
  require_ok(fs, fault_store_open(fs, &err), &err);
  require_ok(fs, fault_store_commit(fs, 30, &err), &err);
  require_ok(fs, ls_port_make_directory(aside, &err), &err);
  static const char *const names[] = {"log.db", "log.db-wal", "state.db", "state.db-wal"};
  for (size_t i = 0; i < 4; i++) copy_file(fs->path, aside, names[i]);
  require_ok(fs, fault_store_close(fs, &err), &err);
  remove_files(fs->path);
  for (size_t i = 0; i < 4; i++) copy_file(aside, fs->path, names[i]);
  remove_files(aside);
  remove(aside);
  free(aside);
}

static void crash_with_garbage(fault_store *fs) {
  crash(fs);
  write_garbage(fs);
}

static void commit_unsaved(fault_store *fs) {
  ls_error err;
  require_ok(fs, fault_store_commit(fs, 300, &err), &err);
}

static void set_schema(fault_store *fs) {
  ls_error err;
  require_ok(fs, ls_schema_set(fs->store, &FAULT_STORE_OTHER_SCHEMA, &err), &err);
  fs->options.schema = FAULT_STORE_OTHER_SCHEMA;
}

/* As a store is left by its last process: what it had committed, a snapshot of most of it. */
static void fill(fault_store *fs, const fault_body *body) {
  ls_error err;
  require_ok(fs, fault_store_open(fs, &err), &err);
  if (body->events) require_ok(fs, fault_store_commit(fs, body->events, &err), &err);
  require_ok(fs, fault_store_flush(fs, &err), &err);
  if (body->in_memory) return;
  require_ok(fs, fault_store_close(fs, &err), &err);
  require_ok(fs, fault_store_open(fs, &err), &err);
  require_ok(fs, fault_store_commit(fs, 20, &err), &err);
  require_ok(fs, fault_store_close(fs, &err), &err);
  if (!body->closed) require_ok(fs, fault_store_open(fs, &err), &err);
}

void fault_body_prepare(fault_store *fs, const fault_body *body, const char *directory) {
  remove_files(directory);
  fault_store_init(fs, body->in_memory ? NULL : directory);
  fs->label = body->name;
  fs->options.state = body->state_in_file ? LS_STATE_FILE : LS_STATE_MEMORY;
  fs->options.snapshot_events = body->snapshot_events;
  fs->options.durability = body->later ? LS_DURABILITY_LATER : LS_DURABILITY_PROCESS;
  fs->options.flush_ms = 1000000;
  if (body->events) fill(fs, body);
  if (body->prepare) body->prepare(fs);
}

/* ---------------------------------------------------------------------------------------------- */
/* Bodies */

static int commit_one(fault_store *fs, ls_error *err) { return fault_store_commit(fs, 1, err); }
static int commit_batch(fault_store *fs, ls_error *err) { return fault_store_commit(fs, 9, err); }

/* What the application did wrong is told; that is how it ends without a fault. */
static int commit_bad(fault_store *fs, ls_error *err) {
  int rc = fault_store_commit_bad(fs, 3, err);
  fault_store_require(fs, rc != LS_OK, "an event that cannot be applied was committed");
  return rc == LS_EMATERIALIZE ? LS_OK : rc;
}

/* Rows of a query that is open while others commit: as many as before, or an error. */
static int read_rest(fault_store *fs, ls_query *query, int64_t expected, ls_error *err) {
  int more;
  int64_t rows = 0;
  while ((more = ls_query_next(query, err)) == 1) rows++;
  fault_store_require(fs, more < 0 || rows == expected, "the query gave %d rows, not %d", (int)rows, (int)expected);
  return more;
}

static int count_rows(int64_t *out, fault_store *fs, ls_error *err) {
  ls_query *query;
  int rc = ls_query_open(&query, fs->store, "SELECT count(*) FROM items", LS_NO_PARAMS, err);
  if (rc) return rc;
  rc = ls_query_next(query, err);
  if (rc == 1) *out = ls_query_int(query, 0);
  ls_query_close(query);
  return rc == 1 ? LS_OK : rc;
}

static int commit_while_reading(fault_store *fs, ls_error *err) {
  ls_query *query, *other = NULL;
  int64_t rows = 0;
  ls_error late;
  int rc = count_rows(&rows, fs, err);
  if (!rc) rc = ls_query_open(&query, fs->store, "SELECT id, text FROM items ORDER BY text", LS_NO_PARAMS, err);
  if (rc) return rc;
  rc = ls_query_open(&other, fs->store, "SELECT id, text FROM items ORDER BY text", LS_NO_PARAMS, err);
  if (!rc) rc = ls_query_next(query, err) == 1 ? LS_OK : err->code;
  if (!rc) rc = fault_store_commit(fs, 9, err);
  int read = rc ? LS_OK : read_rest(fs, query, rows - 1, &late);
  int again = rc ? LS_OK : read_rest(fs, other, rows, &late);
  ls_query_close(query);
  ls_query_close(other);
  if (!rc && (read || again)) *err = late;
  return rc ? rc : read ? read : again;
}

static int query(fault_store *fs, ls_error *err) {
  ls_query *q;
  for (int i = 0; i < 2; i++) {
    int rc = ls_query_open(&q, fs->store, "SELECT id, text, ?1 AS given FROM items WHERE id > ?2 ORDER BY text",
                           LS_PARAMS(ls_text("parameter"), ls_int(3)), err);
    if (rc) return rc;
    while ((rc = ls_query_next(q, err)) == 1) {
      ls_value text = ls_query_value(q, 1), given = ls_query_value(q, 2);
      fault_store_require(fs, text.type == LS_TYPE_TEXT && given.type == LS_TYPE_TEXT, "a text became something else");
    }
    ls_query_close(q);
    if (rc) return rc;
  }
  return ls_query_open(&q, fs->store, "SELECT nothing FROM nowhere", LS_NO_PARAMS, err) == LS_ESQL ? LS_OK : err->code;
}

static int rebuild(fault_store *fs, ls_error *err) { return ls_rebuild(fs->store, err); }

static int change_schema(fault_store *fs, ls_error *err) {
  char before[33];
  memcpy(before, ls_schema_hash(fs->store), sizeof before);
  int rc = ls_schema_set(fs->store, &FAULT_STORE_OTHER_SCHEMA, err);
  bool changed = strcmp(before, ls_schema_hash(fs->store)) != 0;
  fault_store_require(fs, changed == (rc == LS_OK), "the schema was %schanged, and the code is %d",
                      changed ? "" : "not ", rc);
  fs->options.schema = (ls_schema_source){.functions = FAULT_STORE_OTHER_SCHEMA.functions,
                                          .n_functions = FAULT_STORE_OTHER_SCHEMA.n_functions};
  return rc;
}

static int rebuild_while_reading(fault_store *fs, ls_error *err) {
  ls_query *q;
  int64_t rows;
  int rc = count_rows(&rows, fs, err);
  if (!rc) rc = ls_query_open(&q, fs->store, "SELECT id AS number FROM items", LS_NO_PARAMS, err);
  if (rc) return rc;
  rc = ls_query_next(q, err) == 1 ? ls_rebuild(fs->store, err) : err->code;
  if (!rc) fault_store_require(fs, strcmp(ls_query_name(q, 0), "number") == 0, "the column's name is gone");
  if (!rc) rc = read_rest(fs, q, rows - 1, err);
  ls_query_close(q);
  return rc;
}

static int open_store(fault_store *fs, ls_error *err) { return fault_store_open(fs, err); }
static int close_store(fault_store *fs, ls_error *err) { return fault_store_close(fs, err); }

static int commit_some(fault_store *fs, ls_error *err) {
  for (int i = 0; i < 5; i++) {
    int rc = fault_store_commit(fs, 3, err);
    if (rc) return rc;
  }
  return LS_OK;
}

static int commit_and_flush(fault_store *fs, ls_error *err) {
  int rc = commit_some(fs, err);
  if (!rc) rc = fault_store_flush(fs, err);
  if (!rc) rc = fault_store_commit(fs, 1, err);
  return rc ? rc : fault_store_flush(fs, err);
}

static int set_document(fault_store *fs, ls_error *err) {
  char expected[100];
  const char *value;
  int rc = fault_store_set_document(fs, err);
  if (!rc) rc = ls_document_get(&value, fs->store, "ui", NULL, err);
  if (rc) return rc;
  snprintf(expected, sizeof expected, "{\"a\xc3\xa4\":%s,\"n\":%d,\"tab\":\"first\"}",
           (fs->n - 1) % 2 ? "true" : "false", fs->n - 1);
  fault_store_require(fs, strcmp(value, expected) == 0, "the document is %s, not %s", value, expected);
  rc = ls_document_get(&value, fs->store, "ui", "another", err);
  if (!rc)
    fault_store_require(fs, strcmp(value, "{\"a\xc3\xa4\":true,\"n\":0,\"tab\":\"first\"}") == 0, "the default is %s",
                        value);
  return rc;
}

static int count_change(void *user, const ls_change *change) {
  (void)change;
  ++*(int *)user;
  return 0;
}

static int read_changes(fault_store *fs, ls_error *err) {
  int changes = 0;
  int rc = ls_event_changes(fs->store, (ls_seqnum){2, 0, 0}, count_change, &changes, err);
  if (!rc) fault_store_require(fs, changes == 4, "%d rows changed, not 4", changes);
  return rc;
}

static int read_events(fault_store *fs, ls_error *err) {
  ls_events *events;
  const ls_event *event;
  ls_event_filter filter = {.since = {2, 0, 0}, .name = "v1.*", .client_id = "client", .session_id = "session"};
  int rc = ls_events_open(&events, fs->store, &filter, err);
  if (rc) return rc;
  while ((rc = ls_events_next(&event, events, err)) == 1) continue;
  ls_events_close(events);
  return rc;
}

static int read_status(fault_store *fs, ls_error *err) {
  ls_status status;
  char hash[33];
  int rc = ls_status_get(&status, fs->store, err);
  return rc ? rc : ls_state_hash(hash, fs->store, err);
}

static int cut_and_follow(fault_store *fs, ls_error *err) { return fault_store_cut(fs, 3, err); }

static void commit_singly(fault_store *fs) {
  ls_error err;
  for (int i = 0; i < 6; i++) require_ok(fs, fault_store_commit(fs, 1, &err), &err);
}

const fault_body FAULT_BODIES[] = {
    {.name = "open: new", .closed = true, .run = open_store},
    {.name = "open: snapshot and tail", .closed = true, .events = 300, .run = open_store},
    {.name = "open: state.db is garbage", .closed = true, .events = 60, .prepare = write_garbage, .run = open_store},
    {.name = "open: after a crash", .closed = true, .events = 300, .prepare = crash, .run = open_store},
    {.name = "open: after a crash, garbage",
     .closed = true,
     .events = 60,
     .prepare = crash_with_garbage,
     .run = open_store},
    {.name = "open: state in file", .closed = true, .state_in_file = true, .events = 60, .run = open_store},
    {.name = "open: state in file, crash",
     .closed = true,
     .state_in_file = true,
     .events = 60,
     .prepare = crash,
     .run = open_store},
    {.name = "open: state in file, garbage",
     .closed = true,
     .state_in_file = true,
     .events = 60,
     .prepare = write_garbage,
     .run = open_store},
    {.name = "commit one", .events = 20, .run = commit_one},
    {.name = "commit one: store in memory", .in_memory = true, .events = 20, .run = commit_one},
    {.name = "commit a batch", .events = 20, .run = commit_batch},
    {.name = "commit a batch: state in file", .state_in_file = true, .events = 20, .run = commit_batch},
    {.name = "commit an event at fault", .events = 20, .run = commit_bad},
    {.name = "commit while a query is open", .events = 40, .run = commit_while_reading},
    {.name = "commit later and flush", .later = true, .events = 20, .run = commit_and_flush},
    {.name = "commit with snapshots", .snapshot_events = 4, .events = 20, .run = commit_some},
    {.name = "commit later with snapshots", .later = true, .snapshot_events = 4, .events = 20, .run = commit_some},
    {.name = "set and get a document", .events = 20, .run = set_document},
    {.name = "query", .events = 40, .run = query},
    {.name = "rebuild", .events = 60, .run = rebuild},
    {.name = "rebuild: state in file", .state_in_file = true, .events = 60, .run = rebuild},
    {.name = "rebuild: events that fail", .events = 60, .prepare = set_schema, .run = rebuild},
    {.name = "rebuild while a query is open", .events = 40, .run = rebuild_while_reading},
    {.name = "set the schema", .events = 60, .run = change_schema},
    {.name = "set the schema: state in file", .state_in_file = true, .events = 60, .run = change_schema},
    {.name = "roll back and follow", .events = 40, .prepare = commit_singly, .run = cut_and_follow},
    {.name = "roll back: state in file",
     .state_in_file = true,
     .events = 40,
     .prepare = commit_singly,
     .run = cut_and_follow},
    {.name = "close with a snapshot", .events = 20, .prepare = commit_unsaved, .run = close_store},
    {.name = "close later with a snapshot", .later = true, .events = 20, .prepare = commit_unsaved, .run = close_store},
    {.name = "changes of an event", .events = 20, .run = read_changes},
    {.name = "read events", .events = 20, .run = read_events},
    {.name = "status and hash", .events = 20, .run = read_status},
};
const size_t FAULT_BODIES_N = sizeof FAULT_BODIES / sizeof FAULT_BODIES[0];

/* ---------------------------------------------------------------------------------------------- */
/* Sweeping */

/* One fault; returns whether it happened. */
static bool run_once(const fault_body *body, const fault_switch *fault, const char *directory, long k) {
  char label[120];
  ls_error err = {.code = 0};
  fault_store fs;
  long blocks = fault_alloc_sqlite_blocks();
  fault_body_prepare(&fs, body, directory);
  snprintf(label, sizeof label, "%s, %s %ld", body->name, fault->name, k);
  fs.label = label;
  fault->arm(k);
  int rc = body->run(&fs, &err);
  bool failed = fault->disarm();
  fault_store_require(&fs, rc == LS_OK || (failed && fault->expected(rc)), "ended with %s: %s", ls_code_name(rc),
                      err.text);
  fault_store_require(&fs, rc == LS_OK || (err.code == rc && err.text[0]), "returned %s and told %s: %s",
                      ls_code_name(rc), ls_code_name(err.code), err.text);
  fault_store_check(&fs);
  fault_store_fini(&fs);
  blocks = fault_alloc_sqlite_blocks() - blocks;
  fault_store_require(&fs, blocks == 0, "%ld blocks of SQLite's memory are left", blocks);
  return failed;
}

/* A k for which nothing fails any more, within a factor of four. */
static long find_end(const fault_body *body, const fault_switch *fault, const char *directory) {
  long k = 1;
  while (run_once(body, fault, directory, k)) k *= 4;
  return k;
}

/* A body and how it is made to fail, as a test. */
typedef struct sweep {
  const fault_body *body;
  const fault_switch *fault;
  const char *directory;
  long most;
} sweep;

static void run_sweep(void **state) {
  const sweep *s = *state;
  long most = getenv("SOAK") ? s->most * 100 : s->most, n = 0;
  long step = find_end(s->body, s->fault, s->directory) / most + 1;
  for (long k = 1; run_once(s->body, s->fault, s->directory, k); k += step) n++;
  print_message("%s: %ld times %s\n", s->body->name, n, s->fault->name);
}

/* A test that failed has left it on. */
static int switch_off(void **state) {
  const sweep *s = *state;
  s->fault->disarm();
  return 0;
}

static size_t fill_tests(struct CMUnitTest *tests, sweep *sweeps, const fault_switch *fault, const char *directory,
                         long most) {
  const char *only = getenv("BODY");
  size_t n = 0;
  for (size_t i = 0; i < FAULT_BODIES_N; i++) {
    if (only && !strstr(FAULT_BODIES[i].name, only)) continue;
    sweeps[n] = (sweep){&FAULT_BODIES[i], fault, directory, most};
    tests[n] = (struct CMUnitTest){FAULT_BODIES[i].name, run_sweep, NULL, switch_off, &sweeps[n]};
    n++;
  }
  return n;
}

int fault_body_sweep_all(const fault_switch *faults, size_t n, long most) {
  void *directory = NULL;
  struct CMUnitTest *tests = calloc(FAULT_BODIES_N, sizeof *tests);
  sweep *sweeps = calloc(FAULT_BODIES_N, sizeof *sweeps);
  int failed = 0;
  if (!tests || !sweeps || tmp_setup(&directory)) return 1;
  for (size_t i = 0; i < n; i++) {
    size_t n_tests = fill_tests(tests, sweeps, &faults[i], directory, most);
    if (n_tests) failed += _cmocka_run_group_tests(faults[i].name, tests, n_tests, NULL, NULL);
  }
  failed += tmp_teardown(&directory) != 0;
  free(tests);
  free(sweeps);
  return failed;
}
