/* Bringing a state to where a log is: from nothing, from a snapshot, from ahead of it, from another branch; with events
 * that fail at the edges of the chunks it works in, stopped half-way, and on a damaged log. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/follow.h"
#include "core/log_file.h"
#include "core/rollback.h"
#include "support/cmocka_all.h"
#include "support/core.h"

static const char SCHEMA[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v INTEGER UNIQUE)\"],\"events\":{"
    "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"integer\"}},\"required\":[\"v\"]},"
    "\"sql\":[\"INSERT INTO t(v) VALUES (:v)\"]},\"all\":{\"sql\":[\"UPDATE t SET v = v + 1000000\"]},\"none\":{}}}";

typedef struct world {
  ls_schema *schema;
  ls_log *log;
} world;

static world world_new(void) {
  world w = {core_schema(SCHEMA), NULL};
  ls_error err;
  assert_ok(ls_log_open(&w.log, NULL, LS_DURABILITY_PROCESS, &err), &err);
  return w;
}

static void world_free(world *w) {
  ls_log_close(w->log, NULL);
  ls_schema_free(w->schema);
}

static void add(ls_log *log, int64_t v) {
  char args[60];
  snprintf(args, sizeof args, "{\"v\":%lld}", (long long)v);
  core_append(log, "add", args);
}

static void add_many(ls_log *log, int64_t first, int64_t n) {
  for (int64_t i = 0; i < n; i++) add(log, first + i);
}

static void set_upstream(ls_log *log, int64_t global) {
  ls_error err;
  assert_ok(ls_log_set_upstream_head(log, (ls_seqnum){global, 0, 0}, &err), &err);
}

static void follow(ls_state *state, ls_log *log) {
  ls_error err;
  assert_ok(ls_state_follow(state, log, NULL, &err), &err);
  assert_int_equal(state->at.sum, ls_log_head(log).sum);
  assert_int_equal(ls_seqnum_compare(state->at.seq, ls_log_head(log).seq), 0);
}

/* The digest that a state made from nothing has. */
static const char *replayed(world *w) {
  ls_state *state = core_state(w->schema);
  follow(state, w->log);
  const char *digest = core_digest(state);
  ls_state_free(state);
  return digest;
}

static void an_empty_log_leaves_an_empty_state(void **unused) {
  (void)unused;
  world w = world_new();
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  assert_int_equal(state->at.seq.global, 0);
  ls_state_free(state);
  world_free(&w);
}

static void a_cold_start_replays_all(void **unused) {
  (void)unused;
  static const int64_t counts[] = {1, 999, 1000, 1001, 2000, 2500};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    world w = world_new();
    ls_state *state = core_state(w.schema);
    char count[20];
    add_many(w.log, 1, counts[i]);
    follow(state, w.log);
    snprintf(count, sizeof count, "%lld", (long long)counts[i]);
    assert_string_equal(core_value(state, "SELECT count(*) FROM t"), count);
    assert_string_equal(core_value(state, "SELECT place >> 24 FROM __livestore_state"), count);
    ls_state_free(state);
    world_free(&w);
  }
}

static void a_state_goes_on_from_its_image(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  ls_state *state = core_state(w.schema), *copy = NULL;
  ls_image image = {0};
  add_many(w.log, 1, 20);
  follow(state, w.log);
  assert_ok(ls_state_image(&image, state, &err), &err);
  add_many(w.log, 21, 20);
  assert_ok(ls_state_open_image(&copy, w.schema, image.data, image.size, NULL, &err), &err);
  assert_int_equal(copy->at.seq.global, 20);
  follow(copy, w.log);
  assert_string_equal(core_digest(copy), replayed(&w));
  ls_image_fini(&image);
  ls_state_free(copy);
  ls_state_free(state);
  world_free(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* Going back */

/* A log whose first event is accepted upstream, so that states keep a way back behind it. */
static world world_with_pending(int64_t n) {
  world w = world_new();
  add(w.log, 1);
  set_upstream(w.log, 1);
  add_many(w.log, 2, n - 1);
  return w;
}

static void cut(ls_log *log, int64_t global) {
  ls_error err;
  assert_ok(ls_log_cut(log, (ls_seqnum){global, 0, 0}, &err), &err);
}

static void a_state_ahead_of_the_log_goes_back(void **unused) {
  (void)unused;
  world w = world_with_pending(1);
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  add_many(w.log, 2, 5);
  follow(state, w.log);
  cut(w.log, 1);
  follow(state, w.log);
  assert_string_equal(core_value(state, "SELECT group_concat(v) FROM t"), "1");
  assert_string_equal(core_digest(state), replayed(&w));
  ls_state_free(state);
  world_free(&w);
}

static void a_state_on_another_branch_goes_back_to_where_they_part(void **unused) {
  (void)unused;
  static const int64_t cuts[] = {1, 2, 5, 9};
  for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
    world w = world_with_pending(1);
    ls_state *state = core_state(w.schema);
    follow(state, w.log);
    for (int64_t v = 2; v <= 10; v++) {
      add(w.log, v);
      follow(state, w.log);
    }
    cut(w.log, cuts[i]);
    add_many(w.log, 100, 4);
    core_append(w.log, "all", "{}");
    follow(state, w.log);
    assert_string_equal(core_digest(state), replayed(&w));
    ls_state_free(state);
    world_free(&w);
  }
}

/* The same events with another generation are another branch: their digests tell. */
static void events_renumbered_by_a_rebase_are_applied_anew(void **unused) {
  (void)unused;
  world w = world_with_pending(3);
  ls_error err;
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  cut(w.log, 2);
  ls_event event = core_event(3, "add", "{\"v\":3}");
  event.seq.generation = 1;
  assert_ok(ls_log_append(w.log, &event, 1, &err), &err);
  follow(state, w.log);
  assert_int_equal(state->at.seq.generation, 1);
  assert_string_equal(core_digest(state), replayed(&w));
  ls_state_free(state);
  world_free(&w);
}

static void what_was_replayed_can_be_rolled_back_too(void **unused) {
  (void)unused;
  static const int64_t counts[] = {10, 1000, 1001, 2001};
  for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
    world w = world_with_pending(counts[i]);
    ls_state *state = core_state(w.schema);
    follow(state, w.log);
    cut(w.log, 1);
    add_many(w.log, 5000, 3);
    ls_error err;
    int rc = ls_state_follow(state, w.log, NULL, &err);
    /* The records stand between transactions, so the way back may end at the root, but it ends. */
    if (rc)
      assert_code(rc, LS_ENOTFOUND, &err);
    else
      assert_string_equal(core_digest(state), replayed(&w));
    ls_state_free(state);
    world_free(&w);
  }
}

static void without_a_way_back_a_new_state_is_wanted(void **unused) {
  (void)unused;
  world w = world_with_pending(1);
  ls_error err;
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  add_many(w.log, 2, 3);
  state->capture.on = false;
  follow(state, w.log);
  cut(w.log, 2);
  add(w.log, 77);
  assert_code(ls_state_follow(state, w.log, NULL, &err), LS_ENOTFOUND, &err);
  ls_state_free(state);
  world_free(&w);
}

static void a_state_of_another_log_is_not_taken_over(void **unused) {
  (void)unused;
  world mine = world_new(), other = world_new();
  ls_error err;
  ls_state *state = core_state(mine.schema);
  add_many(mine.log, 1, 3);
  follow(state, mine.log);
  add_many(other.log, 2, 3);
  assert_code(ls_state_follow(state, other.log, NULL, &err), LS_ENOTFOUND, &err);
  ls_state_free(state);
  world_free(&mine);
  world_free(&other);
}

/* ---------------------------------------------------------------------------------------------- */
/* Events that fail */

/* Two nodes that got the log in pieces of different sizes hold the same, and know of the same failures. */
static void failing_events_leave_the_same_however_they_are_grouped(void **unused) {
  (void)unused;
  static const int64_t bad[] = {1, 500, 999, 1000, 1001, 1002, 2000, 2001};
  enum { LAST = 2500 };
  world w = world_new();
  ls_state *pieces = core_state(w.schema), *whole = core_state(w.schema);
  size_t at = 0;
  uint64_t failures;
  ls_error err;
  for (int64_t g = 1; g <= LAST; g++) {
    bool fails = at < sizeof bad / sizeof bad[0] && bad[at] == g;
    if (fails)
      core_append(w.log, "add", at++ % 2 ? "{\"v\":\"not a number\"}" : "{}");
    else if (g == 1500)
      add(w.log, 2); /* not unique */
    else
      add(w.log, g);
    if (g % 7 == 0) follow(pieces, w.log);
  }
  follow(pieces, w.log);
  follow(whole, w.log);
  assert_string_equal(core_digest(whole), core_digest(pieces));
  static const char all[] = "SELECT group_concat(place || name || error, x'0a') FROM __livestore_failed";
  static const char some[] = "SELECT group_concat(place >> 24) FROM __livestore_failed";
  assert_string_equal(core_value(whole, some), "1,500,999,1000,1001,1002,1500,2000,2001");
  assert_string_equal(core_value(whole, some), core_value(pieces, some));
  assert_string_equal(core_value(whole, all), core_value(pieces, all));
  assert_ok(ls_state_failures(&failures, whole, &err), &err);
  assert_int_equal(failures, 9);
  ls_state_free(pieces);
  ls_state_free(whole);
  world_free(&w);
}

static void rolling_back_forgets_failures(void **unused) {
  (void)unused;
  world w = world_with_pending(1);
  ls_error err;
  uint64_t failures;
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  add(w.log, 1);
  follow(state, w.log);
  assert_ok(ls_state_failures(&failures, state, &err), &err);
  assert_int_equal(failures, 1);
  cut(w.log, 1);
  add(w.log, 2);
  follow(state, w.log);
  assert_ok(ls_state_failures(&failures, state, &err), &err);
  assert_int_equal(failures, 0);
  ls_state_free(state);
  world_free(&w);
}

/* A transaction without an event must not take the place of the record of the one before it. */
static void a_whole_number_of_chunks_keeps_its_way_back(void **unused) {
  (void)unused;
  world w = world_with_pending(1);
  ls_error err;
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  const char *before = core_digest(state);
  add_many(w.log, 2, 1000);
  follow(state, w.log);
  assert_int_equal(state->at.seq.global, 1001);
  assert_ok(ls_rollback_step(state, &err), &err);
  assert_int_equal(state->at.seq.global, 1);
  assert_string_equal(core_digest(state), before);
  ls_state_free(state);
  world_free(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* Stopping */

static void until_stops_behind_an_event(void **unused) {
  (void)unused;
  static const int64_t stops[] = {1, 999, 1000, 1001, 1500};
  for (size_t i = 0; i < sizeof stops / sizeof stops[0]; i++) {
    world w = world_new();
    ls_error err;
    ls_state *state = core_state(w.schema);
    add_many(w.log, 1, 1500);
    ls_follow options = {.until = {stops[i], 0, 0}, .what = "x"};
    assert_ok(ls_state_follow(state, w.log, &options, &err), &err);
    assert_int_equal(state->at.seq.global, stops[i]);
    follow(state, w.log);
    assert_string_equal(core_digest(state), replayed(&w));
    ls_state_free(state);
    world_free(&w);
  }
}

typedef struct watched {
  int calls, stop_at;
  uint64_t done, total;
} watched;

static int watch(void *user, const char *what, uint64_t done, uint64_t total) {
  watched *seen = user;
  assert_string_equal(what, "making it");
  assert_true(done >= seen->done && done <= total);
  seen->done = done;
  seen->total = total;
  return ++seen->calls == seen->stop_at;
}

static void progress_is_told_up_to_the_end(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  watched seen = {0};
  ls_state *state = core_state(w.schema);
  add_many(w.log, 1, 2500);
  ls_follow options = {.progress = watch, .user = &seen, .what = "making it"};
  assert_ok(ls_state_follow(state, w.log, &options, &err), &err);
  assert_int_equal(seen.total, 2500);
  assert_int_equal(seen.done, 2500);
  assert_true(seen.calls >= 4);
  ls_state_free(state);
  world_free(&w);
}

static void progress_can_stop_and_it_goes_on_from_there(void **unused) {
  (void)unused;
  world w = world_new();
  ls_error err;
  watched seen = {.stop_at = 2};
  ls_state *state = core_state(w.schema);
  add_many(w.log, 1, 2500);
  ls_follow options = {.progress = watch, .user = &seen, .what = "making it"};
  assert_code(ls_state_follow(state, w.log, &options, &err), LS_EABORT, &err);
  assert_says(&err, "making it");
  assert_int_equal(state->at.seq.global, 1000);
  assert_true(state->capture.on);
  follow(state, w.log);
  assert_string_equal(core_digest(state), replayed(&w));
  ls_state_free(state);
  world_free(&w);
}

/* ---------------------------------------------------------------------------------------------- */
/* Damage */

static void a_damaged_log_keeps_what_is_good_before_it(void **unused) {
  (void)unused;
  static const struct {
    const char *sql;
    int64_t good;
    const char *says;
  } cases[] = {
      {"UPDATE events SET args = '{\"v\":9}' WHERE place >> 24 = 1200", 1199, "e1200"},
      {"UPDATE events SET generation = 3 WHERE place >> 24 = 1000", 999, "e999"},
      {"UPDATE events SET sum = sum + 1 WHERE place >> 24 = 1001", 1000, "e1000"},
      {"UPDATE events SET name = 999 WHERE place >> 24 = 5", 4, "e4"},
      {"UPDATE events SET origin = 999 WHERE place >> 24 = 5", 4, "e4"},
      {"DELETE FROM events WHERE place >> 24 = 500", 499, "e499"},
      {"UPDATE events SET gap = 2 WHERE place >> 24 = 1", 0, "e0"},
      {"DELETE FROM events WHERE place >> 24 = 1", 0, "e0"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    world w = world_new();
    ls_error err;
    ls_state *state = core_state(w.schema);
    add_many(w.log, 1, 1500);
    assert_ok(ls_log_exec(w.log, cases[i].sql, &err), &err);
    assert_code(ls_state_follow(state, w.log, NULL, &err), LS_ECORRUPT, &err);
    assert_says(&err, cases[i].says);
    assert_int_equal(state->at.seq.global, cases[i].good);
    assert_int_equal(atoll(core_value(state, "SELECT count(*) FROM t")), cases[i].good);
    assert_code(ls_state_follow(state, w.log, NULL, &err), LS_ECORRUPT, &err);
    assert_int_equal(state->at.seq.global, cases[i].good);
    ls_state_free(state);
    world_free(&w);
  }
}

static void a_damaged_state_is_told_from_a_damaged_log(void **unused) {
  (void)unused;
  world w = world_with_pending(1);
  ls_error err;
  ls_state *state = core_state(w.schema);
  follow(state, w.log);
  add_many(w.log, 2, 3);
  follow(state, w.log);
  cut(w.log, 1);
  assert_ok(ls_database_exec(&state->database, "UPDATE __livestore_rollback SET changeset = x'ff'", &err), &err);
  assert_code(ls_state_follow(state, w.log, NULL, &err), LS_ENOTFOUND, &err);
  ls_state_free(state);
  world_free(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_empty_log_leaves_an_empty_state),
      cmocka_unit_test(a_cold_start_replays_all),
      cmocka_unit_test(a_state_goes_on_from_its_image),
      cmocka_unit_test(a_state_ahead_of_the_log_goes_back),
      cmocka_unit_test(a_state_on_another_branch_goes_back_to_where_they_part),
      cmocka_unit_test(events_renumbered_by_a_rebase_are_applied_anew),
      cmocka_unit_test(what_was_replayed_can_be_rolled_back_too),
      cmocka_unit_test(without_a_way_back_a_new_state_is_wanted),
      cmocka_unit_test(a_state_of_another_log_is_not_taken_over),
      cmocka_unit_test(failing_events_leave_the_same_however_they_are_grouped),
      cmocka_unit_test(rolling_back_forgets_failures),
      cmocka_unit_test(a_whole_number_of_chunks_keeps_its_way_back),
      cmocka_unit_test(until_stops_behind_an_event),
      cmocka_unit_test(progress_is_told_up_to_the_end),
      cmocka_unit_test(progress_can_stop_and_it_goes_on_from_there),
      cmocka_unit_test(a_damaged_log_keeps_what_is_good_before_it),
      cmocka_unit_test(a_damaged_state_is_told_from_a_damaged_log),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
