#include "base/event_json.h"

#include "base/err.h"
#include "base/seqnum.h"

static void put_number(ls_bytes *out, const char *key, ls_seqnum seq, ls_event_shape shape) {
  if (shape == LS_EVENT_GLOBAL) {
    ls_bytes_printf(out, ",\"%s\":%lld", key, (long long)seq.global);
    return;
  }
  ls_bytes_printf(out, ",\"%s\":{\"global\":%lld,\"client\":%lld,\"rebaseGeneration\":%lld}", key,
                  (long long)seq.global, (long long)seq.client, (long long)seq.generation);
}

static void put_text(ls_bytes *out, const char *before, const char *text) {
  ls_bytes_text(out, before);
  ls_json_write_string(out, text, strlen(text));
}

static void put_optional(ls_bytes *out, const char *key, int64_t count) {
  if (count) ls_bytes_printf(out, ",\"%s\":%lld", key, (long long)count);
}

void ls_event_json_write(ls_bytes *out, const ls_event *event, ls_event_shape shape) {
  put_text(out, "{\"name\":", event->name);
  ls_bytes_text(out, ",\"args\":");
  ls_bytes_append(out, event->args, event->args_size);
  put_number(out, "seqNum", event->seq, shape);
  put_number(out, "parentSeqNum", event->parent, shape);
  put_text(out, ",\"clientId\":", event->client_id);
  put_text(out, ",\"sessionId\":", event->session_id);
  if (shape == LS_EVENT_CLIENT) {
    put_optional(out, "more", event->more);
    put_optional(out, "undoes", event->undoes);
  }
  ls_bytes_byte(out, '}');
}

/* ---------------------------------------------------------------------------------------------- */

static int fail_member(const ls_json *doc, uint32_t node, const char *key, const char *expected, ls_error *err) {
  if (!node) return ls_fail(err, LS_EFORMAT, "\"%s\" is missing (expected %s)", key, expected);
  return ls_fail(err, LS_EFORMAT, "\"%s\" must be %s, found %s", key, expected,
                 ls_json_type_name(ls_json_type_of(doc, node)));
}

int ls_event_json_text(ls_bytes *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  if (!node || ls_json_type_of(doc, node) != LS_JSON_STRING) return fail_member(doc, node, key, "a string", err);
  size_t start = out->size;
  ls_json_string(out, doc, node);
  ls_bytes_byte(out, 0);
  if (!ls_bytes_ok(out)) return ls_fail_nomem(err);
  size_t size = out->size - start - 1;
  if (size > 0 && strlen(out->data + start) == size) return LS_OK;
  return ls_fail(err, LS_EFORMAT, "\"%s\" must be a text of at least one character, none of them NUL", key);
}

int ls_event_json_count(int64_t *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err) {
  uint32_t node = ls_json_get(doc, object, key);
  if (!node || ls_json_type_of(doc, node) != LS_JSON_NUMBER) return fail_member(doc, node, key, "a whole number", err);
  ls_json_number number;
  if (ls_json_number_of(&number, doc, node, NULL) == LS_OK && number.is_int && number.i >= 0) {
    *out = number.i;
    return LS_OK;
  }
  return ls_fail(err, LS_EFORMAT, "\"%s\" must be a whole number of 0 or more", key);
}

/* A count that may be missing (0), and may be negative. */
static int read_optional(int64_t *out, const ls_json *doc, uint32_t event, const char *key, ls_error *err) {
  uint32_t node = ls_json_get(doc, event, key);
  ls_json_number number;
  *out = 0;
  if (!node) return LS_OK;
  if (ls_json_type_of(doc, node) != LS_JSON_NUMBER || ls_json_number_of(&number, doc, node, NULL) || !number.is_int) {
    return fail_member(doc, node, key, "a whole number", err);
  }
  *out = number.i;
  return LS_OK;
}

/* What LiveStore's events do not have; an event of one's own in the GLOBAL shape has lost it. */
static int read_commit(ls_event *event, const ls_json *doc, uint32_t node, ls_event_shape shape, ls_error *err) {
  event->more = event->undoes = 0;
  if (shape == LS_EVENT_GLOBAL) return LS_OK;
  int rc = read_optional(&event->more, doc, node, "more", err);
  if (!rc && event->more < 0) rc = ls_fail(err, LS_EFORMAT, "\"more\" must be 0 or more");
  return rc ? rc : read_optional(&event->undoes, doc, node, "undoes", err);
}

static int read_composite(ls_seqnum *out, const ls_json *doc, uint32_t node, ls_error *err) {
  int rc = ls_event_json_count(&out->global, doc, node, "global", err);
  if (!rc) rc = ls_event_json_count(&out->client, doc, node, "client", err);
  if (rc || !ls_json_get(doc, node, "rebaseGeneration")) return rc;
  return ls_event_json_count(&out->generation, doc, node, "rebaseGeneration", err);
}

static int read_seqnum(ls_seqnum *out, const ls_json *doc, uint32_t event, const char *key, ls_event_shape shape,
                       ls_error *err) {
  *out = LS_SEQNUM_ROOT;
  if (shape == LS_EVENT_GLOBAL) return ls_event_json_count(&out->global, doc, event, key, err);
  uint32_t node = ls_json_get(doc, event, key);
  if (!node || ls_json_type_of(doc, node) != LS_JSON_OBJECT) {
    return fail_member(doc, node, key, "an object with \"global\" and \"client\"", err);
  }
  int rc = read_composite(out, doc, node, err);
  return rc ? ls_wrap(err, rc, "\"%s\"", key) : LS_OK;
}

static int read_args(ls_bytes *out, const ls_json *doc, uint32_t event, ls_error *err) {
  uint32_t node = ls_json_get(doc, event, "args");
  if (!node || ls_json_type_of(doc, node) == LS_JSON_NULL) {
    ls_bytes_append(out, "{}", 3);
    return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
  }
  if (ls_json_type_of(doc, node) != LS_JSON_OBJECT) return fail_member(doc, node, "args", "an object", err);
  int rc = ls_json_canonical(out, doc, node, err);
  if (rc) return ls_wrap(err, rc, "\"args\"");
  ls_bytes_byte(out, 0);
  return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}

/* The texts lie one behind the other. */
static void place_texts(ls_event *event, const ls_bytes *texts) {
  event->name = texts->data;
  event->client_id = event->name + strlen(event->name) + 1;
  event->session_id = event->client_id + strlen(event->client_id) + 1;
  event->args = event->session_id + strlen(event->session_id) + 1;
  event->args_size = texts->size - (size_t)(event->args - texts->data) - 1;
}

static bool given_before(const ls_json *doc, uint32_t event, uint32_t key, const char *name) {
  for (uint32_t k = event + 1; k < key; k = doc->nodes[k + 1].next) {
    if (ls_json_equals(doc, k, name)) return true;
  }
  return false;
}

/* A misspelt key would lose what it holds without a word. `meta` is what LiveStore keeps for itself. */
static int check_keys(const ls_json *doc, uint32_t event, ls_error *err) {
  static const char *const known[] = {"name", "args", "seqNum", "parentSeqNum", "clientId",
                                      "sessionId", "more", "undoes", "meta"};
  enum { N_KNOWN = sizeof known / sizeof known[0] };
  for (uint32_t key = event + 1; key < doc->nodes[event].next; key = doc->nodes[key + 1].next) {
    size_t i = 0;
    while (i < N_KNOWN && !ls_json_equals(doc, key, known[i])) i++;
    const char *text = doc->text + doc->nodes[key].start;
    int size = doc->nodes[key].size < 100 ? (int)doc->nodes[key].size : 100;
    if (i == N_KNOWN) return ls_fail(err, LS_EFORMAT, "\"%.*s\" is no key of an event", size, text);
    if (given_before(doc, event, key, known[i])) return ls_fail(err, LS_EFORMAT, "\"%s\" is given twice", known[i]);
  }
  return LS_OK;
}

int ls_event_json_read(ls_event *out, ls_bytes *texts, const ls_json *doc, uint32_t node, ls_event_shape shape,
                       ls_error *err) {
  if (ls_json_type_of(doc, node) != LS_JSON_OBJECT) {
    return ls_fail(err, LS_EFORMAT, "an event must be an object, found %s",
                   ls_json_type_name(ls_json_type_of(doc, node)));
  }
  ls_event event;
  ls_bytes_clear(texts);
  int rc = ls_event_json_text(texts, doc, node, "name", err);
  if (!rc) rc = read_seqnum(&event.seq, doc, node, "seqNum", shape, err);
  if (!rc) rc = read_seqnum(&event.parent, doc, node, "parentSeqNum", shape, err);
  if (!rc) rc = read_commit(&event, doc, node, shape, err);
  if (!rc) rc = ls_event_json_text(texts, doc, node, "clientId", err);
  if (!rc) rc = ls_event_json_text(texts, doc, node, "sessionId", err);
  if (!rc) rc = read_args(texts, doc, node, err);
  if (!rc) rc = check_keys(doc, node, err);
  if (rc) return rc;
  place_texts(&event, texts);
  *out = event;
  return LS_OK;
}
