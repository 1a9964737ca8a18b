/* URLs of servers: what is taken apart, what is refused, and what is asked for there. */
#include <stdlib.h>
#include <string.h>

#include "net/url.h"
#include "support/cmocka_all.h"

typedef struct good_case {
  const char *text;
  bool tls, http;
  const char *host;
  int port;
  const char *authority, *target;
} good_case;

static void a_url_is_taken_apart(void **state) {
  static const good_case cases[] = {
      {"ws://example.org", false, false, "example.org", 80, "example.org", "/"},
      {"wss://example.org", true, false, "example.org", 443, "example.org", "/"},
      {"WSS://Example.org/", true, false, "Example.org", 443, "Example.org", "/"},
      {"http://127.0.0.1:8787/sync", false, true, "127.0.0.1", 8787, "127.0.0.1:8787", "/sync"},
      {"https://example.org:443/a/b?c=d", true, true, "example.org", 443, "example.org", "/a/b?c=d"},
      {"ws://[::1]:9", false, false, "::1", 9, "[::1]:9", "/"},
      {"ws://[2001:db8::7]?x", false, false, "2001:db8::7", 80, "[2001:db8::7]", "/?x"},
      {"ws://h:65535?a=1", false, false, "h", 65535, "h:65535", "/?a=1"},
      {"ws://h:/x", false, false, "h", 80, "h", "/x"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    const good_case *c = &cases[i];
    ls_url url;
    ls_error err;
    if (ls_url_parse(&url, c->text, &err)) fail_msg("%s", err.text);
    assert_int_equal(url.tls, c->tls);
    assert_int_equal(url.http, c->http);
    assert_int_equal(url.port, c->port);
    assert_string_equal(url.host, c->host);
    assert_string_equal(url.authority, c->authority);
    assert_string_equal(url.target, c->target);
    ls_url_fini(&url);
  }
}

static void what_is_no_server_is_refused_with_the_reason(void **state) {
  static const char *const cases[][2] = {
      {"", "does not begin with"},
      {"example.org", "does not begin with"},
      {"ftp://example.org", "does not begin with"},
      {"ws:/example.org", "does not begin with"},
      {"ws://", "names no host"},
      {"ws://:80", "names no host"},
      {"ws:///path", "names no host"},
      {"ws://h:0", "no port between"},
      {"ws://h:65536", "no port between"},
      {"ws://h:99999999999999999999", "no port between"},
      {"ws://h:8o", "no port between"},
      {"ws://[::1", "without its ]"},
      {"ws://[::1]x", "something else than a port"},
      {"ws://me:secret@h", "names a user"},
      {"ws://h/#top", "fragment"},
      {"ws://h/a b", "percent-encoded"},
      {"ws://h/\r\nx: y", "percent-encoded"},
      {"ws://h/\xc3\xa4", "percent-encoded"},
      {"ws://h/?storeId=a", "parameter storeId"},
      {"ws://h/?a=b&transport=ws", "parameter transport"},
      {"ws://h?payload", "parameter payload"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_url url;
    ls_error err;
    assert_int_equal(ls_url_parse(&url, cases[i][0], &err), LS_EARGS);
    if (!strstr(err.text, cases[i][1])) fail_msg("\"%s\" says: %s", cases[i][0], err.text);
  }
}

/* WIRE: the payload arrives encoded twice; a URL that has a query keeps it. */
static void a_request_keeps_path_and_query_and_encodes_the_payload_twice(void **state) {
  static const struct {
    const char *url, *store_id, *payload, *request;
  } cases[] = {
      {"ws://h", "todos", NULL, "/?storeId=todos&transport=ws"},
      {"http://h/sync", "a_b-C9", NULL, "/sync?storeId=a_b-C9&transport=http"},
      {"ws://h/x?", "s", NULL, "/x?storeId=s&transport=ws"},
      {"ws://h/x?tenant=1", "s", NULL, "/x?tenant=1&storeId=s&transport=ws"},
      {"ws://h/x?tenant=1&", "s", NULL, "/x?tenant=1&storeId=s&transport=ws"},
      {"ws://h/x?storeIds=1", "s", NULL, "/x?storeIds=1&storeId=s&transport=ws"},
      {"ws://h", "s", "{\"authToken\":\"a b\"}",
       "/?storeId=s&transport=ws&payload=%257B%2522authToken%2522%253A%2522a%2520b%2522%257D"},
      {"ws://h", "s", "\"\xc3\xa4-_.!~*'()\"", "/?storeId=s&transport=ws&payload=%2522%25C3%25A4-_.!~*'()%2522"},
      {"ws://h", "s", "\"100%\"", "/?storeId=s&transport=ws&payload=%2522100%2525%2522"},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_url url;
    ls_bytes out = {0};
    assert_int_equal(ls_url_parse(&url, cases[i].url, NULL), LS_OK);
    ls_url_request(&out, &url, cases[i].store_id, cases[i].payload);
    assert_string_equal(ls_bytes_cstr(&out), cases[i].request);
    ls_bytes_fini(&out);
    ls_url_fini(&url);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_url_is_taken_apart),
      cmocka_unit_test(what_is_no_server_is_refused_with_the_reason),
      cmocka_unit_test(a_request_keeps_path_and_query_and_encodes_the_payload_twice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
