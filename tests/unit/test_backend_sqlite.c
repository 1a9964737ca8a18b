/* The logs of stores in SQLite: what comes back, what is refused at opening, and what is left when I/O fails, the process is
 * killed, or power is lost.
 *   LS_KILLS  rounds of the last two (12; 150 with SOAK in the environment)
 *   LS_SEED   the seed, printed by each run; the moments of kills still differ, as time does */
#define _XOPEN_SOURCE 700

#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/err.h"
#include "server/backend_sqlite.h"
#include "server/iso_time.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_vfs.h"
#include "support/random.h"
#include "support/tmp.h"

#define NOW_MS INT64_C(1767225600123)

static ls_backend b;

static void open_at(const char *directory) {
  ls_error err;
  assert_ok(ls_backend_sqlite_open(&b, directory, &err), &err);
}

static void reopen(const char *directory) {
  b.close(b.self);
  open_at(directory);
}

static int append(const char *store, int64_t parent, size_t n, ls_error *err) {
  ls_wire_event events[10];
  char args[10][40];
  for (size_t i = 0; i < n; i++) {
    int64_t seq = parent + 1 + (int64_t)i;
    snprintf(args[i], sizeof args[i], "{\"n\":%lld,\"of\":\"%.10s\"}", (long long)seq, store);
    events[i] = (ls_wire_event){.seq = seq,
                                .parent = seq - 1,
                                .name = "v1.Made",
                                .args = args[i],
                                .args_size = strlen(args[i]),
                                .client_id = "c",
                                .session_id = "s"};
  }
  return b.append_if(b.self, store, parent, events, n, NOW_MS, err);
}

static void append_ok(const char *store, int64_t parent, size_t n) {
  ls_error err;
  assert_ok(append(store, parent, n, &err), &err);
}

static void sync_ok(void) {
  ls_error err;
  assert_ok(b.sync(b.self, &err), &err);
}

static ls_backend_head head(const char *store) {
  ls_backend_head h;
  ls_error err;
  assert_ok(b.head(b.self, &h, store, &err), &err);
  return h;
}

static int write_event(void *user, const ls_wire_event *e) {
  ls_bytes_printf(user, "%lld<%lld %s %.*s %s %s %s\n", (long long)e->seq, (long long)e->parent, e->name,
                  (int)e->args_size, e->args ? e->args : "", e->client_id, e->session_id, e->created_at);
  if (!e->args) ls_bytes_text(user, "absent\n");
  return 0;
}

static void assert_log(const char *store, int64_t after, const char *wanted) {
  ls_bytes text = {0};
  ls_error err;
  assert_ok(b.read(b.self, store, after, write_event, &text, &err), &err);
  assert_non_null(ls_bytes_cstr(&text));
  assert_string_equal(text.data, wanted);
  ls_bytes_fini(&text);
}

static int open_setup(void **state) {
  int rc = tmp_setup(state);
  if (!rc) open_at(*state);
  return rc;
}

static int close_teardown(void **state) {
  b.close(b.self);
  return tmp_teardown(state);
}

/* ---------------------------------------------------------------------------------------------- */
/* What comes back */

/* WIRE-16 */
static void test_events_come_back_as_they_were_appended(void **state) {
  const ls_wire_event events[] = {
      {.seq = 100, .parent = 0, .name = "a", .client_id = "c1", .session_id = "s1"},
      {.seq = 101, .parent = 100, .name = "b", .args = "nullx", .args_size = 4, .client_id = "c2", .session_id = "s2"},
      {.seq = LS_SEQNUM_MAX_GLOBAL,
       .parent = 101,
       .name = "\xc3\xa4",
       .args = "{\"t\":\"\\u0000\"}",
       .args_size = 14,
       .client_id = "c3",
       .session_id = "s3"},
  };
  ls_error err;
  assert_ok(b.append_if(b.self, "s", 0, events, 3, NOW_MS, &err), &err);
  sync_ok();
  for (int i = 0; i < 2; i++) {
    assert_log("s", 0,
               "100<0 a  c1 s1 2026-01-01T00:00:00.123Z\nabsent\n101<100 b null c2 s2 2026-01-01T00:00:00.123Z\n"
               "549755813887<101 \xc3\xa4 {\"t\":\"\\u0000\"} c3 s3 2026-01-01T00:00:00.123Z\n");
    assert_log("s", 101, "549755813887<101 \xc3\xa4 {\"t\":\"\\u0000\"} c3 s3 2026-01-01T00:00:00.123Z\n");
    assert_log("s", LS_SEQNUM_MAX_GLOBAL, "");
    assert_log("s", INT64_MAX, "");
    assert_log("t", 0, "");
    reopen(*state);
  }
}

static int stop(void *user, const ls_wire_event *e) {
  (void)e;
  return ++*(int *)user == 2;
}

static void test_reading_stops_when_told(void **state) {
  int calls = 0;
  (void)state;
  append_ok("s", 0, 5);
  sync_ok();
  assert_int_equal(b.read(b.self, "s", 0, stop, &calls, NULL), LS_OK);
  assert_int_equal(calls, 2);
}

static void test_nothing_is_seen_before_it_is_durable(void **state) {
  append_ok("s", 0, 2);
  append_ok("s", 2, 1);
  assert_int_equal(head("s").head, 0);
  assert_log("s", 0, "");
  sync_ok();
  assert_int_equal(head("s").head, 3);
  append_ok("s", 3, 1);
  reopen(*state);
  assert_int_equal(head("s").head, 3);
  sync_ok();
}

static void test_an_append_elsewhere_than_at_the_head_is_refused(void **state) {
  ls_error err;
  (void)state;
  append_ok("s", 0, 2);
  assert_code(append("s", 0, 1, &err), LS_EORDER, &err);
  assert_says(&err, "store s is at e2, not at e0");
  assert_code(append("t", 1, 1, &err), LS_EORDER, &err);
  append_ok("s", 2, 1);
  sync_ok();
  assert_int_equal(head("s").head, 3);
  assert_int_equal(head("t").head, 0);
}

static int add_name(void *user, const char *store, const ls_backend_head *h) {
  ls_bytes_printf(user, "%s %lld %lld\n", store, (long long)h->head, (long long)h->events);
  return 0;
}

static void test_stores_are_listed_and_events_counted(void **state) {
  ls_wire_event event = {.seq = 9, .parent = 2, .name = "n", .client_id = "c", .session_id = "s"};
  ls_bytes names = {0};
  int64_t n;
  (void)state;
  append_ok("b", 0, 2);
  append_ok("a-b", 0, 1);
  append_ok("a_b", 0, 3);
  sync_ok();
  assert_int_equal(b.append_if(b.self, "b", 2, &event, 1, NOW_MS, NULL), LS_OK);
  sync_ok();
  assert_int_equal(b.stores(b.self, add_name, &names, NULL), LS_OK);
  assert_string_equal(ls_bytes_cstr(&names), "a-b 1 1\na_b 3 3\nb 9 3\n");
  ls_bytes_fini(&names);
  assert_int_equal(b.count(b.self, &n, "b", 1, NULL), LS_OK);
  assert_int_equal(n, 2);
  assert_int_equal(b.count(b.self, &n, "nobody", 0, NULL), LS_OK);
  assert_int_equal(n, 0);
}

/* WIRE-21, WIRE-22 */
static void test_backend_ids_are_stable_and_of_one_store(void **state) {
  ls_backend_head s = head("s"), t = head("t");
  assert_int_equal(strlen(s.backend_id), 21);
  assert_string_not_equal(s.backend_id, t.backend_id);
  append_ok("s", 0, 1);
  sync_ok();
  assert_string_equal(head("s").backend_id, s.backend_id);
  reopen(*state);
  assert_string_equal(head("s").backend_id, s.backend_id);
  assert_string_equal(head("t").backend_id, t.backend_id);
  char *other = tmp_path(*state, "other");
  b.close(b.self);
  open_at(other);
  assert_string_not_equal(head("s").backend_id, s.backend_id);
  free(other);
}

static void test_times_are_written_as_javascript_does(void **state) {
  static const struct {
    int64_t ms;
    const char *text;
  } cases[] = {
      {0, "1970-01-01T00:00:00.000Z"},
      {INT64_C(951782399999), "2000-02-28T23:59:59.999Z"},
      {INT64_C(951782400000), "2000-02-29T00:00:00.000Z"},
      {INT64_C(1709251199999), "2024-02-29T23:59:59.999Z"},
      {INT64_C(4107542400000), "2100-03-01T00:00:00.000Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
      {INT64_MIN, "0000-01-01T00:00:00.000Z"},
      {INT64_MAX, "9999-12-31T23:59:59.999Z"},
  };
  char text[LS_ISO_TIME];
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    assert_string_equal(ls_iso_time(text, cases[i].ms), cases[i].text);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening */

static void expect_open(const char *directory, int code, const char *says) {
  ls_backend other;
  ls_error err;
  assert_code(ls_backend_sqlite_open(&other, directory, &err), code, &err);
  assert_says(&err, says);
}

static void exec(const char *directory, const char *sql) {
  sqlite3 *db;
  char *path = tmp_path(directory, "stores.db");
  assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
  sqlite3_close(db);
  free(path);
}

static void test_two_servers_cannot_have_one_directory(void **state) {
  expect_open(*state, LS_ELOCKED, "livestore serve");
}

static void test_what_is_not_ours_is_left_alone(void **state) {
  size_t size;
  char *path = tmp_path(*state, "stores.db");
  b.close(b.self);
  exec(*state, "PRAGMA user_version = 2");
  expect_open(*state, LS_EFORMAT, "format 2, and this version reads format 1");
  exec(*state, "PRAGMA application_id = 5");
  expect_open(*state, LS_EFORMAT, "not a database of stores");
  tmp_write(path, "Dear diary, this is a text of more than a few bytes.", 52);
  expect_open(*state, LS_EFORMAT, "stores.db");
  char *text = tmp_read(path, &size);
  assert_int_equal(size, 52);
  free(text);
  remove(path);
  free(path);
  open_at(*state);
}

static int ignore(void *user, const ls_wire_event *e) {
  (void)user;
  (void)e;
  return 0;
}

static void test_missing_events_are_found(void **state) {
  ls_backend_head h;
  ls_error err;
  append_ok("s", 0, 5);
  append_ok("t", 0, 5);
  sync_ok();
  b.close(b.self);
  exec(*state, "DELETE FROM events WHERE place & 0xff = 3 AND place >> 40 = 1;"
               "DELETE FROM events WHERE place & 0xff = 5 AND place >> 40 = 2");
  open_at(*state);
  assert_code(b.read(b.self, "s", 0, ignore, NULL, &err), LS_ECORRUPT, &err);
  assert_says(&err, "store s: event e3 is missing");
  assert_code(b.head(b.self, &h, "t", &err), LS_ECORRUPT, &err);
  assert_says(&err, "store t: event e5 is its newest one, but missing");
}

/* ---------------------------------------------------------------------------------------------- */
/* Faults */

#define STORES 3

typedef struct account {
  int64_t synced[STORES], tried[STORES];
} account;

static const char *const NAMES[STORES] = {"a", "b", "c"};

/* Rounds of appends, each made durable, until one fails. */
static int work(account *a, int rounds, random_source *r, ls_error *err) {
  for (int i = 0; i < rounds; i++) {
    int64_t at[STORES];
    memcpy(at, a->synced, sizeof at);
    for (unsigned k = 0, n = 1 + random_below(r, 4); k < n; k++) {
      unsigned s = random_below(r, STORES), events = 1 + random_below(r, 9);
      if (a->tried[s] < at[s] + events) a->tried[s] = at[s] + events;
      int rc = append(NAMES[s], at[s], events, err);
      if (rc) return rc;
      at[s] += events;
    }
    int rc = b.sync(b.self, err);
    if (rc) return rc;
    memcpy(a->synced, at, sizeof at);
  }
  return LS_OK;
}

static int count_events(void *user, const ls_wire_event *e) {
  int64_t *n = user;
  assert_int_equal(e->seq, *n + 1);
  ++*n;
  return 0;
}

/* What was synced is there, and nothing that was not tried. */
static void check(account *a, const char *label) {
  ls_error err;
  for (int s = 0; s < STORES; s++) {
    int64_t n = 0;
    int rc = b.read(b.self, NAMES[s], 0, count_events, &n, &err);
    if (rc) fail_msg("%s: %s", label, err.text);
    if (n < a->synced[s] || n > a->tried[s]) {
      fail_msg("%s: %lld events of store %s, which has %lld to %lld", label, (long long)n, NAMES[s],
               (long long)a->synced[s], (long long)a->tried[s]);
    }
    ls_backend_head h = head(NAMES[s]);
    assert_int_equal(h.head, n);
    assert_int_equal(h.events, n);
    a->synced[s] = n;
    a->tried[s] = n;
  }
}

static bool run_with_fault(const char *directory, long k, int kind) {
  account a = {0};
  ls_error err = {0};
  random_source r = random_from(7);
  char label[60];
  snprintf(label, sizeof label, "fault %d at %ld", kind, k);
  if (kind == 2)
    fault_vfs_arm_full((k - 1) * 2000);
  else
    fault_vfs_arm(k, FAULT_VFS_ALL, kind == 1);
  int rc = ls_backend_sqlite_open(&b, directory, &err);
  bool opened = rc == LS_OK;
  if (opened) rc = work(&a, 6, &r, &err);
  bool failed = fault_vfs_disarm();
  if (rc && (!failed || (rc != LS_EIO && rc != LS_EFULL) || err.code != rc))
    fail_msg("%s: %d, %s", label, rc, err.text);
  if (opened && rc) {
    b.sync(b.self, NULL); /* an append that failed is told once more, here */
    check(&a, label);
    assert_int_equal(work(&a, 1, &r, &err), LS_OK);
  }
  if (opened) b.close(b.self);
  open_at(directory);
  check(&a, label);
  assert_int_equal(work(&a, 1, &r, &err), LS_OK);
  b.close(b.self);
  return failed;
}

static void test_faults_of_io_cost_nothing_that_was_synced(void **state) {
  long step = getenv("SOAK") ? 1 : 5;
  for (int kind = 0; kind < 3; kind++) {
    char name[30];
    bool failed = true;
    long k = 1;
    for (; failed; k += step) {
      snprintf(name, sizeof name, "%d-%ld", kind, k);
      char *directory = tmp_path(*state, name);
      failed = run_with_fault(directory, k, kind);
      free(directory);
    }
    print_message("fault %d: up to %ld\n", kind, k);
  }
}

/* The child tells what it has synced; all before the last words is durable. */
static void be_a_server(const char *directory, int pipe, account *a, uint64_t seed, bool power) {
  ls_error err;
  random_source r = random_from(seed);
  if (power) fault_vfs_track();
  if (ls_backend_sqlite_open(&b, directory, &err)) _exit(2);
  if (power) fault_vfs_arm(1 + (long)random_below(&r, 1500), FAULT_VFS_ALL, true);
  do {
    if (write(pipe, a, sizeof *a) != (ssize_t)sizeof *a) _exit(3);
  } while (work(a, 1, &r, &err) == LS_OK && (!power || a->synced[0] < 4000));
  if (write(pipe, a, sizeof *a) != (ssize_t)sizeof *a) _exit(3);
  if (power) fault_vfs_lose_power(seed);
  _exit(0);
}

static void kill_round(const char *directory, account *a, random_source *r, bool power) {
  int ends[2];
  account told;
  uint64_t seed = random_below(r, UINT32_MAX);
  assert_int_equal(pipe(ends), 0);
  fflush(NULL);
  pid_t pid = fork();
  assert_true(pid >= 0);
  if (pid == 0) {
    close(ends[0]);
    be_a_server(directory, ends[1], a, seed, power);
  }
  close(ends[1]);
  if (!power) {
    assert_int_equal(read(ends[0], a, sizeof *a), sizeof *a);
    nanosleep(&(struct timespec){0, (long)random_below(r, 30000000)}, NULL);
    kill(pid, SIGKILL);
  }
  while (read(ends[0], &told, sizeof told) == (ssize_t)sizeof told) *a = told;
  close(ends[0]);
  int status;
  assert_int_equal(waitpid(pid, &status, 0), pid);
  if (power && status) fail_msg("the child ended with %d", status);
  for (int s = 0; s < STORES; s++) a->tried[s] = a->synced[s] + 4 * 9; /* the round that was not told of */
  open_at(directory);
  check(a, power ? "power lost" : "killed");
  b.close(b.self);
}

static void lose_rounds(const char *directory, bool power) {
  long seed = random_option("LS_SEED", (long)time(NULL)), rounds = random_option("LS_KILLS", getenv("SOAK") ? 150 : 12);
  random_source r = random_from((uint64_t)seed);
  account a = {0};
  for (long i = 0; i < rounds; i++) {
    char name[30];
    if (i % 4 == 0) memset(&a, 0, sizeof a);
    snprintf(name, sizeof name, "%s-%ld", power ? "power" : "kill", i / 4);
    char *path = tmp_path(directory, name);
    kill_round(path, &a, &r, power);
    free(path);
  }
  print_message("%ld rounds, LS_SEED=%ld\n", rounds, seed);
}

static void test_what_was_synced_survives_a_kill(void **state) { lose_rounds(*state, false); }
static void test_what_was_synced_survives_the_loss_of_power(void **state) { lose_rounds(*state, true); }

#define OPEN_TEST(test) cmocka_unit_test_setup_teardown(test, open_setup, close_teardown)

int main(void) {
  fault_vfs_install();
  const struct CMUnitTest tests[] = {
      OPEN_TEST(test_events_come_back_as_they_were_appended),
      OPEN_TEST(test_reading_stops_when_told),
      OPEN_TEST(test_nothing_is_seen_before_it_is_durable),
      OPEN_TEST(test_an_append_elsewhere_than_at_the_head_is_refused),
      OPEN_TEST(test_stores_are_listed_and_events_counted),
      OPEN_TEST(test_backend_ids_are_stable_and_of_one_store),
      cmocka_unit_test(test_times_are_written_as_javascript_does),
      OPEN_TEST(test_two_servers_cannot_have_one_directory),
      OPEN_TEST(test_what_is_not_ours_is_left_alone),
      OPEN_TEST(test_missing_events_are_found),
      cmocka_unit_test_setup_teardown(test_faults_of_io_cost_nothing_that_was_synced, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_what_was_synced_survives_a_kill, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_what_was_synced_survives_the_loss_of_power, tmp_setup, tmp_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
