/* connect.c - ls_connect: a connection as a transport of livestore_host.h. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "core/sync.h"
#include "net/net.h"
#include "port/port.h"

int64_t ls_net_now_ms(void *net) {
  (void)net;
  return ls_port_monotonic_ms();
}

/* ---------------------------------------------------------------------------------------------- */
/* Connecting */

static bool fits_header(const char *text) {
  for (; *text; text++) {
    if (*text <= ' ' || *text > '~') return false;
  }
  return true;
}

/* The token of a payload goes into a header, too: that is where proxies and servers look for one. */
static int make_authorization(ls_bytes *out, const char *payload, ls_error *err) {
  ls_json doc = {0};
  ls_bytes token = {0};
  int rc = ls_json_parse(&doc, payload, strlen(payload), err);
  uint32_t value = !rc && ls_json_type_of(&doc, 0) == LS_JSON_OBJECT ? ls_json_get(&doc, 0, "authToken") : 0;
  if (value && ls_json_type_of(&doc, value) == LS_JSON_STRING) {
    ls_json_string(&token, &doc, value);
    if (ls_bytes_cstr(&token) && token.size && fits_header(token.data)) ls_bytes_printf(out, "Bearer %s", token.data);
  }
  if (!rc && !(ls_bytes_ok(&token) && ls_bytes_cstr(out))) rc = ls_fail_nomem(err);
  ls_bytes_fini(&token);
  ls_json_fini(&doc);
  return rc;
}

static int prepare(ls_net *net, const char *payload, ls_error *err) {
  ls_bytes_clear(&net->target);
  ls_bytes_clear(&net->authorization);
  ls_bytes_clear(&net->in);
  ls_url_request(&net->target, &net->url, ls_store_id(net->store), payload);
  if (!ls_bytes_cstr(&net->target)) return ls_fail_nomem(err);
  return payload ? make_authorization(&net->authorization, payload, err) : LS_OK;
}

static int begin_connect(void *user, const char *payload, ls_error *err) {
  ls_net *net = user;
  int rc = prepare(net, payload, err);
  if (rc) return rc;
  net->connecting = true;
  net->opened_due = net->url.http;
  if (!net->url.http) rc = ls_net_dial(net, NULL, err);
  if (rc) net->connecting = false;
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Sending */

static int enqueue(ls_net *net, const char *text, size_t size, ls_error *err) {
  if (size > LS_NET_QUEUE_BYTES - net->out_bytes)
    return ls_fail(err, LS_ELIMIT, "more than %zu bytes wait to be sent", LS_NET_QUEUE_BYTES);
  ls_outgoing *frame = ls_malloc(sizeof *frame + LWS_PRE + size);
  if (!frame) return ls_fail_nomem(err);
  *frame = (ls_outgoing){.size = size};
  memcpy(frame->bytes + LWS_PRE, text, size);
  *net->out_end = frame;
  net->out_end = &frame->next;
  net->out_bytes += size;
  return LS_OK;
}

void ls_net_out_pop(ls_net *net) {
  ls_outgoing *frame = net->out;
  net->out = frame->next;
  net->out_bytes -= frame->size;
  if (!net->out) net->out_end = &net->out;
  ls_free(frame);
}

void ls_net_out_drop(ls_net *net) {
  while (net->out) ls_net_out_pop(net);
}

static int send_frame(void *user, const char *text, size_t size, ls_error *err) {
  ls_net *net = user;
  if (!net->open) return ls_fail(err, LS_EOFFLINE, "there is no connection");
  int rc = enqueue(net, text, size, err);
  if (!rc && net->url.http) return net->wsi ? LS_OK : ls_net_dial(net, "POST", err);
  if (!rc) lws_callback_on_writable(net->wsi);
  return rc;
}

static void close_connection(void *user) {
  ls_net *net = user;
  ls_net_hang_up(net);
  ls_net_out_drop(net);
  net->connecting = net->open = net->opened_due = false;
}

/* ---------------------------------------------------------------------------------------------- */
/* Life */

static int quiet(void *user, ls_error *err) { return ls_net_thread_stop(user, err); }

static void net_free(ls_net *net) {
  ls_net_out_drop(net);
  ls_url_fini(&net->url);
  ls_bytes_fini(&net->target);
  ls_bytes_fini(&net->authorization);
  ls_bytes_fini(&net->in);
  ls_free(net);
}

static void detached(void *user) {
  ls_net *net = user;
  close_connection(net);
  ls_net_context_close(net);
  net_free(net);
}

ls_net *ls_net_of(const ls_store *store) {
  const ls_transport *transport = store ? ls_sync_transport(store) : NULL;
  return transport && transport->connect == begin_connect ? transport->user : NULL;
}

static int net_new(ls_net **out, ls_store *store, const char *url, const ls_connect_options *options, ls_error *err) {
  ls_net *net = ls_calloc(1, sizeof *net);
  if (!net) return ls_fail_nomem(err);
  net->store = store;
  net->out_end = &net->out;
  net->insecure = options->insecure;
  int rc = ls_url_parse(&net->url, url, err);
  if (!rc) rc = ls_net_context_open(net, options, err);
  if (rc)
    net_free(net);
  else
    *out = net;
  return rc;
}

/* Attached last, so that there is nothing to undo when the store will not have it. */
static int attach(ls_net *net, const char *url, const ls_connect_options *options, ls_error *err) {
  const ls_transport transport = {.user = net,
                                  .requests = net->url.http,
                                  .connect = begin_connect,
                                  .send = send_frame,
                                  .close = close_connection,
                                  .now_ms = ls_net_now_ms,
                                  .quiet = quiet,
                                  .detached = detached};
  int rc = ls_transport_attach(net->store, &transport, url, options, err);
  if (rc) detached(net);
  return rc;
}

int ls_connect(ls_store *store, const char *url, const ls_connect_options *options, ls_error *err) {
  static const ls_connect_options DEFAULTS;
  if (!options) options = &DEFAULTS;
  if (!url) return ls_fail(err, LS_EARGS, "a URL is needed");
  ls_net *net = NULL;
  int rc = net_new(&net, store, url, options, err);
  if (!rc) rc = attach(net, url, options, err);
  if (rc || !options->thread) return rc;
  rc = ls_net_thread_start(net, err);
  if (rc) ls_transport_detach(store);
  return rc;
}

void ls_disconnect(ls_store *store) { ls_transport_detach(store); }
