/* fuzz_wire - a frame, read as one of a client and as one of a server. Reading ends as its header says; messages that
 * were read and written read as the same messages; their events make events of the log that fit the size foretold. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sync/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_wire: %s\n", what);
  abort();
}

/* Names and ids are never empty. */
static bool is_text(const char *text) { return text && *text; }

static void check_args_again(const ls_event *event) {
  ls_bytes args = {0};
  ls_event again;
  ls_wire_event wire = {1, 0, "v1.A", event->args, event->args_size, "c", "s", NULL};
  require(ls_wire_to_event(&again, &args, &wire, NULL) == LS_OK, "arguments of the log are arguments of the wire");
  require(again.args_size == event->args_size && !memcmp(again.args, event->args, again.args_size), "the same ones");
  ls_bytes_fini(&args);
}

static void check_size(const ls_event *event) {
  ls_bytes text = {0};
  ls_wire_push_event(&text, event, false);
  require(text.size <= ls_wire_event_bytes(event), "an event is no larger than foretold");
  ls_bytes_fini(&text);
}

static void check_event(const ls_wire_event *wire) {
  require(is_text(wire->name) && is_text(wire->client_id) && is_text(wire->session_id), "an event has its texts");
  require(wire->seq >= 0 && wire->seq <= LS_SEQNUM_MAX_GLOBAL, "and a number");
  require(wire->parent >= 0 && wire->parent <= LS_SEQNUM_MAX_GLOBAL, "and its parent's");
  require(!wire->args || strlen(wire->args) == wire->args_size, "and the size of its arguments");
  ls_bytes args = {0};
  ls_event event;
  require(ls_wire_to_event(&event, &args, wire, NULL) == LS_OK, "it is one of the log");
  check_args_again(&event);
  check_size(&event);
  ls_bytes_fini(&args);
}

static void write_push(ls_bytes *out, const ls_request *request, ls_wire_transport transport) {
  ls_wire_push_begin(out, transport, request->id, request->store_id, request->payload);
  for (size_t i = 0; i < request->n_events; i++) {
    const ls_wire_event *wire = &request->events[i];
    ls_event event = {.seq.global = wire->seq,
                      .parent.global = wire->parent,
                      .name = wire->name,
                      .args = wire->args ? wire->args : "{}",
                      .args_size = wire->args ? wire->args_size : 2,
                      .client_id = wire->client_id,
                      .session_id = wire->session_id};
    check_event(wire);
    ls_wire_push_event(out, &event, i == 0);
  }
  ls_wire_push_end(out, request->backend_id);
}

static void write_pull(ls_bytes *out, const ls_request *request, ls_wire_transport transport) {
  require(!request->has_cursor || is_text(request->backend_id), "a cursor is of a backend");
  ls_wire_pull pull = {.store_id = request->store_id,
                       .payload = request->payload,
                       .backend_id = request->backend_id,
                       .live = request->live,
                       .has_cursor = request->has_cursor,
                       .cursor = request->cursor};
  ls_wire_write_pull(out, transport, request->id, &pull);
}

static void write_request(ls_bytes *out, const ls_request *request) {
  bool http = request->tag && strncmp(request->tag, "SyncHttp", 8) == 0;
  ls_wire_transport transport = http ? LS_WIRE_HTTP : LS_WIRE_WEBSOCKET;
  switch (request->kind) {
    case LS_REQUEST_PING:
      if (request->rpc) ls_wire_write_rpc_ping(out, request->id, "r");
      if (!request->rpc) ls_wire_write_ping(out, request->asks_limits);
      break;
    case LS_REQUEST_PULL: write_pull(out, request, transport); break;
    case LS_REQUEST_PUSH: write_push(out, request, transport); break;
    case LS_REQUEST_ACK: ls_wire_write_ack(out, request->id); break;
    case LS_REQUEST_INTERRUPT: ls_wire_write_interrupt(out, request->id); break;
    case LS_REQUEST_EOF: ls_bytes_text(out, "{\"_tag\":\"Eof\"}"); break;
    case LS_REQUEST_UNKNOWN: require(request->tag != NULL, "an unknown request has a tag"); break;
    case LS_REQUEST_INVALID: require(is_text(request->problem), "an invalid request says why"); break;
  }
}

/* Each page in a chunk of its own. */
static void write_pages(ls_bytes *out, const ls_response *response) {
  for (size_t p = 0; p < response->n_pages; p++) {
    const ls_wire_page *page = &response->pages[p];
    require(is_text(page->backend_id), "a page is of a backend");
    if (p) ls_bytes_byte(out, ',');
    ls_wire_chunk_begin(out, LS_DIALECT_STRINGS, response->id);
    for (size_t i = 0; i < page->n_events; i++) {
      check_event(&page->events[i]);
      ls_wire_chunk_event(out, &page->events[i], i == 0);
    }
    ls_wire_chunk_end(out, page->info, page->remaining, page->backend_id);
  }
}

static void write_response(ls_bytes *out, const ls_response *response) {
  /* Both dialects; which one follows from the id, so that it is the same one when this is read and written again. */
  ls_dialect dialect = response->id % 2 && response->id < 1000 ? LS_DIALECT_NUMBERS : LS_DIALECT_STRINGS;
  switch (response->kind) {
    case LS_RESPONSE_PONG: ls_wire_write_pong(out, response->limits.events ? &response->limits : NULL); break;
    case LS_RESPONSE_CHUNK: write_pages(out, response); break;
    case LS_RESPONSE_SUCCESS: ls_wire_write_success(out, dialect, response->id, LS_SUCCESS_PULL); break;
    case LS_RESPONSE_FAILURE: ls_wire_write_failure(out, dialect, response->id, &response->failure); break;
    case LS_RESPONSE_DEFECT: ls_wire_write_defect(out, response->failure.message); break;
  }
}

/* Append the next message of the frame; false behind the last. */
static bool write_next(ls_bytes *out, ls_wire_reader *reader, bool server) {
  ls_request request;
  ls_response response;
  ls_error err = {0};
  int rc = server ? ls_wire_next_response(&response, reader, &err) : ls_wire_next_request(&request, reader, &err);
  require(rc == 0 || rc == 1 || (rc == LS_EFORMAT && err.code == rc && err.text[0]), "reading ends as its header says");
  if (rc == 0) return false;
  size_t before = out->size;
  if (rc == 1 && server) write_response(out, &response);
  if (rc == 1 && !server) write_request(out, &request);
  if (out->size > before) ls_bytes_byte(out, ',');
  return true;
}

/* A frame of all that could be read from this one. */
static int rewrite(ls_bytes *out, const char *frame, size_t size, bool server) {
  ls_wire_reader reader = {0};
  ls_error err = {0};
  int rc = ls_wire_read(&reader, frame, size, &err);
  require(rc == err.code && (rc == LS_OK || rc == LS_EJSON || rc == LS_ELIMIT),
          "a frame is taken in as its header says");
  ls_bytes_byte(out, '[');
  while (write_next(out, &reader, server)) {}
  if (out->data[out->size - 1] == ',') out->size--;
  ls_bytes_byte(out, ']');
  ls_wire_reader_fini(&reader);
  return rc;
}

static void check(const char *frame, size_t size, bool server) {
  ls_bytes first = {0}, second = {0};
  if (rewrite(&first, frame, size, server) == LS_OK) {
    int rc = rewrite(&second, first.data, first.size, server);
    require(rc == LS_OK || rc == LS_ELIMIT, "what was written can be read"); /* the array is one level more */
    bool same = second.size == first.size && !memcmp(second.data, first.data, first.size);
    require(rc == LS_ELIMIT || same, "what was read and written reads the same");
  }
  ls_bytes_fini(&first);
  ls_bytes_fini(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  check((const char *)data, size, false);
  check((const char *)data, size, true);
  return 0;
}
