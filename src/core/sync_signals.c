/* sync_signals.c - the status of sync, as a struct and as signals. */
#include <string.h>

#include "base/err.h"
#include "core/log_conflicts.h"
#include "core/store.h"
#include "core/sync.h"
#include "core/upstream.h"

static ls_sync_phase phase_of(const ls_sync *sync) {
  if (!sync || !sync->client) return LS_SYNC_OFF;
  switch (ls_client_status_get(sync->client)->phase) {
    case LS_CLIENT_CONNECTING: return LS_SYNC_CONNECTING;
    case LS_CLIENT_PULLING: return LS_SYNC_PULLING;
    case LS_CLIENT_LIVE: return LS_SYNC_LIVE;
    case LS_CLIENT_WAITING: return LS_SYNC_WAITING;
    case LS_CLIENT_FAILED: return LS_SYNC_FAILED;
    default: return LS_SYNC_OFF;
  }
}

static bool is_online(const ls_sync *sync) {
  ls_sync_phase phase = phase_of(sync);
  return (phase == LS_SYNC_PULLING || phase == LS_SYNC_LIVE) && sync->heard;
}

static const ls_error *error_of(const ls_sync *sync) { return &ls_client_status_get(sync->client)->error; }

static void fill_from_client(ls_sync_status *out, const ls_sync *sync) {
  const ls_client_status *client = ls_client_status_get(sync->client);
  const ls_transport *transport = &sync->transport;
  int64_t now_ms = transport->now_ms ? transport->now_ms(transport->user) : sync->now_ms;
  out->url = sync->url;
  out->equal = client->equal && out->pending == 0;
  out->remaining = client->remaining;
  out->pulled = client->pulled;
  out->pushed = client->pushed;
  out->error = *error_of(sync);
  if (out->phase == LS_SYNC_WAITING && client->next_try_ms > now_ms) out->next_try_ms = client->next_try_ms - now_ms;
}

int ls_sync_status_get(ls_sync_status *out, ls_store *store, ls_error *err) {
  const ls_log *log = store->leader->log;
  ls_sync_status status;
  memset(&status, 0, sizeof status);
  int rc = ls_sync_count_pending(&status.pending, store, err);
  if (!rc) rc = ls_log_conflict_count(&status.conflicts, store->leader->log, err);
  if (rc) return rc;
  const char *backend_id = ls_upstream_backend_id(store);
  status.head = ls_log_head(log).seq;
  status.upstream_head = ls_log_upstream_head(log);
  status.backend_id = backend_id[0] ? backend_id : NULL;
  const ls_sync *sync = store->first->sync;
  status.phase = phase_of(sync);
  status.online = is_online(sync);
  if (sync && sync->client) fill_from_client(&status, sync);
  *out = status;
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Signals */

static int fact_value(ls_value *out, ls_store *store, ls_sync_fact fact, ls_error *err) {
  const ls_sync *sync = store->first->sync;
  uint64_t n = 0;
  int rc = LS_OK;
  switch (fact) {
    case LS_SYNC_FACT_PHASE: *out = ls_int(phase_of(sync)); break;
    case LS_SYNC_FACT_ONLINE: *out = ls_int(is_online(sync)); break;
    case LS_SYNC_FACT_PENDING:
      rc = ls_sync_count_pending(&n, store, err);
      *out = ls_int((int64_t)n);
      break;
    case LS_SYNC_FACT_CONFLICTS:
      rc = ls_log_conflict_count(&n, store->leader->log, err);
      *out = ls_int((int64_t)n);
      break;
    case LS_SYNC_FACT_ERROR:
      *out = sync && sync->client && error_of(sync)->code ? ls_text(error_of(sync)->text) : ls_null();
      break;
  }
  return rc;
}

static int set_one(ls_sync *sync, ls_sync_fact fact, ls_error *err) {
  ls_value value;
  int rc = fact_value(&value, sync->store, fact, err);
  return rc ? rc : ls_signal_set(sync->signals[fact], value, err);
}

/* In a batch, since one pass is enough for all of them and for what was merged. */
static void set_all(ls_sync *sync) {
  ls_session *session = sync->store->session;
  ls_error err;
  session->batches++;
  for (int fact = 0; fact < LS_SYNC_FACTS; fact++) {
    if (!sync->signals[fact] || !set_one(sync, (ls_sync_fact)fact, &err)) continue;
    ls_note(&session->notes, LS_LOG_WARNING, "sync", "a sync signal could not be set: %s", err.text);
  }
  session->batches--;
}

void ls_sync_signals_set(ls_store *store) {
  for (store = store->first; store; store = store->next) {
    if (store->sync) set_all(store->sync);
  }
}

int ls_sync_signal(ls_node **out, ls_store *store, ls_sync_fact fact, ls_error *err) {
  static const char *const labels[LS_SYNC_FACTS] = {"sync phase", "sync online", "sync pending", "sync conflicts",
                                                    "sync error"};
  if ((int)fact < 0 || (int)fact >= LS_SYNC_FACTS) return ls_fail(err, LS_EARGS, "there is no sync fact %d", (int)fact);
  ls_sync *sync = NULL;
  ls_value value;
  int rc = ls_sync_of(&sync, store, err);
  if (!rc && !sync->signals[fact]) {
    rc = fact_value(&value, store, fact, err);
    if (!rc) rc = ls_signal_open(&sync->signals[fact], store, labels[fact], value, err);
  }
  if (!rc) *out = ls_node_retain(sync->signals[fact]);
  return rc;
}
