/* The client against a server that takes and gives as it should, but drops connections, forgets answers, says nonsense and
 * loses its data; over a link and a program that fail; with memory that runs out. What always holds is checked at each
 * step (some of it by client_fake). In the end all faults stop, and both ends must become equal, with each event of the
 * client on the server once.
 *   LS_SEEDS  how many runs (2,000; 100,000 with SOAK in the environment)
 *   LS_SEED   the first, to repeat one */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "support/client_fake.h"
#include "support/cmocka_all.h"
#include "support/random.h"

#define SERVER_EVENTS 20000

typedef struct peer {
  client_fake fake;
  random_source random;
  uint64_t seed;
  bool http, faulty;
  int labels[SERVER_EVENTS + 1]; /* of the event at each number; 0: another client's */
  int64_t head, sent_to;         /* sent_to: what the live pull has brought */
  int backend;                   /* its id is B<backend> */
  bool started;
} peer;

static long fault_in; /* allocations until the one that fails; 0: none */
static bool fault_fired;

static int fault(void) {
  if (fault_in == 0 || --fault_in > 0) return 0;
  fault_fired = true;
  return 1;
}

static uint32_t below(peer *p, uint32_t n) { return random_below(&p->random, n); }

/* ---------------------------------------------------------------------------------------------- */
/* After each step */

static void check(peer *p, uint64_t sends_before) {
  const ls_client_status *status = ls_client_status_get(p->fake.client);
  int64_t deadline = ls_client_deadline_ms(p->fake.client);
  bool linked =
      status->phase == LS_CLIENT_CONNECTING || status->phase == LS_CLIENT_PULLING || status->phase == LS_CLIENT_LIVE;
  assert_true(p->fake.sends - sends_before <= 12);
  assert_int_equal(linked, p->fake.linked);
  if (linked || status->phase == LS_CLIENT_WAITING)
    assert_true(deadline < INT64_MAX);
  else
    assert_true(deadline == INT64_MAX || deadline == 0);
  if (status->phase == LS_CLIENT_WAITING) assert_true(status->next_try_ms <= p->fake.now_ms + 36000);
  if (status->phase == LS_CLIENT_FAILED) assert_int_not_equal(status->error.code, 0);
}

/* A tick leaves nothing that is due, but for what the program has committed or set aside inside. */
static void tick(peer *p) {
  uint64_t sends = p->fake.sends;
  int ticks = 0;
  do {
    assert_true(ticks++ < 5);
    ls_client_tick(p->fake.client, p->fake.now_ms);
  } while (ls_client_deadline_ms(p->fake.client) <= p->fake.now_ms);
  check(p, sends);
}

static void give(peer *p, const char *frame, size_t size) {
  uint64_t sends = p->fake.sends;
  ls_client_frame(p->fake.client, frame, size, p->fake.now_ms);
  check(p, sends);
}

static void give_bytes(peer *p, ls_bytes *frame) {
  assert_true(ls_bytes_ok(frame));
  give(p, frame->data, frame->size);
  ls_bytes_fini(frame);
}

/* ---------------------------------------------------------------------------------------------- */
/* The server */

static const char *backend_name(const peer *p) {
  static char name[20];
  snprintf(name, sizeof name, "B%d", p->backend);
  return name;
}

/* The server's own memory never runs out. */
static long hold_faults(void) {
  long armed = fault_in;
  fault_in = 0;
  return armed;
}

/* The next events of one author, at most 7. */
static int64_t run_end(const peer *p, int64_t from) {
  int64_t to = from;
  while (to < p->head && to - from < 6 && (p->labels[to + 1] != 0) == (p->labels[from] != 0)) to++;
  return to;
}

static void write_next(peer *p, ls_bytes *frame) {
  client_fake_chunk chunk = {.id = p->fake.pull_id, .first = 1, .parent = -1, .backend_id = backend_name(p)};
  chunk.dialect = (ls_dialect)below(p, 2);
  if (p->sent_to < p->head) {
    chunk.first = p->sent_to + 1;
    chunk.last = run_end(p, chunk.first);
    chunk.mine = p->labels[chunk.first] != 0;
    p->sent_to = chunk.last;
  }
  if (p->sent_to < p->head) {
    chunk.info = LS_PAGE_MORE;
    chunk.remaining = p->head - p->sent_to;
  }
  if (p->faulty && chunk.first > 1 && below(p, 10) == 0) { /* overlap */
    chunk.first--;
    chunk.mine = false;
    if (chunk.last > chunk.first) p->sent_to = chunk.last = chunk.first;
  }
  client_fake_write_chunk(frame, &p->fake, &chunk);
}

/* Each request's answer is one frame over HTTP: an array. */
static void finish(peer *p, ls_bytes *frame, long armed) {
  if (p->http) ls_bytes_byte(frame, ']');
  fault_in = armed;
  give_bytes(p, frame);
}

static void answer_pull(peer *p) {
  long armed = hold_faults();
  ls_bytes frame = {0};
  if (p->http) ls_bytes_byte(&frame, '[');
  if (p->fake.pull_cursor > p->head) { /* it has lost events that the client knows of */
    p->sent_to = p->head;
  }
  write_next(p, &frame);
  if (p->http) {
    ls_bytes_byte(&frame, ',');
    ls_wire_write_success(&frame, LS_DIALECT_STRINGS, p->fake.pull_id, LS_SUCCESS_PULL);
    p->fake.pulling = false;
  }
  finish(p, &frame, armed);
}

static bool takes_push(peer *p) {
  if (p->fake.push_parent != p->head || p->head + (int64_t)p->fake.push_events > SERVER_EVENTS) return false;
  for (size_t i = 0; i < p->fake.n_pending; i++) {
    int64_t seq = p->fake.pending[i].seq;
    if (seq >= p->fake.push_first && seq <= p->fake.push_last) p->labels[seq] = p->fake.pending[i].label;
  }
  p->head = p->fake.push_last;
  return true;
}

/* The events of the push are looked up in what is pending: only while they have the numbers that were sent. */
static bool push_is_as_sent(const peer *p) {
  for (size_t i = 0; i < p->fake.n_pending; i++) {
    if (p->fake.pending[i].seq == p->fake.push_first) return p->fake.pending[i].parent == p->fake.push_parent;
  }
  return false;
}

static void write_push_answer(peer *p, ls_bytes *frame) {
  ls_failure failure = {.message = "no"};
  uint32_t luck = p->faulty ? below(p, 20) : 19;
  ls_dialect dialect = (ls_dialect)below(p, 2);
  if (luck == 0) {
    failure.kind = LS_FAILURE_UNKNOWN;
  } else if (luck == 1) {
    failure.kind = LS_FAILURE_UNKNOWN;
    failure.permanent = true;
    failure.refused = p->fake.push_first + below(p, (uint32_t)p->fake.push_events + 1) - 1;
  } else if (push_is_as_sent(p) && takes_push(p)) {
    ls_wire_write_success(frame, dialect, p->fake.push_id, LS_SUCCESS_PUSH);
    return;
  } else {
    failure.kind = LS_FAILURE_SERVER_AHEAD;
    failure.minimum_expected = p->head;
    failure.provided = p->fake.push_parent;
  }
  ls_wire_write_failure(frame, dialect, p->fake.push_id, &failure);
}

static void answer_push(peer *p) {
  long armed = hold_faults();
  ls_bytes frame = {0};
  if (p->http) ls_bytes_byte(&frame, '[');
  write_push_answer(p, &frame);
  p->fake.pushing = false;
  finish(p, &frame, armed);
}

/* It takes the push, and the answer never arrives. */
static void lose_push_answer(peer *p) {
  if (push_is_as_sent(p)) takes_push(p);
  p->fake.linked = p->fake.open = p->fake.pulling = p->fake.pushing = false;
  ls_client_closed(p->fake.client, NULL, p->fake.now_ms);
}

static void answer_ping(peer *p) {
  static const char RPC[] = "[{\"_tag\":\"Exit\",\"requestId\":\"%llu\",\"exit\":{\"_tag\":\"Success\",\"value\":"
                            "{\"_tag\":\"SyncMessage.Pong\"}}}]";
  char frame[200];
  snprintf(frame, sizeof frame, RPC, (unsigned long long)p->fake.ping_id);
  if (!p->http) snprintf(frame, sizeof frame, "{\"_tag\":\"Pong\"}");
  p->fake.pinging = false;
  give(p, frame, strlen(frame));
}

/* What it owes. */
static void serve(peer *p) {
  if (!p->fake.open) return;
  if (p->fake.pushing && below(p, 2))
    answer_push(p);
  else if (p->fake.pulling)
    answer_pull(p);
  else if (p->fake.pushing)
    answer_push(p);
  else if (p->fake.pinging)
    answer_ping(p);
}

static void nonsense(peer *p) {
  static const char *const FRAMES[] = {
      "",
      "{",
      "[]",
      "[[]]",
      "null",
      "7",
      "{\"_tag\":\"Chunk\"}",
      "{\"_tag\":\"Exit\",\"requestId\":\"0\"}",
      "{\"_tag\":\"Exit\",\"requestId\":\"999999\",\"exit\":{\"_tag\":\"Success\",\"value\":null}}",
      "{\"_tag\":\"Defect\",\"defect\":\"x\"}",
      "{\"_tag\":\"Pong\",\"limits\":{\"events\":3,\"bytes\":1}}",
      "{\"_tag\":\"Pong\",\"limits\":{\"events\":-3,\"bytes\":9e99}}",
      "{\"_tag\":\"Ping\"}",
      "{\"_tag\":\"Chunk\",\"requestId\":\"999999\",\"values\":[]}",
      "\xff\xfe",
      "{\"_tag\":\"Pong\"} x",
  };
  const char *frame = FRAMES[below(p, sizeof FRAMES / sizeof FRAMES[0])];
  give(p, frame, strlen(frame));
}

/* A chunk with a gap, or cut off. */
static void broken_chunk(peer *p) {
  long armed = hold_faults();
  ls_bytes frame = {0};
  client_fake_chunk chunk = {.id = p->fake.pull_id, .parent = -1, .backend_id = backend_name(p)};
  bool cut = below(p, 2);
  chunk.first = chunk.last = p->fake.head + (cut ? 1 : 5);
  client_fake_write_chunk(&frame, &p->fake, &chunk);
  if (cut) frame.size = below(p, (uint32_t)frame.size);
  fault_in = armed;
  give_bytes(p, &frame);
}

/* It loses its data, and says so by another id. */
static void reset_server(peer *p) {
  memset(p->labels, 0, sizeof p->labels);
  p->head = p->sent_to = 0;
  p->backend++;
  if (!p->fake.linked) return;
  p->fake.linked = p->fake.open = p->fake.pulling = p->fake.pushing = p->fake.pinging = false;
  ls_client_closed(p->fake.client, NULL, p->fake.now_ms);
}

/* ---------------------------------------------------------------------------------------------- */
/* The link and the program */

static void open_link(peer *p) {
  uint64_t sends = p->fake.sends;
  p->fake.open = true;
  ls_client_opened(p->fake.client, p->fake.now_ms);
  check(p, sends);
}

static void close_link(peer *p) {
  ls_error why = {.code = below(p, 30) ? LS_EOFFLINE : LS_EACCESS};
  if (!p->fake.linked) return;
  p->fake.linked = p->fake.open = p->fake.pulling = p->fake.pushing = p->fake.pinging = false;
  ls_client_closed(p->fake.client, below(p, 2) ? &why : NULL, p->fake.now_ms);
  check(p, p->fake.sends);
}

static void answer_mismatch(peer *p) {
  ls_failure failure = {.kind = LS_FAILURE_BACKEND_ID, .expected = backend_name(p), .received = "B?"};
  long armed = hold_faults();
  ls_bytes frame = {0};
  if (p->http) ls_bytes_byte(&frame, '[');
  ls_wire_write_failure(&frame, LS_DIALECT_STRINGS, p->fake.pull_id, &failure);
  p->fake.pulling = false;
  finish(p, &frame, armed);
}

/* When a pull is first answered, it is known from where. A cursor of another log is refused. */
static void begin_pull(peer *p) {
  if (!p->fake.pulling || p->fake.pull_seen) return;
  p->fake.pull_seen = true;
  p->sent_to = p->fake.pull_cursor > 0 ? p->fake.pull_cursor : 0;
  if (p->fake.pull_cursor > 0 && strcmp(p->fake.backend_id, backend_name(p)) != 0) answer_mismatch(p);
}

static void trouble(peer *p) {
  static const int CODES[] = {LS_EIO, LS_ENOMEM, LS_EFULL, LS_EOFFLINE};
  switch (below(p, 9)) {
    case 0: close_link(p); break;
    case 1:
      if (p->fake.open) nonsense(p);
      break;
    case 2:
      if (p->fake.open && p->fake.pulling) broken_chunk(p);
      break;
    case 3:
      if (p->fake.open && p->fake.pushing) lose_push_answer(p);
      break;
    case 4: p->fake.fails[below(p, FAKE_SLOTS)] = CODES[below(p, 4)]; break;
    case 5: fault_in = 1 + below(p, 30); break;
    case 6: p->fake.commit_in_merge = (int)below(p, 3); break;
    case 7: p->fake.now_ms += below(p, 60000); break;
    default:
      if (below(p, 30) == 0)
        reset_server(p);
      else if (below(p, 4) == 0)
        ls_client_stop(p->fake.client, p->fake.now_ms);
  }
}

static void work(peer *p) {
  switch (below(p, 10)) {
    case 0: client_fake_commit(&p->fake, (int)below(p, 5), 0); break;
    case 1:
      if (p->head < SERVER_EVENTS - 10) p->head += below(p, 4);
      break;
    case 2: trouble(p);
  }
}

static void step(peer *p) {
  ls_client_phase phase = ls_client_status_get(p->fake.client)->phase;
  if (phase == LS_CLIENT_IDLE || phase == LS_CLIENT_FAILED) ls_client_start(p->fake.client, p->fake.now_ms);
  begin_pull(p);
  if (p->faulty) work(p);
  if (below(p, 4) == 0) {
    p->fake.now_ms += below(p, 3000);
  } else if (p->fake.linked && !p->fake.open) {
    open_link(p);
  } else {
    serve(p);
  }
  tick(p);
}

/* ---------------------------------------------------------------------------------------------- */
/* In the end */

static void no_event_is_there_twice(const peer *p) {
  bool *seen = calloc((size_t)p->fake.labels + 1, sizeof *seen);
  assert_non_null(seen);
  for (int64_t seq = 1; seq <= p->head; seq++) {
    int label = p->labels[seq];
    if (label == 0) continue;
    assert_false(seen[label]);
    seen[label] = true;
  }
  free(seen);
}

static bool is_equal(const peer *p) {
  return ls_client_status_get(p->fake.client)->equal && p->fake.n_pending == 0 && p->fake.head == p->head;
}

/* A program that stops making trouble; what it did before is over by now. */
static void heal(peer *p) {
  p->faulty = false;
  fault_in = 0;
  memset(p->fake.fails, 0, sizeof p->fake.fails);
  for (int steps = 0; !is_equal(p); steps++) {
    if (steps > 20000) fail_msg("seed %llu does not heal", (unsigned long long)p->seed);
    step(p);
  }
  no_event_is_there_twice(p);
}

static void run_seed(uint64_t seed, int steps) {
  static peer p;
  memset(&p, 0, sizeof p);
  p.seed = seed;
  p.random = random_from(seed);
  p.http = below(&p, 4) == 0;
  p.faulty = true;
  p.fake.quiet = !getenv("LS_TRACE");
  ls_client_options options = {.store_id = "s1", .seed = seed, .push_events = 1 + below(&p, 9)};
  if (p.http) options.transport = LS_WIRE_HTTP;
  client_fake_init(&p.fake, &options);
  for (int i = 0; i < steps; i++) step(&p);
  heal(&p);
  if (!p.fake.quiet) fputs(p.fake.trace.data, stderr);
  client_fake_fini(&p.fake);
}

static void whatever_happens_both_ends_become_equal(void **state) {
  (void)state;
  long seeds = random_option("LS_SEEDS", getenv("SOAK") ? 100000 : 2000), first = random_option("LS_SEED", 1);
  ls_alloc_set_fault(fault);
  for (long seed = first; seed < first + seeds; seed++) run_seed((uint64_t)seed, 300);
  ls_alloc_set_fault(NULL);
  print_message("%ld runs\n", seeds);
}

/* The k-th allocation of a run without any other trouble fails. */
static bool heals_without_allocation(long k) {
  static peer p;
  memset(&p, 0, sizeof p);
  p.seed = (uint64_t)k;
  p.random = random_from(7);
  p.fake.quiet = true;
  p.head = 20;
  ls_client_options options = {.store_id = "s1", .push_events = 4};
  client_fake_init(&p.fake, &options);
  client_fake_commit(&p.fake, 10, 0);
  fault_fired = false;
  fault_in = k;
  for (int i = 0; i < 300; i++) step(&p);
  heal(&p);
  client_fake_fini(&p.fake);
  return fault_fired;
}

static void each_allocation_may_fail(void **state) {
  (void)state;
  long k = 1;
  ls_alloc_set_fault(fault);
  while (heals_without_allocation(k)) k++;
  ls_alloc_set_fault(NULL);
  assert_true(k > 50);
}

static void a_client_is_made_whole_or_not_at_all(void **state) {
  (void)state;
  client_fake fake = {0};
  ls_client_host host = client_fake_host(&fake);
  ls_client_options options = {.store_id = "s1"};
  ls_alloc_set_fault(fault);
  for (long k = 1; k <= 2; k++) {
    ls_client *client = NULL;
    ls_error err;
    fault_in = k;
    assert_int_equal(ls_client_new(&client, &host, &options, &err), LS_ENOMEM);
    assert_null(client);
  }
  ls_alloc_set_fault(NULL);
  ls_client_free(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(whatever_happens_both_ends_become_equal),
      cmocka_unit_test(each_allocation_may_fail),
      cmocka_unit_test(a_client_is_made_whole_or_not_at_all),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
