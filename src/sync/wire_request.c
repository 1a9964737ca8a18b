/* wire_request - reading what clients send. */
#include "base/err.h"
#include "sync/wire_internal.h"

typedef struct call {
  const char *tag;
  ls_request_kind kind;
} call;

/* The WebSocket transport has no such Ping: there it is a message of its own. */
static const call CALLS[] = {
    {"SyncWsRpc.Pull", LS_REQUEST_PULL},   {"SyncWsRpc.Push", LS_REQUEST_PUSH},   {"SyncHttpRpc.Pull", LS_REQUEST_PULL},
    {"SyncHttpRpc.Push", LS_REQUEST_PUSH}, {"SyncHttpRpc.Ping", LS_REQUEST_PING},
};

static int read_cursor(ls_request *request, ls_wire_reader *reader, uint32_t payload, ls_error *err) {
  uint32_t cursor;
  int rc = ls_wire_option(&cursor, &reader->doc, payload, "cursor", err);
  if (rc || !cursor) return rc;
  if (ls_json_type_of(&reader->doc, cursor) != LS_JSON_OBJECT) {
    return ls_wire_misfit(&reader->doc, cursor, "cursor", "an object with \"backendId\"", err);
  }
  request->has_cursor = true;
  rc = ls_wire_text(&request->backend_id, reader, cursor, "backendId", err);
  if (!rc) {
    rc = ls_wire_whole(&request->cursor, &reader->doc, cursor, "eventSequenceNumber", 0, LS_SEQNUM_MAX_GLOBAL, err);
  }
  return rc ? ls_wrap(err, rc, "\"cursor\"") : LS_OK;
}

static int read_pull(ls_request *request, ls_wire_reader *reader, uint32_t payload, ls_error *err) {
  int rc = ls_wire_flag(&request->live, &reader->doc, payload, "live", err);
  return rc ? rc : read_cursor(request, reader, payload, err);
}

static int read_push(ls_request *request, ls_wire_reader *reader, uint32_t payload, ls_error *err) {
  uint32_t backend_id;
  int rc = ls_wire_batch_read(&request->events, &request->n_events, reader, payload, ls_wire_event_read, err);
  if (!rc) rc = ls_wire_option(&backend_id, &reader->doc, payload, "backendId", err);
  if (rc || !backend_id) return rc;
  return ls_wire_text_of(&request->backend_id, reader, backend_id, "backendId", err);
}

static int read_sync_payload(ls_request *request, ls_wire_reader *reader, uint32_t payload, ls_error *err) {
  uint32_t node = ls_json_get(&reader->doc, payload, "payload");
  if (!node) return LS_OK;
  size_t size;
  request->payload = ls_wire_verbatim(&size, reader, node);
  return request->payload ? LS_OK : ls_fail_nomem(err);
}

static int read_payload(ls_request *request, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  uint32_t payload;
  int rc = ls_wire_member(&payload, &reader->doc, message, "payload", LS_JSON_OBJECT, err);
  if (rc) return rc;
  rc = ls_wire_text(&request->store_id, reader, payload, "storeId", err);
  if (!rc) rc = read_sync_payload(request, reader, payload, err);
  if (!rc && request->kind == LS_REQUEST_PULL) rc = read_pull(request, reader, payload, err);
  if (!rc && request->kind == LS_REQUEST_PUSH) rc = read_push(request, reader, payload, err);
  return rc ? ls_wrap(err, rc, "\"payload\"") : LS_OK;
}

static int read_call(ls_request *request, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  uint32_t tag;
  int rc = ls_wire_member(&tag, &reader->doc, message, "tag", LS_JSON_STRING, err);
  if (rc) return rc;
  request->kind = LS_REQUEST_UNKNOWN;
  for (size_t i = 0; i < sizeof CALLS / sizeof CALLS[0]; i++) {
    if (ls_json_equals(&reader->doc, tag, CALLS[i].tag)) request->kind = CALLS[i].kind;
  }
  request->tag = ls_wire_string(NULL, reader, tag);
  if (!request->tag) return ls_fail_nomem(err);
  request->rpc = request->kind == LS_REQUEST_PING;
  if (request->rpc || request->kind == LS_REQUEST_UNKNOWN) return LS_OK;
  return read_payload(request, reader, message, err);
}

/* What is wrong with a request that can be answered is part of the request. */
static int read_call_or_problem(ls_request *request, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  int rc = ls_wire_id(&request->id, &request->dialect, reader, message, "id", err);
  if (rc) return ls_wrap(err, rc, "Request");
  ls_error problem;
  rc = read_call(request, reader, message, &problem);
  if (rc == LS_OK) return LS_OK;
  if (rc != LS_EFORMAT) return ls_fail(err, (ls_code)rc, "%s", problem.text);
  const char *text = ls_arena_strdup(&reader->memory, problem.text);
  if (!text) return ls_fail_nomem(err);
  *request = (ls_request){
      .kind = LS_REQUEST_INVALID, .dialect = request->dialect, .id = request->id, .tag = request->tag, .problem = text};
  return LS_OK;
}

static int read_message(ls_request *request, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  enum { PING, REQUEST, ACK, INTERRUPT, END };
  static const char *const TAGS[] = {"Ping", "Request", "Ack", "Interrupt", "Eof"};
  size_t tag;
  int rc = ls_wire_tag(&tag, &reader->doc, message, TAGS, sizeof TAGS / sizeof TAGS[0], err);
  if (rc) return rc;
  if (tag == REQUEST) return read_call_or_problem(request, reader, message, err);
  if (tag == PING) {
    request->kind = LS_REQUEST_PING;
    rc = ls_wire_flag(&request->asks_limits, &reader->doc, message, "limits", err);
  } else if (tag == END) {
    request->kind = LS_REQUEST_EOF;
  } else {
    request->kind = tag == ACK ? LS_REQUEST_ACK : LS_REQUEST_INTERRUPT;
    rc = ls_wire_id(&request->id, &request->dialect, reader, message, "requestId", err);
  }
  return rc ? ls_wrap(err, rc, "%s", TAGS[tag]) : LS_OK;
}

int ls_wire_next_request(ls_request *out, ls_wire_reader *reader, ls_error *err) {
  uint32_t message;
  int rc = ls_wire_step(&message, reader, err);
  if (rc <= 0) return rc;
  ls_request request = {0};
  rc = read_message(&request, reader, message, err);
  if (rc) return rc;
  *out = request;
  return 1;
}
