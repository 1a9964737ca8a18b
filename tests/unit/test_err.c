/* Error texts are one line of UTF-8, whatever goes into them. Also names of codes, ids and hashes. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/nanoid.h"
#include "base/utf8.h"
#include "support/cmocka_all.h"

static void fail_fills_the_error(void **state) {
  (void)state;
  ls_error err = {.code = LS_OK, .item = 5};
  assert_int_equal(ls_fail(&err, LS_EIO, "cannot read %s: %d", "log", 7), LS_EIO);
  assert_int_equal(err.code, LS_EIO);
  assert_int_equal(err.item, -1);
  assert_string_equal(err.text, "cannot read log: 7");
}

static void without_an_error_only_the_code_comes_back(void **state) {
  (void)state;
  assert_int_equal(ls_fail(NULL, LS_EFULL, "%s", "x"), LS_EFULL);
  assert_int_equal(ls_wrap(NULL, LS_EJSON, "%s", "x"), LS_EJSON);
  assert_int_equal(ls_fail_nomem(NULL), LS_ENOMEM);
  ls_error_clear(NULL);
}

static void wrap_puts_context_in_front_and_keeps_code_and_item(void **state) {
  (void)state;
  ls_error err;
  ls_fail(&err, LS_EJSON, "expected ':'");
  err.item = 3;
  assert_int_equal(ls_wrap(&err, LS_EIO, "event %d", 4), LS_EJSON);
  assert_int_equal(ls_wrap(&err, LS_EIO, "commit"), LS_EJSON);
  assert_int_equal(err.item, 3);
  assert_string_equal(err.text, "commit: event 4: expected ':'");
}

static void wrap_of_an_empty_error_is_a_failure_of_its_own(void **state) {
  (void)state;
  ls_error err;
  ls_error_clear(&err);
  assert_int_equal(ls_wrap(&err, LS_EIO, "commit"), LS_EIO);
  assert_int_equal(err.code, LS_EIO);
  assert_string_equal(err.text, "commit");
}

static void arguments_may_point_into_the_error(void **state) {
  (void)state;
  ls_error err;
  ls_fail(&err, LS_EIO, "inner");
  ls_fail(&err, LS_ECORRUPT, "outer (%s)", err.text);
  assert_string_equal(err.text, "outer (inner)");
  ls_wrap(&err, LS_EIO, "again %s", err.text);
  assert_string_equal(err.text, "again outer (inner): outer (inner)");
}

static void control_characters_become_spaces(void **state) {
  (void)state;
  ls_error err;
  ls_fail(&err, LS_EARGS, "%s", "a\nb\tc\x1b[0m\x7f|\xc2\x85|\xc2\xa0|");
  assert_string_equal(err.text, "a b c [0m |  |\xc2\xa0|");
}

static void bytes_that_are_no_utf8_become_question_marks(void **state) {
  (void)state;
  ls_error err;
  ls_fail(&err, LS_EARGS, "%s", "a\xff\xe2\x82z\xc3");
  assert_string_equal(err.text, "a???z?");
}

static void long_texts_end_at_a_whole_character(void **state) {
  (void)state;
  for (size_t shift = 0; shift < 5; shift++) {
    char text[2 * LS_ERROR_TEXT];
    memset(text, 'x', shift);
    for (size_t at = shift; at + 4 < sizeof text; at += 4) memcpy(text + at, "\xf0\x9f\x98\x80", 5);
    ls_error err;
    ls_fail(&err, LS_EARGS, "%s", text);
    size_t size = strlen(err.text);
    assert_true(size > LS_ERROR_TEXT - 5 && size < LS_ERROR_TEXT);
    assert_true(ls_utf8_valid(err.text, size));
    assert_null(strchr(err.text, '?'));
    ls_wrap(&err, LS_EARGS, "context");
    size = strlen(err.text);
    assert_true(size > LS_ERROR_TEXT - 5 && size < LS_ERROR_TEXT);
    assert_true(ls_utf8_valid(err.text, size));
    assert_memory_equal(err.text, "context: ", 9);
    assert_null(strchr(err.text, '?'));
  }
}

static void context_that_fills_the_text_stands_alone(void **state) {
  (void)state;
  char context[LS_ERROR_TEXT];
  for (size_t size = LS_ERROR_TEXT - 6; size < LS_ERROR_TEXT; size++) {
    memset(context, 'c', size);
    context[size] = '\0';
    ls_error err;
    ls_fail(&err, LS_EARGS, "inner");
    assert_int_equal(ls_wrap(&err, LS_EIO, "%s", context), LS_EARGS);
    assert_memory_equal(err.text, context, size);
    assert_true(strlen(err.text) < LS_ERROR_TEXT);
  }
}

static void clear_says_that_nothing_is_wrong(void **state) {
  (void)state;
  ls_error err;
  ls_fail_nomem(&err);
  assert_int_equal(err.code, LS_ENOMEM);
  assert_string_equal(err.text, "out of memory");
  ls_error_clear(&err);
  assert_int_equal(err.code, LS_OK);
  assert_int_equal(err.item, -1);
  assert_string_equal(err.text, "");
}

static void every_code_has_its_own_name(void **state) {
  (void)state;
  for (int code = LS_EPROTOCOL; code <= LS_OK; code++) {
    assert_memory_equal(ls_code_name(code), "LS_", 3);
    for (int other = LS_EPROTOCOL; other < code; other++) {
      assert_string_not_equal(ls_code_name(code), ls_code_name(other));
    }
  }
  assert_string_equal(ls_code_name(LS_EMATERIALIZE), "LS_EMATERIALIZE");
  assert_string_equal(ls_code_name(LS_EPROTOCOL - 1), "unknown code");
  assert_string_equal(ls_code_name(1), "unknown code");
  assert_string_equal(ls_version(), LS_VERSION);
}

static void nanoid_takes_six_bits_of_each_byte(void **state) {
  (void)state;
  uint8_t random[256];
  char id[257];
  for (int i = 0; i < 256; i++) random[i] = (uint8_t)i;
  ls_nanoid(id, random, 256);
  assert_int_equal(strlen(id), 256);
  assert_memory_equal(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", 64);
  assert_memory_equal(id, id + 64, 64);
  assert_memory_equal(id, id + 128, 128);
  ls_nanoid(id, random, 0);
  assert_string_equal(id, "");
}

/* Values of the specification's reference implementation. */
static void hashes_are_those_of_xxh3(void **state) {
  (void)state;
  assert_true(ls_hash64("", 0, 0) == UINT64_C(0x2d06800538d394c2));
  assert_true(ls_hash64("abc", 3, 0) == UINT64_C(0x78af5f94892f3950));
  assert_true(ls_hash64("abc", 3, 0) != ls_hash64("abc", 3, 1));
  char hex[33];
  ls_hash *hash = ls_hash_new();
  assert_non_null(hash);
  ls_hash_hex(hex, hash);
  assert_string_equal(hex, "99aa06d3014798d86001c324468d497f");
  ls_hash_add(hash, "a", 1);
  ls_hash_add(hash, NULL, 0);
  ls_hash_add(hash, "bc", 2);
  ls_hash_hex(hex, hash);
  assert_string_equal(hex, "06b05ab6733a618578af5f94892f3950");
  ls_hash_free(hash);
  ls_hash_free(NULL);
}

static int fail_always(void) { return 1; }

static void hash_new_reports_that_memory_ran_out(void **state) {
  (void)state;
  ls_alloc_set_fault(fail_always);
  ls_hash *hash = ls_hash_new();
  ls_alloc_set_fault(NULL);
  assert_null(hash);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(fail_fills_the_error),
      cmocka_unit_test(without_an_error_only_the_code_comes_back),
      cmocka_unit_test(wrap_puts_context_in_front_and_keeps_code_and_item),
      cmocka_unit_test(wrap_of_an_empty_error_is_a_failure_of_its_own),
      cmocka_unit_test(arguments_may_point_into_the_error),
      cmocka_unit_test(control_characters_become_spaces),
      cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks),
      cmocka_unit_test(long_texts_end_at_a_whole_character),
      cmocka_unit_test(context_that_fills_the_text_stands_alone),
      cmocka_unit_test(clear_says_that_nothing_is_wrong),
      cmocka_unit_test(every_code_has_its_own_name),
      cmocka_unit_test(nanoid_takes_six_bits_of_each_byte),
      cmocka_unit_test(hashes_are_those_of_xxh3),
      cmocka_unit_test(hash_new_reports_that_memory_ran_out),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
