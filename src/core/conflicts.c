/* Commits that were set aside, for an application: listing them, committing them anew, dropping them. How they are kept
 * is log_conflicts' to say. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/graph.h"
#include "core/log_conflicts.h"
#include "core/store.h"
#include "core/sync.h"

int ls_conflicts(ls_store *store, ls_conflict_fn each, void *user, ls_error *err) {
  ls_kept_conflict kept = {.conflict.id = 0};
  int64_t id = 0;
  int there, stop = 0;
  while ((there = ls_log_conflict_next(&kept, store->leader->log, id, err)) == 1 && !stop) {
    id = kept.conflict.id;
    bool busy = store->busy;
    store->busy = true;
    stop = each(user, &kept.conflict);
    store->busy = busy;
  }
  ls_kept_conflict_fini(&kept);
  return there < 0 ? there : LS_OK;
}

/* What was committed, to be committed again. */
static int own_inputs(ls_input **out, const ls_conflict *conflict, ls_error *err) {
  if (conflict->events->undoes) {
    return ls_fail(err, LS_EARGS,
                   "conflict %lld is an undo or redo, which cannot be committed again: undo anew, or drop it",
                   (long long)conflict->id);
  }
  ls_input *inputs = ls_calloc(conflict->n, sizeof *inputs);
  if (!inputs) return ls_fail_nomem(err);
  for (size_t i = 0; i < conflict->n; i++) inputs[i] = (ls_input){conflict->events[i].name, conflict->events[i].args};
  *out = inputs;
  return LS_OK;
}

/* In the log's transaction. When it fails, or the transaction is not kept, the state may be ahead: it follows the log.
 * */
static int commit_and_remove(ls_receipt *out, ls_store *store, int64_t id, const ls_input *events, size_t n,
                             ls_error *err) {
  ls_leader *leader = store->leader;
  int64_t committed = leader->receipts.committed;
  int rc = ls_log_begin(leader->log, err);
  if (rc) return rc;
  rc = ls_log_conflict_remove(leader->log, id, err);
  if (!rc) rc = ls_session_commit(out, store->session, events, n, 0, err);
  if (!rc) ls_graph_changed(store->session->graph);
  if (!rc) rc = ls_log_flush(leader->log, err);
  if (!rc) return LS_OK;
  ls_log_abort(leader->log);
  leader->receipts.committed = committed;
  ls_store_check_usable(store, NULL);
  return rc;
}

static int retry(ls_receipt *out, ls_store *store, int64_t id, const ls_input *events, size_t n, ls_error *err) {
  ls_kept_conflict kept = {.conflict.id = 0};
  ls_input *own = NULL;
  ls_receipt receipt;
  int rc = ls_log_conflict_get(&kept, store->leader->log, id, err);
  if (!rc && !events) rc = own_inputs(&own, &kept.conflict, err);
  if (!rc && own) events = own, n = kept.conflict.n;
  if (!rc) rc = ls_store_check_inputs(events, n, err);
  if (!rc) rc = commit_and_remove(&receipt, store, id, events, n, err);
  if (!rc) {
    receipt.stage = ls_receipt_stage(store, &receipt);
    store->unsaved += n;
    ls_store_snapshot_when_due(store);
    if (out) *out = receipt;
  }
  ls_free(own);
  ls_kept_conflict_fini(&kept);
  return rc;
}

static int make_ready(ls_store *store, ls_error *err) {
  int rc = ls_store_check_usable(store, err);
  return rc ? rc : ls_flush(store, err);
}

int ls_conflict_retry(ls_receipt *out, ls_store *store, int64_t id, const ls_input *events, size_t n, ls_error *err) {
  int rc = make_ready(store, err);
  if (!rc) rc = retry(out, store, id, events, n, err);
  if (!rc) ls_sync_changed(store);
  ls_store_react(store);
  return rc;
}

int ls_conflict_drop(ls_store *store, int64_t id, ls_error *err) {
  ls_log *log = store->leader->log;
  int rc = make_ready(store, err);
  if (!rc) rc = ls_log_begin(log, err);
  if (rc) return rc;
  rc = ls_log_conflict_remove(log, id, err);
  if (!rc) rc = ls_log_flush(log, err);
  if (rc)
    ls_log_abort(log);
  else
    ls_sync_changed(store);
  ls_store_react(store);
  return rc;
}
