/* What ls_check finds, and that it changes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/snapshot.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"
#include "support/todo_store.h"

#define MOST 32

typedef struct findings {
  size_t n;
  ls_finding list[MOST]; /* texts are copies */
} findings;

static void collect(void *user, const ls_finding *finding) {
  findings *all = user;
  assert_true(all->n < MOST);
  ls_finding copy = *finding;
  copy.text = strdup(finding->text);
  all->list[all->n++] = copy;
}

static void forget(findings *all) {
  for (size_t i = 0; i < all->n; i++) free((char *)(uintptr_t)all->list[i].text);
  all->n = 0;
}

static ls_check_report check_with(findings *all, const char *path, const ls_options *options) {
  ls_check_report report;
  ls_error err;
  size_t before_size, after_size;
  char *before = todo_files(path, &before_size);
  forget(all);
  assert_ok(ls_check(&report, path, options, collect, all, &err), &err);
  assert_int_equal(report.findings, all->n);
  char *after = todo_files(path, &after_size);
  assert_int_equal(before_size, after_size);
  assert_memory_equal(before, after, before_size);
  free(before);
  free(after);
  return report;
}

static size_t count(const findings *all, ls_code code) {
  size_t n = 0;
  for (size_t i = 0; i < all->n; i++) n += all->list[i].code == code;
  return n;
}

static void assert_finding(const findings *all, ls_code code, const char *says) {
  for (size_t i = 0; i < all->n; i++) {
    if (all->list[i].code == code && strstr(all->list[i].text, says)) return;
  }
  for (size_t i = 0; i < all->n; i++) print_error("%s: %s\n", ls_code_name(all->list[i].code), all->list[i].text);
  fail_msg("no finding %s with \"%s\"", ls_code_name(code), says);
}

static void assert_position(ls_seqnum seq, const char *text) {
  char buf[LS_SEQNUM_TEXT];
  assert_string_equal(ls_seqnum_format(seq, buf), text);
}

static void remove_state(const char *path) {
  char *file = tmp_path(path, "state.db");
  unlink(file);
  free(file);
}

static void damage(const char *path, const char *sql) {
  char *file = tmp_path(path, "log.db");
  todo_sql(file, sql);
  todo_sql(file, "PRAGMA wal_checkpoint(TRUNCATE)");
  free(file);
}

static void cut_file(const char *path, const char *name, size_t size) {
  char *file = tmp_path(path, name);
  assert_int_equal(truncate(file, (off_t)size), 0);
  free(file);
}

/* Opening a damaged log says so and changes nothing. */
static void assert_open_refused(const char *path) {
  ls_options options = todo_options();
  ls_store *store = NULL;
  ls_error err;
  size_t before_size, after_size;
  char *before = todo_files(path, &before_size);
  assert_code(ls_open(&store, path, &options, &err), LS_ECORRUPT, &err);
  assert_null(store);
  char *after = todo_files(path, &after_size);
  assert_int_equal(before_size, after_size);
  assert_memory_equal(before, after, before_size);
  free(before);
  free(after);
}

/* ---------------------------------------------------------------------------------------------- */

static void a_good_store_has_no_findings(void **state) {
  const char *path = *state;
  findings all = {0};
  char hash[33];
  ls_error err;
  todo_make(path);
  ls_store *store = todo_open(path);
  assert_ok(ls_state_hash(hash, store, &err), &err);
  todo_close(store);
  ls_check_report report = check_with(&all, path, NULL);
  assert_int_equal(all.n, 0);
  assert_int_equal(report.events, TODO_EVENTS);
  assert_position(report.last_good, "e4");
  assert_string_equal(report.state_hash, hash);
  assert_int_equal(strlen(report.log_hash), 32);
}

static void an_empty_store_has_no_findings(void **state) {
  findings all = {0};
  todo_close(todo_open(*state));
  ls_check_report report = check_with(&all, *state, NULL);
  assert_int_equal(all.n, 0);
  assert_int_equal(report.events, 0);
  assert_position(report.last_good, "e0");
}

static void copy_file(const char *from, const char *to, const char *name) {
  size_t size;
  char *source = tmp_path(from, name), *target = tmp_path(to, name), *text = tmp_read(source, &size);
  tmp_write(target, text, size);
  free(source);
  free(target);
  free(text);
}

/* As a process leaves it that is killed: the events are in the WAL only. */
static void a_store_that_was_not_closed_is_read_with_its_wal(void **state) {
  findings all = {0};
  char *path = tmp_path(*state, "a"), *killed = tmp_path(*state, "b");
  ls_error err;
  todo_close(todo_open(killed));
  ls_store *store = todo_open(path);
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"\"}", &err), &err);
  copy_file(path, killed, "log.db");
  copy_file(path, killed, "log.db-wal");
  todo_close(store);
  ls_check_report report = check_with(&all, killed, NULL);
  assert_int_equal(all.n, 0);
  assert_int_equal(report.events, 1);
  free(path);
  free(killed);
}

static void equal_logs_have_equal_hashes_whatever_is_between(void **state) {
  char *path = tmp_path(*state, "a"), *other = tmp_path(*state, "b");
  ls_error err;
  todo_make(path);
  ls_store *store = todo_open(other);
  const ls_input inputs[] = {
      {"v1.TodoCreated", "{\"text\":\"milk\",\"id\":\"a\"}"},
      {"v1.Hovered", NULL},
      {"v1.TodoCreated", "{\"id\":\"b\",\"text\":\"K\xc3\xa4se \xf0\x9f\xa7\x80 \\u0001 \\\"\\n\"}"},
      {"v1.TodoDone", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 4, &err), &err);
  todo_close(store);
  ls_check_report a = todo_check(path), b = todo_check(other);
  assert_string_not_equal(a.log_hash, b.log_hash);
  store = todo_open(other);
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"c\",\"text\":\"\"}", &err), &err);
  todo_close(store);
  b = todo_check(other);
  assert_string_equal(a.log_hash, b.log_hash);
  free(path);
  free(other);
}

/* ---------------------------------------------------------------------------------------------- */
/* Damage of the log */

static void a_changed_event_is_found_with_the_last_good_position(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  damage(path, "UPDATE events SET args = replace(args, '\"a\"', '\"b\"') WHERE place = 3 << 24");
  ls_check_report report = check_with(&all, path, NULL);
  assert_int_equal(all.n, 1);
  assert_finding(&all, LS_ECORRUPT, "damaged at e3: its checksum does not match; it is good up to e2.2");
  assert_position(report.last_good, "e2.2");
  assert_int_equal(report.events, 4);
  assert_int_equal(strlen(report.state_hash), 32);
  remove_state(path);
  assert_open_refused(path);
  forget(&all);
}

static void each_part_of_an_event_is_covered(void **state) {
  static const char *const changes[] = {"generation = 1", "gap = 1",           "name = 3", "origin = 7",
                                        "sum = sum + 1",  "place = place - 1", "name = 99"};
  char name[] = "0";
  for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++, name[0]++) {
    char *path = tmp_path(*state, name), sql[120];
    findings all = {0};
    todo_make(path);
    snprintf(sql, sizeof sql, "UPDATE events SET %s WHERE place = 2 << 24", changes[i]);
    damage(path, sql);
    ls_check_report report = check_with(&all, path, NULL);
    assert_finding(&all, LS_ECORRUPT, "good up to e1");
    assert_position(report.last_good, "e1");
    forget(&all);
    free(path);
  }
}

static void a_missing_event_is_found(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  damage(path, "DELETE FROM events WHERE place = 2 << 24");
  ls_check_report report = check_with(&all, path, NULL);
  assert_finding(&all, LS_ECORRUPT, "it does not follow the event before it; it is good up to e1");
  assert_position(report.last_good, "e1");
  remove_state(path);
  assert_open_refused(path);
  forget(&all);
}

static void a_missing_name_is_found(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  damage(path, "DELETE FROM names WHERE id = 2");
  ls_check_report report = check_with(&all, path, NULL);
  assert_finding(&all, LS_ECORRUPT, "its table of names is damaged at row 2");
  assert_finding(&all, LS_ECORRUPT, "its name or its author is missing; it is good up to e2");
  assert_position(report.last_good, "e2");
  assert_open_refused(path);
  forget(&all);
}

/* Nothing after the last event says that there was one; what upstream has and the kept state do. */
static void a_missing_end_is_found_by_what_else_is_known(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  damage(path, "DELETE FROM events WHERE place = 4 << 24;"
               "INSERT OR REPLACE INTO facts VALUES ('upstream_head', 'e4')");
  ls_check_report report = check_with(&all, path, NULL);
  assert_finding(&all, LS_ECORRUPT, "upstream has accepted events up to e4, and the log can be read up to e3");
  assert_finding(&all, LS_EFORMAT, "the kept state cannot be used");
  assert_position(report.last_good, "e3");
  forget(&all);
}

static void make_long(const char *path) {
  ls_error err;
  ls_store *store = todo_open(path);
  for (int i = 0; i < 400; i++) {
    char args[400];
    snprintf(args, sizeof args, "{\"id\":\"%d\",\"text\":\"%0300d\"}", i, i);
    assert_ok(ls_commit(NULL, store, "v1.TodoCreated", args, &err), &err);
  }
  todo_close(store);
}

static void a_file_cut_short_is_good_up_to_there(void **state) {
  const char *path = *state;
  findings all = {0};
  make_long(path);
  cut_file(path, "log.db", 80000);
  ls_check_report report = check_with(&all, path, NULL);
  assert_true(all.n > 0);
  assert_int_equal(count(&all, LS_ECORRUPT), all.n);
  assert_true(report.events > 50 && report.events < 350);
  assert_int_equal(report.last_good.global, report.events);
  assert_int_equal(strlen(report.state_hash), 32);
  assert_open_refused(path);
  forget(&all);
}

static void a_file_that_is_no_log_is_one_finding(void **state) {
  static const char *const contents[] = {"this is not a database, and never was, but it is long enough to look at it "
                                         "and it goes on for more than a hundred bytes",
                                         ""};
  const char *path = *state;
  char *file = tmp_path(path, "log.db");
  for (size_t i = 0; i < 2; i++) {
    findings all = {0};
    tmp_write(file, contents[i], strlen(contents[i]));
    ls_check_report report = check_with(&all, path, NULL);
    assert_int_equal(all.n, 1);
    assert_finding(&all, LS_ECORRUPT, "log.db");
    assert_string_equal(report.state_hash, "");
    assert_int_equal(report.events, 0);
    forget(&all);
  }
  tmp_write(file, contents[0], strlen(contents[0]));
  assert_open_refused(path);
  free(file);
}

/* ---------------------------------------------------------------------------------------------- */
/* Arguments and state */

static const char TIGHT[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL UNIQUE)\"],\"events\":{"
    "\"v1.TodoCreated\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},"
    "\"text\":{\"type\":\"string\",\"minLength\":1}}},"
    "\"sql\":[\"INSERT INTO todos VALUES (:id, 'same')\"]},"
    "\"v1.Hovered\":{\"clientOnly\":true}},\"unknownEvents\":\"fail\"}";

static void events_that_do_not_fit_the_schema_are_found_once_each(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  remove_state(path);
  check_with(&all, path, &(ls_options){.schema = {.json = TIGHT}});
  assert_int_equal(all.n, 4);
  assert_finding(&all, LS_EARGS, "e4 \"v1.TodoCreated\"");
  assert_finding(&all, LS_EEVENT, "e2.2 \"UiStateSet\"");
  assert_finding(&all, LS_EEVENT, "e3 \"v1.TodoDone\"");
  assert_finding(&all, LS_EMATERIALIZE, "e2 event \"v1.TodoCreated\"");
  for (size_t i = 0; i < all.n; i++) {
    char at[LS_SEQNUM_TEXT];
    assert_memory_equal(all.list[i].text, at, strlen(ls_seqnum_format(all.list[i].seq, at)));
  }
  forget(&all);
}

static void a_schema_that_cannot_be_used_leaves_the_log_to_check(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  damage(path, "UPDATE facts SET value = '{}' WHERE key = 'schema'");
  ls_check_report report = check_with(&all, path, NULL);
  assert_int_equal(all.n, 1);
  assert_finding(&all, LS_ESCHEMA, "arguments and state cannot be checked");
  assert_int_equal(report.events, TODO_EVENTS);
  assert_string_equal(report.state_hash, "");
  damage(path, "DELETE FROM facts WHERE key = 'schema'");
  check_with(&all, path, NULL);
  assert_finding(&all, LS_ECORRUPT, "keeps no schema");
  forget(&all);
}

static void tamper_with_snapshot(const char *path, const char *sql) {
  ls_schema *schema = core_schema(TODO_SCHEMA);
  ls_state *kept;
  ls_error err;
  char *file = tmp_path(path, "state.db");
  assert_ok(ls_snapshot_read(&kept, file, schema, NULL, &err), &err);
  assert_ok(ls_database_exec(&kept->database, sql, &err), &err);
  assert_ok(ls_snapshot_write(file, kept, false, &err), &err);
  ls_state_free(kept);
  ls_schema_free(schema);
  free(file);
}

static void a_state_that_is_not_the_logs_is_found(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  ls_check_report good = todo_check(path);
  tamper_with_snapshot(path, "UPDATE todos SET text = 'other' WHERE id = 'a'");
  ls_check_report report = check_with(&all, path, NULL);
  assert_int_equal(all.n, 1);
  assert_finding(&all, LS_ECORRUPT, "the kept state is not what the log gives");
  assert_string_equal(report.state_hash, good.state_hash);
  forget(&all);
}

static void a_snapshot_from_before_the_end_is_compared_too(void **state) {
  const char *path = *state;
  findings all = {0};
  ls_error err;
  todo_make(path);
  ls_store *store = todo_open(path);
  assert_ok(ls_commit(NULL, store, "v1.TodoDone", "{\"id\":\"c\"}", &err), &err);
  todo_close(store);
  check_with(&all, path, NULL);
  assert_int_equal(all.n, 0);
  tamper_with_snapshot(path, "DELETE FROM todos WHERE id = 'b'");
  check_with(&all, path, NULL);
  assert_finding(&all, LS_ECORRUPT, "the kept state is not what the log gives");
  forget(&all);
}

static void a_torn_snapshot_is_a_finding_that_heals_itself(void **state) {
  const char *path = *state;
  findings all = {0};
  todo_make(path);
  cut_file(path, "state.db", 10000);
  check_with(&all, path, NULL);
  assert_int_equal(all.n, 1);
  assert_finding(&all, LS_EFORMAT, "the kept state cannot be used and will be made anew");
  todo_close(todo_open(path));
  forget(&all);
}

static void a_state_that_lives_in_its_file_is_checked(void **state) {
  const char *path = *state;
  findings all = {0};
  ls_options options = todo_options();
  options.state = LS_STATE_FILE;
  ls_store *store;
  ls_error err;
  assert_ok(ls_open(&store, path, &options, &err), &err);
  assert_ok(ls_commit(NULL, store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"x\"}", &err), &err);
  todo_close(store);
  check_with(&all, path, &options);
  assert_int_equal(all.n, 0);
  char *file = tmp_path(path, "state.db");
  todo_sql(file, "UPDATE todos SET text = 'y'");
  check_with(&all, path, NULL);
  assert_int_equal(all.n, 1);
  assert_finding(&all, LS_ECORRUPT, "the kept state is not what the log gives");
  free(file);
  forget(&all);
}

/* ---------------------------------------------------------------------------------------------- */

static int stop(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)what;
  (void)done;
  (void)total;
  return --*(int *)user < 0;
}

static void what_cannot_be_checked_is_an_error(void **state) {
  ls_check_report report;
  ls_error err;
  char *path = tmp_path(*state, "store"), *none = tmp_path(*state, "none");
  assert_code(ls_check(&report, none, NULL, NULL, NULL, &err), LS_ENOTFOUND, &err);
  assert_int_equal(tmp_count(*state), 0);
  ls_options options = todo_options();
  options.holder = "somebody";
  ls_store *store;
  assert_ok(ls_open(&store, path, &options, &err), &err);
  assert_code(ls_check(&report, path, NULL, NULL, NULL, &err), LS_ELOCKED, &err);
  assert_says(&err, "somebody");
  assert_ok(ls_commit(NULL, store, "v1.Hovered", NULL, &err), &err);
  todo_close(store);
  assert_code(ls_check(&report, path, &(ls_options){.schema = {.json = "{}"}}, NULL, NULL, &err), LS_ESCHEMA, &err);
  for (int calls = 0; calls < 2; calls++) {
    int left = calls;
    options = (ls_options){.progress = stop, .progress_user = &left};
    assert_code(ls_check(&report, path, &options, NULL, NULL, &err), LS_EABORT, &err);
  }
  damage(path, "PRAGMA user_version = 99");
  assert_code(ls_check(&report, path, NULL, NULL, NULL, &err), LS_EFORMAT, &err);
  assert_says(&err, "newer");
  free(path);
  free(none);
}

static void no_allocation_that_fails_does_harm(void **state) {
  const char *path = *state;
  todo_make(path);
  ls_check_report good = todo_check(path);
  long blocks = fault_alloc_sqlite_blocks();
  for (long k = 1;; k += getenv("SOAK") ? 1 : 31) { /* an ordinary run tries some of them */
    ls_check_report report = {.events = 77};
    ls_error err;
    fault_alloc_arm(k, false);
    int rc = ls_check(&report, path, NULL, NULL, NULL, &err);
    bool failed = fault_alloc_disarm();
    assert_int_equal(fault_alloc_sqlite_blocks(), blocks);
    if (rc) {
      assert_code(rc, LS_ENOMEM, &err);
      assert_int_equal(report.events, 77);
      continue;
    }
    /* SQLite does without some of its memory; the answer is the same then. */
    assert_int_equal(report.findings, 0);
    assert_string_equal(report.log_hash, good.log_hash);
    assert_string_equal(report.state_hash, good.state_hash);
    if (!failed) break;
  }
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      IN_TMP(a_good_store_has_no_findings),
      IN_TMP(an_empty_store_has_no_findings),
      IN_TMP(a_store_that_was_not_closed_is_read_with_its_wal),
      IN_TMP(equal_logs_have_equal_hashes_whatever_is_between),
      IN_TMP(a_changed_event_is_found_with_the_last_good_position),
      IN_TMP(each_part_of_an_event_is_covered),
      IN_TMP(a_missing_event_is_found),
      IN_TMP(a_missing_name_is_found),
      IN_TMP(a_missing_end_is_found_by_what_else_is_known),
      IN_TMP(a_file_cut_short_is_good_up_to_there),
      IN_TMP(a_file_that_is_no_log_is_one_finding),
      IN_TMP(events_that_do_not_fit_the_schema_are_found_once_each),
      IN_TMP(a_schema_that_cannot_be_used_leaves_the_log_to_check),
      IN_TMP(a_state_that_is_not_the_logs_is_found),
      IN_TMP(a_snapshot_from_before_the_end_is_compared_too),
      IN_TMP(a_torn_snapshot_is_a_finding_that_heals_itself),
      IN_TMP(a_state_that_lives_in_its_file_is_checked),
      IN_TMP(what_cannot_be_checked_is_an_error),
      IN_TMP(no_allocation_that_fails_does_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
