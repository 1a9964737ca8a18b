/* request.c - the HTTP transport: each frame is the body of a POST, and the body of its answer is a frame. */
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/net.h"

static int add(struct lws *wsi, const char *name, const char *value, unsigned char **at, unsigned char *end) {
  return lws_add_http_header_by_name(wsi, (const unsigned char *)name, (const unsigned char *)value, (int)strlen(value), at,
                                     end);
}

static int put_headers(ls_net *net, struct lws *wsi, unsigned char **at, unsigned char *end) {
  char size[32];
  snprintf(size, sizeof size, "%zu", net->out->size);
  if (ls_net_headers(net, wsi, at, end)) return -1;
  if (add(wsi, "content-type:", "application/json", at, end) || add(wsi, "content-length:", size, at, end)) return -1;
  if (add(wsi, "x-livestore-store-id:", ls_store_id(net->store), at, end)) return -1;
  lws_client_http_body_pending(wsi, 1);
  lws_callback_on_writable(wsi);
  return 0;
}

/* In pieces that libwebsockets need not copy. */
static int put_body(ls_net *net, struct lws *wsi) {
  enum { PIECE_BYTES = 65536 };
  ls_outgoing *frame = net->out;
  size_t left = frame->size - frame->sent, size = left < PIECE_BYTES ? left : PIECE_BYTES;
  bool last = size == left;
  unsigned char *at = frame->bytes + LWS_PRE + frame->sent;
  if (lws_write(wsi, at, size, last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)size) return -1;
  frame->sent += size;
  lws_client_http_body_pending(wsi, !last);
  if (!last) lws_callback_on_writable(wsi);
  return 0;
}

/* Leads to ls_net_receive. */
static int pull_body(struct lws *wsi) {
  char buffer[LWS_PRE + 16384], *at = buffer + LWS_PRE;
  int size = sizeof buffer - LWS_PRE;
  return lws_http_client_read(wsi, &at, &size) < 0 ? -1 : 0;
}

static void refused(ls_net *net, struct lws *wsi) {
  ls_error why;
  ls_net_refused(&why, wsi, net->status, net->in.data ? net->in.data : "", net->in.size);
  ls_net_lost(net, &why);
}

static bool is_good(int status) { return status >= 200 && status <= 299; }

/* The answer is whole. The next request may be made from inside. */
static void take_answer(ls_net *net, struct lws *wsi) {
  if (!is_good(net->status)) {
    refused(net, wsi);
    return;
  }
  net->wsi = NULL; /* we are inside of it, and it ends with this call */
  ls_net_out_pop(net);
  ls_net_deliver(net);
}

/* A server may close without having read what it will not have. */
static void closed(ls_net *net, struct lws *wsi) {
  if (net->status && !is_good(net->status))
    refused(net, wsi);
  else
    ls_net_cut(net, "the connection was lost before the answer was whole");
}

int ls_net_on_request(ls_net *net, struct lws *wsi, enum lws_callback_reasons reason, void *in, size_t size) {
  switch (reason) {
    case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER: return put_headers(net, wsi, in, *(unsigned char **)in + size);
    case LWS_CALLBACK_CLIENT_HTTP_WRITEABLE: return put_body(net, wsi);
    case LWS_CALLBACK_ESTABLISHED_CLIENT_HTTP: net->status = (int)lws_http_client_http_response(wsi); return 0;
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP: return pull_body(wsi);
    case LWS_CALLBACK_RECEIVE_CLIENT_HTTP_READ: return ls_net_receive(net, in, size) ? 0 : -1;
    case LWS_CALLBACK_COMPLETED_CLIENT_HTTP: take_answer(net, wsi); return -1;
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: ls_net_unreachable(net, wsi, in); return 0;
    case LWS_CALLBACK_CLOSED_CLIENT_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: closed(net, wsi); return 0;
    default: return 0;
  }
}
