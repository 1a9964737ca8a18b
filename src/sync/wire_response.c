/* wire_response - reading what servers send. */
#include "base/err.h"
#include "sync/wire_internal.h"

#define MAX_LIMIT (INT64_C(1) << 53)

/* Metadata of other backends may hold other things. */
static int read_metadata(ls_wire_event *event, ls_wire_reader *reader, uint32_t item, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t metadata;
  int rc = ls_wire_option(&metadata, doc, item, "metadata", err);
  if (rc || !metadata || ls_json_type_of(doc, metadata) != LS_JSON_OBJECT) return rc;
  if (!ls_json_get(doc, metadata, "createdAt")) return LS_OK;
  rc = ls_wire_text(&event->created_at, reader, metadata, "createdAt", err);
  return rc ? ls_wrap(err, rc, "\"metadata\"") : LS_OK;
}

static int read_item(ls_wire_event *event, ls_wire_reader *reader, uint32_t item, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t encoded;
  int rc = ls_wire_object(doc, item, "it", err);
  if (!rc) rc = ls_wire_member(&encoded, doc, item, "eventEncoded", LS_JSON_OBJECT, err);
  if (!rc) rc = ls_wire_event_read(event, reader, encoded, err);
  return rc ? rc : read_metadata(event, reader, item, err);
}

static int read_page_info(ls_wire_page *page, const ls_json *doc, uint32_t value, ls_error *err) {
  static const char *const TAGS[] = {"NoMore", "MoreKnown", "MoreUnknown"};
  static const ls_page_info INFOS[] = {LS_PAGE_NO_MORE, LS_PAGE_MORE, LS_PAGE_MORE_UNKNOWN};
  uint32_t info;
  size_t tag;
  int rc = ls_wire_member(&info, doc, value, "pageInfo", LS_JSON_OBJECT, err);
  if (rc) return rc;
  rc = ls_wire_tag(&tag, doc, info, TAGS, sizeof TAGS / sizeof TAGS[0], err);
  if (!rc) page->info = INFOS[tag];
  if (!rc && page->info == LS_PAGE_MORE) {
    rc = ls_wire_whole(&page->remaining, doc, info, "remaining", 0, MAX_LIMIT, err);
  }
  return rc ? ls_wrap(err, rc, "\"pageInfo\"") : LS_OK;
}

static int read_page(ls_wire_page *page, ls_wire_reader *reader, uint32_t value, ls_error *err) {
  const ls_json *doc = &reader->doc;
  int rc = ls_wire_object(doc, value, "it", err);
  if (!rc) rc = ls_wire_batch_read(&page->events, &page->n_events, reader, value, read_item, err);
  if (!rc) rc = read_page_info(page, doc, value, err);
  return rc ? rc : ls_wire_text(&page->backend_id, reader, value, "backendId", err);
}

static int read_chunk(ls_response *response, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t values;
  int rc = ls_wire_member(&values, doc, message, "values", LS_JSON_ARRAY, err);
  if (rc) return rc;
  ls_wire_page *pages = ls_wire_array(reader, doc->nodes[values].count, sizeof *pages);
  if (!pages) return ls_fail_nomem(err);
  size_t n = 0;
  for (uint32_t value = values + 1; value < doc->nodes[values].next; value = doc->nodes[value].next) {
    rc = read_page(&pages[n], reader, value, err);
    if (rc) return ls_wrap(err, rc, "\"values\", page %zu", n + 1);
    n++;
  }
  response->kind = LS_RESPONSE_CHUNK;
  response->pages = pages;
  response->n_pages = n;
  return LS_OK;
}

/* The value of a success says nothing that the request does not. */
static int read_exit(ls_response *response, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  static const char *const TAGS[] = {"Success", "Failure"};
  uint32_t outcome;
  size_t tag;
  int rc = ls_wire_member(&outcome, &reader->doc, message, "exit", LS_JSON_OBJECT, err);
  if (rc) return rc;
  rc = ls_wire_tag(&tag, &reader->doc, outcome, TAGS, 2, err);
  if (!rc) response->kind = tag == 0 ? LS_RESPONSE_SUCCESS : LS_RESPONSE_FAILURE;
  if (!rc && response->kind == LS_RESPONSE_FAILURE) {
    rc = ls_wire_failure_read(&response->failure, reader, outcome, err);
  }
  return rc ? ls_wrap(err, rc, "\"exit\"") : LS_OK;
}

static int read_pong(ls_response *response, const ls_json *doc, uint32_t message, ls_error *err) {
  response->kind = LS_RESPONSE_PONG;
  if (!ls_json_get(doc, message, "limits")) return LS_OK;
  uint32_t limits;
  int rc = ls_wire_member(&limits, doc, message, "limits", LS_JSON_OBJECT, err);
  if (rc) return rc;
  rc = ls_wire_whole(&response->limits.events, doc, limits, "events", 1, MAX_LIMIT, err);
  if (!rc) rc = ls_wire_whole(&response->limits.bytes, doc, limits, "bytes", 1, MAX_LIMIT, err);
  return rc ? ls_wrap(err, rc, "\"limits\"") : LS_OK;
}

static int read_defect(ls_response *response, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  uint32_t defect = ls_json_get(&reader->doc, message, "defect");
  if (!defect) return ls_wire_misfit(&reader->doc, 0, "defect", "anything", err);
  response->kind = LS_RESPONSE_DEFECT;
  response->failure.kind = LS_FAILURE_DEFECT;
  response->failure.message = ls_wire_defect(reader, defect);
  return response->failure.message ? LS_OK : ls_fail_nomem(err);
}

static int read_message(ls_response *response, ls_wire_reader *reader, uint32_t message, ls_error *err) {
  enum { PONG, CHUNK, EXIT, DEFECT };
  static const char *const TAGS[] = {"Pong", "Chunk", "Exit", "Defect"};
  ls_dialect dialect;
  size_t tag;
  int rc = ls_wire_tag(&tag, &reader->doc, message, TAGS, sizeof TAGS / sizeof TAGS[0], err);
  if (rc) return rc;
  if (tag == CHUNK || tag == EXIT) rc = ls_wire_id(&response->id, &dialect, reader, message, "requestId", err);
  if (!rc && tag == CHUNK) rc = read_chunk(response, reader, message, err);
  if (!rc && tag == EXIT) rc = read_exit(response, reader, message, err);
  if (!rc && tag == PONG) rc = read_pong(response, &reader->doc, message, err);
  if (!rc && tag == DEFECT) rc = read_defect(response, reader, message, err);
  return rc ? ls_wrap(err, rc, "%s", TAGS[tag]) : LS_OK;
}

int ls_wire_next_response(ls_response *out, ls_wire_reader *reader, ls_error *err) {
  uint32_t message;
  int rc = ls_wire_step(&message, reader, err);
  if (rc <= 0) return rc;
  ls_response response = {0};
  rc = read_message(&response, reader, message, err);
  if (rc) return rc;
  *out = response;
  return 1;
}
