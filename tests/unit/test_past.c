/* The state at earlier positions: made in each of the three ways, kept snapshots, and views. */
#include "core/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "core/kept.h"
#include "base/seqnum.h"
#include "core/snapshot.h"
#include "support/cmocka_all.h"
#include "support/past_store.h"
#include "support/tmp.h"

static past_store PS;

static const ls_options SMALL = {.snapshot_events = 10};

/* Of a log whose every position is looked at. */
static size_t length(void) { return getenv("SOAK") ? 600 : 110; }

static ls_kept_list kept_of(const past_store *ps) {
  ls_kept_list list = {0};
  ls_error err;
  assert_ok(ls_kept_list_read(&list, ps->path, &err), &err);
  return list;
}

static size_t count_kept(const past_store *ps) {
  ls_kept_list list = kept_of(ps);
  size_t n = list.n;
  ls_kept_list_fini(&list);
  return n;
}

static void assert_state_at(past_store *ps, size_t i, ls_past_way way) {
  ls_mark mark;
  ls_state *state = NULL;
  ls_error err;
  char hash[33];
  assert_ok(ls_past_find(&mark, ps->store, ps->positions[i].seq, &err), &err);
  assert_ok(ls_past_make_from(&state, ps->store, mark, way, &err), &err);
  assert_true(ls_seqnum_equal(state->at.seq, ps->positions[i].seq));
  assert_ok(ls_state_digest(hash, state, &err), &err);
  assert_string_equal(hash, ps->positions[i].hash);
  ls_state_free(state);
}

static void assert_view_at(past_store *ps, size_t i) {
  ls_view *view = NULL;
  ls_error err;
  char hash[33];
  assert_ok(ls_at(&view, ps->store, ps->positions[i].seq, &err), &err);
  assert_true(ls_seqnum_equal(ls_view_position(view), ps->positions[i].seq));
  assert_ok(ls_view_hash(hash, view, &err), &err);
  assert_string_equal(hash, ps->positions[i].hash);
  ls_view_close(view);
}

static void assert_present(past_store *ps) {
  ls_error err;
  char hash[33];
  assert_ok(ls_state_hash(hash, ps->store, &err), &err);
  assert_string_equal(hash, ps->positions[ps->n - 1].hash);
}

/* ---------------------------------------------------------------------------------------------- */

static void every_position_from_the_present(void **path) {
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, length());
  for (size_t i = 1; i < PS.n; i++) assert_state_at(&PS, i, LS_PAST_PRESENT);
  assert_present(&PS);
  past_store_close(&PS);
}

static void every_position_from_nothing(void **path) {
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, length());
  for (size_t i = 0; i < PS.n; i++) assert_state_at(&PS, i, LS_PAST_NOTHING);
  assert_present(&PS);
  past_store_close(&PS);
}

static void every_position_from_a_snapshot(void **path) {
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, length());
  ls_kept_list list = kept_of(&PS);
  assert_true(list.n > 8);
  for (size_t i = 0; i < PS.n; i++) {
    if (!ls_seqnum_after(list.items[0].seq, PS.positions[i].seq)) assert_state_at(&PS, i, LS_PAST_SNAPSHOT);
  }
  ls_kept_list_fini(&list);
  assert_present(&PS);
  past_store_close(&PS);
}

static void every_position_in_a_view(void **path) {
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, length());
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  past_store_reopen(&PS); /* the rollback records of the snapshot are there, those behind it are not */
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  past_store_close(&PS);
}

static void every_position_of_a_store_in_memory(void **path) {
  (void)path;
  past_store_open(&PS, NULL, (ls_options){.rollback_bytes = 3000});
  past_store_live(&PS, length());
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  past_store_close(&PS);
}

static void every_position_of_a_state_in_a_file(void **path) {
  past_store_open(&PS, *path, (ls_options){.state = LS_STATE_FILE, .rollback_bytes = 3000});
  past_store_live(&PS, length());
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  assert_int_equal(count_kept(&PS), 0);
  past_store_close(&PS);
}

static void every_position_with_rollback_records_of_few_bytes(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 10, .rollback_bytes = 2000});
  past_store_live(&PS, length());
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  past_store_close(&PS);
}

/* ---------------------------------------------------------------------------------------------- */

static void positions_that_are_none_are_refused(void **path) {
  static const struct {
    ls_seqnum seq;
    const char *says;
  } cases[] = {
      {{4, 0, 0}, "there is no event e4; the newest one before it is e3"},
      {{3, 1, 0}, "there is no event e3.1; the newest one before it is e3"},
      {{2, 2, 0}, "there is no event e2.2; the newest one before it is e2.1"},
      {{2, 0, 5}, "there is no event e2r5; at this place is e2"},
      {{-1, 0, 0}, "there is no event e-1"},
      {{INT64_MAX, 0, 0}, "there is no event e9223372036854775807"},
  };
  past_store_open(&PS, *path, SMALL);
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "put", "{\"id\":\"b\",\"n\":1}");
  past_store_commit(&PS, "hover", NULL);
  past_store_commit(&PS, "put", "{\"id\":\"c\",\"n\":1}");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_view *view = NULL;
    ls_error err;
    assert_code(ls_at(&view, PS.store, cases[i].seq, &err), LS_ENOTFOUND, &err);
    assert_non_null(strstr(err.text, cases[i].says));
    assert_null(view);
  }
  past_store_close(&PS);
}

static void snapshots_are_kept_close_together_near_the_head_only(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 10});
  past_store_live(&PS, 1500);
  ls_kept_list list = kept_of(&PS);
  assert_int_equal(list.n, LS_KEPT_MOST);
  int64_t first = list.items[1].seq.global - list.items[0].seq.global;
  int64_t last = list.items[list.n - 1].seq.global - list.items[list.n - 2].seq.global;
  assert_true(last <= 30);
  assert_true(first >= 4 * last);
  for (size_t i = 1; i < list.n; i++) {
    int64_t gap = list.items[i].seq.global - list.items[i - 1].seq.global;
    int64_t age = list.items[list.n - 1].seq.global - list.items[i - 1].seq.global;
    assert_true(gap <= 40 || gap * 3 <= age);
  }
  ls_kept_list_fini(&list);
  past_store_close(&PS);
}

static void snapshots_take_no_more_bytes_than_allowed(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 20, .past_bytes = 300000});
  past_store_live(&PS, 600);
  ls_kept_list list = kept_of(&PS);
  uint64_t total = 0;
  for (size_t i = 0; i < list.n; i++) total += list.items[i].bytes;
  assert_in_range(total, 1, 300000);
  ls_kept_list_fini(&list);
  past_store_close(&PS);
}

static void no_snapshots_are_kept_when_none_are_wanted(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 20});
  past_store_live(&PS, 100);
  assert_true(count_kept(&PS) > 2);
  PS.options.past_bytes = -1;
  past_store_reopen(&PS);
  past_store_live(&PS, 300);
  assert_int_equal(count_kept(&PS), 0);
  assert_view_at(&PS, 7);
  assert_int_equal(count_kept(&PS), 0);
  past_store_close(&PS);
}

static void what_took_long_to_make_is_kept(void **path) {
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, 100);
  ls_past_forget(PS.store);
  PS.options.rollback_bytes = 1;
  past_store_reopen(&PS);
  assert_int_equal(count_kept(&PS), 0);
  size_t i = PS.n / 2;
  assert_state_at(&PS, i, LS_PAST_NOTHING);
  ls_kept_list list = kept_of(&PS);
  assert_int_equal(list.n, 1);
  assert_int_equal(list.items[0].seq.global, PS.positions[i].seq.global);
  ls_kept_list_fini(&list);
  assert_state_at(&PS, i, LS_PAST_SNAPSHOT);
  assert_state_at(&PS, i + 3, LS_PAST_SNAPSHOT);
  past_store_close(&PS);
}

/* ---------------------------------------------------------------------------------------------- */

static void damage(const char *file, int how) {
  size_t size;
  char *data = tmp_read(file, &size);
  unlink(file); /* it is state.db, too */
  if (how == 0) tmp_write(file, data, size / 2);
  if (how == 1) tmp_write(file, "", 0);
  if (how == 2) tmp_write(file, "garbage", 7);
  if (how == 3) data[size / 2] ^= 1;
  if (how == 3) tmp_write(file, data, size);
  free(data);
}

static size_t count_unusable(past_store *ps) {
  ls_kept_list list = kept_of(ps);
  size_t n = 0;
  for (size_t i = 0; i < list.n; i++) {
    char *file = ls_kept_file(ps->path, list.items[i].seq);
    ls_state *state = NULL;
    n += ls_snapshot_read(&state, file, ps->store->session->schema, NULL, NULL) == LS_ENOTFOUND;
    ls_state_free(state);
    ls_free(file);
  }
  ls_kept_list_fini(&list);
  return n;
}

static void damaged_snapshots_are_passed_over_and_removed(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 10, .rollback_bytes = 1});
  past_store_live(&PS, length());
  ls_kept_list list = kept_of(&PS);
  for (size_t i = 0; i < list.n; i++) {
    char *file = ls_kept_file(PS.path, list.items[i].seq);
    if (i % 2) damage(file, (int)(i / 2 % 4));
    ls_free(file);
  }
  assert_int_equal(count_unusable(&PS), list.n / 2);
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  ls_mark mark;
  for (size_t i = 1; i < list.n; i += 2) { /* those that another way was cheaper than */
    ls_state *state = NULL;
    ls_error err;
    assert_ok(ls_past_find(&mark, PS.store, list.items[i].seq, &err), &err);
    assert_ok(ls_past_make_from(&state, PS.store, mark, LS_PAST_SNAPSHOT, &err), &err);
    ls_state_free(state);
  }
  assert_true(count_unusable(&PS) < list.n / 2);
  ls_kept_list_fini(&list);
  past_store_close(&PS);
}

static void foreign_files_are_left_alone(void **path) {
  static const char *const names[] = {"notes.txt", ".db", "e1.db.old", "e01.db", "e5r2.db", "e.db", "E7.db"};
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, 100);
  size_t before = count_kept(&PS);
  char *folder = tmp_path(*path, "snapshots");
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    char *file = tmp_path(folder, names[i]);
    tmp_write(file, "mine", 4);
    free(file);
  }
  assert_int_equal(count_kept(&PS), before);
  size_t files = tmp_count(folder);
  ls_past_forget(PS.store);
  assert_int_equal(tmp_count(folder), files - before);
  free(folder);
  past_store_close(&PS);
}

static void snapshots_of_a_branch_that_was_left_are_not_used(void **path) {
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 10, .rollback_bytes = 1});
  past_store_live(&PS, length());
  past_store_cut(&PS, PS.n / 2);
  past_store_live(&PS, 15);
  /* They stand at places where events of the new branch stand, or behind them. */
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  past_store_live(&PS, 60);
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  ls_kept_list list = kept_of(&PS);
  ls_seqnum head = PS.positions[PS.n - 1].seq;
  for (size_t i = 0; i < list.n; i++) assert_false(ls_seqnum_after(list.items[i].seq, head));
  ls_kept_list_fini(&list);
  past_store_close(&PS);
}

static char *other_schema(void) {
  char *json = strdup(PAST_SCHEMA), *at = strstr(json, "n * 2");
  assert_non_null(at);
  at[4] = '3';
  return json;
}

static void a_schema_change_forgets_the_snapshots(void **path) {
  ls_error err;
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, 100);
  char *json = other_schema();
  char *file = ls_kept_file(PS.path, PS.positions[1].seq), *kept = tmp_path(*path, "state.db");
  size_t size;
  past_store_close(&PS); /* writes state.db */
  char *data = tmp_read(kept, &size);
  PS.options.schema.json = json;
  assert_ok(ls_open(&PS.store, PS.path, &PS.options, &err), &err);
  assert_int_equal(count_kept(&PS), 0);
  tmp_write(file, data, size); /* of the old schema, and not where its name says */
  assert_int_equal(count_kept(&PS), 1);
  ls_view *view = NULL;
  assert_ok(ls_at(&view, PS.store, PS.positions[1].seq, &err), &err);
  ls_view_close(view);
  assert_state_at(&PS, 0, LS_PAST_NOTHING);
  past_store_live(&PS, 60);
  assert_ok(ls_schema_set(PS.store, &(ls_schema_source){.json = PAST_SCHEMA}, &err), &err);
  assert_in_range(count_kept(&PS), 0, 1); /* that of the new state */
  assert_view_at(&PS, 20);
  free(json);
  free(data);
  ls_free(file);
  free(kept);
  past_store_close(&PS);
}

static void a_rebuild_forgets_the_snapshots(void **path) {
  ls_error err;
  past_store_open(&PS, *path, SMALL);
  past_store_live(&PS, 100);
  assert_true(count_kept(&PS) > 3);
  assert_ok(ls_rebuild(PS.store, &err), &err);
  assert_int_equal(count_kept(&PS), 1);
  for (size_t i = 0; i < PS.n; i += 17) assert_view_at(&PS, i);
  past_store_close(&PS);
}

/* ---------------------------------------------------------------------------------------------- */

static int64_t count_items(ls_view *view) {
  ls_query *query = NULL;
  ls_error err;
  assert_ok(ls_view_query(&query, view, "SELECT count(*) FROM items WHERE n >= ?", LS_PARAMS(ls_int(0)), &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  int64_t n = ls_query_int(query, 0);
  ls_query_close(query);
  return n;
}

static void a_view_stays_what_it_is(void **path) {
  ls_view *one = NULL, *two = NULL;
  ls_query *query = NULL;
  ls_error err;
  past_store_open(&PS, *path, SMALL);
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  past_store_commit(&PS, "put", "{\"id\":\"b\",\"n\":2}");
  assert_ok(ls_at(&one, PS.store, PS.positions[1].seq, &err), &err);
  assert_ok(ls_at(&two, PS.store, PS.positions[2].seq, &err), &err);
  assert_ok(ls_view_query(&query, two, "SELECT id FROM items ORDER BY id", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  past_store_commit(&PS, "drop", "{\"id\":\"a\"}");
  char *json = other_schema();
  assert_ok(ls_schema_set(PS.store, &(ls_schema_source){.json = json}, &err), &err);
  free(json);
  assert_string_equal(ls_query_text(query, 0), "a");
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_string_equal(ls_query_text(query, 0), "b");
  assert_int_equal(count_items(one), 1);
  assert_int_equal(count_items(two), 2);
  ls_view_close(one);
  past_store_close(&PS); /* closes the other one, with its query */
}

static void a_view_is_only_read(void **path) {
  ls_view *view = NULL;
  ls_query *query = NULL;
  ls_error err;
  past_store_open(&PS, *path, SMALL);
  past_store_commit(&PS, "put", "{\"id\":\"a\",\"n\":1}");
  assert_ok(ls_at(&view, PS.store, PS.positions[1].seq, &err), &err);
  assert_code(ls_view_query(&query, view, "DELETE FROM items", LS_NO_PARAMS, &err), LS_EREADONLY, &err);
  assert_code(ls_view_query(&query, view, "SELECT nothing", LS_NO_PARAMS, &err), LS_ESQL, &err);
  assert_int_equal(count_items(view), 1);
  past_store_close(&PS);
}

static int stop(void *user, const char *what, uint64_t done, uint64_t total) {
  (void)what;
  (void)done;
  (void)total;
  return *(int *)user;
}

static void making_the_past_can_be_stopped(void **path) {
  int stopping = 0;
  ls_view *view = NULL;
  ls_error err;
  past_store_open(&PS, *path, (ls_options){.progress = stop, .progress_user = &stopping, .rollback_bytes = 1});
  past_store_live(&PS, 50);
  stopping = 1;
  assert_code(ls_at(&view, PS.store, PS.positions[9].seq, &err), LS_EABORT, &err);
  stopping = 0;
  assert_view_at(&PS, 9);
  past_store_close(&PS);
}

/* Tables of virtual tables cannot be rolled back. */
static void virtual_tables_travel_too(void **path) {
  static const char schema[] =
      "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, x TEXT)\","
      "\"CREATE VIRTUAL TABLE f USING fts5(x)\"],\"events\":{\"add\":{\"args\":{\"type\":\"object\",\"properties\":"
      "{\"x\":{\"type\":\"string\"}}},\"sql\":[\"INSERT INTO t (x) VALUES (:x)\",\"INSERT INTO f VALUES (:x)\"]}}}";
  ls_error err;
  ls_view *view = NULL;
  ls_query *query = NULL;
  past_store_open(&PS, *path, (ls_options){.snapshot_events = 10, .schema.json = schema});
  for (int i = 0; i < 50; i++) past_store_commit(&PS, "add", i % 2 ? "{\"x\":\"one two\"}" : "{\"x\":\"two three\"}");
  for (size_t i = 0; i < PS.n; i++) assert_view_at(&PS, i);
  assert_ok(ls_at(&view, PS.store, PS.positions[31].seq, &err), &err);
  assert_ok(ls_view_query(&query, view, "SELECT count(*) FROM f WHERE f MATCH 'three'", LS_NO_PARAMS, &err), &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  assert_int_equal(ls_query_int(query, 0), 16);
  past_store_close(&PS);
}

#define test(name) cmocka_unit_test_setup_teardown(name, tmp_setup, tmp_teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      test(every_position_from_the_present),
      test(every_position_from_nothing),
      test(every_position_from_a_snapshot),
      test(every_position_in_a_view),
      test(every_position_of_a_store_in_memory),
      test(every_position_of_a_state_in_a_file),
      test(every_position_with_rollback_records_of_few_bytes),
      test(positions_that_are_none_are_refused),
      test(snapshots_are_kept_close_together_near_the_head_only),
      test(snapshots_take_no_more_bytes_than_allowed),
      test(no_snapshots_are_kept_when_none_are_wanted),
      test(what_took_long_to_make_is_kept),
      test(damaged_snapshots_are_passed_over_and_removed),
      test(foreign_files_are_left_alone),
      test(snapshots_of_a_branch_that_was_left_are_not_used),
      test(a_schema_change_forgets_the_snapshots),
      test(a_rebuild_forgets_the_snapshots),
      test(a_view_stays_what_it_is),
      test(a_view_is_only_read),
      test(making_the_past_can_be_stopped),
      test(virtual_tables_travel_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
