/* What upstream does to a store is done whole or not at all: each allocation and each I/O call fails in turn, and the
 * power is lost at some point, while events are merged, pending ones moved, commits refused, conflicts retried and
 * dropped, and backends replaced. An error means that nothing has changed; afterwards the store works on, and opens
 * with the same. */
#define _XOPEN_SOURCE 700

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/fault_vfs.h"
#include "support/random.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

typedef struct body {
  const char *name;
  bool in_memory, in_file, far; /* far: rollback records do not reach */
  int (*run)(ls_store *store, upstream *u, ls_error *err);
} body;

static int merge(ls_store *store, upstream *u, ls_error *err) {
  return upstream_try_pull(NULL, u, store, SIZE_MAX, err);
}

static int refuse(ls_store *store, upstream *u, ls_error *err) {
  (void)u;
  return ls_upstream_refused(store, ls_log_upstream_head(store->leader->log).global + 2, "too much of it", err);
}

static int retry(ls_store *store, upstream *u, ls_error *err) {
  (void)u;
  return ls_conflict_retry(NULL, store, 1, &(ls_input){"put", "{\"id\":77,\"name\":\"again\"}"}, 1, err);
}

static int drop(ls_store *store, upstream *u, ls_error *err) {
  (void)u;
  return ls_conflict_drop(store, 1, err);
}

static int begin_anew(ls_store *store, upstream *u, ls_error *err) {
  (void)u;
  return ls_upstream_backend(store, "second", LS_BACKEND_SET_ASIDE, err);
}

static int upload(ls_store *store, upstream *u, ls_error *err) {
  (void)u;
  return ls_upstream_backend(store, "second", LS_BACKEND_UPLOAD, err);
}

static const body BODIES[] = {
    {.name = "merge, rebase and conflicts", .run = merge},
    {.name = "the same in memory", .in_memory = true, .run = merge},
    {.name = "the same with the state in a file", .in_file = true, .run = merge},
    {.name = "the same without rollback records", .far = true, .run = merge},
    {.name = "the same in a file without them", .in_file = true, .far = true, .run = merge},
    {.name = "refuse", .run = refuse},
    {.name = "retry", .run = retry},
    {.name = "drop", .run = drop},
    {.name = "begin anew", .run = begin_anew},
    {.name = "begin anew in memory", .in_memory = true, .run = begin_anew},
    {.name = "upload", .run = upload},
};
#define BODIES_N (sizeof BODIES / sizeof BODIES[0])

/* ---------------------------------------------------------------------------------------------- */
/* The store and its upstream */

static ls_store *open_store(const body *b, const char *path) {
  ls_options options = {.schema.json = UPSTREAM_SCHEMA,
                        .store_id = "shared",
                        .client_id = "c",
                        .session_id = "s",
                        .durability = LS_DURABILITY_POWER};
  if (b->in_file) options.state = LS_STATE_FILE;
  if (b->far) options.rollback_bytes = 1;
  return fixture_open_with(b->in_memory ? NULL : path, &options);
}

static void remove_files(const char *directory) {
  char command[600];
  snprintf(command, sizeof command, "rm -rf '%s'/store", directory);
  assert_int_equal(system(command), 0);
}

/* Some agreed upon, one conflict, several pending, of which some will not survive what upstream has next. */
static ls_store *prepare(const body *b, upstream *u, const char *path) {
  ls_error err;
  ls_store *store = open_store(b, path);
  assert_ok(ls_upstream_backend(store, "first", LS_BACKEND_STOP, &err), &err);
  upstream_commit(store, "put", "{\"id\":1,\"name\":\"a\"}");
  upstream_commit(store, "local", "{\"n\":1}");
  upstream_commit(store, "put", "{\"id\":2,\"name\":\"b\"}");
  upstream_push(u, store, 1);
  upstream_add(u, "other", "put", "{\"id\":3,\"name\":\"b\"}");
  upstream_pull(u, store);
  upstream_commit(store, "count", "{\"id\":1}");
  assert_ok(ls_commit_all(NULL, store,
                          (ls_input[]){{"put", "{\"id\":4}"}, {"local", "{\"n\":2}"}, {"put", "{\"id\":5}"}}, 3, &err),
            &err);
  assert_ok(ls_undo(NULL, store, 1, &err), &err);
  upstream_commit(store, "put", "{\"id\":6,\"name\":\"f\"}");
  upstream_commit(store, "part", "{\"id\":1,\"item\":3}");
  upstream_push(u, store, 1);
  upstream_add(u, "other", "put", "{\"id\":7,\"name\":\"f\"}");
  upstream_add(u, "other", "count", "{\"id\":9}");
  upstream_add(u, "other", "put", "{\"id\":1}"); /* fails everywhere */
  upstream_add(u, "other", "put", "{\"id\":4}");
  return store;
}

static int add_conflict(void *user, const ls_conflict *conflict) {
  ls_bytes *out = user;
  ls_bytes_printf(out, " | conflict %d", (int)conflict->id);
  for (size_t i = 0; i < conflict->n; i++) ls_bytes_printf(out, " %s", conflict->events[i].args);
  return 0;
}

/* All that the log says, as a text: equal for equal stores. Freed with free(). */
static char *describe(ls_store *store) {
  ls_bytes out = {0};
  ls_error err;
  char text[LS_SEQNUM_TEXT];
  ls_events *events;
  const ls_event *event;
  ls_bytes_printf(&out, "%s upstream %s", ls_upstream_backend_id(store),
                  ls_seqnum_format(ls_log_upstream_head(store->leader->log), text));
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  int more;
  while ((more = ls_events_next(&event, events, &err)) == 1) {
    ls_bytes_printf(&out, " | %s %s %s %d", ls_seqnum_format(event->seq, text), event->name, event->args,
                    (int)event->undoes);
  }
  assert_int_equal(more, 0);
  ls_events_close(events);
  assert_ok(ls_conflicts(store, add_conflict, &out, &err), &err);
  char *copy = strdup(ls_bytes_cstr(&out));
  ls_bytes_fini(&out);
  return copy;
}

typedef struct outcome {
  char *before, *after;
} outcome;

/* What there is before and after, when all goes well. */
static outcome expect(const body *b, const char *directory) {
  upstream u = {.id = "first"};
  ls_error err;
  char *path = tmp_path(directory, "store");
  ls_store *store = prepare(b, &u, path);
  outcome o = {.before = describe(store)};
  assert_ok(b->run(store, &u, &err), &err);
  o.after = describe(store);
  assert_string_not_equal(o.before, o.after);
  upstream_check(store);
  fixture_close(store);
  upstream_fini(&u);
  remove_files(directory);
  free(path);
  return o;
}

static void outcome_fini(outcome *o) {
  free(o->before);
  free(o->after);
}

/* ---------------------------------------------------------------------------------------------- */
/* Sweeps */

typedef struct fault {
  const char *name;
  void (*arm)(long k);
  bool (*disarm)(void);
  int code;
} fault;

static void alloc_once(long k) { fault_alloc_arm(k, false); }
static void alloc_sticky(long k) { fault_alloc_arm(k, true); }
static void io_once(long k) { fault_vfs_arm(k, FAULT_VFS_ALL, false); }
static void io_sticky(long k) { fault_vfs_arm(k, FAULT_VFS_ALL, true); }
static void full(long k) { fault_vfs_arm_full((k - 1) * 300); }

static const fault FAULTS[] = {
    {"one allocation failed", alloc_once, fault_alloc_disarm, LS_ENOMEM},
    {"all allocations failed from one on", alloc_sticky, fault_alloc_disarm, LS_ENOMEM},
    {"one I/O call failed", io_once, fault_vfs_disarm, LS_EIO},
    {"all I/O calls failed from one on", io_sticky, fault_vfs_disarm, LS_EIO},
    {"the device was full", full, fault_vfs_disarm, LS_EFULL},
};

#define expect_text(label, k, is, wanted)                                                                              \
  do {                                                                                                                 \
    char *text_ = (is);                                                                                                \
    if (strcmp(text_, wanted) != 0) fail_msg("%s %ld: there is\n%s\ninstead of\n%s", label, k, text_, wanted);         \
    free(text_);                                                                                                       \
  } while (0)

static bool run_once(const body *b, const fault *f, const outcome *o, const char *directory, long k) {
  char label[200];
  upstream u = {.id = "first"};
  ls_error err = {.code = 0};
  long blocks = fault_alloc_sqlite_blocks();
  char *path = tmp_path(directory, "store");
  ls_store *store = prepare(b, &u, path);
  snprintf(label, sizeof label, "%s, %s", b->name, f->name);
  f->arm(k);
  int rc = b->run(store, &u, &err);
  bool failed = f->disarm();
  if (rc && (!failed || rc != f->code)) fail_msg("%s %ld: ended with %s: %s", label, k, ls_code_name(rc), err.text);
  const char *wanted = rc ? o->before : o->after;
  upstream_check(store);
  expect_text(label, k, describe(store), wanted);
  if (!b->in_memory) {
    fixture_close(store);
    store = open_store(b, path);
    upstream_check(store);
    expect_text(label, k, describe(store), wanted);
  }
  if (rc) assert_ok(b->run(store, &u, &err), &err);
  upstream_check(store);
  expect_text(label, k, describe(store), o->after);
  upstream_commit(store, "put", "{\"id\":1000}");
  fixture_close(store);
  upstream_fini(&u);
  remove_files(directory);
  free(path);
  if (fault_alloc_sqlite_blocks() != blocks) fail_msg("%s %ld: SQLite's memory is left", label, k);
  return failed;
}

static void sweep(const body *b, const fault *f, const char *directory) {
  long most = random_option("LS_MOST", getenv("SOAK") ? 2000 : 6), end = 1, n = 0;
  outcome o = expect(b, directory);
  while (run_once(b, f, &o, directory, end)) end *= 4;
  for (long k = 1; run_once(b, f, &o, directory, k); k += end / most + 1) n++;
  print_message("%s: %ld times %s\n", b->name, n, f->name);
  outcome_fini(&o);
}

static void test_an_error_means_that_nothing_has_changed(void **state) {
  for (size_t i = 0; i < BODIES_N; i++) {
    for (size_t j = 0; j < sizeof FAULTS / sizeof FAULTS[0]; j++) {
      if (!BODIES[i].in_memory || FAULTS[j].code == LS_ENOMEM) sweep(&BODIES[i], &FAULTS[j], *state);
    }
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Loss of power, in a process of its own */

static void lose_power(const body *b, const char *path, long k) {
  upstream u = {.id = "first"};
  ls_error err;
  fault_vfs_track();
  ls_store *store = prepare(b, &u, path);
  fault_vfs_arm(k, FAULT_VFS_ALL, true);
  int rc = b->run(store, &u, &err);
  bool failed = fault_vfs_disarm();
  fault_vfs_lose_power((uint64_t)k);
  _exit(failed ? rc ? 1 : 2 : 3);
}

/* What returned is there, since it was to outlive the power; what did not return may be. */
static bool cut_power(const body *b, const outcome *o, const char *directory, long k) {
  char *path = tmp_path(directory, "store");
  int status;
  pid_t pid = fork();
  if (pid == 0) lose_power(b, path, k);
  assert_int_equal(waitpid(pid, &status, 0), pid);
  assert_true(WIFEXITED(status));
  int how = WEXITSTATUS(status);
  ls_store *store = open_store(b, path);
  upstream_check(store);
  char *text = describe(store);
  bool good = strcmp(text, o->after) == 0 || (how == 1 && strcmp(text, o->before) == 0);
  if (!good) fail_msg("%s, power lost at %ld (%d): there is\n%s", b->name, k, how, text);
  free(text);
  fixture_close(store);
  remove_files(directory);
  free(path);
  return how != 3;
}

static void test_a_loss_of_power_leaves_old_or_new(void **state) {
  long step = getenv("SOAK") ? 1 : 7;
  for (size_t i = 0; i < BODIES_N; i++) {
    bool renames = BODIES[i].in_file && BODIES[i].far; /* an open file, of which the VFS does not know */
    if (BODIES[i].in_memory || renames) continue;
    outcome o = expect(&BODIES[i], *state);
    for (long k = 1; cut_power(&BODIES[i], &o, *state, k); k += step) {}
    outcome_fini(&o);
  }
}

int main(void) {
  fault_alloc_install();
  fault_vfs_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_an_error_means_that_nothing_has_changed, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_loss_of_power_leaves_old_or_new, tmp_setup, tmp_teardown)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
