/* Memory runs out in the server at each point of a short life: connections may be closed and pushes fail, but what was
 * answered with ok is kept, nothing leaks, and the server goes on. The backend is in memory and does not fail. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "support/hub_fixture.h"

static hub_fixture f;

static bool here(char letter) { return f.peers[letter - 'A'].peer && !f.peers[letter - 'A'].closed; }

static void join_if_possible(char letter, ls_wire_transport transport) {
  hub_peer *peer = &f.peers[letter - 'A'];
  *peer = (hub_peer){.fixture = &f, .letter = letter, .transport = transport, .store_id = "s"};
  ls_error err = {0};
  int rc = ls_peer_new(&peer->peer, f.hub, "s", transport, (ls_grant){true, true}, peer, &err);
  if (rc) assert_code(rc, LS_ENOMEM, &err);
}

static const char PULL[] =
    "{\"_tag\":\"Request\",\"id\":\"0\",\"tag\":\"Sync%sRpc.Pull\",\"payload\":{\"storeId\":\"s\","
    "\"live\":true,\"cursor\":{\"_tag\":\"None\"}}}";
static const char PUSH[] =
    "{\"_tag\":\"Request\",\"id\":\"%d\",\"tag\":\"Sync%sRpc.Push\",\"payload\":{\"storeId\":\"s\","
    "\"batch\":[{\"name\":\"n\",\"args\":{\"a\":[1,2]},\"seqNum\":%d,\"parentSeqNum\":%d,"
    "\"clientId\":\"c\",\"sessionId\":\"s\"}],\"backendId\":{\"_tag\":\"None\"}}}";

static void live(void) {
  join_if_possible('A', LS_WIRE_WEBSOCKET);
  join_if_possible('B', LS_WIRE_HTTP);
  join_if_possible('C', LS_WIRE_WEBSOCKET);
  if (here('A')) hub_frame(&f, 'A', PULL, "Ws");
  if (here('A')) hub_frame(&f, 'A', PUSH, 1, "Ws", 4, 3);
  bool begun = ls_hub_commit_begin(f.hub);
  if (here('C')) hub_frame(&f, 'C', PUSH, 1, "Ws", 5, 4);
  if (here('B')) hub_frame(&f, 'B', PULL, "Http");
  if (begun) {
    assert_int_equal(f.backend.sync(f.backend.self, NULL), LS_OK);
    f.due = false;
    ls_hub_commit_end(f.hub, LS_OK, NULL);
  }
  hub_commit(&f);
}

/* The reader and the transcript of the test itself must not fail: they have their memory beforehand. */
static bool run_once(long k, bool sticky) {
  hub_fixture_init(&f, NULL, NULL);
  f.raw = true;
  hub_memory_append(f.memory, "s", 3);
  fault_alloc_arm(k, sticky);
  live();
  bool failed = fault_alloc_disarm();
  size_t oks = f.oks;
  ls_backend_head head;
  assert_int_equal(f.backend.head(f.backend.self, &head, "s", NULL), LS_OK);
  if (head.head < 3 + (int64_t)oks)
    fail_msg("at %ld: %zu pushes were taken, and the head is e%lld", k, oks, (long long)head.head);
  if (!failed) assert_int_equal(oks, 2);
  f.raw = false;
  hub_join(&f, 'D', "s");
  hub_pull(&f, 'D', 0, -1);
  hub_push(&f, 'D', 1, head.head, 1);
  hub_commit(&f);
  assert_int_equal(f.peers['D' - 'A'].seen, head.head + 1);
  hub_fixture_fini(&f);
  return failed;
}

static void sweep(bool sticky) {
  long k = 1;
  while (run_once(k, sticky)) k++;
  print_message("%ld allocations\n", k - 1);
  assert_true(k > 20);
}

static void test_one_allocation_fails(void **state) {
  (void)state;
  sweep(false);
}

static void test_all_allocations_fail_from_one_on(void **state) {
  (void)state;
  sweep(true);
}

int main(void) {
  fault_alloc_install();
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_one_allocation_fails),
      cmocka_unit_test(test_all_allocations_fail_from_one_on),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
