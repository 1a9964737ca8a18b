/* Files into empty stores: round trips of each format, what is refused and how it is said, and that a failed import
 * leaves nothing. CLI-03 to CLI-05 at the level of the library. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"
#include "support/todo_store.h"

typedef struct place {
  char *directory, *source, *target, *file;
} place;

static int setup(void **state) {
  void *directory;
  if (tmp_setup(&directory)) return -1;
  place *p = malloc(sizeof *p);
  *p = (place){directory, tmp_path(directory, "source"), tmp_path(directory, "target"), tmp_path(directory, "file")};
  *state = p;
  return 0;
}

static int teardown(void **state) {
  place *p = *state;
  void *directory = p->directory;
  free(p->source);
  free(p->target);
  free(p->file);
  free(p);
  return tmp_teardown(&directory);
}

static void write_file(const place *p, const char *text) { tmp_write(p->file, text, strlen(text)); }

static uint64_t import(const place *p, const ls_import_options *options) {
  uint64_t count = 99;
  ls_error err;
  ls_store *store = todo_open(p->target);
  assert_ok(ls_import(&count, store, p->file, options, &err), &err);
  todo_close(store);
  return count;
}

/* The text of the state's first value. */
static void assert_value(ls_store *store, const char *sql, const char *value) {
  ls_query *query;
  ls_error err;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_string_equal(ls_query_text(query, 0), value);
  ls_query_close(query);
}

/* Nothing of a failed import is there: no event, no row; and the store goes on. */
static void assert_untouched(ls_store *store) {
  ls_status status;
  ls_error err;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.events, 0);
  assert_int_equal(status.head.global, 0);
  assert_int_equal(status.state.global, 0);
  assert_value(store, "SELECT count(*) FROM todos", "0");
}

static void assert_refused(const place *p, const ls_import_options *options, int code, const char *says) {
  uint64_t count = 99;
  ls_error err;
  ls_store *store = todo_open(p->target);
  int rc = ls_import(&count, store, p->file, options, &err);
  if (rc != code || !strstr(err.text, says)) print_error("wanted %s, \"%s\"\n", ls_code_name(code), says);
  assert_code(rc, code, &err);
  assert_says(&err, says);
  assert_int_equal(count, 99);
  assert_untouched(store);
  todo_close(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Round trips */

static void lines_bring_everything_back(void **state) {
  place *p = *state;
  ls_error err;
  todo_make(p->source);
  ls_check_report before = todo_check(p->source);
  assert_ok(ls_export(NULL, p->source, p->file, LS_FORMAT_JSONL, NULL, &err), &err);
  assert_int_equal(import(p, NULL), TODO_EVENTS);
  ls_check_report after = todo_check(p->target);
  assert_int_equal(after.events, TODO_EVENTS);
  assert_string_equal(before.log_hash, after.log_hash);
  assert_string_equal(before.state_hash, after.state_hash);
  ls_store *store = todo_open(p->target);
  const char *value;
  assert_ok(ls_document_get(&value, store, "UiState", "s1", &err), &err);
  assert_string_equal(value, "{\"filter\":\"open\"}");
  todo_close(store);
}

static void livestores_document_brings_the_synced_events_back(void **state) {
  place *p = *state;
  ls_error err;
  todo_make(p->source);
  ls_check_report before = todo_check(p->source);
  assert_ok(ls_export(NULL, p->source, p->file, LS_FORMAT_LIVESTORE, NULL, &err), &err);
  assert_int_equal(import(p, NULL), TODO_SYNCED);
  assert_string_equal(before.log_hash, todo_check(p->target).log_hash);
  ls_store *store = todo_open(p->target);
  ls_status status;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.pending, TODO_SYNCED); /* nothing is confirmed */
  assert_value(store, "SELECT group_concat(id || done, ' ') FROM todos", "a1 b0 c0");
  ls_receipt receipt;
  assert_ok(ls_commit(&receipt, store, "v1.TodoDone", "{\"id\":\"b\"}", &err), &err);
  assert_int_equal(receipt.last.global, TODO_SYNCED + 1);
  todo_close(store);
}

/* As other programs write it: members in another order, spaces, numbers otherwise, arguments left out, holes. */
static void a_document_of_another_make_is_read(void **state) {
  place *p = *state;
  write_file(
      p,
      " {\n \"events\": [\n"
      "  {\"seqNum\": 3, \"parentSeqNum\": 0, \"sessionId\": \"x\", \"clientId\": \"y\", \"name\": \"v1.Unknown\"},\n"
      "  {\"seqNum\": 7.0, \"parentSeqNum\": 3, \"args\": {\"text\": \"\\u00e4\", \"id\": \"a\"}, \"sessionId\": \"x\","
      " \"clientId\": \"y\", \"name\": \"v1.TodoCreated\"},\n"
      "  {\"seqNum\": 8, \"parentSeqNum\": 7, \"args\": {\"id\": 5}, \"sessionId\": \"x\","
      " \"clientId\": \"y\", \"name\": \"v1.TodoCreated\"}\n"
      " ], \"eventCount\": 3, \"exportedAt\": \"?\", \"storeId\": \"todos\", \"version\": 1}\n\n");
  assert_int_equal(import(p, NULL), 3);
  ls_store *store = todo_open(p->target);
  ls_status status;
  ls_error err;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.head.global, 8);
  assert_int_equal(status.failed, 1); /* its arguments do not fit: kept, and recorded */
  assert_value(store, "SELECT text FROM todos", "\xc3\xa4");
  ls_events *events;
  const ls_event *event;
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->name, "v1.Unknown");
  assert_string_equal(event->args, "{}");
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->args, "{\"id\":\"a\",\"text\":\"\xc3\xa4\"}");
  assert_int_equal(event->parent.global, 3);
  assert_string_equal(event->client_id, "y");
  ls_events_close(events);
  todo_close(store);
}

#define LINE(name, args, seq, parent)                                                                                  \
  "{\"name\":\"" name "\",\"args\":" args ",\"seqNum\":" seq ",\"parentSeqNum\":" parent                               \
  ",\"clientId\":\"c\",\"sessionId\":\"s\"}"
#define AT(global, client) "{\"global\":" #global ",\"client\":" #client ",\"rebaseGeneration\":0}"
#define GOOD_LINE LINE("v1.TodoCreated", "{\"id\":\"a\",\"text\":\"t\"}", AT(1, 0), AT(0, 0)) "\n"

static void lines_may_end_in_many_ways(void **state) {
  place *p = *state;
  static const struct {
    const char *text;
    uint64_t count;
  } cases[] = {
      {"", 0},
      {"\n \n", 0},
      {GOOD_LINE, 1},
      {"\r\n" GOOD_LINE "\r\n\r\n", 1},
      {GOOD_LINE LINE("v1.Hovered", "{}", AT(1, 1), AT(1, 0)), 2},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint64_t count = 99;
    ls_error err;
    ls_store *store = NULL;
    ls_options options = todo_options();
    write_file(p, cases[i].text);
    assert_ok(ls_open(&store, NULL, &options, &err), &err);
    assert_ok(ls_import(&count, store, p->file, NULL, &err), &err);
    assert_int_equal(count, cases[i].count);
    todo_close(store);
  }
}

static void lines_longer_than_the_reading_buffer_are_read(void **state) {
  place *p = *state;
  enum { SIZE = 300000, N = 3 };
  char *text = malloc((size_t)N * (SIZE + 400));
  size_t at = 0;
  for (int i = 1; i <= N; i++) {
    at += (size_t)sprintf(text + at, "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"%d\",\"text\":\"", i);
    memset(text + at, 'x', SIZE);
    at += SIZE;
    at += (size_t)sprintf(text + at,
                          "\"},\"seqNum\":{\"global\":%d,\"client\":0},\"parentSeqNum\":{\"global\":%d,\"client\":0},"
                          "\"clientId\":\"c\",\"sessionId\":\"s\"}\n",
                          i, i - 1);
  }
  tmp_write(p->file, text, at);
  free(text);
  assert_int_equal(import(p, NULL), N);
  ls_store *store = todo_open(p->target);
  assert_value(store, "SELECT sum(length(text)) FROM todos", "900000");
  todo_close(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* LiveStore's eventlog@6.db */

#define EVENTLOG_DDL                                                                                                   \
  "CREATE TABLE 'eventlog' ('seqNumGlobal' integer not null, 'seqNumClient' integer not null,"                         \
  " 'seqNumRebaseGeneration' integer not null, 'parentSeqNumGlobal' integer not null,"                                 \
  " 'parentSeqNumClient' integer not null, 'parentSeqNumRebaseGeneration' integer not null, 'name' text not null,"     \
  " 'argsJson' text not null, 'clientId' text not null, 'sessionId' text not null, 'schemaHash' integer not null,"     \
  " 'syncMetadataJson' text not null,"                                                                                 \
  " PRIMARY KEY ('seqNumGlobal', 'seqNumClient', 'seqNumRebaseGeneration')) STRICT;"                                   \
  "CREATE INDEX 'idx_eventlog_seqNumGlobal' ON 'eventlog' ('seqNumGlobal');"                                           \
  "CREATE INDEX 'idx_eventlog_seqNum' ON 'eventlog' ('seqNumGlobal', 'seqNumClient', 'seqNumRebaseGeneration');"       \
  "CREATE TABLE '__livestore_sync_status' ('head' integer primary key, 'backendId' text) STRICT;"                      \
  "INSERT INTO __livestore_sync_status VALUES (2, 'backend');"

#define ROW(seq, parent, name, args)                                                                                   \
  "INSERT INTO eventlog VALUES (" seq ", " parent ", '" name "', '" args "', 'y', 'x', 17, '{\"_tag\":\"None\"}');"

#define EVENTLOG_ROWS                                                                                                  \
  ROW("2, 0, 0", "1, 0, 0", "v1.TodoDone", "{\"id\":\"a\"}")                                                           \
  ROW("1, 0, 0", "0, 0, 0", "v1.TodoCreated", "{\"text\":\"t\\u00e4\", \"id\":\"a\"}")                                 \
  ROW("2, 1, 0", "2, 0, 0", "UiStateSet", "{\"id\":\"x\",\"value\":{\"filter\":\"open\"}}")                            \
  ROW("2, 2, 3", "2, 1, 0", "theirs.ClientOnly", "{}")                                                                 \
  ROW("3, 0, 3", "2, 0, 0", "v1.TodoCreated", "{\"id\":\"b\",\"text\":\"\"}")                                          \
  ROW("4, 0, 3", "3, 0, 3", "v1.Void", "null")                                                                         \
  ROW("5, 0, 3", "4, 0, 3", "v1.Void", "")

static void assert_eventlog_came_in(const place *p) {
  ls_store *store = todo_open(p->target);
  ls_events *events;
  const ls_event *event;
  ls_error err;
  static const char *const seqs[] = {"e1", "e2", "e2.1", "e2.2r3", "e3r3", "e4r3", "e5r3"};
  static const char *const parents[] = {"e0", "e1", "e2", "e2.1", "e2", "e3r3", "e4r3"};
  assert_ok(ls_events_open(&events, store, NULL, &err), &err);
  for (size_t i = 0; i < 7; i++) {
    char seq[LS_SEQNUM_TEXT], parent[LS_SEQNUM_TEXT];
    assert_int_equal(ls_events_next(&event, events, &err), 1);
    assert_string_equal(ls_seqnum_format(event->seq, seq), seqs[i]);
    assert_string_equal(ls_seqnum_format(event->parent, parent), parents[i]);
    assert_string_equal(event->client_id, "y");
    assert_string_equal(event->session_id, "x");
    if (i == 0) assert_string_equal(event->args, "{\"id\":\"a\",\"text\":\"t\xc3\xa4\"}");
    if (i >= 5) assert_string_equal(event->args, "{}");
  }
  assert_int_equal(ls_events_next(&event, events, &err), 0);
  ls_events_close(events);
  assert_value(store, "SELECT group_concat(id || done, ' ') FROM todos", "a1 b0");
  ls_status status;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.pending, 7);
  todo_close(store);
  todo_check(p->target);
}

static void livestores_own_log_is_read(void **state) {
  place *p = *state;
  todo_sql(p->file, EVENTLOG_DDL EVENTLOG_ROWS);
  size_t before = tmp_count(p->directory);
  assert_int_equal(import(p, NULL), 7);
  assert_int_equal(tmp_count(p->directory), before + 1); /* the store */
  assert_eventlog_came_in(p);
}

static void livestores_own_log_is_read_with_its_wal(void **state) {
  place *p = *state;
  char *live = tmp_path(p->directory, "live"), *live_wal = tmp_path(p->directory, "live-wal"),
       *wal = tmp_path(p->directory, "file-wal");
  sqlite3 *db;
  assert_int_equal(sqlite3_open(live, &db), SQLITE_OK);
  assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=WAL;" EVENTLOG_DDL EVENTLOG_ROWS, NULL, NULL, NULL),
                   SQLITE_OK);
  size_t size;
  char *text = tmp_read(live, &size);
  tmp_write(p->file, text, size);
  free(text);
  char *wal_text = tmp_read(live_wal, &size);
  tmp_write(wal, wal_text, size);
  sqlite3_close(db);
  assert_int_equal(import(p, NULL), 7);
  assert_eventlog_came_in(p);
  size_t after;
  text = tmp_read(wal, &after);
  assert_int_equal(after, size);
  assert_memory_equal(text, wal_text, size);
  free(text);
  free(wal_text);
  free(live);
  free(live_wal);
  free(wal);
}

static void wrong_rows_of_an_eventlog_are_named(void **state) {
  place *p = *state;
  static const struct {
    const char *sql, *says;
  } cases[] = {
      {"CREATE TABLE other (a)", "not LiveStore's eventlog@6.db"},
      {"CREATE TABLE eventlog (seqNumGlobal, name)", "no such column: seqNumClient"},
      {EVENTLOG_DDL ROW("1, 0, 0", "0, 0, 0", "n", "{"), "row 1: argsJson: "},
      {EVENTLOG_DDL ROW("1, 0, 0", "0, 0, 0", "n", "[]"), "row 1: argsJson: an object was expected, found array"},
      {EVENTLOG_DDL ROW("1, 0, 0", "0, 0, 0", "", "{}"), "row 1: name is empty"},
      {EVENTLOG_DDL ROW("1, 0, 0", "0, 0, 0", "n", "{}") ROW("3, 0, 0", "2, 0, 0", "n", "{}"),
       "row 2: e3 does not follow the head of the log, e1"},
      {EVENTLOG_DDL ROW("1, 0, 0", "0, 0, 0", "n", "{}") ROW("1, 0, 1", "0, 0, 0", "n", "{}"),
       "row 2: e1r1 does not follow"},
      {EVENTLOG_DDL ROW("-1, 0, 0", "0, 0, 0", "n", "{}"), "row 1: "},
      {"CREATE TABLE eventlog (seqNumGlobal, seqNumClient, seqNumRebaseGeneration, parentSeqNumGlobal,"
       " parentSeqNumClient, parentSeqNumRebaseGeneration, name, argsJson, clientId, sessionId);"
       "INSERT INTO eventlog VALUES (1, 0, 0, 0, 0, '0', 'n', '{}', 'c', 's')",
       "row 1: parentSeqNumRebaseGeneration must be an integer"},
      {"CREATE TABLE eventlog (seqNumGlobal, seqNumClient, seqNumRebaseGeneration, parentSeqNumGlobal,"
       " parentSeqNumClient, parentSeqNumRebaseGeneration, name, argsJson, clientId, sessionId);"
       "INSERT INTO eventlog VALUES (1, 0, 0, 0, 0, 0, 'n', '{}', 'c', 'a' || char(0) || 'b')",
       "row 1: sessionId has a NUL"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    remove(p->file);
    todo_sql(p->file, cases[i].sql);
    assert_refused(p, NULL, LS_EFORMAT, cases[i].says);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* What is refused */

static void files_in_no_known_format_are_refused(void **state) {
  place *p = *state;
  static const char *const cases[][2] = {
      {"hello", "is not a format that can be imported"},
      {"[1]", "is not a format that can be imported"},
      {"\x1f\x8b\x08 and so on", "is compressed; unpack it with gunzip first"},
      {"SQLite format 3", "is not a format"}, /* without the NUL */
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_file(p, cases[i][0]);
    assert_refused(p, NULL, LS_EFORMAT, cases[i][1]);
  }
  tmp_write(p->file, "SQLite format 3\0and then something else", 39);
  assert_refused(p, NULL, LS_EFORMAT, "file");
  remove(p->file);
  assert_refused(p, NULL, LS_ENOTFOUND, "file");
}

static void wrong_lines_are_named(void **state) {
  place *p = *state;
  static const char *const cases[][2] = {
      {GOOD_LINE "{\"name\":\"n\",\"args\":{}}\n", "file: line 2: an event without \"seqNum\" has no place"},
      {"{\"name\":\"n\",\"args\":{}}\n", "`livestore commit STORE --from FILE`"},
      {GOOD_LINE "\n{\"name\":", "line 3: "},
      {GOOD_LINE "7\n", "line 2: an event must be an object, found number"},
      {"{}", "line 1: \"name\" is missing"},
      {LINE("n", "{\"a\":1,\"a\":2}", AT(1, 0), AT(0, 0)), "line 1: \"args\""},
      {LINE("n", "{}", AT(1, 0), AT(1, 0)), "line 1: e1 does not follow the head of the log, e0"},
      {GOOD_LINE LINE("n", "{}", AT(1, 0), AT(1, 0)), "line 2: e1 does not follow the head of the log, e1"},
      {GOOD_LINE LINE("n", "{}", AT(1, 2), AT(1, 0)), "line 2: e1.2 does not follow"},
      {GOOD_LINE LINE("n", "{}", AT(2, 1), AT(1, 0)), "line 2: e2.1 does not follow"},
      {LINE("n", "{}", AT(549755813888, 0), AT(0, 0)), "line 1: e549755813888 is beyond the largest position"},
      {GOOD_LINE "{\"version\":1}", "line 2: \"name\" is missing"},
      {LINE("n", "{}", "1", "0"), "line 1: \"seqNum\" must be an object"},
      {LINE("n", "{},\"agrs\":{}", AT(1, 0), AT(0, 0)), "line 1: \"agrs\" is no key of an event"},
      {LINE("n", "{},\"name\":\"m\"", AT(1, 0), AT(0, 0)), "line 1: \"name\" is given twice"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_file(p, cases[i][0]);
    assert_refused(p, NULL, LS_EFORMAT, cases[i][1]);
  }
}

#define DOCUMENT(version, id, count, events)                                                                           \
  "{\"version\":" version ",\"storeId\":\"" id "\",\"exportedAt\":\"\",\"eventCount\":" count ",\"events\":[" events   \
  "]}"

/* CLI-05 */
static void wrong_documents_are_named(void **state) {
  place *p = *state;
  static const char *const cases[][2] = {
      {DOCUMENT("2", "todos", "0", ""), "file: \"version\" is 2, and only version 1 can be read"},
      {"{\"storeId\":\"todos\",\"events\":[]}", "\"version\" is missing"},
      {"{\"version\":1,\"events\":[],\"eventCount\":0}", "\"storeId\" is missing"},
      {DOCUMENT("1", "other", "0", ""), "\"storeId\" is \"other\", and this store is \"todos\""},
      {"{\"version\":1,\"storeId\":\"todos\",\"events\":[]}", "\"eventCount\" is missing"},
      {"{\"version\":1,\"storeId\":\"todos\",\"events\":{}}", "\"events\" must be an array"},
      {DOCUMENT("1", "todos", "2", LINE("n", "{}", "1", "0")), "\"eventCount\" is 2, and there are 1 events"},
      {DOCUMENT("1", "todos", "2", LINE("n", "{}", "1", "0") "," LINE("n", "{}", "2", "0")),
       "event 1: e2 does not follow"},
      {DOCUMENT("1", "todos", "1", LINE("n", "{}", "\"e1\"", "0")), "event 0: \"seqNum\" must be a whole number"},
      {DOCUMENT("1", "todos", "1", "3"), "event 0: an event must be an object"},
      {DOCUMENT("1", "todos", "0", "") "{}", "file: "},
      {"{\"version\":1,\"storeId\":\"todos\",\"events\":[", "file: "},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    write_file(p, cases[i][0]);
    assert_refused(p, NULL, LS_EFORMAT, cases[i][1]);
  }
}

static void another_stores_document_is_taken_by_force(void **state) {
  place *p = *state;
  write_file(p, DOCUMENT("1", "other", "1", LINE("n", "{}", "1", "0")));
  assert_int_equal(import(p, &(ls_import_options){.force = true}), 1);
}

/* CLI-03: a store that is not empty. */
static void a_store_with_events_is_refused(void **state) {
  place *p = *state;
  uint64_t count = 99;
  ls_error err;
  write_file(p, GOOD_LINE);
  ls_store *store = todo_open(p->target);
  assert_ok(ls_commit(NULL, store, "v1.Hovered", NULL, &err), &err);
  assert_code(ls_import(&count, store, p->file, &(ls_import_options){.force = true}, &err), LS_EEXISTS, &err);
  assert_says(&err, "its head is e0.1");
  assert_int_equal(count, 99);
  todo_close(store);
  assert_int_equal(todo_check(p->target).events, 1);
}

/* CLI-04 */
static void a_dry_run_checks_all_and_changes_nothing(void **state) {
  place *p = *state;
  uint64_t count = 99;
  ls_error err;
  const ls_import_options dry = {.dry_run = true};
  write_file(p, GOOD_LINE LINE("v1.Hovered", "{}", AT(1, 1), AT(1, 0)));
  ls_store *store = todo_open(p->target);
  assert_ok(ls_import(&count, store, p->file, &dry, &err), &err);
  assert_int_equal(count, 2);
  assert_untouched(store);
  todo_close(store);
  write_file(p, GOOD_LINE GOOD_LINE);
  assert_refused(p, &dry, LS_EFORMAT, "line 2");
  write_file(p, GOOD_LINE);
  assert_int_equal(import(p, NULL), 1);
}

static int stop(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)what;
  (void)done;
  (void)total;
  int *left = user;
  return --*left < 0;
}

static void an_import_that_is_stopped_leaves_nothing(void **state) {
  place *p = *state;
  FILE *file = fopen(p->file, "w");
  for (int i = 1; i <= 1500; i++) {
    fprintf(
        file,
        "{\"name\":\"v1.TodoCreated\",\"args\":{\"id\":\"%d\",\"text\":\"\"},\"seqNum\":{\"global\":%d,\"client\":0},"
        "\"parentSeqNum\":{\"global\":%d,\"client\":0},\"clientId\":\"c\",\"sessionId\":\"s\"}\n",
        i, i, i - 1);
  }
  fclose(file);
  for (int i = 0; i < 3; i++) {
    int left = i == 2 ? 1000 : 0;
    ls_options options = todo_options();
    options.progress = stop;
    options.progress_user = &left;
    options.state = i == 1 ? LS_STATE_FILE : LS_STATE_MEMORY;
    ls_store *store;
    ls_error err;
    int rc = ls_open(&store, p->target, &options, &err);
    assert_ok(rc, &err);
    for (int calls = 0; i < 2 && calls < 3; calls++) {
      left = calls;
      assert_code(ls_import(NULL, store, p->file, NULL, &err), LS_EABORT, &err);
      assert_untouched(store);
    }
    if (i == 2) assert_ok(ls_import(NULL, store, p->file, NULL, &err), &err);
    todo_close(store);
  }
  assert_int_equal(todo_check(p->target).events, 1500);
}

/* ---------------------------------------------------------------------------------------------- */

/* Memory runs out at the k-th allocation; then the import has happened as a whole or not at all, and can be done again.
 * An ordinary run tries some of the k, one with SOAK all of them. A state in a file may also fail to be written back,
 * which is LS_EIO. */
static void sweep(const place *p, bool state_in_file, bool sticky) {
  ls_options options = todo_options();
  options.state = state_in_file ? LS_STATE_FILE : LS_STATE_MEMORY;
  bool failed = true;
  for (long k = 1; failed; k += getenv("SOAK") ? 1 : 97) {
    char name[40];
    snprintf(name, sizeof name, "%d-%d-%ld", state_in_file, sticky, k);
    char *path = tmp_path(p->directory, name);
    uint64_t count = 99;
    ls_store *store;
    ls_error err;
    ls_status status;
    assert_ok(ls_open(&store, path, &options, &err), &err);
    fault_alloc_arm(k, sticky);
    int rc = ls_import(&count, store, p->file, NULL, &err);
    failed = fault_alloc_disarm();
    if (rc && !(rc == LS_EIO && state_in_file)) assert_code(rc, LS_ENOMEM, &err);
    assert_int_equal(count, rc ? 99 : 7);
    if (rc && ls_status_get(&status, store, &err) == LS_EIO) { /* only closing is left, and says so */
      todo_close(store);
      assert_ok(ls_open(&store, path, &options, &err), &err);
    }
    if (rc) {
      assert_untouched(store);
      assert_ok(ls_import(NULL, store, p->file, NULL, &err), &err);
    }
    assert_value(store, "SELECT group_concat(id || done, ' ') FROM todos", "a1 b0");
    todo_close(store);
    assert_int_equal(todo_check(path).events, 7);
    free(path);
  }
}

static void no_allocation_that_fails_does_harm(void **state) {
  place *p = *state;
  todo_sql(p->file, EVENTLOG_DDL EVENTLOG_ROWS);
  sweep(p, false, false);
  sweep(p, false, true);
}

static void nor_with_the_state_in_a_file(void **state) {
  place *p = *state;
  ls_error err;
  todo_sql(p->file, EVENTLOG_DDL EVENTLOG_ROWS);
  assert_int_equal(import(p, NULL), 7);
  assert_ok(ls_export(NULL, p->target, p->file, LS_FORMAT_JSONL, NULL, &err), &err);
  sweep(p, true, false);
  sweep(p, true, true);
}

#define IN_TMP(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      IN_TMP(lines_bring_everything_back),
      IN_TMP(livestores_document_brings_the_synced_events_back),
      IN_TMP(a_document_of_another_make_is_read),
      IN_TMP(lines_may_end_in_many_ways),
      IN_TMP(lines_longer_than_the_reading_buffer_are_read),
      IN_TMP(livestores_own_log_is_read),
      IN_TMP(livestores_own_log_is_read_with_its_wal),
      IN_TMP(wrong_rows_of_an_eventlog_are_named),
      IN_TMP(files_in_no_known_format_are_refused),
      IN_TMP(wrong_lines_are_named),
      IN_TMP(wrong_documents_are_named),
      IN_TMP(another_stores_document_is_taken_by_force),
      IN_TMP(a_store_with_events_is_refused),
      IN_TMP(a_dry_run_checks_all_and_changes_nothing),
      IN_TMP(an_import_that_is_stopped_leaves_nothing),
      IN_TMP(no_allocation_that_fails_does_harm),
      IN_TMP(nor_with_the_state_in_a_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
