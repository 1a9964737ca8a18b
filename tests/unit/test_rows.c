/* Results of queries: reading them, comparing them, and telling what is different. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "core/rows.h"
#include "support/cmocka_all.h"

/* Rows of two columns, k and v, from a text such as "1a 2b": a digit and a letter each. */
static ls_rows *rows_of(const char *text, size_t n_key, const ls_rows *like) {
  ls_rows_maker maker = {.n = 0};
  static const size_t KEY[] = {0};
  ls_columns *columns = like ? like->columns : ls_columns_new(2);
  if (!like) {
    columns->names[0] = "k";
    columns->names[1] = "v";
    columns->key = KEY;
    columns->n_key = n_key;
  }
  for (; *text; text += 2 + (text[2] == ' ')) {
    ls_rows_maker_row(&maker);
    ls_rows_maker_value(&maker, ls_int(*text - '0'));
    ls_rows_maker_value(&maker, ls_text_n(text + 1, 1));
  }
  ls_rows *rows;
  assert_int_equal(ls_rows_maker_take(&rows, &maker, columns, NULL, NULL), LS_OK);
  if (!like) ls_columns_release(columns);
  ls_rows_maker_fini(&maker);
  return rows;
}

static void values_come_back(void **state) {
  (void)state;
  const ls_value values[] = {ls_null(),      ls_int(0),   ls_int(INT64_MIN),    ls_real(-0.0),
                             ls_real(1e300), ls_text(""), ls_text("h\xc3\xa4"), ls_blob("a\0b", 3),
                             ls_blob("", 0)};
  enum { N = sizeof values / sizeof *values };
  ls_columns *columns = ls_columns_new(N);
  ls_rows_maker maker = {.n = 0};
  ls_rows *rows;
  for (int r = 0; r < 2; r++) {
    ls_rows_maker_row(&maker);
    for (int i = 0; i < N; i++) ls_rows_maker_value(&maker, values[r ? N - 1 - i : i]);
  }
  assert_int_equal(ls_rows_maker_take(&rows, &maker, columns, NULL, NULL), LS_OK);
  assert_int_equal(ls_rows_count(rows), 2);
  assert_int_equal(ls_rows_columns(rows), N);
  for (size_t r = 0; r < 2; r++) {
    for (size_t i = 0; i < N; i++) {
      ls_value want = values[r ? N - 1 - i : i], have = ls_rows_value(rows, r, i);
      assert_int_equal(have.type, want.type);
      if (want.type >= LS_TYPE_TEXT) {
        assert_int_equal(have.as.b.size, want.as.b.size);
        assert_memory_equal(have.as.b.data, want.as.b.data, want.as.b.size);
      } else if (want.type != LS_TYPE_NULL) {
        assert_memory_equal(&have.as, &want.as, sizeof want.as.i);
      }
    }
  }
  assert_int_equal(ls_rows_value(rows, 2, 0).type, LS_TYPE_NULL);
  assert_int_equal(ls_rows_value(rows, 0, N).type, LS_TYPE_NULL);
  assert_string_equal(ls_rows_name(rows, N), "");
  ls_rows_release(rows);
  ls_columns_release(columns);
  ls_rows_maker_fini(&maker);
}

static void no_rows_are_rows(void **state) {
  (void)state;
  assert_int_equal(ls_rows_count(NULL), 0);
  assert_int_equal(ls_rows_columns(NULL), 0);
  assert_string_equal(ls_rows_name(NULL, 0), "");
  assert_int_equal(ls_rows_value(NULL, 0, 0).type, LS_TYPE_NULL);
  assert_true(ls_rows_equal(NULL, NULL));
  ls_rows *none = rows_of("", 0, NULL);
  assert_false(ls_rows_equal(none, NULL));
  ls_rows_release(none);
  ls_rows_release(NULL);
}

static void equal_rows_are_shared(void **state) {
  (void)state;
  ls_rows *first = rows_of("1a 2b", 1, NULL), *other = rows_of("1a 2b", 1, NULL), *again;
  ls_rows_maker maker = {.n = 0};
  for (int i = 1; i <= 2; i++) {
    ls_rows_maker_row(&maker);
    ls_rows_maker_value(&maker, ls_int(i));
    ls_rows_maker_value(&maker, ls_text(i == 1 ? "a" : "b"));
  }
  assert_int_equal(ls_rows_maker_take(&again, &maker, first->columns, first, NULL), LS_OK);
  assert_ptr_equal(again, first);
  assert_true(ls_rows_equal(first, other)); /* other columns of the same names */
  ls_rows_release(again);
  ls_rows_release(first);
  ls_rows_release(other);
  ls_rows_maker_fini(&maker);
}

/* ---------------------------------------------------------------------------------------------- */

typedef struct said {
  char text[400];
  const ls_rows *before, *after;
  int stop_after;
} said;

static void put_row(said *s, const ls_rows *rows, size_t row) {
  size_t size = strlen(s->text);
  snprintf(s->text + size, sizeof s->text - size, "%lld%c", (long long)ls_rows_value(rows, row, 0).as.i,
           *(const char *)ls_rows_value(rows, row, 1).as.b.data);
}

static int say(void *user, const ls_row_diff *diff) {
  said *s = user;
  strcat(s->text, *s->text ? " " : "");
  strcat(s->text, diff->op == LS_OP_INSERT ? "+" : diff->op == LS_OP_DELETE ? "-" : "~");
  if (diff->before != LS_NO_ROW) put_row(s, s->before, diff->before);
  if (diff->op == LS_OP_UPDATE) strcat(s->text, ">");
  if (diff->after != LS_NO_ROW) put_row(s, s->after, diff->after);
  return s->stop_after && --s->stop_after == 0;
}

typedef struct diff_case {
  const char *before, *after;
  size_t n_key;
  const char *diff;
} diff_case;

static const diff_case DIFFS[] = {
    {"", "", 1, ""},
    {"1a", "1a", 1, ""},
    {"", "1a 2b", 1, "+1a +2b"},
    {"1a 2b", "", 1, "-1a -2b"},
    {"1a 2b 3c", "1a 2x 3c", 1, "~2b>2x"},
    {"1a 2b 3c", "1a 2x 3c", 0, "-2b +2x"},
    {"1a 2b 3c", "3c 2b 1a", 1, ""}, /* rows that only moved */
    {"1a 2b 3c", "3c 1y 4d", 1, "-2b ~1a>1y +4d"},
    {"1a 1a 2b", "1a 2b", 0, "-1a"},        /* a multiset */
    {"1a 1b 1c", "1a 1x", 1, "-1c ~1b>1x"}, /* one key several times: in their order */
    {"1a", "1a 1a", 0, "+1a"},
    {"1a 2a 3a 4a 5a", "0z 1a 2a 3a 4a 5b", 1, "+0z ~5a>5b"},
};

static void differences_are_told(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof DIFFS / sizeof *DIFFS; i++) {
    ls_rows *before = rows_of(DIFFS[i].before, DIFFS[i].n_key, NULL),
            *after = rows_of(DIFFS[i].after, DIFFS[i].n_key, NULL);
    said s = {.before = before, .after = after};
    assert_int_equal(ls_rows_diff(before, after, NULL, 0, say, &s, NULL), LS_OK);
    assert_string_equal(s.text, DIFFS[i].diff);
    ls_rows_release(before);
    ls_rows_release(after);
  }
}

static void a_key_can_be_named(void **state) {
  (void)state;
  ls_rows *before = rows_of("1a 2b", 0, NULL), *after = rows_of("7a 2c", 0, NULL);
  const char *const by_v[] = {"v"}, *const by_nothing[] = {"x"};
  said s = {.before = before, .after = after};
  ls_error err;
  assert_int_equal(ls_rows_diff(before, after, by_v, 1, say, &s, &err), LS_OK);
  assert_string_equal(s.text, "-2b ~1a>7a +2c");
  assert_int_equal(ls_rows_diff(before, after, by_nothing, 1, say, &s, &err), LS_EARGS);
  assert_string_equal(err.text, "the rows have no column \"x\"");
  ls_rows_release(before);
  ls_rows_release(after);
}

static void nothing_before_is_all_added(void **state) {
  (void)state;
  ls_rows *after = rows_of("1a 2b", 1, NULL);
  said s = {.after = after};
  assert_int_equal(ls_rows_diff(NULL, after, NULL, 0, say, &s, NULL), LS_OK);
  assert_string_equal(s.text, "+1a +2b");
  s = (said){.before = after, .stop_after = 1};
  assert_int_equal(ls_rows_diff(after, NULL, NULL, 0, say, &s, NULL), LS_OK); /* stopped */
  assert_string_equal(s.text, "-1a");
  ls_rows_release(after);
}

static int fail_after;
static int fault(void) { return fail_after-- == 0; }

static void want_of_memory_leaks_nothing(void **state) {
  (void)state;
  ls_rows *before = rows_of("1a 2b 3c", 1, NULL), *after = rows_of("3c 1y 4d", 1, NULL);
  int rc = LS_ENOMEM;
  for (int k = 0; rc == LS_ENOMEM; k++) {
    said s = {.before = before, .after = after};
    fail_after = k;
    ls_alloc_set_fault(fault);
    rc = ls_rows_diff(before, after, NULL, 0, say, &s, NULL);
    ls_alloc_set_fault(NULL);
    if (rc == LS_ENOMEM) assert_string_equal(s.text, "");
  }
  assert_int_equal(rc, LS_OK);
  ls_rows_release(before);
  ls_rows_release(after);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_come_back),
      cmocka_unit_test(no_rows_are_rows),
      cmocka_unit_test(equal_rows_are_shared),
      cmocka_unit_test(differences_are_told),
      cmocka_unit_test(a_key_can_be_named),
      cmocka_unit_test(nothing_before_is_all_added),
      cmocka_unit_test(want_of_memory_leaks_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
