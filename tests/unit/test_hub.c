/* The server without its sockets: pulls, broadcasts, and what peers may and may not. See hub_fixture.h for how to read
 * the transcripts. */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/hub_fixture.h"

static hub_fixture f;

static int setup(void **state) {
  (void)state;
  hub_fixture_init(&f, NULL, NULL);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  hub_fixture_fini(&f);
  return 0;
}

/* WIRE-05, SP-05 */
static void test_an_empty_store_gives_one_empty_chunk(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: none .\n");
  assert_string_equal(f.peers[0].last.data,
                      "{\"_tag\":\"Chunk\",\"requestId\":\"0\",\"values\":[{\"batch\":[],\"pageInfo\":"
                      "{\"_tag\":\"NoMore\"},\"backendId\":\"of-s\"}]}");
}

/* WIRE-08, WIRE-09 */
static void test_a_push_is_given_to_all_and_answered_when_durable(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_pull(&f, 'B', 7, -1);
  hub_expect(&f, "A chunk 0: none .\nB chunk 7: none .\n");
  hub_push(&f, 'A', 1, 0, 2);
  hub_expect(&f, "");
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 1-2 .\nB chunk 7: 1-2 .\nA ok 1\n");
}

static void fill(const char *store_id, size_t n) {
  hub_memory_append(f.memory, store_id, n);
  hub_expect(&f, "");
}

/* WIRE-07 */
static void test_a_backlog_comes_in_pages_that_say_how_much_remains(void **state) {
  (void)state;
  fill("s", 250);
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: 1-100 +150\nA chunk 0: 101-200 +50\nA chunk 0: 201-250 .\n");
  hub_pull_once(&f, 'A', 1, 100);
  hub_expect(&f, "A chunk 1: 101-200 +50\nA chunk 1: 201-250 .\nA ok 1\n");
}

static void test_a_backlog_that_fills_its_pages_ends_without_an_empty_one(void **state) {
  (void)state;
  fill("s", 200);
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: 1-100 +100\nA chunk 0: 101-200 .\n");
}

/* SP-15: numbers may have holes, and what remains is counted in events. */
static void test_numbers_with_holes_are_taken_and_counted(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  int64_t parent = 0;
  for (int i = 0; i < 120; i++) {
    long long seq = parent + (i ? 7 : 100);
    hub_frame(
        &f, 'A',
        "{\"_tag\":\"Request\",\"id\":\"%d\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"s\",\"batch\":[{"
        "\"name\":\"n\",\"args\":{},\"seqNum\":%lld,\"parentSeqNum\":%lld,\"clientId\":\"c\",\"sessionId\":\"s\"}],"
        "\"backendId\":{\"_tag\":\"None\"}}}",
        i, seq, (long long)parent);
    hub_commit(&f);
    parent = seq;
  }
  ls_bytes_clear(&f.trace);
  hub_pull_once(&f, 'A', 200, -1);
  const char *text = ls_bytes_cstr(&f.trace);
  assert_non_null(strstr(text, " 786 793 +20\n"));
  assert_non_null(strstr(text, " 926 933 .\nA ok 200\n"));
}

static void test_a_cursor_beyond_the_head_gets_only_what_lies_behind_it(void **state) {
  (void)state;
  fill("s", 2);
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, 4);
  hub_expect(&f, "A chunk 0: none .\n");
  hub_push(&f, 'A', 1, 2, 4);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 5-6 .\nA ok 1\n");
}

/* WIRE-11, SP-17 */
static void test_another_backend_is_refused(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_frame(
      &f, 'A',
      "{\"_tag\":\"Request\",\"id\":\"3\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"s\",\"live\":true,"
      "\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"other\",\"eventSequenceNumber\":1}}}}");
  hub_frame(&f, 'A',
            "{\"_tag\":\"Request\",\"id\":\"4\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"s\",\"batch\":[{"
            "\"name\":\"n\",\"args\":{},\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"}],"
            "\"backendId\":{\"_tag\":\"Some\",\"value\":\"other\"}}}");
  hub_expect(&f, "A mismatch 3: of-s, had other\nA mismatch 4: of-s, had other\n");
}

/* SP-06 */
static void test_a_live_pull_gets_later_events_one_commit_after_the_other(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  for (int i = 0; i < 3; i++) {
    hub_push(&f, 'A', i + 1, i, 1);
    hub_commit(&f);
  }
  hub_expect(&f, "A chunk 0: none .\nA chunk 0: 1 .\nA ok 1\nA chunk 0: 2 .\nA ok 2\nA chunk 0: 3 .\nA ok 3\n");
}

static void test_stores_know_nothing_of_each_other(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "S");
  hub_pull(&f, 'A', 0, -1);
  hub_pull(&f, 'B', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  hub_push(&f, 'B', 1, 0, 2);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: none .\nB chunk 0: none .\nA chunk 0: 1 .\nB chunk 0: 1-2 .\nA ok 1\nB ok 1\n");
}

static void test_a_request_for_another_store_is_refused(void **state) {
  (void)state;
  hub_peer *a = hub_join(&f, 'A', "s");
  a->store_id[0] = 'x';
  hub_pull(&f, 'A', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  hub_expect(&f, "A refused 0: this connection is for store s; connect anew for store x\n"
                 "A refused 1: this connection is for store s; connect anew for store x\n");
}

static void test_an_interrupted_pull_gets_no_more(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 5, -1);
  hub_interrupt(&f, 'A', 5);
  hub_interrupt(&f, 'A', 5);
  hub_interrupt(&f, 'A', 99);
  hub_push(&f, 'A', 6, 0, 1);
  hub_interrupt(&f, 'A', 6);
  hub_commit(&f);
  hub_interrupt(&f, 'A', 6);
  hub_expect(&f, "A chunk 5: none .\nA interrupted 5\nA ok 6\n");
}

static void test_two_pulls_of_one_connection_are_served_both(void **state) {
  (void)state;
  fill("s", 1);
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  f.peers[0].seen = 0;
  hub_pull(&f, 'A', 1, 1);
  hub_interrupt(&f, 'A', 0);
  hub_push(&f, 'A', 2, 1, 1);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 1 .\nA chunk 1: none .\nA interrupted 0\nA chunk 1: 2 .\nA ok 2\n");
}

/* Each is answered as it was asked, also in one room. */
static void test_a_peer_is_answered_in_the_dialect_that_it_asks_in(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s")->numbers = true;
  hub_pull(&f, 'A', 7, -1);
  hub_pull(&f, 'B', 7, -1);
  hub_push(&f, 'B', 8, 0, 1);
  hub_commit(&f);
  assert_non_null(strstr(f.peers[0].last.data, "\"requestId\":\"7\""));
  assert_non_null(strstr(f.peers[1].last.data, "\"requestId\":8"));
  hub_push(&f, 'A', 8, 0, 1);
  assert_non_null(strstr(f.peers[0].last.data, "\"cause\":{"));
  hub_push(&f, 'B', 9, 0, 1);
  assert_non_null(strstr(f.peers[1].last.data, "\"cause\":[{"));
  hub_expect(&f, "A chunk 7: none .\nB chunk 7: none .\nA chunk 7: 1 .\nB chunk 7: 1 .\nB ok 8\n"
                 "A ahead 8: 1, had 0\nB ahead 9: 1, had 0\n");
}

/* WIRE-01 */
static void test_a_ping_is_answered_at_once(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_frame(&f, 'A', "{\"_tag\":\"Ping\"}");
  hub_expect(&f, "A pong\n");
  assert_string_equal(f.peers[0].last.data, "{\"_tag\":\"Pong\"}");
}

static void test_a_peer_that_asks_for_limits_gets_larger_chunks(void **state) {
  (void)state;
  fill("s", 1500);
  hub_join(&f, 'A', "s");
  hub_frame(&f, 'A', "{\"_tag\":\"Ping\",\"limits\":true}");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A pong 1000 3000000\nA chunk 0: 1-1000 +500\nA chunk 0: 1001-1500 .\n");
  hub_push(&f, 'A', 1, 1500, 300);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: 1501-1800 .\nA ok 1\n");
}

static void test_a_broadcast_is_cut_into_chunks_for_those_who_want_them_small(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_push(&f, 'A', 1, 0, 70);
  hub_push(&f, 'A', 2, 70, 180);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: none .\nA chunk 0: 1-100 .\nA chunk 0: 101-200 .\nA chunk 0: 201-250 .\nA ok 1\nA ok 2\n");
}

static void test_a_frame_may_be_an_array(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_frame(&f, 'A',
            "[{\"_tag\":\"Ping\"},{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{"
            "\"storeId\":\"s\",\"live\":true,\"cursor\":{\"_tag\":\"None\"}}},{\"_tag\":\"Eof\"},"
            "{\"_tag\":\"Ack\",\"requestId\":\"1\"}]");
  hub_expect(&f, "A pong\nA chunk 1: none .\n");
}

/* WIRE-13 */
static void test_an_unknown_tag_is_a_defect(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_frame(&f, 'A', "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Fly\",\"payload\":{}}");
  hub_frame(&f, 'A', "{\"_tag\":\"Request\",\"id\":1,\"tag\":\"SyncWsRpc.Fly\",\"payload\":{}}");
  hub_expect(&f, "A defect: unknown request tag: SyncWsRpc.Fly\nA die 1: unknown request tag: SyncWsRpc.Fly\n");
}

/* WIRE-14 */
static void test_what_is_no_message_is_a_defect_which_ends_its_pulls(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: none .\n");
  f.quiet = true;
  hub_frame(&f, 'A', "{\"_tag\":");
  f.quiet = false;
  assert_non_null(strstr(f.peers[0].last.data, "{\"_tag\":\"Defect\""));
  hub_push(&f, 'A', 1, 0, 1);
  hub_commit(&f);
  hub_expect(&f, "A ok 1\n");
}

static void test_a_payload_that_does_not_fit_is_a_defect_of_its_request(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  f.quiet = true;
  hub_frame(&f, 'A', "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":4}}");
  f.quiet = false;
  assert_non_null(strstr(f.peers[0].last.data, "\"requestId\":\"1\""));
  assert_non_null(strstr(f.peers[0].last.data, "\"_tag\":\"Die\""));
}

static void test_an_id_that_is_in_use_closes_the_connection(void **state) {
  (void)state;
  hub_join(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_pull(&f, 'A', 0, -1);
  hub_frame(&f, 'A', "{\"_tag\":\"Ping\"}");
  hub_expect(&f, "A chunk 0: none .\nA closed: a request with the id of one that is still open\n");
}

static void test_a_peer_does_what_it_is_granted(void **state) {
  (void)state;
  hub_join_with(&f, 'A', "s", LS_WIRE_WEBSOCKET, (ls_grant){.read = true});
  hub_join_with(&f, 'B', "s", LS_WIRE_HTTP, (ls_grant){.write = true});
  hub_pull(&f, 'A', 0, -1);
  hub_push(&f, 'A', 1, 0, 1);
  hub_pull(&f, 'B', 2, -1);
  hub_push(&f, 'B', 3, 0, 1);
  hub_commit(&f);
  hub_expect(&f, "A chunk 0: none .\nA refused 1: this connection may not write to store s\n"
                 "B [refused 2: this connection may not read store s]\nA chunk 0: 1 .\nB [ok 3]\n");
}

/* WIRE-20 */
static void test_http_gets_one_array_for_each_frame(void **state) {
  (void)state;
  fill("s", 150);
  hub_join_http(&f, 'A', "s");
  hub_frame(&f, 'A',
            "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncHttpRpc.Ping\",\"payload\":{\"storeId\":\"s\"}}");
  assert_non_null(strstr(f.peers[0].last.data, "[{\"_tag\":\"Exit\",\"requestId\":\"1\""));
  assert_non_null(strstr(f.peers[0].last.data, "SyncMessage.Pong"));
  hub_pull(&f, 'A', 2, -1);
  hub_pull(&f, 'A', 3, 150);
  hub_expect(&f, "A [ok 1]\nA [chunk 2: 1-100 +50; chunk 2: 101-150 .; ok 2]\nA [chunk 3: none .; ok 3]\n");
  hub_push(&f, 'A', 4, 150, 1);
  hub_expect(&f, "");
  hub_commit(&f);
  hub_push(&f, 'A', 5, 150, 1);
  hub_frame(&f, 'A', "{\"_tag\":\"Ack\",\"requestId\":\"1\"}");
  hub_expect(&f, "A [ok 4]\nA [ahead 5: 151, had 150]\nA []\n");
}

static void test_http_that_asks_twice_in_one_frame_gets_both_answers_in_one(void **state) {
  (void)state;
  hub_join_http(&f, 'A', "s");
  hub_frame(
      &f, 'A',
      "[{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncHttpRpc.Push\",\"payload\":{\"storeId\":\"s\",\"batch\":[{"
      "\"name\":\"n\",\"args\":{},\"seqNum\":5,\"parentSeqNum\":4,\"clientId\":\"c\",\"sessionId\":\"s\"}],"
      "\"backendId\":{\"_tag\":\"None\"}}},"
      "{\"_tag\":\"Request\",\"id\":\"2\",\"tag\":\"SyncHttpRpc.Pull\",\"payload\":{\"storeId\":\"s\","
      "\"cursor\":{\"_tag\":\"None\"}}}]");
  hub_expect(&f, "A [ahead 1: 0, had 4; chunk 2: none .; ok 2]\n");
}

static void test_a_store_that_cannot_be_read_closes_live_pulls_and_fails_others(void **state) {
  (void)state;
  fill("s", 3);
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_memory_fault(f.memory)->read = LS_EIO;
  hub_pull(&f, 'A', 0, -1);
  hub_memory_fault(f.memory)->read = LS_EIO;
  hub_pull_once(&f, 'B', 0, -1);
  hub_pull_once(&f, 'B', 1, -1);
  hub_expect(&f, "A closed: the server cannot read or write its files; its log says why\nB error 0: the server cannot "
                 "read or write its files; its log says why\nB chunk 1: 1-3 .\nB ok 1\n");
  assert_int_equal(f.problems, 2);
}

static void test_store_ids_are_checked(void **state) {
  (void)state;
  static const char *const bad[] = {"", "a b", "a/b", "..", "a\n", "\xc3\xa4"};
  char id[131];
  ls_peer *peer;
  ls_error err;
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    assert_int_equal(ls_peer_new(&peer, f.hub, bad[i], LS_WIRE_WEBSOCKET, (ls_grant){0}, NULL, &err), LS_EARGS);
  }
  memset(id, 'x', sizeof id);
  id[129] = '\0';
  assert_false(ls_store_id_valid(id));
  id[128] = '\0';
  assert_true(ls_store_id_valid(id));
  assert_true(ls_store_id_valid("Az09_-"));
}

static void test_rooms_that_nobody_is_in_are_forgotten_in_the_end(void **state) {
  (void)state;
  ls_hub_stats stats;
  ls_peer *peer;
  char id[20];
  for (int i = 0; i < 60; i++) {
    snprintf(id, sizeof id, "store%d", i);
    assert_int_equal(ls_peer_new(&peer, f.hub, id, LS_WIRE_WEBSOCKET, (ls_grant){0}, NULL, NULL), LS_OK);
    ls_peer_free(peer);
  }
  ls_hub_stats_get(&stats, f.hub);
  assert_int_equal(stats.stores, 60);
  assert_int_equal(stats.peers, 0);
}

static void test_statistics_count_what_happened(void **state) {
  (void)state;
  ls_hub_stats stats;
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_pull(&f, 'B', 0, -1);
  hub_push(&f, 'A', 1, 0, 3);
  hub_push(&f, 'B', 1, 0, 1);
  hub_commit(&f);
  hub_part(&f, 'B');
  ls_hub_stats_get(&stats, f.hub);
  assert_int_equal(stats.peers, 1);
  assert_int_equal(stats.pulls, 1);
  assert_int_equal(stats.stores, 1);
  assert_int_equal(stats.pushes, 1);
  assert_int_equal(stats.refused, 1);
  assert_int_equal(stats.events, 3);
  assert_int_equal(stats.chunks, 4);
  assert_int_equal(stats.broadcasts, 1);
  assert_int_equal(stats.commits, 1);
  assert_int_equal(stats.frames_in, 4);
  assert_true(stats.bytes_in > 0 && stats.bytes_out > 0);
}

#define HUB_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      HUB_TEST(test_an_empty_store_gives_one_empty_chunk),
      HUB_TEST(test_a_push_is_given_to_all_and_answered_when_durable),
      HUB_TEST(test_a_backlog_comes_in_pages_that_say_how_much_remains),
      HUB_TEST(test_a_backlog_that_fills_its_pages_ends_without_an_empty_one),
      HUB_TEST(test_numbers_with_holes_are_taken_and_counted),
      HUB_TEST(test_a_cursor_beyond_the_head_gets_only_what_lies_behind_it),
      HUB_TEST(test_another_backend_is_refused),
      HUB_TEST(test_a_live_pull_gets_later_events_one_commit_after_the_other),
      HUB_TEST(test_stores_know_nothing_of_each_other),
      HUB_TEST(test_a_request_for_another_store_is_refused),
      HUB_TEST(test_an_interrupted_pull_gets_no_more),
      HUB_TEST(test_two_pulls_of_one_connection_are_served_both),
      HUB_TEST(test_a_peer_is_answered_in_the_dialect_that_it_asks_in),
      HUB_TEST(test_a_ping_is_answered_at_once),
      HUB_TEST(test_a_peer_that_asks_for_limits_gets_larger_chunks),
      HUB_TEST(test_a_broadcast_is_cut_into_chunks_for_those_who_want_them_small),
      HUB_TEST(test_a_frame_may_be_an_array),
      HUB_TEST(test_an_unknown_tag_is_a_defect),
      HUB_TEST(test_what_is_no_message_is_a_defect_which_ends_its_pulls),
      HUB_TEST(test_a_payload_that_does_not_fit_is_a_defect_of_its_request),
      HUB_TEST(test_an_id_that_is_in_use_closes_the_connection),
      HUB_TEST(test_a_peer_does_what_it_is_granted),
      HUB_TEST(test_http_gets_one_array_for_each_frame),
      HUB_TEST(test_http_that_asks_twice_in_one_frame_gets_both_answers_in_one),
      HUB_TEST(test_a_store_that_cannot_be_read_closes_live_pulls_and_fails_others),
      HUB_TEST(test_store_ids_are_checked),
      HUB_TEST(test_rooms_that_nobody_is_in_are_forgotten_in_the_end),
      HUB_TEST(test_statistics_count_what_happened),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
