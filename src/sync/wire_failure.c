/* wire_failure - reading why a request failed.
 *
 * A cause says what happened in a computation of many parts. The dialect of STRINGS writes a tree,
 *   {"_tag":"Sequential","left":CAUSE,"right":CAUSE}   also Parallel
 *   {"_tag":"Fail","error":ERROR}   {"_tag":"Die","defect":…}   {"_tag":"Interrupt",…}   {"_tag":"Empty"}
 * that of NUMBERS an array of Fail, Die and Interrupt. What the server meant to say is the first Fail; without one, the
 * first Die; and without that, the request was interrupted. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "sync/wire_internal.h"

#define MAX_NUMBER (INT64_C(1) << 53)
#define REFUSED "RefusedError"

typedef struct found {
  uint32_t error, defect; /* nodes of the first of each; 0: none */
} found;

static int search(found *out, const ls_json *doc, uint32_t cause, ls_error *err);

static int search_side(found *out, const ls_json *doc, uint32_t cause, const char *side, ls_error *err) {
  uint32_t part;
  int rc = ls_wire_member(&part, doc, cause, side, LS_JSON_OBJECT, err);
  return rc ? rc : search(out, doc, part, err);
}

static int note_first(uint32_t *first, const ls_json *doc, uint32_t cause, const char *key, ls_error *err) {
  uint32_t node = ls_json_get(doc, cause, key);
  if (!node) return ls_wire_misfit(doc, 0, key, "anything", err);
  if (!*first) *first = node;
  return LS_OK;
}

/* As deep as the JSON is, which the reader bounds. */
static int search(found *out, const ls_json *doc, uint32_t cause, ls_error *err) {
  enum { FAIL, DIE, INTERRUPT, EMPTY, SEQUENTIAL, PARALLEL };
  static const char *const TAGS[] = {"Fail", "Die", "Interrupt", "Empty", "Sequential", "Parallel"};
  size_t tag;
  int rc = ls_wire_tag(&tag, doc, cause, TAGS, sizeof TAGS / sizeof TAGS[0], err);
  if (rc) return rc;
  if (tag == FAIL) return note_first(&out->error, doc, cause, "error", err);
  if (tag == DIE) return note_first(&out->defect, doc, cause, "defect", err);
  if (tag < SEQUENTIAL) return LS_OK;
  rc = search_side(out, doc, cause, "left", err);
  return rc ? rc : search_side(out, doc, cause, "right", err);
}

static int search_all(found *out, const ls_json *doc, uint32_t array, ls_error *err) {
  int rc = LS_OK;
  for (uint32_t part = array + 1; !rc && part < doc->nodes[array].next; part = doc->nodes[part].next) {
    rc = ls_wire_object(doc, part, "a part", err);
    if (!rc) rc = search(out, doc, part, err);
  }
  return rc;
}

static int search_cause(found *out, const ls_json *doc, uint32_t outcome, ls_error *err) {
  uint32_t cause = ls_json_get(doc, outcome, "cause");
  ls_json_type type = cause ? ls_json_type_of(doc, cause) : LS_JSON_NULL;
  if (type != LS_JSON_OBJECT && type != LS_JSON_ARRAY) {
    return ls_wire_misfit(doc, cause, "cause", "an object or an array", err);
  }
  int rc = type == LS_JSON_ARRAY ? search_all(out, doc, cause, err) : search(out, doc, cause, err);
  return rc ? ls_wrap(err, rc, "\"cause\"") : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static bool is_string(const ls_json *doc, uint32_t node) {
  return node && ls_json_type_of(doc, node) == LS_JSON_STRING;
}
static bool is_object(const ls_json *doc, uint32_t node) {
  return node && ls_json_type_of(doc, node) == LS_JSON_OBJECT;
}

const char *ls_wire_defect(ls_wire_reader *reader, uint32_t node) {
  const ls_json *doc = &reader->doc;
  uint32_t message = is_object(doc, node) ? ls_json_get(doc, node, "message") : node;
  if (is_string(doc, message)) return ls_wire_string(NULL, reader, message);
  size_t size;
  return ls_wire_verbatim(&size, reader, node);
}

/* "text (note)" */
static const char *with_note(ls_wire_reader *reader, const char *text, uint32_t note_node) {
  const char *note = ls_wire_string(NULL, reader, note_node);
  if (!note || !*text) return note;
  size_t size = strlen(text) + strlen(note) + sizeof " ()";
  char *both = ls_arena_alloc(&reader->memory, size);
  if (both) snprintf(both, size, "%s (%s)", text, note);
  return both;
}

static int read_refused(ls_failure *out, const ls_json *doc, uint32_t cause, ls_error *err) {
  uint32_t name = is_object(doc, cause) ? ls_json_get(doc, cause, "name") : 0;
  out->permanent = is_string(doc, name) && ls_json_equals(doc, name, REFUSED);
  if (!out->permanent || !ls_json_get(doc, cause, "seqNum")) return LS_OK;
  int rc = ls_wire_whole(&out->refused, doc, cause, "seqNum", 1, LS_SEQNUM_MAX_GLOBAL, err);
  return rc ? ls_wrap(err, rc, "\"cause\"") : LS_OK;
}

/* Any error that is not known more precisely. */
static int read_unknown(ls_failure *out, ls_wire_reader *reader, uint32_t error, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t cause = is_object(doc, error) ? ls_json_get(doc, error, "cause") : 0;
  uint32_t note = is_object(doc, error) ? ls_json_get(doc, error, "note") : 0;
  out->kind = LS_FAILURE_UNKNOWN;
  out->message = ls_wire_defect(reader, cause ? cause : error);
  if (out->message && is_string(doc, note)) out->message = with_note(reader, out->message, note);
  return out->message ? read_refused(out, doc, cause, err) : ls_fail_nomem(err);
}

static int read_ahead(ls_failure *out, const ls_json *doc, uint32_t error, ls_error *err) {
  out->kind = LS_FAILURE_SERVER_AHEAD;
  int rc = ls_wire_whole(&out->minimum_expected, doc, error, "minimumExpectedNum", 0, MAX_NUMBER, err);
  return rc ? rc : ls_wire_whole(&out->provided, doc, error, "providedNum", 0, MAX_NUMBER, err);
}

static int read_any_string(const char **out, ls_wire_reader *reader, uint32_t error, const char *key, ls_error *err) {
  uint32_t node;
  int rc = ls_wire_member(&node, &reader->doc, error, key, LS_JSON_STRING, err);
  if (rc) return rc;
  *out = ls_wire_string(NULL, reader, node);
  return *out ? LS_OK : ls_fail_nomem(err);
}

static int read_mismatch(ls_failure *out, ls_wire_reader *reader, uint32_t error, ls_error *err) {
  out->kind = LS_FAILURE_BACKEND_ID;
  int rc = read_any_string(&out->expected, reader, error, "expected", err);
  return rc ? rc : read_any_string(&out->received, reader, error, "received", err);
}

static int read_error(ls_failure *out, ls_wire_reader *reader, uint32_t error, ls_error *err) {
  const ls_json *doc = &reader->doc;
  uint32_t tag = is_object(doc, error) ? ls_json_get(doc, error, "_tag") : 0;
  int rc;
  if (is_string(doc, tag) && ls_json_equals(doc, tag, "ServerAheadError")) {
    rc = read_ahead(out, doc, error, err);
  } else if (is_string(doc, tag) && ls_json_equals(doc, tag, "BackendIdMismatchError")) {
    rc = read_mismatch(out, reader, error, err);
  } else {
    rc = read_unknown(out, reader, error, err);
  }
  return rc ? ls_wrap(err, rc, "\"error\"") : LS_OK;
}

int ls_wire_failure_read(ls_failure *out, ls_wire_reader *reader, uint32_t outcome, ls_error *err) {
  found first = {0};
  int rc = search_cause(&first, &reader->doc, outcome, err);
  if (rc) return rc;
  if (first.error) return read_error(out, reader, first.error, err);
  out->kind = first.defect ? LS_FAILURE_DEFECT : LS_FAILURE_INTERRUPTED;
  if (!first.defect) return LS_OK;
  out->message = ls_wire_defect(reader, first.defect);
  return out->message ? LS_OK : ls_fail_nomem(err);
}
