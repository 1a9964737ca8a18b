/* No change is ever missed: random schemas, queries and commits; behind every commit each live query has what the same
 * query gives when it is run anew, row order included. That it does so without running everything each time is counted.
 *
 * Some seconds; a minute with SOAK set. LIVE_SEED=n runs one schema alone. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "core/rows.h"
#include "livestore.h"
#include "support/cmocka_all.h"
#include "support/random.h"

enum { QUERIES = 24, COMMITS = 40, SECONDS = 4, SOAK_SECONDS = 60, TABLES = 3, TEXT = 2000 };

#define PICK(g, list) ((list)[random_below((g), sizeof(list) / sizeof *(list))])

typedef struct table {
  char name[8];
  bool text_key, without_rowid, generated;
} table;

typedef struct world {
  random_source g;
  uint64_t seed;
  table tables[TABLES];
  bool fts, view;
  char statements[40][TEXT];
  const char *list[41];
  size_t n_statements;
  ls_store *store;
  struct {
    char sql[TEXT];
    ls_value params[3];
    size_t n;
    ls_node *node, *subscription;
    size_t told;
  } queries[QUERIES];
  size_t n_queries;
  uint64_t runs, chances;
} world;

/* ---------------------------------------------------------------------------------------------- */
/* Values and columns */

static const char *const LITERALS[] = {"0",
                                       "1",
                                       "2",
                                       "1.0",
                                       "2.5",
                                       "-1",
                                       "'1'",
                                       "'a'",
                                       "'A'",
                                       "'a '",
                                       "'b'",
                                       "NULL",
                                       "''",
                                       "x'61'",
                                       "x''",
                                       "9007199254740993",
                                       "9007199254740992.0",
                                       "'2'",
                                       "-0.0",
                                       "'b a'"};

static ls_value random_value(random_source *g) {
  switch (random_below(g, 14)) {
    case 0: return ls_int(0);
    case 1: return ls_int(1);
    case 2: return ls_int(2);
    case 3: return ls_real(1.0);
    case 4: return ls_real(2.5);
    case 5: return ls_text("1");
    case 6: return ls_text("a");
    case 7: return ls_text("A");
    case 8: return ls_text("b");
    case 9: return ls_null();
    case 10: return ls_blob("a", 1);
    case 11: return ls_int(INT64_C(9007199254740993));
    case 12: return ls_real(9007199254740992.0);
    default: return ls_text("a ");
  }
}

static const char *column(world *w, const table *t) {
  static const char *const names[] = {"k", "a", "b", "c", "r"};
  if (t->generated && random_below(&w->g, 8) == 0) return "g";
  if (!t->without_rowid && random_below(&w->g, 15) == 0) return "rowid";
  return PICK(&w->g, names);
}

static const table *any_table(world *w) { return &w->tables[random_below(&w->g, TABLES)]; }

static const char *key_literal(world *w, const table *t) {
  static const char *const ints[] = {"1", "2", "3", "4", "5", "6"}, *const texts[] = {"'1'", "'a'", "'A'",
                                                                                      "'b'", "'c'", "2"};
  return t->text_key ? PICK(&w->g, texts) : PICK(&w->g, ints);
}

/* ---------------------------------------------------------------------------------------------- */
/* Schemas */

LS_FORMAT(2, 3) static void statement(world *w, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vsnprintf(w->statements[w->n_statements], TEXT, fmt, args);
  va_end(args);
  w->list[w->n_statements] = w->statements[w->n_statements];
  w->n_statements++;
}

static void make_table(world *w, size_t number) {
  static const char *const types[] = {
      "INTEGER",    "TEXT", "REAL", "NUMERIC", "BLOB", "", "TEXT COLLATE NOCASE", "TEXT COLLATE RTRIM",
      "VARCHAR(9)", "ANY"};
  static const char *const strict[] = {"INTEGER", "TEXT", "REAL", "INT", "BLOB", "ANY", "TEXT COLLATE NOCASE", "ANY"};
  static const char *const actions[] = {"CASCADE", "SET NULL", "RESTRICT", "NO ACTION", "SET DEFAULT"};
  table *t = &w->tables[number];
  random_source *g = &w->g;
  bool is_strict = random_below(g, 3) == 0;
  snprintf(t->name, sizeof t->name, "t%zu", number);
  t->text_key = random_below(g, 2);
  t->without_rowid = random_below(g, 3) == 0;
  t->generated = random_below(g, 3) == 0;
  char reference[100] = "";
  if (number > 0 && random_below(g, 2)) {
    snprintf(reference, sizeof reference, " REFERENCES t0 ON DELETE %s ON UPDATE %s", PICK(g, actions),
             PICK(g, actions));
  }
  const char *a = is_strict ? PICK(g, strict) : PICK(g, types), *b = is_strict ? PICK(g, strict) : PICK(g, types);
  const char *c = is_strict ? PICK(g, strict) : PICK(g, types);
  const char *key = t->text_key ? "TEXT NOT NULL" : "INTEGER NOT NULL";
  const char *gen = !t->generated ? "" : random_below(g, 2) ? ", g ANY AS (a || b)" : ", g ANY AS (a + 1) STORED";
  const char *with = t->without_rowid ? (is_strict ? " STRICT, WITHOUT ROWID" : " WITHOUT ROWID")
                     : is_strict      ? " STRICT"
                                      : "";
  const char *more = random_below(g, 6) ? "" : ", UNIQUE (a, b)";
  bool pair = !*reference && number > 0 && random_below(g, 4) == 0;
  statement(w, "CREATE TABLE %s (k %s%s, a %s, b %s, c %s, r %s%s%s%s%s)%s", t->name, key, pair ? "" : " PRIMARY KEY",
            a, b, c, w->tables[0].text_key ? "TEXT" : "INTEGER", reference, gen, pair ? ", PRIMARY KEY (b, k)" : "",
            more, with);
}

static void make_index(world *w, size_t number) {
  static const char *const shapes[] = {"(a)",
                                       "(b, k)",
                                       "(c, a, k)",
                                       "(a) WHERE b IS NOT NULL",
                                       "(b) WHERE a = 1",
                                       "(a || b)",
                                       "(a COLLATE NOCASE, c)",
                                       "(a, b, c, k, r)",
                                       "(c DESC, b)"};
  statement(w, "CREATE INDEX i%zu ON %s %s", number, any_table(w)->name, PICK(&w->g, shapes));
}

static void make_trigger(world *w, size_t number) {
  static const char *const whens[] = {"AFTER INSERT", "AFTER UPDATE", "AFTER DELETE", "AFTER UPDATE OF a"};
  static const char *const bodies[] = {"UPDATE t2 SET b = coalesce(b, 0) + 1 WHERE k IN (SELECT k FROM t0)",
                                       "DELETE FROM t2 WHERE a = 1", "UPDATE t2 SET c = NULL WHERE c IS NOT NULL",
                                       "INSERT OR REPLACE INTO t2 (k, a) SELECT k, a FROM t0 LIMIT 2"};
  statement(w, "CREATE TRIGGER tr%zu %s ON t%u BEGIN %s; END", number, PICK(&w->g, whens), random_below(&w->g, 2),
            PICK(&w->g, bodies));
}

static void make_fts(world *w) {
  static const char *const options[] = {
      "", ", content=''", ", content='t0', content_rowid='rowid'", ", columnsize=0", ", detail=none", ", prefix='1 2'"};
  const char *option = PICK(&w->g, options);
  if (w->tables[0].without_rowid && strstr(option, "t0")) option = "";
  statement(w, "CREATE VIRTUAL TABLE ft USING fts5 (a, b%s)", option);
  if (random_below(&w->g, 2)) {
    statement(w, "CREATE TRIGGER tf AFTER INSERT ON t1 BEGIN INSERT INTO ft (a, b) VALUES (new.a, new.b); END");
  }
}

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

/* Some schemas are refused (an index that makes no sense on this table); then there is nothing to test. */
static bool make_world(world *w, uint64_t seed) {
  memset(w, 0, sizeof *w);
  w->seed = seed;
  w->g = random_from(seed);
  for (int i = 0; i < 8; i++) random_below(&w->g, 2);
  for (size_t i = 0; i < TABLES; i++) make_table(w, i);
  for (size_t i = random_below(&w->g, 5); i > 0; i--) make_index(w, i);
  for (size_t i = random_below(&w->g, 3); i > 0; i--) make_trigger(w, i);
  w->view = random_below(&w->g, 2);
  if (w->view) {
    static const char *const views[] = {
        "SELECT k, a FROM t0 WHERE b IS NOT NULL", "SELECT t0.k, t1.b AS a FROM t0 JOIN t1 USING (k)",
        "SELECT k, count(*) AS a FROM t1 GROUP BY k", "SELECT k, a FROM t0 UNION ALL SELECT k, b FROM t1"};
    statement(w, "CREATE VIEW v AS %s", PICK(&w->g, views));
  }
  w->fts = random_below(&w->g, 4) == 0;
  if (w->fts) make_fts(w);
  const ls_event_def event = {
      .name = "sql",
      .args = "{\"type\":\"object\",\"properties\":{\"sql\":{\"type\":\"string\"}},\"required\":[\"sql\"]}",
      .fn = run_sql,
      .version = 1};
  const ls_schema_def def = {.tables = w->list, .events = &event, .n_events = 1};
  /* With little room, most commits are not recorded. */
  const ls_options options = {.schema = {.def = &def}, .rollback_bytes = random_below(&w->g, 8) ? 0 : 60};
  return ls_open(&w->store, NULL, &options, NULL) == LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Commits */

static void change_sql(world *w, char *sql) {
  random_source *g = &w->g;
  const table *t = any_table(w);
  const char *k = key_literal(w, t), *a = PICK(g, LITERALS), *b = PICK(g, LITERALS), *c = PICK(g, LITERALS);
  const char *r = random_below(g, 2) ? "NULL" : key_literal(w, &w->tables[0]);
  static const char *const verbs[] = {"INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"};
  static const char *const plain[] = {"a", "b", "c", "r"};
  switch (random_below(g, w->fts ? 13 : 10)) {
    case 0:
    case 1:
    case 2:
    case 3:
      snprintf(sql, TEXT, "%s INTO %s (k, a, b, c, r) VALUES (%s, %s, %s, %s, %s)", PICK(g, verbs), t->name, k, a, b, c,
               r);
      return;
    case 4: snprintf(sql, TEXT, "UPDATE %s SET %s = %s WHERE k = %s", t->name, PICK(g, plain), a, k); return;
    case 5:
      snprintf(sql, TEXT, "UPDATE %s SET %s = %s, %s = %s", t->name, PICK(g, plain), a, PICK(g, plain), b);
      return;
    case 6:
      snprintf(sql, TEXT, "DELETE FROM %s WHERE %s = %s", t->name, column(w, t), random_below(g, 2) ? k : a);
      return;
    case 7:
      if (random_below(g, 4) == 0)
        snprintf(sql, TEXT, "DELETE FROM %s", t->name);
      else
        snprintf(sql, TEXT, "UPDATE %s SET k = %s WHERE k = %s", t->name, k, key_literal(w, t));
      return;
    case 8:
      if (t->without_rowid)
        snprintf(sql, TEXT, "UPDATE %s SET b = b, a = %s", t->name, a);
      else
        snprintf(sql, TEXT, "UPDATE %s SET rowid = rowid + 10 WHERE rowid < %u", t->name, random_below(g, 5));
      return;
    case 9:
      snprintf(sql, TEXT, "INSERT INTO %s (k, a) VALUES (%s, %s) ON CONFLICT DO UPDATE SET b = excluded.a", t->name, k,
               a);
      return;
    case 10: snprintf(sql, TEXT, "DELETE FROM ft WHERE rowid = %u", random_below(g, 6)); return;
    case 11: snprintf(sql, TEXT, "UPDATE ft SET a = %s WHERE rowid = %u", a, random_below(g, 6)); return;
    default: snprintf(sql, TEXT, "INSERT INTO ft (a, b) VALUES (%s, %s)", a, b);
  }
}

static void commit(world *w) {
  char sql[4][TEXT], args[4][4 * TEXT + 20];
  ls_input inputs[4];
  size_t n = random_below(&w->g, 3) ? 1 : 1 + random_below(&w->g, 4);
  for (size_t i = 0; i < n; i++) {
    change_sql(w, sql[i]);
    int size = snprintf(args[i], sizeof args[i], "{\"sql\":\"%s\"}", sql[i]);
    assert_true(size < (int)sizeof args[i]);
    inputs[i] = (ls_input){"sql", args[i]};
  }
  ls_commit_all(NULL, w->store, inputs, n, NULL); /* one that fails changes nothing, and that is tested too */
  if (random_below(&w->g, 60) == 0) assert_int_equal(ls_rebuild(w->store, NULL), LS_OK);
}

/* ---------------------------------------------------------------------------------------------- */
/* Queries */

static void condition(world *w, char *out, size_t size, const table *t) {
  static const char *const forms[] = {"%s = ?", "? = %s",    "%s IS ?",   "%s == ?",
                                      "%s > ?", "%s LIKE ?", "%s GLOB ?", "%s <> ?"};
  random_source *g = &w->g;
  char name[20];
  snprintf(name, sizeof name, "%s%s", random_below(g, 4) ? "" : "x.", column(w, t));
  switch (random_below(g, 8)) {
    case 0: snprintf(out, size, "%s = %s", name, PICK(g, LITERALS)); return;
    case 1: snprintf(out, size, "%s IS NOT NULL", name); return;
    case 2: snprintf(out, size, "%s = ? COLLATE NOCASE", name); return;
    default: break;
  }
  const char *form = random_below(g, 3) ? forms[0] : PICK(g, forms);
  snprintf(out, size, form, name);
}

static void single_sql(world *w, char *sql, const table *t) {
  static const char *const results[] = {"*",
                                        "k, a",
                                        "a",
                                        "count(*)",
                                        "count(*), sum(b)",
                                        "max(a), min(b), k",
                                        "b, c",
                                        "DISTINCT a",
                                        "k, row_number() OVER (ORDER BY b, k)",
                                        "group_concat(a)",
                                        "1"};
  static const char *const tails[] = {"",
                                      "",
                                      "",
                                      " ORDER BY k",
                                      " ORDER BY b DESC, k LIMIT 2",
                                      " LIMIT 2",
                                      " GROUP BY b",
                                      " ORDER BY a",
                                      " LIMIT 1 OFFSET 1"};
  static const char *const glue[] = {" AND ", " AND ", " AND ", " OR "};
  char where[400];
  size_t size = 0;
  for (uint32_t left = 1 + random_below(&w->g, 3); left > 0; left--) {
    condition(w, where + size, sizeof where - size, t);
    size += strlen(where + size);
    if (left > 1) size += (size_t)snprintf(where + size, sizeof where - size, "%s", PICK(&w->g, glue));
  }
  const char *as = random_below(&w->g, 2) ? "AS " : "";
  snprintf(sql, TEXT, "SELECT %s FROM %s %sx WHERE %s%s", PICK(&w->g, results), t->name, as, where, PICK(&w->g, tails));
}

static void many_sql(world *w, char *sql, const table *t, const table *u) {
  static const char *const forms[] = {
      "SELECT x.a FROM %s AS x JOIN %s AS y USING (k)",
      "SELECT x.a, y.b FROM %s AS x, %s AS y WHERE x.k = y.r",
      "SELECT x.k FROM %s AS x NATURAL JOIN %s",
      "SELECT count(*) FROM %s AS x LEFT JOIN %s AS y ON x.a = y.b",
      "SELECT k FROM %s WHERE k IN (SELECT r FROM %s)",
      "SELECT k, (SELECT max(b) FROM %2$s) FROM %1$s",
      "SELECT a FROM %s AS x WHERE EXISTS (SELECT 1 FROM %s AS y WHERE y.k = x.k)",
      "WITH n AS (SELECT a, b FROM %s) SELECT count(*) FROM n, %s",
      "WITH t0 AS (SELECT * FROM %s) SELECT a FROM t0 UNION SELECT b FROM %s",
      "WITH RECURSIVE p(k) AS (SELECT k FROM %s UNION SELECT y.k FROM %s AS y JOIN p ON y.r = p.k) SELECT * FROM p",
      "SELECT a FROM %s UNION ALL SELECT c FROM %s ORDER BY 1",
      "SELECT count(*) FROM %s WHERE NOT EXISTS (SELECT * FROM %s WHERE a = 1)",
      "SELECT x.a, j.value FROM %s AS x, json_each('[1,2]') AS j WHERE x.k IN (SELECT k FROM %s)",
      "SELECT a IN (SELECT b FROM %2$s) FROM %1$s",
      "SELECT x.k FROM %s AS x CROSS JOIN %s AS y ON x.c IS y.c LIMIT 3",
      "SELECT sum(x.b) OVER (PARTITION BY x.a) FROM %s AS x LEFT JOIN %s AS y ON x.k = y.k AND y.a = 1"};
  snprintf(sql, TEXT, PICK(&w->g, forms), t->name, u->name);
}

static void query_sql(world *w, char *sql) {
  static const char *const views[] = {"SELECT * FROM v", "SELECT count(*) FROM v", "SELECT a FROM v WHERE k = ?",
                                      "SELECT v.a FROM v JOIN t2 USING (k)", "SELECT 1 FROM v LIMIT 1"};
  static const char *const found[] = {"SELECT rowid FROM ft WHERE ft MATCH 'a'", "SELECT count(*) FROM ft",
                                      "SELECT * FROM ft", "SELECT rowid, rank FROM ft WHERE ft MATCH 'b' ORDER BY rank",
                                      "SELECT t0.k FROM t0 JOIN ft ON ft.rowid = t0.rowid WHERE ft MATCH 'a'"};
  uint32_t kind = random_below(&w->g, 10);
  if (kind == 0 && w->view)
    snprintf(sql, TEXT, "%s", PICK(&w->g, views));
  else if (kind == 1 && w->fts)
    snprintf(sql, TEXT, "%s", PICK(&w->g, found));
  else if (kind < 6)
    single_sql(w, sql, any_table(w));
  else
    many_sql(w, sql, any_table(w), any_table(w));
}

static void count_call(void *user, const ls_update *update) {
  (void)update;
  ++*(size_t *)user;
}

static void add_query(world *w) {
  size_t i = w->n_queries;
  char sql[TEXT];
  query_sql(w, sql);
  memcpy(w->queries[i].sql, sql, sizeof sql);
  for (const char *at = w->queries[i].sql; (at = strchr(at, '?')); at++) w->queries[i].n++;
  for (size_t p = 0; p < w->queries[i].n; p++) w->queries[i].params[p] = random_value(&w->g);
  w->queries[i].told = 0;
  if (ls_live_open(&w->queries[i].node, w->store, NULL, w->queries[i].sql, w->queries[i].params, w->queries[i].n,
                   NULL)) {
    w->queries[i].n = 0;
    return;
  }
  w->queries[i].subscription = NULL;
  if (random_below(&w->g, 2)) {
    assert_int_equal(
        ls_subscribe(&w->queries[i].subscription, w->queries[i].node, NULL, count_call, &w->queries[i].told, NULL),
        LS_OK);
  }
  w->n_queries++;
}

/* ---------------------------------------------------------------------------------------------- */
/* The check */

static void fail_query(const world *w, size_t i, const char *why) {
  printf("seed %llu: %s\n  %s\n", (unsigned long long)w->seed, why, w->queries[i].sql);
  for (size_t p = 0; p < w->queries[i].n; p++)
    printf("  parameter %zu: type %d\n", p + 1, w->queries[i].params[p].type);
  for (size_t s = 0; s < w->n_statements; s++) printf("  %s;\n", w->statements[s]);
  fail();
}

static int run_anew(ls_rows **out, world *w, size_t i, ls_columns *columns) {
  ls_rows_maker maker = {.n = 0};
  ls_query *query;
  ls_error err;
  assert_int_equal(ls_query_open(&query, w->store, w->queries[i].sql, w->queries[i].params, w->queries[i].n, &err),
                   LS_OK);
  int more;
  while ((more = ls_query_next(query, &err)) == 1) {
    ls_rows_maker_row(&maker);
    for (size_t c = 0; c < ls_query_columns(query); c++) ls_rows_maker_value(&maker, ls_query_value(query, c));
  }
  for (size_t c = 0; c < columns->n; c++) columns->names[c] = ls_arena_strdup(&columns->arena, ls_query_name(query, c));
  assert_int_equal(ls_rows_maker_take(out, &maker, columns, NULL, NULL), LS_OK);
  ls_query_close(query);
  ls_rows_maker_fini(&maker);
  return more;
}

static void check_query(world *w, size_t i) {
  const ls_rows *live;
  ls_rows *anew;
  size_t told = w->queries[i].told;
  int rc = ls_node_rows(&live, w->queries[i].node, NULL);
  if (w->queries[i].subscription && w->queries[i].told != told) fail_query(w, i, "a subscription was late");
  ls_query *query;
  assert_int_equal(ls_query_open(&query, w->store, w->queries[i].sql, w->queries[i].params, w->queries[i].n, NULL),
                   LS_OK);
  ls_columns *columns = ls_columns_new(ls_query_columns(query));
  ls_query_close(query);
  int expected = run_anew(&anew, w, i, columns);
  if (rc != expected) fail_query(w, i, "it fails in another way when it is run anew");
  if (!rc && !ls_rows_equal(live, anew)) fail_query(w, i, "a change was missed");
  ls_rows_release(anew);
  ls_columns_release(columns);
}

static int add_runs(void *user, const ls_node_info *info) {
  if (info->kind == LS_NODE_LIVE) *(uint64_t *)user += info->runs;
  return 0;
}

static void run_world(world *w) {
  for (int i = 0; i < 12; i++) commit(w);
  for (int i = 0; i < QUERIES; i++) add_query(w);
  for (int i = 0; i < COMMITS; i++) {
    commit(w);
    for (size_t q = 0; q < w->n_queries; q++) {
      if (w->queries[q].subscription || random_below(&w->g, 3)) check_query(w, q);
    }
    w->chances += w->n_queries;
  }
  assert_int_equal(ls_graph_each(w->store, add_runs, &w->runs, NULL), LS_OK);
  for (size_t q = 0; q < w->n_queries; q++) {
    ls_node_release(w->queries[q].subscription);
    if (random_below(&w->g, 2)) ls_node_release(w->queries[q].node); /* the others go with the store */
  }
  ls_close(w->store, NULL);
}

static void no_change_is_missed(void **state) {
  (void)state;
  world *w = malloc(sizeof *w);
  assert_non_null(w);
  uint64_t only = (uint64_t)random_option("LIVE_SEED", 0), seed = only ? only : 1, schemas = 0, runs = 0, chances = 0;
  time_t end = time(NULL) + (getenv("SOAK") ? SOAK_SECONDS : SECONDS);
  do {
    if (!make_world(w, seed)) continue;
    run_world(w);
    schemas++;
    runs += w->runs;
    chances += w->chances;
  } while (seed++, !only && time(NULL) < end);
  free(w);
  printf("%llu schemas; %llu runs instead of %llu\n", (unsigned long long)schemas, (unsigned long long)runs,
         (unsigned long long)chances);
  assert_true(schemas > 0);
  assert_true(runs < chances);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(no_change_is_missed)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
