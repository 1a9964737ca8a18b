/* The history of a row, and the rows that differ between two positions: against what the tables held at each. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/past_store.h"
#include "support/tmp.h"

static past_store PS;

/* ---------------------------------------------------------------------------------------------- */
/* Rows as text */

enum { TEXT_SIZE = 200, MOST_ROWS = 200 };

static void put_value(char *text, ls_value value) {
  size_t at = strlen(text), room = TEXT_SIZE - at;
  if (value.type == LS_TYPE_NULL) snprintf(text + at, room, "NULL;");
  if (value.type == LS_TYPE_INT) snprintf(text + at, room, "%lld;", (long long)value.as.i);
  if (value.type == LS_TYPE_REAL) snprintf(text + at, room, "%g;", value.as.r);
  if (value.type == LS_TYPE_TEXT)
    snprintf(text + at, room, "'%.*s';", (int)value.as.b.size, (const char *)value.as.b.data);
}

/* Without the column that SQLite computes, which row images leave out. */
static void put_row(char *text, const char *table, const ls_value *values, size_t n) {
  snprintf(text, TEXT_SIZE, "%s:", table);
  for (size_t i = 0; i < n && !(i == 3 && strcmp(table, "items") == 0); i++) put_value(text, values[i]);
}

typedef struct rows {
  char texts[MOST_ROWS][TEXT_SIZE];
  size_t n;
} rows;

static void add_rows(rows *r, ls_view *view, const char *table) {
  char sql[60];
  ls_query *query = NULL;
  ls_error err;
  snprintf(sql, sizeof sql, "SELECT * FROM %s", table);
  assert_ok(ls_view_query(&query, view, sql, LS_NO_PARAMS, &err), &err);
  while (ls_query_next(query, &err) == 1) {
    ls_value values[8];
    for (size_t i = 0; i < ls_query_columns(query); i++) values[i] = ls_query_value(query, i);
    put_row(r->texts[r->n++], table, values, ls_query_columns(query));
  }
  ls_query_close(query);
}

static rows *rows_at(past_store *ps, size_t i) {
  static const char *const tables[] = {"items", "pairs", "notes", "counts"};
  rows *r = calloc(1, sizeof *r);
  ls_view *view = NULL;
  ls_error err;
  assert_ok(ls_at(&view, ps->store, ps->positions[i].seq, &err), &err);
  for (size_t t = 0; t < 4; t++) add_rows(r, view, tables[t]);
  ls_view_close(view);
  return r;
}

static bool has(const rows *r, const char *text) {
  for (size_t i = 0; i < r->n; i++) {
    if (strcmp(r->texts[i], text) == 0) return true;
  }
  return false;
}

/* ---------------------------------------------------------------------------------------------- */
/* Difference */

typedef struct changes {
  rows before, after;
  size_t n;
  size_t ops[3];
} changes;

static int note_change(void *user, const ls_change *change) {
  changes *c = user;
  c->n++;
  c->ops[change->op]++;
  assert_true((change->before == NULL) == (change->op == LS_OP_INSERT));
  assert_true((change->after == NULL) == (change->op == LS_OP_DELETE));
  if (change->before) put_row(c->before.texts[c->before.n++], change->table, change->before, change->n);
  if (change->after) put_row(c->after.texts[c->after.n++], change->table, change->after, change->n);
  return 0;
}

static changes *diff_of(past_store *ps, ls_seqnum from, ls_seqnum to) {
  changes *c = calloc(1, sizeof *c);
  ls_error err;
  assert_ok(ls_diff(ps->store, from, to, note_change, c, &err), &err);
  return c;
}

/* Every row of the one but not the other must be told, and nothing else. */
static void assert_diff(past_store *ps, size_t p, size_t q) {
  rows *from = rows_at(ps, p), *to = rows_at(ps, q);
  changes *c = diff_of(ps, ps->positions[p].seq, ps->positions[q].seq);
  size_t gone = 0, come = 0;
  for (size_t i = 0; i < from->n; i++) gone += !has(to, from->texts[i]);
  for (size_t i = 0; i < to->n; i++) come += !has(from, to->texts[i]);
  assert_int_equal(c->before.n, gone);
  assert_int_equal(c->after.n, come);
  for (size_t i = 0; i < c->before.n; i++) assert_true(has(from, c->before.texts[i]) && !has(to, c->before.texts[i]));
  for (size_t i = 0; i < c->after.n; i++) assert_true(has(to, c->after.texts[i]) && !has(from, c->after.texts[i]));
  free(from);
  free(to);
  free(c);
}

static void the_difference_is_what_the_tables_say(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  bool soak = getenv("SOAK") != NULL;
  past_store_live(&PS, soak ? 600 : 120);
  for (int i = 0; i < (soak ? 600 : 50); i++) {
    size_t p = random_below(&PS.random, (uint32_t)PS.n),
           q = i % 2 ? p / 2 + random_below(&PS.random, 20) % PS.n : random_below(&PS.random, (uint32_t)PS.n);
    assert_diff(&PS, p, q < PS.n ? q : 0);
  }
  past_store_close(&PS);
}

static void what_was_changed_back_is_no_difference(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "swing", NULL);
  past_store_commit(&PS, "pair", "{\"a\":1,\"b\":\"x\",\"v\":1}");
  past_store_commit(&PS, "clear", NULL);
  past_store_commit(&PS, "move", "{\"id\":\"a\",\"to\":\"b\"}");
  past_store_commit(&PS, "move", "{\"id\":\"b\",\"to\":\"a\"}");
  changes *c = diff_of(&PS, PS.positions[1].seq, PS.positions[6].seq);
  assert_int_equal(c->n, 0);
  free(c);
  c = diff_of(&PS, PS.positions[3].seq, PS.positions[3].seq);
  assert_int_equal(c->n, 0);
  free(c);
  past_store_close(&PS);
}

static void rows_are_told_by_their_key(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  past_store_commit(&PS, "pair", "{\"a\":1,\"b\":\"x\",\"v\":1}");
  past_store_commit(&PS, "pair", "{\"a\":1,\"b\":\"x\",\"v\":2}");
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "move", "{\"id\":\"a\",\"to\":\"A\"}"); /* one key, as NOCASE sees it */
  past_store_commit(&PS, "move", "{\"id\":\"a\",\"to\":\"b\"}");
  changes *c = diff_of(&PS, PS.positions[1].seq, PS.positions[2].seq);
  assert_int_equal(c->ops[LS_OP_UPDATE], 1);
  assert_int_equal(c->n, 1);
  free(c);
  c = diff_of(&PS, PS.positions[3].seq, PS.positions[4].seq);
  assert_int_equal(c->ops[LS_OP_UPDATE], 1);
  assert_int_equal(c->n, 1);
  free(c);
  c = diff_of(&PS, PS.positions[4].seq, PS.positions[5].seq);
  assert_int_equal(c->ops[LS_OP_INSERT], 1);
  assert_int_equal(c->ops[LS_OP_DELETE], 1);
  assert_int_equal(c->ops[LS_OP_UPDATE], 1); /* the note of the item */
  free(c);
  past_store_close(&PS);
}

static int stop_at_first(void *user, const ls_change *change) {
  (void)change;
  return ++*(int *)user;
}

static int commit_inside(void *user, const ls_change *change) {
  (void)change;
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_query_open(&query, PS.store, "SELECT 1", LS_NO_PARAMS, &err), &err);
  ls_query_close(query);
  *(int *)user = ls_commit(NULL, PS.store, "clear", NULL, &err);
  return 0;
}

static void the_callback_may_stop_and_query_but_not_commit(void **path) {
  int count = 0;
  ls_error err;
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  past_store_live(&PS, 30);
  assert_ok(ls_diff(PS.store, PS.positions[0].seq, PS.positions[20].seq, stop_at_first, &count, &err), &err);
  assert_int_equal(count, 1);
  assert_ok(ls_diff(PS.store, PS.positions[0].seq, PS.positions[20].seq, commit_inside, &count, &err), &err);
  assert_int_equal(count, LS_ELOCKED);
  ls_seqnum none = {999, 0, 0};
  assert_code(ls_diff(PS.store, none, PS.positions[1].seq, stop_at_first, &count, &err), LS_ENOTFOUND, &err);
  assert_code(ls_diff(PS.store, PS.positions[1].seq, none, stop_at_first, &count, &err), LS_ENOTFOUND, &err);
  past_store_commit(&PS, "clear", NULL);
  past_store_close(&PS);
}

/* ---------------------------------------------------------------------------------------------- */
/* History */

typedef struct version {
  ls_seqnum seq;
  ls_op op;
  char name[12], before[TEXT_SIZE], after[TEXT_SIZE];
} version;

typedef struct history {
  version items[1000];
  size_t n, most; /* most: stop behind so many; 0 for no end */
} history;

static int note_version(void *user, const ls_event *event, const ls_change *change) {
  history *h = user;
  version *v = &h->items[h->n++];
  *v = (version){.seq = event->seq, .op = change->op};
  snprintf(v->name, sizeof v->name, "%s", event->name);
  assert_string_equal(event->client_id, "client");
  if (change->before) put_row(v->before, change->table, change->before, change->n);
  if (change->after) put_row(v->after, change->table, change->after, change->n);
  return h->n == h->most;
}

static history *history_of(past_store *ps, const char *table, const ls_value *key, size_t n, size_t most) {
  history *h = calloc(1, sizeof *h);
  ls_error err;
  h->most = most;
  assert_ok(ls_history(ps->store, table, key, n, note_version, h, &err), &err);
  return h;
}

/* The row as it stood at a position, or nothing. */
static void row_at(char *text, past_store *ps, size_t i, const char *table, const char *where, const ls_value *key,
                   size_t n) {
  char sql[120];
  ls_view *view = NULL;
  ls_query *query = NULL;
  ls_error err;
  text[0] = '\0';
  snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE %s", table, where);
  assert_ok(ls_at(&view, ps->store, ps->positions[i].seq, &err), &err);
  assert_ok(ls_view_query(&query, view, sql, key, n, &err), &err);
  if (ls_query_next(query, &err) == 1) {
    ls_value values[8];
    for (size_t c = 0; c < ls_query_columns(query); c++) values[c] = ls_query_value(query, c);
    put_row(text, table, values, ls_query_columns(query));
  }
  ls_view_close(view);
}

/* Of the key "a" of items, or (1, 'a') of pairs: is this row one of its? Texts begin "items:'a'" and "pairs:1;'a'". */
static bool is_own(const char *text, const char *start) {
  return text[0] && sqlite3_strnicmp(text, start, (int)strlen(start)) == 0;
}

static void assert_history(past_store *ps, const char *table, const char *where, const char *start, const ls_value *key,
                           size_t n) {
  history *h = history_of(ps, table, key, n, 0);
  char now[TEXT_SIZE] = "", wanted[TEXT_SIZE];
  size_t v = 0;
  assert_true(h->n >= 8);
  for (size_t i = 0; i < ps->n; i++) {
    for (; v < h->n && !ls_seqnum_after(h->items[v].seq, ps->positions[i].seq); v++) {
      const version *item = &h->items[v];
      assert_true(is_own(item->before, start) || is_own(item->after, start));
      if (is_own(item->before, start)) assert_string_equal(item->before, now);
      strcpy(now, is_own(item->after, start) ? item->after : "");
    }
    row_at(wanted, ps, i, table, where, key, n);
    assert_string_equal(now, wanted);
  }
  assert_int_equal(v, h->n);
  free(h);
}

static void a_history_leads_to_the_row_at_every_position(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  for (int i = 0; i < 8; i++) {
    past_store_live(&PS, getenv("SOAK") ? 80 : 10);
    past_store_commit(&PS, "pair", i % 2 ? "{\"a\":1,\"b\":\"a\",\"v\":1}" : "{\"a\":1,\"b\":\"a\",\"v\":2.5}");
  }
  assert_history(&PS, "items", "id = ?", "items:'a'", LS_PARAMS(ls_text("a")));
  assert_history(&PS, "items", "id = ?", "items:'b'", LS_PARAMS(ls_text("B")));
  assert_history(&PS, "pairs", "a = ? AND b = ?", "pairs:1;'a'", LS_PARAMS(ls_int(1), ls_text("a")));
  assert_history(&PS, "counts", "what = ?", "counts:'notes'", LS_PARAMS(ls_text("notes"))); /* by a trigger */
  past_store_close(&PS);
}

static void a_key_that_changes_is_shown_on_both_sides(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "move", "{\"id\":\"a\",\"to\":\"b\"}");
  past_store_commit(&PS, "drop", "{\"id\":\"b\"}");
  history *h = history_of(&PS, "items", LS_PARAMS(ls_text("a")), 0);
  assert_int_equal(h->n, 2);
  assert_string_equal(h->items[1].name, "move");
  assert_int_equal(h->items[1].op, LS_OP_UPDATE);
  assert_string_equal(h->items[1].after, "items:'b';1;'text 1';");
  free(h);
  h = history_of(&PS, "items", LS_PARAMS(ls_text("b")), 0);
  assert_int_equal(h->n, 2);
  assert_string_equal(h->items[0].before, "items:'a';1;'text 1';");
  assert_int_equal(h->items[1].op, LS_OP_DELETE);
  free(h);
  h = history_of(&PS, "notes", LS_PARAMS(ls_int(1)), 0); /* by the foreign key */
  assert_int_equal(h->n, 3);
  assert_string_equal(h->items[1].after, "notes:1;'b';");
  assert_int_equal(h->items[2].op, LS_OP_DELETE);
  free(h);
  past_store_close(&PS);
}

static void every_change_of_one_event_is_told(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "swing", NULL);
  past_store_commit(&PS, "put", "{\"id\":\"A\",\"n\":2}"); /* replaces */
  history *h = history_of(&PS, "items", LS_PARAMS(ls_text("a")), 0);
  assert_int_equal(h->n, 5);
  assert_string_equal(h->items[1].after, "items:'a';2;'text 1';");
  assert_string_equal(h->items[2].after, "items:'a';1;'text 1';");
  assert_int_equal(h->items[3].op, LS_OP_DELETE);
  assert_string_equal(h->items[4].after, "items:'A';2;'text 2';");
  free(h);
  h = history_of(&PS, "items", LS_PARAMS(ls_text("a")), 2);
  assert_int_equal(h->n, 2);
  free(h);
  past_store_close(&PS);
}

static const char KEYS_SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE i (k INTEGER PRIMARY KEY, v)\",\"CREATE TABLE r (k REAL PRIMARY KEY, "
    "v)\","
    "\"CREATE TABLE t (k TEXT PRIMARY KEY, v)\",\"CREATE TABLE b (k BLOB PRIMARY KEY, v)\","
    "\"CREATE TABLE a (k ANY PRIMARY KEY, v ANY) STRICT\",\"CREATE TABLE s (k TEXT COLLATE RTRIM PRIMARY KEY, v)\","
    "\"CREATE TABLE n (k NUMERIC PRIMARY KEY, v) WITHOUT ROWID\"],"
    "\"events\":{\"fill\":{\"sql\":[\"INSERT INTO i VALUES (5, 0)\",\"INSERT INTO r VALUES (5, 0), (0.5, 0)\","
    "\"INSERT INTO t VALUES ('5', 0)\",\"INSERT INTO b VALUES (x'00ff', 0)\",\"INSERT INTO a VALUES (5, 0), ('5', 1)\","
    "\"INSERT INTO s VALUES ('x  ', 0)\",\"INSERT INTO n VALUES ('5.0', 0)\"]}}}";

static void a_key_is_converted_as_the_table_does(void **path) {
  const struct {
    const char *table;
    ls_value key;
    size_t found;
  } cases[] = {
      {"i", ls_int(5), 1},
      {"i", ls_text("5"), 1},
      {"i", ls_text("5.0"), 1},
      {"i", ls_real(5), 1},
      {"i", ls_text("five"), 0},
      {"r", ls_int(5), 1},
      {"r", ls_text(".5"), 1},
      {"t", ls_int(5), 1},
      {"t", ls_text("5"), 1},
      {"t", ls_text("5 "), 0},
      {"b", ls_blob("\0\377", 2), 1},
      {"b", ls_text("x'00ff'"), 0},
      {"a", ls_int(5), 1},
      {"a", ls_text("5"), 1},
      {"a", ls_real(5), 1},
      {"s", ls_text("x"), 1},
      {"s", ls_text("X"), 0},
      {"n", ls_text("5"), 1},
      {"n", ls_int(5), 1},
  };
  past_store_open(&PS, *path, (ls_options){.schema.json = KEYS_SCHEMA});
  past_store_commit(&PS, "fill", NULL);
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    history *h = history_of(&PS, cases[i].table, &cases[i].key, 1, 0);
    if (h->n != cases[i].found) print_error("case %zu\n", i);
    assert_int_equal(h->n, cases[i].found);
    free(h);
  }
  past_store_close(&PS);
}

static void keys_that_are_none_are_refused(void **path) {
  history h = {.n = 0};
  ls_error err;
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 40});
  assert_code(ls_history(PS.store, "nothing", LS_PARAMS(ls_int(1)), note_version, &h, &err), LS_ENOTFOUND, &err);
  assert_code(ls_history(PS.store, "__livestore_state", LS_PARAMS(ls_int(1)), note_version, &h, &err), LS_ENOTFOUND,
              &err);
  assert_code(ls_history(PS.store, "pairs", LS_PARAMS(ls_int(1)), note_version, &h, &err), LS_EARGS, &err);
  assert_code(ls_history(PS.store, "items", LS_NO_PARAMS, note_version, &h, &err), LS_EARGS, &err);
  assert_code(ls_history(PS.store, "items", LS_PARAMS(ls_null()), note_version, &h, &err), LS_EARGS, &err);
  assert_int_equal(h.n, 0);
  past_store_close(&PS);
}

/* A chunk of events is done again when one of them fails; none may be told twice. */
static void events_that_fail_change_nothing(void **path) {
  ls_error err;
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 4000});
  past_store_live(&PS, 150);
  char *json = strdup(PAST_SCHEMA), *at = strstr(json, "n INTEGER NOT NULL, body");
  memcpy(at, "n INT CHECK (n < 4),body", 24);
  assert_ok(ls_schema_set(PS.store, &(ls_schema_source){.json = json}, &err), &err);
  free(json);
  ls_status status;
  assert_ok(ls_status_get(&status, PS.store, &err), &err);
  assert_in_range(status.failed, 10, 200);
  assert_history(&PS, "items", "id = ?", "items:'a'", LS_PARAMS(ls_text("a")));
  for (size_t i = 0; i + 40 < PS.n; i += 9) assert_diff(&PS, i, i + 40);
  past_store_close(&PS);
}

#define test(name) cmocka_unit_test_setup_teardown(name, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      test(the_difference_is_what_the_tables_say),
      test(what_was_changed_back_is_no_difference),
      test(rows_are_told_by_their_key),
      test(the_callback_may_stop_and_query_but_not_commit),
      test(a_history_leads_to_the_row_at_every_position),
      test(a_key_that_changes_is_shown_on_both_sides),
      test(every_change_of_one_event_is_told),
      test(a_key_is_converted_as_the_table_does),
      test(keys_that_are_none_are_refused),
      test(events_that_fail_change_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
