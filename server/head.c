#include "server/head.h"

#include <string.h>

ls_http_head ls_http_head_begin(struct lws *wsi, unsigned char *buffer, size_t size, int status) {
  ls_http_head head = {wsi, buffer, buffer + size, false};
  head.failed = lws_add_http_header_status(wsi, (unsigned int)status, &head.at, head.end) != 0;
  return head;
}

void ls_http_head_put(ls_http_head *head, const char *name, const char *value) {
  const unsigned char *bytes = (const unsigned char *)value;
  if (lws_add_http_header_by_name(head->wsi, (const unsigned char *)name, bytes, (int)strlen(value), &head->at,
                                  head->end)) {
    head->failed = true;
  }
}

void ls_http_head_length(ls_http_head *head, uint64_t content_bytes) {
  if (lws_add_http_header_content_length(head->wsi, content_bytes, &head->at, head->end)) head->failed = true;
}

bool ls_http_head_end(ls_http_head *head) {
  return !head->failed && lws_finalize_http_header(head->wsi, &head->at, head->end) == 0;
}
