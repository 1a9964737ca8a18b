/* fuzz_http - what the server reads of a request itself: lines of arguments, and one that is the header Authorization. Each
 * outcome is one of those that the header names, and what is let in has a valid store id. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "server/hub.h"
#include "server/request.h"
#include "server/uri.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fuzz_http: %s\n", what);
  abort();
}

static void decode(const char *text, size_t size) {
  ls_bytes out = {0};
  ls_error err = {0};
  int rc = ls_uri_decode(&out, text, size, &err);
  require(rc == LS_OK || rc == LS_EARGS, "decoding ends as its header says");
  require(rc == err.code && (rc == LS_OK || out.size == 0), "an error leaves nothing behind");
  require(out.size <= size && (out.size == 0 || ls_utf8_valid(out.data, out.size)), "what comes out is UTF-8");
  ls_bytes_fini(&out);
}

/* In memory of exactly its size, so that reading behind the end is seen. */
static void take_line(ls_http_request *request, const char *line, size_t size) {
  char *copy = malloc(size ? size : 1);
  require(copy != NULL, "there is memory");
  memcpy(copy, line, size);
  decode(copy, size);
  if (size > 0 && copy[0] == ':')
    ls_http_request_authorization(request, copy + 1, size - 1);
  else
    ls_http_request_argument(request, copy, size);
  free(copy);
}

static void ask(const ls_http_request *request) {
  ls_asked asked = LS_ASKED_ABOUT;
  ls_error err = {0};
  int status = ls_http_request_asked(&asked, request, &err);
  require(status == 0 || status == 400 || status == 405 || status == 426, "the status is one that its header names");
  require(status == 0 || err.text[0], "a refusal says why");
  if (status == 0 && (asked == LS_ASKED_WEBSOCKET || asked == LS_ASKED_POST)) {
    require(request->status == 0 && ls_store_id_valid(request->store_id), "what is let in has a valid store id");
    require(request->upgrade == (asked == LS_ASKED_WEBSOCKET), "a WebSocket is what asks to be one");
  }
}

/* The first byte chooses method, path and upgrade. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const methods[] = {"GET", "POST", "OPTIONS", "?"}, *const paths[] = {"/", "/x", "/health",
                                                                                          "/metrics"};
  if (size == 0) return 0;
  ls_http_request request = {
      .method = methods[data[0] & 3], .path = paths[data[0] >> 2 & 3], .upgrade = data[0] >> 4 & 1};
  const char *at = (const char *)data + 1, *end = (const char *)data + size;
  while (at < end) {
    const char *line_end = memchr(at, '\n', (size_t)(end - at));
    if (!line_end) line_end = end;
    take_line(&request, at, (size_t)(line_end - at));
    at = line_end + 1;
  }
  ask(&request);
  ls_http_request_fini(&request);
  return 0;
}
