/* Pulls under way: how far a peer is run ahead of, and that nothing is lost or doubled where a backlog meets what is
 * pushed meanwhile. The fixture fails a test in which a pull gives an event twice or leaves one out. See hub_fixture.h for
 * how to read the transcripts. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/hub_fixture.h"

static hub_fixture f;

static void init(ls_hub_limits limits) { hub_fixture_init(&f, NULL, &limits); }

static int teardown(void **state) {
  (void)state;
  hub_fixture_fini(&f);
  return 0;
}

/* Chunks to this peer are as small as the hub's limits say. */
static hub_peer *join_asking(char letter) {
  hub_peer *peer = hub_join(&f, letter, "s");
  hub_frame(&f, letter, "{\"_tag\":\"Ping\",\"limits\":true}");
  ls_bytes_clear(&f.trace);
  return peer;
}

static uint64_t behind(void) {
  ls_hub_stats stats;
  ls_hub_stats_get(&stats, f.hub);
  return stats.behind;
}

static void test_a_backlog_stops_for_a_slow_peer(void **state) {
  (void)state;
  init((ls_hub_limits){.chunk_events = 2, .queue_bytes = 1});
  hub_memory_append(f.memory, "s", 7);
  join_asking('A')->slow = true;
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: 1-2 +5\n");
  hub_drain(&f, 'A');
  hub_expect(&f, "A chunk 0: 3-4 +3\n");
  hub_drain(&f, 'A');
  hub_drain(&f, 'A');
  hub_drain(&f, 'A');
  hub_expect(&f, "A chunk 0: 5-6 +1\nA chunk 0: 7 .\n");
}

static void test_a_slow_peer_does_not_hold_up_others_and_is_caught_up(void **state) {
  (void)state;
  init((ls_hub_limits){.queue_bytes = 3000});
  hub_peer *slow = hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  slow->slow = true;
  hub_pull(&f, 'A', 0, -1);
  hub_pull(&f, 'B', 0, -1);
  f.quiet = true;
  for (int i = 0; i < 300; i++) {
    hub_push(&f, 'B', i + 1, i, 1);
    hub_commit(&f);
  }
  f.quiet = false;
  assert_int_equal(f.peers[1].seen, 300);
  assert_true(slow->seen < 20);
  assert_true(slow->queued < 4000);
  assert_int_equal(behind(), 1);
  slow->slow = false;
  int64_t seen = slow->seen;
  hub_drain(&f, 'A');
  assert_int_equal(slow->seen, 300);
  assert_true(300 - seen > 200); /* in pages, not one by one */
  ls_bytes_clear(&f.trace);
  hub_push(&f, 'B', 1, 300, 1);
  hub_commit(&f);
  hub_expect(&f, "B chunk 0: 301 .\nA chunk 0: 301 .\nB ok 1\n");
}

static void test_a_peer_that_sends_acks_is_waited_for(void **state) {
  (void)state;
  init((ls_hub_limits){.chunk_events = 1, .window = 2});
  hub_memory_append(f.memory, "s", 6);
  join_asking('A');
  hub_ack(&f, 'A', 77);
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: 1 +5\nA chunk 0: 2 +4\n");
  hub_ack(&f, 'A', 0);
  hub_expect(&f, "A chunk 0: 3 +3\n");
  hub_frame(&f, 'A', "{\"_tag\":\"Ping\"}");
  hub_expect(&f, "A pong\nA chunk 0: 4 +2\nA chunk 0: 5 +1\n");
  hub_ack(&f, 'A', 0);
  hub_expect(&f, "A chunk 0: 6 .\n");
  hub_push(&f, 'A', 1, 6, 1);
  hub_commit(&f);
  hub_expect(&f, "A ok 1\n");
  assert_int_equal(behind(), 1);
  hub_ack(&f, 'A', 0);
  hub_expect(&f, "A chunk 0: 7 .\n");
}

static void test_a_peer_that_never_sent_an_ack_is_not_waited_for(void **state) {
  (void)state;
  init((ls_hub_limits){.chunk_events = 1, .window = 2});
  hub_memory_append(f.memory, "s", 4);
  join_asking('A');
  hub_pull_once(&f, 'A', 0, -1);
  hub_expect(&f, "A chunk 0: 1 +3\nA chunk 0: 2 +2\nA chunk 0: 3 +1\nA chunk 0: 4 .\nA ok 0\n");
}

/* SP-09, SP-10; and an event that is larger than a chunk may be gets one for itself. */
static void test_chunks_are_bounded_in_bytes(void **state) {
  static const int sizes[] = {100, 100, 3000, 100, 100, 900, 900};
  char args[3001];
  (void)state;
  init((ls_hub_limits){.chunk_bytes = 1500, .event_bytes = 4000});
  join_asking('A');
  hub_pull(&f, 'A', 0, -1);
  memset(args, 'x', sizeof args);
  for (int i = 0; i < 7; i++) {
    hub_frame(
        &f, 'A',
        "{\"_tag\":\"Request\",\"id\":\"%d\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"s\",\"batch\":[{"
        "\"name\":\"n\",\"args\":\"%.*s\",\"seqNum\":%d,\"parentSeqNum\":%d,\"clientId\":\"c\",\"sessionId\":\"s\"}]"
        ",\"backendId\":{\"_tag\":\"None\"}}}",
        i + 1, sizes[i], args, i + 1, i);
  }
  hub_commit(&f);
  hub_expect(&f,
             "A chunk 0: none .\nA chunk 0: 1-2 .\nA chunk 0: 3 .\nA chunk 0: 4-5 .\nA chunk 0: 6 .\nA chunk 0: 7 .\n"
             "A ok 1\nA ok 2\nA ok 3\nA ok 4\nA ok 5\nA ok 6\nA ok 7\n");
  hub_pull_once(&f, 'A', 9, -1);
  hub_expect(&f, "A chunk 9: 1-2 +5\nA chunk 9: 3 +4\nA chunk 9: 4-5 +2\nA chunk 9: 6 +1\nA chunk 9: 7 .\nA ok 9\n");
}

static void test_an_answer_over_http_is_bounded_and_says_that_more_remains(void **state) {
  (void)state;
  init((ls_hub_limits){.reply_bytes = 30000});
  hub_memory_append(f.memory, "s", 1000);
  hub_join_http(&f, 'A', "s");
  hub_pull(&f, 'A', 0, -1);
  hub_expect(&f, "A [chunk 0: 1-100 +900; chunk 0: 101-200 +800; ok 0]\n");
  hub_pull(&f, 'A', 1, 900);
  hub_expect(&f, "A [chunk 1: 901-1000 .; ok 1]\n");
}

/* ---------------------------------------------------------------------------------------------- */
/* A backlog of six chunks, taken one by one, with pushes and the steps of their commits between them. */

typedef enum step { BEFORE, PUSHED, COMMITTING, DURABLE, DONE } step; /* of what happens beside the backlog */

static void advance(step *at, int64_t *head) {
  switch (*at) {
    case BEFORE:
      hub_push(&f, 'B', 1, *head, 3);
      f.due = false;
      break;
    case PUSHED: assert_true(ls_hub_commit_begin(f.hub)); break;
    case COMMITTING: assert_int_equal(f.backend.sync(f.backend.self, NULL), LS_OK); break;
    case DURABLE:
      ls_hub_commit_end(f.hub, LS_OK, NULL);
      *head += 3;
      break;
    case DONE: return;
  }
  ++*at;
}

/* `moments`: before which chunk each of the four steps is made; 7 is after all. */
static void run(const int moments[4], bool slow) {
  int64_t head = 12;
  step at = BEFORE;
  init((ls_hub_limits){.chunk_events = 2, .queue_bytes = 1});
  f.quiet = true;
  hub_memory_append(f.memory, "s", 12);
  hub_join(&f, 'B', "s");
  hub_peer *a = join_asking('A');
  a->slow = true;
  for (int chunk = 0; chunk <= 7; chunk++) {
    while (at < DONE && moments[at] == chunk) advance(&at, &head);
    if (chunk == 0)
      hub_pull(&f, 'A', 0, -1);
    else
      hub_drain(&f, 'A');
  }
  assert_int_equal(at, DONE);
  a->slow = slow;
  for (int i = 0; i < 4; i++) hub_drain(&f, 'A');
  assert_int_equal(a->seen, 15);
  assert_int_equal(a->events, 15);
  a->slow = false;
  hub_drain(&f, 'A');
  hub_push(&f, 'B', 2, head, 1);
  hub_commit(&f);
  assert_int_equal(a->seen, 16);
  hub_fixture_fini(&f);
}

static void test_a_push_at_each_point_of_a_backlog_is_given_once(void **state) {
  int runs = 0;
  (void)state;
  for (int push = 0; push <= 7; push++) {
    for (int begin = push; begin <= 7; begin++) {
      for (int sync = begin; sync <= 7; sync++) {
        for (int end = sync; end <= 7; end++, runs++) {
          run((int[]){push, begin, sync, end}, false);
          run((int[]){push, begin, sync, end}, true);
        }
      }
    }
  }
  print_message("%d orders\n", runs * 2);
}

/* What is durable already, but not announced yet, is read by a pull that begins now; it is not given again. */
static void test_a_pull_that_begins_between_sync_and_announcement_gets_events_once(void **state) {
  (void)state;
  init((ls_hub_limits){0});
  hub_join(&f, 'A', "s");
  hub_join(&f, 'B', "s");
  hub_push(&f, 'A', 1, 0, 2);
  assert_true(ls_hub_commit_begin(f.hub));
  assert_int_equal(f.backend.sync(f.backend.self, NULL), LS_OK);
  hub_pull(&f, 'B', 0, -1);
  ls_hub_commit_end(f.hub, LS_OK, NULL);
  f.due = false;
  hub_push(&f, 'A', 2, 2, 1);
  hub_commit(&f);
  hub_expect(&f, "B chunk 0: 1-2 .\nA ok 1\nB chunk 0: 3 .\nA ok 2\n");
}

#define HUB_TEST(test) cmocka_unit_test_teardown(test, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      HUB_TEST(test_a_backlog_stops_for_a_slow_peer),
      HUB_TEST(test_a_slow_peer_does_not_hold_up_others_and_is_caught_up),
      HUB_TEST(test_a_peer_that_sends_acks_is_waited_for),
      HUB_TEST(test_a_peer_that_never_sent_an_ack_is_not_waited_for),
      HUB_TEST(test_chunks_are_bounded_in_bytes),
      HUB_TEST(test_an_answer_over_http_is_bounded_and_says_that_more_remains),
      cmocka_unit_test(test_a_push_at_each_point_of_a_backlog_is_given_once),
      HUB_TEST(test_a_pull_that_begins_between_sync_and_announcement_gets_events_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
