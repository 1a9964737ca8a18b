/* The client over HTTP, as scripts (tests/support/client_script.h). CASES: WIRE-20. */
#include "support/client_script.h"
#include "support/cmocka_all.h"

static void script(void **state) { client_script_run(*state); }

int main(void) {
  static const char *const NAMES[] = {"http", "http_empty_answers", "http_fails", "http_ping", "http_once"};
  enum { N = sizeof NAMES / sizeof NAMES[0] };
  struct CMUnitTest tests[N];
  for (int i = 0; i < N; i++) tests[i] = (struct CMUnitTest){NAMES[i], script, NULL, NULL, (void *)NAMES[i]};
  return cmocka_run_group_tests_name("client_http", tests, NULL, NULL);
}
