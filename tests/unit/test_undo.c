/* Undo and redo: exact where nobody else was, sparing of what others did, the same after closing, rebasing and
 * replaying. A random run that fails names its seed; UNDO_SEED and UNDO_STEPS repeat or lengthen it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/event.h"
#include "core/restore.h"
#include "core/seqnum.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/fault_alloc.h"
#include "support/tmp.h"

/* ---------------------------------------------------------------------------------------------- */
/* Stores */

static void expect_code(int rc, int wanted, const ls_error *err, int line) {
  if (rc != wanted)
    fail_msg("line %d: %s, wanted %s: %s", line, ls_code_name(rc), ls_code_name(wanted), rc ? err->text : "");
}
#define assert_code(rc, wanted) expect_code(rc, wanted, &err, __LINE__)
#define assert_ok(rc) assert_code(rc, LS_OK)

#define TODO_EVENTS                                                                                                    \
  "\"v1.Created\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":{\"type\":"     \
  "\"string\"}}},"                                                                                                     \
  "\"sql\":\"INSERT INTO todos (id, text) VALUES (:id, :text)\"},"                                                     \
  "\"v1.Set\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":{\"type\":"         \
  "\"string\"},"                                                                                                       \
  "\"done\":{\"type\":\"integer\"}}},\"sql\":\"UPDATE todos SET text = coalesce(:text, text), done = coalesce(:done, " \
  "done)"                                                                                                              \
  " WHERE id = :id\"},"                                                                                                \
  "\"v1.Deleted\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},"                      \
  "\"sql\":\"DELETE FROM todos WHERE id = :id\"},"                                                                     \
  "\"v1.Filter\":{\"clientOnly\":true,\"args\":{\"type\":\"object\",\"properties\":{\"value\":{\"type\":\"string\"}}}" \
  ","                                                                                                                  \
  "\"sql\":\"INSERT INTO filter VALUES (1, :value) ON CONFLICT DO UPDATE SET value = :value\"},"                       \
  "\"v1.Seen\":{\"undo\":false,\"sql\":\"UPDATE seen SET n = n + 1\"},"                                                \
  "\"v1.Nothing\":{}"

static const char TODOS[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT UNIQUE, done INTEGER NOT NULL"
    " DEFAULT 0)\",\"CREATE TABLE filter (id INTEGER PRIMARY KEY, value TEXT)\",\"CREATE TABLE seen (n INTEGER PRIMARY "
    "KEY)\"],"
    "\"events\":{" TODO_EVENTS "},"
    "\"documents\":{\"Ui\":{\"value\":{\"type\":\"object\",\"properties\":{\"zoom\":{\"type\":\"integer\"}}},"
    "\"default\":{\"zoom\":1}}}}";

static ls_store *open_store(const char *path, const char *schema) {
  ls_error err;
  ls_store *store;
  ls_options options = {.schema = {.json = schema}, .client_id = "me", .session_id = "here"};
  assert_ok(ls_open(&store, path, &options, &err));
  return store;
}

static void commit(ls_store *store, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, args, &err));
}

/* The first column of the rows of a query, with commas between them. Good until the next call but three. */
static const char *read_all(ls_store *store, const char *sql) {
  static char texts[4][4000];
  static int turn;
  char *text = texts[turn++ % 4];
  size_t size = 0;
  ls_error err;
  ls_query *query;
  text[0] = 0;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err));
  for (int more; (more = ls_query_next(query, &err)); size = strlen(text)) {
    assert_int_equal(more, 1);
    snprintf(text + size, sizeof texts[0] - size, "%s%s", size ? "," : "", ls_query_text(query, 0));
  }
  ls_query_close(query);
  return text;
}

static const char *todos(ls_store *store) {
  return read_all(store, "SELECT id || '=' || coalesce(text, 'NULL') || done FROM todos ORDER BY id");
}

static void digest_of(char out[33], ls_store *store) {
  ls_error err;
  assert_ok(ls_state_hash(out, store, &err));
}

/* An event of another session, behind the head. */
static void append_foreign(ls_store *store, const char *name, const char *args) {
  ls_error err;
  ls_log *log = store->leader->log;
  ls_event event = {.name = name, .args = args, .args_size = strlen(args), .client_id = "you", .session_id = "there"};
  ls_seqnum_next(&event.seq, &event.parent, ls_log_head(log).seq, false, 0);
  assert_ok(ls_leader_push(store->leader, &event, 1, &err));
  assert_ok(ls_store_follow(store, &err));
}

static void undo(ls_store *store, size_t n) {
  ls_error err;
  assert_ok(ls_undo(NULL, store, n, &err));
}

static void redo(ls_store *store, size_t n) {
  ls_error err;
  assert_ok(ls_redo(NULL, store, n, &err));
}

static void assert_counts(ls_store *store, size_t n_undo, size_t n_redo) {
  ls_error err;
  ls_undo_status status;
  assert_ok(ls_undo_status_get(&status, store, 1000, &err));
  assert_int_equal(status.undo, n_undo);
  assert_int_equal(status.redo, n_redo);
}

/* The state is what a replay from nothing gives. */
static void assert_replays(ls_store *store) {
  ls_error err;
  char before[33], after[33];
  digest_of(before, store);
  assert_ok(ls_rebuild(store, &err));
  digest_of(after, store);
  assert_string_equal(before, after);
}

/* ---------------------------------------------------------------------------------------------- */
/* The stack */

static void test_undo_takes_back_the_newest_commit_and_redo_does_it_again(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Set", "{\"id\":\"a\",\"done\":1}");
  commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  undo(store, 1);
  assert_string_equal(todos(store), "a=A1");
  undo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  undo(store, 1);
  assert_string_equal(todos(store), "");
  assert_counts(store, 0, 3);
  redo(store, 2);
  assert_string_equal(todos(store), "a=A1");
  assert_counts(store, 2, 1);
  undo(store, 2);
  redo(store, 3);
  assert_string_equal(todos(store), "");
  assert_counts(store, 3, 0);
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_commit_ends_what_can_be_redone(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  undo(store, 1);
  commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  assert_counts(store, 1, 0);
  assert_code(ls_redo(NULL, store, 1, &err), LS_ENOTFOUND);
  assert_string_equal(err.text, "this session has nothing to redo");
  undo(store, 1);
  assert_counts(store, 0, 1);
  redo(store, 1);
  assert_string_equal(todos(store), "b=B0");
  ls_close(store, NULL);
}

static void test_more_than_there_is_undoes_nothing(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, TODOS);
  assert_code(ls_undo(NULL, store, 1, &err), LS_ENOTFOUND);
  assert_code(ls_undo(NULL, store, 0, &err), LS_EARGS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  assert_code(ls_undo(NULL, store, 2, &err), LS_ENOTFOUND);
  assert_string_equal(err.text, "this session has only 1 commit to undo, not 2");
  assert_string_equal(todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_the_status_names_what_comes_next(void **unused) {
  (void)unused;
  ls_error err;
  ls_undo_status status;
  ls_store *store = open_store(NULL, TODOS);
  assert_ok(ls_undo_status_get(&status, store, 1, &err));
  assert_null(status.undo_name);
  assert_null(status.redo_name);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  undo(store, 1);
  redo(store, 1);
  assert_ok(ls_undo_status_get(&status, store, 1, &err));
  assert_string_equal(status.undo_name, "v1.Deleted");
  assert_int_equal(status.undo, 1); /* of two, no more than asked for */
  undo(store, 1);
  assert_ok(ls_undo_status_get(&status, store, 1, &err));
  assert_string_equal(status.undo_name, "v1.Created");
  assert_string_equal(status.redo_name, "v1.Deleted");
  ls_close(store, NULL);
}

static void test_events_committed_together_are_undone_together(void **unused) {
  (void)unused;
  ls_error err;
  ls_receipt receipt;
  ls_store *store = open_store(NULL, TODOS);
  const ls_input inputs[] = {{"v1.Created", "{\"id\":\"a\",\"text\":\"A\"}"},
                             {"v1.Set", "{\"id\":\"a\",\"done\":1}"},
                             {"v1.Filter", "{\"value\":\"x\"}"},
                             {"v1.Created", "{\"id\":\"b\",\"text\":\"B\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 4, &err));
  assert_ok(ls_undo(&receipt, store, 1, &err));
  assert_string_equal(todos(store), "");
  assert_string_equal(read_all(store, "SELECT value FROM filter"), "");
  assert_int_equal(receipt.first.global, 4);
  assert_int_equal(receipt.last.global, 5); /* Undone, ClientUndone, Undone */
  redo(store, 1);
  assert_string_equal(todos(store), "a=A1,b=B0");
  assert_string_equal(read_all(store, "SELECT value FROM filter"), "x");
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_client_only_events_and_documents_are_undone_on_this_client_only(void **unused) {
  (void)unused;
  ls_error err;
  ls_receipt receipt;
  const char *value;
  ls_store *store = open_store(NULL, TODOS);
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "{\"zoom\":2}", &err));
  assert_ok(ls_document_set(NULL, store, "Ui", NULL, "{\"zoom\":3}", &err));
  assert_ok(ls_undo(&receipt, store, 1, &err));
  assert_int_equal(receipt.last.global, 0);
  assert_int_equal(receipt.last.client, 3);
  assert_ok(ls_document_get(&value, store, "Ui", NULL, &err));
  assert_string_equal(value, "{\"zoom\":2}");
  ls_close(store, NULL);
}

static void test_events_that_cannot_be_undone_are_passed_over(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Seen", NULL);
  assert_counts(store, 1, 0);
  undo(store, 1);
  assert_string_equal(todos(store), "");
  commit(store, "v1.Seen", NULL); /* and does not end what can be redone */
  redo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  const ls_input both[] = {{"v1.Seen", NULL}, {"v1.Deleted", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, both, 2, &err));
  undo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_commit_that_changed_nothing_takes_one_undo(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Nothing", NULL);
  undo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  undo(store, 1);
  assert_string_equal(todos(store), "");
  ls_close(store, NULL);
}

static void test_the_stack_survives_closing(void **directory) {
  char *path = *directory;
  ls_store *store = open_store(path, TODOS);
  for (int i = 0; i < 300; i++) { /* more than is read at a time */
    char args[60];
    snprintf(args, sizeof args, "{\"id\":\"%03d\",\"text\":\"t%d\"}", i, i);
    commit(store, "v1.Created", args);
  }
  undo(store, 100);
  ls_close(store, NULL);
  store = open_store(path, TODOS);
  assert_counts(store, 200, 100);
  redo(store, 1);
  undo(store, 150);
  ls_close(store, NULL);
  store = open_store(path, TODOS);
  assert_counts(store, 51, 249);
  assert_string_equal(read_all(store, "SELECT count(*) || max(id) FROM todos"), "51050");
  redo(store, 249);
  assert_string_equal(read_all(store, "SELECT count(*) || max(id) FROM todos"), "300299");
  assert_counts(store, 300, 0);
  ls_close(store, NULL);
}

static void test_a_commit_larger_than_a_chunk_is_one(void **directory) {
  enum { MANY = 500 };
  ls_error err;
  static char args[MANY][60];
  ls_input inputs[MANY];
  char *path = *directory;
  ls_store *store = open_store(path, TODOS);
  for (int i = 0; i < MANY; i++) {
    snprintf(args[i], sizeof args[i], "{\"id\":\"%03d\",\"text\":\"t%d\"}", i, i);
    inputs[i] = (ls_input){"v1.Created", args[i]};
  }
  commit(store, "v1.Nothing", NULL);
  assert_ok(ls_commit_all(NULL, store, inputs, MANY, &err));
  assert_counts(store, 2, 0); /* seen as it is appended, and read back */
  ls_close(store, NULL);
  store = open_store(path, TODOS);
  assert_counts(store, 2, 0);
  undo(store, 1);
  assert_string_equal(todos(store), "");
  ls_close(store, NULL);
}

static void test_sessions_have_stacks_of_their_own(void **directory) {
  ls_error err;
  char *path = *directory;
  ls_store *store = open_store(path, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  ls_close(store, NULL);
  ls_options options = {.schema = {.json = TODOS}, .session_id = "elsewhere"};
  assert_ok(ls_open(&store, path, &options, &err));
  assert_counts(store, 0, 0);
  commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  undo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_only_undo_commits_the_librarys_events(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, TODOS);
  assert_code(ls_commit(NULL, store, "livestore.Undone", "{\"rows\":[]}", &err), LS_EEVENT);
  assert_non_null(strstr(err.text, "only undo and redo commit it"));
  ls_schema_source source = {.json = "{\"livestore\":1,\"events\":{\"livestore.Mine\":{}}}"};
  assert_code(ls_schema_check(&source, &err), LS_ESCHEMA);
  assert_non_null(strstr(err.text, "begins with \"livestore.\""));
  ls_close(store, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* Others */

static void test_columns_that_others_changed_since_stay(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Set", "{\"id\":\"a\",\"text\":\"mine\",\"done\":1}");
  append_foreign(store, "v1.Set", "{\"id\":\"a\",\"text\":\"yours\"}");
  undo(store, 1);
  assert_string_equal(todos(store), "a=yours0");
  redo(store, 1);
  assert_string_equal(todos(store), "a=yours1");
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_row_that_others_changed_since_it_was_inserted_stays(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  append_foreign(store, "v1.Set", "{\"done\":1,\"id\":\"a\"}");
  undo(store, 2);
  assert_string_equal(todos(store), "a=A1");
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_a_row_whose_place_others_took_stays_deleted(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Created", "{\"id\":\"b\",\"text\":\"B\"}");
  commit(store, "v1.Deleted", "{\"id\":\"a\"}");
  commit(store, "v1.Deleted", "{\"id\":\"b\"}");
  append_foreign(store, "v1.Created", "{\"id\":\"a\",\"text\":\"yours\"}"); /* the key */
  append_foreign(store, "v1.Created", "{\"id\":\"c\",\"text\":\"B\"}");     /* a unique value */
  undo(store, 2);
  assert_string_equal(todos(store), "a=yours0,c=B0");
  assert_replays(store);
  ls_close(store, NULL);
}

/* What was pending is cut and appended anew behind an event of another session, as a rebase does. */
static void rebase_behind(ls_store *store, ls_seqnum base, const char *name, const char *args) {
  enum { MOST = 20 };
  ls_error err;
  ls_log *log = store->leader->log;
  ls_log_cursor *cursor;
  const ls_event *event;
  ls_event kept[MOST],
      foreign = {.name = name, .args = args, .args_size = strlen(args), .client_id = "you", .session_id = "there"};
  size_t n = 0;
  assert_ok(ls_log_cursor_open(&cursor, log, base, &err));
  for (; ls_log_cursor_next(&event, NULL, cursor, &err) == 1; n++) {
    kept[n] = *event;
    kept[n].name = ls_strdup(event->name);
    kept[n].args = ls_strdup(event->args);
    kept[n].client_id = "me";
    kept[n].session_id = "here";
  }
  ls_log_cursor_close(cursor);
  assert_ok(ls_log_cut(log, base, &err));
  ls_seqnum_next(&foreign.seq, &foreign.parent, base, false, 0);
  assert_ok(ls_log_append(log, &foreign, 1, &err));
  for (size_t i = 0; i < n; i++) {
    bool client_only = kept[i].seq.client != 0;
    ls_seqnum_next(&kept[i].seq, &kept[i].parent, ls_log_head(log).seq, client_only, 1);
    assert_ok(ls_log_append(log, &kept[i], 1, &err));
    ls_free((void *)(uintptr_t)kept[i].name);
    ls_free((void *)(uintptr_t)kept[i].args);
  }
  assert_ok(ls_store_follow(store, &err));
}

static void test_the_stack_survives_a_rebase(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "v1.Set", "{\"id\":\"a\",\"text\":\"B\"}");
  commit(store, "v1.Set", "{\"id\":\"a\",\"done\":1}");
  undo(store, 1);
  rebase_behind(store, (ls_seqnum){1, 0, 0}, "v1.Created", "{\"id\":\"y\",\"text\":\"Y\"}");
  assert_counts(store, 2, 1);
  redo(store, 1);
  assert_string_equal(todos(store), "a=B1,y=Y0");
  undo(store, 2);
  assert_string_equal(todos(store), "a=A0,y=Y0");
  rebase_behind(store, (ls_seqnum){2, 0, 0}, "v1.Created", "{\"id\":\"z\",\"text\":\"Z\"}");
  redo(store, 2);
  assert_string_equal(todos(store), "a=B1,y=Y0,z=Z0");
  assert_replays(store);
  ls_close(store, NULL);
}

static const char FAMILY[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE lists (id TEXT PRIMARY KEY)\","
    "\"CREATE TABLE items (id TEXT PRIMARY KEY, list TEXT REFERENCES lists ON DELETE CASCADE)\"],\"events\":{"
    "\"List\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},\"sql\":\"INSERT INTO "
    "lists VALUES (:id)\"},"
    "\"Drop\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},\"sql\":\"DELETE FROM "
    "lists WHERE id = :id\"},"
    "\"Item\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"list\":{\"type\":"
    "\"string\"}}},"
    "\"sql\":\"INSERT INTO items VALUES (:id, :list)\"}}}";

static void test_what_others_refer_to_cannot_go(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, FAMILY);
  commit(store, "List", "{\"id\":\"l\"}");
  append_foreign(store, "Item", "{\"id\":\"i\",\"list\":\"l\"}");
  char before[33], after[33];
  digest_of(before, store);
  assert_code(ls_undo(NULL, store, 1, &err), LS_EMATERIALIZE);
  assert_non_null(strstr(err.text, "rows that were written since refer to one of its rows"));
  digest_of(after, store);
  assert_string_equal(before, after);
  assert_int_equal(ls_log_head(store->leader->log).seq.global, 2);
  ls_close(store, NULL);
}

static void test_what_a_cascade_took_comes_back(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, FAMILY);
  commit(store, "List", "{\"id\":\"l\"}");
  commit(store, "Item", "{\"id\":\"i\",\"list\":\"l\"}");
  commit(store, "Drop", "{\"id\":\"l\"}");
  undo(store, 1);
  assert_string_equal(read_all(store, "SELECT id || list FROM items"), "il");
  redo(store, 1);
  assert_string_equal(read_all(store, "SELECT id || list FROM items"), "");
  undo(store, 3);
  assert_string_equal(read_all(store, "SELECT id FROM lists"), "");
  assert_replays(store);
  ls_close(store, NULL);
}

/* Whoever wrote it: it fails, changes nothing, and the store goes on. */
static void test_arguments_that_are_wrong_fail_the_event(void **unused) {
  (void)unused;
  static const char *const rows[] = {
      "{}",
      "{\"table\":\"todos\",\"op\":\"drop\",\"key\":{},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"update\",\"key\":{\"id\":\"a\"},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"update\",\"key\":{\"id\":\"a\"},\"columns\":{\"done\":[1]}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":true},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"blob\":\"0\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"blob\":\"zz\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"int\":\"99999999999999999999\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"delete\",\"key\":{\"id\":{\"real\":\"12\"}},\"row\":{}}",
      "{\"table\":\"todos\",\"op\":\"insert\",\"key\":{\"id\":\"z\"},\"row\":{\"id\":\"z\"},\"rowid\":\"1\"}",
  };
  ls_error err;
  ls_status status;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char args[200];
    snprintf(args, sizeof args, "{\"rows\":[%s]}", rows[i]);
    append_foreign(store, "livestore.Undone", args);
    assert_ok(ls_status_get(&status, store, &err));
    if (status.failed != i + 1) fail_msg("not refused: %s", rows[i]);
  }
  assert_string_equal(todos(store), "a=A0");
  ls_close(store, NULL);
}

static void test_what_the_schema_has_no_more_is_passed_over(void **unused) {
  (void)unused;
  static const char ARGS[] =
      "{\"rows\":[{\"columns\":{\"gone\":[1,2],\"text\":[\"A\",\"B\"]},\"key\":{\"id\":\"a\"},\"op\":\"update\","
      "\"table\":\"todos\"},{\"key\":{\"gone\":1},\"op\":\"delete\",\"row\":{},\"table\":\"todos\"},"
      "{\"key\":{\"place\":1},\"op\":\"delete\",\"row\":{},\"table\":\"__livestore_rollback\"},"
      "{\"key\":{\"id\":1},\"op\":\"delete\",\"row\":{},\"table\":\"gone\"}]}";
  ls_error err;
  ls_status status;
  ls_store *store = open_store(NULL, TODOS);
  commit(store, "v1.Created", "{\"id\":\"a\",\"text\":\"A\"}");
  append_foreign(store, "livestore.Undone", ARGS);
  assert_ok(ls_status_get(&status, store, &err));
  assert_int_equal(status.failed, 0);
  assert_string_equal(todos(store), "a=B0");
  ls_close(store, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* What the schema says */

#define ID                                                                                                             \
  "\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}},"
static const char SHARED[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT, done INTEGER NOT NULL DEFAULT "
    "0)\"],"
    "\"events\":{"
    "\"Created\":{" ID "\"sql\":\"INSERT INTO todos (id, text) VALUES (:id, :text)\","
    "\"undo\":{\"event\":\"Deleted\",\"args\":\"json_object('id', :id)\"}},"
    "\"Renamed\":{" ID "\"sql\":\"UPDATE todos SET text = :text WHERE id = :id\",\"undo\":[{\"event\":\"Renamed\","
    "\"args\":\"(SELECT json_object('id', id, 'text', text) FROM todos WHERE id = :id) -- as it "
    "was\"},{\"event\":\"Ping\"}]},"
    "\"Done\":{" ID "\"sql\":\"UPDATE todos SET done = 1 WHERE id = :id\"},"
    "\"Ping\":{},"
    "\"Deleted\":{" ID "\"sql\":\"DELETE FROM todos WHERE id = :id\",\"undo\":{\"event\":\"Created\","
    "\"args\":\"(SELECT json_object('id', id, 'text', text) FROM todos WHERE id = :id)\"}}}}";

static const char *names_since(ls_store *store, int64_t global) {
  static char text[400];
  ls_error err;
  ls_events *events;
  const ls_event *event;
  text[0] = 0;
  ls_event_filter filter = {.since = {global, 0, 0}};
  assert_ok(ls_events_open(&events, store, &filter, &err));
  while (ls_events_next(&event, events, &err) == 1) {
    size_t size = strlen(text);
    snprintf(text + size, sizeof text - size, "%s%s", size ? " " : "", event->name);
  }
  ls_events_close(events);
  return text;
}

static void test_an_event_is_undone_by_the_one_that_the_schema_gives(void **unused) {
  (void)unused;
  ls_store *store = open_store(NULL, SHARED);
  commit(store, "Created", "{\"id\":\"a\",\"text\":\"A\"}");
  commit(store, "Renamed", "{\"id\":\"a\",\"text\":\"B\"}");
  undo(store, 1);
  assert_string_equal(todos(store), "a=A0");
  assert_string_equal(names_since(store, 2), "Renamed Ping");
  redo(store, 1);
  assert_string_equal(todos(store), "a=B0");
  assert_string_equal(names_since(store, 4), "Renamed");
  undo(store, 2);
  assert_string_equal(todos(store), "");
  assert_string_equal(names_since(store, 5), "Renamed Ping Deleted");
  assert_counts(store, 0, 2);
  redo(store, 2);
  assert_string_equal(todos(store), "a=B0");
  assert_counts(store, 2, 0);
  ls_close(store, NULL);
}

static void test_a_commit_of_both_kinds_is_undone_and_redone(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, SHARED);
  const ls_input inputs[] = {{"Created", "{\"id\":\"a\",\"text\":\"A\"}"},
                             {"Done", "{\"id\":\"a\"}"},
                             {"Renamed", "{\"id\":\"a\",\"text\":\"B\"}"},
                             {"Done", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 4, &err));
  undo(store, 1);
  assert_string_equal(todos(store), "");
  assert_string_equal(names_since(store, 4), "livestore.Undone Renamed Ping livestore.Undone Deleted");
  redo(store, 1);
  assert_string_equal(todos(store), "a=B1");
  assert_string_equal(names_since(store, 9), "Created livestore.Redone Renamed livestore.Redone");
  undo(store, 1);
  assert_string_equal(todos(store), "");
  assert_replays(store);
  ls_close(store, NULL);
}

static void test_args_of_an_inverse_must_be_an_object(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, SHARED);
  commit(store, "Deleted", "{\"id\":\"none\"}");
  assert_code(ls_undo(NULL, store, 1, &err), LS_EARGS);
  assert_string_equal(err.text,
                      "undo of e1 \"Deleted\": \"Created\", which undoes it: its arguments are not a JSON object");
  ls_close(store, NULL);
}

static void test_a_schema_that_is_wrong_about_undo_is_refused(void **unused) {
  (void)unused;
  static const struct {
    const char *undo, *says;
  } cases[] = {
      {"7", "expected an object with \"event\" and \"args\", got number"},
      {"[]", "is empty"},
      {"{}", "expected \"event\", the name of the event that undoes this one"},
      {"{\"event\":\"a\",\"why\":1}", "no such key (known: event, args)"},
      {"{\"event\":\"zzz\"}", "the schema has no event \"zzz\""},
      {"{\"event\":\"livestore.Undone\"}", "the schema has no event \"livestore.Undone\""},
      {"{\"event\":\"c\"}", "\"c\" never leaves this client"},
      {"{\"event\":\"a\",\"args\":7}", "expected \"args\", an SQL expression"},
      {"{\"event\":\"a\",\"args\":\"nonsense(\"}", "incomplete input"},
      {"{\"event\":\"a\",\"args\":\"1, 2\"}", ""},
      {"{\"event\":\"a\",\"args\":\"random()\"}", "random"},
      {"{\"event\":\"a\",\"args\":\":nobody\"}", "parameter :nobody is given by no argument"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char json[300];
    ls_error err;
    snprintf(json, sizeof json, "{\"livestore\":1,\"events\":{\"a\":{\"undo\":%s},\"c\":{\"clientOnly\":true}}}",
             cases[i].undo);
    ls_schema_source source = {.json = json};
    assert_code(ls_schema_check(&source, &err), LS_ESCHEMA);
    if (!strstr(err.text, cases[i].says)) fail_msg("%s: %s", cases[i].undo, err.text);
  }
}

static void test_a_virtual_table_needs_an_inverse(void **unused) {
  (void)unused;
  static const char FTS[] = "{\"livestore\":1,\"tables\":[\"CREATE VIRTUAL TABLE notes USING fts5(text)\",\"CREATE "
                            "TABLE t (id INTEGER PRIMARY KEY)\"],"
                            "\"events\":{\"Note\":{\"sql\":\"INSERT INTO notes VALUES "
                            "('hi')\"},\"Row\":{\"sql\":\"INSERT INTO t VALUES (1)\"}}}";
  ls_error err;
  ls_schema_source source = {.json = FTS};
  if (ls_schema_check(&source, &err)) skip(); /* a SQLite without FTS5 */
  ls_store *store = open_store(NULL, FTS);
  commit(store, "Row", NULL);
  undo(store, 1);
  assert_string_equal(read_all(store, "SELECT count(*) FROM t"), "0");
  commit(store, "Note", NULL);
  assert_code(ls_undo(NULL, store, 1, &err), LS_ELIMIT);
  ls_close(store, NULL);
}

/* ---------------------------------------------------------------------------------------------- */
/* Random runs */

static uint64_t seed;

static unsigned next_random(unsigned below) {
  seed ^= seed << 13; /* Marsaglia, Xorshift RNGs, 2003 */
  seed ^= seed >> 7;
  seed ^= seed << 17;
  return (unsigned)((seed >> 20) % below);
}

static const char *random_value(void) {
  static const char *const values[] = {"NULL",
                                       "0",
                                       "1",
                                       "-1",
                                       "7",
                                       "9007199254740992",
                                       "9007199254740993",
                                       "9223372036854775807",
                                       "-9223372036854775808",
                                       "0.0",
                                       "-0.0",
                                       "0.5",
                                       "1.0",
                                       "-2.25",
                                       "3e300",
                                       "9e999",
                                       "-9e999",
                                       "5e-324",
                                       "9007199254740994.0",
                                       "''",
                                       "'a'",
                                       "'A'",
                                       "'12'",
                                       "'\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80'",
                                       "'a' || char(0) || 'b'",
                                       "CAST(x'61ff62' AS TEXT)",
                                       "x''",
                                       "x'00'",
                                       "x'ff00ff'",
                                       "'\"\\' || char(10)",
                                       "hex(zeroblob(30))"};
  return values[next_random(sizeof values / sizeof values[0])];
}

static const char *random_text(void) {
  static const char *const texts[] = {"'a'", "'A'", "'b'", "'c'", "'dd'", "''"};
  return texts[next_random(sizeof texts / sizeof texts[0])];
}

/* In a template '#' is a small number, '$' any value, '~' one of a few texts, '@' who it is. */
static void expand(char *out, size_t size, const char *template, const char *who) {
  size_t at = 0;
  for (; *template; template ++) {
    if (*template == '#')
      at += (size_t)snprintf(out + at, size - at, "%u", next_random(8));
    else if (*template == '$')
      at += (size_t)snprintf(out + at, size - at, "%s", random_value());
    else if (*template == '~')
      at += (size_t)snprintf(out + at, size - at, "%s", random_text());
    else if (*template == '@')
      at += (size_t)snprintf(out + at, size - at, "%s", who);
    else
      at += (size_t)snprintf(out + at, size - at, "%c", *template);
  }
  assert_true(at < size);
}

static const char *const TABLES[] = {
    "CREATE TABLE t (id TEXT PRIMARY KEY, a, b REAL, c INTEGER, d BLOB UNIQUE, e NUMERIC, g AS (a || c))",
    "CREATE TABLE i (id INTEGER PRIMARY KEY, a, b TEXT UNIQUE)",
    "CREATE TABLE w (a TEXT COLLATE NOCASE, b INTEGER, v, u UNIQUE, PRIMARY KEY (b DESC, a)) WITHOUT ROWID",
    "CREATE TABLE p (id INTEGER PRIMARY KEY, x UNIQUE)",
    "CREATE TABLE c (id TEXT PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, x REFERENCES p(x) ON "
    "DELETE SET NULL)",
    "CREATE TABLE history (n INTEGER PRIMARY KEY, what TEXT)",
    "CREATE TRIGGER t_updated AFTER UPDATE ON t BEGIN INSERT INTO history (what) VALUES (old.id || new.id); END",
    "CREATE TRIGGER i_deleted AFTER DELETE ON i BEGIN UPDATE t SET c = c + 1 WHERE id = old.a; END",
    NULL};

static const char *const TEMPLATES[] = {
    "INSERT INTO t (id, a, b, c, d, e) VALUES (#, $, $, $, $, $)",
    "INSERT OR REPLACE INTO t (id, a, b, c, d, e) VALUES (#, $, $, $, $, $)",
    "INSERT INTO t (rowid, id) VALUES (# * 1000, #)",
    "UPDATE t SET a = $, b = $",
    "UPDATE t SET c = $, d = $ WHERE id = #",
    "UPDATE t SET rowid = # WHERE id = #",
    "UPDATE OR IGNORE t SET id = # WHERE id = #",
    "UPDATE OR REPLACE t SET id = # WHERE id = #",
    "DELETE FROM t WHERE id = #",
    "DELETE FROM t",
    "INSERT INTO i (a, b) VALUES ($, $)",
    "INSERT OR REPLACE INTO i VALUES (#, $, ~)",
    "UPDATE i SET id = id + 100",
    "UPDATE OR REPLACE i SET id = # WHERE id > #",
    "UPDATE OR REPLACE i SET b = ~",
    "DELETE FROM i WHERE id % 3 = #",
    "INSERT INTO i (id, b) VALUES (#, ~) ON CONFLICT (b) DO UPDATE SET id = id + 1, a = excluded.id",
    "INSERT OR REPLACE INTO w VALUES (~, #, $, $)",
    "UPDATE OR REPLACE w SET a = ~, b = # WHERE b = #",
    "UPDATE w SET v = $",
    "DELETE FROM w WHERE b = #",
    "INSERT OR IGNORE INTO p VALUES (#, #)",
    "INSERT OR IGNORE INTO c VALUES (#, #, NULL)",
    "INSERT OR REPLACE INTO c VALUES (#, NULL, #)",
    "DELETE FROM p WHERE id = #",
    "UPDATE OR IGNORE p SET id = # WHERE id = #",
    "UPDATE c SET p = NULL WHERE id = #",
    "UPDATE i SET b = b || 'x'; UPDATE i SET b = (SELECT rtrim(x.b, 'x') FROM i x WHERE x.id = 7 - i.id) WHERE id IN (3, 4)",
};

static int run_sql(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)user;
  ls_json doc = {0};
  ls_bytes sql = {0};
  int rc = ls_json_parse(&doc, event->args, event->args_size, err);
  if (!rc) ls_json_string(&sql, &doc, ls_json_get(&doc, 0, "sql"));
  char *at = rc ? NULL : ls_bytes_cstr(&sql);
  while (!rc && at && *at) {
    char *end = strstr(at, "; ");
    if (end) *end = 0;
    rc = ls_materializer_exec(m, at, NULL, 0, NULL, NULL, err);
    at = end ? end + 2 : NULL;
  }
  ls_bytes_fini(&sql);
  ls_json_fini(&doc);
  return rc;
}

#define SQL_ARGS "{\"type\":\"object\",\"properties\":{\"sql\":{\"type\":\"string\"}}}"

static ls_store *open_random(const char *path) {
  static const ls_event_def events[] = {
      {.name = "Run", .args = SQL_ARGS, .fn = run_sql, .version = 1},
      {.name = "RunHere", .args = SQL_ARGS, .fn = run_sql, .version = 1, .client_only = true},
  };
  static const ls_schema_def def = {.tables = TABLES, .events = events, .n_events = 2};
  ls_error err;
  ls_store *store;
  ls_options options = {
      .schema = {.def = &def}, .client_id = "me", .session_id = "here", .rollback_bytes = next_random(2) ? 0 : 5000};
  assert_ok(ls_open(&store, path, &options, &err));
  return store;
}

static void random_args(char *out, size_t size, const char *const *templates, size_t n, const char *who) {
  char sql[1000];
  ls_bytes args = {0};
  expand(sql, sizeof sql, templates[next_random((unsigned)n)], who);
  ls_bytes_text(&args, "{\"sql\":");
  ls_json_write_string(&args, sql, strlen(sql));
  ls_bytes_byte(&args, '}');
  assert_true(args.size < size);
  memcpy(out, args.data, args.size);
  out[args.size] = 0;
  ls_bytes_fini(&args);
}

/* One to three events; a commit that fails is none. */
static bool commit_random(ls_store *store, const char *const *templates, size_t n_templates, const char *who) {
  ls_error err;
  char args[3][1500];
  ls_input inputs[3];
  size_t n = next_random(3) ? 1 : 1 + next_random(3);
  for (size_t i = 0; i < n; i++) {
    random_args(args[i], sizeof args[i], templates, n_templates, who);
    inputs[i] = (ls_input){next_random(4) ? "Run" : "RunHere", args[i]};
  }
  return ls_commit_all(NULL, store, inputs, n, &err) == LS_OK;
}

static long number_of(const char *name, long otherwise) {
  const char *text = getenv(name);
  return text ? atol(text) : otherwise;
}

enum { MOST_STEPS = 4000 };
typedef struct model {
  char undo[MOST_STEPS][33], redo[MOST_STEPS][33]; /* the digests that the next undo, redo leads to */
  size_t n_undo, n_redo;
} model;

static void step_random(ls_store *store, model *m, uint64_t first_seed, int step) {
  ls_error err;
  char before[33], after[33];
  unsigned what = next_random(5);
  digest_of(before, store);
  if (what < 2 && m->n_undo) {
    int rc = ls_undo(NULL, store, 1, &err);
    if (rc) fail_msg("seed %llu, step %d: undo: %s", (unsigned long long)first_seed, step, err.text);
    digest_of(after, store);
    if (strcmp(after, m->undo[--m->n_undo]) != 0)
      fail_msg("seed %llu, step %d: undo is not exact", (unsigned long long)first_seed, step);
    memcpy(m->redo[m->n_redo++], before, 33);
  } else if (what == 2 && m->n_redo) {
    int rc = ls_redo(NULL, store, 1, &err);
    if (rc) fail_msg("seed %llu, step %d: redo: %s", (unsigned long long)first_seed, step, err.text);
    digest_of(after, store);
    if (strcmp(after, m->redo[--m->n_redo]) != 0)
      fail_msg("seed %llu, step %d: redo is not exact", (unsigned long long)first_seed, step);
    memcpy(m->undo[m->n_undo++], before, 33);
  } else if (commit_random(store, TEMPLATES, sizeof TEMPLATES / sizeof TEMPLATES[0], "")) {
    memcpy(m->undo[m->n_undo++], before, 33);
    m->n_redo = 0;
  }
}

static void test_random_commits_are_undone_and_redone_exactly(void **unused) {
  (void)unused;
  ls_error err;
  uint64_t start = (uint64_t)number_of("UNDO_SEED", 1);
  int steps = (int)number_of("UNDO_STEPS", 150);
  for (uint64_t s = start; s < start + 12; s++) {
    seed = s * UINT64_C(0x9e3779b97f4a7c15) | 1;
    model *m = calloc(1, sizeof *m);
    ls_store *store = open_random(NULL);
    for (int i = 0; i < steps && i < MOST_STEPS; i++) step_random(store, m, s, i);
    assert_replays(store);
    char nothing[33], after[33];
    assert_counts(store, m->n_undo, m->n_redo);
    if (m->n_undo && ls_undo(NULL, store, m->n_undo, &err))
      fail_msg("seed %llu: undo of all: %s", (unsigned long long)s, err.text);
    digest_of(after, store);
    ls_store *empty = open_random(NULL);
    digest_of(nothing, empty);
    assert_string_equal(after, nothing);
    ls_close(empty, NULL);
    ls_close(store, NULL);
    free(m);
  }
}

/* Each of two sessions works on rows of its own: what one undoes leaves alone what the other did. */
static const char *const APART[] = {"INSERT OR REPLACE INTO t (id, a, d) VALUES ('@' || #, $, '@' || #)",
                                    "UPDATE OR IGNORE t SET b = $, id = '@' || # WHERE id = '@' || #",
                                    "DELETE FROM t WHERE id = '@' || #",
                                    "INSERT OR REPLACE INTO w VALUES ('@' || ~, #, $, '@' || #)",
                                    "UPDATE w SET v = $ WHERE a GLOB '@*'",
                                    "DELETE FROM w WHERE b = # AND a GLOB '@*'"};
enum { N_APART = sizeof APART / sizeof APART[0] };
static const char APART_ROWS[] =
    "SELECT * FROM (SELECT quote(id) || quote(a) || quote(b) || quote(d) AS row FROM t ORDER BY id) UNION ALL"
    " SELECT * FROM (SELECT quote(a) || b || quote(v) || quote(u) FROM w ORDER BY a, b)";

static void test_undo_leaves_alone_what_another_session_did(void **unused) {
  (void)unused;
  ls_error err;
  for (uint64_t s = 1; s <= 12; s++) {
    seed = s * UINT64_C(0x9e3779b97f4a7c15) | 1;
    ls_store *store = open_random(NULL), *alone = open_random(NULL);
    for (int i = 0; i < 100; i++) {
      char args[1500];
      unsigned what = next_random(6);
      ls_undo_status status;
      assert_ok(ls_undo_status_get(&status, store, 1, &err));
      if (what == 0 && status.undo)
        undo(store, 1);
      else if (what == 1 && status.redo)
        redo(store, 1);
      else if (what < 4)
        commit_random(store, APART, N_APART, "m");
      else {
        random_args(args, sizeof args, APART, N_APART, "y");
        append_foreign(store, "Run", args);
        append_foreign(alone, "Run", args);
      }
    }
    assert_replays(store);
    ls_undo_status status;
    assert_ok(ls_undo_status_get(&status, store, 1000, &err));
    if (status.undo) undo(store, status.undo);
    assert_string_equal(read_all(store, APART_ROWS), read_all(alone, APART_ROWS));
    ls_close(alone, NULL);
    ls_close(store, NULL);
  }
}

/* All on the same rows: whatever comes of it, it is the same on a replay, and the store goes on. */
static void test_undo_among_others_is_the_same_everywhere(void **unused) {
  (void)unused;
  for (uint64_t s = 1; s <= 12; s++) {
    seed = s * UINT64_C(0x9e3779b97f4a7c15) | 1;
    ls_error err;
    ls_store *store = open_random(NULL);
    for (int i = 0; i < 100; i++) {
      char args[1500];
      int rc = LS_OK;
      switch (next_random(5)) {
        case 0: rc = ls_undo(NULL, store, 1, &err); break;
        case 1: rc = ls_redo(NULL, store, 1, &err); break;
        case 2:
          random_args(args, sizeof args, TEMPLATES, sizeof TEMPLATES / sizeof TEMPLATES[0], "");
          append_foreign(store, "Run", args);
          break;
        default: commit_random(store, TEMPLATES, sizeof TEMPLATES / sizeof TEMPLATES[0], "");
      }
      if (rc && rc != LS_ENOTFOUND && rc != LS_EMATERIALIZE)
        fail_msg("seed %llu, step %d: %s", (unsigned long long)s, i, err.text);
    }
    assert_replays(store);
    ls_close(store, NULL);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Memory */

static int travel(ls_store *store, bool redo_now, ls_error *err) {
  return redo_now ? ls_redo(NULL, store, 1, err) : ls_undo(NULL, store, 1, err);
}

/* Undo or redo once: true when no allocation failed. When it was done although one did (SQLite can do without some, and
 * without any memory left the log may have it when the state cannot yet), it is taken back. */
static bool try_travel(ls_store *store, bool redo_now, long k, bool sticky) {
  ls_error err;
  char before[33], after[33];
  digest_of(before, store);
  ls_seqnum head = ls_log_head(store->leader->log).seq;
  ls_undo_stack_reset(&store->session->undo);
  fault_alloc_arm(k, sticky);
  int rc = travel(store, redo_now, &err);
  if (!fault_alloc_disarm()) return true;
  if (rc && rc != LS_ENOMEM) fail_msg("allocation %ld: %s", k, err.text);
  bool done = !ls_seqnum_equal(head, ls_log_head(store->leader->log).seq);
  assert_true(done || rc);
  assert_true(sticky || done == !rc);
  if (done) assert_ok(travel(store, !redo_now, &err));
  digest_of(after, store);
  assert_string_equal(before, after);
  return false;
}

static void sweep(ls_store *store, bool redo_now, bool sticky, long every) {
  for (long k = 1; !try_travel(store, redo_now, k, sticky); k += every) continue;
}

/* A k-th allocation that fails, of the library's or SQLite's, leaves log and state as they were. */
static void test_undo_survives_want_of_memory(void **unused) {
  (void)unused;
  ls_error err;
  ls_store *store = open_store(NULL, SHARED);
  const ls_input inputs[] = {{"Created", "{\"id\":\"a\",\"text\":\"A\"}"}, {"Done", "{\"id\":\"a\"}"}};
  assert_ok(ls_commit_all(NULL, store, inputs, 2, &err));
  sweep(store, false, false, 1);
  sweep(store, true, false, 1);
  sweep(store, false, true, 5);
  sweep(store, true, true, 5);
  assert_string_equal(todos(store), "a=A1");
  assert_replays(store);
  ls_close(store, NULL);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_undo_takes_back_the_newest_commit_and_redo_does_it_again),
      cmocka_unit_test(test_a_commit_ends_what_can_be_redone),
      cmocka_unit_test(test_more_than_there_is_undoes_nothing),
      cmocka_unit_test(test_the_status_names_what_comes_next),
      cmocka_unit_test(test_events_committed_together_are_undone_together),
      cmocka_unit_test(test_client_only_events_and_documents_are_undone_on_this_client_only),
      cmocka_unit_test(test_events_that_cannot_be_undone_are_passed_over),
      cmocka_unit_test(test_a_commit_that_changed_nothing_takes_one_undo),
      cmocka_unit_test_setup_teardown(test_the_stack_survives_closing, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_a_commit_larger_than_a_chunk_is_one, tmp_setup, tmp_teardown),
      cmocka_unit_test_setup_teardown(test_sessions_have_stacks_of_their_own, tmp_setup, tmp_teardown),
      cmocka_unit_test(test_only_undo_commits_the_librarys_events),
      cmocka_unit_test(test_columns_that_others_changed_since_stay),
      cmocka_unit_test(test_a_row_that_others_changed_since_it_was_inserted_stays),
      cmocka_unit_test(test_a_row_whose_place_others_took_stays_deleted),
      cmocka_unit_test(test_the_stack_survives_a_rebase),
      cmocka_unit_test(test_what_others_refer_to_cannot_go),
      cmocka_unit_test(test_what_a_cascade_took_comes_back),
      cmocka_unit_test(test_arguments_that_are_wrong_fail_the_event),
      cmocka_unit_test(test_what_the_schema_has_no_more_is_passed_over),
      cmocka_unit_test(test_an_event_is_undone_by_the_one_that_the_schema_gives),
      cmocka_unit_test(test_a_commit_of_both_kinds_is_undone_and_redone),
      cmocka_unit_test(test_args_of_an_inverse_must_be_an_object),
      cmocka_unit_test(test_a_schema_that_is_wrong_about_undo_is_refused),
      cmocka_unit_test(test_a_virtual_table_needs_an_inverse),
      cmocka_unit_test(test_random_commits_are_undone_and_redone_exactly),
      cmocka_unit_test(test_undo_leaves_alone_what_another_session_did),
      cmocka_unit_test(test_undo_among_others_is_the_same_everywhere),
      cmocka_unit_test(test_undo_survives_want_of_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
