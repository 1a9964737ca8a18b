/* Queries: rows as they were when the query began, writing refused in whatever disguise, statements that are kept and
 * used again, values and names. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v)\",\"CREATE VIEW w AS SELECT id FROM t\","
    "\"CREATE VIRTUAL TABLE f USING "
    "fts5(x)\"],\"events\":{\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"v\":true}},"
    "\"sql\":[\"INSERT INTO t(v) VALUES (:v)\"]},\"clear\":{\"sql\":[\"DELETE FROM t\"]}}}";

static int setup(void **state) {
  ls_store *store = NULL;
  ls_error err;
  assert_ok(ls_open(&store, NULL, &(ls_options){.schema.json = SCHEMA}, &err), &err);
  for (int i = 0; i < 5; i++) assert_ok(ls_commit(NULL, store, "add", "{\"v\":\"row\"}", &err), &err);
  *state = store;
  return 0;
}

static int teardown(void **state) { return ls_close(*state, NULL); }

static ls_query *open_query(ls_store *store, const char *sql) {
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, store, sql, LS_NO_PARAMS, &err), &err);
  return query;
}

static int64_t rest(ls_query *query) {
  int64_t rows = 0;
  ls_error err;
  int more;
  while ((more = ls_query_next(query, &err)) == 1) rows++;
  assert_ok(more, &err);
  return rows;
}

static void commit(ls_store *store, const char *name) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, NULL, &err), &err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Rows */

static void rows_come_one_by_one(void **state) {
  ls_query *query = open_query(*state, "SELECT id FROM t ORDER BY id");
  ls_error err;
  for (int i = 1; i <= 5; i++) {
    assert_int_equal(ls_query_next(query, &err), 1);
    assert_int_equal(ls_query_int(query, 0), i);
  }
  assert_int_equal(ls_query_next(query, &err), 0);
  assert_int_equal(ls_query_next(query, &err), 0);
  assert_int_equal(ls_query_value(query, 0).type, LS_TYPE_NULL);
  ls_query_close(query);
}

/* However far it has come when events are committed. */
static void a_query_keeps_the_rows_of_when_it_was_opened(void **state) {
  ls_store *store = *state;
  for (int read = 0; read <= 6; read++) {
    ls_query *query = open_query(store, "SELECT id, v, 'x' || v FROM t ORDER BY id");
    ls_error err;
    for (int i = 0; i < read; i++) assert_int_equal(ls_query_next(query, &err), i < 5);
    const char *before = read >= 1 && read <= 5 ? "row" : "";
    commit(store, "clear");
    assert_string_equal(ls_query_text(query, 1), before); /* the current row stays */
    commit(store, "add");
    assert_int_equal(rest(query), read > 5 ? 0 : 5 - read);
    ls_query_close(query);
    commit(store, "clear");
    for (int i = 0; i < 5; i++) assert_ok(ls_commit(NULL, store, "add", "{\"v\":\"row\"}", &err), &err);
  }
}

static void several_queries_run_beside_each_other(void **state) {
  ls_query *queries[10];
  ls_error err;
  for (int i = 0; i < 10; i++) {
    queries[i] = open_query(*state, i % 2 ? "SELECT id FROM t" : "SELECT v FROM t");
    for (int n = 0; n < i / 2; n++) assert_int_equal(ls_query_next(queries[i], &err), 1);
  }
  commit(*state, "clear");
  for (int i = 9; i >= 0; i--) assert_int_equal(rest(queries[i]), 5 - i / 2);
  for (int i = 0; i < 10; i++) ls_query_close(queries[(i * 7) % 10]);
}

static void a_commit_that_fails_leaves_queries_alone(void **state) {
  ls_query *query = open_query(*state, "SELECT id FROM t");
  ls_error err;
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_code(ls_commit(NULL, *state, "add", "{", &err), LS_EJSON, &err);
  assert_int_equal(rest(query), 4);
  ls_query_close(query);
}

static void an_error_in_a_later_row_comes_with_that_row(void **state) {
  static const char sql[] = "SELECT CASE WHEN id = 3 THEN json('no') ELSE id END FROM t ORDER BY id";
  for (int settled = 0; settled < 2; settled++) {
    ls_query *query = open_query(*state, sql);
    ls_error err;
    assert_int_equal(ls_query_next(query, &err), 1);
    if (settled) commit(*state, "add");
    assert_int_equal(ls_query_next(query, &err), 1);
    assert_code(ls_query_next(query, &err), LS_ESQL, &err);
    assert_says(&err, "malformed JSON");
    assert_int_equal(ls_query_next(query, &err), 0);
    ls_query_close(query);
  }
}

static void a_query_outlives_its_schema(void **state) {
  ls_store *store = *state;
  ls_query *query = open_query(store, "SELECT id AS number, v FROM t"),
           *unread = open_query(store, "SELECT count(*) AS n FROM t");
  ls_error err;
  assert_int_equal(ls_query_next(query, &err), 1);
  const ls_schema_source other = {.json = "{\"livestore\":1,\"tables\":[\"CREATE TABLE u (id INTEGER PRIMARY KEY)\"]}"};
  assert_ok(ls_schema_set(store, &other, &err), &err);
  assert_string_equal(ls_query_name(query, 0), "number");
  assert_string_equal(ls_query_name(query, 1), "v");
  assert_string_equal(ls_query_name(query, 2), "");
  assert_int_equal(ls_query_columns(query), 2);
  assert_int_equal(ls_query_int(query, 0), 1);
  assert_int_equal(rest(query), 4);
  assert_int_equal(ls_query_next(unread, &err), 1);
  assert_int_equal(ls_query_int(unread, 0), 5);
  ls_query_close(query);
  ls_query_close(unread);
  assert_code(ls_query_open(&query, store, "SELECT id AS number, v FROM t", LS_NO_PARAMS, &err), LS_ESQL, &err);
  ls_query_close(open_query(store, "SELECT id FROM u"));
}

/* ---------------------------------------------------------------------------------------------- */
/* What is refused, and what is not */

static void writing_is_refused_in_every_disguise(void **state) {
  static const struct {
    const char *sql;
    int code;
  } cases[] = {
      {"INSERT INTO t(v) VALUES (1)", LS_EREADONLY},
      {"INSERT INTO t(v) VALUES (1) RETURNING id", LS_EREADONLY},
      {"WITH x AS (SELECT 1) INSERT INTO t(v) SELECT * FROM x", LS_EREADONLY},
      {"REPLACE INTO t VALUES (1, 2)", LS_EREADONLY},
      {"UPDATE t SET v = 1 WHERE 0", LS_EREADONLY},
      {"UPDATE w SET id = 1", LS_ESQL},
      {"DELETE FROM t RETURNING *", LS_EREADONLY},
      {"EXPLAIN DELETE FROM t", LS_EREADONLY},
      {"INSERT INTO f(f) VALUES ('optimize')", LS_EREADONLY},
      {"DELETE FROM __livestore_rollback", LS_EREADONLY},
      {"UPDATE sqlite_schema SET sql = ''", LS_ESQL},
      {"CREATE TABLE x (a)", LS_EREADONLY},
      {"CREATE TEMP TABLE x (a)", LS_EREADONLY},
      {"CREATE TEMP VIEW x AS SELECT 1", LS_EREADONLY},
      {"CREATE INDEX x ON t (v)", LS_EREADONLY},
      {"DROP TABLE t", LS_EREADONLY},
      {"ALTER TABLE t RENAME TO u", LS_EREADONLY},
      {"BEGIN", LS_EREADONLY},
      {"COMMIT", LS_EREADONLY},
      {"ROLLBACK", LS_EREADONLY},
      {"SAVEPOINT x", LS_EREADONLY},
      {"RELEASE x", LS_EREADONLY},
      {"VACUUM", LS_EREADONLY},
      {"VACUUM INTO '/tmp/x'", LS_EREADONLY},
      {"/**/ ; VACUUM", LS_EREADONLY},
      {"ANALYZE", LS_EREADONLY},
      {"REINDEX", LS_EREADONLY},
      {"ATTACH ':memory:' AS x", LS_EREADONLY},
      {"DETACH main", LS_EREADONLY},
      {"PRAGMA user_version = 7", LS_EREADONLY},
      {"PRAGMA foreign_keys = OFF", LS_EREADONLY},
      {"PRAGMA foreign_keys(0)", LS_EREADONLY},
      {"PRAGMA journal_mode", LS_EREADONLY},
      {"PRAGMA writable_schema = 1", LS_EREADONLY},
      {"PRAGMA wal_checkpoint", LS_EREADONLY},
      {"PRAGMA optimize", LS_EREADONLY},
      {"SELECT * FROM pragma_optimize", LS_EREADONLY},
      {"SELECT 1; DELETE FROM t", LS_ESQL},
      {"SELECT 1; SELECT 2", LS_ESQL},
      {"SELECT none FROM t", LS_ESQL},
      {"SELEC 1", LS_ESQL},
      {"SELECT \"text\"", LS_ESQL},
      {"", LS_ESQL},
      {" -- nothing\n ;", LS_ESQL},
  };
  ls_store *store = *state;
  char before[33], after[33];
  ls_error err;
  assert_ok(ls_state_hash(before, store, &err), &err);
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_query *query = NULL;
    int rc = ls_query_open(&query, store, cases[i].sql, LS_NO_PARAMS, &err);
    if (rc != cases[i].code) print_error("%s\n", cases[i].sql);
    assert_code(rc, cases[i].code, &err);
    if (rc == LS_EREADONLY) assert_says(&err, "event");
    assert_null(query);
  }
  assert_ok(ls_state_hash(after, store, &err), &err);
  assert_string_equal(before, after);
  commit(store, "add");
}

static void all_kinds_of_reading_work(void **state) {
  static const char *const cases[] = {
      "SELECT * FROM t",
      "  -- a comment\n SELECT 1 ;  /* and */ ; ",
      "VALUES (1)",
      "EXPLAIN SELECT * FROM t",
      "EXPLAIN QUERY PLAN SELECT * FROM t",
      "WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n",
      "SELECT random(), date('now')",
      "SELECT * FROM w",
      "SELECT rowid FROM f WHERE f MATCH 'x' UNION ALL SELECT 1",
      "SELECT * FROM __livestore_state",
      "SELECT name FROM sqlite_schema",
      "PRAGMA table_info(t)",
      "PRAGMA user_version",
      "SELECT * FROM pragma_table_info('t')",
      "SELECT * FROM json_each('[1]')",
      "SELECT v, count(*) OVER () FROM t GROUP BY v"};
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_query *query = open_query(*state, cases[i]);
    if (rest(query) == 0) fail_msg("%s: no row", cases[i]);
    ls_query_close(query);
  }
}

static void parameters_are_counted(void **state) {
  static const struct {
    const char *sql;
    size_t wanted;
  } cases[] = {{"SELECT 1", 0},    {"SELECT ?", 1},  {"SELECT ?1, ?1", 1},
               {"SELECT ?, ?", 2}, {"SELECT ?3", 3}, {"SELECT :a, :b, :a", 2}};
  const ls_value values[] = {ls_int(1), ls_int(2), ls_int(3), ls_int(4)};
  for (size_t i = 0; i < COUNT(cases); i++) {
    for (size_t n = 0; n <= COUNT(values); n++) {
      ls_query *query = NULL;
      ls_error err;
      assert_code(ls_query_open(&query, *state, cases[i].sql, values, n, &err), n == cases[i].wanted ? LS_OK : LS_ESQL,
                  &err);
      if (n != cases[i].wanted) assert_says(&err, "parameters");
      ls_query_close(query);
    }
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Values */

static void values_go_in_and_come_out_unchanged(void **state) {
  static const unsigned char bytes[] = {0, 255, 0};
  const ls_value cases[] = {
      ls_null(),        ls_int(0),       ls_int(INT64_MIN),    ls_int(INT64_MAX),    ls_real(-0.5),
      ls_real(DBL_MAX), ls_text(""),     ls_text("t\xc3\xbc"), ls_text_n("a\0b", 3), ls_blob(bytes, 3),
      ls_blob("", 0),   ls_blob(NULL, 0)};
  for (int settled = 0; settled < 2; settled++) {
    for (size_t i = 0; i < COUNT(cases); i++) {
      ls_query *query = NULL;
      ls_error err;
      assert_ok(ls_query_open(&query, *state, "SELECT ?1", &cases[i], 1, &err), &err);
      assert_int_equal(ls_query_next(query, &err), 1);
      if (settled) commit(*state, "add");
      ls_value value = ls_query_value(query, 0);
      assert_int_equal(value.type, cases[i].type);
      if (value.type == LS_TYPE_INT) assert_true(value.as.i == cases[i].as.i);
      if (value.type == LS_TYPE_REAL) assert_true(memcmp(&value.as.r, &cases[i].as.r, sizeof value.as.r) == 0);
      if (value.type >= LS_TYPE_TEXT) {
        assert_int_equal(value.as.b.size, cases[i].as.b.size);
        if (value.as.b.size) assert_memory_equal(value.as.b.data, cases[i].as.b.data, value.as.b.size);
      }
      ls_query_close(query);
    }
  }
}

static void values_are_converted_as_sqlite_does(void **state) {
  for (int settled = 0; settled < 2; settled++) {
    ls_query *query = open_query(*state, "SELECT '12.5x', 3, 2.75, NULL, x'3432'");
    ls_error err;
    assert_int_equal(ls_query_next(query, &err), 1);
    if (settled) commit(*state, "add");
    assert_int_equal(ls_query_int(query, 0), 12);
    assert_true(ls_query_real(query, 0) == 12.5);
    assert_string_equal(ls_query_text(query, 1), "3");
    assert_int_equal(ls_query_int(query, 2), 2);
    assert_string_equal(ls_query_text(query, 2), "2.75");
    assert_string_equal(ls_query_text(query, 3), "");
    assert_int_equal(ls_query_int(query, 3), 0);
    assert_string_equal(ls_query_text(query, 4), "42");
    assert_int_equal(ls_query_value(query, 5).type, LS_TYPE_NULL);
    assert_string_equal(ls_query_text(query, 99), "");
    ls_query_close(query);
  }
}

static void parameters_may_change_behind_the_call(void **state) {
  char text[] = "before";
  const ls_value value = ls_text(text);
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, *state, "SELECT ?1", &value, 1, &err), &err);
  strcpy(text, "behind");
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_string_equal(ls_query_text(query, 0), "before");
  ls_query_close(query);
}

/* ---------------------------------------------------------------------------------------------- */
/* Statements that are kept */

static void a_statement_is_used_again_with_new_values(void **state) {
  ls_store *store = *state;
  for (int i = 0; i < 50; i++) {
    const ls_value value = ls_int(i);
    ls_query *query = NULL;
    ls_error err;
    assert_ok(ls_query_open(&query, store, "SELECT id FROM t WHERE id = ?", &value, 1, &err), &err);
    assert_int_equal(ls_query_next(query, &err), i >= 1 && i <= 5);
    ls_query_close(query);
    assert_int_equal(store->session->queries.n_idle, 1);
  }
  ls_query *a = open_query(store, "SELECT 1"), *b = open_query(store, "SELECT 1");
  assert_ptr_not_equal(a, b);
  assert_int_equal(rest(a), 1);
  assert_int_equal(rest(b), 1);
  ls_query_close(a);
  ls_query_close(b);
}

static void the_least_recently_used_statements_go(void **state) {
  ls_store *store = *state;
  char sql[40];
  for (int i = 0; i < 500; i++) {
    snprintf(sql, sizeof sql, "SELECT %d", i);
    ls_query_close(open_query(store, sql));
    ls_query_close(open_query(store, "SELECT 'often'"));
    assert_true(store->session->queries.n_idle <= 200);
  }
  assert_int_equal(store->session->queries.n_idle, 200);
  ls_query *oldest = store->session->queries.idle_last, *query = store->session->queries.idle;
  size_t n = 1;
  for (; query != oldest; n++) {
    ls_query *often = open_query(store, "SELECT 'often'");
    ls_query_close(often);
    if (n > 3) break;
  }
  assert_ptr_equal(oldest, store->session->queries.idle_last);
  query = open_query(store, "SELECT 301"); /* the oldest of those that are left */
  assert_ptr_equal(query, oldest);
  ls_query_close(query);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_STORE(rows_come_one_by_one),
      WITH_STORE(a_query_keeps_the_rows_of_when_it_was_opened),
      WITH_STORE(several_queries_run_beside_each_other),
      WITH_STORE(a_commit_that_fails_leaves_queries_alone),
      WITH_STORE(an_error_in_a_later_row_comes_with_that_row),
      WITH_STORE(a_query_outlives_its_schema),
      WITH_STORE(writing_is_refused_in_every_disguise),
      WITH_STORE(all_kinds_of_reading_work),
      WITH_STORE(parameters_are_counted),
      WITH_STORE(values_go_in_and_come_out_unchanged),
      WITH_STORE(values_are_converted_as_sqlite_does),
      WITH_STORE(parameters_may_change_behind_the_call),
      WITH_STORE(a_statement_is_used_again_with_new_values),
      WITH_STORE(the_least_recently_used_statements_go),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
