/* From rows that change to queries that run again: which do, and which do not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "core/equality.h"
#include "livestore.h"
#include "support/cmocka_all.h"

static const char *const TABLES[] = {
    "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, r REAL, text TEXT, nocase TEXT COLLATE NOCASE, raw, g AS (n + 1))",
    "CREATE TABLE u (id INTEGER PRIMARY KEY, t TEXT REFERENCES t ON DELETE CASCADE, n INTEGER)",
    "CREATE TABLE w (a TEXT, b INTEGER, c TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID",
    "CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT)",
    "CREATE TRIGGER log_u AFTER UPDATE OF n ON u BEGIN INSERT INTO log (what) VALUES ('u'); END",
    "CREATE INDEX u_n ON u (n, id)",
    "CREATE VIEW v AS SELECT t.id, u.n FROM t JOIN u ON u.t = t.id",
    "CREATE VIEW shared AS SELECT t.text FROM t JOIN u USING (id)",
    "CREATE VIRTUAL TABLE ft USING fts5 (body)",
    "CREATE VIRTUAL TABLE outside USING fts5 (text, content='t')",
    NULL};

static int run_sql(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)user;
  ls_json json = {0};
  ls_bytes sql = {0};
  int rc = ls_json_parse(&json, event->args, event->args_size, err);
  if (!rc) ls_json_string(&sql, &json, ls_json_get(&json, 0, "sql"));
  if (!rc) rc = ls_materializer_exec(m, ls_bytes_cstr(&sql), NULL, 0, NULL, NULL, err);
  ls_bytes_fini(&sql);
  ls_json_fini(&json);
  return rc;
}

static void commit(ls_store *store, const char *sql) {
  char args[1000];
  ls_error err = {0};
  snprintf(args, sizeof args, "{\"sql\":\"%s\"}", sql);
  if (ls_commit(NULL, store, "sql", args, &err)) print_error("%s: %s\n", sql, err.text), fail();
}

static ls_store *open_store(void) {
  const ls_event_def event = {
      .name = "sql",
      .args = "{\"type\":\"object\",\"properties\":{\"sql\":{\"type\":\"string\"}},\"required\":[\"sql\"]}",
      .fn = run_sql,
      .version = 1};
  const ls_schema_def def = {.tables = TABLES, .events = &event, .n_events = 1};
  ls_store *store;
  ls_error err = {0};
  if (ls_open(&store, NULL, &(ls_options){.schema = {.def = &def}}, &err)) print_error("%s\n", err.text), fail();
  commit(store,
         "INSERT INTO t (id, n, r, text, nocase, raw) VALUES ('a', 1, 1, 'x', 'A', 1), ('b', 2, 2.5, 'y', 'b', '1')");
  commit(store, "INSERT INTO u VALUES (1, 'a', 10), (2, 'b', 20), (3, 'a', 30)");
  commit(store, "INSERT INTO w VALUES ('a', 1, 'x'), ('a', 2, 'y')");
  commit(store, "INSERT INTO ft VALUES ('hello')");
  return store;
}

static int add_runs(void *user, const ls_node_info *info) {
  if (info->kind == LS_NODE_LIVE) *(uint64_t *)user += info->runs;
  return 0;
}

/* How often a query runs when something is committed. */
static uint64_t runs_for(const char *sql, ls_value param, const char *change) {
  ls_store *store = open_store();
  ls_node *node;
  const ls_rows *rows;
  uint64_t before = 0, after = 0;
  ls_error err = {0};
  size_t n = strchr(sql, '?') || strchr(sql, ':') ? 1 : 0;
  if (ls_live_open(&node, store, NULL, sql, &param, n, &err)) print_error("%s: %s\n", sql, err.text), fail();
  assert_int_equal(ls_node_rows(&rows, node, NULL), LS_OK);
  ls_graph_each(store, add_runs, &before, NULL);
  commit(store, change);
  assert_int_equal(ls_node_rows(&rows, node, NULL), LS_OK);
  ls_graph_each(store, add_runs, &after, NULL);
  ls_close(store, NULL);
  return after - before;
}

typedef struct run_case {
  const char *sql, *change;
  uint64_t runs;
} run_case;

/* RX-30, RX-33 */
static const run_case BY_TABLE_AND_COLUMN[] = {
    {"SELECT * FROM t", "UPDATE t SET n = 9", 1},
    {"SELECT * FROM t", "UPDATE t SET n = n", 0},
    {"SELECT * FROM t", "DELETE FROM t", 1},
    {"SELECT * FROM t", "INSERT INTO log (what) VALUES ('x')", 0},
    {"SELECT text FROM t", "UPDATE t SET n = 9", 0},
    {"SELECT text FROM t ORDER BY n", "UPDATE t SET n = 9 WHERE id = 'a'", 1},
    {"SELECT count(*) FROM t", "UPDATE t SET n = 9", 0},
    {"SELECT count(*) FROM t", "INSERT INTO t (id) VALUES ('c') ON CONFLICT DO NOTHING", 1},
    {"SELECT count(*) FROM t", "INSERT INTO t (id) VALUES ('a') ON CONFLICT DO NOTHING", 0},
    {"SELECT count(*) FROM t", "INSERT INTO t (id) VALUES ('a') ON CONFLICT DO UPDATE SET text = 'z'", 0},
    {"SELECT text FROM t", "INSERT INTO t (id) VALUES ('a') ON CONFLICT DO UPDATE SET text = 'z'", 1},
    {"SELECT text FROM t", "UPDATE t SET rowid = 77 WHERE id = 'a'", 1}, /* their order */
    {"SELECT g FROM t", "UPDATE t SET n = 9", 1},
    {"SELECT count(*) FROM u", "DELETE FROM t WHERE id = 'a'", 1}, /* a cascade */
    {"SELECT what FROM log", "UPDATE u SET n = 9", 1},             /* a trigger */
    {"SELECT n FROM v", "UPDATE u SET n = 9 WHERE id = 1", 1},
    {"SELECT n FROM v", "UPDATE t SET text = 'z'", 0},
    {"SELECT count(*) FROM shared", "UPDATE u SET id = 5 WHERE id = 2", 1},
    {"SELECT id FROM u", "UPDATE u SET n = 99 WHERE id = 1", 1}, /* read in the order of u_n */
    {"SELECT c FROM w", "UPDATE w SET b = 9 WHERE b = 1", 1},    /* rows lie in the order of the key */
    {"SELECT t.text FROM t JOIN w ON t.id = w.a", "UPDATE w SET c = 'z'", 0},
    {"SELECT t.text FROM t JOIN u USING (id)", "UPDATE u SET id = 5 WHERE id = 2", 1},
    {"SELECT u.n FROM u NATURAL JOIN t", "UPDATE t SET n = 3 WHERE id = 'a'", 1},
    {"WITH x AS (SELECT text FROM t) SELECT count(*) FROM x", "UPDATE t SET n = 9", 0},
    {"WITH x AS (SELECT text FROM t) SELECT count(*) FROM x", "INSERT INTO log (what) VALUES ('x')", 0},
    {"SELECT (SELECT max(n) FROM u) FROM t", "UPDATE u SET n = 99 WHERE id = 1", 1},
    {"SELECT value FROM json_each('[1]')", "DELETE FROM t", 0},
    {"SELECT 1", "DELETE FROM t", 0},
    {"SELECT rowid FROM ft WHERE ft MATCH 'hello'", "INSERT INTO ft VALUES ('hello')", 1},
    {"SELECT rowid FROM ft WHERE ft MATCH 'hello'", "DELETE FROM t", 0},
    {"SELECT * FROM outside", "INSERT INTO log (what) VALUES ('x')", 1}, /* it reads another table */
    {"SELECT random()", "INSERT INTO log (what) VALUES ('x')", 1},
    {"SELECT date('now')", "INSERT INTO log (what) VALUES ('x')", 1},
    {"SELECT count(*) FROM sqlite_schema", "INSERT INTO log (what) VALUES ('x')", 1},
    {"SELECT count(*) FROM __livestore_state", "INSERT INTO log (what) VALUES ('x')", 1},
    {"SELECT * FROM pragma_table_info('t')", "INSERT INTO log (what) VALUES ('x')", 1},
    {"PRAGMA table_info(t)", "INSERT INTO log (what) VALUES ('x')", 1},
};

static void tables_and_columns_decide(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof BY_TABLE_AND_COLUMN / sizeof *BY_TABLE_AND_COLUMN; i++) {
    const run_case *c = &BY_TABLE_AND_COLUMN[i];
    uint64_t runs = runs_for(c->sql, ls_null(), c->change);
    /* An older SQLite says less of what a statement reads: it may run for nothing, never not run. */
    bool good = runs == c->runs || (sqlite3_libversion_number() < 3050000 && runs > c->runs);
    if (!good) print_error("%s; %s\n", c->sql, c->change);
    assert_true(good);
  }
}

typedef struct value_case {
  const char *sql;
  ls_value param;
  const char *near, *far; /* touches it; does not, unless there is no finding by value */
  uint64_t far_runs;
} value_case;

static void values_decide(void **state) {
  (void)state;
  const char *a = "UPDATE t SET text = 'z' WHERE id = 'a'", *b = "UPDATE t SET text = 'z' WHERE id = 'b'";
  const char *n1 = "UPDATE t SET text = 'z' WHERE n = 1", *n2 = "UPDATE t SET text = 'z' WHERE n = 2";
  const value_case cases[] = {
      {"SELECT * FROM t WHERE id = ?", ls_text("a"), a, b, 0},
      {"SELECT * FROM t WHERE ? = id", ls_text("a"), a, b, 0},
      {"SELECT * FROM t WHERE t.id == :id", ls_text("a"), a, b, 0},
      {"SELECT * FROM t AS x WHERE x.\"id\" IS ?1 ORDER BY n LIMIT 1", ls_text("a"), a, b, 0},
      {"select count(text) from [t] x where text <> 'q' and id = ? -- the end", ls_text("a"), a, b, 0},
      {"SELECT * FROM t WHERE id = ?", ls_text("a"), "DELETE FROM t WHERE id = 'a'", "DELETE FROM t WHERE id = 'b'", 0},
      {"SELECT * FROM t WHERE id = ?", ls_text("c"), "INSERT INTO t (id) VALUES ('c')",
       "INSERT INTO t (id) VALUES ('d')", 0},
      {"SELECT * FROM t WHERE n = ?", ls_int(7), "UPDATE t SET n = 7 WHERE id = 'b'",
       "UPDATE t SET n = 8 WHERE id = 'b'", 0},
      {"SELECT * FROM t WHERE id = 'a'", ls_null(), a, b, 0},
      {"SELECT * FROM t WHERE n = ?", ls_int(1), n1, n2, 0},
      {"SELECT * FROM t WHERE n = ?", ls_real(1.0), n1, n2, 0},
      {"SELECT * FROM t WHERE r = ?", ls_int(1), n1, n2, 0},
      {"SELECT * FROM t WHERE raw = ?", ls_int(1), n1, n2, 0},
      {"SELECT * FROM t WHERE raw = ?", ls_text("1"), n2, n1, 0},
      {"SELECT sum(n) FROM u WHERE t = ?", ls_text("a"), "UPDATE u SET n = 5 WHERE id = 3",
       "UPDATE u SET n = 5 WHERE id = 2", 0},
      {"SELECT * FROM w WHERE b = ?", ls_int(1), "UPDATE w SET c = 'z' WHERE b = 1", "UPDATE w SET c = 'z' WHERE b = 2",
       0},
      /* converted before it is compared, another collation, not a conjunction, not one table: the table decides */
      {"SELECT * FROM t WHERE n = ?", ls_text("1"), n1, n2, 1},
      {"SELECT * FROM t WHERE text = ?", ls_int(1), a, b, 1},
      {"SELECT * FROM t WHERE nocase = ?", ls_text("a"), a, b, 1},
      {"SELECT * FROM t WHERE id = ? COLLATE NOCASE", ls_text("A"), a, b, 1},
      {"SELECT * FROM t WHERE g = ?", ls_int(2), a, b, 1},
      {"SELECT * FROM t WHERE id = ? OR n = 2", ls_text("a"), a, b, 1},
      {"SELECT * FROM t WHERE NOT id = ?", ls_text("a"), b, a, 1},
      {"SELECT * FROM t WHERE n BETWEEN 0 AND id = ?", ls_text("a"), a, b, 1},
      {"SELECT * FROM t WHERE id = ? UNION SELECT * FROM t", ls_text("a"), a, b, 1},
      {"SELECT *, (SELECT max(text) FROM t) FROM t WHERE id = ?", ls_text("a"), a, b, 1},
      {"SELECT x.* FROM t AS x, t AS y WHERE x.id = ?", ls_text("a"), a, b, 1},
      {"SELECT * FROM t WHERE id = ?", ls_null(), "INSERT INTO t (id) VALUES ('d')", a, 1},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    uint64_t near = runs_for(cases[i].sql, cases[i].param, cases[i].near);
    uint64_t far = runs_for(cases[i].sql, cases[i].param, cases[i].far);
    if (near != 1 || far != cases[i].far_runs) print_error("%s\n", cases[i].sql);
    assert_int_equal(near, 1);
    assert_int_equal(far, cases[i].far_runs);
  }
  assert_int_equal(runs_for("SELECT n FROM t WHERE id = ?", ls_text("a"), a), 0); /* it does not read `text` */
}

static void equal_values_have_equal_keys(void **state) {
  (void)state;
  assert_int_equal(ls_equality_key(1, 2, ls_int(1)), ls_equality_key(1, 2, ls_real(1.0)));
  assert_int_equal(ls_equality_key(1, 2, ls_real(-0.0)), ls_equality_key(1, 2, ls_int(0)));
  assert_int_equal(ls_equality_key(0, 0, ls_text("a")), ls_equality_key(0, 0, ls_text_n("ab", 1)));
  assert_int_not_equal(ls_equality_key(0, 0, ls_text("a")), ls_equality_key(0, 0, ls_blob("a", 1)));
  assert_int_not_equal(ls_equality_key(0, 0, ls_text("a")), ls_equality_key(0, 1, ls_text("a")));
  assert_int_not_equal(ls_equality_key(0, 0, ls_int(0)), ls_equality_key(0, 0, ls_null()));
}

/* Most queries are left alone, whatever their number. */
static void only_what_is_touched_runs(void **state) {
  (void)state;
  enum { N = 2000 };
  ls_store *store = open_store();
  ls_node **nodes = malloc(N * sizeof *nodes);
  uint64_t before = 0, after = 0;
  const ls_rows *rows;
  char id[20];
  for (int i = 0; i < N; i++) {
    snprintf(id, sizeof id, "%d", i);
    assert_int_equal(ls_live_open(&nodes[i], store, NULL, "SELECT * FROM t WHERE id = ?", LS_PARAMS(ls_text(id)), NULL),
                     LS_OK);
    assert_int_equal(ls_node_rows(&rows, nodes[i], NULL), LS_OK);
  }
  ls_graph_each(store, add_runs, &before, NULL);
  commit(store, "INSERT INTO t (id) VALUES ('7'), ('1999'), ('x')");
  for (int i = 0; i < N; i++) assert_int_equal(ls_node_rows(&rows, nodes[i], NULL), LS_OK);
  ls_graph_each(store, add_runs, &after, NULL);
  assert_int_equal(after - before, 2);
  for (int i = 0; i < N; i += 2) ls_node_release(nodes[i]);
  commit(store, "DELETE FROM t");
  assert_int_equal(ls_node_rows(&rows, nodes[7], NULL), LS_OK);
  assert_int_equal(ls_rows_count(rows), 0);
  free(nodes);
  ls_close(store, NULL);
}

static int take_difference(void *user, const ls_row_diff *diff) {
  *(ls_row_diff *)user = *diff;
  return 0;
}

/* The primary key of the only table tells rows apart. */
static void rows_are_told_apart_by_key(void **state) {
  (void)state;
  const char *const keyed[] = {"SELECT text, id FROM t", "SELECT * FROM t", "SELECT c, b, a FROM w",
                               "SELECT t, id AS x FROM u", NULL};
  const char *const plain[] = {"SELECT text FROM t", "SELECT c, a FROM w", "SELECT id || '', text FROM t",
                               "SELECT t.id, t.text, c FROM t, w", NULL};
  const char *change[] = {"UPDATE t SET text = 'z' WHERE id = 'a'", "UPDATE t SET text = 'z' WHERE id = 'a'",
                          "UPDATE w SET c = 'z' WHERE b = 1", "UPDATE u SET t = 'b' WHERE id = 1"};
  const char *plain_change[] = {change[0], change[2], change[0], change[0]};
  for (size_t i = 0; i < 8; i++) {
    ls_store *store = open_store();
    ls_node *node;
    const ls_rows *rows;
    ls_row_diff diff = {0};
    const char *sql = i < 4 ? keyed[i] : plain[i - 4];
    assert_int_equal(ls_live_open(&node, store, NULL, sql, LS_NO_PARAMS, NULL), LS_OK);
    assert_int_equal(ls_node_rows(&rows, node, NULL), LS_OK);
    ls_rows *before = ls_rows_retain(rows);
    commit(store, i < 4 ? change[i] : plain_change[i - 4]);
    assert_int_equal(ls_node_rows(&rows, node, NULL), LS_OK);
    assert_int_equal(ls_rows_diff(before, rows, NULL, 0, take_difference, &diff, NULL), LS_OK);
    if ((diff.op == LS_OP_UPDATE) != (i < 4)) print_error("%s\n", sql);
    assert_int_equal(diff.op, i < 4 ? LS_OP_UPDATE : LS_OP_INSERT);
    ls_rows_release(before);
    ls_close(store, NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(tables_and_columns_decide),    cmocka_unit_test(values_decide),
      cmocka_unit_test(equal_values_have_equal_keys), cmocka_unit_test(only_what_is_touched_runs),
      cmocka_unit_test(rows_are_told_apart_by_key),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
