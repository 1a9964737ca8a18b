#include "core/session.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/document.h"
#include "core/graph.h"
#include "base/seqnum.h"
#include "sync/wire.h"

int ls_session_new(ls_session **out, ls_leader *leader, const char *session_id, ls_error *err) {
  ls_session *session = ls_calloc(1, sizeof *session);
  if (!session) return ls_fail_nomem(err);
  session->leader = leader;
  session->session_id = ls_strdup(session_id);
  if (!session->session_id) {
    ls_free(session);
    return ls_fail_nomem(err);
  }
  *out = session;
  return LS_OK;
}

void ls_session_free(ls_session *session) {
  if (!session) return;
  ls_graph_free(session->graph);
  ls_query_cache_fini(&session->queries);
  ls_undo_stack_fini(&session->undo);
  ls_state_free(session->state);
  ls_schema_free(session->schema);
  ls_notes_fini(&session->notes);
  ls_free(session->session_id);
  ls_free(session->batch.events);
  ls_bytes_fini(&session->batch.args);
  ls_json_fini(&session->batch.input);
  ls_bytes_fini(&session->text);
  ls_free(session);
}

int ls_session_swap(ls_session *session, ls_schema *schema, ls_state *state, ls_error *err) {
  int rc = ls_query_cache_leave(&session->queries, err);
  if (rc) return rc;
  if (session->state != state) ls_state_free(session->state);
  if (session->schema != schema) ls_schema_free(session->schema);
  ls_undo_stack_reset(&session->undo);
  session->schema = schema;
  session->state = state;
  session->queries.database = &state->database;
  ls_graph_moved(session->graph);
  return LS_OK;
}

static int check_args(const ls_event_type *type, const ls_json *args, ls_error *err) {
  int rc = ls_args_check(type->args, args, 0, err);
  if (rc || !type->document) return rc;
  return ls_document_check(type->document, args, err);
}

/* Read one input: its type is known, its arguments fit; they are appended to the batch, canonical. */
static int encode_args(ls_batch *batch, const ls_event_type *type, const char *args, ls_error *err) {
  const char *text = args ? args : "{}";
  int rc = ls_json_parse(&batch->input, text, strlen(text), err);
  if (!rc) rc = check_args(type, &batch->input, err);
  if (!rc) rc = ls_json_canonical(&batch->args, &batch->input, 0, err);
  if (rc) return rc;
  ls_bytes_byte(&batch->args, 0);
  return ls_bytes_ok(&batch->args) ? LS_OK : ls_fail_nomem(err);
}

static int encode_one(ls_session *session, ls_event *event, const ls_input *input, ls_seqnum head, ls_error *err) {
  if (!input->name) return ls_fail(err, LS_EEVENT, "an event needs a name");
  const ls_event_type *type = ls_schema_event(session->schema, input->name);
  if (!type) return ls_fail(err, LS_EEVENT, "event \"%s\" is not in the schema", input->name);
  if (type->next) {
    return ls_fail(err, LS_EEVENT, "event \"%s\" is an old form; commit \"%s\"", type->name, ls_schema_final(type)->name);
  }
  size_t start = session->batch.args.size;
  int rc = encode_args(&session->batch, type, input->args, err);
  if (rc) return ls_wrap(err, rc, "event \"%s\"", input->name);
  event->name = type->name;
  event->args_size = session->batch.args.size - start - 1;
  event->client_id = session->leader->client_id;
  event->session_id = session->session_id;
  ls_seqnum_next(&event->seq, &event->parent, head, type->client_only, ls_log_generation(session->leader->log));
  return LS_OK;
}

int ls_session_check_size(const ls_event *event, ls_error *err) {
  if (event->seq.client || event->args_size < LS_WIRE_BYTES / 8) return LS_OK;
  size_t bytes = ls_wire_event_bytes(event);
  if (bytes <= LS_WIRE_BYTES) return LS_OK;
  return ls_fail(err, LS_ELIMIT, "event \"%s\" takes %zu bytes to sync; the limit is %d: keep what is so large elsewhere, and"
                                 " commit where it is", event->name, bytes, LS_WIRE_BYTES);
}

static int reserve_events(ls_batch *batch, size_t n, ls_error *err) {
  if (n <= batch->capacity) return LS_OK;
  ls_event *events = ls_realloc(batch->events, n * sizeof *events);
  if (!events) return ls_fail_nomem(err);
  batch->events = events;
  batch->capacity = n;
  return LS_OK;
}

/* Arguments lie one behind the other; they stay where they are once all have been read. */
static void place_args(ls_batch *batch) {
  const char *at = batch->args.data;
  for (size_t i = 0; i < batch->n; i++) {
    batch->events[i].args = at;
    at += batch->events[i].args_size + 1;
  }
}

static int fail_item(ls_error *err, int rc, size_t item) {
  if (err) err->item = (int64_t)item;
  return rc;
}

static int encode_all(ls_session *session, const ls_input *inputs, size_t n, int64_t undoes, ls_error *err) {
  ls_batch *batch = &session->batch;
  ls_seqnum head = ls_log_head(session->leader->log).seq;
  ls_bytes_clear(&batch->args);
  int rc = reserve_events(batch, n, err);
  if (rc) return rc;
  for (size_t i = 0; i < n; i++) {
    rc = encode_one(session, &batch->events[i], &inputs[i], head, err);
    if (rc) return fail_item(err, rc, i);
    batch->events[i].more = (int64_t)(n - 1 - i);
    batch->events[i].undoes = undoes;
    head = batch->events[i].seq;
  }
  batch->n = n;
  place_args(batch);
  for (size_t i = 0; i < n; i++) {
    rc = ls_session_check_size(&batch->events[i], err);
    if (rc) return fail_item(err, rc, i);
  }
  return LS_OK;
}

static int apply_all(ls_session *session, ls_error *err) {
  for (size_t i = 0; i < session->batch.n; i++) {
    int rc = ls_state_apply(session->state, &session->batch.events[i], true, err);
    if (rc) return fail_item(err, rc, i);
  }
  return LS_OK;
}

/* The log has the events. If the state cannot keep them, they are taken out of the log again; if that fails too, the
 * state has to follow the log anew. */
static int commit_state(ls_session *session, ls_mark before, ls_error *err) {
  ls_leader *leader = session->leader;
  int rc = ls_state_commit(session->state, ls_log_head(leader->log), err);
  if (!rc) return LS_OK;
  if (ls_leader_retract(leader, before.seq, NULL) == LS_OK) return rc;
  return ls_wrap(err, rc, "the log has the events, but the state could not take them");
}

void ls_session_receipt(ls_receipt *out, const ls_session *session) {
  const ls_batch *batch = &session->batch;
  out->first = batch->events[0].seq;
  out->last = batch->events[batch->n - 1].seq;
  out->serial = (uint64_t)session->leader->receipts.committed;
  out->stage = ls_leader_stage(session->leader, session->leader->receipts.committed);
}

int ls_session_commit(ls_receipt *out, ls_session *session, const ls_input *inputs, size_t n, int64_t undoes,
                      ls_error *err) {
  ls_mark before = ls_log_head(session->leader->log);
  int rc = encode_all(session, inputs, n, undoes, err);
  if (!rc) rc = ls_query_cache_settle(&session->queries, err);
  if (!rc) rc = ls_state_begin(session->state, err);
  if (rc) return rc;
  rc = apply_all(session, err);
  if (!rc) rc = ls_leader_push(session->leader, session->batch.events, n, err);
  if (rc) {
    ls_state_abort(session->state);
    return rc;
  }
  rc = commit_state(session, before, err);
  if (!rc && out) ls_session_receipt(out, session);
  return rc;
}
