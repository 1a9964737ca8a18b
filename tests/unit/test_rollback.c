/* Rolling back is exact: whatever SQL an event runs, behind an undo the state has the digest it had before, and
 * applying the same events again gives the same digests again (MAT-17). Random statements over several schemas; a run
 * that fails names its seed. UNDO_SEED and UNDO_STEPS repeat or lengthen it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "core/rollback.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/random.h"

static random_source dice;

/* ---------------------------------------------------------------------------------------------- */
/* Older versions of SQLite cannot have it; the schema refuses it there. */
#define VIRTUAL_COLUMNS_IN_THE_MIDDLE "virtual columns in the middle"

/* Schemas: tables, and templates of the statements that events run. No row id is the largest there is: behind that one
 * SQLite chooses at random. */

#define LIST(...)                                                                                                      \
  (const char *const[]) { __VA_ARGS__, NULL }
#define MAX_TEMPLATES 24

typedef struct scheme {
  const char *name;
  const char *const *tables, *const *templates;
} scheme;

static const scheme SCHEMES[] = {
    {"row ids",
     LIST("CREATE TABLE t (id TEXT PRIMARY KEY, a, b REAL, c INTEGER, d BLOB, e NUMERIC)",
          "CREATE TABLE i (id INTEGER PRIMARY KEY, a, b TEXT UNIQUE)",
          "CREATE TABLE s (id INT PRIMARY KEY, a ANY, r REAL, t TEXT) STRICT"),
     LIST("INSERT INTO t VALUES (#, $, $, $, $, $)", "INSERT OR REPLACE INTO t VALUES (#, $, $, $, $, $)",
          "INSERT INTO t(rowid, id) VALUES (# * 1000, #)",
          "INSERT INTO t(_rowid_, id) VALUES (-#, #) ON CONFLICT DO NOTHING", "UPDATE t SET a = $, b = $",
          "UPDATE t SET c = $ WHERE id = #", "UPDATE t SET rowid = # WHERE id = #",
          "UPDATE OR REPLACE t SET rowid = rowid + 1", "UPDATE OR IGNORE t SET id = #", "DELETE FROM t",
          "DELETE FROM t WHERE id = #", "INSERT INTO i(a, b) VALUES ($, $)", "INSERT INTO i VALUES (# - 6, $, ~)",
          "INSERT OR REPLACE INTO i VALUES (#, $, ~)", "REPLACE INTO i(b) VALUES (~)", "UPDATE i SET id = id + 100",
          "UPDATE OR REPLACE i SET id = # WHERE id > #", "UPDATE OR REPLACE i SET b = ~",
          "DELETE FROM i WHERE id % 3 = # % 3",
          "INSERT INTO i(id, b) VALUES (#, ~) ON CONFLICT(b) DO UPDATE SET id = id + 1, a = excluded.id",
          "INSERT INTO s VALUES (#, $, #, ~)", "UPDATE s SET a = $, r = r * 0.5", "DELETE FROM s")},
    {"without row ids",
     LIST("CREATE TABLE w (a TEXT, b INTEGER, v, u, PRIMARY KEY (b DESC, a)) WITHOUT ROWID",
          "CREATE TABLE n (k TEXT COLLATE NOCASE PRIMARY KEY, v UNIQUE) WITHOUT ROWID",
          "CREATE TABLE m (k TEXT COLLATE NOCASE, v, PRIMARY KEY (k COLLATE BINARY)) WITHOUT ROWID",
          "CREATE TABLE x (k ANY PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID",
          "CREATE INDEX w_v ON w (v) WHERE v NOT NULL"),
     LIST("INSERT INTO w VALUES (~, #, $, $)", "INSERT OR REPLACE INTO w VALUES (~, #, $, $)",
          "UPDATE w SET v = $, u = u", "UPDATE OR REPLACE w SET a = ~ WHERE b < #", "UPDATE OR REPLACE w SET b = b + 1",
          "UPDATE OR IGNORE w SET b = #, a = ~", "DELETE FROM w", "DELETE FROM w WHERE b = #",
          "INSERT OR REPLACE INTO n VALUES (~, #)", "UPDATE n SET k = upper(k)", "UPDATE OR REPLACE n SET v = #",
          "DELETE FROM n WHERE k = ~", "UPDATE n SET k = lower(k)", "INSERT OR REPLACE INTO m VALUES (~, $)",
          "UPDATE OR IGNORE m SET k = lower(k), v = $", "DELETE FROM m WHERE k = ~",
          "UPDATE m SET v = $ WHERE k = ~ COLLATE BINARY", "INSERT OR REPLACE INTO x VALUES ($, $)",
          "UPDATE OR REPLACE x SET k = $ WHERE v = $", "UPDATE x SET v = $", "DELETE FROM x WHERE v IS $",
          "INSERT INTO w VALUES (~, #, $, $) ON CONFLICT DO UPDATE SET v = excluded.v, b = b + 1 WHERE v IS NOT "
          "excluded.v")},
    {"odd names",
     LIST("CREATE TABLE a (rowid TEXT PRIMARY KEY, v)",
          "CREATE TABLE b (_rowid_ REAL, oid TEXT, k INTEGER PRIMARY KEY)",
          "CREATE TABLE c (rowid INTEGER PRIMARY KEY, oid)",
          "CREATE TABLE \"odd \"\"na'me\" (\"a \"\"b\" PRIMARY KEY, \"select\", [x], `q``q`, \"\xc3\xbc?1\", \"%s\")",
          "CREATE TABLE \"Ordner\" (\"group\", \"order\", PRIMARY KEY (\"order\", \"group\")) WITHOUT ROWID"),
     LIST("INSERT INTO a VALUES (#, $)", "INSERT OR REPLACE INTO a(oid, rowid) VALUES (#, ~)",
          "UPDATE OR IGNORE a SET _rowid_ = #", "UPDATE OR REPLACE a SET rowid = #", "DELETE FROM a WHERE rowid = #",
          "INSERT OR REPLACE INTO b VALUES ($, $, #)", "UPDATE OR IGNORE b SET _rowid_ = $, oid = $",
          "UPDATE OR REPLACE b SET rowid = #", "DELETE FROM b WHERE rowid = #",
          "INSERT OR REPLACE INTO c VALUES (#, $)", "UPDATE OR REPLACE c SET rowid = rowid * 2", "DELETE FROM c",
          "INSERT OR REPLACE INTO \"odd \"\"na'me\" VALUES (#, $, $, $, $, $)",
          "UPDATE OR REPLACE \"odd \"\"na'me\" SET \"a \"\"b\" = #, \"select\" = $",
          "UPDATE \"odd \"\"na'me\" SET `q``q` = $, \"%s\" = $", "DELETE FROM \"odd \"\"na'me\" WHERE [x] IS $",
          "INSERT OR REPLACE INTO Ordner VALUES (#, #)", "UPDATE OR REPLACE Ordner SET \"group\" = #",
          "DELETE FROM Ordner WHERE \"order\" = #")},
    {"generated columns",
     LIST("CREATE TABLE g (a, s1 AS (length(a)) STORED, id INTEGER PRIMARY KEY, b, c CHECK (c IS NOT 'a'), v2 AS (b * "
          "2))",
          "CREATE TABLE h (k, s TEXT AS (a) STORED, a, j, v AS (k || a), PRIMARY KEY (k, j)) WITHOUT ROWID",
          "CREATE INDEX g_v ON g (v2)", "CREATE UNIQUE INDEX h_s ON h (s, a, v)"),
     LIST("INSERT INTO g(a, b, c) VALUES ($, $, $)", "INSERT OR REPLACE INTO g(id, a, c) VALUES (#, $, $)",
          "UPDATE g SET a = $", "UPDATE g SET b = $, c = $ WHERE id < #", "UPDATE OR REPLACE g SET id = # WHERE id = #",
          "DELETE FROM g WHERE id > #", "INSERT OR REPLACE INTO h(k, a, j) VALUES (#, $, #)",
          "UPDATE OR REPLACE h SET a = $ WHERE k = #", "UPDATE OR REPLACE h SET k = #, j = #",
          "UPDATE OR IGNORE h SET j = #", "DELETE FROM h WHERE j = #", "DELETE FROM h")},
    {VIRTUAL_COLUMNS_IN_THE_MIDDLE,
     LIST("CREATE TABLE g (v1 AS (a || '!'), a, s1 AS (length(a)) STORED, id INTEGER PRIMARY KEY, b, v2 AS (b * 2), c "
          "CHECK (c IS NOT 'a'))",
          "CREATE TABLE h (v AS (k || a), k, s TEXT AS (a) STORED, a, j, PRIMARY KEY (k, j)) WITHOUT ROWID",
          "CREATE INDEX g_v ON g (v2)", "CREATE UNIQUE INDEX h_s ON h (s, a, v)"),
     LIST("INSERT INTO g(a, b, c) VALUES ($, $, $)", "INSERT OR REPLACE INTO g(id, a, c) VALUES (#, $, $)",
          "UPDATE g SET a = $", "UPDATE g SET b = $, c = $ WHERE id < #", "UPDATE OR REPLACE g SET id = # WHERE id = #",
          "DELETE FROM g WHERE id > #", "INSERT OR REPLACE INTO h(k, a, j) VALUES (#, $, #)",
          "UPDATE OR REPLACE h SET a = $ WHERE k = #", "UPDATE OR REPLACE h SET k = #, j = #",
          "UPDATE OR IGNORE h SET j = #", "DELETE FROM h WHERE j = #", "DELETE FROM h")},
    {"foreign keys and checks",
     LIST(
         "CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT UNIQUE, n INTEGER CHECK (n < 10))",
         "CREATE TABLE c (id INTEGER PRIMARY KEY, p REFERENCES p ON DELETE CASCADE ON UPDATE CASCADE, v NOT NULL)",
         "CREATE TABLE d (k TEXT PRIMARY KEY, p REFERENCES p(code) ON DELETE SET NULL ON UPDATE CASCADE) WITHOUT ROWID",
         "CREATE TABLE e (id INTEGER PRIMARY KEY, p DEFAULT 1 REFERENCES p ON DELETE SET DEFAULT DEFERRABLE INITIALLY "
         "DEFERRED)",
         "CREATE TABLE tree (id INTEGER PRIMARY KEY, up REFERENCES tree ON DELETE CASCADE DEFERRABLE INITIALLY "
         "DEFERRED)"),
     LIST("INSERT INTO p VALUES (#, ~, #)", "INSERT OR REPLACE INTO p VALUES (#, ~, #)",
          "UPDATE OR REPLACE p SET id = # WHERE id = #", "UPDATE p SET code = ~ WHERE id = #",
          "UPDATE p SET id = id + 50", "DELETE FROM p WHERE id = #", "DELETE FROM p",
          "INSERT INTO c(p, v) VALUES (#, $)", "INSERT INTO c(p, v) SELECT id, $ FROM p",
          "UPDATE c SET p = # WHERE id % 2", "DELETE FROM c WHERE id % 5 = 1", "INSERT OR REPLACE INTO d VALUES (#, ~)",
          "INSERT INTO d SELECT id, code FROM p WHERE 1 ON CONFLICT DO NOTHING", "UPDATE d SET p = ~",
          "INSERT INTO e(p) VALUES (#)", "INSERT INTO e(p) SELECT id FROM p", "UPDATE e SET p = #",
          "INSERT INTO tree VALUES (#, #)", "INSERT INTO tree VALUES (#, NULL)",
          "INSERT OR REPLACE INTO tree VALUES (#, #)", "DELETE FROM tree WHERE id = #",
          "UPDATE OR IGNORE tree SET up = id", "UPDATE p SET n = n + #")},
    {"triggers",
     LIST(
         "CREATE TABLE t (id INTEGER PRIMARY KEY, v, n INTEGER NOT NULL DEFAULT 0)",
         "CREATE TABLE log (id INTEGER PRIMARY KEY, what)", "CREATE TABLE q (k PRIMARY KEY, v) WITHOUT ROWID",
         "CREATE TRIGGER t_i AFTER INSERT ON t BEGIN INSERT INTO log(what) VALUES ('i' || new.id); UPDATE t SET n = n "
         "+ 1 WHERE id < new.id; END",
         "CREATE TRIGGER t_b BEFORE UPDATE OF v ON t WHEN new.v IS old.v BEGIN SELECT RAISE(IGNORE); END",
         "CREATE TRIGGER t_u AFTER UPDATE OF n ON t WHEN new.n < 5 BEGIN UPDATE t SET n = n + 1 WHERE id = new.id; END",
         "CREATE TRIGGER t_d BEFORE DELETE ON t BEGIN INSERT OR REPLACE INTO q VALUES (old.id, old.v); DELETE FROM log "
         "WHERE what = 'i' || old.id; END",
         "CREATE TRIGGER q_d AFTER DELETE ON q BEGIN INSERT OR IGNORE INTO t(id, v) VALUES (old.k, 'back'); END",
         "CREATE TRIGGER q_i BEFORE INSERT ON q WHEN new.v = 'a' BEGIN SELECT RAISE(ABORT, 'no'); END",
         "CREATE VIEW both AS SELECT t.id, t.v, q.v AS w FROM t LEFT JOIN q ON q.k = t.id",
         "CREATE TRIGGER both_u INSTEAD OF UPDATE ON both BEGIN UPDATE t SET v = new.v WHERE id = old.id; REPLACE INTO "
         "q VALUES (old.id, new.w); END"),
     LIST("INSERT INTO t(v) VALUES ($)", "INSERT OR REPLACE INTO t(id, v) VALUES (#, $)", "UPDATE t SET v = $",
          "UPDATE t SET n = # WHERE id = #", "UPDATE OR REPLACE t SET id = # WHERE id = #",
          "DELETE FROM t WHERE id = #", "DELETE FROM t", "INSERT OR REPLACE INTO q VALUES (#, $)",
          "DELETE FROM q WHERE k = #", "UPDATE OR REPLACE q SET k = # WHERE k = #",
          "UPDATE both SET v = $, w = $ WHERE id = #", "DELETE FROM log",
          "INSERT INTO t(id, v) VALUES (#, $) ON CONFLICT DO UPDATE SET v = excluded.v, n = 0")},
};

/* ---------------------------------------------------------------------------------------------- */
/* Transactions, back and forth */

enum { MAX_EVENTS = 4000, MAX_STATEMENTS = 3, MAX_DEPTH = 400, UNDONE = 8 };

typedef struct step {
  int64_t at;      /* global number of the last event of the transaction */
  char digest[33]; /* behind it */
} step;

typedef struct run {
  const scheme *scheme;
  ls_state *state;
  char *sql[MAX_EVENTS][MAX_STATEMENTS]; /* what event n runs */
  bool ignores[MAX_EVENTS];              /* it goes on when a statement fails */
  step steps[MAX_DEPTH];
  int depth;
  int failed; /* events that left nothing, so that the test knows it tries that too */
} run;

static int run_sql(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  run *r = user;
  for (int i = 0; i < MAX_STATEMENTS && r->sql[event->seq.global][i]; i++) {
    int rc = ls_materializer_exec(m, r->sql[event->seq.global][i], NULL, 0, NULL, NULL, err);
    if (rc && !r->ignores[event->seq.global]) return rc;
  }
  return LS_OK;
}

static void forget_sql(run *r, int64_t global) {
  for (int i = 0; i < MAX_STATEMENTS; i++) {
    free(r->sql[global][i]);
    r->sql[global][i] = NULL;
  }
}

static void make_sql(run *r, int64_t global) {
  unsigned n_templates = 0, n = 1 + random_below(&dice, MAX_STATEMENTS);
  ls_bytes text = {0};
  while (r->scheme->templates[n_templates]) n_templates++;
  forget_sql(r, global);
  for (unsigned i = 0; i < n; i++) {
    random_sql(&text, &dice, r->scheme->templates[random_below(&dice, n_templates)],
               &(random_sql_options){.numbers = 12, .large = true});
    r->sql[global][i] = strdup(text.data);
  }
  r->ignores[global] = random_below(&dice, 2);
  ls_bytes_fini(&text);
}

/* Apply events up to and with `last` in one transaction. */
static void apply(run *r, int64_t last) {
  ls_error err;
  uint64_t failed;
  assert_ok(ls_state_begin(r->state, &err), &err);
  for (int64_t global = r->steps[r->depth].at + 1; global <= last; global++) {
    ls_event event = core_event(global, "run", "{}");
    assert_ok(ls_state_apply_or_fail(r->state, &event, &err), &err);
  }
  assert_ok(ls_state_commit(r->state, core_mark(last), &err), &err);
  assert_ok(ls_state_failures(&failed, r->state, &err), &err);
  r->failed += failed > 0;
  step *next = &r->steps[++r->depth];
  next->at = last;
  strcpy(next->digest, core_digest(r->state));
}

static void apply_new(run *r) {
  int64_t first = r->steps[r->depth].at + 1, n = 1 + random_below(&dice, 4);
  for (int64_t i = 0; i < n; i++) make_sql(r, first + i);
  apply(r, first + n - 1);
}

static void undo(run *r) {
  ls_error err;
  assert_ok(ls_rollback_step(r->state, &err), &err);
  r->depth--;
  assert_int_equal(r->state->at.seq.global, r->steps[r->depth].at);
  assert_int_equal(r->state->at.sum, core_mark(r->steps[r->depth].at).sum);
  assert_string_equal(core_digest(r->state), r->steps[r->depth].digest);
}

/* Undo some; then either apply the same again, which must give the same, or go another way. */
static void go_back(run *r) {
  step undone[UNDONE];
  int n = 0, wanted = 1 + (int)random_below(&dice, UNDONE);
  while (n < wanted && r->depth > 0) {
    undone[n++] = r->steps[r->depth];
    undo(r);
  }
  if (random_below(&dice, 2)) return;
  while (n > 0) {
    apply(r, undone[--n].at);
    assert_string_equal(r->steps[r->depth].digest, undone[n].digest);
  }
}

static void random_walk(const scheme *of, long steps) {
  run *r = calloc(1, sizeof *r);
  const ls_event_def event = {.name = "run", .fn = run_sql, .version = 1, .user = r};
  ls_schema *schema = core_schema_of(&(ls_schema_def){.tables = of->tables, .events = &event, .n_events = 1});
  r->scheme = of;
  r->state = core_state(schema);
  strcpy(r->steps[0].digest, core_digest(r->state));
  for (long i = 0; i < steps; i++) {
    bool full = r->depth + UNDONE >= MAX_DEPTH || r->steps[r->depth].at + 4 >= MAX_EVENTS;
    if (full || random_below(&dice, 10) < 4)
      go_back(r);
    else
      apply_new(r);
  }
  while (r->depth > 0) undo(r);
  assert_true(r->failed > 0);
  for (int i = 0; i < MAX_EVENTS; i++) forget_sql(r, i);
  ls_state_free(r->state);
  ls_schema_free(schema);
  free(r);
}

static bool is_skipped(const char *name) {
  return sqlite3_libversion_number() < 3050000 && strcmp(name, VIRTUAL_COLUMNS_IN_THE_MIDDLE) == 0;
}

static void random_events_are_rolled_back_exactly(void **state) {
  (void)state;
  long steps = random_option("UNDO_STEPS", 400);
  for (size_t i = 0; i < sizeof SCHEMES / sizeof SCHEMES[0]; i++) {
    if (is_skipped(SCHEMES[i].name)) continue;
    dice = random_from((uint64_t)random_option("UNDO_SEED", 20260731) * 2654435761u + i + 1);
    print_message("             %s: seed %ld\n", SCHEMES[i].name, random_option("UNDO_SEED", 20260731));
    random_walk(&SCHEMES[i], steps);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Single cases */

static const char COUNTER[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)\"],\"events\":{"
    "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"string\"}}},"
    "\"sql\":[\"INSERT INTO t(v) VALUES (:v)\"]},\"nothing\":{}}}";

typedef struct world {
  ls_schema *schema;
  ls_state *state;
} world;

static world world_new(const char *json) {
  world w = {core_schema(json), NULL};
  w.state = core_state(w.schema);
  return w;
}

static void world_free(world *w) {
  ls_state_free(w->state);
  ls_schema_free(w->schema);
}

static void commit_one(ls_state *state, const char *name, const char *args) {
  ls_error err;
  int64_t global = state->at.seq.global + 1;
  ls_event event = core_event(global, name, args);
  assert_ok(ls_state_begin(state, &err), &err);
  assert_ok(ls_state_apply(state, &event, false, &err), &err);
  assert_ok(ls_state_commit(state, core_mark(global), &err), &err);
}

static void undo_at_the_root_finds_nothing(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  assert_code(ls_rollback_step(w.state, &err), LS_ENOTFOUND, &err);
  world_free(&w);
}

/* SQLite tells a double's sign of zero and infinities apart; a digest does too. */
static void wide_rows_are_rolled_back(void **state) {
  (void)state;
  static const int widths[] = {127, 128, 129, 301, 1500};
  for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
    ls_bytes table = {0}, insert = {0}, update = {0};
    ls_bytes_text(&table, "CREATE TABLE t (id INTEGER PRIMARY KEY");
    ls_bytes_text(&insert, "INSERT INTO t VALUES (1");
    ls_bytes_text(&update, "UPDATE t SET id = 2");
    for (int c = 1; c < widths[i]; c++) {
      ls_bytes_printf(&table, ", c%d", c);
      ls_bytes_printf(&insert, ", %d", c);
      ls_bytes_printf(&update, ", c%d = 'x%d'", c, c);
    }
    ls_bytes_text(&table, ")");
    ls_bytes_text(&insert, ")");
    const ls_event_def events[] = {{.name = "insert", .sql = LIST(ls_bytes_cstr(&insert))},
                                   {.name = "update", .sql = LIST(ls_bytes_cstr(&update))}};
    const ls_schema_def def = {.tables = LIST(ls_bytes_cstr(&table)), .events = events, .n_events = 2};
    world w = {core_schema_of(&def), NULL};
    ls_error err;
    w.state = core_state(w.schema);
    commit_one(w.state, "insert", "{}");
    const char *before = core_digest(w.state);
    commit_one(w.state, "update", "{}");
    assert_string_equal(core_value(w.state, "SELECT c126 FROM t WHERE id = 2"), "x126");
    assert_ok(ls_rollback_step(w.state, &err), &err);
    assert_string_equal(core_digest(w.state), before);
    world_free(&w);
    ls_bytes_fini(&table);
    ls_bytes_fini(&insert);
    ls_bytes_fini(&update);
  }
}

/* REG-11: without anything upstream the records would grow for ever. */
static void the_oldest_records_go_when_there_are_too_many_bytes(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  w.state->rollback_limit_bytes = 10000;
  for (int i = 0; i < 2000; i++) commit_one(w.state, "add", "{\"v\":\"a text of some size\"}");
  assert_true(w.state->rollback_bytes <= 10000);
  int steps = 0;
  while (ls_rollback_step(w.state, &err) == LS_OK) steps++;
  assert_true(steps > 20 && steps < 2000);
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"),
                      core_value(w.state, "SELECT place >> 24 FROM __livestore_state"));
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM __livestore_rollback"), "0");
  assert_int_equal(w.state->rollback_bytes, 0);
  world_free(&w);
}

/* REG-11: an event that changes nothing leaves a record too. */
static void records_of_events_that_change_nothing_are_bounded_too(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  w.state->rollback_limit_bytes = 10000;
  for (int i = 0; i < 2000; i++) commit_one(w.state, "nothing", "{}");
  assert_true(atol(core_value(w.state, "SELECT count(*) FROM __livestore_rollback")) < 1000);
  world_free(&w);
}

static void a_record_that_is_too_large_ends_the_way_back(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  commit_one(w.state, "add", "{\"v\":\"small\"}");
  w.state->capture.limit = 30;
  commit_one(w.state, "add", "{\"v\":\"this is much larger than the limit that was set\"}");
  assert_code(ls_rollback_step(w.state, &err), LS_ENOTFOUND, &err);
  assert_int_equal(w.state->at.seq.global, 2);
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"), "2");
  commit_one(w.state, "add", "{\"v\":\"ok\"}");
  assert_ok(ls_rollback_step(w.state, &err), &err);
  assert_code(ls_rollback_step(w.state, &err), LS_ENOTFOUND, &err);
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"), "2");
  world_free(&w);
}

/* MAT-11: a place that is committed anew has the new record. */
static void another_branch_has_its_own_records(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  const char *root = core_digest(w.state);
  commit_one(w.state, "add", "{\"v\":\"a\"}");
  assert_ok(ls_rollback_step(w.state, &err), &err);
  commit_one(w.state, "nothing", "{}");
  commit_one(w.state, "add", "{\"v\":\"b\"}");
  assert_ok(ls_rollback_step(w.state, &err), &err);
  assert_ok(ls_rollback_step(w.state, &err), &err);
  assert_string_equal(core_digest(w.state), root);
  assert_int_equal(w.state->rollback_bytes, 0);
  world_free(&w);
}

static void an_aborted_transaction_leaves_no_record(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  commit_one(w.state, "add", "{\"v\":\"a\"}");
  const char *before = core_digest(w.state);
  int64_t bytes = w.state->rollback_bytes;
  ls_event event = core_event(2, "add", "{\"v\":\"b\"}");
  assert_ok(ls_state_begin(w.state, &err), &err);
  assert_ok(ls_state_apply(w.state, &event, false, &err), &err);
  ls_state_abort(w.state);
  assert_string_equal(core_digest(w.state), before);
  assert_int_equal(w.state->rollback_bytes, bytes);
  assert_ok(ls_rollback_step(w.state, &err), &err);
  assert_string_equal(core_value(w.state, "SELECT count(*) FROM t"), "0");
  world_free(&w);
}

/* The record is in the state, so it is there behind a snapshot as well. */
static void records_survive_an_image(void **state) {
  (void)state;
  world w = world_new(COUNTER);
  ls_error err;
  ls_image image = {0};
  ls_state *copy = NULL;
  commit_one(w.state, "add", "{\"v\":\"a\"}");
  const char *before = core_digest(w.state);
  commit_one(w.state, "add", "{\"v\":\"b\"}");
  assert_ok(ls_state_image(&image, w.state, &err), &err);
  assert_ok(ls_state_open_image(&copy, w.schema, image.data, image.size, NULL, &err), &err);
  ls_image_fini(&image);
  assert_int_equal(copy->rollback_bytes, w.state->rollback_bytes);
  const char *sum = "SELECT sum(40 + length(changeset)) FROM __livestore_rollback";
  assert_int_equal(copy->rollback_bytes, atol(core_value(copy, sum)));
  assert_ok(ls_rollback_step(copy, &err), &err);
  assert_string_equal(core_digest(copy), before);
  ls_state_free(copy);
  world_free(&w);
}

/* A virtual table keeps state of its own in memory, which row images do not bring back. */
static void full_text_search_is_made_anew_instead(void **state) {
  (void)state;
  world w = world_new(
      "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)\","
      "\"CREATE VIRTUAL TABLE f USING fts5(v, content='t', content_rowid='id')\"],\"events\":{"
      "\"add\":{\"sql\":[\"INSERT INTO t(v) VALUES ('a b')\",\"INSERT INTO f(rowid, v) VALUES (1, 'a b')\"]}}}");
  ls_error err;
  assert_true(w.state->tables.has_virtual);
  commit_one(w.state, "add", "{}");
  assert_string_equal(core_value(w.state, "SELECT rowid FROM f WHERE f MATCH 'b'"), "1");
  assert_code(ls_rollback_step(w.state, &err), LS_ENOTFOUND, &err);
  assert_int_equal(w.state->at.seq.global, 1);
  world_free(&w);
}

static void a_damaged_record_changes_nothing(void **state) {
  (void)state;
  static const char *const damages[] = {"substr(changeset, 1, length(changeset) - 1)", "x'ff'", "x'6900'",
                                        "changeset || x'75'", "x'647f' || changeset"};
  for (size_t i = 0; i < sizeof damages / sizeof damages[0]; i++) {
    world w = world_new(COUNTER);
    ls_error err;
    char sql[200];
    commit_one(w.state, "add", "{\"v\":\"a\"}");
    const char *before = core_digest(w.state);
    snprintf(sql, sizeof sql, "UPDATE __livestore_rollback SET changeset = CAST(%s AS BLOB)", damages[i]);
    assert_ok(ls_database_exec(&w.state->database, sql, &err), &err);
    assert_code(ls_rollback_step(w.state, &err), LS_ECORRUPT, &err);
    assert_string_equal(core_digest(w.state), before);
    assert_int_equal(w.state->at.seq.global, 1);
    commit_one(w.state, "add", "{\"v\":\"goes on, with triggers and foreign keys\"}");
    world_free(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_events_are_rolled_back_exactly),
      cmocka_unit_test(undo_at_the_root_finds_nothing),
      cmocka_unit_test(wide_rows_are_rolled_back),
      cmocka_unit_test(the_oldest_records_go_when_there_are_too_many_bytes),
      cmocka_unit_test(records_of_events_that_change_nothing_are_bounded_too),
      cmocka_unit_test(a_record_that_is_too_large_ends_the_way_back),
      cmocka_unit_test(another_branch_has_its_own_records),
      cmocka_unit_test(an_aborted_transaction_leaves_no_record),
      cmocka_unit_test(records_survive_an_image),
      cmocka_unit_test(full_text_search_is_made_anew_instead),
      cmocka_unit_test(a_damaged_record_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
