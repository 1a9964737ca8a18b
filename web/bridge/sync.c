/* Syncing: the transport is JavaScript's, what it moves is the library's. And conflicts, which come of it. */
#include "base/err.h"
#include "host.h"
#include "module.h"

/* What syncing is begun with, as an array of values. */
enum {
  SYNC_URL,
  SYNC_REQUESTS,
  SYNC_PAYLOAD,
  SYNC_BACKEND,
  SYNC_PUSH_EVENTS,
  SYNC_RETRY_MIN_MS,
  SYNC_RETRY_MAX_MS,
  SYNC_PING_MS
};

int LS_EXPORT(ls_web_attach)(ls_web *web, ls_web_store *store, const ls_value *options);
void LS_EXPORT(ls_web_detach)(ls_web_store *store);
void LS_EXPORT(ls_web_opened)(ls_web_store *store);
void LS_EXPORT(ls_web_frame)(ls_web_store *store, const char *frame, size_t size);
void LS_EXPORT(ls_web_closed)(ls_web *web, ls_web_store *store, int code, const char *text);
void LS_EXPORT(ls_web_tick)(ls_web_store *store);
double LS_EXPORT(ls_web_due_ms)(const ls_web_store *store);
int LS_EXPORT(ls_web_sync_status)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_payload_set)(ls_web *web, ls_payload *payload, const char *json);
int LS_EXPORT(ls_web_conflicts)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_conflict_retry)(ls_web *web, ls_web_store *store, double id, char *events, size_t size);
int LS_EXPORT(ls_web_conflict_drop)(ls_web *web, ls_web_store *store, double id);

static int64_t now_ms(void) { return (int64_t)ls_host_monotonic_ms(); }

static int64_t give_now(void *user) {
  (void)user;
  return now_ms();
}

static int connect(void *user, const char *payload, ls_error *err) {
  const ls_web_store *store = user;
  return ls_host_connect(store->id, payload, err);
}

static int send(void *user, const char *text, size_t size, ls_error *err) {
  const ls_web_store *store = user;
  return ls_host_send(store->id, text, size, err);
}

static void disconnect(void *user) {
  const ls_web_store *store = user;
  ls_host_disconnect(store->id);
}

static int make_payload(void *user, ls_payload *payload, ls_error *err) {
  const ls_web_store *store = user;
  return ls_host_payload(store->id, payload, err);
}

int ls_web_attach(ls_web *web, ls_web_store *store, const ls_value *options) {
  ls_transport transport = {
      .user = store,
      .requests = options[SYNC_REQUESTS].as.i != 0,
      .connect = connect,
      .send = send,
      .close = disconnect,
      .now_ms = give_now,
  };
  ls_connect_options connect_options = {
      .payload = options[SYNC_PAYLOAD].as.i ? make_payload : NULL,
      .payload_user = store,
      .backend = (ls_backend_policy)options[SYNC_BACKEND].as.i,
      .push_events = options[SYNC_PUSH_EVENTS].as.i,
      .retry_min_ms = options[SYNC_RETRY_MIN_MS].as.i,
      .retry_max_ms = options[SYNC_RETRY_MAX_MS].as.i,
      .ping_ms = options[SYNC_PING_MS].as.i,
  };
  const char *url = options[SYNC_URL].type == LS_TYPE_TEXT ? options[SYNC_URL].as.b.data : NULL;
  return ls_transport_attach(store->store, &transport, url, &connect_options, &web->err);
}

void ls_web_detach(ls_web_store *store) { ls_transport_detach(store->store); }

void ls_web_opened(ls_web_store *store) { ls_transport_opened(store->store, now_ms()); }

void ls_web_frame(ls_web_store *store, const char *frame, size_t size) {
  ls_transport_frame(store->store, frame, size, now_ms());
}

void ls_web_closed(ls_web *web, ls_web_store *store, int code, const char *text) {
  ls_fail(&web->err, (ls_code)code, "%s", text);
  ls_transport_closed(store->store, &web->err, now_ms());
}

void ls_web_tick(ls_web_store *store) { ls_transport_tick(store->store, now_ms()); }

double ls_web_due_ms(const ls_web_store *store) {
  int64_t deadline = ls_transport_deadline_ms(store->store), now = now_ms();
  if (deadline == INT64_MAX) return (double)__builtin_inff();
  return deadline > now ? (double)(deadline - now) : 0;
}

int ls_web_payload_set(ls_web *web, ls_payload *payload, const char *json) {
  return ls_payload_set(payload, json, &web->err);
}

int ls_web_sync_status(ls_web *web, ls_web_store *store) {
  ls_sync_status status;
  int rc = ls_sync_status_get(&status, store->store, &web->err);
  if (rc) return rc;
  ls_cells out = ls_web_take(web);
  ls_cells_int(&out, status.phase);
  ls_cells_int(&out, status.online);
  ls_cells_int(&out, status.equal);
  ls_cells_seqnum(&out, status.head);
  ls_cells_seqnum(&out, status.upstream_head);
  ls_cells_int(&out, (int64_t)status.pending);
  ls_cells_int(&out, (int64_t)status.conflicts);
  ls_cells_int(&out, status.remaining);
  ls_cells_int(&out, status.next_try_ms);
  ls_cells_int(&out, (int64_t)status.pulled);
  ls_cells_int(&out, (int64_t)status.pushed);
  ls_cells_text(&out, status.backend_id);
  ls_cells_error(&out, &status.error);
  return ls_web_give(web, &out, LS_OK);
}

static int add_conflict(void *user, const ls_conflict *conflict) {
  ls_cells *out = user;
  ls_cells_int(out, conflict->id);
  ls_cells_int(out, conflict->cause);
  ls_cells_int(out, (int64_t)conflict->item);
  ls_cells_text(out, conflict->error);
  ls_cells_int(out, (int64_t)conflict->n);
  for (size_t i = 0; i < conflict->n; i++) ls_cells_event(out, &conflict->events[i]);
  return !ls_cells_ok(out);
}

int ls_web_conflicts(ls_web *web, ls_web_store *store) {
  ls_cells out = ls_web_take(web);
  int rc = ls_conflicts(store->store, add_conflict, &out, &web->err);
  return ls_web_give(web, &out, rc);
}

/*   events  NULL: as they are */
int ls_web_conflict_retry(ls_web *web, ls_web_store *store, double id, char *events, size_t size) {
  ls_web_inputs inputs = ls_web_inputs_take(web);
  ls_receipt receipt;
  size_t n = 0;
  int rc = events ? ls_web_inputs_read(&inputs, &n, events, size, &web->err) : LS_OK;
  const ls_input *with = events ? (const ls_input *)(const void *)inputs.inputs.data : NULL;
  if (!rc) rc = ls_conflict_retry(&receipt, store->store, (int64_t)id, with, n, &web->err);
  ls_web_inputs_give(web, &inputs);
  ls_cells out = ls_web_take(web);
  if (!rc) ls_cells_receipt(&out, &receipt);
  return ls_web_give(web, &out, rc);
}

int ls_web_conflict_drop(ls_web *web, ls_web_store *store, double id) {
  return ls_conflict_drop(store->store, (int64_t)id, &web->err);
}
