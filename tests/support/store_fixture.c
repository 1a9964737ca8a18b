#include "support/store_fixture.h"

#include <stdio.h>

#include "core/follow.h"
#include "core/log_file.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define ADD                                                                                                            \
  "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":\"string\"}}," \
  "\"required\":[\"id\"]},\"sql\":[\"INSERT INTO t VALUES (:id, :v)\"]}"
#define TABLE "CREATE TABLE t (id INTEGER PRIMARY KEY CHECK (id <> 13), v TEXT)"

const char FIXTURE_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"" TABLE "\"],\"events\":{" ADD ",\"clear\":{\"sql\":[\"DELETE FROM t\"]},"
    "\"ui\":{\"clientOnly\":true,\"sql\":[\"UPDATE t SET v = 'ui'\"]},\"dated\":{\"args\":{\"type\":\"object\","
    "\"properties\":{\"at\":{\"type\":\"string\",\"format\":\"date-time\"}},\"required\":[\"at\"]},"
    "\"sql\":[\"INSERT INTO t(v) VALUES (:at)\"]}}}";
const char FIXTURE_OTHER_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"" TABLE "\",\"CREATE TABLE n (k INTEGER PRIMARY KEY, n INTEGER) WITHOUT ROWID\"],"
    "\"events\":{\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"v\":{\"type\":"
    "\"string\"}}},"
    "\"sql\":[\"INSERT INTO t VALUES (:id * 2, :v)\",\"INSERT INTO n VALUES (:id, :_global)\"]}}}";

ls_options fixture_options(const char *json) {
  return (ls_options){.schema.json = json, .client_id = "client", .session_id = "session"};
}

ls_store *fixture_open_with(const char *path, const ls_options *options) {
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, path, options, &err), &err);
  return store;
}

ls_store *fixture_open(const char *path) {
  ls_options options = fixture_options(FIXTURE_SCHEMA);
  return fixture_open_with(path, &options);
}

void fixture_close(ls_store *store) {
  ls_error err;
  assert_ok(ls_close(store, &err), &err);
}

void fixture_kill(ls_store *store) {
  store->unflushed = 0;
  if (store->leader->log->in_transaction) sqlite3_exec(store->leader->log->db, "ROLLBACK", NULL, NULL, NULL);
  store->leader->log->in_transaction = false;
  store->unsaved = 0;
  fixture_close(store);
}

void fixture_add(ls_store *store, int64_t first, int64_t n) {
  for (int64_t i = first; i < first + n; i++) {
    char args[60];
    ls_error err;
    snprintf(args, sizeof args, "{\"id\":%lld,\"v\":\"text %lld\"}", (long long)i, (long long)i);
    assert_ok(ls_commit(NULL, store, "add", args, &err), &err);
  }
}

const char *fixture_hash(ls_store *store) {
  static char texts[8][33];
  static int at;
  ls_error err;
  char *text = texts[at++ % 8];
  assert_ok(ls_state_hash(text, store, &err), &err);
  return text;
}

int64_t fixture_number(ls_store *store, const char *sql) {
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  int64_t number = ls_query_int(query, 0);
  ls_query_close(query);
  return number;
}

ls_status fixture_status(ls_store *store) {
  ls_status status;
  ls_error err;
  assert_ok(ls_status_get(&status, store, &err), &err);
  return status;
}

const char *fixture_replayed(ls_store *store) {
  ls_state *state = core_state(store->session->schema);
  ls_error err;
  assert_ok(ls_state_follow(state, store->leader->log, NULL, &err), &err);
  const char *digest = core_digest(state);
  ls_state_free(state);
  return digest;
}
