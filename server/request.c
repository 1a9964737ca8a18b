#include "server/request.h"

#include <string.h>
#include <strings.h>

#include "base/err.h"
#include "base/json.h"
#include "server/hub.h"
#include "server/uri.h"

void ls_http_request_fini(ls_http_request *request) { ls_bytes_fini(&request->token); }

/* The first problem is the one that is told. */
static void refuse(ls_http_request *request, const ls_error *why) {
  if (request->status) return;
  request->status = why->code == LS_ENOMEM ? 500 : 400;
  request->problem = *why;
}

static void refuse_text(ls_http_request *request, const char *why) {
  ls_error err = {0};
  ls_fail(&err, LS_EARGS, "%s", why);
  refuse(request, &err);
}

static void take_store_id(ls_http_request *request, const char *value, size_t size) {
  if (request->has_store_id) {
    refuse_text(request, "storeId is given twice");
    return;
  }
  request->has_store_id = true;
  if (size < sizeof request->store_id && !memchr(value, '\0', size)) {
    memcpy(request->store_id, value, size);
    request->store_id[size] = '\0';
    if (ls_store_id_valid(request->store_id)) return;
  }
  refuse_text(request, "storeId must be 1 to 128 letters, digits, - and _");
}

static bool equals(const char *value, size_t size, const char *word) {
  return strlen(word) == size && memcmp(value, word, size) == 0;
}

static void take_transport(ls_http_request *request, const char *value, size_t size) {
  if (request->transport != LS_TRANSPORT_NONE)
    refuse_text(request, "transport is given twice");
  else if (equals(value, size, "ws"))
    request->transport = LS_TRANSPORT_WS;
  else if (equals(value, size, "http"))
    request->transport = LS_TRANSPORT_HTTP;
  else
    refuse_text(request, "transport must be ws or http");
}

static void take_token(ls_http_request *request, const ls_json *payload) {
  if (ls_json_type_of(payload, 0) != LS_JSON_OBJECT) return;
  uint32_t node = ls_json_get(payload, 0, "authToken");
  if (!node) node = ls_json_get(payload, 0, "token");
  if (!node || ls_json_type_of(payload, node) != LS_JSON_STRING) return;
  ls_bytes_clear(&request->token);
  ls_json_string(&request->token, payload, node);
}

static int read_payload(ls_http_request *request, ls_bytes *text, ls_json *doc, const char *value, size_t size,
                        ls_error *err) {
  if (ls_uri_decode(text, value, size, err)) return ls_wrap(err, err->code, "payload");
  if (!ls_bytes_cstr(text)) return ls_fail_nomem(err);
  if (ls_json_parse(doc, text->data, text->size, err)) return ls_wrap(err, err->code, "payload");
  take_token(request, doc);
  return ls_bytes_ok(&request->token) ? LS_OK : ls_fail_nomem(err);
}

static void take_payload(ls_http_request *request, const char *value, size_t size) {
  ls_bytes text = {0};
  ls_json doc = {0};
  ls_error err = {0};
  if (request->has_payload)
    refuse_text(request, "payload is given twice");
  else if (read_payload(request, &text, &doc, value, size, &err))
    refuse(request, &err);
  request->has_payload = true;
  ls_json_fini(&doc);
  ls_bytes_fini(&text);
}

void ls_http_request_argument(ls_http_request *request, const char *text, size_t size) {
  const char *equal = memchr(text, '=', size);
  size_t name = equal ? (size_t)(equal - text) : size;
  const char *value = equal ? equal + 1 : text + size;
  size_t value_size = (size_t)(text + size - value);
  if (equals(text, name, "storeId")) take_store_id(request, value, value_size);
  if (equals(text, name, "transport")) take_transport(request, value, value_size);
  if (equals(text, name, "payload")) take_payload(request, value, value_size);
}

/* The scheme's name is read without regard to case (RFC 9110, 11.1). A payload's token comes first. */
void ls_http_request_authorization(ls_http_request *request, const char *text, size_t size) {
  static const char scheme[] = "bearer ";
  size_t n = sizeof scheme - 1;
  if (size < n || strncasecmp(text, scheme, n) != 0 || request->token.size > 0) return;
  while (n < size && text[n] == ' ') n++;
  while (size > n && text[size - 1] == ' ') size--;
  ls_bytes_append(&request->token, text + n, size - n);
  if (!ls_bytes_ok(&request->token)) {
    ls_error err = {0};
    ls_fail_nomem(&err);
    refuse(request, &err);
  }
}

static int refused(ls_error *err, int status, const char *why) {
  ls_fail(err, LS_EARGS, "%s", why);
  return status;
}

static int asked_page(ls_asked *out, const ls_http_request *request, ls_error *err) {
  bool get = strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0;
  if (get && strcmp(request->path, "/health") == 0)
    *out = LS_ASKED_HEALTH;
  else if (get && strcmp(request->path, "/metrics") == 0)
    *out = LS_ASKED_METRICS;
  else if (get && request->app && !request->upgrade)
    *out = LS_ASKED_FILE;
  else if (get && strcmp(request->path, "/") == 0 && !request->upgrade)
    *out = LS_ASKED_ABOUT;
  else if (request->status)
    return ls_fail(err, request->problem.code, "%s", request->problem.text), request->status;
  else
    return refused(err, 400, "the query must say storeId=ID and transport=ws or transport=http");
  return 0;
}

static bool is_sync(const ls_http_request *request) {
  return !request->status && request->has_store_id && request->transport != LS_TRANSPORT_NONE;
}

int ls_http_request_asked(ls_asked *out, const ls_http_request *request, ls_error *err) {
  if (strcmp(request->method, "OPTIONS") == 0) {
    *out = LS_ASKED_PREFLIGHT;
    return 0;
  }
  if (!is_sync(request)) return asked_page(out, request, err);
  if (request->transport == LS_TRANSPORT_WS) {
    if (!request->upgrade)
      return refused(err, 426, "transport=ws needs the headers Upgrade: websocket and Sec-WebSocket-Version: 13");
    if (strcmp(request->method, "GET") != 0) return refused(err, 405, "a WebSocket begins with GET");
    *out = LS_ASKED_WEBSOCKET;
    return 0;
  }
  if (request->upgrade) return refused(err, 400, "a WebSocket needs transport=ws");
  if (strcmp(request->method, "POST") != 0) return refused(err, 405, "transport=http takes POST");
  *out = LS_ASKED_POST;
  return 0;
}

/* The host of "scheme://host:port". */
bool ls_origin_is_local(const char *origin) {
  static const char *const hosts[] = {"localhost", "127.0.0.1", "[::1]"};
  const char *host = strstr(origin, "://");
  if (!host) return false;
  host += 3;
  const char *port = host[0] == '[' ? strstr(host, "]:") : strchr(host, ':');
  size_t size = !port ? strlen(host) : (size_t)(port - host) + (host[0] == '[');
  for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
    if (equals(host, size, hosts[i])) return true;
  }
  return false;
}
