/* Growable bytes and varints, with memory that runs out at each place. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/bytes.h"
#include "support/cmocka_all.h"

static int left; /* allocations that still succeed */

static int fail_after(void) { return left-- <= 0; }

static void appends_make_one_text(void **state) {
  (void)state;
  ls_bytes b = {0};
  ls_bytes_append(&b, "ab", 2);
  ls_bytes_append(&b, NULL, 0);
  ls_bytes_text(&b, "cd");
  ls_bytes_byte(&b, 'e');
  ls_bytes_printf(&b, "-%d-%s", 42, "x");
  assert_true(ls_bytes_ok(&b));
  assert_int_equal(b.size, 10);
  assert_string_equal(ls_bytes_cstr(&b), "abcde-42-x");
  assert_int_equal(b.size, 10);
  ls_bytes_fini(&b);
  assert_null(b.data);
}

static void cstr_of_nothing_is_empty(void **state) {
  (void)state;
  ls_bytes b = {0};
  assert_string_equal(ls_bytes_cstr(&b), "");
  ls_bytes_fini(&b);
}

static void growing_keeps_what_is_there(void **state) {
  (void)state;
  ls_bytes b = {0};
  for (int i = 0; i < 100000; i++) ls_bytes_byte(&b, (char)(i % 251));
  assert_int_equal(b.size, 100000);
  for (int i = 0; i < 100000; i++) assert_int_equal((unsigned char)b.data[i], i % 251);
  ls_bytes_fini(&b);
}

static void clear_keeps_the_memory(void **state) {
  (void)state;
  ls_bytes b = {0};
  ls_bytes_text(&b, "text");
  char *data = b.data;
  ls_bytes_clear(&b);
  assert_int_equal(b.size, 0);
  ls_bytes_text(&b, "more");
  assert_ptr_equal(b.data, data);
  ls_bytes_fini(&b);
}

static void running_out_is_sticky_until_cleared(void **state) {
  (void)state;
  ls_bytes b = {0};
  left = 0;
  ls_alloc_set_fault(fail_after);
  ls_bytes_text(&b, "lost");
  ls_alloc_set_fault(NULL);
  assert_false(ls_bytes_ok(&b));
  ls_bytes_text(&b, "also lost");
  ls_bytes_printf(&b, "%d", 1);
  ls_bytes_varint(&b, 1);
  assert_int_equal(b.size, 0);
  assert_null(ls_bytes_cstr(&b));
  ls_bytes_clear(&b);
  ls_bytes_text(&b, "kept");
  assert_string_equal(ls_bytes_cstr(&b), "kept");
  ls_bytes_fini(&b);
}

static void impossible_sizes_fail_without_overflow(void **state) {
  (void)state;
  ls_bytes b = {0};
  ls_bytes_text(&b, "x");
  assert_false(ls_bytes_reserve(&b, SIZE_MAX));
  assert_false(ls_bytes_ok(&b));
  ls_bytes_fini(&b);
}

typedef struct varint_case {
  uint64_t value;
  const char *data;
  size_t size;
} varint_case;

static const varint_case VARINTS[] = {
    {0, "\0", 1},
    {1, "\x01", 1},
    {127, "\x7f", 1},
    {128, "\x80\x01", 2},
    {300, "\xac\x02", 2},
    {16383, "\xff\x7f", 2},
    {16384, "\x80\x80\x01", 3},
    {UINT64_MAX, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
};

static void varints_have_their_known_bytes_and_read_back(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof VARINTS / sizeof *VARINTS; i++) {
    ls_bytes b = {0};
    ls_bytes_byte(&b, 'x');
    ls_bytes_varint(&b, VARINTS[i].value);
    assert_int_equal(b.size, VARINTS[i].size + 1);
    assert_memory_equal(b.data + 1, VARINTS[i].data, VARINTS[i].size);
    uint64_t value = 0;
    size_t at = 1;
    assert_true(ls_varint_read(&value, b.data, b.size, &at));
    assert_true(value == VARINTS[i].value);
    assert_int_equal(at, b.size);
    ls_bytes_fini(&b);
  }
}

static void torn_and_too_long_varints_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof VARINTS / sizeof *VARINTS; i++) {
    for (size_t size = 0; size < VARINTS[i].size; size++) {
      uint64_t value = 7;
      size_t at = 0;
      assert_false(ls_varint_read(&value, VARINTS[i].data, size, &at));
      assert_true(value == 7 && at == 0);
    }
  }
  uint64_t value;
  size_t at = 0;
  assert_false(ls_varint_read(&value, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10, &at));
  assert_false(ls_varint_read(&value, "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11, &at));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(appends_make_one_text),
      cmocka_unit_test(cstr_of_nothing_is_empty),
      cmocka_unit_test(growing_keeps_what_is_there),
      cmocka_unit_test(clear_keeps_the_memory),
      cmocka_unit_test(running_out_is_sticky_until_cleared),
      cmocka_unit_test(impossible_sizes_fail_without_overflow),
      cmocka_unit_test(varints_have_their_known_bytes_and_read_back),
      cmocka_unit_test(torn_and_too_long_varints_are_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
