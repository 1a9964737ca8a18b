/* Cases of LiveStore's session processor (areas CS and LP), for a session that is elsewhere than its leader: leaders
 * that end, whose place another takes, that fail, or whose schema is another. Each comment says what plays the part of
 * what a case speaks of. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log_file.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/linked.h"
#include "support/store_fixture.h"
#include "support/tmp.h"
#include "support/upstream_fixture.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ITEMS "SELECT count(*) FROM items"

/* ---------------------------------------------------------------------------------------------- */
/* Leaders that end, and others that take their place */

/* The leader has 1, and rebases it; the session has 2, whose push comes too late. Steps of the talk: u, d deliver a
 * message up and down, c collects what the two have to say. Then the leader ends: what is under way is gone. */
static void run_ending(const char *steps, const char *path) {
  upstream u = {.id = "first"};
  ls_store *leader = upstream_open(path, "c");
  linked l = linked_joined("tab", leader);
  linked_put(&l, 1);
  linked_settle(&l, 1);
  ls_receipt receipt = linked_put(&l, 2);
  upstream_add(&u, "other", "put", linked_item(9));
  upstream_pull(&u, leader);
  linked_collect(&l);
  for (; *steps; steps++) {
    if (*steps == 'c')
      linked_collect(&l);
    else
      assert_true(linked_deliver(&l, *steps == 'u', NULL) >= 0);
  }
  linked_cut(&l);
  if (path) {
    fixture_close(leader);
    leader = upstream_open(path, "c");
  }
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  linked_assert_log(leader, "9 1 2");
  linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  upstream_sync(&u, &leader, 1);
  assert_int_equal(u.n, 3);
  linked_settle(&l, 1);
  linked_assert_stage(&l, receipt, LS_STAGE_CONFIRMED);
  linked_assert_same(&l, 1, leader);
  linked_close(&l);
  upstream_check(leader);
  fixture_close(leader);
  upstream_fini(&u);
}

static void test_what_a_rebase_moves_is_delivered_once_wherever_the_leader_ends(void **state) {
  static const struct {
    const char *name, *steps;
  } ENDS[] = {
      {"CS-15", "u"},    /* before-interrupt: the push is refused, and the rebase not heard of */
      {"CS-16", "ud"},   /* before-rebuild: it is heard of, and what it moved not pushed again */
      {"CS-17", "udcu"}, /* before-restart: that is taken, and the answer lost */
  };
  for (size_t i = 0; i < COUNT(ENDS); i++) {
    char *path = tmp_path(*state, ENDS[i].name);
    run_ending(ENDS[i].steps, path);
    free(path);
  }
}

static void test_the_same_with_a_connection_cut_behind_any_steps(void **state) {
  (void)state;
  int n = getenv("SOAK") ? 6 : 5, all = 1;
  for (int i = 0; i < n; i++) all *= 3;
  for (int i = 0; i < all; i++) {
    char steps[7] = "";
    for (int at = 0, rest = i; at < n; at++, rest /= 3) steps[at] = "udc"[rest % 3];
    if (!strstr(steps, "cc")) run_ending(steps, NULL);
  }
}

/* CS-04. A pull that is late is a welcome that is. */
static void test_commits_before_the_welcome_of_another_leader_are_pushed_behind_it(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader);
  linked_connect(&l, leader);
  linked_put(&l, 1);
  linked_collect(&l);
  linked_deliver_well(&l, true); /* hello */
  linked_put(&l, 2);
  linked_collect(&l);
  assert_int_equal(linked_count(l.up), 0);
  linked_deliver_well(&l, false); /* welcome */
  linked_put(&l, 3);
  assert_int_equal(linked_unsaved(&l), 3);
  linked_settle(&l, 1);
  linked_assert_log(leader, "1 2 3");
  linked_finish(&l, leader);
}

/* LP-05, CS-32. What is interrupted is a change of the log that takes several messages. */
static void test_a_talk_cut_between_two_pages_goes_on_where_it_was(void **state) {
  (void)state;
  enum { N = 2500 };
  ls_store *leader = linked_leader();
  linked l = linked_joined("tab", leader), b = linked_joined("b", leader);
  for (int id = 1; id <= N; id++) upstream_commit(leader, "put", linked_item(id));
  linked_collect(&l);
  assert_int_equal(linked_count(l.down), 3);
  linked_deliver_well(&l, false);
  linked_connect(&l, leader);
  linked_put(&l, N + 1);
  linked_put(&b, N + 2); /* meanwhile others are served */
  linked_settle(&b, 1);
  linked_deliver_well(&l, true);
  linked_collect(&l);
  ls_link welcome = linked_read(l.down), page = linked_read(l.down->next);
  assert_int_equal(welcome.n, 0);
  assert_null(welcome.image);
  assert_int_equal(linked_id(&page.events[0]), LS_LINK_EVENTS + 1);
  ls_link_fini(&welcome);
  ls_link_fini(&page);
  linked links[] = {l, b};
  linked_settle(links, 2);
  assert_int_equal(fixture_number(leader, ITEMS), N + 2);
  linked_assert_same(links, 2, leader);
  linked_close(&links[0]);
  linked_close(&links[1]);
  fixture_close(leader);
}

/* LP-27. There a head that is ahead of the log is the end; here such a session begins anew with what the leader has,
 * and behind it with what the lost one did not have. */
static void test_a_session_ahead_of_its_leader_begins_anew_with_what_is_on_its_way(void **state) {
  (void)state;
  static const char *const LOG[] = {"3", "7 3", "7 8 3", "7 8 9 3"};
  for (int n = 0; n < (int)COUNT(LOG); n++) {
    ls_store *leader = linked_leader(), *next = linked_leader();
    linked l = linked_joined("tab", leader);
    linked_put(&l, 1);
    linked_put(&l, 2);
    linked_settle(&l, 1);
    ls_receipt receipt = linked_put(&l, 3);
    linked_cut(&l);
    fixture_close(leader);
    for (int id = 7; id < 7 + n; id++) upstream_commit(next, "put", linked_item(id));
    linked_connect(&l, next);
    linked_settle(&l, 1);
    linked_assert_log(next, LOG[n]);
    linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
    linked_finish(&l, next);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Failures of the leader */

static void run_out_of_memory(linked *l) {
  (void)l;
  fault_alloc_arm(1, true);
}

static void memory_is_back(linked *l) {
  (void)l;
  fault_alloc_disarm();
}

static void limit_pages(linked *l, const char *pragma) {
  assert_int_equal(sqlite3_exec(l->leader->leader->log->db, pragma, NULL, NULL, NULL), SQLITE_OK);
}

static void fill_the_disk(linked *l) { limit_pages(l, "PRAGMA max_page_count = 1"); }
static void make_room(linked *l) { limit_pages(l, "PRAGMA max_page_count = 1000000"); }
static void garble(linked *l) { l->up->data[0] = '?'; }
static void is_well(linked *l) { (void)l; }

static const struct {
  int code;
  void (*break_it)(linked *), (*mend)(linked *);
} FAILURES[] = {
    {LS_ENOMEM, run_out_of_memory, memory_is_back},
    {LS_EFULL, fill_the_disk, make_room},
    {LS_EPROTOCOL, garble, is_well},
};

static void fail_to_take(linked *l, size_t i, int id) {
  static char args[20000];
  ls_error err, local;
  memset(args, 'x', sizeof args);
  args[snprintf(args, sizeof args, "{\"id\":%d,\"name\":\"", id)] = 'x';
  memcpy(args + sizeof args - 3, "\"}", 3);
  linked_commit(l, "put", args);
  linked_collect(l);
  FAILURES[i].break_it(l);
  int rc = linked_deliver(l, true, &err);
  FAILURES[i].mend(l);
  assert_code(rc, FAILURES[i].code, &err);
  linked_assert_log(l->leader, "");
  linked_collect(l);
  linked_deliver_well(l, false);
  local = linked_status(l).error;
  assert_int_equal(local.code, err.code);
  assert_string_equal(local.text, err.text);
}

/* CS-25, CS-31. There the store shuts down with the cause; here the session lives on, says it, and tries again. */
static void test_what_fails_at_the_leader_is_told_with_its_cause_until_it_is_made_good(void **state) {
  (void)state;
  enum { N = COUNT(FAILURES) };
  ls_store *leaders[N];
  linked links[N];
  for (size_t i = 0; i < N; i++) {
    leaders[i] = linked_leader();
    links[i] = linked_joined("tab", leaders[i]);
    fail_to_take(&links[i], i, 1);
    linked_put(&links[i], 2);
    linked_settle(&links[i], 1); /* it waits a second */
    assert_int_equal(linked_status(&links[i]).error.code, FAILURES[i].code);
    assert_int_equal(linked_unsaved(&links[i]), 2);
    assert_int_equal(fixture_number(links[i].store, ITEMS), 2);
  }
  int64_t from = ls_port_monotonic_ms();
  while (ls_port_monotonic_ms() <= from + 1000) continue;
  for (size_t i = 0; i < N; i++) {
    linked_settle(&links[i], 1);
    assert_int_equal(linked_status(&links[i]).error.code, LS_OK);
    linked_assert_log(leaders[i], "1 2");
    linked_assert_same(&links[i], 1, leaders[i]);
    linked_close(&links[i]);
    fixture_close(leaders[i]);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Sessions whose own way to apply an event is another */

static const char LOOSE[] =
    "{\"livestore\":1,\"tables\":[\"CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT)\"],\"events\":{\"put\":{"
    "\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":\"string\"}},"
    "\"required\":"
    "[\"id\"]},\"sql\":\"INSERT INTO names VALUES (:id, :name)\"}},\"unknownEvents\":\"ignore\"}";

static linked join_loosely(ls_store *leader) {
  linked l = linked_open("loose", LOOSE);
  linked_connect(&l, leader);
  linked_settle(&l, 1);
  return l;
}

/* As if a session sent along what it changed. */
static void smuggle(linked_message *message) {
  static const char HEAD[] = "{\"events\":[{", WITH[] = "{\"events\":[{\"meta\":{\"changeset\":\"VAAAAA==\"},";
  enum { OLD = sizeof HEAD - 1, NEW = sizeof WITH - 1 };
  assert_memory_equal(message->data, HEAD, OLD);
  char *data = malloc(message->size - OLD + NEW);
  assert_non_null(data);
  memcpy(data, WITH, NEW);
  memcpy(data + NEW, message->data + OLD, message->size - OLD);
  free(message->data);
  message->data = data;
  message->size += NEW - OLD;
}

/* LP-02. What undoes an event is never sent: the leader, like each session, has what it found itself. */
static void test_the_leader_rolls_back_by_its_own_records(void **state) {
  (void)state;
  upstream u = {.id = "first"};
  ls_store *leader = linked_leader();
  linked l[] = {join_loosely(leader), linked_joined("tab", leader)};
  linked_commit(&l[0], "put", "{\"id\":1,\"name\":\"a\"}");
  linked_collect(&l[0]);
  smuggle(l[0].up);
  linked_settle(l, 2);
  assert_string_equal(upstream_rows(leader), "1 a 0 / ");
  upstream_add(&u, "other", "put", "{\"id\":9,\"name\":\"b\"}");
  upstream_pull(&u, leader);
  linked_settle(l, 2);
  assert_string_equal(upstream_rows(leader), "1 a 0; 9 b 0 / ");
  assert_int_equal(fixture_number(l[0].store, "SELECT count(*) FROM names"), 2);
  assert_int_equal(linked_unsaved(&l[0]), 0);
  linked_assert_same(&l[1], 1, leader);
  upstream_check(leader);
  linked_close(&l[0]);
  linked_close(&l[1]);
  fixture_close(leader);
  upstream_fini(&u);
}

/* CS-28. There a leader that comes to something else shuts the session down. Here materializers are SQL that gives the
 * same everywhere; where the schema is another, the log keeps an event that the leader's state cannot take, and that is
 * counted. */
static void test_an_event_that_only_the_leader_cannot_apply_is_kept_and_counted(void **state) {
  (void)state;
  ls_store *leader = linked_leader();
  linked l = join_loosely(leader);
  linked_commit(&l, "put", "{\"id\":1,\"name\":\"same\"}");
  ls_receipt receipt = linked_commit(&l, "put", "{\"id\":2,\"name\":\"same\"}");
  linked_commit(&l, "put", "{\"id\":3,\"name\":\"other\"}");
  linked_settle(&l, 1);
  linked_assert_log(leader, "1 2 3");
  linked_assert_stage(&l, receipt, LS_STAGE_DURABLE);
  assert_int_equal(fixture_status(leader).failed, 1);
  assert_int_equal(fixture_number(leader, ITEMS), 2);
  assert_int_equal(fixture_number(l.store, "SELECT count(*) FROM names"), 3);
  assert_int_equal(linked_unsaved(&l), 0);
  upstream_check(leader);
  linked_close(&l);
  fixture_close(leader);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_what_a_rebase_moves_is_delivered_once_wherever_the_leader_ends, tmp_setup,
                                      tmp_teardown),
      cmocka_unit_test(test_the_same_with_a_connection_cut_behind_any_steps),
      cmocka_unit_test(test_commits_before_the_welcome_of_another_leader_are_pushed_behind_it),
      cmocka_unit_test(test_a_talk_cut_between_two_pages_goes_on_where_it_was),
      cmocka_unit_test(test_a_session_ahead_of_its_leader_begins_anew_with_what_is_on_its_way),
      cmocka_unit_test(test_what_fails_at_the_leader_is_told_with_its_cause_until_it_is_made_good),
      cmocka_unit_test(test_the_leader_rolls_back_by_its_own_records),
      cmocka_unit_test(test_an_event_that_only_the_leader_cannot_apply_is_kept_and_counted),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
