/* Saving logs to files: both formats, what is kept of a damaged log, and what is not left behind. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "port/port.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"
#include "support/todo_store.h"

typedef struct place {
  char *store, *file, *log;
} place;

static int setup(void **state) {
  void *directory;
  if (tmp_setup(&directory)) return -1;
  place *p = malloc(sizeof *p);
  *p = (place){tmp_path(directory, "todos"), tmp_path(directory, "out"), tmp_path(directory, "todos/log.db")};
  todo_make(p->store);
  free(directory);
  *state = p;
  return 0;
}

static int teardown(void **state) {
  place *p = *state;
  void *directory = strdup(p->store);
  *strrchr(directory, '/') = 0;
  free(p->store);
  free(p->file);
  free(p->log);
  free(p);
  return tmp_teardown(&directory);
}

static uint64_t export(const place *p, ls_format format) {
  uint64_t count = 99;
  ls_error err;
  assert_ok(ls_export(&count, p->store, p->file, format, NULL, &err), &err);
  return count;
}

static size_t count_lines(const char *text) {
  size_t n = 0;
  for (; *text; text++) n += *text == '\n';
  return n;
}

/* The directory holds the store and so many other files. */
static void assert_others(const place *p, size_t n) {
  char *directory = strdup(p->store);
  *strrchr(directory, '/') = 0;
  assert_int_equal(tmp_count(directory), 1 + n);
  free(directory);
}

/* ---------------------------------------------------------------------------------------------- */

static void lines_hold_every_event(void **state) {
  place *p = *state;
  assert_int_equal(export(p, LS_FORMAT_JSONL), TODO_EVENTS);
  char *text = tmp_read(p->file, NULL);
  assert_string_equal(
      text,
      "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"a\",\"text\":\"milk\"},"
      "\"seqNum\":{\"global\":1,\"client\":0,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":0,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}\n"
      "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"b\",\"text\":\"K\xc3\xa4se \xf0\x9f\xa7\x80 \\u0001 \\\"\\n\"},"
      "\"seqNum\":{\"global\":2,\"client\":0,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":1,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}\n"
      "{\"name\":\"v1.Hovered\",\"args\":{},\"seqNum\":{\"global\":2,\"client\":1,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":2,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}\n"
      "{\"name\":\"UiStateSet\",\"args\":{\"id\":\"s1\",\"value\":{\"filter\":\"open\"}},"
      "\"seqNum\":{\"global\":2,\"client\":2,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":2,\"client\":1,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}\n"
      "{\"name\":\"v1.TodoDone\",\"args\":{\"id\":\"a\"},\"seqNum\":{\"global\":3,\"client\":0,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":2,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}\n"
      "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"c\",\"text\":\"\"},"
      "\"seqNum\":{\"global\":4,\"client\":0,\"rebaseGeneration\":0},"
      "\"parentSeqNum\":{\"global\":3,\"client\":0,\"rebaseGeneration\":0},\"clientId\":\"c1\",\"sessionId\":\"s1\"}"
      "\n");
  free(text);
  assert_others(p, 1);
}

static int64_t number_at(const ls_json *doc, uint32_t node) {
  ls_json_number number;
  assert_int_equal(ls_json_number_of(&number, doc, node, NULL), LS_OK);
  return number.i;
}

/* EQ-01 */
static void livestores_document_holds_the_synced_events(void **state) {
  place *p = *state;
  int64_t before = ls_port_time_ms();
  assert_int_equal(export(p, LS_FORMAT_LIVESTORE), TODO_SYNCED);
  char *text = tmp_read(p->file, NULL);
  ls_json doc = {0};
  ls_error err;
  assert_ok(ls_json_parse(&doc, text, strlen(text), &err), &err);
  assert_int_equal(number_at(&doc, ls_json_get(&doc, 0, "version")), 1);
  assert_true(ls_json_equals(&doc, ls_json_get(&doc, 0, "storeId"), "todos"));
  assert_int_equal(number_at(&doc, ls_json_get(&doc, 0, "eventCount")), TODO_SYNCED);
  uint32_t events = ls_json_get(&doc, 0, "events");
  assert_int_equal(doc.nodes[events].count, TODO_SYNCED);
  uint32_t node = events + 1;
  for (int i = 1; i <= TODO_SYNCED; i++, node = doc.nodes[node].next) {
    assert_int_equal(number_at(&doc, ls_json_get(&doc, node, "seqNum")), i);
    assert_int_equal(number_at(&doc, ls_json_get(&doc, node, "parentSeqNum")), i - 1);
    assert_int_equal(doc.nodes[node].count, 6);
  }
  /* 2026-01-31T09:30:00.123Z: the same moment as the clock said. */
  const char *at = doc.text + doc.nodes[ls_json_get(&doc, 0, "exportedAt")].start;
  char sql[200], *file = tmp_path(p->store, "scratch");
  snprintf(sql, sizeof sql,
           "CREATE TABLE t (c CHECK (c BETWEEN %lld AND %lld)); INSERT INTO t VALUES (round((julianday('%.24s') - "
           "2440587.5) * 86400000))",
           (long long)before - 1, (long long)ls_port_time_ms() + 1, at);
  assert_int_equal(at[23], 'Z');
  todo_sql(file, sql);
  free(file);
  ls_json_fini(&doc);
  free(text);
}

static void an_empty_log_gives_an_empty_file_or_document(void **state) {
  place *p = *state;
  todo_sql(p->log, "DELETE FROM events");
  assert_int_equal(export(p, LS_FORMAT_JSONL), 0);
  char *text = tmp_read(p->file, NULL);
  assert_string_equal(text, "");
  free(text);
  assert_int_equal(export(p, LS_FORMAT_LIVESTORE), 0);
  text = tmp_read(p->file, NULL);
  assert_non_null(strstr(text, "\"events\":[\n],\"eventCount\":0}"));
  free(text);
}

static void exporting_changes_nothing_of_the_store(void **state) {
  place *p = *state;
  size_t before_size, after_size;
  char *before = todo_files(p->store, &before_size);
  export(p, LS_FORMAT_LIVESTORE);
  export(p, LS_FORMAT_JSONL);
  char *after = todo_files(p->store, &after_size);
  assert_int_equal(before_size, after_size);
  assert_memory_equal(before, after, before_size);
  free(before);
  free(after);
}

/* ---------------------------------------------------------------------------------------------- */

static void what_precedes_damage_is_saved(void **state) {
  place *p = *state;
  todo_sql(p->log, "UPDATE events SET args = '{}' WHERE place = 3 << 24");
  static const ls_format formats[] = {LS_FORMAT_JSONL, LS_FORMAT_LIVESTORE};
  static const uint64_t counts[] = {4, 2};
  for (int i = 0; i < 2; i++) {
    uint64_t count = 99;
    ls_error err;
    assert_code(ls_export(&count, p->store, p->file, formats[i], NULL, &err), LS_ECORRUPT, &err);
    assert_says(&err, "good up to e2.2");
    assert_int_equal(count, counts[i]);
    assert_others(p, 1);
  }
  char *text = tmp_read(p->file, NULL);
  assert_non_null(strstr(text, "\n],\"eventCount\":2}\n"));
  free(text);
}

static void a_file_cut_short_is_saved_up_to_there(void **state) {
  place *p = *state;
  ls_error err;
  ls_store *store = todo_open(p->store);
  for (int i = 0; i < 400; i++) {
    char args[400];
    snprintf(args, sizeof args, "{\"id\":\"%d\",\"text\":\"%0300d\"}", i, i);
    assert_ok(ls_commit(NULL, store, "v1.TodoCreated", args, &err), &err);
  }
  todo_close(store);
  assert_int_equal(truncate(p->log, 80000), 0);
  uint64_t count = 0;
  assert_code(ls_export(&count, p->store, p->file, LS_FORMAT_JSONL, NULL, &err), LS_ECORRUPT, &err);
  assert_true(count > 50 && count < 350);
  char *text = tmp_read(p->file, NULL);
  assert_int_equal(count_lines(text), count);
  free(text);
}

static int stop(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)user;
  assert_string_equal(what, "exporting");
  assert_int_equal(done, 1000);
  assert_int_equal(total, 1000 + TODO_EVENTS);
  return 1;
}

static void what_cannot_be_exported_leaves_no_file(void **state) {
  place *p = *state;
  uint64_t count = 99;
  ls_error err;
  tmp_write(p->file, "old", 3);
  assert_code(ls_export(&count, p->store, p->file, LS_FORMAT_EVENTLOG, NULL, &err), LS_EFORMAT, &err);
  assert_code(ls_export(&count, p->file, p->file, LS_FORMAT_JSONL, NULL, &err), LS_ENOTFOUND, &err);
  ls_store *store = todo_open(p->store);
  assert_code(ls_export(&count, p->store, p->file, LS_FORMAT_JSONL, NULL, &err), LS_ELOCKED, &err);
  for (int i = 0; i < 1000; i++) assert_ok(ls_commit(NULL, store, "v1.Hovered", NULL, &err), &err);
  todo_close(store);
  assert_code(ls_export(&count, p->store, p->file, LS_FORMAT_JSONL, &(ls_options){.progress = stop}, &err), LS_EABORT,
              &err);
  assert_code(ls_export(&count, p->store, p->store, LS_FORMAT_JSONL, NULL, &err), LS_EIO, &err); /* a directory */
  tmp_write(p->log, "no log at all", 13);
  assert_code(ls_export(&count, p->store, p->file, LS_FORMAT_JSONL, NULL, &err), LS_ECORRUPT, &err);
  assert_int_equal(count, 99);
  char *text = tmp_read(p->file, NULL);
  assert_string_equal(text, "old");
  free(text);
  assert_others(p, 1);
}

static void no_allocation_that_fails_does_harm(void **state) {
  place *p = *state;
  export(p, LS_FORMAT_JSONL);
  char *good = tmp_read(p->file, NULL);
  long blocks = fault_alloc_sqlite_blocks();
  for (long k = 1;; k += getenv("SOAK") ? 1 : 7) { /* an ordinary run tries some of them */
    uint64_t count = 99;
    ls_error err;
    tmp_write(p->file, "old", 3);
    fault_alloc_arm(k, false);
    int rc = ls_export(&count, p->store, p->file, LS_FORMAT_JSONL, NULL, &err);
    bool failed = fault_alloc_disarm();
    assert_int_equal(fault_alloc_sqlite_blocks(), blocks);
    char *text = tmp_read(p->file, NULL);
    if (rc) assert_code(rc, LS_ENOMEM, &err);
    assert_int_equal(count, rc ? 99 : TODO_EVENTS);
    assert_string_equal(text, rc ? "old" : good);
    free(text);
    assert_others(p, 1);
    if (!failed) break;
  }
  free(good);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      IN_TMP(lines_hold_every_event),
      IN_TMP(livestores_document_holds_the_synced_events),
      IN_TMP(an_empty_log_gives_an_empty_file_or_document),
      IN_TMP(exporting_changes_nothing_of_the_store),
      IN_TMP(what_precedes_damage_is_saved),
      IN_TMP(a_file_cut_short_is_saved_up_to_there),
      IN_TMP(what_cannot_be_exported_leaves_no_file),
      IN_TMP(no_allocation_that_fails_does_harm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
