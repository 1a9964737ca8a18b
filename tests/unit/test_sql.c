/* Tokens of SQL, and what a schema's SQL may not hold. */
#include <stdio.h>
#include <string.h>

#include "core/sql.h"
#include "support/cmocka_all.h"

/* All tokens of a text as "kind:text" with "|" between them. */
static void tokens_text(char *out, size_t size, const char *sql) {
  static const char *const kinds[] = {"end", "word", "quoted", "string", "number", "param", "blob", "sign"};
  const char *at = sql;
  size_t used = 0;
  out[0] = 0;
  for (ls_sql_token t = ls_sql_next(&at); t.kind != LS_SQL_END; t = ls_sql_next(&at)) {
    used +=
        (size_t)snprintf(out + used, size - used, "%s%s:%.*s", used ? "|" : "", kinds[t.kind], (int)t.size, t.start);
    assert_true(used < size);
  }
  assert_int_equal(*at, 0);
}

static const struct {
  const char *sql, *tokens;
} TOKENS[] = {
    {"", ""},
    {" \t\r\n\f -- comment", ""},
    {"/* a */ /* b", ""},
    {"a--b\nc/*d*/e", "word:a|word:c|word:e"},
    {"SELECT _a1$ FROM ünï", "word:SELECT|word:_a1$|word:FROM|word:ünï"},
    {"'it''s' 'open", "string:'it''s'|string:'open"},
    {"\"a\"\"b\" [c]]d] `e``f`", "quoted:\"a\"\"b\"|quoted:[c]|sign:]|word:d|sign:]|quoted:`e``f`"},
    {"x'00ff' X'' xy'z'", "blob:x'00ff'|blob:X''|word:xy|string:'z'"},
    {"1 1.5 .5 1e5 1e+5 1E-5 0x1F 0x1e+5 1_000", "number:1|number:1.5|number:.5|number:1e5|number:1e+5|number:1E-5|"
                                                 "number:0x1F|number:0x1e|sign:+|number:5|number:1_000"},
    {"1-2", "number:1|sign:-|number:2"},
    {"? ?12 :a @b $c :", "param:?|param:?12|param::a|param:@b|param:$c|sign::"},
    {"a.b||c", "word:a|sign:.|word:b|sign:||sign:||word:c"},
};

static void texts_are_cut_into_tokens(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof TOKENS / sizeof TOKENS[0]; i++) {
    char found[400];
    tokens_text(found, sizeof found, TOKENS[i].sql);
    assert_string_equal(found, TOKENS[i].tokens);
  }
}

static void words_are_compared_in_any_case(void **state) {
  (void)state;
  const char *at = "Select \"select\"";
  ls_sql_token word = ls_sql_next(&at), quoted = ls_sql_next(&at);
  assert_true(ls_sql_is(word, "SELECT"));
  assert_false(ls_sql_is(word, "SELEC"));
  assert_false(ls_sql_is(word, "SELECTS"));
  assert_false(ls_sql_is(quoted, "select"));
}

static void places_count_lines_and_characters_from_1(void **state) {
  (void)state;
  const char *sql = "a\nüb\n c";
  int line, column;
  ls_sql_place(sql, sql, &line, &column);
  assert_int_equal(line * 10 + column, 11);
  ls_sql_place(sql, strchr(sql, 'b'), &line, &column);
  assert_int_equal(line * 10 + column, 22);
  ls_sql_place(sql, strchr(sql, 'c'), &line, &column);
  assert_int_equal(line * 10 + column, 32);
}

static const char *const FINE[] = {
    "INSERT INTO t VALUES (upper(:a), date(:b), strftime('%Y', :c), datetime(:d, '+1 day', 'subsec'))",
    "SELECT sqrt(2), abs(x), round(y, 2), unixepoch(:at), julianday('2026-01-01')",
    "CREATE TABLE log (id INTEGER PRIMARY KEY, date TEXT, random INTEGER)",
    "CREATE TABLE IF NOT EXISTS changes (id TEXT PRIMARY KEY)",
    "CREATE INDEX i ON log (date)",
    "CREATE UNIQUE INDEX IF NOT EXISTS i ON \"log\" (date)",
    "CREATE VIEW log (a) AS SELECT 1",
    "CREATE TABLE a (b TEXT REFERENCES log (id))",
    "INSERT INTO main.log (id) VALUES (1)",
    "WITH exp (a) AS (SELECT 1) INSERT INTO t SELECT a FROM exp",
    "INSERT INTO t VALUES ('random()', 'date(''now'')', \"random\") -- random()",
    "SELECT random, x.current_date FROM t",
    "SELECT 'now', date(now), time(x, now)",
    "INSERT OR ABORT INTO t VALUES (1)",
    "SELECT RAISE(ABORT, 'rollback') OR rollbacks",
    "SELECT date((SELECT 'now' FROM t))",
};

static void deterministic_sql_passes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof FINE / sizeof FINE[0]; i++) {
    ls_error err = {0};
    if (ls_sql_check_deterministic(FINE[i], &err)) fail_msg("%s: %s", FINE[i], err.text);
  }
}

#define SAME " does not give the same answer on every node; give the value as an argument of the event"
#define CLOCK " reads the clock; give the value as an argument of the event"
#define ZONE " with 'localtime' or 'utc' depends on the machine's time zone; give the value as an argument of the event"
#define WORDS                                                                                                          \
  "CURRENT_TIMESTAMP, CURRENT_DATE and CURRENT_TIME read the clock; give the time as an argument of the event"
#define ROLLBACK "ROLLBACK would end the store's own transaction; use ABORT"

static const struct {
  const char *sql, *text;
} REFUSED[] = {
    {"SELECT random()", "line 1 column 8: random()" SAME},
    {"SELECT\n  RandomBlob (4)", "line 2 column 3: RandomBlob()" SAME},
    {"SELECT \"random\"()", "line 1 column 9: random()" SAME},
    {"SELECT [random]/**/()", "line 1 column 9: random()" SAME},
    {"SELECT changes(), 1", "line 1 column 8: changes()" SAME},
    {"SELECT total_changes()", "line 1 column 8: total_changes()" SAME},
    {"INSERT INTO t VALUES (last_insert_rowid())", "line 1 column 23: last_insert_rowid()" SAME},
    {"SELECT sqlite_version()", "line 1 column 8: sqlite_version()" SAME},
    {"SELECT pow(2, sin(1))", "line 1 column 8: pow()" SAME},
    {"SELECT abs(sin(1))", "line 1 column 12: sin()" SAME},
    {"SELECT * FROM a JOIN b ON log(a.x) > 1", "line 1 column 27: log()" SAME},
    {"CREATE INDEX i ON t (x, log(y))", "line 1 column 25: log()" SAME},
    {"CREATE TABLE t (a DEFAULT (random()))", "line 1 column 28: random()" SAME},
    {"CREATE TABLE t (a DEFAULT CURRENT_TIMESTAMP)", "line 1 column 27: " WORDS},
    {"SELECT current_date", "line 1 column 8: " WORDS},
    {"SELECT current_Time", "line 1 column 8: " WORDS},
    {"SELECT date()", "line 1 column 8: date() without a time" CLOCK},
    {"SELECT date('now')", "line 1 column 8: date() of now" CLOCK},
    {"SELECT datetime(\n'NOW', '+1 day')", "line 1 column 8: datetime() of now" CLOCK},
    {"SELECT unixepoch('subsec')", "line 1 column 8: unixepoch() of now" CLOCK},
    {"SELECT strftime('%Y')", "line 1 column 8: strftime() without a time" CLOCK},
    {"SELECT strftime('%Y', 'now')", "line 1 column 8: strftime() of now" CLOCK},
    {"SELECT timediff(:a, 'now')", "line 1 column 8: timediff() of now" CLOCK},
    {"SELECT upper(julianday('now'))", "line 1 column 14: julianday() of now" CLOCK},
    {"SELECT time(:at, 'localtime')", "line 1 column 8: time()" ZONE},
    {"SELECT datetime(:at, '+1 day', 'UTC')", "line 1 column 8: datetime()" ZONE},
    {"INSERT OR ROLLBACK INTO t VALUES (1)", "line 1 column 11: " ROLLBACK},
    {"CREATE TABLE t (a UNIQUE ON CONFLICT rollback)", "line 1 column 38: " ROLLBACK},
    {"SELECT RAISE ( ROLLBACK, 'no')", "line 1 column 16: " ROLLBACK},
};

static void sql_that_differs_between_nodes_is_refused_with_its_place(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof REFUSED / sizeof REFUSED[0]; i++) {
    ls_error err = {0};
    int result = ls_sql_check_deterministic(REFUSED[i].sql, &err);
    if (result != LS_ESCHEMA) fail_msg("%s passes", REFUSED[i].sql);
    assert_string_equal(err.text, REFUSED[i].text);
  }
}

static void deep_nesting_is_refused(void **state) {
  (void)state;
  char sql[1000];
  memset(sql, '(', sizeof sql - 1);
  sql[sizeof sql - 1] = 0;
  ls_error err;
  assert_int_equal(ls_sql_check_deterministic(sql, &err), LS_ESCHEMA);
  assert_string_equal(err.text, "line 1 column 101: parentheses are nested more than 100 deep");
}

static void refused_functions_are_known_by_name(void **state) {
  (void)state;
  assert_true(ls_sql_function_refused("random"));
  assert_true(ls_sql_function_refused("LOAD_EXTENSION"));
  assert_true(ls_sql_function_refused("current_timestamp"));
  assert_false(ls_sql_function_refused("sqrt"));
  assert_false(ls_sql_function_refused("date"));
  assert_false(ls_sql_function_refused("randomx"));
  assert_false(ls_sql_function_refused(""));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(texts_are_cut_into_tokens),
      cmocka_unit_test(words_are_compared_in_any_case),
      cmocka_unit_test(places_count_lines_and_characters_from_1),
      cmocka_unit_test(deterministic_sql_passes),
      cmocka_unit_test(sql_that_differs_between_nodes_is_refused_with_its_place),
      cmocka_unit_test(deep_nesting_is_refused),
      cmocka_unit_test(refused_functions_are_known_by_name),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
