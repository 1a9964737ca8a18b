/* The algebra of sequence numbers: SEQ-01 to SEQ-14. */
#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"

static void assert_seqnum(ls_seqnum got, int64_t global, int64_t client, int64_t generation) {
  assert_int_equal(got.global, global);
  assert_int_equal(got.client, client);
  assert_int_equal(got.generation, generation);
}

/* SEQ-01, SEQ-02, SEQ-03, SEQ-14 */
static void next_counts_what_it_should(void **state) {
  (void)state;
  static const struct {
    ls_seqnum head;
    bool client_only;
    int64_t generation;
    ls_seqnum seq, parent;
  } cases[] = {
      {{0, 0, 0}, false, 0, {1, 0, 0}, {0, 0, 0}}, {{0, 0, 0}, true, 0, {0, 1, 0}, {0, 0, 0}},
      {{0, 0, 0}, false, 1, {1, 0, 1}, {0, 0, 0}}, {{0, 0, 0}, true, 1, {0, 1, 1}, {0, 0, 0}},
      {{3, 2, 0}, false, 0, {4, 0, 0}, {3, 0, 0}}, {{3, 2, 0}, true, 0, {3, 3, 0}, {3, 2, 0}},
      {{3, 2, 5}, false, 6, {4, 0, 6}, {3, 0, 5}}, {{3, 2, 5}, true, 6, {3, 3, 6}, {3, 2, 5}},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_seqnum seq, parent;
    ls_seqnum_next(&seq, &parent, cases[i].head, cases[i].client_only, cases[i].generation);
    assert_seqnum(seq, cases[i].seq.global, cases[i].seq.client, cases[i].seq.generation);
    assert_seqnum(parent, cases[i].parent.global, cases[i].parent.client, cases[i].parent.generation);
  }
}

/* SEQ-05, SEQ-06 */
static void text_goes_there_and_back(void **state) {
  (void)state;
  static const struct {
    ls_seqnum seq;
    const char *text;
  } cases[] = {
      {{0, 0, 0}, "e0"},     {{0, 0, 1}, "e0r1"},
      {{0, 1, 0}, "e0.1"},   {{0, 1, 1}, "e0.1r1"},
      {{5, 3, 2}, "e5.3r2"}, {{LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, 7}, "e549755813887.16777215r7"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    char text[LS_SEQNUM_TEXT];
    ls_seqnum seq;
    ls_error err;
    assert_string_equal(ls_seqnum_format(cases[i].seq, text), cases[i].text);
    assert_ok(ls_seqnum_parse(&seq, cases[i].text, &err), &err);
    assert_true(ls_seqnum_equal(seq, cases[i].seq));
  }
}

/* SEQ-07 */
static void what_is_no_position_is_refused(void **state) {
  (void)state;
  static const struct {
    const char *text;
    int code;
    const char *says;
  } cases[] = {
      {"0", LS_EFORMAT, "must start with e"},        {"", LS_EFORMAT, "must start with e"},
      {"E1", LS_EFORMAT, "must start with e"},       {"e", LS_EFORMAT, "a number is wrong"},
      {"e-1", LS_EFORMAT, "a number is wrong"},      {"e1.", LS_EFORMAT, "a number is wrong"},
      {"e1r", LS_EFORMAT, "a number is wrong"},      {"e1x", LS_EFORMAT, "a number is wrong"},
      {"e1.2.3", LS_EFORMAT, "a number is wrong"},   {"e1r2.3", LS_EFORMAT, "a number is wrong"},
      {"e 1", LS_EFORMAT, "a number is wrong"},      {"e1 ", LS_EFORMAT, "a number is wrong"},
      {"e549755813888", LS_ELIMIT, "largest"},       {"e1.16777216", LS_ELIMIT, "largest"},
      {"e1234567890123456789", LS_EFORMAT, "wrong"},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    ls_seqnum seq = {9, 9, 9};
    ls_error err;
    assert_code(ls_seqnum_parse(&seq, cases[i].text, &err), cases[i].code, &err);
    assert_says(&err, cases[i].says);
    assert_seqnum(seq, 9, 9, 9);
  }
}

/* SEQ-10, SEQ-12 */
static void order_is_global_then_client_then_generation(void **state) {
  (void)state;
  static const ls_seqnum in_order[] = {{0, 0, 0}, {0, 0, 1}, {0, 1, 0}, {0, 1, 1},
                                       {1, 0, 0}, {1, 0, 3}, {1, 2, 0}, {2, 0, 0}};
  int n = (int)(sizeof in_order / sizeof in_order[0]);
  for (int i = 0; i < n; i++) {
    for (int j = 0; j < n; j++) {
      assert_int_equal(ls_seqnum_compare(in_order[i], in_order[j]), (i > j) - (i < j));
    }
  }
}

/* SEQ-13 */
static void after_ignores_generations(void **state) {
  (void)state;
  assert_false(ls_seqnum_after((ls_seqnum){1, 0, 5}, (ls_seqnum){1, 0, 0}));
  assert_false(ls_seqnum_after((ls_seqnum){1, 0, 0}, (ls_seqnum){1, 0, 5}));
  assert_false(ls_seqnum_equal((ls_seqnum){1, 0, 5}, (ls_seqnum){1, 0, 0}));
  assert_true(ls_seqnum_after((ls_seqnum){1, 1, 0}, (ls_seqnum){1, 0, 5}));
  assert_true(ls_seqnum_after((ls_seqnum){2, 0, 0}, (ls_seqnum){1, 9, 0}));
}

static void a_place_is_one_number_in_the_same_order(void **state) {
  (void)state;
  static const ls_seqnum in_order[] = {
      {0, 0, 0}, {0, 1, 0}, {0, LS_SEQNUM_MAX_CLIENT, 0}, {1, 0, 0}, {LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, 0}};
  int64_t before = -1;
  for (size_t i = 0; i < sizeof in_order / sizeof in_order[0]; i++) {
    int64_t place = ls_seqnum_place(in_order[i]);
    assert_true(place > before);
    assert_true(ls_seqnum_equal(ls_seqnum_at_place(place, 0), in_order[i]));
    before = place;
  }
}

static void ranges_are_kept(void **state) {
  (void)state;
  assert_true(ls_seqnum_in_range((ls_seqnum){LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, INT64_MAX}));
  assert_false(ls_seqnum_in_range((ls_seqnum){LS_SEQNUM_MAX_GLOBAL + 1, 0, 0}));
  assert_false(ls_seqnum_in_range((ls_seqnum){0, LS_SEQNUM_MAX_CLIENT + 1, 0}));
  assert_false(ls_seqnum_in_range((ls_seqnum){-1, 0, 0}));
  assert_false(ls_seqnum_in_range((ls_seqnum){0, -1, 0}));
  assert_false(ls_seqnum_in_range((ls_seqnum){0, 0, -1}));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(next_counts_what_it_should),
      cmocka_unit_test(text_goes_there_and_back),
      cmocka_unit_test(what_is_no_position_is_refused),
      cmocka_unit_test(order_is_global_then_client_then_generation),
      cmocka_unit_test(after_ignores_generations),
      cmocka_unit_test(a_place_is_one_number_in_the_same_order),
      cmocka_unit_test(ranges_are_kept),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
