/* wire_write - messages as text. Members come in the order in which LiveStore writes them. */
#include <assert.h>
#include <string.h>

#include "sync/wire.h"

#define CREATED_AT_BYTES 24 /* "2026-01-01T00:00:00.000Z" */
#define NUMBER_BYTES 20

static void put_string(ls_bytes *out, const char *before, const char *text) {
  ls_bytes_text(out, before);
  ls_json_write_string(out, text, strlen(text));
}

static void put_number(ls_bytes *out, const char *before, int64_t number) {
  ls_bytes_printf(out, "%s%lld", before, (long long)number);
}

static void put_id(ls_bytes *out, const char *before, ls_dialect dialect, uint64_t id) {
  const char *quote = dialect == LS_DIALECT_STRINGS ? "\"" : "";
  ls_bytes_printf(out, "%s%s%llu%s", before, quote, (unsigned long long)id, quote);
}

/* {"_tag":"Some","value":"text"} */
static void put_option(ls_bytes *out, const char *before, const char *text) {
  ls_bytes_text(out, before);
  if (!text) {
    ls_bytes_text(out, "{\"_tag\":\"None\"}");
    return;
  }
  put_string(out, "{\"_tag\":\"Some\",\"value\":", text);
  ls_bytes_byte(out, '}');
}

/* ---------------------------------------------------------------------------------------------- */
/* Client to server */

void ls_wire_write_ping(ls_bytes *out, bool asks_limits) {
  ls_bytes_text(out, asks_limits ? "{\"_tag\":\"Ping\",\"limits\":true}" : "{\"_tag\":\"Ping\"}");
}

void ls_wire_write_ack(ls_bytes *out, uint64_t id) {
  put_id(out, "{\"_tag\":\"Ack\",\"requestId\":", LS_DIALECT_STRINGS, id);
  ls_bytes_byte(out, '}');
}

void ls_wire_write_interrupt(ls_bytes *out, uint64_t id) {
  put_id(out, "{\"_tag\":\"Interrupt\",\"requestId\":", LS_DIALECT_STRINGS, id);
  ls_bytes_byte(out, '}');
}

/* Up to what all payloads begin with; its object stays open. */
static void begin_request(ls_bytes *out, ls_wire_transport transport, const char *what, uint64_t id,
                          const char *store_id, const char *payload) {
  put_id(out, "{\"_tag\":\"Request\",\"id\":", LS_DIALECT_STRINGS, id);
  ls_bytes_printf(out, ",\"tag\":\"%s.%s\"", transport == LS_WIRE_HTTP ? "SyncHttpRpc" : "SyncWsRpc", what);
  put_string(out, ",\"payload\":{\"storeId\":", store_id);
  if (!payload) return;
  ls_bytes_text(out, ",\"payload\":");
  ls_bytes_text(out, payload);
}

static void end_request(ls_bytes *out) { ls_bytes_text(out, "},\"headers\":[]}"); }

static void put_cursor(ls_bytes *out, const ls_wire_pull *pull) {
  if (!pull->has_cursor) {
    ls_bytes_text(out, ",\"cursor\":{\"_tag\":\"None\"}");
    return;
  }
  put_string(out, ",\"cursor\":{\"_tag\":\"Some\",\"value\":{\"backendId\":", pull->backend_id);
  put_number(out, ",\"eventSequenceNumber\":", pull->cursor);
  ls_bytes_text(out, "}}");
}

void ls_wire_write_pull(ls_bytes *out, ls_wire_transport transport, uint64_t id, const ls_wire_pull *pull) {
  assert(!pull->has_cursor || pull->backend_id);
  begin_request(out, transport, "Pull", id, pull->store_id, pull->payload);
  if (transport == LS_WIRE_WEBSOCKET) ls_bytes_text(out, pull->live ? ",\"live\":true" : ",\"live\":false");
  put_cursor(out, pull);
  end_request(out);
}

void ls_wire_write_rpc_ping(ls_bytes *out, uint64_t id, const char *store_id) {
  begin_request(out, LS_WIRE_HTTP, "Ping", id, store_id, NULL);
  end_request(out);
}

/* ---------------------------------------------------------------------------------------------- */
/* Events */

static void put_event(ls_bytes *out, const ls_wire_event *event) {
  put_string(out, "{\"name\":", event->name);
  if (event->args) {
    ls_bytes_text(out, ",\"args\":");
    ls_bytes_append(out, event->args, event->args_size);
  }
  put_number(out, ",\"seqNum\":", event->seq);
  put_number(out, ",\"parentSeqNum\":", event->parent);
  put_string(out, ",\"clientId\":", event->client_id);
  put_string(out, ",\"sessionId\":", event->session_id);
  ls_bytes_byte(out, '}');
}

static size_t string_bytes(const char *text) {
  size_t size = 2;
  for (const unsigned char *at = (const unsigned char *)text; *at; at++) {
    size += *at < 0x20 || *at == '"' || *at == '\\' ? sizeof "\\u0000" - 1 : *at < 0x80 ? 1 : sizeof "\xef\xbf\xbd" - 1;
  }
  return size;
}

size_t ls_wire_event_bytes(const ls_event *event) {
  static const char FIXED[] =
      ",{\"eventEncoded\":{\"name\":,\"args\":,\"seqNum\":,\"parentSeqNum\":,\"clientId\":,\"sessionId\":},"
      "\"metadata\":{\"_tag\":\"Some\",\"value\":{\"_tag\":\"SyncMessage.SyncMetadata\",\"createdAt\":\"\"}}}";
  return sizeof FIXED - 1 + 2 * NUMBER_BYTES + CREATED_AT_BYTES + event->args_size + string_bytes(event->name) +
         string_bytes(event->client_id) + string_bytes(event->session_id);
}

void ls_wire_push_begin(ls_bytes *out, ls_wire_transport transport, uint64_t id, const char *store_id,
                        const char *payload) {
  begin_request(out, transport, "Push", id, store_id, payload);
  ls_bytes_text(out, ",\"batch\":[");
}

void ls_wire_push_event(ls_bytes *out, const ls_event *event, bool first) {
  if (!first) ls_bytes_byte(out, ',');
  put_event(out, &(ls_wire_event){.seq = event->seq.global,
                                  .parent = event->parent.global,
                                  .name = event->name,
                                  .args = event->args,
                                  .args_size = event->args_size,
                                  .client_id = event->client_id,
                                  .session_id = event->session_id});
}

void ls_wire_push_end(ls_bytes *out, const char *backend_id) {
  put_option(out, "],\"backendId\":", backend_id);
  end_request(out);
}

/* ---------------------------------------------------------------------------------------------- */
/* Server to client */

void ls_wire_write_pong(ls_bytes *out, const ls_wire_limits *limits) {
  ls_bytes_text(out, "{\"_tag\":\"Pong\"");
  if (limits) {
    put_number(out, ",\"limits\":{\"events\":", limits->events);
    put_number(out, ",\"bytes\":", limits->bytes);
    ls_bytes_byte(out, '}');
  }
  ls_bytes_byte(out, '}');
}

void ls_wire_chunk_begin(ls_bytes *out, ls_dialect dialect, uint64_t id) {
  put_id(out, "{\"_tag\":\"Chunk\",\"requestId\":", dialect, id);
  ls_bytes_text(out, ",\"values\":[{\"batch\":[");
}

void ls_wire_chunk_event(ls_bytes *out, const ls_wire_event *event, bool first) {
  ls_bytes_text(out, first ? "{\"eventEncoded\":" : ",{\"eventEncoded\":");
  put_event(out, event);
  if (event->created_at) {
    put_string(out, ",\"metadata\":{\"_tag\":\"Some\",\"value\":{\"_tag\":\"SyncMessage.SyncMetadata\",\"createdAt\":",
               event->created_at);
    ls_bytes_text(out, "}}}");
  } else {
    ls_bytes_text(out, ",\"metadata\":{\"_tag\":\"None\"}}");
  }
}

void ls_wire_chunk_end(ls_bytes *out, ls_page_info info, int64_t remaining, const char *backend_id) {
  switch (info) {
    case LS_PAGE_NO_MORE: ls_bytes_text(out, "],\"pageInfo\":{\"_tag\":\"NoMore\""); break;
    case LS_PAGE_MORE: put_number(out, "],\"pageInfo\":{\"_tag\":\"MoreKnown\",\"remaining\":", remaining); break;
    case LS_PAGE_MORE_UNKNOWN: ls_bytes_text(out, "],\"pageInfo\":{\"_tag\":\"MoreUnknown\""); break;
  }
  put_string(out, "},\"backendId\":", backend_id);
  ls_bytes_text(out, "}]}");
}

static void begin_exit(ls_bytes *out, ls_dialect dialect, uint64_t id, const char *outcome) {
  put_id(out, "{\"_tag\":\"Exit\",\"requestId\":", dialect, id);
  ls_bytes_printf(out, ",\"exit\":{\"_tag\":\"%s\",", outcome);
}

static void write_success(ls_bytes *out, ls_dialect dialect, uint64_t id, const char *value) {
  begin_exit(out, dialect, id, "Success");
  ls_bytes_printf(out, "\"value\":%s}}", value);
}

void ls_wire_write_success(ls_bytes *out, ls_dialect dialect, uint64_t id, ls_success what) {
  write_success(out, dialect, id, what == LS_SUCCESS_PUSH ? "{}" : "null");
}

void ls_wire_write_rpc_pong(ls_bytes *out, ls_dialect dialect, uint64_t id) {
  write_success(out, dialect, id, "{\"_tag\":\"SyncMessage.Pong\"}");
}

static void put_unknown(ls_bytes *out, const ls_failure *failure) {
  put_string(out, "{\"_tag\":\"UnknownError\",\"cause\":{\"name\":", failure->permanent ? "RefusedError" : "Error");
  put_string(out, ",\"message\":", failure->message);
  if (failure->permanent && failure->refused) put_number(out, ",\"seqNum\":", failure->refused);
  ls_bytes_text(out, "}}");
}

static void put_error(ls_bytes *out, const ls_failure *failure) {
  ls_bytes_text(out, "{\"_tag\":\"Fail\",\"error\":");
  if (failure->kind == LS_FAILURE_SERVER_AHEAD) {
    put_number(out, "{\"minimumExpectedNum\":", failure->minimum_expected);
    put_number(out, ",\"providedNum\":", failure->provided);
    ls_bytes_text(out, ",\"_tag\":\"ServerAheadError\"}");
  } else if (failure->kind == LS_FAILURE_BACKEND_ID) {
    put_string(out, "{\"expected\":", failure->expected);
    put_string(out, ",\"received\":", failure->received);
    ls_bytes_text(out, ",\"_tag\":\"BackendIdMismatchError\"}");
  } else {
    put_unknown(out, failure);
  }
  ls_bytes_byte(out, '}');
}

static void put_cause(ls_bytes *out, ls_dialect dialect, const ls_failure *failure) {
  if (failure->kind == LS_FAILURE_DEFECT) {
    put_string(out, "{\"_tag\":\"Die\",\"defect\":", failure->message);
    ls_bytes_byte(out, '}');
  } else if (failure->kind == LS_FAILURE_INTERRUPTED) {
    const char *nobody = dialect == LS_DIALECT_STRINGS ? "{\"_tag\":\"None\"}" : "null";
    ls_bytes_printf(out, "{\"_tag\":\"Interrupt\",\"fiberId\":%s}", nobody);
  } else {
    put_error(out, failure);
  }
}

void ls_wire_write_failure(ls_bytes *out, ls_dialect dialect, uint64_t id, const ls_failure *failure) {
  begin_exit(out, dialect, id, "Failure");
  ls_bytes_text(out, dialect == LS_DIALECT_STRINGS ? "\"cause\":" : "\"cause\":[");
  put_cause(out, dialect, failure);
  ls_bytes_text(out, dialect == LS_DIALECT_STRINGS ? "}}" : "]}}");
}

void ls_wire_write_defect(ls_bytes *out, const char *message) {
  put_string(out, "{\"_tag\":\"Defect\",\"defect\":", message);
  ls_bytes_byte(out, '}');
}
