/* Messages as they are read. WIRE-01, 05, 07 to 11, 13, 14, 20, 27. */
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "sync/wire.h"

static ls_wire_reader reader;
static ls_bytes out;

static int teardown(void **state) {
  (void)state;
  ls_wire_reader_fini(&reader);
  ls_bytes_fini(&out);
  return 0;
}

static const char *or_none(const char *text) { return text ? text : "-"; }

/* ---------------------------------------------------------------------------------------------- */
/* What was read, as a line of text */

static void describe_events(const ls_wire_event *events, size_t n) {
  for (size_t i = 0; i < n; i++) {
    const ls_wire_event *e = &events[i];
    assert_int_equal(e->args ? strlen(e->args) : 0, e->args_size);
    ls_bytes_printf(&out, " [%lld<%lld %s %s %s/%s %s]", (long long)e->seq, (long long)e->parent, e->name,
                    or_none(e->args), e->client_id, e->session_id, or_none(e->created_at));
  }
}

static const char *describe_request(const ls_request *r) {
  static const char *const KINDS[] = {"ping", "pull", "push", "ack", "interrupt", "eof", "unknown", "invalid"};
  ls_bytes_clear(&out);
  ls_bytes_printf(&out, "%s", KINDS[r->kind]);
  bool has_id = r->rpc || (r->kind != LS_REQUEST_PING && r->kind != LS_REQUEST_EOF);
  if (has_id) ls_bytes_printf(&out, r->dialect == LS_DIALECT_STRINGS ? " '%llu'" : " %llu", (unsigned long long)r->id);
  if (r->asks_limits) ls_bytes_text(&out, " limits?");
  if (r->tag) ls_bytes_printf(&out, " %s", r->tag);
  if (r->problem) ls_bytes_printf(&out, ": %s", r->problem);
  if (r->store_id) ls_bytes_printf(&out, " store %s payload %s", r->store_id, or_none(r->payload));
  if (r->live) ls_bytes_text(&out, " live");
  if (r->has_cursor) ls_bytes_printf(&out, " behind %lld", (long long)r->cursor);
  if (r->backend_id) ls_bytes_printf(&out, " of %s", r->backend_id);
  describe_events(r->events, r->n_events);
  return ls_bytes_cstr(&out);
}

static void describe_pages(const ls_response *r) {
  static const char *const INFOS[] = {"no more", "more", "perhaps more"};
  for (size_t i = 0; i < r->n_pages; i++) {
    const ls_wire_page *page = &r->pages[i];
    ls_bytes_printf(&out, "%s %s:", i ? "," : "", page->backend_id);
    describe_events(page->events, page->n_events);
    ls_bytes_printf(&out, " %s", INFOS[page->info]);
    if (page->info == LS_PAGE_MORE) ls_bytes_printf(&out, " %lld", (long long)page->remaining);
  }
}

static void describe_failure(const ls_failure *f) {
  static const char *const KINDS[] = {"ahead", "backend", "unknown", "defect", "interrupted"};
  ls_bytes_printf(&out, " %s", KINDS[f->kind]);
  if (f->kind == LS_FAILURE_SERVER_AHEAD) {
    ls_bytes_printf(&out, " %lld not %lld", (long long)f->minimum_expected, (long long)f->provided);
  }
  if (f->kind == LS_FAILURE_BACKEND_ID) ls_bytes_printf(&out, " %s not %s", f->expected, f->received);
  if (f->permanent) ls_bytes_printf(&out, " for ever e%lld", (long long)f->refused);
  if (f->message) ls_bytes_printf(&out, ": %s", f->message);
}

static const char *describe_response(const ls_response *r) {
  static const char *const KINDS[] = {"pong", "chunk", "success", "failure", "defect"};
  ls_bytes_clear(&out);
  ls_bytes_printf(&out, "%s", KINDS[r->kind]);
  if (r->kind != LS_RESPONSE_PONG && r->kind != LS_RESPONSE_DEFECT)
    ls_bytes_printf(&out, " %llu", (unsigned long long)r->id);
  if (r->limits.events) ls_bytes_printf(&out, " %lld %lld", (long long)r->limits.events, (long long)r->limits.bytes);
  describe_pages(r);
  if (r->kind >= LS_RESPONSE_FAILURE) describe_failure(&r->failure);
  return ls_bytes_cstr(&out);
}

static void read_frame(const char *frame) {
  ls_error err;
  assert_ok(ls_wire_read(&reader, frame, strlen(frame), &err), &err);
}

static const char *read_request(const char *frame) {
  ls_error err;
  ls_request request;
  read_frame(frame);
  assert_code(ls_wire_next_request(&request, &reader, &err), 1, &err);
  assert_int_equal(ls_wire_next_request(&(ls_request){0}, &reader, &err), 0);
  return describe_request(&request);
}

static const char *read_response(const char *frame) {
  ls_error err;
  ls_response response;
  read_frame(frame);
  assert_code(ls_wire_next_response(&response, &reader, &err), 1, &err);
  assert_int_equal(ls_wire_next_response(&(ls_response){0}, &reader, &err), 0);
  return describe_response(&response);
}

typedef struct reading {
  const char *frame, *read;
} reading;

/* ---------------------------------------------------------------------------------------------- */

static void requests_are_read_in_both_dialects(void **state) {
  (void)state;
  static const reading CASES[] = {
      {"{\"_tag\":\"Ping\"}", "ping"}, /* WIRE-01 */
      {"{\"_tag\":\"Ping\",\"limits\":true}", "ping limits?"},
      {"{\"_tag\":\"Ping\",\"limits\":false}", "ping"},
      {"{\"_tag\":\"Eof\"}", "eof"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"11\"}", "ack '11'"},
      {"{\"_tag\":\"Ack\",\"requestId\":11}", "ack 11"},
      {"{\"_tag\":\"Interrupt\",\"requestId\":\"18446744073709551615\"}", "interrupt '18446744073709551615'"},
      {"{\"_tag\":\"Interrupt\",\"requestId\":9007199254740992}", "interrupt 9007199254740992"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"\\u0037\"}", "ack '7'"},
      {"{\"_tag\":\"Request\",\"id\":\"0\",\"tag\":\"SyncWsRpc.Pull\",\"traceId\":\"t\",\"payload\":{\"storeId\":"
       "\"room1\","
       "\"live\":true,\"cursor\":{\"_tag\":\"None\"}},\"spanId\":\"s\",\"sampled\":false,\"headers\":[]}",
       "pull '0' SyncWsRpc.Pull store room1 payload - live"},
      {"{\"_tag\":\"Request\",\"id\":14,\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"r\",\"payload\":{"
       "\"token\": \"x\"},"
       "\"live\":false,\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"B\",\"eventSequenceNumber\":5}}}}",
       "pull 14 SyncWsRpc.Pull store r payload {\"token\": \"x\"} behind 5 of B"},
      {"{\"payload\":{\"storeId\":\"r\",\"payload\":null},\"tag\":\"SyncHttpRpc.Pull\",\"id\":\"1\",\"_tag\":"
       "\"Request\"}",
       "pull '1' SyncHttpRpc.Pull store r payload null"},
      {"{\"_tag\":\"Request\",\"id\":\"2\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\",\"payload\":\"p\","
       "\"batch\":["
       "{\"name\":\"v1.A\",\"args\":{\"id\":\"t1\"},\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":"
       "\"s\"},"
       "{\"name\":\"v1.B\",\"seqNum\":2,\"parentSeqNum\":1,\"clientId\":\"c\",\"sessionId\":\"s\"}],"
       "\"backendId\":{\"_tag\":\"Some\",\"value\":\"B\"}}}",
       "push '2' SyncWsRpc.Push store r payload \"p\" of B [1<0 v1.A {\"id\":\"t1\"} c/s -] [2<1 v1.B - c/s -]"},
      {"{\"_tag\":\"Request\",\"id\":\"3\",\"tag\":\"SyncHttpRpc.Push\",\"payload\":{\"storeId\":\"r\",\"batch\":[],"
       "\"backendId\":{\"_tag\":\"None\"}}}",
       "push '3' SyncHttpRpc.Push store r payload -"},
      /* WIRE-20 */
      {"{\"_tag\":\"Request\",\"id\":\"4\",\"tag\":\"SyncHttpRpc.Ping\",\"payload\":{\"storeId\":\"r\"}}",
       "ping '4' SyncHttpRpc.Ping"},
      /* WIRE-13 */
      {"{\"_tag\":\"Request\",\"id\":\"5\",\"tag\":\"SyncWsRpc.Nap\",\"payload\":1}", "unknown '5' SyncWsRpc.Nap"},
      {" [ {\"_tag\" : \"P\\u0069ng\" } ] ", "ping"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    assert_string_equal(read_request(CASES[i].frame), CASES[i].read);
  }
}

#define EVENT "{\"name\":\"v1.A\",\"args\":{},\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"}"

static void responses_are_read_in_both_dialects(void **state) {
  (void)state;
  static const reading CASES[] = {
      {"{\"_tag\":\"Pong\"}", "pong"},
      {"{\"_tag\":\"Pong\",\"limits\":{\"events\":1000,\"bytes\":4000000}}", "pong 1000 4000000"},
      /* WIRE-05 */
      {"{\"_tag\":\"Chunk\",\"requestId\":\"0\",\"values\":[{\"batch\":[],\"pageInfo\":{\"_tag\":\"NoMore\"},"
       "\"backendId\":\"B\"}]}",
       "chunk 0 B: no more"},
      /* WIRE-07, WIRE-09 */
      {"{\"_tag\":\"Chunk\",\"requestId\":1,\"values\":[{\"batch\":[{\"eventEncoded\":" EVENT
       ",\"metadata\":{\"_tag\":\"Some\","
       "\"value\":{\"_tag\":\"SyncMessage.SyncMetadata\",\"createdAt\":\"2026-01-01T00:00:00.000Z\"}}},{\"metadata\":"
       "{\"_tag\":\"None\"},\"eventEncoded\":" EVENT
       "}],\"pageInfo\":{\"_tag\":\"MoreKnown\",\"remaining\":5},\"backendId\":\"B\"}]}",
       "chunk 1 B: [1<0 v1.A {} c/s 2026-01-01T00:00:00.000Z] [1<0 v1.A {} c/s -] more 5"},
      {"{\"_tag\":\"Chunk\",\"requestId\":\"1\",\"values\":[{\"batch\":[{\"eventEncoded\":" EVENT
       "}],\"pageInfo\":{\"_tag\":"
       "\"MoreUnknown\"},\"backendId\":\"B\"},{\"batch\":[{\"eventEncoded\":" EVENT
       ",\"metadata\":{\"_tag\":\"Some\",\"value\":7}}],"
       "\"pageInfo\":{\"_tag\":\"NoMore\"},\"backendId\":\"B\"}]}",
       "chunk 1 B: [1<0 v1.A {} c/s -] perhaps more, B: [1<0 v1.A {} c/s -] no more"},
      /* WIRE-08 */
      {"{\"_tag\":\"Exit\",\"requestId\":\"2\",\"exit\":{\"_tag\":\"Success\",\"value\":{}}}", "success 2"},
      {"{\"_tag\":\"Exit\",\"requestId\":2,\"exit\":{\"_tag\":\"Success\",\"value\":null}}", "success 2"},
      {"{\"_tag\":\"Exit\",\"requestId\":\"2\",\"exit\":{\"_tag\":\"Success\"}}", "success 2"},
      {"{\"_tag\":\"Exit\",\"requestId\":\"2\",\"exit\":{\"_tag\":\"Success\",\"value\":{\"_tag\":\"SyncMessage.Pong\"}"
       "}}",
       "success 2"},
      /* WIRE-14 */
      {"{\"_tag\":\"Defect\",\"defect\":\"no\"}", "defect defect: no"},
      {"{\"_tag\":\"Defect\",\"defect\":{\"name\":\"Error\",\"message\":\"no\"}}", "defect defect: no"},
      {"{\"_tag\":\"Defect\",\"defect\":[1, 2]}", "defect defect: [1, 2]"},
      {"{\"_tag\":\"Defect\",\"defect\":null}", "defect defect: null"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    assert_string_equal(read_response(CASES[i].frame), CASES[i].read);
  }
}

#define FAIL(error) "{\"_tag\":\"Fail\",\"error\":" error "}"
#define AHEAD "{\"minimumExpectedNum\":2,\"providedNum\":1,\"_tag\":\"ServerAheadError\"}"
#define INTERRUPT "{\"_tag\":\"Interrupt\",\"fiberId\":{\"_tag\":\"None\"}}"
#define DIE "{\"_tag\":\"Die\",\"defect\":{\"name\":\"Error\",\"message\":\"oh\"}}"
#define EMPTY "{\"_tag\":\"Empty\"}"
#define BOTH(kind, left, right) "{\"_tag\":\"" kind "\",\"left\":" left ",\"right\":" right "}"

/* WIRE-10, WIRE-11, WIRE-27 */
static void causes_are_read_in_both_dialects(void **state) {
  (void)state;
  static const reading CASES[] = {
      {FAIL(AHEAD), "ahead 2 not 1"},
      {"[" FAIL(AHEAD) "]", "ahead 2 not 1"},
      {FAIL("{\"_tag\":\"BackendIdMismatchError\",\"expected\":\"A\",\"received\":\"B\"}"), "backend A not B"},
      {FAIL("{\"_tag\":\"BackendIdMismatchError\",\"expected\":\"\",\"received\":\"B\"}"), "backend  not B"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"Error\",\"message\":\"full\"}}"), "unknown: full"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"Error\",\"message\":\"full\"},\"note\":\"in push\"}"),
       "unknown: full (in push)"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"message\":\"\"},\"note\":\"in push\"}"), "unknown: in push"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":\"full\"}"), "unknown: full"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"code\":7}}"), "unknown: {\"code\":7}"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"RefusedError\",\"message\":\"no\",\"seqNum\":7}}"),
       "unknown for ever e7: no"},
      {FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"RefusedError\",\"message\":\"no\"}}"),
       "unknown for ever e0: no"},
      {FAIL("{\"_tag\":\"IsOfflineError\",\"cause\":\"gone\"}"), "unknown: gone"},
      {FAIL("{\"_tag\":\"Other\"}"), "unknown: {\"_tag\":\"Other\"}"},
      {FAIL("\"other\""), "unknown: other"},
      {FAIL("null"), "unknown: null"},
      {DIE, "defect: oh"},
      {"[" DIE "]", "defect: oh"},
      {"{\"_tag\":\"Die\",\"defect\":\"oh\"}", "defect: oh"},
      {INTERRUPT, "interrupted"},
      {"[{\"_tag\":\"Interrupt\",\"fiberId\":null}]", "interrupted"},
      {"[{\"_tag\":\"Interrupt\",\"fiberId\":7}]", "interrupted"},
      {EMPTY, "interrupted"},
      {"[]", "interrupted"},
      {BOTH("Sequential", BOTH("Sequential", EMPTY, INTERRUPT), BOTH("Parallel", EMPTY, INTERRUPT)), "interrupted"},
      /* a Fail comes before a Die, and the first before the others */
      {BOTH("Sequential", BOTH("Parallel", DIE, INTERRUPT), FAIL(AHEAD)), "ahead 2 not 1"},
      {BOTH("Parallel", BOTH("Sequential", INTERRUPT, DIE), "{\"_tag\":\"Die\",\"defect\":\"later\"}"), "defect: oh"},
      {"{\"right\":" FAIL("1") ",\"left\":" FAIL("0") ",\"_tag\":\"Sequential\"}", "unknown: 0"},
      {"[" INTERRUPT "," DIE "," FAIL("0") "," FAIL("1") "]", "unknown: 0"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    char frame[1000], read[200];
    snprintf(frame, sizeof frame,
             "{\"_tag\":\"Exit\",\"requestId\":\"9\",\"exit\":{\"cause\":%s,\"_tag\":\"Failure\"}}", CASES[i].frame);
    snprintf(read, sizeof read, "failure 9 %s", CASES[i].read);
    assert_string_equal(read_response(frame), read);
  }
}

static void a_cause_may_be_as_deep_as_json(void **state) {
  (void)state;
  enum { DEPTH = 500 };
  ls_bytes frame = {0};
  ls_bytes_text(&frame, "{\"_tag\":\"Exit\",\"requestId\":\"9\",\"exit\":{\"_tag\":\"Failure\",\"cause\":");
  for (int i = 0; i < DEPTH; i++) ls_bytes_text(&frame, "{\"_tag\":\"Sequential\",\"left\":" EMPTY ",\"right\":");
  ls_bytes_text(&frame, DIE);
  for (int i = 0; i < DEPTH; i++) ls_bytes_byte(&frame, '}');
  ls_bytes_text(&frame, "}}");
  assert_string_equal(read_response(ls_bytes_cstr(&frame)), "failure 9 defect: oh");
  ls_bytes_fini(&frame);
}

static void an_array_holds_messages_in_order(void **state) {
  (void)state;
  static const char frame[] =
      "[{\"_tag\":\"Ack\",\"requestId\":\"1\"},{\"_tag\":\"Nap\"},7,{\"_tag\":\"Request\",\"id\":\"2\",\"tag\":"
      "\"SyncWsRpc.Nap\"},{\"_tag\":\"Eof\"}]";
  ls_error err;
  ls_request requests[3];
  read_frame(frame);
  assert_code(ls_wire_next_request(&requests[0], &reader, &err), 1, &err);
  assert_code(ls_wire_next_request(&requests[1], &reader, &err), LS_EFORMAT, &err);
  assert_says(&err, "\"_tag\" must be Ping, Request, Ack, Interrupt or Eof, found \"Nap\"");
  assert_code(ls_wire_next_request(&requests[1], &reader, &err), LS_EFORMAT, &err);
  assert_says(&err, "a message must be an object, found number");
  assert_code(ls_wire_next_request(&requests[1], &reader, &err), 1, &err);
  assert_code(ls_wire_next_request(&requests[2], &reader, &err), 1, &err);
  assert_int_equal(ls_wire_next_request(&requests[2], &reader, &err), 0);
  assert_string_equal(describe_request(&requests[0]), "ack '1'");
  assert_string_equal(describe_request(&requests[1]), "unknown '2' SyncWsRpc.Nap");
  assert_string_equal(describe_request(&requests[2]), "eof");
}

/* A server reads many frames with one reader; what is left of one must not be seen in the next. */
static void what_was_read_does_not_point_into_the_frame(void **state) {
  (void)state;
  char *frame = strdup(
      "{\"_tag\":\"Request\",\"id\":\"2\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\",\"payload\":[1],"
      "\"batch\":[" EVENT "],\"backendId\":{\"_tag\":\"Some\",\"value\":\"B\"}}}");
  ls_error err;
  ls_request request;
  read_frame(frame);
  assert_code(ls_wire_next_request(&request, &reader, &err), 1, &err);
  free(frame);
  assert_string_equal(describe_request(&request),
                      "push '2' SyncWsRpc.Push store r payload [1] of B [1<0 v1.A {} c/s -]");
  assert_code(ls_wire_read(&reader, "[{", 2, &err), LS_EJSON, &err);
  assert_int_equal(ls_wire_next_request(&request, &reader, &err), 0);
  assert_int_equal(ls_wire_next_response(&(ls_response){0}, &reader, &err), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_read_in_both_dialects),
      cmocka_unit_test(responses_are_read_in_both_dialects),
      cmocka_unit_test(causes_are_read_in_both_dialects),
      cmocka_unit_test(a_cause_may_be_as_deep_as_json),
      cmocka_unit_test(an_array_holds_messages_in_order),
      cmocka_unit_test(what_was_read_does_not_point_into_the_frame),
  };
  return cmocka_run_group_tests(tests, NULL, teardown);
}
