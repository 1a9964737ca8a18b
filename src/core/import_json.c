/* The two JSON formats: one event a line, and LiveStore's export,
 *   {"version":1,"storeId":"…","exportedAt":"…","eventCount":2,"events":[…]} */
#include "base/err.h"
#include "base/event_json.h"
#include "core/import.h"

#define READ_SIZE 65536

/* ---------------------------------------------------------------------------------------------- */
/* Lines */

typedef struct lines {
  ls_port_reader *reader;
  ls_bytes *buffer; /* from its start up to `at`: used */
  size_t at, size;  /* the line */
  uint64_t number;
} lines;

/* Move on to the next line: 1, 0 at the end, or negative. The last one may lack its end. */
static int next_line(lines *l, ls_error *err) {
  size_t start = l->number ? l->at + l->size + 1 : 0, seen = 0;
  int more = 1;
  for (;;) {
    size_t rest = l->buffer->size > start ? l->buffer->size - start : 0;
    const char *end = rest > seen ? memchr(l->buffer->data + start + seen, '\n', rest - seen) : NULL;
    if (end || more == 0) {
      l->at = start;
      l->size = end ? (size_t)(end - l->buffer->data) - start : rest;
      l->number++;
      return end || rest > 0;
    }
    seen = rest;
    if (rest && start) memmove(l->buffer->data, l->buffer->data + start, rest);
    l->buffer->size = rest;
    start = 0;
    more = ls_port_reader_next(l->buffer, l->reader, READ_SIZE, err);
    if (more < 0) return more;
  }
}

static bool is_blank(const char *text, size_t size) {
  size_t at = 0;
  while (at < size && (text[at] == ' ' || text[at] == '\t' || text[at] == '\r')) at++;
  return at == size;
}

static bool is_input(const ls_json *doc) {
  return ls_json_type_of(doc, 0) == LS_JSON_OBJECT && ls_json_get(doc, 0, "name") && !ls_json_get(doc, 0, "seqNum");
}

static int take_line(ls_importer *importer, const char *text, size_t size, ls_error *err) {
  ls_event event;
  int rc = ls_json_parse(&importer->doc, text, size, err);
  if (!rc && is_input(&importer->doc)) {
    rc = ls_fail(err, LS_EFORMAT,
                 "an event without \"seqNum\" has no place in a log yet;"
                 " commit such events with `livestore commit STORE --from FILE`");
  }
  if (!rc) rc = ls_event_json_read(&event, &importer->texts, &importer->doc, 0, LS_EVENT_CLIENT, err);
  return rc ? rc : ls_import_take(importer, &event, err);
}

int ls_import_lines(ls_importer *importer, ls_bytes *head, ls_port_reader *reader, ls_error *err) {
  lines l = {.reader = reader, .buffer = head};
  int more;
  while ((more = next_line(&l, err)) == 1) {
    const char *text = head->data + l.at;
    if (is_blank(text, l.size)) continue;
    int rc = take_line(importer, text, l.size, err);
    if (rc) return ls_import_fail_at(importer, rc, "line", l.number, err);
  }
  return more;
}

/* ---------------------------------------------------------------------------------------------- */
/* LiveStore's export */

static int check_version(const ls_json *doc, ls_error *err) {
  int64_t version;
  int rc = ls_event_json_count(&version, doc, 0, "version", err);
  if (rc || version == 1) return rc;
  return ls_fail(err, LS_EFORMAT, "\"version\" is %lld, and only version 1 can be read", (long long)version);
}

static int check_store(ls_importer *importer, ls_error *err) {
  if (importer->force) return LS_OK;
  ls_bytes_clear(&importer->texts);
  int rc = ls_event_json_text(&importer->texts, &importer->doc, 0, "storeId", err);
  if (rc || strcmp(importer->texts.data, ls_store_id(importer->store)) == 0) return rc;
  return ls_fail(err, LS_EFORMAT,
                 "\"storeId\" is \"%s\", and this store is \"%s\"; import it with --force if that is meant",
                 importer->texts.data, ls_store_id(importer->store));
}

/* Find the events, of which there must be as many as the document says. */
static int find_events(uint32_t *out, const ls_json *doc, ls_error *err) {
  uint32_t events = ls_json_get(doc, 0, "events");
  if (!events || ls_json_type_of(doc, events) != LS_JSON_ARRAY)
    return ls_fail(err, LS_EFORMAT, "\"events\" must be an array");
  int64_t count;
  int rc = ls_event_json_count(&count, doc, 0, "eventCount", err);
  if (rc) return rc;
  *out = events;
  if (count == doc->nodes[events].count) return LS_OK;
  return ls_fail(err, LS_EFORMAT, "\"eventCount\" is %lld, and there are %lu events: something was added or lost",
                 (long long)count, (unsigned long)doc->nodes[events].count);
}

static int take_events(ls_importer *importer, uint32_t events, ls_error *err) {
  const ls_json *doc = &importer->doc;
  uint32_t node = events + 1;
  for (uint32_t i = 0; i < doc->nodes[events].count; i++, node = doc->nodes[node].next) {
    ls_event event;
    int rc = ls_event_json_read(&event, &importer->texts, doc, node, LS_EVENT_GLOBAL, err);
    if (!rc) rc = ls_import_take(importer, &event, err);
    if (rc) return ls_import_fail_at(importer, rc, "event", i, err);
  }
  return LS_OK;
}

static int take_document(ls_importer *importer, const ls_bytes *text, ls_error *err) {
  uint32_t events = 0;
  int rc = ls_json_parse(&importer->doc, text->data, text->size, err);
  if (!rc) rc = check_version(&importer->doc, err);
  if (!rc) rc = check_store(importer, err);
  if (!rc) rc = find_events(&events, &importer->doc, err);
  if (rc == LS_EJSON || rc == LS_ELIMIT) err->code = rc = LS_EFORMAT;
  if (rc) return ls_wrap(err, rc, "%s", importer->file);
  return take_events(importer, events, err);
}

int ls_import_document(ls_importer *importer, ls_bytes *head, ls_port_reader *reader, ls_error *err) {
  int more;
  do more = ls_port_reader_next(head, reader, READ_SIZE, err);
  while (more == 1);
  return more < 0 ? more : take_document(importer, head, err);
}
