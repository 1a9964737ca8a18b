/* wire_event - events of the wire: read, and made events of the log. */
#include "base/err.h"
#include "sync/wire_internal.h"

static int read_args(ls_wire_event *event, ls_wire_reader *reader, uint32_t node, ls_error *err) {
  uint32_t args = ls_json_get(&reader->doc, node, "args");
  if (!args) return LS_OK;
  event->args = ls_wire_verbatim(&event->args_size, reader, args);
  return event->args ? LS_OK : ls_fail_nomem(err);
}

int ls_wire_event_read(ls_wire_event *out, ls_wire_reader *reader, uint32_t node, ls_error *err) {
  const ls_json *doc = &reader->doc;
  ls_wire_event event = {0};
  int rc = ls_wire_object(doc, node, "an event", err);
  if (!rc) rc = ls_wire_text(&event.name, reader, node, "name", err);
  if (!rc) rc = read_args(&event, reader, node, err);
  if (!rc) rc = ls_wire_whole(&event.seq, doc, node, "seqNum", 0, LS_SEQNUM_MAX_GLOBAL, err);
  if (!rc) rc = ls_wire_whole(&event.parent, doc, node, "parentSeqNum", 0, LS_SEQNUM_MAX_GLOBAL, err);
  if (!rc) rc = ls_wire_text(&event.client_id, reader, node, "clientId", err);
  if (!rc) rc = ls_wire_text(&event.session_id, reader, node, "sessionId", err);
  if (rc) return rc;
  *out = event;
  return LS_OK;
}

/* Room for as many events as can be valid up to the first that is not. So memory stays in proportion to the text,
 * whatever else stands in the array. */
static ls_wire_event *batch_alloc(ls_wire_reader *reader, uint32_t batch) {
  static const char LEAST[] = "{\"name\":\"\",\"seqNum\":0,\"parentSeqNum\":0,\"clientId\":\"\",\"sessionId\":\"\"}";
  const ls_json_node *array = &reader->doc.nodes[batch];
  size_t most = array->size / sizeof LEAST + 1;
  return ls_wire_array(reader, array->count < most ? array->count : most, sizeof(ls_wire_event));
}

int ls_wire_batch_read(const ls_wire_event **out, size_t *n, ls_wire_reader *reader, uint32_t object,
                       ls_wire_item_fn read_item, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t batch;
  int rc = ls_wire_member(&batch, doc, object, "batch", LS_JSON_ARRAY, err);
  if (rc) return rc;
  ls_wire_event *events = batch_alloc(reader, batch);
  if (!events) return ls_fail_nomem(err);
  size_t count = 0;
  for (uint32_t item = batch + 1; item < doc->nodes[batch].next; item = doc->nodes[item].next) {
    ls_wire_event event = {0};
    rc = read_item(&event, reader, item, err);
    if (rc) return ls_wrap(err, rc, "\"batch\", event %zu", count + 1);
    events[count++] = event;
  }
  *out = events;
  *n = count;
  return LS_OK;
}

/* Without canonical text they stay as they are. */
static int canonical_args(ls_bytes *out, const ls_wire_event *event, ls_error *err) {
  ls_json doc = {0};
  int rc = ls_json_parse(&doc, event->args, event->args_size, err);
  if (rc) goto done;
  if (ls_json_type_of(&doc, 0) == LS_JSON_NULL) {
    ls_bytes_text(out, "{}");
    goto done;
  }
  rc = ls_json_canonical(out, &doc, 0, NULL);
  if (rc == LS_ENOMEM) ls_fail_nomem(err);
  if (rc && rc != LS_ENOMEM) {
    ls_bytes_append(out, event->args, event->args_size);
    rc = LS_OK;
  }
done:
  ls_json_fini(&doc);
  return rc;
}

int ls_wire_to_event(ls_event *out, ls_bytes *args, const ls_wire_event *event, ls_error *err) {
  ls_bytes_clear(args);
  if (!event->args) ls_bytes_text(args, "{}");
  int rc = event->args ? canonical_args(args, event, err) : LS_OK;
  if (rc) return rc;
  const char *text = ls_bytes_cstr(args);
  if (!text) return ls_fail_nomem(err);
  *out = (ls_event){.seq = {.global = event->seq},
                    .parent = {.global = event->parent},
                    .name = event->name,
                    .args = text,
                    .args_size = args->size,
                    .client_id = event->client_id,
                    .session_id = event->session_id};
  return LS_OK;
}
