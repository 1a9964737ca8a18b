/* Memory freed all at once: alignment, zeroes, growth, and running out. Also the allocator's own promises. */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "support/cmocka_all.h"

static int left; /* allocations that still succeed */

static int fail_after(void) { return left-- <= 0; }

static void memory_is_zeroed_aligned_and_apart(void **state) {
  (void)state;
  ls_arena arena = {0};
  unsigned char *pieces[300];
  for (size_t i = 0; i < 300; i++) {
    pieces[i] = ls_arena_alloc(&arena, i);
    assert_non_null(pieces[i]);
    assert_int_equal((uintptr_t)pieces[i] % _Alignof(max_align_t), 0);
    for (size_t k = 0; k < i; k++) assert_int_equal(pieces[i][k], 0);
    memset(pieces[i], (int)i & 0xff, i);
  }
  for (size_t i = 0; i < 300; i++) {
    for (size_t k = 0; k < i; k++) assert_int_equal(pieces[i][k], i & 0xff);
  }
  ls_arena_fini(&arena);
}

static void pieces_larger_than_a_block_are_fine(void **state) {
  (void)state;
  ls_arena arena = {0};
  char *large = ls_arena_alloc(&arena, 1000000);
  assert_non_null(large);
  memset(large, 'x', 1000000);
  assert_non_null(ls_arena_alloc(&arena, 1));
  ls_arena_fini(&arena);
  assert_null(arena.blocks);
}

static void copies_end_in_a_nul(void **state) {
  (void)state;
  ls_arena arena = {0};
  char *copy = ls_arena_dup(&arena, "a\0bc", 3);
  assert_memory_equal(copy, "a\0b\0", 4);
  assert_string_equal(ls_arena_strdup(&arena, "text"), "text");
  assert_string_equal(ls_arena_dup(&arena, NULL, 0), "");
  ls_arena_fini(&arena);
}

static void impossible_sizes_give_null(void **state) {
  (void)state;
  ls_arena arena = {0};
  assert_null(ls_arena_alloc(&arena, SIZE_MAX));
  assert_null(ls_arena_alloc(&arena, SIZE_MAX - _Alignof(max_align_t)));
  assert_null(ls_arena_dup(&arena, "", SIZE_MAX));
  ls_arena_fini(&arena);
}

static bool fill(ls_arena *arena) {
  for (int i = 0; i < 50; i++) {
    if (!ls_arena_alloc(arena, 500)) return false;
  }
  return true;
}

static void each_failed_block_is_reported_and_leaks_nothing(void **state) {
  (void)state;
  bool done = false;
  int fault = 0;
  for (; !done; fault++) {
    ls_arena arena = {0};
    left = fault;
    ls_alloc_set_fault(fail_after);
    done = fill(&arena);
    ls_alloc_set_fault(NULL);
    if (!done) assert_non_null(ls_arena_alloc(&arena, 500));
    ls_arena_fini(&arena);
  }
  assert_true(fault > 3);
}

static void allocating_nothing_gives_a_pointer(void **state) {
  (void)state;
  void *a = ls_malloc(0), *b = ls_calloc(0, 8), *c = ls_realloc(NULL, 0);
  assert_non_null(a);
  assert_non_null(b);
  assert_non_null(c);
  ls_free(a);
  ls_free(b);
  ls_free(c);
  ls_free(NULL);
}

static void the_fault_reaches_every_allocator(void **state) {
  (void)state;
  left = 0;
  ls_alloc_set_fault(fail_after);
  void *got[] = {ls_malloc(1), ls_calloc(1, 1), ls_realloc(NULL, 1), ls_strdup("x"), ls_strndup("x", 1)};
  ls_alloc_set_fault(NULL);
  for (size_t i = 0; i < sizeof got / sizeof *got; i++) assert_null(got[i]);
}

static void strndup_copies_so_many_bytes(void **state) {
  (void)state;
  char *copy = ls_strndup("abcdef", 3);
  assert_string_equal(copy, "abc");
  ls_free(copy);
  assert_null(ls_strndup("", SIZE_MAX));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
      cmocka_unit_test(pieces_larger_than_a_block_are_fine),
      cmocka_unit_test(copies_end_in_a_nul),
      cmocka_unit_test(impossible_sizes_give_null),
      cmocka_unit_test(each_failed_block_is_reported_and_leaks_nothing),
      cmocka_unit_test(allocating_nothing_gives_a_pointer),
      cmocka_unit_test(the_fault_reaches_every_allocator),
      cmocka_unit_test(strndup_copies_so_many_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
