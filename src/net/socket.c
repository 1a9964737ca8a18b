/* socket.c - what libwebsockets is asked, and what it calls: the context, connections, and frames of a WebSocket. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "net/net.h"
#include "port/port.h"

enum { BUFFER_BYTES = 65536, HEADER_BYTES = 32768, DESCRIPTORS = 32 };
/* How long libwebsockets waits for a server: longer than the sync client does (client.h), which is who decides. */
enum { PATIENCE_S = 40 };

static const char PROTOCOL[] = "livestore";

/* ---------------------------------------------------------------------------------------------- */
/* Telling the library */

bool ls_net_receive(ls_net *net, const void *data, size_t size) {
  if (size > LS_NET_FRAME_BYTES - net->in.size) {
    ls_fail(&net->why, LS_ELIMIT, "the server sends a frame of more than %zu bytes", LS_NET_FRAME_BYTES);
    return false;
  }
  ls_bytes_append(&net->in, data, size);
  if (!ls_bytes_ok(&net->in)) ls_fail_nomem(&net->why);
  return ls_bytes_ok(&net->in);
}

void ls_net_deliver(ls_net *net) {
  net->told++;
  ls_transport_frame(net->store, net->in.data ? net->in.data : "", net->in.size, ls_net_now_ms(net));
  ls_bytes_clear(&net->in);
}

void ls_net_lost(ls_net *net, const ls_error *why) {
  ls_error told = net->why.code ? net->why : *why;
  net->wsi = NULL;
  ls_net_out_drop(net);
  ls_bytes_clear(&net->in);
  net->connecting = net->open = false;
  net->why = told;
  if (net->starting) return;
  ls_error_clear(&net->why);
  net->told++;
  ls_transport_closed(net->store, &told, ls_net_now_ms(net));
}

void ls_net_cut(ls_net *net, const char *what) {
  ls_error why;
  ls_fail(&why, LS_EOFFLINE, "%s: %s", net->url.authority, what);
  ls_net_lost(net, &why);
}

/* ---------------------------------------------------------------------------------------------- */
/* A WebSocket */

static void opened(ls_net *net) {
  net->connecting = false;
  net->open = true;
  net->told++;
  ls_transport_opened(net->store, ls_net_now_ms(net));
}

static void failed(ls_net *net, struct lws *wsi, const char *reason) {
  int status = (int)lws_http_client_http_response(wsi);
  if (status < 200) {
    ls_net_unreachable(net, wsi, reason);
    return;
  }
  ls_error why;
  ls_net_refused(&why, wsi, status, NULL, 0);
  ls_net_lost(net, &why);
}

/* RFC 6455, 5.5.1: two bytes of a code, and a text. */
static void note_close(ls_net *net, const unsigned char *in, size_t size) {
  if (size < 2) return;
  int code = in[0] << 8 | in[1], length = (int)(size - 2);
  ls_fail(&net->why, LS_EOFFLINE, "%s closed the connection: %d%s%.*s", net->url.authority, code, length ? " " : "", length,
          (const char *)in + 2);
}

static int receive(ls_net *net, struct lws *wsi, const void *in, size_t size) {
  if (!ls_net_receive(net, in, size)) return -1;
  if (lws_remaining_packet_payload(wsi) == 0 && lws_is_final_fragment(wsi)) ls_net_deliver(net);
  return 0;
}

static int write_first(ls_net *net, struct lws *wsi) {
  if (!net->out) return 0;
  if (lws_write(wsi, net->out->bytes + LWS_PRE, net->out->size, LWS_WRITE_TEXT) < (int)net->out->size) return -1;
  ls_net_out_pop(net);
  if (net->out) lws_callback_on_writable(wsi);
  return 0;
}

int ls_net_on_socket(ls_net *net, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return ls_net_headers(net, wsi, in, *(unsigned char **)in + size);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: failed(net, wsi, in); return 0;
    case LWS_CALLBACK_CLIENT_ESTABLISHED: opened(net); break;
    case LWS_CALLBACK_CLIENT_RECEIVE:
      if (receive(net, wsi, in, size)) return -1;
      break;
    case LWS_CALLBACK_CLIENT_WRITEABLE: return write_first(net, wsi);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: note_close(net, in, size); return 0;
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: ls_net_cut(net, "the connection was lost"); return 0;
    default: return 0;
  }
  return wsi == net->wsi ? 0 : -1; /* it was given up meanwhile */
}

/* ---------------------------------------------------------------------------------------------- */
/* Both kinds */

/* Why TLS did not come about, where it is for want of trust. */
static const char *distrust_of(struct lws *wsi) {
  SSL *tls = lws_get_ssl(wsi);
  long result = tls ? SSL_get_verify_result(tls) : X509_V_OK;
  return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}

void ls_net_unreachable(ls_net *net, struct lws *wsi, const char *reason) {
  ls_error why;
  const char *distrust = distrust_of(wsi);
  if (reason && strcmp(reason, "closed before established") == 0) reason = "nobody answers there"; /* lws says no more */
  if (distrust)
    ls_fail(&why, LS_EOFFLINE, "the certificate of %s is not trusted: %s", net->url.authority, distrust);
  else
    ls_fail(&why, LS_EOFFLINE, "%s cannot be reached: %s", net->url.authority, reason ? reason : "no such host, or no answer");
  ls_net_lost(net, &why);
}

static int add_header(struct lws *wsi, const char *name, const char *value, size_t size, unsigned char **at,
                      unsigned char *end) {
  return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)size, at, end);
}

int ls_net_headers(ls_net *net, struct lws *wsi, unsigned char **at, unsigned char *end) {
  if (net->authorization.size == 0) return 0;
  return add_header(wsi, "authorization:", net->authorization.data, net->authorization.size, at, end);
}

static ls_code code_of_status(int status) {
  if (status == 401 || status == 403) return LS_EACCESS;
  return status >= 500 ? LS_EOFFLINE : LS_EPROTOCOL;
}

void ls_net_refused(ls_error *why, struct lws *wsi, int status, const char *body, size_t size) {
  char line[200] = "", reason[400] = "";
  lws_hdr_copy(wsi, line, sizeof line, WSI_TOKEN_HTTP);
  if (!body) {
    lws_hdr_custom_copy(wsi, reason, sizeof reason, "x-livestore-error:", 18);
    body = reason;
    size = strlen(reason);
  }
  while (size && strchr("\r\n ", body[size - 1])) size--;
  const char *phrase = strchr(line, ' ');
  ls_fail(why, code_of_status(status), "the server refused: HTTP %d%s%s%.*s", status, phrase ? phrase : "", size ? ": " : "",
          (int)(size < 500 ? size : 500), body);
}

static bool is_about_connections(enum lws_callback_reasons reason) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
    case LWS_CALLBACK_CLIENT_ESTABLISHED:
    case LWS_CALLBACK_CLIENT_RECEIVE:
    case LWS_CALLBACK_CLIENT_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_CLIENT_CLOSED:
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE:
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP:
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ:
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP:
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: return true;
    default: return false;
  }
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t size) {
  (void)user;
  if (!is_about_connections(reason)) return 0;
  ls_net *net = lws_context_user(lws_get_context(wsi));
  if (wsi != net->wsi) return -1;
  return net->url.http ? ls_net_on_request(net, wsi, reason, in, size) : ls_net_on_socket(net, wsi, reason, in, size);
}

static int tls_flags(const ls_net *net) {
  if (!net->url.tls) return 0;
  if (!net->insecure) return LCCSCF_USE_SSL;
  return LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED |
         LCCSCF_ALLOW_INSECURE;
}

int ls_net_dial(ls_net *net, const char *method, ls_error *err) {
  static const lws_retry_bo_t no_pings; /* the protocol has its own */
  struct lws_client_connect_info info = {
      .context = net->context,
      .address = net->url.host,
      .port = net->url.port,
      .ssl_connection = tls_flags(net),
      .path = net->target.data,
      .host = net->url.authority,
      .origin = NULL,
      .local_protocol_name = PROTOCOL,
      .method = method,
      .alpn = "http/1.1",
      .pwsi = &net->wsi,
      .retry_and_idle_policy = &no_pings,
  };
  ls_error_clear(&net->why);
  net->status = 0;
  net->starting = true;
  bool begun = lws_client_connect_via_info(&info) && !net->why.code;
  net->starting = false;
  if (begun) return LS_OK;
  ls_error why = net->why;
  ls_net_hang_up(net);
  ls_error_clear(&net->why);
  return why.code ? ls_fail(err, (ls_code)why.code, "%s", why.text)
                  : ls_fail(err, LS_EOFFLINE, "%s: no connection", net->url.authority);
}

/* libwebsockets sends no close frame when it is us who end a connection from outside its callbacks; a pull that ends says
 * so itself. */
void ls_net_hang_up(ls_net *net) {
  bool open = net->wsi && net->open && !net->url.http;
  while (open && net->out && !lws_send_pipe_choked(net->wsi)) open = write_first(net, net->wsi) == 0;
  if (net->wsi) lws_set_timeout(net->wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_ASYNC);
  net->wsi = NULL;
}

/* ---------------------------------------------------------------------------------------------- */
/* The context */

static bool has_certificate(const char *file) {
  BIO *in = BIO_new_file(file, "r");
  X509 *first = in ? PEM_read_bio_X509_AUX(in, NULL, NULL, "") : NULL; /* with a password, so that none is asked for */
  bool found = first != NULL;
  X509_free(first);
  BIO_free(in);
  ERR_clear_error();
  return found;
}

/* libwebsockets takes any file, and then trusts the system's authorities alone. */
static int check_ca_file(const ls_connect_options *options, ls_error *err) {
  const char *file = options->ca_file;
  if (!file) return LS_OK;
  if (access(file, R_OK)) return ls_fail(err, errno == ENOENT ? LS_ENOTFOUND : LS_EIO, "%s: %s", file, strerror(errno));
  return has_certificate(file) ? LS_OK : ls_fail(err, LS_EARGS, "%s: no certificate in PEM form", file);
}

int ls_net_context_open(ls_net *net, const ls_connect_options *options, ls_error *err) {
  static const struct lws_protocols protocols[] = {
      {.name = PROTOCOL, .callback = on_event, .rx_buffer_size = BUFFER_BYTES}, {.name = NULL}};
  int rc = check_ca_file(options, err);
  if (rc) return rc;
  if (uv_loop_init(&net->loop)) return ls_fail(err, LS_EIO, "no event loop could be made: too many open files, or too little memory");
  void *loops[] = {&net->loop};
  struct lws_context_creation_info info = {
      .port = CONTEXT_PORT_NO_LISTEN,
      .protocols = protocols,
      .options = LWS_SERVER_OPTION_LIBUV | (net->url.tls ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0),
      .foreign_loops = loops,
      .client_ssl_ca_filepath = options->ca_file,
      .fd_limit_per_thread = DESCRIPTORS,
      .timeout_secs = PATIENCE_S,
      .pt_serv_buf_size = BUFFER_BYTES,
      .max_http_header_data = HEADER_BYTES,
      .user = net,
      .pcontext = &net->context, /* NULL when it is gone */
  };
  lws_set_log_level(0, NULL);
  net->context = lws_create_context(&info);
  if (net->context) return LS_OK;
  uv_loop_close(&net->loop);
  return ls_fail(err, LS_EIO, "libwebsockets could not be started: its plug-in for libuv may be missing, or memory or descriptors");
}

static void close_handle(uv_handle_t *handle, void *user) {
  (void)user;
  if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

/* The first call closes what it has on the loop, which takes a turn of it; the second one frees the context. */
void ls_net_context_close(ls_net *net) {
  if (!net->context) return;
  lws_context_destroy(net->context);
  while (uv_run(&net->loop, UV_RUN_NOWAIT)) continue;
  if (net->context) lws_context_destroy(net->context);
  uv_walk(&net->loop, close_handle, NULL);
  uv_run(&net->loop, UV_RUN_DEFAULT);
  uv_loop_close(&net->loop);
}
