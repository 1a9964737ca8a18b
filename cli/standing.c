#include "standing.h"

const cli_column CLI_FIELDS[CLI_N_FIELDS] = {
    [CLI_FIELD_STORE] = {"store", false},
    [CLI_FIELD_CLIENT] = {"client", false},
    [CLI_FIELD_SESSION] = {"session", false},
    [CLI_FIELD_SCHEMA] = {"schema", false},
    [CLI_FIELD_HEAD] = {"head", false},
    [CLI_FIELD_UPSTREAM_HEAD] = {"upstreamHead", false},
    [CLI_FIELD_BACKEND] = {"backend", false},
    [CLI_FIELD_STATE] = {"state", false},
    [CLI_FIELD_SNAPSHOT] = {"snapshot", false},
    [CLI_FIELD_EVENTS] = {"events", false},
    [CLI_FIELD_PENDING] = {"pending", false},
    [CLI_FIELD_FAILED] = {"failed", false},
    [CLI_FIELD_CONFLICTS] = {"conflicts", false},
    [CLI_FIELD_LOG_SIZE] = {"logSize", false},
    [CLI_FIELD_STATE_SIZE] = {"stateSize", false},
    [CLI_FIELD_SNAPSHOT_SIZE] = {"snapshotSize", false},
    [CLI_FIELD_URL] = {"url", false},
    [CLI_FIELD_PHASE] = {"phase", false},
    [CLI_FIELD_LAST_ERROR] = {"lastError", false},
    [CLI_FIELD_ERROR_TIME] = {"errorTime", false},
    [CLI_FIELD_NEXT_TRY] = {"nextTry", false},
    [CLI_FIELD_ERROR_CODE] = {"errorCode", false},
    [CLI_FIELD_ONLINE] = {"online", true},
    [CLI_FIELD_PULLED] = {"pulled", false},
    [CLI_FIELD_PUSHED] = {"pushed", false},
    [CLI_FIELD_SINCE] = {"since", false},
    [CLI_FIELD_PID] = {"pid", false},
};

static ls_value position(char *buf, ls_seqnum seq) {
  if (seq.global == 0 && seq.client == 0) return ls_null();
  return ls_text(ls_seqnum_format(seq, buf));
}

static const char *phase_name(ls_sync_phase phase) {
  static const char *const names[] = {"off",  "connecting", "pulling",
                                      "live", "waiting",    "failed"}; /* as ls_sync_phase */
  return (size_t)phase < sizeof names / sizeof *names ? names[phase] : "?";
}

static void fill_identity(ls_value *values, const ls_store *store) {
  values[CLI_FIELD_STORE] = ls_text(ls_store_id(store));
  values[CLI_FIELD_CLIENT] = ls_text(ls_client_id(store));
  values[CLI_FIELD_SESSION] = ls_text(ls_session_id(store));
  values[CLI_FIELD_SCHEMA] = ls_text(ls_schema_hash(store));
}

static void fill_status(cli_standing *out, const ls_status *s) {
  ls_value *values = out->values;
  values[CLI_FIELD_HEAD] = position(out->head, s->head);
  values[CLI_FIELD_UPSTREAM_HEAD] = position(out->upstream_head, s->upstream_head);
  values[CLI_FIELD_STATE] = position(out->state, s->state);
  values[CLI_FIELD_SNAPSHOT] = position(out->snapshot, s->snapshot);
  values[CLI_FIELD_EVENTS] = ls_int((int64_t)s->events);
  values[CLI_FIELD_FAILED] = ls_int((int64_t)s->failed);
  values[CLI_FIELD_CONFLICTS] = ls_int((int64_t)s->conflicts);
  values[CLI_FIELD_LOG_SIZE] = ls_int((int64_t)s->log_bytes);
  values[CLI_FIELD_STATE_SIZE] = ls_int((int64_t)s->state_bytes);
  values[CLI_FIELD_SNAPSHOT_SIZE] = ls_int((int64_t)s->snapshot_bytes);
}

static void fill_sync(ls_value *values, const ls_sync_status *sync) {
  values[CLI_FIELD_BACKEND] = sync->backend_id ? ls_text(sync->backend_id) : ls_null();
  values[CLI_FIELD_PENDING] = ls_int((int64_t)sync->pending);
  values[CLI_FIELD_PHASE] = ls_text(phase_name(sync->phase));
}

int cli_standing_get(cli_standing *out, ls_store *store, ls_error *err) {
  ls_status status;
  int rc = ls_status_get(&status, store, err);
  if (!rc) rc = ls_sync_status_get(&out->sync, store, err);
  if (rc) return rc;
  for (size_t i = 0; i < CLI_N_FIELDS; i++) out->values[i] = ls_null();
  fill_status(out, &status);
  fill_identity(out->values, store);
  fill_sync(out->values, &out->sync);
  return LS_OK;
}
