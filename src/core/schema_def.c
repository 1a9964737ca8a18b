/* schema_def.c - a schema given as C structures, written as its document, so that there is one way to read and check
 * schemas. Parts that are JSON in the structures are read first, so that an error in them names them. */
#include "base/err.h"
#include "core/schema.h"

static int put_json(ls_bytes *out, const char *json, const char *what, const char *name, const char *part,
                    ls_error *err) {
  ls_json doc = {0};
  int result = ls_json_parse(&doc, json, strlen(json), err);
  ls_json_fini(&doc);
  if (result) return ls_wrap(err, result, "%s \"%s\", %s", what, name, part);
  ls_bytes_text(out, json);
  return LS_OK;
}

static void put_string(ls_bytes *out, const char *text) { ls_json_write_string(out, text, strlen(text)); }

static void put_key(ls_bytes *out, const char *key) {
  char last = out->size > 0 ? out->data[out->size - 1] : '{';
  if (last != '{') ls_bytes_byte(out, ',');
  put_string(out, key);
  ls_bytes_byte(out, ':');
}

/* A NULL-terminated list of texts. */
static void put_strings(ls_bytes *out, const char *const *texts) {
  ls_bytes_byte(out, '[');
  for (size_t i = 0; texts && texts[i]; i++) {
    if (i > 0) ls_bytes_byte(out, ',');
    put_string(out, texts[i]);
  }
  ls_bytes_byte(out, ']');
}

static int put_event(ls_bytes *out, const ls_event_def *event, ls_error *err) {
  if (!event->name) return ls_fail(err, LS_ESCHEMA, "an event has no name");
  if (event->fn && event->version < 1) {
    return ls_fail(err, LS_ESCHEMA, "event \"%s\": version %d of its C function, 1 or more is expected", event->name,
                   event->version);
  }
  if (!event->becomes && event->upcast) {
    return ls_fail(err, LS_ESCHEMA, "event \"%s\": there is an upcast, and nothing that the event becomes", event->name);
  }
  if (event->becomes && event->args) {
    return ls_fail(err, LS_ESCHEMA, "event \"%s\": an old form has no args of its own, only an upcast", event->name);
  }
  put_key(out, event->name);
  ls_bytes_byte(out, '{');
  if (event->becomes) {
    put_key(out, "becomes");
    put_string(out, event->becomes);
  }
  if (event->upcast) {
    put_key(out, "args");
    put_string(out, event->upcast);
  }
  if (event->args) {
    put_key(out, "args");
    int result = put_json(out, event->args, "event", event->name, "args", err);
    if (result) return result;
  }
  if (event->sql) {
    put_key(out, "sql");
    put_strings(out, event->sql);
  }
  if (event->fn) {
    put_key(out, "function");
    ls_bytes_printf(out, "%d", event->version);
  }
  if (event->client_only) {
    put_key(out, "clientOnly");
    ls_bytes_text(out, "true");
  }
  if (event->deprecated) {
    put_key(out, "deprecated");
    put_string(out, event->deprecated);
  }
  if (event->undo) {
    put_key(out, "undo");
    int result = put_json(out, event->undo, "event", event->name, "undo", err);
    if (result) return result;
  }
  ls_bytes_byte(out, '}');
  return LS_OK;
}

static int put_document(ls_bytes *out, const ls_document_def *document, ls_error *err) {
  if (!document->name || !document->value || !document->default_value) {
    return ls_fail(err, LS_ESCHEMA, "document \"%s\": a name, a value schema and a default value are needed",
                   document->name ? document->name : "");
  }
  put_key(out, document->name);
  ls_bytes_byte(out, '{');
  put_key(out, "value");
  int result = put_json(out, document->value, "document", document->name, "value", err);
  if (result) return result;
  put_key(out, "default");
  result = put_json(out, document->default_value, "document", document->name, "default", err);
  if (result) return result;
  if (document->default_id) {
    put_key(out, "id");
    put_string(out, document->default_id);
  }
  if (document->replace_whole) {
    put_key(out, "replace");
    ls_bytes_text(out, "true");
  }
  if (document->no_undo) {
    put_key(out, "undo");
    ls_bytes_text(out, "false");
  }
  ls_bytes_byte(out, '}');
  return LS_OK;
}

static const char *policy_name(ls_unknown_events policy) {
  switch (policy) {
    case LS_UNKNOWN_IGNORE: return "ignore";
    case LS_UNKNOWN_FAIL: return "fail";
    case LS_UNKNOWN_WARN: break;
  }
  return "warn";
}

int ls_schema_document(ls_bytes *out, const ls_schema_def *def, ls_error *err) {
  int result = LS_OK;
  ls_bytes_text(out, "{\"livestore\":1,\"tables\":");
  put_strings(out, def->tables);
  ls_bytes_text(out, ",\"events\":{");
  for (size_t i = 0; !result && i < def->n_events; i++) result = put_event(out, &def->events[i], err);
  ls_bytes_text(out, "},\"documents\":{");
  for (size_t i = 0; !result && i < def->n_documents; i++) result = put_document(out, &def->documents[i], err);
  ls_bytes_text(out, "},\"unknownEvents\":");
  put_string(out, policy_name(def->unknown_events));
  ls_bytes_byte(out, '}');
  if (result) return result;
  return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}
