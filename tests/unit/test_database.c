/* Who may do what on the connection of a state, and what is told when it goes wrong. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/database.h"
#include "support/cmocka_all.h"
#include "support/tmp.h"

#define QUERY(why) "a query only reads, but this one " why "; change the state by committing an event"
#define EVENT(why) "a materializer only reads and writes the schema's tables, but this statement " why
#define DEFINE(why) "a schema only creates tables, indexes, views and triggers, but this statement " why

static int setup(void **state) {
  ls_database *database = malloc(sizeof *database);
  *state = database;
  assert_int_equal(ls_database_open(database, NULL, NULL), LS_OK);
  return ls_database_exec(database,
                          "CREATE TABLE todos (id TEXT PRIMARY KEY, text TEXT);"
                          "CREATE TABLE other (id TEXT PRIMARY KEY REFERENCES todos ON DELETE CASCADE);"
                          "CREATE TABLE __livestore_x (id INTEGER PRIMARY KEY);"
                          "CREATE VIEW shuffled AS SELECT *, random() AS r FROM todos;"
                          "CREATE TABLE bad (id TEXT PRIMARY KEY);"
                          "CREATE TRIGGER t AFTER INSERT ON bad BEGIN INSERT INTO __livestore_x VALUES (1); END;"
                          "CREATE VIRTUAL TABLE found USING fts5 (text);"
                          "INSERT INTO todos VALUES ('a', 'milk')",
                          NULL);
}

static int teardown(void **state) {
  ls_database_close(*state);
  free(*state);
  return 0;
}

typedef struct access_case {
  ls_access access;
  const char *sql;
  int result;
  const char *text;
} access_case;

static const access_case CASES[] = {
    {LS_ACCESS_READ, "SELECT * FROM todos JOIN shuffled USING (id)", LS_OK, NULL},
    {LS_ACCESS_READ, "SELECT random(), datetime('now')", LS_OK, NULL},
    {LS_ACCESS_READ, "SELECT * FROM __livestore_x, sqlite_schema", LS_OK, NULL},
    {LS_ACCESS_READ, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3) SELECT * FROM n", LS_OK,
     NULL},
    {LS_ACCESS_READ, "SELECT * FROM found WHERE found MATCH 'milk'", LS_OK, NULL},
    {LS_ACCESS_READ, "SELECT * FROM json_each('[1]'), pragma_table_info('todos')", LS_OK, NULL},
    {LS_ACCESS_READ, "PRAGMA table_info(todos)", LS_OK, NULL},
    {LS_ACCESS_READ, "PRAGMA user_version", LS_OK, NULL},
    {LS_ACCESS_READ, "EXPLAIN QUERY PLAN SELECT * FROM todos", LS_OK, NULL},
    {LS_ACCESS_READ, "INSERT INTO todos VALUES (1, 2)", LS_EREADONLY, QUERY("writes to table todos")},
    {LS_ACCESS_READ, "UPDATE todos SET text = ''", LS_EREADONLY, QUERY("writes to table todos")},
    {LS_ACCESS_READ, "WITH a AS (SELECT 1) DELETE FROM todos RETURNING id", LS_EREADONLY,
     QUERY("writes to table todos")},
    {LS_ACCESS_READ, "EXPLAIN DELETE FROM todos", LS_EREADONLY, QUERY("writes to table todos")},
    {LS_ACCESS_READ, "PRAGMA user_version = 3", LS_EREADONLY, QUERY("runs PRAGMA user_version with a value")},
    {LS_ACCESS_READ, "PRAGMA journal_mode", LS_EREADONLY, QUERY("runs PRAGMA journal_mode")},
    {LS_ACCESS_READ, "PRAGMA writable_schema = 1", LS_EREADONLY, QUERY("runs PRAGMA writable_schema with a value")},
    {LS_ACCESS_READ, "SELECT * FROM pragma_optimize(65538)", LS_EREADONLY, QUERY("runs pragma_optimize()")},
    {LS_ACCESS_READ, "SELECT load_extension('x')", -1, NULL},
    {LS_ACCESS_READ, "BEGIN", LS_EREADONLY, QUERY("begins or ends a transaction")},
    {LS_ACCESS_READ, "COMMIT", LS_EREADONLY, QUERY("begins or ends a transaction")},
    {LS_ACCESS_READ, "SAVEPOINT a", LS_EREADONLY, QUERY("sets or ends a savepoint")},
    {LS_ACCESS_READ, "ATTACH ':memory:' AS a", LS_EREADONLY, QUERY("attaches a database")},
    {LS_ACCESS_READ, "CREATE TABLE a (b)", LS_EREADONLY, QUERY("creates or drops something")},
    {LS_ACCESS_READ, "CREATE TEMP TABLE a (b)", LS_EREADONLY, NULL},
    {LS_ACCESS_READ, "DROP TABLE todos", LS_EREADONLY, QUERY("creates or drops something")},
    {LS_ACCESS_READ, "ALTER TABLE todos ADD COLUMN x", LS_EREADONLY, NULL},
    {LS_ACCESS_READ, "VACUUM", LS_EREADONLY, QUERY("runs VACUUM")},
    {LS_ACCESS_READ, ";;VACUUM INTO 'file'", LS_EREADONLY, QUERY("runs VACUUM")},
    {LS_ACCESS_READ, "ANALYZE", LS_EREADONLY, NULL},
    {LS_ACCESS_READ, "REINDEX", LS_EREADONLY, NULL},
    {LS_ACCESS_READ, "SELECT nowhere\n  , todos.text FROM todos", LS_ESQL, "line 1 column 8: no such column: nowhere"},
    {LS_ACCESS_READ, "SELECT 1;\n SELECT 2", LS_ESQL,
     "line 2 column 2: one statement is expected here, and a second one begins"},
    {LS_ACCESS_READ, "SELECT 1 ; ; -- end", LS_OK, NULL},
    {LS_ACCESS_READ, " -- nothing", LS_ESQL, "there is no statement in this SQL text"},
    {LS_ACCESS_READ, "SELECT \"milk\"", LS_ESQL, NULL},

    {LS_ACCESS_EVENT, "INSERT INTO todos SELECT 'b', text FROM todos", LS_OK, NULL},
    {LS_ACCESS_EVENT, "DELETE FROM todos", LS_OK, NULL},
    {LS_ACCESS_EVENT, "INSERT INTO todos SELECT key, value FROM json_each(?1)", LS_OK, NULL},
    {LS_ACCESS_EVENT, "INSERT INTO found VALUES ('bread')", LS_OK, NULL},
    {LS_ACCESS_EVENT, "INSERT INTO todos VALUES (random(), '')", LS_EREADONLY,
     EVENT("calls random(), whose answer is not the same on every node")},
    {LS_ACCESS_EVENT, "INSERT INTO todos SELECT id || r, text FROM shuffled", LS_EREADONLY,
     EVENT("calls random(), whose answer is not the same on every node")},
    {LS_ACCESS_EVENT, "INSERT INTO __livestore_x VALUES (1)", LS_EREADONLY,
     EVENT("writes to __livestore_x, a table of the library")},
    {LS_ACCESS_EVENT, "INSERT INTO __LIVESTORE_x VALUES (1)", LS_EREADONLY,
     EVENT("writes to __livestore_x, a table of the library")},
    {LS_ACCESS_EVENT, "INSERT INTO bad VALUES (1)", LS_EREADONLY,
     EVENT("writes to __livestore_x, a table of the library")},
    {LS_ACCESS_EVENT, "INSERT INTO todos SELECT id, '' FROM __livestore_x", LS_EREADONLY,
     EVENT("reads __livestore_x, which is not the same on every node")},
    {LS_ACCESS_EVENT, "INSERT INTO todos SELECT name, '' FROM pragma_table_list", LS_EREADONLY,
     EVENT("reads pragma_table_list, which is not the same on every node")},
    {LS_ACCESS_EVENT, "CREATE TABLE a (b)", LS_EREADONLY, NULL},
    {LS_ACCESS_EVENT, "CREATE TABLE a AS SELECT 1", LS_EREADONLY, NULL},
    {LS_ACCESS_EVENT, "CREATE VIRTUAL TABLE a USING fts5 (b)", LS_EREADONLY, NULL},
    {LS_ACCESS_EVENT, "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)", -1, NULL},
    {LS_ACCESS_READ, "INSERT INTO sqlite_schema VALUES (1, 2, 3, 4, 5)", -1, NULL},
    {LS_ACCESS_READ, "CREATE TABLE a AS SELECT 1", LS_EREADONLY, NULL},
    {LS_ACCESS_READ, "UPDATE sqlite_schema SET name = 1", -1, NULL},
    {LS_ACCESS_EVENT, "UPDATE sqlite_schema SET name = 1", -1, NULL},
    {LS_ACCESS_EVENT, "VACUUM", LS_EREADONLY, EVENT("runs VACUUM")},
    {LS_ACCESS_EVENT, "COMMIT", LS_EREADONLY, EVENT("begins or ends a transaction")},
    {LS_ACCESS_EVENT, "PRAGMA user_version", LS_EREADONLY, EVENT("runs PRAGMA user_version")},

    {LS_ACCESS_DEFINE, "CREATE TABLE a (b TEXT PRIMARY KEY CHECK (length(b) > 1)) STRICT", LS_OK, NULL},
    {LS_ACCESS_DEFINE, "CREATE INDEX a ON todos (lower(text)) WHERE text IS NOT NULL", LS_OK, NULL},
    {LS_ACCESS_DEFINE, "CREATE VIEW a AS SELECT * FROM todos", LS_OK, NULL},
    {LS_ACCESS_DEFINE, "CREATE TRIGGER a AFTER DELETE ON todos BEGIN DELETE FROM other; END", LS_OK, NULL},
    {LS_ACCESS_DEFINE, "CREATE VIRTUAL TABLE a USING fts5 (text)", LS_OK, NULL},
    {LS_ACCESS_DEFINE, "CREATE VIRTUAL TABLE a USING csv (x)", LS_ESCHEMA,
     DEFINE("creates a virtual table of csv; only fts5 is supported")},
    {LS_ACCESS_DEFINE, "CREATE TABLE a AS SELECT 1", LS_ESCHEMA, DEFINE("selects rows")},
    {LS_ACCESS_DEFINE, "CREATE TABLE __livestore_a (b)", LS_ESCHEMA,
     DEFINE("creates __livestore_a: names that begin with __livestore_ are the library's")},
    {LS_ACCESS_DEFINE, "CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT)", LS_ESCHEMA,
     DEFINE("uses AUTOINCREMENT, whose counter would outlive a rollback (an INTEGER PRIMARY KEY counts without it)")},
    {LS_ACCESS_DEFINE, "CREATE TEMP TABLE a (b)", LS_ESCHEMA, DEFINE("creates something TEMP")},
    {LS_ACCESS_DEFINE, "CREATE TEMP TRIGGER a AFTER DELETE ON todos BEGIN SELECT 1; END", LS_ESCHEMA,
     DEFINE("creates something TEMP")},
    {LS_ACCESS_DEFINE, "INSERT INTO todos VALUES (1, 2)", LS_ESCHEMA, DEFINE("writes to table todos")},
    {LS_ACCESS_DEFINE, "DROP TABLE todos", LS_ESCHEMA, NULL},
    {LS_ACCESS_DEFINE, "PRAGMA user_version = 3", LS_ESCHEMA, DEFINE("runs a PRAGMA")},

    {LS_ACCESS_OWN, "INSERT INTO __livestore_x VALUES (1)", LS_OK, NULL},
    {LS_ACCESS_OWN, "PRAGMA user_version = 3", LS_OK, NULL},
};

static void each_may_do_what_is_its_own(void **state) {
  ls_database *database = *state;
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    const access_case *c = &CASES[i];
    sqlite3_stmt *stmt = NULL;
    ls_error err = {0};
    int result = ls_database_prepare(&stmt, database, c->sql, NULL, c->access, &err);
    sqlite3_finalize(stmt);
    if (c->result == -1 ? !result : result != c->result) fail_msg("%s: %d %s", c->sql, result, err.text);
    if (c->text) assert_string_equal(err.text, c->text);
    assert_int_equal(database->access, LS_ACCESS_OWN);
  }
}

static void statements_can_be_taken_one_by_one(void **state) {
  const char *at = "SELECT 1; SELECT 2; ";
  sqlite3_stmt *stmt;
  for (int i = 1; i <= 2; i++) {
    assert_int_equal(ls_database_prepare(&stmt, *state, at, &at, LS_ACCESS_READ, NULL), LS_OK);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(stmt, 0), i);
    sqlite3_finalize(stmt);
  }
  assert_int_equal(ls_database_prepare(&stmt, *state, at, &at, LS_ACCESS_READ, NULL), LS_OK);
  assert_null(stmt);
}

static void run_event(ls_database *database, const char *sql, const char *param) {
  sqlite3_stmt *stmt;
  assert_int_equal(ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_EVENT, NULL), LS_OK);
  sqlite3_bind_text(stmt, 1, param, -1, SQLITE_STATIC);
  database->access = LS_ACCESS_EVENT;
  assert_int_equal(sqlite3_step(stmt), SQLITE_DONE);
  database->access = LS_ACCESS_OWN;
  sqlite3_finalize(stmt);
}

static void a_look_at_the_clock_is_seen_when_it_happens(void **state) {
  ls_database *database = *state;
  database->clock_read = false;
  run_event(database, "INSERT INTO todos VALUES ('b', date(?1))", "2026-01-01");
  assert_false(database->clock_read);
  run_event(database, "INSERT INTO todos VALUES ('c', date(?1))", "now");
  assert_true(database->clock_read);
  database->clock_read = false;
  run_event(database, "UPDATE todos SET text = datetime(?1)", "2026-01-01 10:00");
  assert_false(database->clock_read);
}

static void a_full_text_index_can_be_written_by_events(void **state) {
  ls_database *database = *state;
  for (int i = 0; i < 20; i++) run_event(database, "INSERT INTO found (text) VALUES (?1)", "some bread");
  run_event(database, "DELETE FROM found WHERE found MATCH ?1", "bread");
}

static void each_connection_has_a_clock_of_its_own(void **state) {
  ls_database *first = *state, second;
  assert_int_equal(ls_database_open(&second, NULL, NULL), LS_OK);
  first->clock_read = false;
  assert_int_equal(ls_database_exec(&second, "CREATE TABLE a (b); INSERT INTO a SELECT date('now')", NULL), LS_OK);
  assert_true(second.clock_read);
  assert_false(first->clock_read);
  ls_database_close(&second);
}

static int64_t read_int(ls_database *database, const char *sql) {
  sqlite3_stmt *stmt;
  assert_int_equal(ls_database_prepare(&stmt, database, sql, NULL, LS_ACCESS_OWN, NULL), LS_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  int64_t value = sqlite3_column_int64(stmt, 0);
  sqlite3_finalize(stmt);
  return value;
}

static void settings_are_those_of_a_state(void **state) {
  assert_int_equal(read_int(*state, "PRAGMA foreign_keys"), 1);
  assert_int_equal(read_int(*state, "PRAGMA recursive_triggers"), 1);
  assert_int_equal(read_int(*state, "PRAGMA temp_store"), 2);
  assert_int_equal(read_int(*state, "PRAGMA page_size"), 4096);
}

static void what_fails_is_undone_in_memory(void **state) {
  ls_database *database = *state;
  ls_error err;
  assert_int_equal(ls_database_exec(database, "BEGIN; INSERT INTO todos VALUES ('b', ''); ROLLBACK", NULL), LS_OK);
  assert_int_equal(ls_database_exec(database, "INSERT INTO todos VALUES ('b', ''), ('a', '')", &err), LS_ESQL);
  assert_non_null(strstr(err.text, "UNIQUE constraint failed: todos.id"));
  assert_int_equal(read_int(database, "SELECT count(*) FROM todos"), 1);
}

static void a_file_keeps_what_was_committed(void **state) {
  char *path = tmp_path(*state, "state.db");
  ls_database database;
  assert_int_equal(ls_database_open(&database, path, NULL), LS_OK);
  assert_int_equal(ls_database_exec(&database, "CREATE TABLE a (b); INSERT INTO a VALUES (7)", NULL), LS_OK);
  sqlite3_stmt *stmt;
  assert_int_equal(ls_database_prepare(&stmt, &database, "PRAGMA journal_mode", NULL, LS_ACCESS_OWN, NULL), LS_OK);
  assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
  assert_string_equal((const char *)sqlite3_column_text(stmt, 0), "wal");
  sqlite3_finalize(stmt);
  assert_int_equal(read_int(&database, "PRAGMA synchronous"), 1);
  ls_database_close(&database);
  assert_int_equal(ls_database_open(&database, path, NULL), LS_OK);
  assert_int_equal(read_int(&database, "SELECT b FROM a"), 7);
  ls_database_close(&database);
  free(path);
}

static void files_that_cannot_be_opened_are_named(void **state) {
  char *garbage = tmp_path(*state, "garbage.db"), *nowhere = tmp_path(*state, "no/where.db");
  tmp_write(garbage, "this is not a database, but it is long enough to look like one.. this is not a database", 87);
  ls_database database;
  ls_error err;
  assert_int_equal(ls_database_open(&database, garbage, &err), LS_ECORRUPT);
  assert_non_null(strstr(err.text, garbage));
  assert_int_equal(ls_database_open(&database, nowhere, &err), LS_EIO);
  assert_non_null(strstr(err.text, nowhere));
  free(garbage);
  free(nowhere);
}

static int allocations, failing;

static int fail_one(void) { return ++allocations == failing; }

static void every_allocation_of_opening_may_fail(void **state) {
  (void)state;
  int result = LS_ENOMEM;
  for (failing = 1; result == LS_ENOMEM; failing++) {
    ls_database database;
    ls_error err = {0};
    allocations = 0;
    ls_alloc_set_fault(fail_one);
    result = ls_database_open(&database, NULL, &err);
    ls_alloc_set_fault(NULL);
    assert_int_equal(err.code, result);
    if (!result) ls_database_close(&database);
  }
  assert_int_equal(result, LS_OK);
}

#define WITH_TABLES(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_TABLES(each_may_do_what_is_its_own),
      WITH_TABLES(statements_can_be_taken_one_by_one),
      WITH_TABLES(a_look_at_the_clock_is_seen_when_it_happens),
      WITH_TABLES(a_full_text_index_can_be_written_by_events),
      WITH_TABLES(each_connection_has_a_clock_of_its_own),
      WITH_TABLES(settings_are_those_of_a_state),
      WITH_TABLES(what_fails_is_undone_in_memory),
      WITH_FOLDER(a_file_keeps_what_was_committed),
      WITH_FOLDER(files_that_cannot_be_opened_are_named),
      cmocka_unit_test(every_allocation_of_opening_may_fail),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
