/* Pushes: which are taken, in which order, and what becomes of them when they cannot be made durable. See hub_fixture.h
 * for how to read the transcripts. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/hub_fixture.h"

static hub_fixture f;

static int setup(void **state) {
  (void)state;
  hub_fixture_init(&f, NULL, NULL);
  return 0;
}

static int setup_limits(void **state) {
  (void)state;
  ls_hub_limits limits = {
      .event_bytes = 30, .push_events = 3, .requests = 2, .store_events = 5, .frame_bytes = 2000, .strict = true};
  hub_fixture_init(&f, NULL, &limits);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  hub_fixture_fini(&f);
  return 0;
}

/* Events of a push as "seq<parent", such as "1<0 2<1". */
static void push_events(char letter, int id, const char *events, const char *args) {
  ls_bytes batch = {0};
  long long seq, parent;
  int at, n = 0;
  for (; sscanf(events, "%lld<%lld%n", &seq, &parent, &at) == 2; events += at) {
    ls_bytes_printf(&batch,
                    "%s{\"name\":\"n\",%s\"seqNum\":%lld,\"parentSeqNum\":%lld,\"clientId\":\"c\",\"sessionId\":\"s\"}",
                    n++ ? "," : "", args, seq, parent);
  }
  hub_frame(
      &f, letter,
      "{\"_tag\":\"Request\",\"id\":\"%d\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"s\",\"batch\":[%s],"
      "\"backendId\":{\"_tag\":\"None\"}}}",
      id, batch.data ? ls_bytes_cstr(&batch) : "");
  ls_bytes_fini(&batch);
}

/* WIRE-08 */
static void test_the_answer_to_a_push_has_an_empty_object_as_its_value(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_push(&f, 'A', 4, 0, 1);
  hub_commit(&f);
  assert_string_equal(f.peers[0].last.data,
                      "{\"_tag\":\"Exit\",\"requestId\":\"4\",\"exit\":{\"_tag\":\"Success\",\"value\":{}}}");
}

/* WIRE-09 */
static void test_the_echo_has_the_time_at_which_the_push_arrived(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_join(&f, 'B', "s");
  hub_push(&f, 'B', 4, 0, 1);
  hub_commit(&f);
  assert_string_equal(f.peers[0].last.data,
                      "{\"_tag\":\"Chunk\",\"requestId\":\"0\",\"values\":[{\"batch\":[{\"eventEncoded\":{\"name\":"
                      "\"v1.Made\",\"args\":{\"n\":1,\"by\":\"B\"},\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"cB\","
                      "\"sessionId\":\"s\"},\"metadata\":{\"_tag\":\"Some\",\"value\":{\"_tag\":"
                      "\"SyncMessage.SyncMetadata\",\"createdAt\":\"2026-01-01T00:00:00.000Z\"}}}],\"pageInfo\":{"
                      "\"_tag\":\"NoMore\"},\"backendId\":\"of-s\"}]}");
}

/* WIRE-16: both as echo and when read back. */
static void test_null_and_absent_arguments_are_told_apart(void **state) {
  static const struct {
    const char *args, *wanted;
  } cases[] = {{"", "{\"name\":\"n\",\"seqNum\":"},
               {"\"args\":null,", "{\"name\":\"n\",\"args\":null,\"seqNum\":"},
               {"\"args\":[ 1.50 ],", "{\"name\":\"n\",\"args\":[ 1.50 ],\"seqNum\":"}};
  (void)state;
  f.quiet = true;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_join(&f, 'B', "s");
  for (int i = 0; i < 3; i++) {
    char link[30];
    snprintf(link, sizeof link, "%d<%d", i + 1, i);
    push_events('B', i, link, cases[i].args);
    hub_commit(&f);
    assert_non_null(strstr(f.peers[0].last.data, cases[i].wanted));
  }
  hub_pull(&f, 'B', 9, -1);
  for (int i = 0; i < 3; i++) assert_non_null(strstr(f.peers[1].last.data, cases[i].wanted));
}

/* WIRE-10 */
static void test_a_push_that_does_not_follow_the_head_is_told_the_head(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_memory_append(f.memory, "s", 7);
  hub_push(&f, 'A', 0, 3, 1);
  hub_push(&f, 'A', 1, 9, 1);
  hub_expect(&f, "A ahead 0: 7, had 3\nA ahead 1: 7, had 9\n");
  assert_false(f.due);
}

/* SP-08. The losers learn it when the winner's event is durable: before that nobody may. */
static void test_of_eight_contenders_one_wins(void **state) {
  (void)state;
  for (char letter = 'A'; letter <= 'H'; letter++) hub_join(&f, letter, "s");
  for (char letter = 'A'; letter <= 'H'; letter++) hub_push(&f, letter, 1, 0, 1);
  hub_expect(&f, "");
  hub_commit(&f);
  hub_expect(&f, "A ok 1\nB ahead 1: 1, had 0\nC ahead 1: 1, had 0\nD ahead 1: 1, had 0\nE ahead 1: 1, had 0\n"
                 "F ahead 1: 1, had 0\nG ahead 1: 1, had 0\nH ahead 1: 1, had 0\n");
  hub_pull_once(&f, 'A', 2, -1);
  hub_expect(&f, "A chunk 2: 1 .\nA ok 2\n");
}

static void test_an_empty_push_is_fine(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  push_events('A', 3, "", "");
  hub_expect(&f, "A ok 3\n");
}

static void test_events_that_do_not_follow_one_another_are_refused_for_good(void **state) {
  static const struct {
    const char *events, *wanted;
  } cases[] = {
      {"1<0 3<2", "A refused 1 e3: event e3 has the parent e2, but follows e1\n"},
      {"1<0 2<1 2<1", "A refused 1 e2: event e2 has the parent e1, but follows e2\n"},
      {"1<0 1<1", "A refused 1 e1: event e1 does not lie behind its parent e1\n"},
      {"2<3", "A refused 1 e2: event e2 does not lie behind its parent e3\n"},
  };
  (void)state;
  hub_join(&f, 'A', "s");
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    push_events('A', 1, cases[i].events, "");
    hub_expect(&f, cases[i].wanted);
  }
  assert_non_null(strstr(f.peers[0].last.data, "RefusedError"));
  push_events('A', 1, "100<0 20000<100", "");
  hub_commit(&f);
  hub_expect(&f, "A ok 1\n");
}

static void test_limits_are_told(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  push_events('A', 1, "2<0", "");
  push_events('A', 1, "1<0 2<1 3<2 4<3", "");
  push_events('A', 1, "1<0", "\"args\":\"1234567890123456789012345678\",");
  push_events('A', 1, "1<0", "\"args\":\"123456789012345678901234567\",");
  hub_expect(&f, "A refused 1 e2: event e2 follows e0, and this server takes no numbers with holes\n"
                 "A refused 1: a push of 4 events; 3 are allowed\n"
                 "A refused 1 e1: event e1 has 31 bytes of name and arguments; 30 are allowed\n");
  push_events('A', 2, "2<1 3<2", "");
  push_events('A', 3, "4<3", "");
  hub_commit(&f);
  push_events('A', 4, "4<3 5<4 6<5", "");
  hub_expect(&f, "A refused 3: 2 requests are open on this connection; wait for the answers\n"
                 "A ok 1\nA ok 2\nA error 4: a store may have 5 events on this server\n");
  push_events('A', 5, "4<3 5<4", "");
  hub_commit(&f);
  hub_expect(&f, "A ok 5\n");
}

/* WIRE-19 */
static void test_a_frame_may_have_its_limit_but_no_more(void **state) {
  char frame[2002];
  (void)state;
  hub_peer *a = hub_join(&f, 'A', "s");
  memset(frame, ' ', sizeof frame);
  memcpy(frame, "{\"_tag\":\"Ping\"}", 15);
  ls_peer_frame(a->peer, frame, 2000, HUB_NOW_MS);
  ls_peer_frame(a->peer, frame, 2001, HUB_NOW_MS);
  hub_expect(&f, "A pong\nA closed: a frame of more than 2000 bytes\n");
}

/* ---------------------------------------------------------------------------------------------- */
/* Commits */

static void test_a_commit_that_fails_leaves_nothing_and_can_be_tried_again(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_pull(&f, 'B', 0, -1);
  hub_push(&f, 'A', 1, 0, 2);
  hub_push(&f, 'A', 2, 2, 1);
  hub_push(&f, 'B', 3, 0, 1);
  hub_memory_fault(f.memory)->sync = LS_EFULL;
  hub_commit(&f);
  hub_expect(&f, "B chunk 0: none .\nA error 1: the server has no room left on its device\n"
                 "A error 2: the server has no room left on its device\n"
                 "B error 3: the server has no room left on its device\n");
  hub_push(&f, 'A', 4, 2, 1);
  hub_push(&f, 'A', 5, 0, 2);
  hub_commit(&f);
  hub_expect(&f, "A ahead 4: 0, had 2\nB chunk 0: 1-2 .\nA ok 5\n");
}

static void test_an_append_that_fails_fails_its_round(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "t");
  hub_pull(&f, 'A', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  hub_memory_fault(f.memory)->append = LS_EIO;
  hub_push(&f, 'B', 1, 0, 1);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: none .\nA error 1: the server cannot read or write its files; its log says why\n"
                 "B error 1: the server cannot read or write its files; its log says why\n");
  hub_push(&f, 'B', 2, 0, 1);
  hub_push(&f, 'A', 2, 0, 1);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 1 .\nB ok 2\nA ok 2\n");
}

static void test_pushes_that_arrive_while_a_commit_is_under_way_wait_for_the_next(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_join(&f, 'C', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  f.due = false;
  assert_true(ls_hub_commit_begin(f.hub));
  assert_false(ls_hub_commit_begin(f.hub));
  push_events('A', 2, "2<1 3<2", "\"args\":{\"x\":1},");
  hub_push(&f, 'B', 2, 0, 1);
  push_events('B', 3, "5<5", "");
  hub_push(&f, 'C', 2, 1, 1);
  hub_part(&f, 'C');
  assert_false(f.due);
  assert_int_equal(f.backend.sync(f.backend.self, NULL), LS_OK);
  hub_expect(&f, "A chunk 0: none .\nB refused 3 e5: event e5 does not lie behind its parent e5\n");
  ls_hub_commit_end(f.hub, LS_OK, NULL);
  assert_true(f.due);
  hub_expect(&f, "A chunk 0: 1 .\nA ok 1\n");
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 2-3 .\nA ok 2\nB ahead 2: 3, had 0\n");
  assert_false(ls_hub_commit_begin(f.hub));
}

static void test_what_was_taken_in_stays_so_when_its_peer_goes(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_pull(&f, 'B', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  hub_part(&f, 'A');
  hub_commit(&f);
  hub_expect(&f, "B chunk 0: none .\nB chunk 0: 1 .\n");
}

static void test_the_last_peer_may_go_with_a_push_under_way(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_push(&f, 'A', 1, 0, 1);
  hub_part(&f, 'A');
  hub_commit(&f);
  hub_join(&f, 'A', "s");
  hub_pull_once(&f, 'A', 2, -1);
  hub_push(&f, 'A', 3, 1, 1); /* and the hub, too, with it: see the teardown */
  hub_expect(&f, "A chunk 2: 1 .\nA ok 2\n");
}

/* Several servers with one backend. */
static void test_what_another_server_appended_is_given_too(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_memory_append(f.memory, "s", 150);
  hub_push(&f, 'A', 1, 0, 1);
  hub_push(&f, 'A', 2, 150, 1);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: none .\nA chunk 0: 1-100 +50\nA chunk 0: 101-150 .\nA ahead 1: 150, had 0\n"
                 "A chunk 0: 151 .\nA ok 2\n");
}

#define HUB_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      HUB_TEST(test_the_answer_to_a_push_has_an_empty_object_as_its_value),
      HUB_TEST(test_the_echo_has_the_time_at_which_the_push_arrived),
      HUB_TEST(test_null_and_absent_arguments_are_told_apart),
      HUB_TEST(test_a_push_that_does_not_follow_the_head_is_told_the_head),
      HUB_TEST(test_of_eight_contenders_one_wins),
      HUB_TEST(test_an_empty_push_is_fine),
      HUB_TEST(test_events_that_do_not_follow_one_another_are_refused_for_good),
      cmocka_unit_test_setup_teardown(test_limits_are_told, setup_limits, teardown),
      cmocka_unit_test_setup_teardown(test_a_frame_may_have_its_limit_but_no_more, setup_limits, teardown),
      HUB_TEST(test_a_commit_that_fails_leaves_nothing_and_can_be_tried_again),
      HUB_TEST(test_an_append_that_fails_fails_its_round),
      HUB_TEST(test_pushes_that_arrive_while_a_commit_is_under_way_wait_for_the_next),
      HUB_TEST(test_what_was_taken_in_stays_so_when_its_peer_goes),
      HUB_TEST(test_the_last_peer_may_go_with_a_push_under_way),
      HUB_TEST(test_what_another_server_appended_is_given_too),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
