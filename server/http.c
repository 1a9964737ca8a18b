#include "server/http.h"

#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"
#include "server/download.h"
#include "server/head.h"
#include "server/post.h"
#include "server/request.h"

enum {
  HEAD_BYTES = 2048,
  VALUE_BYTES = LS_FRONT_HEADER_BYTES + 1,
  ORIGIN_BYTES = 256,
  REFUSED_BODY_TIMEOUT_S = 10
};

static const char ABOUT[] =
    "livestore sync server. Connect with ?storeId=ID&transport=ws; see also /health and /metrics.\n";
static const char TEXT[] = "text/plain; charset=utf-8";

/* ---------------------------------------------------------------------------------------------- */
/* Answering */

/* Whose web pages may read the answer: those that --cors names, or of this machine's own the one that asks; NULL: none. */
static const char *readers(char local[ORIGIN_BYTES], const ls_front *front, struct lws *wsi) {
  if (front->options->cors) return front->options->cors;
  return lws_hdr_copy(wsi, local, ORIGIN_BYTES, WSI_TOKEN_ORIGIN) > 0 && ls_origin_is_local(local) ? local : NULL;
}

static void put_cors(ls_http_head *h, const ls_front *front, int status) {
  char wanted[512], local[ORIGIN_BYTES];
  const char *origin = readers(local, front, h->wsi);
  if (!origin) return;
  ls_http_head_put(h, "access-control-allow-origin:", origin);
  if (strcmp(origin, "*") != 0) ls_http_head_put(h, "vary:", "origin");
  if (status != 204) return;
  ls_http_head_put(h, "access-control-allow-methods:", "GET, POST, OPTIONS");
  int size = lws_hdr_copy(h->wsi, wanted, sizeof wanted, WSI_TOKEN_HTTP_AC_REQUEST_HEADERS);
  ls_http_head_put(h, "access-control-allow-headers:", size > 0 ? wanted : "*");
}

/* In the head as well: who asks for a WebSocket is often not given the body of a refusal. */
static void put_reason(ls_http_head *h, const char *body, size_t size) {
  char reason[300];
  size_t n = 0;
  while (n < size && n < sizeof reason - 1 && body[n] >= ' ' && body[n] <= '~') n++;
  memcpy(reason, body, n);
  reason[n] = '\0';
  if (n > 0) ls_http_head_put(h, "x-livestore-error:", reason);
}

static void put_head(ls_http_head *h, const ls_front *front, int status, const char *type, const char *body,
                     size_t size) {
  if (status != 204) ls_http_head_length(h, size);
  if (size > 0) ls_http_head_put(h, "content-type:", type);
  if (status >= 400) put_reason(h, body, size);
  if (status == 426) ls_http_head_put(h, "upgrade:", "websocket");
  if (status == 426) ls_http_head_put(h, "sec-websocket-version:", "13");
  if (status == 401) ls_http_head_put(h, "www-authenticate:", "Bearer");
  if (status == 405) ls_http_head_put(h, "allow:", "GET, POST, OPTIONS");
  if (status == 503 || status == 429) ls_http_head_put(h, "retry-after:", "5");
  ls_http_head_put(h, "cache-control:", "no-store");
  put_cors(h, front, status);
}

/* Head and body in one write. */
static int write_answer(ls_front *front, struct lws *wsi, int status, const char *type, const char *body, size_t size) {
  unsigned char *room = ls_malloc(LWS_PRE + HEAD_BYTES + size);
  if (!room) return -1;
  unsigned char *start = room + LWS_PRE;
  ls_http_head h = ls_http_head_begin(wsi, start, HEAD_BYTES, status);
  put_head(&h, front, status, type, body, size);
  bool fits = ls_http_head_end(&h);
  if (size > 0 && !lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI)) {
    memcpy(h.at, body, size);
    h.at += size;
  }
  size_t n = (size_t)(h.at - start);
  int rc = !fits || lws_write(wsi, start, n, LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
  ls_free(room);
  return rc;
}

int ls_http_answer(ls_front *front, struct lws *wsi, int status, const char *type, const char *body, size_t size) {
  if (write_answer(front, wsi, status, type, body, size)) return -1;
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading the head */

static const char *method_of(struct lws *wsi) {
  static const struct {
    enum lws_token_indexes token;
    const char *name;
  } methods[] = {{WSI_TOKEN_GET_URI, "GET"},         {WSI_TOKEN_POST_URI, "POST"}, {WSI_TOKEN_HEAD_URI, "HEAD"},
                 {WSI_TOKEN_OPTIONS_URI, "OPTIONS"}, {WSI_TOKEN_PUT_URI, "PUT"},   {WSI_TOKEN_PATCH_URI, "PATCH"},
                 {WSI_TOKEN_DELETE_URI, "DELETE"}};
  for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
    if (lws_hdr_total_length(wsi, methods[i].token) > 0) return methods[i].name;
  }
  return "?";
}

static const char *path_of(struct lws *wsi) {
  char *path = NULL;
  int size = 0;
  return lws_http_get_uri_and_method(wsi, &path, &size) >= 0 && path ? path : "";
}

/* The one version there is (RFC 6455, 4.4). */
static bool asks_websocket(struct lws *wsi) {
  char protocol[16], version[4];
  return lws_hdr_copy(wsi, protocol, sizeof protocol, WSI_TOKEN_UPGRADE) > 0 &&
         strcasecmp(protocol, "websocket") == 0 && lws_hdr_copy(wsi, version, sizeof version, WSI_TOKEN_VERSION) > 0 &&
         strcmp(version, "13") == 0;
}

static void read_head(ls_http_request *request, struct lws *wsi) {
  char value[VALUE_BYTES];
  int size;
  request->method = method_of(wsi);
  request->path = path_of(wsi);
  request->upgrade = asks_websocket(wsi);
  for (int i = 0; (size = lws_hdr_copy_fragment(wsi, value, sizeof value, WSI_TOKEN_HTTP_URI_ARGS, i)) >= 0; i++) {
    ls_http_request_argument(request, value, (size_t)size);
  }
  size = lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_AUTHORIZATION);
  if (size > 0) ls_http_request_authorization(request, value, (size_t)size);
}

/* ---------------------------------------------------------------------------------------------- */
/* Letting in */

static int check_room(const ls_front *front, const char *store_id, ls_error *err) {
  int64_t most = front->options->max_connections, most_store = front->options->max_store_connections;
  if (most > 0 && (int64_t)front->metrics->connections >= most) {
    return ls_fail(err, LS_ELIMIT, "the server has as many connections as it takes"), 503;
  }
  if (most_store > 0 && (int64_t)ls_tally_count(&front->tallies, store_id) >= most_store) {
    return ls_fail(err, LS_ELIMIT, "the store has as many connections as it may"), 429;
  }
  return 0;
}

/* Where no token is asked for, a browser would let any page in: its user has a connection, and the page has its browser. */
static int check_origin(const ls_front *front, struct lws *wsi, ls_error *err) {
  const char *allowed = front->options->cors;
  char origin[ORIGIN_BYTES];
  if (lws_hdr_total_length(wsi, WSI_TOKEN_ORIGIN) == 0 || front->options->open) return 0;
  if (allowed && strcmp(allowed, "*") == 0) return 0;
  if (lws_hdr_copy(wsi, origin, sizeof origin, WSI_TOKEN_ORIGIN) < 0) strcpy(origin, "a long origin");
  if (ls_origin_is_local(origin) || (allowed && strcmp(allowed, origin) == 0)) return 0;
  return ls_fail(err, LS_EACCESS, "pages of %s may not connect: see --cors", origin), 403;
}

static int admit(ls_admission *out, ls_front *front, struct lws *wsi, ls_http_request *request, ls_error *err) {
  *out = (ls_admission){.grant = {.read = true, .write = true}};
  if (front->stopping) return ls_fail(err, LS_EOFFLINE, "the server is shutting down"), 503;
  if (front->auth) {
    const char *token = ls_bytes_cstr(&request->token);
    int status = ls_auth_admit(out, front->auth, token, request->store_id, ls_port_time_ms(), err);
    if (status) return status;
  } else if (check_origin(front, wsi, err)) {
    return 403;
  }
  return check_room(front, request->store_id, err);
}

/* Make the connection that a request asks for: 0, or the status of the answer that refuses it. */
static int let_in(ls_front *front, struct lws *wsi, ls_http_request *request, ls_wire_transport transport,
                  ls_error *err) {
  ls_admission admission;
  int status = admit(&admission, front, wsi, request, err);
  if (status) return status;
  ls_connection *c = ls_connection_new(front, wsi, request->store_id, transport, &admission);
  if (!c) return ls_fail_nomem(err), 503;
  lws_set_opaque_user_data(wsi, c);
  return 0;
}

static void log_refusal(ls_front *front, struct lws *wsi, const ls_http_request *request, int status, const char *why) {
  char address[LS_ADDRESS_TEXT];
  ls_address_of_peer(address, lws_get_socket_fd(wsi));
  front->metrics->refused++;
  ls_journal_begin(front->journal, "refuse");
  ls_journal_int(front->journal, "status", status);
  if (request->store_id[0]) ls_journal_text(front->journal, "store", request->store_id);
  ls_journal_text(front->journal, "peer", address);
  ls_journal_text(front->journal, "why", why);
  ls_journal_end(front->journal);
}

static int refuse(ls_front *front, struct lws *wsi, const ls_http_request *request, int status, const ls_error *err) {
  char text[LS_ERROR_TEXT + 2];
  size_t size = strlen(err->text);
  memcpy(text, err->text, size);
  text[size++] = '\n';
  log_refusal(front, wsi, request, status, err->text);
  return write_answer(front, wsi, status, TEXT, text, size);
}

int ls_http_upgrade(ls_front *front, struct lws *wsi) {
  ls_http_request request = {0};
  ls_asked asked;
  ls_error err = {0};
  read_head(&request, wsi);
  int status = ls_http_request_asked(&asked, &request, &err);
  if (!status && asked != LS_ASKED_WEBSOCKET) {
    ls_fail(&err, LS_EARGS, "the query must say storeId=ID and transport=ws");
    status = 400;
  }
  if (!status && lws_hdr_total_length(wsi, WSI_TOKEN_PROTOCOL) > 0) {
    ls_fail(&err, LS_EARGS, "no subprotocol is spoken here: leave out Sec-WebSocket-Protocol");
    status = 400;
  }
  if (!status) status = let_in(front, wsi, &request, LS_WIRE_WEBSOCKET, &err);
  int rc = !status ? 0 : refuse(front, wsi, &request, status, &err) ? -1 : 1;
  ls_http_request_fini(&request);
  return rc;
}

static int show_page(ls_front *front, struct lws *wsi,
                     void (*write)(ls_bytes *out, const ls_metrics *metrics, const ls_hub_stats *stats, int64_t now_ms),
                     const char *type) {
  ls_bytes page = {0};
  ls_hub_stats stats;
  ls_hub_stats_get(&stats, front->hub);
  write(&page, front->metrics, &stats, ls_port_monotonic_ms());
  int rc = ls_bytes_ok(&page) ? ls_http_answer(front, wsi, 200, type, page.data, page.size) : -1;
  ls_bytes_fini(&page);
  return rc;
}

static int answer_preflight(ls_front *front, struct lws *wsi) {
  static const char none[] = "pages of other origins may not ask here: see --cors\n";
  char local[ORIGIN_BYTES];
  if (readers(local, front, wsi)) return ls_http_answer(front, wsi, 204, NULL, NULL, 0);
  return ls_http_answer(front, wsi, 405, TEXT, none, sizeof none - 1);
}

static int answer(ls_front *front, struct lws *wsi, ls_http_request *request, ls_asked asked, ls_error *err) {
  switch (asked) {
    case LS_ASKED_HEALTH: return show_page(front, wsi, ls_metrics_health, "application/json");
    case LS_ASKED_METRICS: return show_page(front, wsi, ls_metrics_text, "text/plain; version=0.0.4");
    case LS_ASKED_ABOUT: return ls_http_answer(front, wsi, 200, TEXT, ABOUT, sizeof ABOUT - 1);
    case LS_ASKED_FILE: return ls_download_begin(front, wsi, request->path, err);
    case LS_ASKED_PREFLIGHT: return answer_preflight(front, wsi);
    default: break;
  }
  int status = ls_post_check(wsi, front->options->max_frame_bytes, err);
  if (!status) status = let_in(front, wsi, request, LS_WIRE_HTTP, err);
  return status;
}

/* A body that is still on its way is read and dropped: were the connection closed before, its sender could see that and
 * not the answer. One that is too large, or of which no length is known, is not waited for. */
static int end_refused(ls_front *front, struct lws *wsi, const ls_http_request *request) {
  bool body = strcmp(request->method, "GET") != 0 && strcmp(request->method, "HEAD") != 0;
  if (!body) return lws_http_transaction_completed(wsi) ? -1 : 0;
  if (ls_post_check(wsi, front->options->max_frame_bytes, NULL)) return -1;
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, REFUSED_BODY_TIMEOUT_S);
  return 0;
}

int ls_http_refused_read(struct lws *wsi) { return lws_http_transaction_completed(wsi) ? -1 : 0; }

int ls_http_serve(ls_front *front, struct lws *wsi) {
  ls_http_request request = {0};
  ls_asked asked = LS_ASKED_ABOUT;
  ls_error err = {0};
  request.app = front->options->app != NULL;
  read_head(&request, wsi);
  int status = ls_http_request_asked(&asked, &request, &err);
  int rc = status ? 0 : answer(front, wsi, &request, asked, &err);
  if (rc > 0) status = rc;
  if (status) rc = refuse(front, wsi, &request, status, &err) ? -1 : end_refused(front, wsi, &request);
  ls_http_request_fini(&request);
  return rc;
}
