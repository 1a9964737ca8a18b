#include "server/post.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "server/http.h"

int ls_post_check(struct lws *wsi, int64_t limit, ls_error *err) {
  char text[24];
  if (lws_hdr_copy(wsi, text, sizeof text, WSI_TOKEN_HTTP_CONTENT_LENGTH) <= 0) {
    return ls_fail(err, LS_EARGS, "the request must say the length of its body (Content-Length)"), 411;
  }
  char *end;
  long long size = strtoll(text, &end, 10);
  if (*end || size < 0) return ls_fail(err, LS_EARGS, "Content-Length must be a number"), 400;
  if (size > limit) return ls_fail(err, LS_ELIMIT, "a message may have %lld bytes", (long long)limit), 413;
  return 0;
}

int ls_post_received(ls_connection *c, const char *piece, size_t size) {
  if ((int64_t)(c->in.size + size) > c->front->options->max_frame_bytes) return -1;
  ls_bytes_append(&c->in, piece, size);
  return ls_bytes_ok(&c->in) ? 0 : -1;
}

int ls_post_complete(ls_connection *c) {
  ls_error err = {0};
  c->front->metrics->requests++;
  if (ls_connection_open(c, &err)) {
    ls_journal_error(c->front->journal, "store", err.text);
    ls_connection_close(c, 1011, "the store cannot be read");
    return 0;
  }
  ls_connection_take(c, c->in.size > 0 ? c->in.data : "", c->in.size);
  ls_bytes_fini(&c->in);
  return 0;
}

/* The request is over: the wsi may go on to another one. */
static int finish(ls_connection *c, int status, const char *type, const char *body, size_t size) {
  struct lws *wsi = c->wsi;
  lws_set_opaque_user_data(wsi, NULL);
  int rc = ls_http_answer(c->front, wsi, status, type, body, size);
  ls_connection_free(c);
  return rc;
}

/* The HTTP status that says what the code of a close frame would. */
static int status_of(uint16_t code) {
  if (code >= 4000) return code - 4000;
  return code == 1001 ? 503 : code == 1011 ? 500 : 400;
}

int ls_post_writable(ls_connection *c) {
  if (c->first) {
    const char *body = (const char *)c->first->bytes + LWS_PRE;
    c->front->metrics->frames_out++;
    return finish(c, 200, "application/json", body, c->first->size);
  }
  if (!c->closing) return 0;
  return finish(c, status_of(c->code), "text/plain; charset=utf-8", c->why, strlen(c->why));
}

void ls_post_timeout(ls_connection *c) {
  ls_connection_close(c, c->peer ? 4503 : 4408, c->peer ? "the answer takes longer than 10 s" : "no body within 10 s");
}
