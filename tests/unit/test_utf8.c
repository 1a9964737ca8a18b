/* The table of RFC 3629, its edges, and counting. */
#include <stdint.h>
#include <string.h>

#include "base/utf8.h"
#include "support/cmocka_all.h"

typedef struct length_case {
  const char *data;
  size_t length;
} length_case;

static void length_knows_each_range_and_its_edges(void **state) {
  (void)state;
  static const length_case CASES[] = {
      {"a", 1},
      {"\x7f", 1},
      {"\x80", 0},
      {"\xbf", 0},
      {"\xc0\x80", 0},
      {"\xc1\xbf", 0},
      {"\xc2\x80", 2},
      {"\xdf\xbf", 2},
      {"\xc2\x7f", 0},
      {"\xc2\xc0", 0},
      {"\xc2", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xe0\xa0\x80", 3},
      {"\xec\xbf\xbf", 3},
      {"\xed\x9f\xbf", 3},
      {"\xed\xa0\x80", 0},
      {"\xee\x80\x80", 3},
      {"\xef\xbf\xbf", 3},
      {"\xe2\x82", 0},
      {"\xe2\x82\x28", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf0\x90\x80\x80", 4},
      {"\xf3\xbf\xbf\xbf", 4},
      {"\xf4\x8f\xbf\xbf", 4},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"\xff", 0},
      {"\xf0\x90\x80", 0},
      {"\xf0\x90\x80\x41", 0},
      {"", 0},
  };
  for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
    size_t length = ls_utf8_length(CASES[i].data, strlen(CASES[i].data));
    if (length != CASES[i].length) fail_msg("case %zu: %zu instead of %zu", i, length, CASES[i].length);
  }
}

static void length_counts_a_nul_as_a_character(void **state) {
  (void)state;
  assert_int_equal(ls_utf8_length("\0", 1), 1);
}

static void encode_gives_back_every_code_point(void **state) {
  (void)state;
  for (uint32_t code = 0; code <= 0x10ffff; code++) {
    if (code == 0xd800) code = 0xe000;
    char utf8[4];
    size_t length = ls_utf8_encode(utf8, code);
    size_t expected = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    if (length != expected || ls_utf8_length(utf8, length) != length) fail_msg("U+%04X", (unsigned)code);
  }
  char euro[4];
  assert_int_equal(ls_utf8_encode(euro, 0x20ac), 3);
  assert_memory_equal(euro, "\xe2\x82\xac", 3);
}

static void valid_finds_one_bad_byte_anywhere(void **state) {
  (void)state;
  char text[40];
  for (size_t bad = 0; bad < sizeof text; bad++) {
    memset(text, 'x', sizeof text);
    assert_true(ls_utf8_valid(text, sizeof text));
    text[bad] = '\xff';
    assert_false(ls_utf8_valid(text, sizeof text));
    assert_true(ls_utf8_valid(text, bad));
  }
  assert_true(ls_utf8_valid(NULL, 0));
}

static void count_takes_bad_bytes_one_by_one(void **state) {
  (void)state;
  assert_int_equal(ls_utf8_count("", 0), 0);
  assert_int_equal(ls_utf8_count("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 10), 4);
  assert_int_equal(ls_utf8_count("\xe2\x82", 2), 2);
  assert_int_equal(ls_utf8_count("\xff\xff-", 3), 3);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(length_knows_each_range_and_its_edges), cmocka_unit_test(length_counts_a_nul_as_a_character),
      cmocka_unit_test(encode_gives_back_every_code_point),    cmocka_unit_test(valid_finds_one_bad_byte_anywhere),
      cmocka_unit_test(count_takes_bad_bytes_one_by_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
