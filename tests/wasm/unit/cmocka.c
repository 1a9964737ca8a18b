#include <cmocka.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LS_HOST(name) __attribute__((import_module("test"), import_name(#name))) name

/* Shall this test run? Asked for each one, in order. */
int LS_HOST(test_begins)(const char *name);
/* Both throw, so neither returns. */
__attribute__((noreturn)) void LS_HOST(test_failed)(const char *text);
__attribute__((noreturn)) void LS_HOST(test_skipped)(void);

/* The program's own main, which -Dmain renames. */
int test_main(void);
__attribute__((export_name("run"))) int run(void) { return test_main(); }

static int run_one(const struct CMUnitTest *test, void *state, CMFixtureFunction setup, CMFixtureFunction teardown) {
  if (setup && setup(&state)) wasm_fail(__FILE__, __LINE__, "the group's setup failed");
  void *own = test->initial_state ? test->initial_state : state;
  if (test->setup_func && test->setup_func(&own)) wasm_fail(__FILE__, __LINE__, "setup failed");
  test->test_func(&own);
  if (test->teardown_func && test->teardown_func(&own)) wasm_fail(__FILE__, __LINE__, "teardown failed");
  return teardown ? teardown(&state) : 0;
}

int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                            CMFixtureFunction teardown) {
  (void)name;
  for (size_t i = 0; i < n; i++) {
    if (test_begins(tests[i].name) && run_one(&tests[i], NULL, setup, teardown)) {
      wasm_fail(__FILE__, __LINE__, "the group's teardown failed");
    }
  }
  return 0;
}

void wasm_fail(const char *file, int line, const char *fmt, ...) {
  char text[4000];
  int size = snprintf(text, sizeof text, "%s:%d: ", file, line);
  va_list args;
  va_start(args, fmt);
  vsnprintf(text + size, sizeof text - (size_t)size, fmt, args);
  va_end(args);
  test_failed(text);
}

/* What was wrong has been printed. */
void _fail(const char *file, int line) { wasm_fail(file, line, "failed"); }

void wasm_skip(void) { test_skipped(); }

void vprint_error(const char *fmt, va_list args) { vfprintf(stderr, fmt, args); }

void print_error(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vprint_error(fmt, args);
  va_end(args);
}

void print_message(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  vprintf(fmt, args);
  va_end(args);
}

void wasm_check(int good, const char *text, const char *file, int line) {
  if (!good) wasm_fail(file, line, "%s", text);
}

void wasm_compare(uintmax_t a, uintmax_t b, int equal, const char *file, int line) {
  if ((a == b) != equal) wasm_fail(file, line, "%#" PRIxMAX " %s %#" PRIxMAX, a, equal ? "!=" : "==", b);
}

void wasm_in_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *file, int line) {
  if (value < least || value > most) {
    wasm_fail(file, line, "%" PRIuMAX " is not within %" PRIuMAX " to %" PRIuMAX, value, least, most);
  }
}

void wasm_compare_text(const char *a, const char *b, int equal, const char *file, int line) {
  if ((strcmp(a, b) == 0) != equal) wasm_fail(file, line, "\"%s\" %s \"%s\"", a, equal ? "!=" : "==", b);
}

void wasm_compare_bytes(const void *a, const void *b, size_t size, int equal, const char *file, int line) {
  if ((memcmp(a, b, size) == 0) != equal) wasm_fail(file, line, "%zu bytes %s", size, equal ? "differ" : "are equal");
}
