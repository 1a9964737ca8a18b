/* What capture records, and reading it back: each kind of value and change, what statements that fail leave, the limit,
 * and bytes that are no changeset. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/changeset.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE a (id INTEGER PRIMARY KEY, v, g AS (v) STORED, r REAL)\","
    "\"CREATE TABLE k (x TEXT, y INTEGER, v, PRIMARY KEY (y, x)) WITHOUT ROWID\"]}";

typedef struct world {
  ls_schema *schema;
  ls_state *state;
} world;

static int setup(void **state) {
  world *w = calloc(1, sizeof *w);
  w->schema = core_schema(SCHEMA);
  w->state = core_state(w->schema);
  *state = w;
  return 0;
}

static int teardown(void **state) {
  world *w = *state;
  ls_state_free(w->state);
  ls_schema_free(w->schema);
  free(w);
  return 0;
}

static void run(world *w, const char *sql) {
  ls_error err;
  assert_ok(ls_database_exec(&w->state->database, sql, &err), &err);
}

static void put_value(char *out, const ls_value *value) {
  static const char *const tags[] = {"null", "", "", "'%.*s'", "x%.*s"};
  char text[100] = "null";
  if (value->type == LS_TYPE_INT) snprintf(text, sizeof text, "%lld", (long long)value->as.i);
  if (value->type == LS_TYPE_REAL) snprintf(text, sizeof text, "%.1f", value->as.r);
  if (value->type == LS_TYPE_TEXT)
    snprintf(text, sizeof text, tags[3], (int)value->as.b.size, (const char *)value->as.b.data);
  if (value->type == LS_TYPE_BLOB)
    snprintf(text, sizeof text, tags[4], (int)value->as.b.size, (const char *)value->as.b.data);
  strcat(out, text);
}

/* Columns that are not known are "?". */
static void put_row(char *out, const ls_row_change *change, const ls_value *row) {
  if (!row) strcat(out, "-");
  for (size_t i = 0; row && i < change->table->n; i++) {
    strcat(out, i ? "," : "");
    if (change->known[i])
      put_value(out, &row[i]);
    else
      strcat(out, "?");
  }
}

/* The record as text. */
static const char *recorded(world *w) {
  static char out[2000];
  ls_change_reader reader = {
      .data = w->state->capture.record.data, .size = w->state->capture.record.size, .tables = &w->state->tables};
  ls_row_change change;
  ls_error err;
  int more;
  out[0] = 0;
  while ((more = ls_change_reader_next(&change, &reader, &err)) == 1) {
    sprintf(out + strlen(out), "%s%s %lld>%lld ", *out ? "; " : "", change.table->name, (long long)change.old_rowid,
            (long long)change.new_rowid);
    put_row(out, &change, change.before);
    strcat(out, ">");
    put_row(out, &change, change.after);
  }
  assert_ok(more, &err);
  ls_change_reader_fini(&reader);
  ls_capture_clear(&w->state->capture);
  return out;
}

static void each_kind_of_change_is_recorded(void **state) {
  world *w = *state;
  static const struct {
    const char *sql, *wanted;
  } cases[] = {
      {"INSERT INTO a(id, v, r) VALUES (5, 'x', 1)", "a 5>5 ->5,'x',?,1.0"},
      {"UPDATE a SET v = 'y'", "a 5>5 ?,'x',?,?>?,'y',?,?"},
      {"UPDATE a SET v = 'y', r = 1", "a 5>5 ?,?,?,?>?,?,?,?"}, /* nothing is different */
      {"UPDATE a SET v = NULL, r = 2.5", "a 5>5 ?,'y',?,1.0>?,null,?,2.5"},
      {"UPDATE a SET id = -9", "a 5>-9 5,?,?,?>-9,?,?,?"},
      {"REPLACE INTO a(id, v) VALUES (-9, x'6162')", "a -9>-9 -9,null,?,2.5>-; a -9>-9 ->-9,xab,?,null"},
      {"DELETE FROM a", "a -9>-9 -9,xab,?,null>-"}, /* without a WHERE */
      {"INSERT INTO k VALUES ('x', 1, NULL)", "k 0>0 ->'x',1,null"},
      {"UPDATE k SET v = 3", "k 0>0 'x',1,null>'x',1,3"}, /* the key is always there */
      {"UPDATE k SET v = 3 WHERE 0", ""},
      {"DELETE FROM k", "k 0>0 'x',1,3>-"},
      {"INSERT OR IGNORE INTO k VALUES ('x', 1, 0), ('x', 1, 1)", "k 0>0 ->'x',1,0"},
      {"UPDATE __livestore_state SET place = 0", ""}, /* the library's own */
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    run(w, cases[i].sql);
    assert_string_equal(recorded(w), cases[i].wanted);
  }
}

static void whole_rows_are_recorded_when_asked_for(void **state) {
  world *w = *state;
  run(w, "INSERT INTO a(id, v, r) VALUES (1, 'x', 7)");
  ls_capture_clear(&w->state->capture);
  w->state->capture.whole_rows = true;
  run(w, "UPDATE a SET v = 'y'");
  assert_string_equal(recorded(w), "a 1>1 1,'x',?,7.0>1,'y',?,7.0");
}

static void nothing_is_recorded_when_it_is_off(void **state) {
  world *w = *state;
  w->state->capture.on = false;
  run(w, "INSERT INTO a(id) VALUES (1)");
  assert_int_equal(w->state->capture.record.size, 0);
}

static void values_come_back_exactly(void **state) {
  static const ls_value values[] = {{LS_TYPE_INT, {.i = 0}},
                                    {LS_TYPE_INT, {.i = -1}},
                                    {LS_TYPE_INT, {.i = 63}},
                                    {LS_TYPE_INT, {.i = 64}},
                                    {LS_TYPE_INT, {.i = INT64_MAX}},
                                    {LS_TYPE_INT, {.i = INT64_MIN}},
                                    {LS_TYPE_REAL, {.r = 0.1}},
                                    {LS_TYPE_REAL, {.r = DBL_MIN / 4}},
                                    {LS_TYPE_REAL, {.r = INFINITY}},
                                    {LS_TYPE_TEXT, {.b = {"", 0}}},
                                    {LS_TYPE_TEXT, {.b = {"a\0b", 3}}},
                                    {LS_TYPE_BLOB, {.b = {"", 0}}},
                                    {LS_TYPE_BLOB, {.b = {"\0\xff", 2}}},
                                    {LS_TYPE_NULL, {.i = 0}}};
  world *w = *state;
  sqlite3_stmt *insert;
  ls_error err;
  assert_ok(
      ls_database_prepare(&insert, &w->state->database, "INSERT INTO a(v) VALUES (?1)", NULL, LS_ACCESS_OWN, &err),
      &err);
  for (size_t i = 0; i < COUNT(values); i++) {
    const ls_value *v = &values[i];
    if (v->type == LS_TYPE_NULL) sqlite3_bind_null(insert, 1);
    if (v->type == LS_TYPE_INT) sqlite3_bind_int64(insert, 1, v->as.i);
    if (v->type == LS_TYPE_REAL) sqlite3_bind_double(insert, 1, v->as.r);
    if (v->type == LS_TYPE_TEXT) sqlite3_bind_text64(insert, 1, v->as.b.data, v->as.b.size, SQLITE_STATIC, SQLITE_UTF8);
    if (v->type == LS_TYPE_BLOB) sqlite3_bind_blob64(insert, 1, v->as.b.data, v->as.b.size, SQLITE_STATIC);
    ls_capture_clear(&w->state->capture);
    assert_int_equal(sqlite3_step(insert), SQLITE_DONE);
    sqlite3_reset(insert);
    ls_change_reader reader = {
        .data = w->state->capture.record.data, .size = w->state->capture.record.size, .tables = &w->state->tables};
    ls_row_change change;
    assert_int_equal(ls_change_reader_next(&change, &reader, &err), 1);
    const ls_value *got = &change.after[1];
    assert_int_equal(got->type, v->type);
    if (v->type == LS_TYPE_INT) assert_true(got->as.i == v->as.i);
    if (v->type == LS_TYPE_REAL) assert_memory_equal(&got->as.r, &v->as.r, sizeof got->as.r);
    if (v->type >= LS_TYPE_TEXT) assert_int_equal(got->as.b.size, v->as.b.size);
    if (v->type >= LS_TYPE_TEXT) assert_memory_equal(got->as.b.data, v->as.b.data, v->as.b.size);
    assert_int_equal(ls_change_reader_next(&change, &reader, &err), 0);
    ls_change_reader_fini(&reader);
  }
  sqlite3_finalize(insert);
}

static void it_stops_at_the_limit_and_says_so(void **state) {
  world *w = *state;
  w->state->capture.limit = 100;
  for (int i = 0; i < 3; i++) run(w, "INSERT INTO a(v) VALUES ('short')");
  assert_false(w->state->capture.overflow);
  run(w, "INSERT INTO a(v) VALUES (zeroblob(100))");
  assert_true(w->state->capture.overflow);
  size_t size = w->state->capture.record.size;
  run(w, "DELETE FROM a");
  assert_int_equal(w->state->capture.record.size, size);
  ls_capture_clear(&w->state->capture);
  assert_false(w->state->capture.overflow);
  run(w, "INSERT INTO a(id, v) VALUES (1, 2)");
  assert_string_equal(recorded(w), "a 1>1 ->1,2,?,null");
}

/* Each cut of a good changeset, and each byte of it changed: an error, or other changes, but nothing outside of it. */
static void damaged_bytes_are_an_error_or_other_changes(void **state) {
  world *w = *state;
  run(w, "INSERT INTO a(id, v, r) VALUES (1, 'some text', 2.5), (2, x'00ff', NULL); UPDATE a SET v = id, id = id + 10; "
         "DELETE FROM a;"
         "INSERT INTO k VALUES ('x', 300, NULL); UPDATE k SET x = 'y'");
  size_t size = w->state->capture.record.size;
  for (size_t cut = 0; cut <= size; cut++) {
    for (int flip = 0; flip < 256; flip += cut == size ? 1 : 256) {
      for (size_t at = 0; at < (cut == size ? size : 1); at++) {
        char *bytes = malloc(cut + 1); /* its own block, so that reading beyond it is seen */
        memcpy(bytes, w->state->capture.record.data, cut);
        if (cut == size) bytes[at] = (char)(bytes[at] ^ flip);
        ls_change_reader reader = {.data = bytes, .size = cut, .tables = &w->state->tables};
        ls_row_change change;
        ls_error err;
        int more, n = 0;
        while ((more = ls_change_reader_next(&change, &reader, &err)) == 1) n++;
        assert_true(more == 0 || more == LS_ECORRUPT);
        assert_true((size_t)n <= size);
        ls_change_reader_fini(&reader);
        free(bytes);
      }
    }
  }
}

#define WITH_STATE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_STATE(each_kind_of_change_is_recorded),    WITH_STATE(whole_rows_are_recorded_when_asked_for),
      WITH_STATE(nothing_is_recorded_when_it_is_off), WITH_STATE(values_come_back_exactly),
      WITH_STATE(it_stops_at_the_limit_and_says_so),  WITH_STATE(damaged_bytes_are_an_error_or_other_changes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
