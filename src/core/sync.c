#include "core/sync.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "core/sessions.h"
#include "core/store.h"

int ls_sync_of(ls_sync **out, ls_store *store, ls_error *err) {
  if (!store->sync) {
    ls_sync *sync = ls_calloc(1, sizeof *sync);
    if (!sync) return ls_fail_nomem(err);
    sync->store = store;
    store->sync = sync;
  }
  *out = store->sync;
  return LS_OK;
}

const ls_transport *ls_sync_transport(const ls_store *store) {
  const ls_sync *sync = store->first->sync;
  return sync && sync->client ? &sync->transport : NULL;
}

/* ---------------------------------------------------------------------------------------------- */
/* Entries */

static bool enter(ls_sync *sync, int64_t now_ms) {
  if (!sync || !sync->client) return false;
  sync->now_ms = now_ms;
  sync->depth++;
  return true;
}

/* While pages follow one another, people are shown the last one's outcome only. */
static void leave(ls_sync *sync) {
  if (sync->stopped && sync->depth == 1) ls_client_stop(sync->client, sync->now_ms);
  bool pulling = ls_client_status_get(sync->client)->phase == LS_CLIENT_PULLING;
  if (sync->depth == 1 && !(pulling && sync->more)) {
    sync->more = false;
    ls_sync_signals_set(sync->store);
    ls_store_react(sync->store);
  }
  sync->depth--;
}

void ls_sync_changed(ls_store *store) {
  ls_sync *sync = store->first->sync;
  if (sync && sync->client) ls_client_changed(sync->client);
  if (!sync || !sync->depth) ls_sync_signals_set(store);
}

void ls_transport_opened(ls_store *store, int64_t now_ms) {
  if (!enter(store->sync, now_ms)) return;
  store->sync->heard = !store->sync->transport.requests;
  ls_client_opened(store->sync->client, now_ms);
  leave(store->sync);
}

void ls_transport_frame(ls_store *store, const char *frame, size_t size, int64_t now_ms) {
  if (!enter(store->sync, now_ms)) return;
  store->sync->heard = true;
  ls_client_frame(store->sync->client, frame, size, now_ms);
  leave(store->sync);
}

void ls_transport_closed(ls_store *store, const ls_error *why, int64_t now_ms) {
  if (!enter(store->sync, now_ms)) return;
  ls_client_closed(store->sync->client, why, now_ms);
  leave(store->sync);
}

void ls_transport_tick(ls_store *store, int64_t now_ms) {
  if (!enter(store->sync, now_ms)) return;
  ls_client_tick(store->sync->client, now_ms);
  leave(store->sync);
}

int64_t ls_transport_deadline_ms(const ls_store *store) {
  const ls_sync *sync = store->sync;
  return sync && sync->client ? ls_client_deadline_ms(sync->client) : INT64_MAX;
}

/* ---------------------------------------------------------------------------------------------- */
/* Attaching */

static int check_transport(const ls_transport *transport, ls_error *err) {
  bool whole = transport && transport->connect && transport->send && transport->close;
  return whole ? LS_OK : ls_fail(err, LS_EARGS, "a transport needs connect, send and close");
}

static int check_options(const ls_connect_options *options, ls_error *err) {
  if (options->token && options->payload) return ls_fail(err, LS_EARGS, "give a token or a payload function, not both");
  if (options->retry_max_ms && options->retry_max_ms < options->retry_min_ms)
    return ls_fail(err, LS_EARGS, "retry_max_ms is less than retry_min_ms");
  return LS_OK;
}

static char *payload_of_token(const char *token) {
  ls_bytes out = {0};
  ls_bytes_text(&out, "{\"authToken\":");
  ls_json_write_string(&out, token, strlen(token));
  ls_bytes_byte(&out, '}');
  char *text = ls_bytes_cstr(&out);
  if (!text) ls_bytes_fini(&out);
  return text;
}

static int keep_texts(ls_sync *sync, const char *url, const ls_connect_options *options, ls_error *err) {
  char *kept_url = url ? ls_strdup(url) : NULL, *payload = options->token ? payload_of_token(options->token) : NULL;
  if ((url && !kept_url) || (options->token && !payload)) {
    ls_free(kept_url);
    ls_free(payload);
    return ls_fail_nomem(err);
  }
  sync->url = kept_url;
  sync->payload = payload;
  return LS_OK;
}

static int make_client(ls_sync *sync, const ls_connect_options *options, ls_error *err) {
  ls_client_host host = LS_SYNC_HOST;
  ls_client_options client = {
      .store_id = sync->store->leader->store_id,
      .transport = sync->transport.requests ? LS_WIRE_HTTP : LS_WIRE_WEBSOCKET,
      .once = options->once,
      .push_events = options->push_events,
      .ping_ms = options->ping_ms,
      .retry_min_ms = options->retry_min_ms,
      .retry_max_ms = options->retry_max_ms,
  };
  host.user = sync;
  int rc = ls_port_random(&client.seed, sizeof client.seed, err);
  return rc ? rc : ls_client_new(&sync->client, &host, &client, err);
}

static void forget_connection(ls_sync *sync) {
  ls_free(sync->url);
  ls_free(sync->payload);
  sync->url = sync->payload = NULL;
  sync->stopped = sync->more = sync->heard = false;
}

/* Nothing of the machine is on the stack. */
static void detach(ls_sync *sync) {
  if (!sync->client) return;
  ls_client_stop(sync->client, sync->now_ms);
  ls_client_free(sync->client);
  sync->client = NULL;
  forget_connection(sync);
  if (sync->transport.detached) sync->transport.detached(sync->transport.user);
}

static int attach(ls_sync *sync, const ls_transport *transport, const char *url, const ls_connect_options *options,
                  ls_error *err) {
  int rc = keep_texts(sync, url, options, err);
  if (rc) return rc;
  sync->transport = *transport;
  sync->options = *options;
  rc = make_client(sync, options, err);
  if (rc) {
    forget_connection(sync);
    return rc;
  }
  sync->now_ms = transport->now_ms ? transport->now_ms(transport->user) : 0;
  ls_client_start(sync->client, sync->now_ms);
  ls_sync_signals_set(sync->store);
  return LS_OK;
}

int ls_transport_attach(ls_store *store, const ls_transport *transport, const char *url,
                        const ls_connect_options *options, ls_error *err) {
  static const ls_connect_options DEFAULTS;
  if (!options) options = &DEFAULTS;
  ls_sync *sync = NULL;
  int rc = check_transport(transport, err);
  if (!rc) rc = check_options(options, err);
  if (!rc) rc = ls_sessions_check_first(store, "be connected", err);
  if (!rc) rc = ls_sync_of(&sync, store, err);
  if (rc) return rc;
  if (sync->client && sync->stopped) ls_transport_detach(store);
  if (sync->client) return ls_fail(err, LS_EEXISTS, "the store is connected already, to %s", sync->url ? sync->url : "a transport");
  rc = attach(sync, transport, url, options, err);
  if (!rc) ls_store_react(store);
  return rc;
}

void ls_transport_detach(ls_store *store) {
  ls_sync *sync = store->sync;
  if (!sync || !sync->client) return;
  bool inside = sync->transport.quiet && sync->transport.quiet(sync->transport.user, NULL);
  sync->stopped = true;
  if (inside || sync->depth) return; /* the entry under way stops the machine when it ends */
  detach(sync);
  ls_sync_signals_set(sync->store);
  ls_store_react(store);
}

/* ---------------------------------------------------------------------------------------------- */
/* Closing */

int ls_sync_quiet(ls_store *store, ls_error *err) {
  const ls_transport *transport = store->first == store ? ls_sync_transport(store) : NULL;
  int rc = transport && transport->quiet ? transport->quiet(transport->user, err) : LS_OK;
  if (!rc && store->sync && store->sync->depth)
    rc = ls_fail(err, LS_ELOCKED, "the store is being synced: it cannot be closed from inside");
  return rc;
}

void ls_sync_free(ls_store *store) {
  ls_sync *sync = store->sync;
  if (!sync) return;
  detach(sync);
  for (size_t i = 0; i < LS_SYNC_FACTS; i++) ls_node_release(sync->signals[i]);
  forget_connection(sync);
  store->sync = NULL;
  ls_free(sync);
}
