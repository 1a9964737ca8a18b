/* What an HTTP request asks, told from its parts (WIRE-02, WIRE-04); percent-decoding; tallies; the metrics' histogram. */
#include <string.h>

#include "base/alloc.h"
#include "server/metrics.h"
#include "server/request.h"
#include "server/tally.h"
#include "server/uri.h"
#include "support/cmocka_all.h"

static int left; /* allocations that still succeed */

static int fail_after(void) { return left-- <= 0; }

typedef struct asked_case {
  const char *method, *path;
  bool upgrade;
  const char *args[5]; /* a first ':' means the header Authorization */
  int status;
  ls_asked asked;
  const char *token; /* or, when refused, a part of the reason */
} asked_case;

static const asked_case ASKED[] = {
    {"GET", "/", false, {NULL}, 0, LS_ASKED_ABOUT, ""},
    {"HEAD", "/health", false, {NULL}, 0, LS_ASKED_HEALTH, ""},
    {"GET", "/metrics", false, {"x=1"}, 0, LS_ASKED_METRICS, ""},
    {"OPTIONS", "/any", false, {"storeId=../"}, 0, LS_ASKED_PREFLIGHT, ""},
    {"GET", "/any", true, {"storeId=a", "transport=ws"}, 0, LS_ASKED_WEBSOCKET, ""},
    {"POST", "/", false, {"storeId=a", "transport=http"}, 0, LS_ASKED_POST, ""},
    {"GET",
     "/",
     true,
     {"storeId=a", "transport=ws", "payload=%7B%22authToken%22%3A%22t%22%7D"},
     0,
     LS_ASKED_WEBSOCKET,
     "t"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload={\"token\":\"t\"}"}, 0, LS_ASKED_WEBSOCKET, "t"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload={\"authToken\":7}"}, 0, LS_ASKED_WEBSOCKET, ""},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload=[1]"}, 0, LS_ASKED_WEBSOCKET, ""},
    {"GET", "/", true, {"storeId=a", "transport=ws", ":Bearer t"}, 0, LS_ASKED_WEBSOCKET, "t"},
    {"GET", "/", true, {"storeId=a", "transport=ws", ":bEARER   t  "}, 0, LS_ASKED_WEBSOCKET, "t"},
    {"GET", "/", true, {"storeId=a", "transport=ws", ":Basic t"}, 0, LS_ASKED_WEBSOCKET, ""},
    {"GET",
     "/",
     true,
     {"storeId=a", "transport=ws", "payload={\"token\":\"p\"}", ":Bearer t"},
     0,
     LS_ASKED_WEBSOCKET,
     "p"},
    {"GET", "/", false, {"storeId=a", "transport=ws"}, 426, 0, "Upgrade: websocket"},
    {"POST", "/", true, {"storeId=a", "transport=ws"}, 405, 0, "begins with GET"},
    {"GET", "/", false, {"storeId=a", "transport=http"}, 405, 0, "POST"},
    {"GET", "/", true, {"storeId=a", "transport=http"}, 400, 0, "transport=ws"},
    {"GET", "/", true, {NULL}, 400, 0, "storeId=ID"},
    {"GET", "/x", false, {NULL}, 400, 0, "storeId=ID"},
    {"POST", "/health", false, {NULL}, 400, 0, "storeId=ID"},
    {"GET", "/", true, {"storeId", "transport=ws"}, 400, 0, "storeId must be"},
    {"GET", "/", true, {"storeId=a b", "transport=ws"}, 400, 0, "storeId must be"},
    {"GET", "/", true, {"storeId=a", "storeId=a", "transport=ws"}, 400, 0, "storeId is given twice"},
    {"GET", "/", true, {"storeId=a", "transport=WS"}, 400, 0, "transport must be"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "transport=ws"}, 400, 0, "transport is given twice"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload=1", "payload=1"}, 400, 0, "payload is given twice"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload="}, 400, 0, "payload: "},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload=%7"}, 400, 0, "payload: a % stands before"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload=%22%00%22"}, 400, 0, "payload: %00"},
    {"GET", "/", true, {"storeId=a", "transport=ws", "payload=%22%ff%22"}, 400, 0, "not UTF-8"},
};

static int ask(ls_asked *out, ls_http_request *request, const asked_case *c, ls_error *err) {
  *request = (ls_http_request){.method = c->method, .path = c->path, .upgrade = c->upgrade};
  for (int i = 0; i < 5 && c->args[i]; i++) {
    if (c->args[i][0] == ':')
      ls_http_request_authorization(request, c->args[i] + 1, strlen(c->args[i]) - 1);
    else
      ls_http_request_argument(request, c->args[i], strlen(c->args[i]));
  }
  return ls_http_request_asked(out, request, err);
}

static void each_request_is_answered_by_the_table(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof ASKED / sizeof *ASKED; i++) {
    const asked_case *c = &ASKED[i];
    ls_http_request request;
    ls_asked asked = LS_ASKED_PREFLIGHT;
    ls_error err = {0};
    int status = ask(&asked, &request, c, &err);
    if (status != c->status) print_message("case %zu: %s\n", i, err.text);
    assert_int_equal(status, c->status);
    if (status) {
      if (!strstr(err.text, c->token)) fail_msg("case %zu: %s", i, err.text);
    } else {
      assert_int_equal(asked, c->asked);
      assert_string_equal(ls_bytes_cstr(&request.token), c->token);
    }
    ls_http_request_fini(&request);
  }
}

static void an_app_takes_the_paths_that_nothing_else_does(void **state) {
  static const struct {
    const char *method, *path;
    bool upgrade, sync;
    int status;
    ls_asked asked;
  } cases[] = {
      {"GET", "/", false, false, 0, LS_ASKED_FILE},
      {"HEAD", "/a.js", false, false, 0, LS_ASKED_FILE},
      {"GET", "/health", false, false, 0, LS_ASKED_HEALTH},
      {"GET", "/metrics", false, false, 0, LS_ASKED_METRICS},
      {"GET", "/", true, true, 0, LS_ASKED_WEBSOCKET},
      {"GET", "/", false, true, 426, 0},
      {"GET", "/", true, false, 400, 0},
      {"POST", "/", false, false, 400, 0},
      {"DELETE", "/a.js", false, false, 400, 0},
      {"OPTIONS", "/a.js", false, false, 0, LS_ASKED_PREFLIGHT},
  };
  (void)state;
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    ls_http_request request = {
        .method = cases[i].method, .path = cases[i].path, .upgrade = cases[i].upgrade, .app = true};
    ls_asked asked = LS_ASKED_ABOUT;
    ls_error err = {0};
    ls_http_request_argument(&request, "storeId=a", 9);
    if (cases[i].sync) ls_http_request_argument(&request, "transport=ws", 12);
    assert_int_equal(ls_http_request_asked(&asked, &request, &err), cases[i].status);
    if (!cases[i].status) assert_int_equal(asked, cases[i].asked);
    ls_http_request_fini(&request);
  }
}

static void out_of_memory_refuses_with_500(void **state) {
  (void)state;
  const asked_case c = {"GET", "/", true, {"storeId=a", "transport=ws", "payload={\"token\":\"abc\"}", ":Bearer t"},
                        0,     0,   ""};
  int status = -1;
  for (int k = 0; status != 0; k++) {
    ls_http_request request;
    ls_asked asked;
    left = k;
    ls_alloc_set_fault(fail_after);
    status = ask(&asked, &request, &c, NULL);
    ls_alloc_set_fault(NULL);
    assert_true(status == 0 || status == 500);
    ls_http_request_fini(&request);
    assert_true(k < 100);
  }
}

static void a_store_id_of_128_bytes_is_the_longest(void **state) {
  (void)state;
  char argument[] =
      "storeId=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
  ls_http_request request = {.method = "GET", .path = "/"};
  ls_http_request_argument(&request, argument, 8 + 128);
  assert_int_equal(request.status, 0);
  assert_int_equal(strlen(request.store_id), 128);
  ls_http_request longer = {.method = "GET", .path = "/"};
  ls_http_request_argument(&longer, argument, 8 + 129);
  assert_int_equal(longer.status, 400);
}

static void percent_encoding_is_undone(void **state) {
  (void)state;
  ls_bytes out = {0};
  ls_bytes_text(&out, "x");
  assert_int_equal(ls_uri_decode(&out, "a%20%C3%bc%25", 13, NULL), LS_OK);
  assert_string_equal(ls_bytes_cstr(&out), "xa ü%");
  assert_int_equal(ls_uri_decode(&out, "b%2", 3, NULL), LS_EARGS);
  assert_int_equal(ls_uri_decode(&out, "b%g0", 4, NULL), LS_EARGS);
  assert_string_equal(ls_bytes_cstr(&out), "xa ü%");
  ls_bytes_fini(&out);
}

static void pages_of_this_machine_have_local_origins(void **state) {
  (void)state;
  const char *const local[] = {"http://localhost", "http://localhost:5173", "https://127.0.0.1:1",
                               "http://[::1]",     "http://[::1]:80",       "tauri://localhost"};
  const char *const foreign[] = {"",
                                 "null",
                                 "localhost",
                                 "http://evil.example",
                                 "http://localhost.evil.example",
                                 "http://127.0.0.1.evil.example:80",
                                 "http://[::1].evil",
                                 "http://[::1",
                                 "http://evil/localhost"};
  for (size_t i = 0; i < sizeof local / sizeof *local; i++) assert_true(ls_origin_is_local(local[i]));
  for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) assert_false(ls_origin_is_local(foreign[i]));
}

static void connections_are_counted_by_store(void **state) {
  (void)state;
  ls_chains tallies = {0};
  ls_tally *a = ls_tally_add(&tallies, "a"), *b = ls_tally_add(&tallies, "b");
  assert_ptr_equal(ls_tally_add(&tallies, "a"), a);
  assert_int_equal(ls_tally_count(&tallies, "a"), 2);
  ls_tally_remove(&tallies, a);
  assert_int_equal(ls_tally_count(&tallies, "a"), 1);
  ls_tally_remove(&tallies, a);
  ls_tally_remove(&tallies, b);
  assert_int_equal(ls_tally_count(&tallies, "a"), 0);
  assert_int_equal(tallies.n, 0);
  ls_chains_fini(&tallies);
}

static void a_histogram_counts_in_the_smallest_bucket_that_holds(void **state) {
  (void)state;
  ls_histogram histogram = {.count = 0};
  const int64_t times_us[] = {0, 50, 51, 10000000, 10000001};
  for (size_t i = 0; i < 5; i++) ls_histogram_add(&histogram, times_us[i]);
  assert_int_equal(histogram.buckets[0], 2);
  assert_int_equal(histogram.buckets[1], 1);
  assert_int_equal(histogram.buckets[LS_HISTOGRAM_BUCKETS - 1], 1);
  assert_int_equal(histogram.buckets[LS_HISTOGRAM_BUCKETS], 1);
  assert_int_equal(histogram.count, 5);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(each_request_is_answered_by_the_table),
      cmocka_unit_test(an_app_takes_the_paths_that_nothing_else_does),
      cmocka_unit_test(out_of_memory_refuses_with_500),
      cmocka_unit_test(a_store_id_of_128_bytes_is_the_longest),
      cmocka_unit_test(percent_encoding_is_undone),
      cmocka_unit_test(pages_of_this_machine_have_local_origins),
      cmocka_unit_test(connections_are_counted_by_store),
      cmocka_unit_test(a_histogram_counts_in_the_smallest_bucket_that_holds),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
