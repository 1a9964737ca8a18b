#include "server/download.h"

#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "server/asset.h"
#include "server/head.h"
#include "server/http.h"

enum { PIECE_BYTES = 64 << 10, HEAD_BYTES = 1024, HEADER_BYTES = 512, STALLED_S = 60 };

struct ls_download {
  ls_held held;
  ls_front *front;
  struct lws *wsi;
  int fd;
  int64_t left;
  unsigned char bytes[LWS_PRE + PIECE_BYTES];
};

/* ---------------------------------------------------------------------------------------------- */
/* Sending */

static void let_go(ls_download *d) {
  lws_set_opaque_user_data(d->wsi, NULL);
  d->front->downloads--;
  close(d->fd);
  ls_free(d);
}

static int send_piece(ls_download *d) {
  size_t most = d->left < PIECE_BYTES ? (size_t)d->left : PIECE_BYTES;
  ssize_t size = read(d->fd, d->bytes + LWS_PRE, most);
  if (size <= 0) return -1; /* it has become shorter than was said */
  d->left -= size;
  enum lws_write_protocol how = d->left > 0 ? LWS_WRITE_HTTP : LWS_WRITE_HTTP_FINAL;
  if (lws_write(d->wsi, d->bytes + LWS_PRE, (size_t)size, how) < 0) return -1;
  lws_set_timeout(d->wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
  if (d->left > 0) return lws_callback_on_writable(d->wsi) < 0 ? -1 : 0;
  struct lws *wsi = d->wsi;
  let_go(d);
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int ls_download_event(ls_download *d, enum lws_callback_reasons reason) {
  switch (reason) {
    case LWS_CALLBACK_HTTP_WRITEABLE: return send_piece(d);
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_WSI_DESTROY: let_go(d); break;
    default: break;
  }
  return 0;
}

/* ---------------------------------------------------------------------------------------------- */
/* Beginning */

static bool has_it(struct lws *wsi, const ls_asset *asset) {
  char value[HEADER_BYTES];
  return lws_hdr_copy(wsi, value, sizeof value, WSI_TOKEN_HTTP_IF_NONE_MATCH) > 0 &&
         ls_asset_tag_named(value, asset->tag);
}

static int send_head(const ls_front *front, struct lws *wsi, const ls_asset *asset, int status) {
  unsigned char room[LWS_PRE + HEAD_BYTES], *start = room + LWS_PRE;
  ls_http_head head = ls_http_head_begin(wsi, start, HEAD_BYTES, status);
  if (status == 200) {
    ls_http_head_length(&head, (uint64_t)asset->size);
    ls_http_head_put(&head, "content-type:", asset->type);
    if (asset->encoding) ls_http_head_put(&head, "content-encoding:", asset->encoding);
    ls_http_head_put(&head, "x-content-type-options:", "nosniff");
  }
  ls_http_head_put(&head, "etag:", asset->tag);
  ls_http_head_put(&head, "cache-control:", asset->cache);
  if (asset->varies) ls_http_head_put(&head, "vary:", "accept-encoding");
  if (front->options->cors) ls_http_head_put(&head, "access-control-allow-origin:", front->options->cors);
  if (!ls_http_head_end(&head)) return -1;
  return lws_write(wsi, start, (size_t)(head.at - start), LWS_WRITE_HTTP_HEADERS) < 0 ? -1 : 0;
}

static int send_body(ls_front *front, struct lws *wsi, ls_asset *asset) {
  ls_download *d = ls_malloc(sizeof *d);
  if (!d) return -1;
  d->held = LS_HELD_DOWNLOAD;
  d->front = front;
  d->wsi = wsi;
  d->fd = asset->fd;
  d->left = asset->size;
  asset->fd = -1;
  front->downloads++;
  lws_set_opaque_user_data(wsi, d);
  lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, STALLED_S);
  return lws_callback_on_writable(wsi) < 0 ? -1 : 0;
}

static int send_asset(ls_front *front, struct lws *wsi, ls_asset *asset) {
  bool known = has_it(wsi, asset), bare = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
  if (send_head(front, wsi, asset, known ? 304 : 200)) return -1;
  if (!known && !bare && asset->size > 0) return send_body(front, wsi, asset);
  return lws_http_transaction_completed(wsi) ? -1 : 0;
}

int ls_download_begin(ls_front *front, struct lws *wsi, const char *path, ls_error *err) {
  static const char none[] = "the app has no such file\n";
  char accept[HEADER_BYTES];
  ls_asset asset;
  if (front->downloads >= LS_DOWNLOADS) return ls_fail(err, LS_ELIMIT, "as many files are being sent as may be"), 503;
  if (lws_hdr_copy(wsi, accept, sizeof accept, WSI_TOKEN_HTTP_ACCEPT_ENCODING) < 0) accept[0] = '\0';
  int status = ls_asset_open(&asset, front->options->app, path, accept);
  if (status == 503) return ls_fail(err, LS_ELIMIT, "the server has no descriptor left for a file"), 503;
  if (status) return ls_http_answer(front, wsi, status, "text/plain; charset=utf-8", none, sizeof none - 1);
  int rc = send_asset(front, wsi, &asset);
  if (asset.fd >= 0) close(asset.fd);
  return rc;
}
