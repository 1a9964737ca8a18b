/* sync_host.c - what the machine of sync/client.h asks for: the transport's functions, the payload, and what
 * upstream.h does with the store. */
#include <string.h>

#include "base/err.h"
#include "base/json.h"
#include "core/log.h"
#include "core/store.h"
#include "core/sync.h"
#include "core/upstream.h"

/* ---------------------------------------------------------------------------------------------- */
/* The payload */

struct ls_payload {
  ls_bytes text;
};

int ls_payload_set(ls_payload *payload, const char *json, ls_error *err) {
  ls_json doc = {0};
  int rc = json ? ls_json_parse(&doc, json, strlen(json), err) : LS_OK;
  ls_json_fini(&doc);
  if (rc) return ls_wrap(err, rc, "the sync payload");
  ls_bytes_clear(&payload->text);
  if (json) ls_bytes_text(&payload->text, json);
  return ls_bytes_ok(&payload->text) ? LS_OK : ls_fail_nomem(err);
}

static int ask_for_payload(ls_sync *sync, ls_bytes *out, ls_error *err) {
  ls_payload payload = {{0}};
  int rc = sync->options.payload(sync->options.payload_user, &payload, err);
  if (!rc && payload.text.size) ls_bytes_append(out, payload.text.data, payload.text.size);
  ls_bytes_fini(&payload.text);
  return rc;
}

static int give_payload(void *user, ls_bytes *out, ls_error *err) {
  ls_sync *sync = user;
  int rc = LS_OK;
  if (sync->options.payload)
    rc = ask_for_payload(sync, out, err);
  else if (sync->payload)
    ls_bytes_text(out, sync->payload);
  return rc || ls_bytes_ok(out) ? rc : ls_fail_nomem(err);
}

/* ---------------------------------------------------------------------------------------------- */
/* The transport */

static int begin_connect(void *user, const char *payload, ls_error *err) {
  ls_sync *sync = user;
  sync->heard = false;
  return sync->transport.connect(sync->transport.user, payload, err);
}

static int send_frame(void *user, const char *text, size_t size, ls_error *err) {
  ls_sync *sync = user;
  return sync->transport.send(sync->transport.user, text, size, err);
}

static void disconnect(void *user) {
  ls_sync *sync = user;
  sync->transport.close(sync->transport.user);
}

/* ---------------------------------------------------------------------------------------------- */
/* The store */

static int64_t upstream_head(void *user) {
  ls_sync *sync = user;
  return ls_log_upstream_head(sync->store->leader->log).global;
}

static const char *backend_id(void *user) {
  ls_sync *sync = user;
  return ls_upstream_backend_id(sync->store);
}

static int take_backend(void *user, const char *id, ls_error *err) {
  ls_sync *sync = user;
  return ls_upstream_backend(sync->store, id, sync->options.backend, err);
}

static int merge(void *user, ls_client_merged *out, const ls_event *events, size_t n, bool more, ls_error *err) {
  ls_sync *sync = user;
  ls_upstream_result result = {0};
  sync->more = more;
  int rc = ls_upstream_merge(&result, sync->store, events, n, more, err);
  if (!rc) *out = (ls_client_merged){.rebased = result.rebased, .confirmed = result.echoed};
  return rc;
}

static int give_pending(void *user, int64_t after, int (*each)(void *context, const ls_event *event), void *context,
                        ls_error *err) {
  ls_sync *sync = user;
  return ls_upstream_pending(sync->store, after, each, context, err);
}

/* One that is not pending any more came back, or was rebased, since: nothing is left to do. */
static int refused(void *user, int64_t seq, const char *why, ls_error *err) {
  ls_sync *sync = user;
  int rc = ls_upstream_refused(sync->store, seq, why, err);
  return rc == LS_ENOTFOUND ? LS_OK : rc;
}

/* The entry under way shows it when it ends. */
static void status_changed(void *user) { (void)user; }

const ls_client_host LS_SYNC_HOST = {
    .connect = begin_connect,
    .send = send_frame,
    .disconnect = disconnect,
    .payload = give_payload,
    .upstream_head = upstream_head,
    .backend_id = backend_id,
    .backend = take_backend,
    .merge = merge,
    .pending = give_pending,
    .refused = refused,
    .changed = status_changed,
};
