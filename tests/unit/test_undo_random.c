/* Random commits, undone and redone: exact where nobody else was, sparing of what others did, the same on a replay.
 * A run that fails names its seed; UNDO_SEED and UNDO_STEPS repeat or lengthen it. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/random.h"
#include "support/undo_fixture.h"

static random_source dice;

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
    ("UPDATE i SET b = b || 'x'; UPDATE i SET b = (SELECT rtrim(x.b, 'x') FROM i x WHERE x.id = 7 - i.id)"
     " WHERE id IN (3, 4)"),
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
  ls_options options = {.schema = {.def = &def},
                        .client_id = "me",
                        .session_id = "here",
                        .rollback_bytes = random_below(&dice, 2) ? 0 : 5000};
  assert_ok(ls_open(&store, path, &options, &err), &err);
  return store;
}

static void random_args(char *out, size_t size, const char *const *templates, size_t n, const char *who) {
  ls_bytes sql = {0}, args = {0};
  random_sql(&sql, &dice, templates[random_below(&dice, (uint32_t)n)], &(random_sql_options){.numbers = 8, .who = who});
  ls_bytes_text(&args, "{\"sql\":");
  ls_json_write_string(&args, sql.data, sql.size);
  ls_bytes_byte(&args, '}');
  assert_non_null(ls_bytes_cstr(&args));
  assert_true(args.size < size);
  memcpy(out, args.data, args.size);
  out[args.size] = 0;
  ls_bytes_fini(&args);
  ls_bytes_fini(&sql);
}

/* One to three events; a commit that fails is none. */
static bool commit_random(ls_store *store, const char *const *templates, size_t n_templates, const char *who) {
  ls_error err;
  char args[3][1500];
  ls_input inputs[3];
  size_t n = random_below(&dice, 3) ? 1 : 1 + random_below(&dice, 3);
  for (size_t i = 0; i < n; i++) {
    random_args(args[i], sizeof args[i], templates, n_templates, who);
    inputs[i] = (ls_input){random_below(&dice, 4) ? "Run" : "RunHere", args[i]};
  }
  return ls_commit_all(NULL, store, inputs, n, &err) == LS_OK;
}

enum { MOST_STEPS = 4000 };
typedef struct model {
  char undo[MOST_STEPS][33], redo[MOST_STEPS][33]; /* the digests that the next undo, redo leads to */
  size_t n_undo, n_redo;
} model;

static void step_random(ls_store *store, model *m, uint64_t first_seed, int step) {
  ls_error err;
  char before[33], after[33];
  unsigned what = random_below(&dice, 5);
  undo_digest(before, store);
  if (what < 2 && m->n_undo) {
    int rc = ls_undo(NULL, store, 1, &err);
    if (rc) fail_msg("seed %llu, step %d: undo: %s", (unsigned long long)first_seed, step, err.text);
    undo_digest(after, store);
    if (strcmp(after, m->undo[--m->n_undo]) != 0)
      fail_msg("seed %llu, step %d: undo is not exact", (unsigned long long)first_seed, step);
    memcpy(m->redo[m->n_redo++], before, 33);
  } else if (what == 2 && m->n_redo) {
    int rc = ls_redo(NULL, store, 1, &err);
    if (rc) fail_msg("seed %llu, step %d: redo: %s", (unsigned long long)first_seed, step, err.text);
    undo_digest(after, store);
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
  uint64_t start = (uint64_t)random_option("UNDO_SEED", 1);
  int steps = (int)random_option("UNDO_STEPS", 150);
  for (uint64_t s = start; s < start + 12; s++) {
    dice = random_from(s);
    model *m = calloc(1, sizeof *m);
    ls_store *store = open_random(NULL);
    for (int i = 0; i < steps && i < MOST_STEPS; i++) step_random(store, m, s, i);
    undo_assert_replays(store);
    char nothing[33], after[33];
    undo_assert_counts(store, m->n_undo, m->n_redo);
    if (m->n_undo && ls_undo(NULL, store, m->n_undo, &err))
      fail_msg("seed %llu: undo of all: %s", (unsigned long long)s, err.text);
    undo_digest(after, store);
    ls_store *empty = open_random(NULL);
    undo_digest(nothing, empty);
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
    dice = random_from(s);
    ls_store *store = open_random(NULL), *alone = open_random(NULL);
    for (int i = 0; i < 100; i++) {
      char args[1500];
      unsigned what = random_below(&dice, 6);
      ls_undo_status status;
      assert_ok(ls_undo_status_get(&status, store, 1, &err), &err);
      if (what == 0 && status.undo)
        undo_n(store, 1);
      else if (what == 1 && status.redo)
        redo_n(store, 1);
      else if (what < 4)
        commit_random(store, APART, N_APART, "m");
      else {
        random_args(args, sizeof args, APART, N_APART, "y");
        undo_foreign(store, "Run", args);
        undo_foreign(alone, "Run", args);
      }
    }
    undo_assert_replays(store);
    ls_undo_status status;
    assert_ok(ls_undo_status_get(&status, store, 1000, &err), &err);
    if (status.undo) undo_n(store, status.undo);
    assert_string_equal(undo_read(store, APART_ROWS), undo_read(alone, APART_ROWS));
    ls_close(alone, NULL);
    ls_close(store, NULL);
  }
}

/* All on the same rows: whatever comes of it, it is the same on a replay, and the store goes on. */
static void test_undo_among_others_is_the_same_everywhere(void **unused) {
  (void)unused;
  for (uint64_t s = 1; s <= 12; s++) {
    dice = random_from(s);
    ls_error err;
    ls_store *store = open_random(NULL);
    for (int i = 0; i < 100; i++) {
      char args[1500];
      int rc = LS_OK;
      switch (random_below(&dice, 5)) {
        case 0: rc = ls_undo(NULL, store, 1, &err); break;
        case 1: rc = ls_redo(NULL, store, 1, &err); break;
        case 2:
          random_args(args, sizeof args, TEMPLATES, sizeof TEMPLATES / sizeof TEMPLATES[0], "");
          undo_foreign(store, "Run", args);
          break;
        default: commit_random(store, TEMPLATES, sizeof TEMPLATES / sizeof TEMPLATES[0], "");
      }
      if (rc && rc != LS_ENOTFOUND && rc != LS_EMATERIALIZE)
        fail_msg("seed %llu, step %d: %s", (unsigned long long)s, i, err.text);
    }
    undo_assert_replays(store);
    ls_close(store, NULL);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_random_commits_are_undone_and_redone_exactly),
      cmocka_unit_test(test_undo_leaves_alone_what_another_session_did),
      cmocka_unit_test(test_undo_among_others_is_the_same_everywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
