#include "support/todo_store.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/tmp.h"

const char TODO_SCHEMA[] =
    "{\"livestore\":1,"
    "\"tables\":[\"CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT NOT NULL, done INTEGER NOT NULL DEFAULT 0) "
    "STRICT\"],"
    "\"events\":{"
    "\"v1.TodoCreated\":{\"args\":{\"type\":\"object\",\"required\":[\"id\",\"text\"],\"properties\":"
    "{\"id\":{\"type\":\"string\"},\"text\":{\"type\":\"string\"}}},"
    "\"sql\":[\"INSERT INTO todos (id, text) VALUES (:id, :text)\"]},"
    "\"v1.TodoDone\":{\"args\":{\"type\":\"object\",\"required\":[\"id\"],\"properties\":{\"id\":{\"type\":\"string\"}}"
    "},"
    "\"sql\":[\"UPDATE todos SET done = 1 WHERE id = :id\"]},"
    "\"v1.Hovered\":{\"clientOnly\":true}},"
    "\"documents\":{\"UiState\":{\"value\":{\"type\":\"object\",\"properties\":{\"filter\":{\"enum\":[\"all\",\"open\"]"
    "}}},"
    "\"default\":{\"filter\":\"all\"}}}}";

ls_options todo_options(void) {
  return (ls_options){.schema = {.json = TODO_SCHEMA}, .store_id = "todos", .client_id = "c1", .session_id = "s1"};
}

ls_store *todo_open(const char *path) {
  ls_options options = todo_options();
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

void todo_close(ls_store *store) {
  ls_error err;
  assert_ok(ls_close(store, &err), &err);
}

static void commit(ls_store *store, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, args, &err), &err);
}

void todo_make(const char *path) {
  ls_error err;
  ls_store *store = todo_open(path);
  commit(store, "v1.TodoCreated", "{\"id\":\"a\",\"text\":\"milk\"}");
  commit(store, "v1.TodoCreated", "{\"text\":\"K\xc3\xa4se \xf0\x9f\xa7\x80 \\u0001 \\\"\\n\",\"id\":\"b\"}");
  commit(store, "v1.Hovered", NULL);
  assert_ok(ls_document_set(NULL, store, "UiState", NULL, "{\"filter\":\"open\"}", &err), &err);
  commit(store, "v1.TodoDone", "{\"id\":\"a\"}");
  commit(store, "v1.TodoCreated", "{\"id\":\"c\",\"text\":\"\"}");
  assert_ok(ls_rebuild(store, &err), &err); /* leaves a snapshot */
  todo_close(store);
}

static void no_finding(void *user, const ls_finding *finding) {
  (void)user;
  print_error("%s: %s\n", ls_code_name(finding->code), finding->text);
}

ls_check_report todo_check(const char *path) {
  ls_check_report report;
  ls_error err;
  assert_ok(ls_check(&report, path, NULL, no_finding, NULL, &err), &err);
  assert_int_equal(report.findings, 0);
  return report;
}

void todo_sql(const char *file, const char *sql) {
  sqlite3 *db;
  assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
  char *message = NULL;
  if (sqlite3_exec(db, sql, NULL, NULL, &message)) fail_msg("%s: %s", sql, message);
  assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static int by_name(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int is_file(const struct dirent *entry) { return entry->d_name[0] != '.' && strcmp(entry->d_name, "lock") != 0; }

char *todo_files(const char *path, size_t *size) {
  struct dirent **entries;
  int n = scandir(path, &entries, is_file, by_name);
  assert_true(n >= 0);
  char *all = NULL;
  *size = 0;
  for (int i = 0; i < n; i++) {
    size_t length, name = strlen(entries[i]->d_name) + 1;
    char *file = tmp_path(path, entries[i]->d_name), *text = tmp_read(file, &length);
    all = realloc(all, *size + name + length);
    assert_non_null(all);
    memcpy(all + *size, entries[i]->d_name, name);
    memcpy(all + *size + name, text, length);
    *size += name + length;
    free(file);
    free(text);
    free(entries[i]);
  }
  free(entries);
  return all;
}
