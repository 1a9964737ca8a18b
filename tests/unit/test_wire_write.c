/* Messages as we write them, events of the wire as events of the log, and what LiveStore itself has written: read, and
 * written back as it was. WIRE-01, 05, 08, 10, 11, 16, 20. */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "sync/wire.h"

#define RECORDED "../shared/wire"

static ls_wire_reader reader;
static ls_bytes out;

static int setup(void **state) {
  (void)state;
  ls_bytes_clear(&out);
  return 0;
}

static int teardown(void **state) {
  (void)state;
  ls_wire_reader_fini(&reader);
  ls_bytes_fini(&out);
  return 0;
}

static void read_frame(const char *frame) {
  ls_error err;
  assert_ok(ls_wire_read(&reader, frame, strlen(frame), &err), &err);
}

#define FAIL(error) "{\"_tag\":\"Fail\",\"error\":" error "}"
#define AHEAD "{\"minimumExpectedNum\":2,\"providedNum\":1,\"_tag\":\"ServerAheadError\"}"
#define INTERRUPT "{\"_tag\":\"Interrupt\",\"fiberId\":{\"_tag\":\"None\"}}"

static void assert_written(const char *expected) {
  assert_true(ls_bytes_ok(&out));
  assert_string_equal(ls_bytes_cstr(&out), expected);
  ls_bytes_clear(&out);
}

static ls_event log_event(void) {
  return (ls_event){.seq = {2, 0, 3},
                    .parent = {1, 4, 3},
                    .name = "v1.\"A\"",
                    .args = "{\"id\":\"\xc3\xa4\"}",
                    .args_size = 11,
                    .client_id = "c",
                    .session_id = "s",
                    .more = 1,
                    .undoes = 2};
}

static void what_clients_write(void **state) {
  (void)state;
  ls_wire_write_ping(&out, false);
  assert_written("{\"_tag\":\"Ping\"}");
  ls_wire_write_ping(&out, true);
  assert_written("{\"_tag\":\"Ping\",\"limits\":true}");
  ls_wire_write_ack(&out, 7);
  assert_written("{\"_tag\":\"Ack\",\"requestId\":\"7\"}");
  ls_wire_write_interrupt(&out, UINT64_MAX);
  assert_written("{\"_tag\":\"Interrupt\",\"requestId\":\"18446744073709551615\"}");
  ls_wire_write_pull(&out, LS_WIRE_WEBSOCKET, 0, &(ls_wire_pull){.store_id = "r", .live = true});
  assert_written(
      "{\"_tag\":\"Request\",\"id\":\"0\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"r\",\"live\":true,"
      "\"cursor\":{\"_tag\":\"None\"}},\"headers\":[]}");
  ls_wire_pull pull = {.store_id = "r", .payload = "{\"t\":1}", .backend_id = "B", .has_cursor = true, .cursor = 5};
  ls_wire_write_pull(&out, LS_WIRE_WEBSOCKET, 1, &pull);
  assert_written("{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"r\","
                 "\"payload\":{\"t\":1},"
                 "\"live\":false,\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"B\",\"eventSequenceNumber\":"
                 "5}}},\"headers\":[]}");
  ls_wire_write_pull(&out, LS_WIRE_HTTP, 2, &(ls_wire_pull){.store_id = "r"});
  assert_written(
      "{\"_tag\":\"Request\",\"id\":\"2\",\"tag\":\"SyncHttpRpc.Pull\",\"payload\":{\"storeId\":\"r\",\"cursor\":"
      "{\"_tag\":\"None\"}},\"headers\":[]}");
  ls_wire_write_rpc_ping(&out, 3, "r");
  assert_written("{\"_tag\":\"Request\",\"id\":\"3\",\"tag\":\"SyncHttpRpc.Ping\",\"payload\":{\"storeId\":\"r\"},"
                 "\"headers\":[]}");
}

#define LOG_EVENT                                                                                                      \
  "{\"name\":\"v1.\\\"A\\\"\",\"args\":{\"id\":\"\xc3\xa4\"},\"seqNum\":2,\"parentSeqNum\":1,\"clientId\":\"c\","      \
  "\"sessionId\":\"s\"}"

static void what_clients_push(void **state) {
  (void)state;
  ls_event event = log_event();
  ls_wire_push_begin(&out, LS_WIRE_WEBSOCKET, 4, "r", NULL);
  ls_wire_push_event(&out, &event, true);
  ls_wire_push_event(&out, &event, false);
  ls_wire_push_end(&out, "B");
  assert_written("{\"_tag\":\"Request\",\"id\":\"4\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\","
                 "\"batch\":[" LOG_EVENT "," LOG_EVENT
                 "],\"backendId\":{\"_tag\":\"Some\",\"value\":\"B\"}},\"headers\":[]}");
  ls_wire_push_begin(&out, LS_WIRE_HTTP, 5, "r", "\"p\"");
  ls_wire_push_end(&out, NULL);
  assert_written("{\"_tag\":\"Request\",\"id\":\"5\",\"tag\":\"SyncHttpRpc.Push\",\"payload\":{\"storeId\":\"r\","
                 "\"payload\":\"p\","
                 "\"batch\":[],\"backendId\":{\"_tag\":\"None\"}},\"headers\":[]}");
}

static void what_servers_write(void **state) {
  (void)state;
  ls_wire_write_pong(&out, NULL);
  assert_written("{\"_tag\":\"Pong\"}");
  ls_wire_write_pong(&out, &(ls_wire_limits){1000, 4000000});
  assert_written("{\"_tag\":\"Pong\",\"limits\":{\"events\":1000,\"bytes\":4000000}}");
  ls_wire_write_rpc_pong(&out, LS_DIALECT_NUMBERS, 1);
  assert_written(
      "{\"_tag\":\"Exit\",\"requestId\":1,\"exit\":{\"_tag\":\"Success\",\"value\":{\"_tag\":\"SyncMessage.Pong\"}}}");
  ls_wire_write_success(&out, LS_DIALECT_STRINGS, 1, LS_SUCCESS_PUSH);
  assert_written("{\"_tag\":\"Exit\",\"requestId\":\"1\",\"exit\":{\"_tag\":\"Success\",\"value\":{}}}");
  ls_wire_write_success(&out, LS_DIALECT_NUMBERS, 1, LS_SUCCESS_PULL);
  assert_written("{\"_tag\":\"Exit\",\"requestId\":1,\"exit\":{\"_tag\":\"Success\",\"value\":null}}");
  ls_wire_write_defect(&out, "not \"JSON\"");
  assert_written("{\"_tag\":\"Defect\",\"defect\":\"not \\\"JSON\\\"\"}");
}

static void what_servers_give_to_pulls(void **state) {
  (void)state;
  ls_wire_event event = {1, 0, "v1.A", "null", 4, "c", "s", "2026-01-01T00:00:00.000Z"};
  ls_wire_chunk_begin(&out, LS_DIALECT_NUMBERS, 7);
  ls_wire_chunk_event(&out, &event, true);
  event.args = event.created_at = NULL;
  ls_wire_chunk_event(&out, &event, false);
  ls_wire_chunk_end(&out, LS_PAGE_MORE, 9, "B");
  assert_written(
      "{\"_tag\":\"Chunk\",\"requestId\":7,\"values\":[{\"batch\":[{\"eventEncoded\":{\"name\":\"v1.A\",\"args\":null,"
      "\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"},\"metadata\":{\"_tag\":\"Some\","
      "\"value\":"
      "{\"_tag\":\"SyncMessage.SyncMetadata\",\"createdAt\":\"2026-01-01T00:00:00.000Z\"}}},{\"eventEncoded\":{"
      "\"name\":"
      "\"v1.A\",\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"},\"metadata\":{\"_tag\":"
      "\"None\"}}],"
      "\"pageInfo\":{\"_tag\":\"MoreKnown\",\"remaining\":9},\"backendId\":\"B\"}]}");
  ls_wire_chunk_begin(&out, LS_DIALECT_STRINGS, 7);
  ls_wire_chunk_end(&out, LS_PAGE_NO_MORE, 0, "B");
  assert_written("{\"_tag\":\"Chunk\",\"requestId\":\"7\",\"values\":[{\"batch\":[],\"pageInfo\":{\"_tag\":\"NoMore\"},"
                 "\"backendId\":\"B\"}]}");
  ls_wire_chunk_begin(&out, LS_DIALECT_STRINGS, 7);
  ls_wire_chunk_end(&out, LS_PAGE_MORE_UNKNOWN, 0, "B");
  assert_written(
      "{\"_tag\":\"Chunk\",\"requestId\":\"7\",\"values\":[{\"batch\":[],\"pageInfo\":{\"_tag\":\"MoreUnknown\"},"
      "\"backendId\":\"B\"}]}");
}

static void how_servers_refuse(void **state) {
  (void)state;
  static const struct {
    ls_failure failure;
    const char *strings, *numbers;
  } CASES[] = {
      {{.kind = LS_FAILURE_SERVER_AHEAD, .minimum_expected = 2, .provided = 1}, FAIL(AHEAD), "[" FAIL(AHEAD) "]"},
      {{.kind = LS_FAILURE_BACKEND_ID, .expected = "A", .received = "B"},
       FAIL("{\"expected\":\"A\",\"received\":\"B\",\"_tag\":\"BackendIdMismatchError\"}"),
       "[" FAIL("{\"expected\":\"A\",\"received\":\"B\",\"_tag\":\"BackendIdMismatchError\"}") "]"},
      {{.kind = LS_FAILURE_UNKNOWN, .message = "full"},
       FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"Error\",\"message\":\"full\"}}"),
       "[" FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"Error\",\"message\":\"full\"}}") "]"},
      {{.kind = LS_FAILURE_UNKNOWN, .message = "no", .permanent = true, .refused = 7},
       FAIL("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"RefusedError\",\"message\":\"no\",\"seqNum\":7}}"),
       "[" FAIL(
           "{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"RefusedError\",\"message\":\"no\",\"seqNum\":7}}") "]"},
      {{.kind = LS_FAILURE_DEFECT, .message = "oh"},
       "{\"_tag\":\"Die\",\"defect\":\"oh\"}",
       "[{\"_tag\":\"Die\",\"defect\":\"oh\"}]"},
      {{.kind = LS_FAILURE_INTERRUPTED}, INTERRUPT, "[{\"_tag\":\"Interrupt\",\"fiberId\":null}]"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    char expected[500];
    ls_wire_write_failure(&out, LS_DIALECT_STRINGS, 3, &CASES[i].failure);
    snprintf(expected, sizeof expected,
             "{\"_tag\":\"Exit\",\"requestId\":\"3\",\"exit\":{\"_tag\":\"Failure\",\"cause\":%s}}", CASES[i].strings);
    assert_written(expected);
    ls_wire_write_failure(&out, LS_DIALECT_NUMBERS, 3, &CASES[i].failure);
    snprintf(expected, sizeof expected,
             "{\"_tag\":\"Exit\",\"requestId\":3,\"exit\":{\"_tag\":\"Failure\",\"cause\":%s}}", CASES[i].numbers);
    assert_written(expected);
  }
}

static void the_size_of_an_event_is_known_before(void **state) {
  (void)state;
  static const char *const NAMES[] = {"v1.A", "\x01\x02\"\\\n", "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", "\xff\xfe"};
  for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
    ls_event event = log_event();
    event.name = event.client_id = event.session_id = NAMES[i];
    event.seq.global = event.parent.global = LS_SEQNUM_MAX_GLOBAL;
    size_t bound = ls_wire_event_bytes(&event);
    ls_wire_push_event(&out, &event, false);
    assert_in_range(out.size, 1, bound);
    ls_bytes_clear(&out);
    ls_wire_event wire = {event.seq.global, event.parent.global,       NAMES[i], event.args, event.args_size, NAMES[i],
                          NAMES[i],         "2026-01-01T00:00:00.000Z"};
    ls_wire_chunk_event(&out, &wire, false);
    assert_in_range(out.size, 1, bound);
    if (i == 0) assert_in_range(bound, out.size, out.size + 40); /* and not much more */
    ls_bytes_clear(&out);
  }
}

/* ---------------------------------------------------------------------------------------------- */

static void events_of_the_log_have_canonical_arguments(void **state) {
  (void)state;
  static const struct {
    const char *args, *canonical;
  } CASES[] = {
      {NULL, "{}"},
      {"null", "{}"},
      {" null", "{}"},
      {"{}", "{}"},
      {"{ \"b\" : 1.0, \"a\" : \"\\u00e4\" }", "{\"a\":\"\xc3\xa4\",\"b\":1}"},
      {"{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":2}"}, /* no canonical text */
      {"{\"a\": 9007199254740993}", "{\"a\": 9007199254740993}"},
      {"[1, 2]", "[1,2]"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    const char *args = CASES[i].args;
    ls_wire_event wire = {5, 3, "v1.A", args, args ? strlen(args) : 0, "c", "s", NULL};
    ls_event event;
    ls_error err;
    assert_ok(ls_wire_to_event(&event, &out, &wire, &err), &err);
    assert_string_equal(event.args, CASES[i].canonical);
    assert_int_equal(event.args_size, strlen(CASES[i].canonical));
    assert_string_equal(event.name, "v1.A");
    assert_string_equal(event.client_id, "c");
    assert_string_equal(event.session_id, "s");
    assert_true(event.seq.global == 5 && event.seq.client == 0 && event.seq.generation == 0);
    assert_true(event.parent.global == 3 && event.parent.client == 0 && event.parent.generation == 0);
    assert_true(event.more == 0 && event.undoes == 0);
  }
}
/* WIRE-16: the server gives to others what it was given. */
static void arguments_stay_as_they_were_written(void **state) {
  (void)state;
  static const char *const ARGS[] = {
      "", /* absent */
      "null",
      "{}",
      "{ \"b\" : 1.0,\t\"a\": 1e2 }",
      "{\"a\":1,\"a\":2}",
      "[1, \"x\"]",
      "\"a \\u0000 \\ud800 \\\"\"",
      "9007199254740993",
      "true",
  };
  for (size_t i = 0; i < sizeof ARGS / sizeof ARGS[0]; i++) {
    char frame[500];
    snprintf(frame, sizeof frame,
             "{\"_tag\":\"Chunk\",\"requestId\":\"1\",\"values\":[{\"batch\":[{\"eventEncoded\":{\"name\":\"v1.A\"%s%s,"
             "\"seqNum\":1,"
             "\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"},\"metadata\":{\"_tag\":\"None\"}}],"
             "\"pageInfo\":{\"_tag\":"
             "\"NoMore\"},\"backendId\":\"B\"}]}",
             *ARGS[i] ? ",\"args\":" : "", ARGS[i]);
    ls_response response;
    ls_error err;
    read_frame(frame);
    assert_code(ls_wire_next_response(&response, &reader, &err), 1, &err);
    const ls_wire_event *event = &response.pages[0].events[0];
    if (*ARGS[i]) assert_string_equal(event->args, ARGS[i]);
    if (!*ARGS[i]) assert_null(event->args);
    ls_bytes_clear(&out);
    ls_wire_chunk_begin(&out, LS_DIALECT_STRINGS, 1);
    ls_wire_chunk_event(&out, event, true);
    ls_wire_chunk_end(&out, LS_PAGE_NO_MORE, 0, "B");
    assert_string_equal(ls_bytes_cstr(&out), frame);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* What LiveStore itself has written */

/* A server written by us would write the same, but for what LiveStore alone knows. */
static void write_back(const ls_response *r) {
  ls_bytes_clear(&out);
  if (r->kind == LS_RESPONSE_PONG) ls_wire_write_pong(&out, NULL);
  if (r->kind == LS_RESPONSE_SUCCESS) ls_wire_write_success(&out, LS_DIALECT_STRINGS, r->id, LS_SUCCESS_PUSH);
  if (r->kind == LS_RESPONSE_FAILURE) ls_wire_write_failure(&out, LS_DIALECT_STRINGS, r->id, &r->failure);
  if (r->kind != LS_RESPONSE_CHUNK) return;
  const ls_wire_page *page = &r->pages[0];
  ls_wire_chunk_begin(&out, LS_DIALECT_STRINGS, r->id);
  for (size_t i = 0; i < page->n_events; i++) ls_wire_chunk_event(&out, &page->events[i], i == 0);
  ls_wire_chunk_end(&out, page->info, page->remaining, page->backend_id);
}

static void check_recorded_response(const char *frame) {
  ls_response response;
  ls_error err;
  read_frame(frame);
  assert_code(ls_wire_next_response(&response, &reader, &err), 1, &err);
  assert_int_equal(ls_wire_next_response(&(ls_response){0}, &reader, &err), 0);
  if (response.kind == LS_RESPONSE_FAILURE && response.failure.kind == LS_FAILURE_INTERRUPTED) return;
  write_back(&response);
  assert_string_equal(ls_bytes_cstr(&out), frame);
}

static void check_recorded_request(const char *frame) {
  ls_request request;
  ls_error err;
  read_frame(frame);
  assert_code(ls_wire_next_request(&request, &reader, &err), 1, &err);
  assert_int_equal(ls_wire_next_request(&(ls_request){0}, &reader, &err), 0);
  assert_in_range(request.kind, LS_REQUEST_PING, LS_REQUEST_INTERRUPT);
  ls_bytes_clear(&out);
  if (request.kind == LS_REQUEST_PING) ls_wire_write_ping(&out, false);
  if (request.kind == LS_REQUEST_ACK) ls_wire_write_ack(&out, request.id);
  if (request.kind == LS_REQUEST_INTERRUPT) ls_wire_write_interrupt(&out, request.id);
  if (out.size) assert_string_equal(ls_bytes_cstr(&out), frame);
}

/* Returns 1 when the line holds a frame. */
static size_t check_recorded_line(const char *line, size_t size) {
  ls_json doc = {0};
  ls_bytes frame = {0};
  ls_error err;
  assert_ok(ls_json_parse(&doc, line, size, &err), &err);
  uint32_t dir = ls_json_get(&doc, 0, "dir"), data = ls_json_get(&doc, 0, "data");
  if (data) {
    ls_json_string(&frame, &doc, data);
    if (ls_json_equals(&doc, dir, "c2s")) check_recorded_request(ls_bytes_cstr(&frame));
    if (ls_json_equals(&doc, dir, "s2c")) check_recorded_response(ls_bytes_cstr(&frame));
  }
  ls_bytes_fini(&frame);
  ls_json_fini(&doc);
  return data != 0;
}

static void recorded_frames_are_read_and_written_back(void **state) {
  (void)state;
  glob_t files;
  if (glob(RECORDED "/*.jsonl", 0, NULL, &files)) skip();
  size_t frames = 0;
  for (size_t i = 0; i < files.gl_pathc; i++) {
    FILE *file = fopen(files.gl_pathv[i], "r");
    char *line = NULL;
    size_t capacity = 0;
    assert_non_null(file);
    for (ssize_t size; (size = getline(&line, &capacity, file)) > 0;) frames += check_recorded_line(line, (size_t)size);
    free(line);
    fclose(file);
  }
  globfree(&files);
  assert_in_range(frames, 100, SIZE_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup(what_clients_write, setup),
      cmocka_unit_test_setup(what_clients_push, setup),
      cmocka_unit_test_setup(what_servers_write, setup),
      cmocka_unit_test_setup(what_servers_give_to_pulls, setup),
      cmocka_unit_test_setup(how_servers_refuse, setup),
      cmocka_unit_test_setup(the_size_of_an_event_is_known_before, setup),
      cmocka_unit_test(events_of_the_log_have_canonical_arguments),
      cmocka_unit_test(arguments_stay_as_they_were_written),
      cmocka_unit_test(recorded_frames_are_read_and_written_back),
  };
  return cmocka_run_group_tests(tests, NULL, teardown);
}
