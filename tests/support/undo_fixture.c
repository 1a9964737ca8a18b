#include "support/undo_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"

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

const char UNDO_TODOS[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT UNIQUE, done INTEGER NOT NULL"
    " DEFAULT 0)\",\"CREATE TABLE filter (id INTEGER PRIMARY KEY, value TEXT)\",\"CREATE TABLE seen (n INTEGER PRIMARY "
    "KEY)\"],"
    "\"events\":{" TODO_EVENTS "},"
    "\"documents\":{\"Ui\":{\"value\":{\"type\":\"object\",\"properties\":{\"zoom\":{\"type\":\"integer\"}}},"
    "\"default\":{\"zoom\":1}}}}";

#define ID                                                                                                             \
  "\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}},"
const char UNDO_INVERSES[] =
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

ls_store *undo_open(const char *path, const char *schema) {
  ls_error err;
  ls_store *store;
  ls_options options = {.schema = {.json = schema}, .client_id = "me", .session_id = "here"};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

void undo_commit(ls_store *store, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, args, &err), &err);
}

const char *undo_read(ls_store *store, const char *sql) {
  static char texts[4][4000];
  static int turn;
  char *text = texts[turn++ % 4];
  size_t size = 0;
  ls_error err;
  ls_query *query;
  text[0] = 0;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  for (int more; (more = ls_query_next(query, &err)); size = strlen(text)) {
    assert_int_equal(more, 1);
    int n = snprintf(text + size, sizeof texts[0] - size, "%s%s", size ? "," : "", ls_query_text(query, 0));
    assert_in_range(n, 0, sizeof texts[0] - size - 1);
  }
  ls_query_close(query);
  return text;
}

const char *undo_todos(ls_store *store) {
  return undo_read(store, "SELECT id || '=' || coalesce(text, 'NULL') || done FROM todos ORDER BY id");
}

void undo_digest(char out[33], ls_store *store) {
  ls_error err;
  assert_ok(ls_state_hash(out, store, &err), &err);
}

void undo_foreign(ls_store *store, const char *name, const char *args) {
  ls_error err;
  ls_log *log = store->leader->log;
  ls_event event = {.name = name, .args = args, .args_size = strlen(args), .client_id = "you", .session_id = "there"};
  ls_seqnum_next(&event.seq, &event.parent, ls_log_head(log).seq, false, 0);
  assert_ok(ls_leader_push(store->leader, &event, 1, &err), &err);
  assert_ok(ls_store_follow(store, &err), &err);
}

void undo_n(ls_store *store, size_t n) {
  ls_error err;
  assert_ok(ls_undo(NULL, store, n, &err), &err);
}

void redo_n(ls_store *store, size_t n) {
  ls_error err;
  assert_ok(ls_redo(NULL, store, n, &err), &err);
}

void undo_assert_counts(ls_store *store, size_t n_undo, size_t n_redo) {
  ls_error err;
  ls_undo_status status;
  assert_ok(ls_undo_status_get(&status, store, 1000, &err), &err);
  assert_int_equal(status.undo, n_undo);
  assert_int_equal(status.redo, n_redo);
}

void undo_assert_replays(ls_store *store) {
  ls_error err;
  char before[33], after[33];
  undo_digest(before, store);
  assert_ok(ls_rebuild(store, &err), &err);
  undo_digest(after, store);
  assert_string_equal(before, after);
}
