/* cmocka - what the unit tests use of cmocka, for WebAssembly, where its longjmp does not exist: a test that fails calls
 * the host, which throws. So each test runs in an instance of its own, see run-unit.mjs. */
#ifndef LS_TESTS_WASM_CMOCKA_H
#define LS_TESTS_WASM_CMOCKA_H

#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

typedef void (*CMUnitTestFunction)(void **state);
typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
  const char *name;
  CMUnitTestFunction test_func;
  CMFixtureFunction setup_func, teardown_func;
  void *initial_state;
};

#define cmocka_unit_test(f) cmocka_unit_test_setup_teardown(f, NULL, NULL)
#define cmocka_unit_test_setup(f, setup) cmocka_unit_test_setup_teardown(f, setup, NULL)
#define cmocka_unit_test_teardown(f, teardown) cmocka_unit_test_setup_teardown(f, NULL, teardown)
#define cmocka_unit_test_setup_teardown(f, setup, teardown)                                                            \
  { #f, f, setup, teardown, NULL }
#define cmocka_run_group_tests(tests, setup, teardown) cmocka_run_group_tests_name(#tests, tests, setup, teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                                      \
  _cmocka_run_group_tests(name, tests, sizeof(tests) / sizeof(tests)[0], setup, teardown)

int _cmocka_run_group_tests(const char *name, const struct CMUnitTest *tests, size_t n, CMFixtureFunction setup,
                            CMFixtureFunction teardown);
__attribute__((noreturn)) void _fail(const char *file, int line);
__attribute__((noreturn, format(printf, 3, 4))) void wasm_fail(const char *file, int line, const char *fmt, ...);
__attribute__((noreturn)) void wasm_skip(void);
__attribute__((format(printf, 1, 2))) void print_error(const char *fmt, ...);
__attribute__((format(printf, 1, 2))) void print_message(const char *fmt, ...);

void wasm_compare(uintmax_t a, uintmax_t b, int equal, const char *file, int line);
void wasm_in_range(uintmax_t value, uintmax_t least, uintmax_t most, const char *file, int line);
void wasm_compare_text(const char *a, const char *b, int equal, const char *file, int line);
void wasm_compare_bytes(const void *a, const void *b, size_t size, int equal, const char *file, int line);
void wasm_check(int good, const char *text, const char *file, int line);

void vprint_error(const char *fmt, va_list args);

#define fail_msg(...) wasm_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail() _fail(__FILE__, __LINE__)
#define skip() wasm_skip()

#define assert_true(x) wasm_check(!!(x), #x, __FILE__, __LINE__)
#define assert_false(x) wasm_check(!(x), "!(" #x ")", __FILE__, __LINE__)
#define assert_non_null(x) wasm_check((x) != NULL, #x " != NULL", __FILE__, __LINE__)
#define assert_null(x) wasm_check((x) == NULL, #x " == NULL", __FILE__, __LINE__)
#define assert_ptr_equal(a, b) wasm_compare((uintptr_t)(a), (uintptr_t)(b), 1, __FILE__, __LINE__)
#define assert_ptr_not_equal(a, b) wasm_compare((uintptr_t)(a), (uintptr_t)(b), 0, __FILE__, __LINE__)
#define assert_int_equal(a, b) wasm_compare((uintmax_t)(a), (uintmax_t)(b), 1, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) wasm_compare((uintmax_t)(a), (uintmax_t)(b), 0, __FILE__, __LINE__)
#define assert_in_range(x, least, most)                                                                                \
  wasm_in_range((uintmax_t)(x), (uintmax_t)(least), (uintmax_t)(most), __FILE__, __LINE__)
#define assert_string_equal(a, b) wasm_compare_text(a, b, 1, __FILE__, __LINE__)
#define assert_string_not_equal(a, b) wasm_compare_text(a, b, 0, __FILE__, __LINE__)
#define assert_memory_equal(a, b, size) wasm_compare_bytes(a, b, size, 1, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, size) wasm_compare_bytes(a, b, size, 0, __FILE__, __LINE__)

#endif
