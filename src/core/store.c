#include "core/store.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/document.h"
#include "core/follow.h"
#include "core/graph.h"
#include "core/log_conflicts.h"
#include "core/past.h"
#include "base/seqnum.h"
#include "core/sessions.h"
#include "core/snapshot.h"
#include "core/sync.h"

#define STATE_BYTES_PER_EVENT 256 /* a snapshot is not written more often than for so many bytes of it an event */

const char *ls_store_id(const ls_store *store) { return store->leader->store_id; }
const char *ls_client_id(const ls_store *store) { return store->leader->client_id; }
const char *ls_session_id(const ls_store *store) { return store->session->session_id; }
const char *ls_schema_json(const ls_store *store) { return store->session->schema->json; }
const char *ls_schema_hash(const ls_store *store) { return store->session->schema->hash; }

void ls_store_tune(ls_store *store, ls_state *state) {
  state->rollback_limit_bytes = store->options.rollback_bytes;
  state->capture.limit = (size_t)store->options.rollback_bytes;
  state->capture.on = true;
}

/* ---------------------------------------------------------------------------------------------- */
/* Following the log, and making the state anew */

int ls_store_progress(void *user, const char *what, uint64_t done, uint64_t total) {
  ls_store *store = user;
  if (!store->options.progress) return 0;
  bool busy = store->busy;
  store->busy = true;
  int stop = store->options.progress(store->options.progress_user, what, done, total);
  store->busy = busy;
  return stop;
}

static int follow(ls_store *store, ls_state *state, const char *what, ls_error *err) {
  ls_follow options = {.progress = ls_store_progress, .user = store, .what = what};
  ls_seqnum from = state->at.seq;
  uint64_t behind;
  int rc = ls_state_follow(state, store->leader->log, &options, err);
  if (!rc) rc = ls_log_count(&behind, store->leader->log, from, err);
  if (!rc) store->unsaved += behind;
  return rc;
}

int ls_store_follow(ls_store *store, ls_error *err) {
  int rc = ls_query_cache_settle(&store->session->queries, err);
  if (!rc) rc = follow(store, store->session->state, "following the log", err);
  ls_graph_changed_unknown(store->session->graph); /* also when it came half-way only */
  if (rc != LS_ENOTFOUND) return rc;
  return store->first == store ? ls_store_make_anew(store, store->session->schema, err)
                               : ls_sessions_copy_state(store, err);
}

static bool same_mark(ls_mark a, ls_mark b) { return ls_seqnum_equal(a.seq, b.seq) && a.sum == b.sum; }

static bool at_head(const ls_store *store) {
  return same_mark(store->session->state->at, ls_log_head(store->leader->log));
}

int ls_store_check_usable(ls_store *store, ls_error *err) {
  if (ls_sessions_busy(store)) return ls_fail(err, LS_ELOCKED, "the store is at work on its state: nothing can be changed from inside a progress callback");
  ls_state *state = store->session->state;
  if (state && state->in_transaction) { /* memory was too short to end it */
    ls_state_abort(state);
    if (state->in_transaction) return ls_fail_nomem(err);
  }
  int rc = LS_OK;
  ls_log_notice_loss(store->leader->log);
  if (!store->session->state) rc = ls_store_make_anew(store, store->session->schema, err);
  else if (!at_head(store)) rc = store->first->next ? ls_sessions_catch_up(store, err) : ls_store_follow(store, err);
  if (rc || store->session->state) return rc;
  return ls_fail(err, LS_EIO, "the store's state was made anew, and its file cannot be opened");
}

void ls_store_snapshot(ls_store *store, uint64_t after_events) {
  if (!store->path || !store->session->state || store->options.state == LS_STATE_FILE || store->unsaved <= after_events) return;
  ls_error err;
  char *file = ls_store_file(store->path, "state.db");
  int rc = file ? ls_flush(store, &err) : ls_fail_nomem(&err);
  if (!rc) rc = ls_snapshot_write(file, store->session->state, store->options.durability == LS_DURABILITY_POWER, &err);
  if (!rc) {
    store->snapshot = store->session->state->at;
    store->unsaved = 0;
    ls_past_keep(store, file);
  } else {
    store->unsaved = 1; /* not again at each commit */
    ls_note(&store->session->notes, LS_LOG_WARNING, "snapshot", "the snapshot could not be written: %s", err.text);
  }
  ls_free(file);
}

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

static int flush_when_due(ls_store *store, ls_error *err) {
  store = store->first;
  if (!store->unflushed) return LS_OK;
  bool due = store->unflushed >= store->options.flush_events ||
             ls_port_monotonic_ms() - store->unflushed_since_ms >= store->options.flush_ms;
  return due ? ls_flush(store, err) : LS_OK;
}

int ls_flush(ls_store *store, ls_error *err) {
  store = store->first;
  if (!store->unflushed) return LS_OK;
  store->unflushed = 0;
  int rc = ls_log_flush(store->leader->log, err);
  if (!rc) return LS_OK;
  ls_wrap(err, rc, "what was committed since the last flush is lost");
  /* The log is back where the last flush left it, and the state has to go there too. */
  ls_store_check_usable(store, NULL); /* makes it follow; if it cannot, the next call on the store tries again */
  return rc;
}

/* Writing a snapshot takes time in proportion to the state, so a large one waits for more events: it then costs each of
 * them some tenths of a microsecond, whatever the size. */
static bool snapshot_is_due(const ls_store *store) {
  if (!store->session->state || store->unsaved < (uint64_t)store->options.snapshot_events) return false;
  return store->unsaved >= ls_state_bytes(store->session->state) / STATE_BYTES_PER_EVENT;
}

static void count_unflushed(ls_store *store) {
  store = store->first;
  if (store->options.durability != LS_DURABILITY_LATER) return;
  if (store->unflushed++ == 0) store->unflushed_since_ms = ls_port_monotonic_ms();
}

/* When more than one thing failed, the log may not be where it was before the commit. It has the events: then they are
 * committed, and the state follows; if it cannot now, it does at the next call. Or it could be rolled back to the last
 * flush only. */
static int after_failure(ls_receipt *out, ls_store *store, ls_mark before, int rc, ls_error *err) {
  ls_mark head = ls_log_head(store->leader->log);
  if (same_mark(head, before)) return rc;
  ls_store_follow(store, NULL);
  if (!ls_seqnum_after(head.seq, before.seq)) return ls_wrap(err, rc, "what was committed since the last flush is lost");
  ls_session_receipt(out, store->session);
  return LS_OK;
}

static void react(ls_session *session) {
  ls_error err;
  if (!ls_graph_react(session->graph, &err)) return;
  ls_note(&session->notes, LS_LOG_WARNING, "reactivity", "%s", err.text);
}

void ls_store_react(ls_store *store) {
  store = store->first;
  if (store->next) ls_sessions_follow(store);
  for (; store; store = store->next) react(store->session);
}

void ls_store_snapshot_when_due(ls_store *store) {
  if (snapshot_is_due(store)) ls_store_snapshot(store, 0);
}

static int count_commit(ls_store *store, size_t n, ls_error *err) {
  count_unflushed(store);
  store->unsaved += n;
  if (!snapshot_is_due(store)) return LS_OK;
  int rc = ls_flush(store, err);
  if (!rc) ls_store_snapshot(store, 0);
  return rc;
}

int ls_store_commit(ls_receipt *out, ls_store *store, const ls_input *events, size_t n, int64_t undoes, ls_error *err) {
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = flush_when_due(store, err);
  if (rc) return rc;
  ls_error local;
  ls_receipt receipt;
  ls_mark before = ls_log_head(store->leader->log);
  rc = ls_session_commit(&receipt, store->session, events, n, undoes, err ? err : (err = &local));
  if (!rc) ls_graph_changed(store->session->graph);
  else rc = after_failure(&receipt, store, before, rc, err);
  if (!rc) rc = count_commit(store, n, err);
  if (!rc && out) *out = receipt;
  if (!rc) ls_sync_changed(store);
  ls_store_react(store);
  return rc;
}

int ls_store_check_inputs(const ls_input *events, size_t n, ls_error *err) {
  if (n == 0) return ls_fail(err, LS_EARGS, "a commit needs at least one event");
  for (size_t i = 0; i < n; i++) {
    if (!events[i].name || !ls_schema_is_own(events[i].name)) continue;
    ls_fail(err, LS_EEVENT, "event \"%s\" is the library's own: only undo and redo commit it", events[i].name);
    if (err) err->item = (int64_t)i;
    return LS_EEVENT;
  }
  return LS_OK;
}

int ls_commit_all(ls_receipt *out, ls_store *store, const ls_input *events, size_t n, ls_error *err) {
  int rc = ls_store_check_inputs(events, n, err);
  return rc ? rc : ls_store_commit(out, store, events, n, 0, err);
}

int ls_commit(ls_receipt *out, ls_store *store, const char *name, const char *args, ls_error *err) {
  return ls_commit_all(out, store, &(ls_input){name, args}, 1, err);
}

ls_stage ls_receipt_stage(const ls_store *store, const ls_receipt *receipt) {
  return ls_leader_stage(store->leader, (int64_t)receipt->serial);
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

int ls_store_check_readable(ls_store *store, ls_error *err) {
  return ls_sessions_busy(store) && store->session->state ? LS_OK : ls_store_check_usable(store, err);
}

int ls_query_open(ls_query **out, ls_store *store, const char *sql, const ls_value *params, size_t n, ls_error *err) {
  int rc = ls_store_check_readable(store, err);
  if (rc) return rc;
  return ls_query_start(out, &store->session->queries, sql, params, n, err);
}

int ls_state_hash(char out[33], ls_store *store, ls_error *err) {
  int rc = ls_store_check_readable(store, err);
  if (rc) return rc;
  return ls_state_digest(out, store->session->state, err);
}

static const ls_document_type *document_of(const ls_store *store, const char *name, ls_error *err) {
  const ls_document_type *type = ls_schema_document_type(store->session->schema, name);
  if (!type) ls_fail(err, LS_ENOTFOUND, "the schema has no document \"%s\"", name);
  return type;
}

static const char *document_id(const ls_store *store, const ls_document_type *type, const char *id) {
  return id ? id : type->default_id ? type->default_id : store->session->session_id;
}

int ls_document_get(const char **out, ls_store *store, const char *name, const char *id, ls_error *err) {
  const ls_document_type *type = document_of(store, name, err);
  if (!type) return LS_ENOTFOUND;
  ls_bytes *text = &store->session->text;
  ls_bytes_clear(text);
  int rc = ls_store_check_readable(store, err);
  if (!rc) rc = ls_document_read(text, store->session->state, type, document_id(store, type, id), err);
  if (!rc && !ls_bytes_cstr(text)) rc = ls_fail_nomem(err);
  if (!rc) *out = text->data;
  return rc;
}

int ls_document_set(ls_receipt *out, ls_store *store, const char *name, const char *id, const char *value,
                    ls_error *err) {
  const ls_document_type *type = document_of(store, name, err);
  if (!type) return LS_ENOTFOUND;
  if (!value) return ls_fail(err, LS_EARGS, "document %s: a value to set is needed", name);
  ls_bytes event = {0}, args = {0};
  const char *key = document_id(store, type, id);
  ls_bytes_printf(&event, "%sSet", name);
  ls_bytes_text(&args, "{\"id\":");
  ls_json_write_string(&args, key, strlen(key));
  ls_bytes_printf(&args, ",\"value\":%s}", value);
  int rc = ls_bytes_cstr(&event) && ls_bytes_cstr(&args) ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_commit(out, store, event.data, args.data, err);
  ls_bytes_fini(&event);
  ls_bytes_fini(&args);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

static uint64_t file_size(const ls_store *store, const char *name) {
  char *file = store->path ? ls_store_file(store->path, name) : NULL;
  uint64_t size = file ? ls_port_file_size(file) : 0;
  ls_free(file);
  return size;
}

int ls_status_get(ls_status *out, ls_store *store, ls_error *err) {
  ls_log *log = store->leader->log;
  int rc = ls_store_check_readable(store, err);
  ls_status status = {.head = ls_log_head(log).seq, .upstream_head = ls_log_upstream_head(log),
                      .snapshot = store->first->snapshot.seq};
  if (!rc) rc = ls_log_count(&status.events, log, LS_SEQNUM_ROOT, err);
  if (!rc) rc = ls_log_count(&status.pending, log, status.upstream_head, err);
  if (!rc) rc = ls_log_conflict_count(&status.conflicts, log, err);
  if (!rc) rc = ls_state_failures(&status.failed, store->session->state, err);
  if (rc) return rc;
  status.state = store->session->state->at.seq;
  status.log_bytes = file_size(store, "log.db") + file_size(store, "log.db-wal");
  status.snapshot_bytes = file_size(store, "state.db");
  status.state_bytes = ls_state_bytes(store->session->state);
  *out = status;
  return LS_OK;
}
