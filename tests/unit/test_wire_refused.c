/* What is no message, and what is wrong in one: the text names the member and what was expected. And memory that runs
 * out while messages are read and written. WIRE-14. */
#include <stdio.h>

#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/fault_alloc.h"
#include "sync/wire.h"

static ls_wire_reader reader;

static int teardown(void **state) {
  (void)state;
  ls_wire_reader_fini(&reader);
  return 0;
}

typedef struct refusal {
  const char *frame, *says;
} refusal;

static void what_is_not_json_holds_no_message(void **state) {
  (void)state;
  static const char *const FRAMES[] = {
      "", "{", "{\"_tag\":\"Ping\"", "{\"_tag\":\"Ping\"}x", "Ping", "{\"_tag\":\"\xff\"}"};
  for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
    ls_error err;
    assert_code(ls_wire_read(&reader, FRAMES[i], strlen(FRAMES[i]), &err), LS_EJSON, &err);
    assert_int_equal(ls_wire_next_request(&(ls_request){0}, &reader, &err), 0);
  }
  char deep[2000];
  memset(deep, '[', sizeof deep);
  ls_error err;
  assert_code(ls_wire_read(&reader, deep, sizeof deep, &err), LS_ELIMIT, &err);
  assert_int_equal(ls_wire_next_response(&(ls_response){0}, &reader, &err), 0);
}

/* ---------------------------------------------------------------------------------------------- */

static void no_message_of_a_client(void **state) {
  (void)state;
  static const refusal CASES[] = {
      {"7", "a message must be an object, found number"},
      {"\"Ping\"", "found string"},
      {"[[]]", "found array"},
      {"{}", "\"_tag\" is missing (expected a string)"},
      {"{\"_tag\":7}", "\"_tag\" must be a string, found number"},
      {"{\"_tag\":\"Pong\"}", "\"_tag\" must be Ping, Request, Ack, Interrupt or Eof, found \"Pong\""},
      {"{\"_tag\":\"Ping\",\"limits\":1}", "Ping: \"limits\" must be a boolean, found number"},
      {"{\"_tag\":\"Ack\"}", "Ack: \"requestId\" is missing (expected a string or a number)"},
      {"{\"_tag\":\"Ack\",\"requestId\":null}", "Ack: \"requestId\" must be a string or a number, found null"},
      {"{\"_tag\":\"Ack\",\"requestId\":-1}", "\"requestId\" must be a whole number from 0 to 9007199254740992"},
      {"{\"_tag\":\"Ack\",\"requestId\":1.5}", "\"requestId\" must be a whole number"},
      {"{\"_tag\":\"Ack\",\"requestId\":9007199254740994}", "\"requestId\" must be a whole number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"\"}", "\"requestId\" must be a decimal number of at most 64 bits"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"1a\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"-1\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"01\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"1\\u0000\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"18446744073709551616\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Ack\",\"requestId\":\"99999999999999999999\"}", "\"requestId\" must be a decimal number"},
      {"{\"_tag\":\"Interrupt\",\"requestId\":{}}",
       "Interrupt: \"requestId\" must be a string or a number, found object"},
      {"{\"_tag\":\"Request\",\"tag\":\"SyncWsRpc.Pull\"}", "Request: \"id\" is missing"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    ls_error err;
    ls_request request = {.id = 42};
    assert_ok(ls_wire_read(&reader, CASES[i].frame, strlen(CASES[i].frame), &err), &err);
    assert_code(ls_wire_next_request(&request, &reader, &err), LS_EFORMAT, &err);
    assert_says(&err, CASES[i].says);
    assert_int_equal(request.id, 42);
    assert_int_equal(ls_wire_next_request(&request, &reader, NULL), 0);
  }
}

#define PULL(members) "\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"r\"," members "}"
#define PUSH(members) "\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\"," members "}"
#define EVENT "{\"name\":\"v1.A\",\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":\"s\"}"
#define BATCH(event) PUSH("\"batch\":[" EVENT "," event "]")

/* They have an id, so that they can be answered. */
static void requests_that_do_not_fit(void **state) {
  (void)state;
  static const refusal CASES[] = {
      {"\"payload\":{}", "\"tag\" is missing (expected a string)"},
      {"\"tag\":null", "\"tag\" must be a string, found null"},
      {"\"tag\":\"SyncWsRpc.Pull\"", "\"payload\" is missing (expected an object)"},
      {"\"tag\":\"SyncWsRpc.Pull\",\"payload\":[]", "\"payload\" must be an object, found array"},
      {"\"tag\":\"SyncWsRpc.Pull\",\"payload\":{}", "\"payload\": \"storeId\" is missing"},
      {"\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":1}",
       "\"payload\": \"storeId\" must be a string, found number"},
      {"\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"\"}",
       "\"storeId\" must be a text of at least one character"},
      {"\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"a\\u0000b\"}", "none of them NUL"},
      {PULL("\"live\":\"yes\""), "\"payload\": \"live\" must be a boolean, found string"},
      {PULL("\"cursor\":5"), "\"payload\": \"cursor\" must be an object, found number"},
      {PULL("\"cursor\":{}"), "\"payload\": \"cursor\": \"_tag\" is missing"},
      {PULL("\"cursor\":{\"_tag\":\"Any\"}"), "\"cursor\": \"_tag\" must be None or Some, found \"Any\""},
      {PULL("\"cursor\":{\"_tag\":\"Some\"}"), "\"cursor\": \"value\" is missing"},
      {PULL("\"cursor\":{\"_tag\":\"Some\",\"value\":5}"),
       "\"cursor\" must be an object with \"backendId\", found number"},
      {PULL("\"cursor\":{\"_tag\":\"Some\",\"value\":{\"eventSequenceNumber\":5}}"),
       "\"cursor\": \"backendId\" is missing"},
      {PULL("\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"B\"}}"), "\"eventSequenceNumber\" is missing"},
      {PULL("\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":\"B\",\"eventSequenceNumber\":-1}}"),
       "\"eventSequenceNumber\" must be a whole number from 0 to 549755813887"},
      {PUSH("\"backendId\":{\"_tag\":\"None\"}"), "\"payload\": \"batch\" is missing (expected an array)"},
      {PUSH("\"batch\":{}"), "\"batch\" must be an array, found object"},
      {PUSH("\"batch\":[],\"backendId\":\"B\""), "\"backendId\" must be an object, found string"},
      {PUSH("\"batch\":[],\"backendId\":{\"_tag\":\"Some\",\"value\":7}"),
       "\"backendId\" must be a string, found number"},
      {PUSH("\"batch\":[],\"backendId\":{\"_tag\":\"Some\",\"value\":\"\"}"), "\"backendId\" must be a text"},
      {BATCH("7"), "\"payload\": \"batch\", event 2: an event must be an object, found number"},
      {BATCH("{}"), "event 2: \"name\" is missing (expected a string)"},
      {BATCH("{\"name\":\"\"}"), "event 2: \"name\" must be a text of at least one character"},
      {BATCH("{\"name\":\"a\\u0000\"}"),
       "event 2: \"name\" must be a text of at least one character, none of them NUL"},
      {BATCH("{\"name\":\"a\"}"), "event 2: \"seqNum\" is missing (expected a whole number)"},
      {BATCH("{\"name\":\"a\",\"seqNum\":\"1\"}"), "event 2: \"seqNum\" must be a whole number, found string"},
      {BATCH("{\"name\":\"a\",\"seqNum\":549755813888}"), "\"seqNum\" must be a whole number from 0 to 549755813887"},
      {BATCH("{\"name\":\"a\",\"seqNum\":1e400}"), "\"seqNum\" must be a whole number from"},
      {BATCH("{\"name\":\"a\",\"seqNum\":1}"), "\"parentSeqNum\" is missing"},
      {BATCH("{\"name\":\"a\",\"seqNum\":1,\"parentSeqNum\":0.5}"), "\"parentSeqNum\" must be a whole number"},
      {BATCH("{\"name\":\"a\",\"seqNum\":1,\"parentSeqNum\":0}"), "\"clientId\" is missing"},
      {BATCH("{\"name\":\"a\",\"seqNum\":1,\"parentSeqNum\":0,\"clientId\":\"c\",\"sessionId\":[]}"),
       "\"sessionId\" must be a string, found array"},
  };
  for (size_t i = 0; i < 2 * (sizeof CASES / sizeof CASES[0]); i++) {
    const refusal *c = &CASES[i / 2];
    char frame[500];
    snprintf(frame, sizeof frame, "{\"_tag\":\"Request\",\"id\":%s,%s}", i % 2 ? "9" : "\"9\"", c->frame);
    ls_error err;
    ls_request request;
    assert_ok(ls_wire_read(&reader, frame, strlen(frame), &err), &err);
    assert_code(ls_wire_next_request(&request, &reader, &err), 1, &err);
    assert_int_equal(request.kind, LS_REQUEST_INVALID);
    assert_int_equal(request.id, 9);
    assert_int_equal(request.dialect, i % 2 ? LS_DIALECT_NUMBERS : LS_DIALECT_STRINGS);
    if (!strstr(request.problem, c->says)) fail_msg("%s lacks %s", request.problem, c->says);
  }
}

/* ---------------------------------------------------------------------------------------------- */

#define CHUNK(values) "{\"_tag\":\"Chunk\",\"requestId\":\"1\",\"values\":" values "}"
#define PAGE(members) CHUNK("[{" members "}]")
#define EXIT(exit) "{\"_tag\":\"Exit\",\"requestId\":\"1\",\"exit\":" exit "}"
#define CAUSE(cause) EXIT("{\"_tag\":\"Failure\",\"cause\":" cause "}")
#define ERROR(error) CAUSE("{\"_tag\":\"Fail\",\"error\":" error "}")

static void no_message_of_a_server(void **state) {
  (void)state;
  static const refusal CASES[] = {
      {"null", "a message must be an object, found null"},
      {"{\"_tag\":\"Ping\"}", "\"_tag\" must be Pong, Chunk, Exit or Defect, found \"Ping\""},
      {"{\"_tag\":\"Pong\",\"limits\":true}", "Pong: \"limits\" must be an object, found boolean"},
      {"{\"_tag\":\"Pong\",\"limits\":{}}", "Pong: \"limits\": \"events\" is missing"},
      {"{\"_tag\":\"Pong\",\"limits\":{\"events\":1,\"bytes\":0}}", "\"bytes\" must be a whole number from 1"},
      {"{\"_tag\":\"Defect\"}", "Defect: \"defect\" is missing"},
      {"{\"_tag\":\"Chunk\",\"values\":[]}", "Chunk: \"requestId\" is missing"},
      {"{\"_tag\":\"Chunk\",\"requestId\":\"1\"}", "Chunk: \"values\" is missing (expected an array)"},
      {CHUNK("{}"), "\"values\" must be an array, found object"},
      {CHUNK("[7]"), "Chunk: \"values\", page 1: it must be an object, found number"},
      {PAGE(""), "\"values\", page 1: \"batch\" is missing"},
      {PAGE("\"batch\":7"), "\"batch\" must be an array, found number"},
      {PAGE("\"batch\":[7]"), "page 1: \"batch\", event 1: it must be an object, found number"},
      {PAGE("\"batch\":[{}]"), "event 1: \"eventEncoded\" is missing (expected an object)"},
      {PAGE("\"batch\":[{\"eventEncoded\":{}}]"), "event 1: \"name\" is missing"},
      {PAGE("\"batch\":[{\"eventEncoded\":" EVENT ",\"metadata\":7}]"), "\"metadata\" must be an object, found number"},
      {PAGE("\"batch\":[{\"eventEncoded\":" EVENT ",\"metadata\":{\"_tag\":\"Some\",\"value\":{\"createdAt\":7}}}]"),
       "\"metadata\": \"createdAt\" must be a string, found number"},
      {PAGE("\"batch\":[]"), "\"pageInfo\" is missing (expected an object)"},
      {PAGE("\"batch\":[],\"pageInfo\":{\"_tag\":\"More\"}"),
       "\"pageInfo\": \"_tag\" must be NoMore, MoreKnown or MoreUnknown, found \"More\""},
      {PAGE("\"batch\":[],\"pageInfo\":{\"_tag\":\"MoreKnown\"}"), "\"pageInfo\": \"remaining\" is missing"},
      {PAGE("\"batch\":[],\"pageInfo\":{\"_tag\":\"NoMore\"}"), "\"backendId\" is missing"},
      {EXIT("7"), "Exit: \"exit\" must be an object, found number"},
      {EXIT("{}"), "\"exit\": \"_tag\" is missing"},
      {EXIT("{\"_tag\":\"Success?\"}"), "\"exit\": \"_tag\" must be Success or Failure"},
      {EXIT("{\"_tag\":\"Failure\"}"), "\"exit\": \"cause\" is missing (expected an object or an array)"},
      {CAUSE("7"), "\"cause\" must be an object or an array, found number"},
      {CAUSE("[7]"), "\"cause\": a part must be an object, found number"},
      {CAUSE("{\"_tag\":\"Both\"}"),
       "\"_tag\" must be Fail, Die, Interrupt, Empty, Sequential or Parallel, found \"Both\""},
      {CAUSE("{\"_tag\":\"Fail\"}"), "\"cause\": \"error\" is missing"},
      {CAUSE("{\"_tag\":\"Die\"}"), "\"cause\": \"defect\" is missing"},
      {CAUSE("{\"_tag\":\"Parallel\"}"), "\"cause\": \"left\" is missing (expected an object)"},
      {CAUSE("{\"_tag\":\"Parallel\",\"left\":{\"_tag\":\"Empty\"},\"right\":[]}"),
       "\"right\" must be an object, found array"},
      {ERROR("{\"_tag\":\"ServerAheadError\"}"), "\"error\": \"minimumExpectedNum\" is missing"},
      {ERROR("{\"_tag\":\"ServerAheadError\",\"minimumExpectedNum\":1,\"providedNum\":\"0\"}"),
       "\"providedNum\" must be a whole number, found string"},
      {ERROR("{\"_tag\":\"BackendIdMismatchError\",\"expected\":\"A\"}"), "\"error\": \"received\" is missing"},
      {ERROR("{\"_tag\":\"UnknownError\",\"cause\":{\"name\":\"RefusedError\",\"seqNum\":0}}"),
       "\"error\": \"cause\": \"seqNum\" must be a whole number from 1"},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
    ls_error err;
    ls_response response = {.id = 42};
    assert_ok(ls_wire_read(&reader, CASES[i].frame, strlen(CASES[i].frame), &err), &err);
    assert_code(ls_wire_next_response(&response, &reader, &err), LS_EFORMAT, &err);
    assert_says(&err, CASES[i].says);
    assert_int_equal(response.id, 42);
    assert_int_equal(ls_wire_next_response(&response, &reader, NULL), 0);
  }
}

static void arguments_that_are_not_json_make_no_event(void **state) {
  (void)state;
  ls_bytes args = {0};
  ls_event event = {.args = "untouched"};
  ls_error err;
  assert_code(ls_wire_to_event(&event, &args, &(ls_wire_event){1, 0, "v1.A", "{", 1, "c", "s", NULL}, &err), LS_EJSON,
              &err);
  assert_string_equal(event.args, "untouched");
  ls_bytes_fini(&args);
}

/* ---------------------------------------------------------------------------------------------- */
/* Memory that runs out */

static const char *const FRAMES[] = {
    "{\"_tag\":\"Ack\",\"requestId\":\"7\"}",
    "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Pull\",\"payload\":{\"storeId\":\"\\u0072\",\"payload\":{"
    "\"t\":1},\"cursor\":"
    "{\"_tag\":\"Some\",\"value\":{\"backendId\":\"B\",\"eventSequenceNumber\":5}}}}",
    "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\",\"batch\":[" EVENT
    "," EVENT "]}}",
    "{\"_tag\":\"Request\",\"id\":\"1\",\"tag\":\"SyncWsRpc.Push\",\"payload\":{\"storeId\":\"r\",\"batch\":[7]}}",
    PAGE("\"batch\":[{\"eventEncoded\":" EVENT "}],\"pageInfo\":{\"_tag\":\"NoMore\"},\"backendId\":\"B\""),
    ERROR("{\"_tag\":\"BackendIdMismatchError\",\"expected\":\"A\",\"received\":\"B\"}"),
    ERROR("{\"_tag\":\"UnknownError\",\"cause\":{\"message\":\"f\\u0075ll\"},\"note\":\"here\"}"),
    CAUSE("[{\"_tag\":\"Die\",\"defect\":[1]}]"),
    "{\"_tag\":\"Defect\",\"defect\":\"oh\"}",
};
#define FIRST_OF_SERVER 4

/* Fill up a block of the arena with a long text, so that each later one is an allocation of its own. */
static void read_all(size_t i, const char *padding, int *rc) {
  ls_wire_reader own = {0};
  ls_request request = {.id = 42};
  ls_response response = {.id = 42};
  ls_error err = {0};
  char frame[3000];
  snprintf(frame, sizeof frame, "[%s%s]", padding, FRAMES[i]);
  *rc = ls_wire_read(&own, frame, strlen(frame), &err);
  if (*rc == LS_OK) {
    bool server = i >= FIRST_OF_SERVER;
    do {
      *rc = server ? ls_wire_next_response(&response, &own, &err) : ls_wire_next_request(&request, &own, &err);
    } while (*rc > 0);
  }
  if (*rc < 0) assert_int_equal(err.code, *rc);
  ls_wire_reader_fini(&own);
}

/* A message whose text takes all of the first block but `left` bytes. */
static void make_padding(char padding[2000], size_t i, int left) {
  int size = 1024 - left;
  if (i >= FIRST_OF_SERVER) snprintf(padding, 2000, "{\"_tag\":\"Defect\",\"defect\":\"%0*d\"},", size, 0);
  if (i < FIRST_OF_SERVER) snprintf(padding, 2000, "{\"_tag\":\"Request\",\"id\":0,\"tag\":\"%0*d\"},", size, 0);
}

static void memory_may_run_out_while_reading(void **state) {
  (void)state;
  size_t fired = 0;
  for (size_t i = 0; i < sizeof FRAMES / sizeof FRAMES[0]; i++) {
    for (int left = 1; left < 800; left += 16) {
      char padding[2000];
      make_padding(padding, i, left);
      for (long k = 1;; k++) {
        int rc;
        fault_alloc_arm(k, false);
        read_all(i, padding, &rc);
        bool failed = fault_alloc_disarm();
        assert_int_equal(rc, failed ? LS_ENOMEM : LS_OK);
        if (!failed) break;
        fired++;
      }
    }
  }
  assert_in_range(fired, 1000, SIZE_MAX);
}

static int write_all(void) {
  ls_bytes out = {0};
  ls_event event = {.name = "v1.A", .args = "{}", .args_size = 2, .client_id = "c", .session_id = "s"};
  ls_wire_push_begin(&out, LS_WIRE_WEBSOCKET, 1, "r", NULL);
  for (int i = 0; i < 10; i++) ls_wire_push_event(&out, &event, i == 0);
  ls_wire_push_end(&out, "B");
  ls_wire_write_failure(&out, LS_DIALECT_NUMBERS, 1, &(ls_failure){.kind = LS_FAILURE_UNKNOWN, .message = "no"});
  int rc = ls_bytes_ok(&out) ? LS_OK : LS_ENOMEM;
  ls_bytes_fini(&out);
  return rc;
}

static int convert(void) {
  ls_bytes args = {0};
  ls_event event = {.args = "untouched"};
  ls_wire_event wire = {1, 0, "v1.A", "{\"b\":1,\"a\":\"\\u0062\"}", 20, "c", "s", NULL};
  ls_error err = {0};
  int rc = ls_wire_to_event(&event, &args, &wire, &err);
  assert_int_equal(rc, err.code);
  if (rc) assert_string_equal(event.args, "untouched");
  ls_bytes_fini(&args);
  return rc;
}

static void memory_may_run_out_while_writing(void **state) {
  (void)state;
  static int (*const BODIES[])(void) = {write_all, convert};
  for (size_t i = 0; i < 2; i++) {
    for (long k = 1;; k++) {
      fault_alloc_arm(k, false);
      int rc = BODIES[i]();
      bool failed = fault_alloc_disarm();
      assert_int_equal(rc, failed ? LS_ENOMEM : LS_OK);
      if (!failed) break;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_not_json_holds_no_message),
      cmocka_unit_test(no_message_of_a_client),
      cmocka_unit_test(requests_that_do_not_fit),
      cmocka_unit_test(no_message_of_a_server),
      cmocka_unit_test(arguments_that_are_not_json_make_no_event),
      cmocka_unit_test(memory_may_run_out_while_reading),
      cmocka_unit_test(memory_may_run_out_while_writing),
  };
  fault_alloc_install();
  return cmocka_run_group_tests(tests, NULL, teardown);
}
