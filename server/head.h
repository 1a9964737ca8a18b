/* head - the status line and the headers of an HTTP answer, written into a buffer. */
#ifndef LS_SERVER_HEAD_H
#define LS_SERVER_HEAD_H

#include <libwebsockets.h>
#include <stdbool.h>

typedef struct ls_http_head {
  struct lws *wsi;
  unsigned char *at, *end;
  bool failed; /* sticky: asked for once, at the end */
} ls_http_head;

/* Begin in a buffer of `size` bytes, before which LWS_PRE bytes are free. */
ls_http_head ls_http_head_begin(struct lws *wsi, unsigned char *buffer, size_t size, int status);
/* `name` is in lower case and ends in a colon. */
void ls_http_head_put(ls_http_head *head, const char *name, const char *value);
void ls_http_head_length(ls_http_head *head, uint64_t content_bytes);
/* The end of the head: false when it did not fit. `at` is behind its last byte. */
bool ls_http_head_end(ls_http_head *head);

#endif
