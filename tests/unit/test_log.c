/* The log: order, appending and cutting, what a failed append leaves, flushing, facts, marks, and reading. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/log_file.h"
#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/tmp.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static ls_log *open_log(const char *file, ls_durability durability) {
  ls_log *log = NULL;
  ls_error err;
  assert_ok(ls_log_open(&log, file, durability, &err), &err);
  return log;
}

static int64_t count(ls_log *log) {
  uint64_t n;
  ls_error err;
  assert_ok(ls_log_count(&n, log, LS_SEQNUM_ROOT, &err), &err);
  return (int64_t)n;
}

static ls_event event_at(ls_seqnum seq, ls_seqnum parent) {
  ls_event event = core_event(1, "e", "{}");
  event.seq = seq;
  event.parent = parent;
  return event;
}

static void events_must_follow_the_head(void **state) {
  (void)state;
  static const struct {
    ls_seqnum seq, parent;
    int code;
  } cases[] = {/* behind e2.1 */
               {{3, 0, 0}, {2, 0, 0}, LS_OK},      {{2, 2, 0}, {2, 1, 0}, LS_OK},
               {{9, 0, 0}, {2, 0, 0}, LS_OK}, /* a gap that came so */
               {{3, 0, 4}, {2, 0, 0}, LS_OK},      {{2, 0, 0}, {1, 0, 0}, LS_EORDER},
               {{2, 1, 0}, {2, 0, 0}, LS_EORDER},  {{2, 3, 0}, {2, 2, 0}, LS_EORDER},
               {{3, 0, 0}, {2, 1, 0}, LS_EORDER},  {{3, 1, 0}, {3, 0, 0}, LS_EORDER},
               {{3, 0, 0}, {1, 0, 0}, LS_EORDER},  {{4, 0, 0}, {3, 0, 0}, LS_EORDER},
               {{0, 0, 0}, {0, 0, 0}, LS_EORDER},  {{LS_SEQNUM_MAX_GLOBAL + 1, 0, 0}, {2, 0, 0}, LS_ELIMIT},
               {{-1, 0, 0}, {2, 0, 0}, LS_ELIMIT}, {{2, LS_SEQNUM_MAX_CLIENT + 1, 0}, {2, 1, 0}, LS_ELIMIT},
               {{3, 0, -1}, {2, 0, 0}, LS_ELIMIT}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
    ls_error err;
    const ls_event before[] = {core_event(1, "e", "{}"), core_event(2, "e", "{}"),
                               event_at((ls_seqnum){2, 1, 0}, (ls_seqnum){2, 0, 0})};
    assert_ok(ls_log_append(log, before, 3, &err), &err);
    const ls_event next = event_at(cases[i].seq, cases[i].parent);
    assert_code(ls_log_append(log, &next, 1, &err), cases[i].code, &err);
    ls_seqnum head = cases[i].code ? before[2].seq : cases[i].seq;
    assert_true(ls_seqnum_equal(ls_log_head(log).seq, head));
    assert_int_equal(count(log), cases[i].code ? 3 : 4);
    assert_ok(ls_log_close(log, &err), &err);
  }
}

/* Names and authors that came with a failed append are forgotten, and may come again. */
static void a_failed_append_leaves_nothing(void **state) {
  static const ls_durability durabilities[] = {LS_DURABILITY_PROCESS, LS_DURABILITY_POWER, LS_DURABILITY_LATER};
  for (size_t i = 0; i < COUNT(durabilities); i++) {
    char name[20];
    snprintf(name, sizeof name, "log-%zu", i);
    char *file = tmp_path(*state, name);
    ls_log *log = open_log(file, durabilities[i]);
    ls_error err;
    core_append(log, "first", "{}");
    ls_mark head = ls_log_head(log);
    ls_event events[] = {core_event(2, "new name", "{}"), core_event(3, "newer name", "{}"),
                         core_event(5, "out of order", "{}")};
    events[1].client_id = "new client";
    assert_code(ls_log_append(log, events, 3, &err), LS_EORDER, &err);
    assert_true(ls_log_append(log, events, 3, NULL) < 0);
    assert_int_equal(ls_log_head(log).sum, head.sum);
    assert_int_equal(log->names.n, 1);
    assert_int_equal(log->origins.n, 1);
    events[2] = core_event(4, "third", "{}");
    assert_ok(ls_log_append(log, events, 3, &err), &err);
    assert_int_equal(log->names.n, 4);
    assert_int_equal(log->origins.n, 2);
    head = ls_log_head(log);
    assert_ok(ls_log_close(log, &err), &err);
    log = open_log(file, durabilities[i]);
    assert_int_equal(ls_log_head(log).sum, head.sum);
    assert_int_equal(log->names.n, 4);
    ls_log_cursor *cursor;
    const ls_event *event;
    assert_ok(ls_log_cursor_open(&cursor, log, (ls_seqnum){2, 0, 0}, &err), &err);
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_string_equal(event->name, "newer name");
    assert_string_equal(event->client_id, "new client");
    ls_log_cursor_close(cursor);
    assert_ok(ls_log_close(log, &err), &err);
    free(file);
  }
}

static int refuse(void *user) {
  (void)user;
  return 1;
}

static void a_flush_that_fails_goes_back_to_the_last_one(void **state) {
  (void)state;
  ls_log *log = open_log(NULL, LS_DURABILITY_LATER);
  ls_error err;
  core_append(log, "a", "{}");
  assert_int_equal(ls_log_durable_head(log).seq.global, 0);
  assert_ok(ls_log_flush(log, &err), &err);
  ls_mark durable = ls_log_head(log);
  assert_int_equal(ls_log_durable_head(log).sum, durable.sum);
  core_append(log, "b", "{}");
  core_append(log, "c", "{}");
  sqlite3_commit_hook(log->db, refuse, NULL);
  assert_true(ls_log_flush(log, &err) < 0);
  sqlite3_commit_hook(log->db, NULL, NULL);
  assert_int_equal(ls_log_head(log).sum, durable.sum);
  assert_int_equal(log->names.n, 1);
  assert_ok(ls_log_flush(log, &err), &err);
  core_append(log, "b", "{}");
  assert_ok(ls_log_flush(log, &err), &err);
  assert_int_equal(count(log), 2);
  assert_ok(ls_log_close(log, &err), &err);
}

static void a_cut_takes_away_what_is_behind(void **state) {
  (void)state;
  for (int durability = 0; durability < 3; durability++) {
    ls_log *log = open_log(NULL, (ls_durability)durability);
    ls_error err;
    ls_mark marks[8] = {{LS_SEQNUM_ROOT, 0}};
    for (int i = 1; i <= 7; i++) {
      core_append(log, i % 2 ? "odd" : "even", "{\"x\":1}");
      marks[i] = ls_log_head(log);
    }
    assert_ok(ls_log_cut(log, marks[5].seq, &err), &err);
    assert_int_equal(ls_log_head(log).sum, marks[5].sum);
    assert_int_equal(ls_log_durable_head(log).sum, marks[5].sum);
    core_append(log, "even", "{\"x\":1}");
    assert_int_equal(ls_log_head(log).sum, marks[6].sum); /* the same events, the same digest */
    core_append(log, "other", "{\"x\":1}");
    assert_true(ls_log_head(log).sum != marks[7].sum);
    assert_ok(ls_log_set_upstream_head(log, marks[3].seq, &err), &err);
    assert_code(ls_log_cut(log, marks[2].seq, &err), LS_EORDER, &err);
    assert_says(&err, "e3");
    assert_int_equal(count(log), 7);
    assert_ok(ls_log_cut(log, marks[3].seq, &err), &err);
    assert_int_equal(count(log), 3);
    assert_ok(ls_log_close(log, &err), &err);
  }
}

static void facts_are_kept(void **state) {
  char *file = tmp_path(*state, "log.db");
  ls_log *log = open_log(file, LS_DURABILITY_LATER);
  ls_bytes value = {0};
  ls_error err;
  assert_int_equal(ls_log_fact(&value, log, "a", &err), 0);
  assert_int_equal(value.size, 0);
  const ls_log_pair facts[] = {{"a", "one"}, {"b", ""}};
  assert_ok(ls_log_set_facts(log, facts, 2, &err), &err);
  assert_ok(ls_log_set_facts(log, &(ls_log_pair){"a", "two"}, 1, &err), &err);
  core_append(log, "e", "{}");
  assert_ok(ls_log_set_upstream_head(log, (ls_seqnum){1, 0, 0}, &err), &err);
  assert_ok(ls_log_close(log, &err), &err);
  log = open_log(file, LS_DURABILITY_PROCESS);
  assert_int_equal(ls_log_fact(&value, log, "a", &err), 1);
  assert_string_equal(ls_bytes_cstr(&value), "two");
  ls_bytes_clear(&value);
  assert_int_equal(ls_log_fact(&value, log, "b", &err), 1);
  assert_int_equal(value.size, 0);
  assert_int_equal(ls_log_upstream_head(log).global, 1);
  assert_int_equal(count(log), 1);
  ls_bytes_fini(&value);
  assert_ok(ls_log_close(log, &err), &err);
  free(file);
}

static void facts_are_set_all_or_none(void **state) {
  (void)state;
  ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
  ls_bytes value = {0};
  ls_error err;
  const ls_log_pair facts[] = {{"a", "one"}, {"b", NULL}}; /* NOT NULL */
  assert_true(ls_log_set_facts(log, facts, 2, &err) < 0);
  assert_int_equal(ls_log_fact(&value, log, "a", &err), 0);
  core_append(log, "e", "{}"); /* no transaction is left open */
  ls_bytes_fini(&value);
  assert_ok(ls_log_close(log, &err), &err);
}

static void marks_and_floors(void **state) {
  (void)state;
  ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
  ls_error err;
  ls_mark mark;
  const ls_event events[] = {core_event(1, "e", "{}"), event_at((ls_seqnum){1, 1, 2}, (ls_seqnum){1, 0, 0}),
                             event_at((ls_seqnum){5, 0, 0}, (ls_seqnum){1, 0, 0})};
  assert_ok(ls_log_append(log, events, 3, &err), &err);
  static const struct {
    ls_seqnum at, floor;
    int found;
  } cases[] = {{{0, 0, 0}, {0, 0, 0}, 1}, {{0, 7, 0}, {0, 0, 0}, 0}, {{1, 0, 0}, {1, 0, 0}, 1},
               {{1, 0, 1}, {1, 0, 0}, 0}, {{1, 1, 2}, {1, 1, 2}, 1}, {{1, 1, 0}, {1, 1, 2}, 0},
               {{1, 9, 0}, {1, 1, 2}, 0}, {{4, 0, 0}, {1, 1, 2}, 0}, {{5, 0, 0}, {5, 0, 0}, 1},
               {{99, 0, 0}, {5, 0, 0}, 0}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    assert_ok(ls_log_floor(&mark, log, cases[i].at, &err), &err);
    assert_true(ls_seqnum_equal(mark.seq, cases[i].floor));
    assert_int_equal(ls_log_mark(&mark, log, cases[i].at, &err), cases[i].found);
  }
  assert_ok(ls_log_close(log, &err), &err);
}

/* What is cut away was read already; what takes its place is read again. */
static void a_cursor_goes_on_where_the_log_was_cut(void **state) {
  (void)state;
  static const int read_before[] = {1, 2, 3, 4};
  for (size_t i = 0; i < COUNT(read_before); i++) {
    ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
    ls_log_cursor *cursor;
    const ls_event *event;
    ls_error err;
    for (int n = 0; n < 4; n++) core_append(log, "old", "{}");
    assert_ok(ls_log_cursor_open(&cursor, log, LS_SEQNUM_ROOT, &err), &err);
    for (int n = 0; n < read_before[i]; n++) assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_true(ls_log_cursor_holds(cursor));
    assert_ok(ls_log_cut(log, (ls_seqnum){2, 0, 0}, &err), &err);
    assert_int_equal(ls_log_cursor_holds(cursor), read_before[i] <= 2);
    for (int n = 0; n < 3; n++) core_append(log, "new", "{}");
    for (int next = read_before[i] < 2 ? read_before[i] + 1 : 3; next <= 5; next++) {
      assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
      assert_int_equal(event->seq.global, next);
      assert_string_equal(event->name, next <= 2 ? "old" : "new");
    }
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 0);
    ls_log_cursor_close(cursor);
    assert_ok(ls_log_close(log, &err), &err);
  }
}

static void a_cursor_reads_on_across_appends(void **state) {
  for (int durability = 0; durability < 3; durability++) {
    char name[20];
    snprintf(name, sizeof name, "log-%d", durability);
    char *file = tmp_path(*state, name);
    ls_log *log = open_log(file, (ls_durability)durability);
    ls_log_cursor *cursor;
    const ls_event *event;
    ls_mark mark;
    ls_error err;
    assert_ok(ls_log_cursor_open(&cursor, log, LS_SEQNUM_ROOT, &err), &err);
    assert_int_equal(ls_log_cursor_next(&event, &mark, cursor, &err), 0);
    for (int i = 1; i <= 5; i++) {
      core_append(log, "e", "{\"a\":[1,2]}");
      if (i == 3) assert_ok(ls_log_flush(log, &err), &err);
      assert_int_equal(ls_log_cursor_next(&event, &mark, cursor, &err), 1);
      assert_int_equal(event->seq.global, i);
      assert_int_equal(event->parent.global, i - 1);
      assert_string_equal(event->name, "e");
      assert_string_equal(event->args, "{\"a\":[1,2]}");
      assert_string_equal(event->client_id, "c");
      assert_string_equal(event->session_id, "s");
      assert_int_equal(mark.sum, ls_log_head(log).sum);
      if (i % 2) assert_int_equal(ls_log_cursor_next(&event, &mark, cursor, &err), 0);
    }
    core_append(log, "e", "{}");
    core_append(log, "e", "{}");
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    core_append(log, "e", "{}"); /* while a row is being read */
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 0);
    assert_int_equal(event->seq.global, 8);
    ls_log_cursor_close(cursor);
    assert_ok(ls_log_close(log, &err), &err);
    free(file);
  }
}

/* Parents are not stored: they follow from what is, also behind client-only events, gaps and other generations. */
static void parents_are_what_they_were(void **state) {
  (void)state;
  ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
  ls_error err;
  const ls_event events[] = {
      event_at((ls_seqnum){1, 0, 0}, LS_SEQNUM_ROOT),        event_at((ls_seqnum){2, 0, 3}, (ls_seqnum){1, 0, 0}),
      event_at((ls_seqnum){2, 1, 1}, (ls_seqnum){2, 0, 3}),  event_at((ls_seqnum){2, 2, 4}, (ls_seqnum){2, 1, 1}),
      event_at((ls_seqnum){3, 0, 5}, (ls_seqnum){2, 0, 3}),  event_at((ls_seqnum){9, 0, 0}, (ls_seqnum){3, 0, 5}),
      event_at((ls_seqnum){10, 0, 0}, (ls_seqnum){9, 0, 0}),
  };
  assert_ok(ls_log_append(log, events, COUNT(events), &err), &err);
  for (size_t from = 0; from < COUNT(events); from++) {
    ls_log_cursor *cursor;
    const ls_event *event;
    assert_ok(ls_log_cursor_open(&cursor, log, from ? events[from - 1].seq : LS_SEQNUM_ROOT, &err), &err);
    for (size_t i = from; i < COUNT(events); i++) {
      assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
      assert_true(ls_seqnum_equal(event->seq, events[i].seq));
      assert_true(ls_seqnum_equal(event->parent, events[i].parent));
    }
    ls_log_cursor_close(cursor);
  }
  assert_ok(ls_log_close(log, &err), &err);
}

static void large_and_odd_arguments_come_back(void **state) {
  (void)state;
  ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
  ls_log_cursor *cursor;
  const ls_event *event;
  ls_error err;
  size_t size = 3 << 20;
  char *big = malloc(size + 1);
  memset(big, 'x', size);
  big[size] = 0;
  const char *const args[] = {"", "{}", "\xf0\x9f\x98\x80", big};
  for (size_t i = 0; i < COUNT(args); i++) core_append(log, "e", args[i]);
  assert_ok(ls_log_cursor_open(&cursor, log, LS_SEQNUM_ROOT, &err), &err);
  for (size_t i = 0; i < COUNT(args); i++) {
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_int_equal(event->args_size, strlen(args[i]));
    assert_string_equal(event->args, args[i]);
  }
  ls_log_cursor_close(cursor);
  free(big);
  assert_ok(ls_log_close(log, &err), &err);
}

static void damage_is_named_with_the_last_good_place(void **state) {
  (void)state;
  static const char *const damages[] = {"UPDATE events SET args = '{}' WHERE place >> 24 = 3",
                                        "UPDATE events SET place = place + 1 WHERE place >> 24 = 3",
                                        "DELETE FROM events WHERE place >> 24 = 3",
                                        "UPDATE events SET gap = 1 WHERE place >> 24 = 3",
                                        "UPDATE events SET generation = 1 WHERE place >> 24 = 3",
                                        "UPDATE events SET sum = 0 WHERE place >> 24 = 3"};
  for (size_t i = 0; i < COUNT(damages); i++) {
    ls_log *log = open_log(NULL, LS_DURABILITY_PROCESS);
    ls_log_cursor *cursor;
    const ls_event *event;
    ls_error err;
    for (int n = 0; n < 5; n++) core_append(log, "e", "{\"a\":1}");
    assert_ok(ls_log_exec(log, damages[i], &err), &err);
    assert_ok(ls_log_cursor_open(&cursor, log, LS_SEQNUM_ROOT, &err), &err);
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    assert_int_equal(ls_log_cursor_next(&event, NULL, cursor, &err), 1);
    for (int again = 0; again < 2; again++) {
      assert_code(ls_log_cursor_next(&event, NULL, cursor, &err), LS_ECORRUPT, &err);
      assert_says(&err, "good up to e2");
    }
    ls_log_cursor_close(cursor);
    assert_ok(ls_log_close(log, &err), &err);
  }
}

static void other_files_are_refused_and_not_changed(void **state) {
  static const struct {
    const char *sql;
    int code;
    const char *says;
  } cases[] = {
      {"CREATE TABLE t (a)", LS_ECORRUPT, "not an event log"},
      {"CREATE TABLE t (a); PRAGMA application_id = 0x4c53746f; PRAGMA user_version = 99", LS_EFORMAT, "newer"}};
  for (size_t i = 0; i < COUNT(cases); i++) {
    char *file = tmp_path(*state, i ? "b.db" : "a.db");
    sqlite3 *db;
    ls_log *log = NULL;
    ls_error err;
    size_t before, after;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, cases[i].sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    char *kept = tmp_read(file, &before);
    assert_code(ls_log_open(&log, file, LS_DURABILITY_PROCESS, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_says(&err, file);
    char *now = tmp_read(file, &after);
    assert_int_equal(before, after);
    assert_memory_equal(kept, now, after);
    free(kept);
    free(now);
    free(file);
  }
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(events_must_follow_the_head),
      IN_TMP(a_failed_append_leaves_nothing),
      cmocka_unit_test(a_flush_that_fails_goes_back_to_the_last_one),
      cmocka_unit_test(a_cut_takes_away_what_is_behind),
      IN_TMP(facts_are_kept),
      cmocka_unit_test(facts_are_set_all_or_none),
      cmocka_unit_test(marks_and_floors),
      IN_TMP(a_cursor_reads_on_across_appends),
      cmocka_unit_test(a_cursor_goes_on_where_the_log_was_cut),
      cmocka_unit_test(parents_are_what_they_were),
      cmocka_unit_test(large_and_odd_arguments_come_back),
      cmocka_unit_test(damage_is_named_with_the_last_good_place),
      IN_TMP(other_files_are_refused_and_not_changed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
