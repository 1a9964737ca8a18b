/* request - what an HTTP request asks of the server, told from its method, path, query and headers. It touches no socket.
 *
 *   GET /health, /metrics         pages about the server
 *   GET any other path            the app, where one is served
 *   any path ?storeId=ID&transport=ws[&payload=…]     with Upgrade: websocket   sync, over a WebSocket
 *   any path ?storeId=ID&transport=http[&payload=…]   POST                      sync, one message
 *
 * `payload` is the application's JSON, percent-encoded within the value, so that it arrives encoded twice; encoded once is
 * fine too. A token is its member "authToken" or "token", or comes as Authorization: Bearer. */
#ifndef LS_SERVER_REQUEST_H
#define LS_SERVER_REQUEST_H

#include "base/bytes.h"
#include "livestore.h"

typedef enum ls_asked {
  LS_ASKED_WEBSOCKET,
  LS_ASKED_POST,
  LS_ASKED_HEALTH,
  LS_ASKED_METRICS,
  LS_ASKED_ABOUT,    /* what this is: GET /, without an app */
  LS_ASKED_FILE,     /* of the app */
  LS_ASKED_PREFLIGHT /* may a page from elsewhere ask? OPTIONS */
} ls_asked;

#define LS_STORE_ID_SIZE 129 /* with its NUL */

/* Zero-initialize, give it each argument and header, ask ls_http_request_asked; free with ls_http_request_fini. */
typedef struct ls_http_request {
  const char *method, *path; /* borrowed */
  bool upgrade;              /* Upgrade: websocket, of version 13 */
  bool app;                  /* an app is served */
  char store_id[LS_STORE_ID_SIZE];
  enum { LS_TRANSPORT_NONE, LS_TRANSPORT_WS, LS_TRANSPORT_HTTP } transport;
  bool has_store_id, has_payload;
  ls_bytes token;   /* empty: none */
  int status;       /* what is wrong with an argument or header: 400 or 500 … */
  ls_error problem; /* … and why */
} ls_http_request;

void ls_http_request_fini(ls_http_request *request);

/* One argument of the query, name=value, of which the %xx were undone once. Others than those above are let be. */
void ls_http_request_argument(ls_http_request *request, const char *text, size_t size);
/* The value of the header Authorization. */
void ls_http_request_authorization(ls_http_request *request, const char *text, size_t size);

/* What is asked. Returns 0, or the status of an HTTP answer that refuses it: 400, 405, 426, 500; *err says why. */
int ls_http_request_asked(ls_asked *out, const ls_http_request *request, ls_error *err);

/* Is this the value of a header Origin (RFC 6454) that pages have which this machine serves itself? */
bool ls_origin_is_local(const char *origin);

#endif
