#include "core/link.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/event_json.h"

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

void ls_link_fini(ls_link *link) {
  ls_json_fini(&link->doc);
  ls_free(link->events);
  ls_arena_fini(&link->arena);
  ls_bytes_fini(&link->texts);
  memset(link, 0, sizeof *link);
}

static int bad_message(ls_error *err, int rc) {
  if (rc == LS_ENOMEM) return rc;
  if (err) err->code = LS_EPROTOCOL;
  return ls_wrap(err, LS_EPROTOCOL, "message between session and leader");
}

static int reserve(ls_link *link, size_t n, ls_error *err) {
  if (n <= link->capacity) return LS_OK;
  ls_event *events = ls_realloc(link->events, n * sizeof *events);
  if (!events) return ls_fail_nomem(err);
  link->events = events;
  link->capacity = n;
  return LS_OK;
}

/* An event as event_json.h reads it is gone with the next one. */
static int keep_event(ls_event *event, ls_link *link, ls_error *err) {
  event->name = ls_arena_strdup(&link->arena, event->name);
  event->client_id = ls_arena_strdup(&link->arena, event->client_id);
  event->session_id = ls_arena_strdup(&link->arena, event->session_id);
  event->args = ls_arena_dup(&link->arena, event->args, event->args_size);
  bool kept = event->name && event->client_id && event->session_id && event->args;
  return kept ? LS_OK : ls_fail_nomem(err);
}

static int read_events(ls_link *link, ls_error *err) {
  uint32_t list = ls_link_find(link, 0, "events");
  link->n = 0;
  if (!list) return LS_OK;
  if (ls_json_type_of(&link->doc, list) != LS_JSON_ARRAY)
    return ls_fail(err, LS_EPROTOCOL, "\"events\" must be an array");
  int rc = reserve(link, link->doc.nodes[list].count, err);
  for (uint32_t node = list + 1; !rc && node < link->doc.nodes[list].next; node = link->doc.nodes[node].next) {
    ls_event *event = &link->events[link->n++];
    rc = ls_event_json_read(event, &link->texts, &link->doc, node, LS_EVENT_CLIENT, err);
    if (!rc) rc = keep_event(event, link, err);
  }
  return rc;
}

int ls_link_read(ls_link *out, const void *message, size_t size, ls_error *err) {
  const char *end = memchr(message, '\n', size);
  size_t head = end ? (size_t)(end - (const char *)message) : size;
  ls_arena_fini(&out->arena);
  memset(&out->arena, 0, sizeof out->arena);
  out->image = end ? end + 1 : NULL;
  out->image_size = end ? size - head - 1 : 0;
  int rc = ls_json_parse(&out->doc, message, head, err);
  if (!rc && ls_json_type_of(&out->doc, 0) != LS_JSON_OBJECT) rc = ls_fail(err, LS_EPROTOCOL, "it is no object");
  if (!rc) rc = read_events(out, err);
  return rc ? bad_message(err, rc) : LS_OK;
}

uint32_t ls_link_find(const ls_link *link, uint32_t object, const char *key) {
  return ls_json_type_of(&link->doc, object) == LS_JSON_OBJECT ? ls_json_get(&link->doc, object, key) : 0;
}

int ls_link_text(const char **out, ls_link *link, uint32_t object, const char *key, ls_error *err) {
  ls_bytes_clear(&link->texts);
  int rc = ls_event_json_text(&link->texts, &link->doc, object, key, err);
  if (rc) return bad_message(err, rc);
  const char *text = ls_arena_strdup(&link->arena, link->texts.data);
  if (!text) return ls_fail_nomem(err);
  *out = text;
  return LS_OK;
}

int ls_link_seqnum(ls_seqnum *out, ls_link *link, uint32_t object, const char *key, ls_error *err) {
  const char *text;
  int rc = ls_link_text(&text, link, object, key, err);
  if (!rc && (rc = ls_seqnum_parse(out, text, err))) rc = bad_message(err, rc);
  return rc;
}

int ls_link_mark(ls_mark *out, ls_link *link, uint32_t object, const char *key, ls_error *err) {
  const char *sum;
  ls_mark mark = {.sum = 0};
  int rc = ls_link_seqnum(&mark.seq, link, object, key, err);
  if (!rc) rc = ls_link_text(&sum, link, object, "sum", err);
  if (rc) return rc;
  mark.sum = strtoull(sum, NULL, 16);
  *out = mark;
  return LS_OK;
}

int ls_link_count(int64_t *out, ls_link *link, uint32_t object, const char *key, ls_error *err) {
  int rc = ls_event_json_count(out, &link->doc, object, key, err);
  return rc ? bad_message(err, rc) : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing */

void ls_link_put_text(ls_bytes *out, const char *before, const char *text) {
  ls_bytes_text(out, before);
  ls_json_write_string(out, text, strlen(text));
}

void ls_link_put_seqnum(ls_bytes *out, const char *before, ls_seqnum seq) {
  char text[LS_SEQNUM_TEXT];
  ls_bytes_printf(out, "%s\"%s\"", before, ls_seqnum_format(seq, text));
}

void ls_link_put_mark(ls_bytes *out, const char *before, ls_mark mark) {
  ls_link_put_seqnum(out, before, mark.seq);
  ls_bytes_printf(out, ",\"sum\":\"%016llx\"", (unsigned long long)mark.sum);
}

void ls_link_put_event(ls_bytes *out, const ls_event *event, bool first) {
  if (!first) ls_bytes_byte(out, ',');
  ls_event_json_write(out, event, LS_EVENT_CLIENT);
}

void ls_link_put_events(ls_bytes *out, const ls_event *events, size_t n) {
  ls_bytes_text(out, ",\"events\":[");
  for (size_t i = 0; i < n; i++) ls_link_put_event(out, &events[i], i == 0);
  ls_bytes_byte(out, ']');
}
