/* The logs of stores in SQLite: what comes back, and what is refused. What is left after faults: test_fault_stores.c. */
#define _XOPEN_SOURCE 700

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "server/iso_time.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/stores_fixture.h"
#include "support/tmp.h"

static void reopen(const char *directory) {
  stores.close(stores.self);
  stores_open(directory);
}

static void append_ok(const char *store, int64_t parent, size_t n) {
  ls_error err;
  assert_ok(stores_append(store, parent, n, &err), &err);
}

static void sync_ok(void) {
  ls_error err;
  assert_ok(stores.sync(stores.self, &err), &err);
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
  assert_ok(stores.read(stores.self, store, after, write_event, &text, &err), &err);
  assert_non_null(ls_bytes_cstr(&text));
  assert_string_equal(text.data, wanted);
  ls_bytes_fini(&text);
}

static int open_setup(void **state) {
  int rc = tmp_setup(state);
  if (!rc) stores_open(*state);
  return rc;
}

static int close_teardown(void **state) {
  stores.close(stores.self);
  return tmp_teardown(state);
}

/* ---------------------------------------------------------------------------------------------- */
/* What comes back */

/* WIRE-16 */
static void events_come_back_as_they_were_appended(void **state) {
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
  assert_ok(stores.append_if(stores.self, "s", 0, events, 3, STORES_NOW_MS, &err), &err);
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

static void reading_stops_when_told(void **state) {
  int calls = 0;
  (void)state;
  append_ok("s", 0, 5);
  sync_ok();
  assert_int_equal(stores.read(stores.self, "s", 0, stop, &calls, NULL), LS_OK);
  assert_int_equal(calls, 2);
}

static void nothing_is_seen_before_it_is_durable(void **state) {
  append_ok("s", 0, 2);
  append_ok("s", 2, 1);
  assert_int_equal(stores_head("s").head, 0);
  assert_log("s", 0, "");
  sync_ok();
  assert_int_equal(stores_head("s").head, 3);
  append_ok("s", 3, 1);
  reopen(*state);
  assert_int_equal(stores_head("s").head, 3);
  sync_ok();
}

static void an_append_elsewhere_than_at_the_head_is_refused(void **state) {
  ls_error err;
  (void)state;
  append_ok("s", 0, 2);
  assert_code(stores_append("s", 0, 1, &err), LS_EORDER, &err);
  assert_says(&err, "store s is at e2, not at e0");
  assert_code(stores_append("t", 1, 1, &err), LS_EORDER, &err);
  append_ok("s", 2, 1);
  sync_ok();
  assert_int_equal(stores_head("s").head, 3);
  assert_int_equal(stores_head("t").head, 0);
}

static int add_name(void *user, const char *store, const ls_backend_head *h) {
  ls_bytes_printf(user, "%s %lld %lld\n", store, (long long)h->head, (long long)h->events);
  return 0;
}

static void stores_are_listed_and_events_counted(void **state) {
  ls_wire_event event = {.seq = 9, .parent = 2, .name = "n", .client_id = "c", .session_id = "s"};
  ls_bytes names = {0};
  int64_t n;
  (void)state;
  append_ok("b", 0, 2);
  append_ok("a-b", 0, 1);
  append_ok("a_b", 0, 3);
  sync_ok();
  assert_int_equal(stores.append_if(stores.self, "b", 2, &event, 1, STORES_NOW_MS, NULL), LS_OK);
  sync_ok();
  assert_int_equal(stores.stores(stores.self, add_name, &names, NULL), LS_OK);
  assert_string_equal(ls_bytes_cstr(&names), "a-b 1 1\na_b 3 3\nb 9 3\n");
  ls_bytes_fini(&names);
  assert_int_equal(stores.count(stores.self, &n, "b", 1, NULL), LS_OK);
  assert_int_equal(n, 2);
  assert_int_equal(stores.count(stores.self, &n, "nobody", 0, NULL), LS_OK);
  assert_int_equal(n, 0);
}

/* WIRE-21, WIRE-22 */
static void backend_ids_are_stable_and_of_one_store(void **state) {
  ls_backend_head s = stores_head("s"), t = stores_head("t");
  assert_int_equal(strlen(s.backend_id), 21);
  assert_string_not_equal(s.backend_id, t.backend_id);
  append_ok("s", 0, 1);
  sync_ok();
  assert_string_equal(stores_head("s").backend_id, s.backend_id);
  reopen(*state);
  assert_string_equal(stores_head("s").backend_id, s.backend_id);
  assert_string_equal(stores_head("t").backend_id, t.backend_id);
  char *other = tmp_path(*state, "other");
  stores.close(stores.self);
  stores_open(other);
  assert_string_not_equal(stores_head("s").backend_id, s.backend_id);
  free(other);
}

static void times_are_written_as_javascript_does(void **state) {
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

static void two_servers_cannot_have_one_directory(void **state) {
  expect_open(*state, LS_ELOCKED, "livestore serve");
}

static void what_is_not_ours_is_left_alone(void **state) {
  size_t size;
  char *path = tmp_path(*state, "stores.db");
  stores.close(stores.self);
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
  stores_open(*state);
}

static int ignore(void *user, const ls_wire_event *e) {
  (void)user;
  (void)e;
  return 0;
}

static void missing_events_are_found(void **state) {
  ls_backend_head h;
  ls_error err;
  append_ok("s", 0, 5);
  append_ok("t", 0, 5);
  sync_ok();
  stores.close(stores.self);
  exec(*state, "DELETE FROM events WHERE place & 0xff = 3 AND place >> 40 = 1;"
               "DELETE FROM events WHERE place & 0xff = 5 AND place >> 40 = 2");
  stores_open(*state);
  assert_code(stores.read(stores.self, "s", 0, ignore, NULL, &err), LS_ECORRUPT, &err);
  assert_says(&err, "store s: event e3 is missing");
  assert_code(stores.head(stores.self, &h, "t", &err), LS_ECORRUPT, &err);
  assert_says(&err, "store t: event e5 is its newest one, but missing");
}

#define OPEN_TEST(test) cmocka_unit_test_setup_teardown(test, open_setup, close_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      OPEN_TEST(events_come_back_as_they_were_appended),
      OPEN_TEST(reading_stops_when_told),
      OPEN_TEST(nothing_is_seen_before_it_is_durable),
      OPEN_TEST(an_append_elsewhere_than_at_the_head_is_refused),
      OPEN_TEST(stores_are_listed_and_events_counted),
      OPEN_TEST(backend_ids_are_stable_and_of_one_store),
      cmocka_unit_test(times_are_written_as_javascript_does),
      OPEN_TEST(two_servers_cannot_have_one_directory),
      OPEN_TEST(what_is_not_ours_is_left_alone),
      OPEN_TEST(missing_events_are_found),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
