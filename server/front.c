#include "server/front.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "port/port.h"
#include "server/connection.h"
#include "server/download.h"
#include "server/http.h"
#include "server/post.h"
#include "server/websocket.h"

enum {
  RX_BYTES = 1024,       /* each WebSocket's own buffer: the largest part of what an idle one takes */
  READ_BYTES = 64 << 10, /* read from a socket at once, into one buffer for all */
  HEAD_POOL = 1024,      /* requests whose heads are read at a time */
  HEAD_TIMEOUT_S = 10,
  ACCEPTS = 64, /* in one turn of the loop */
  SWEEP_MS = 1000
};

/* ---------------------------------------------------------------------------------------------- */
/* What libwebsockets tells */

static void let_go(struct lws *wsi) {
  ls_connection_free(lws_get_opaque_user_data(wsi));
  lws_set_opaque_user_data(wsi, NULL);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
  ls_front *front = lws_context_user(lws_get_context(wsi));
  (void)user;
  if (reason == LWS_CALLBACK_HTTP_CONFIRM_UPGRADE) return ls_http_upgrade(front, wsi);
  if (reason == LWS_CALLBACK_HTTP) return ls_http_serve(front, wsi);
  ls_held *held = front ? lws_get_opaque_user_data(wsi) : NULL;
  if (held && *held == LS_HELD_DOWNLOAD) return ls_download_event((ls_download *)(void *)held, reason);
  ls_connection *c = (ls_connection *)(void *)held;
  if (!c) return reason == LWS_CALLBACK_HTTP_BODY_COMPLETION ? ls_http_refused_read(wsi) : 0;
  switch (reason) {
    case LWS_CALLBACK_ESTABLISHED: return ls_websocket_opened(c);
    case LWS_CALLBACK_RECEIVE: return ls_websocket_received(c, in, size);
    case LWS_CALLBACK_SERVER_WRITEABLE: return ls_websocket_writable(c);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: ls_websocket_closing(c, in, size); break;
    case LWS_CALLBACK_HTTP_BODY: return ls_post_received(c, in, size);
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return ls_post_complete(c);
    case LWS_CALLBACK_HTTP_WRITEABLE: return ls_post_writable(c);
    case LWS_CALLBACK_CLOSED:
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: let_go(wsi); break;
    default: break;
  }
  return 0;
}

static const struct lws_protocols PROTOCOLS[] = {
    {.name = "livestore", .callback = on_event, .rx_buffer_size = RX_BYTES}, {.name = NULL}};

/* Clients ping; nothing is asked of them on top. */
static const lws_retry_bo_t NO_PINGS = {.secs_since_valid_ping = UINT16_MAX, .secs_since_valid_hangup = UINT16_MAX};

/* ---------------------------------------------------------------------------------------------- */
/* The hub's host */

size_t ls_front_send(void *front, void *link, const char *frame, size_t size) {
  ls_connection *c = link;
  (void)front;
  if (c->closing) return c->queued;
  if (c->transport == LS_WIRE_WEBSOCKET && ls_websocket_write_now(c, frame, size)) return c->queued;
  if (!ls_connection_queue(c, frame, size))
    ls_connection_close(c, 1011, "the server is out of memory");
  else
    lws_callback_on_writable(c->wsi);
  return c->queued;
}

void ls_front_drop(void *front, void *link, const char *why) {
  (void)front;
  ls_connection_close(link, 1008, why);
}

/* ---------------------------------------------------------------------------------------------- */
/* Accepting */

static void on_acceptable(uv_poll_t *acceptor, int status, int events) {
  ls_front *front = acceptor->data;
  int on = 1;
  (void)status, (void)events;
  for (int i = 0; i < ACCEPTS; i++) {
    int fd = accept4(front->listener.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE) uv_poll_stop(acceptor); /* the sweep tries again */
      return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (!lws_adopt_socket_vhost(front->vhost, fd)) front->metrics->refused++; /* which has closed it */
  }
}

static void accept_more(ls_front *front) {
  if (!front->stopping) uv_poll_start(&front->acceptor, UV_READABLE, on_acceptable);
}

/* ---------------------------------------------------------------------------------------------- */
/* Sweeping */

static void sweep_websocket(ls_connection *c, int64_t monotonic_ms) {
  char why[LS_CONNECTION_WHY];
  int64_t idle_s = c->front->options->idle_s;
  if (monotonic_ms - c->heard_ms < idle_s * 1000) return;
  snprintf(why, sizeof why, "no frame for %lld s", (long long)idle_s);
  ls_connection_close(c, 4408, why);
}

static void sweep_connection(ls_connection *c, int64_t monotonic_ms, int64_t now_ms) {
  if (c->closing && monotonic_ms >= c->kill_ms) {
    lws_set_timeout(c->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
    return;
  }
  if (c->expires_ms && now_ms >= c->expires_ms) ls_connection_close(c, 4401, "the token has expired");
  if (c->transport == LS_WIRE_WEBSOCKET)
    sweep_websocket(c, monotonic_ms);
  else if (monotonic_ms - c->opened_ms >= LS_POST_MS)
    ls_post_timeout(c);
}

static void sweep(uv_timer_t *timer) {
  ls_front *front = timer->data;
  int64_t monotonic_ms = ls_port_monotonic_ms(), now_ms = ls_port_time_ms();
  for (ls_connection *c = front->connections, *next; c; c = next) {
    next = c->next;
    sweep_connection(c, monotonic_ms, now_ms);
  }
  accept_more(front);
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening */

static int tls_fail(ls_error *err, const char *file) {
  char why[200];
  ERR_error_string_n(ERR_get_error(), why, sizeof why);
  ERR_clear_error();
  return ls_fail(err, LS_EARGS, "%s: %s", file, why);
}

static int check_readable(const char *file, ls_error *err) {
  return access(file, R_OK) == 0 ? LS_OK : ls_fail(err, LS_EARGS, "%s: %s", file, strerror(errno));
}

/* libwebsockets says little about a certificate that it cannot use. */
static int check_certificate(const ls_serve_options *options, ls_error *err) {
  if (check_readable(options->cert_file, err) || check_readable(options->key_file, err)) return err->code;
  SSL_CTX *tls = SSL_CTX_new(TLS_server_method());
  int rc = LS_OK;
  if (!tls) rc = ls_fail_nomem(err);
  if (!rc && SSL_CTX_use_certificate_chain_file(tls, options->cert_file) != 1) rc = tls_fail(err, options->cert_file);
  if (!rc && SSL_CTX_use_PrivateKey_file(tls, options->key_file, SSL_FILETYPE_PEM) != 1)
    rc = tls_fail(err, options->key_file);
  if (!rc && SSL_CTX_check_private_key(tls) != 1) rc = tls_fail(err, options->key_file);
  SSL_CTX_free(tls);
  return rc;
}

static void say_nothing(int level, const char *line) { (void)level, (void)line; }

static int open_context(ls_front *front, ls_error *err) {
  void *loops[] = {front->loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN_SERVER,
      .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_VALIDATE_UTF8,
      .foreign_loops = loops,
      .protocols = PROTOCOLS,
      .user = front,
      .gid = (gid_t)-1,
      .uid = (uid_t)-1,
      .vhost_name = "livestore",
      .pt_serv_buf_size = READ_BYTES,
      .max_http_header_data = LS_FRONT_HEADER_BYTES,
      .max_http_header_pool = HEAD_POOL,
      .timeout_secs = HEAD_TIMEOUT_S,
      .timeout_secs_ah_idle = HEAD_TIMEOUT_S,
      .keepalive_timeout = HEAD_TIMEOUT_S,
      .retry_and_idle_policy = &NO_PINGS,
      .alpn = "http/1.1",
      .ssl_cert_filepath = front->options->cert_file,
      .ssl_private_key_filepath = front->options->key_file,
  };
  if (front->options->cert_file) info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
  lws_set_log_level(LLL_ERR, say_nothing);
  front->context = lws_create_context(&info);
  if (!front->context)
    return ls_fail(err, LS_EIO, "libwebsockets does not start: is libwebsockets-evlib-uv installed?");
  front->vhost = lws_create_vhost(front->context, &info);
  if (!front->vhost) return ls_fail(err, LS_EIO, "libwebsockets does not take its options");
  return LS_OK;
}

int ls_front_open(ls_front *front, ls_error *err) {
  if (front->options->cert_file && check_certificate(front->options, err)) return err->code;
  int rc = open_context(front, err);
  if (rc) return rc;
  uv_poll_init(front->loop, &front->acceptor, front->listener.fd);
  uv_timer_init(front->loop, &front->sweeper);
  front->acceptor.data = front->sweeper.data = front;
  uv_timer_start(&front->sweeper, sweep, SWEEP_MS, SWEEP_MS);
  accept_more(front);
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Closing */

void ls_front_stop(ls_front *front) {
  front->stopping = true;
  uv_poll_stop(&front->acceptor);
}

void ls_front_close_all(ls_front *front, uint16_t code, const char *why) {
  for (ls_connection *c = front->connections; c; c = c->next) ls_connection_close(c, code, why);
}

void ls_front_close(ls_front *front) {
  if (front->acceptor.data) uv_close((uv_handle_t *)&front->acceptor, NULL);
  if (front->sweeper.data) uv_close((uv_handle_t *)&front->sweeper, NULL);
  lws_context_destroy(front->context);
}

/* With a loop of ours, libwebsockets frees its context in two steps: its handles, then, once the loop has run, the rest. */
void ls_front_fini(ls_front *front) {
  lws_context_destroy(front->context);
  ls_chains_fini(&front->tallies);
}
