/* args_leaf.c - the keywords that do not lead into other schemas: sizes, bounds, formats and given values. */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/utf8.h"
#include "core/args_checker.h"

/* ---- numbers ---- */

/* In decimals, as people write them: 0.3 is a multiple of 0.1, though the doubles of that name are not quite. */
static bool is_multiple(double value, double of) {
  const double beyond = 4503599627370496.0; /* 2^52: no fractions from here on */
  double quotient = value / of < 0 ? -(value / of) : value / of;
  if (!(quotient < beyond)) return true;
  double whole = (double)(int64_t)(quotient + 0.5);
  double distance = quotient > whole ? quotient - whole : whole - quotient;
  return distance <= quotient * 1e-15;
}

static int misfit_number(ls_args_checker *c, uint32_t node, const char *relation, double bound) {
  ls_args_text text = ls_args_raw(c, node);
  return ls_args_misfit(c, node, "%.*s, %s%.15g expected", ls_args_shown_size(text, LS_ARGS_SHOWN), text.data, relation,
                        bound);
}

static bool is_bounded(const ls_args *args) {
  return args->minimum.given || args->maximum.given || args->above.given || args->below.given || args->multiple.given;
}

int ls_args_check_number(ls_args_checker *c, const ls_args *args, uint32_t node) {
  ls_json_number number;
  int result = is_bounded(args) ? ls_json_number_of(&number, c->doc, node, c->err) : LS_OK;
  if (result || !is_bounded(args)) return result;
  if (args->minimum.given && number.r < args->minimum.value) {
    return misfit_number(c, node, "at least ", args->minimum.value);
  }
  if (args->maximum.given && number.r > args->maximum.value) {
    return misfit_number(c, node, "at most ", args->maximum.value);
  }
  if (args->above.given && number.r <= args->above.value) {
    return misfit_number(c, node, "more than ", args->above.value);
  }
  if (args->below.given && number.r >= args->below.value) {
    return misfit_number(c, node, "less than ", args->below.value);
  }
  if (args->multiple.given && !is_multiple(number.r, args->multiple.value)) {
    return misfit_number(c, node, "a multiple of ", args->multiple.value);
  }
  return LS_OK;
}

/* ---- strings ---- */

int ls_args_check_range(ls_args_checker *c, uint32_t node, uint64_t n, ls_args_range range, const char *what) {
  if (n < range.min) {
    return ls_args_misfit(c, node, "%llu %s, at least %llu expected", (unsigned long long)n, what,
                          (unsigned long long)range.min);
  }
  if (n > range.max) {
    return ls_args_misfit(c, node, "%llu %s, at most %llu expected", (unsigned long long)n, what,
                          (unsigned long long)range.max);
  }
  return LS_OK;
}

ls_args_text ls_args_characters(ls_args_checker *c, uint32_t string) {
  if (!ls_args_node_at(c, string)->escaped) return ls_args_raw(c, string);
  ls_bytes_clear(&c->scratch);
  ls_json_string(&c->scratch, c->doc, string);
  const char *data = ls_bytes_cstr(&c->scratch);
  return (ls_args_text){data, c->scratch.size};
}

int ls_args_check_string(ls_args_checker *c, const ls_args *args, uint32_t node) {
  bool sized = args->length.min > 0 || args->length.max < UINT64_MAX;
  if (!sized && args->format == LS_ARGS_FORMAT_NONE) return LS_OK;
  ls_args_text text = ls_args_characters(c, node);
  if (!text.data) return ls_fail_nomem(c->err);
  bool formed = ls_args_format_fits(args->format, text.data, text.size);
  int result =
      sized ? ls_args_check_range(c, node, ls_utf8_count(text.data, text.size), args->length, "characters") : LS_OK;
  if (!result && !formed) {
    char expected[80];
    snprintf(expected, sizeof expected, "a text such as %s", ls_args_format_example(args->format));
    result = ls_args_misfit_got(c, node, expected);
  }
  return result;
}

/* ---- uniqueItems ---- */

static int compare_texts(const void *a, const void *b) {
  const ls_args_text *x = a, *y = b;
  return ls_args_name_compare(x->data, x->size, y->data, y->size);
}

/* Canonical texts of all elements into scratch; `texts` gets their sizes, then their places. */
static int element_texts(ls_args_text *texts, ls_args_checker *c, uint32_t node) {
  size_t n = 0;
  ls_bytes_clear(&c->scratch);
  for (uint32_t i = node + 1; i < ls_args_node_at(c, node)->next; i = ls_args_node_at(c, i)->next) {
    size_t before = c->scratch.size;
    int result = ls_json_canonical(&c->scratch, c->doc, i, c->err);
    if (result) return result;
    texts[n++].size = c->scratch.size - before;
  }
  const char *at = c->scratch.data;
  for (size_t i = 0; i < n; i++) {
    texts[i].data = at;
    at += texts[i].size;
  }
  return LS_OK;
}

static int misfit_twice(ls_args_checker *c, uint32_t node, ls_args_text text) {
  char shown[LS_ARGS_SHOWN + 1];
  snprintf(shown, sizeof shown, "%.*s", ls_args_shown_size(text, LS_ARGS_SHOWN), text.data);
  return ls_args_misfit(c, node, "each element is expected once, but %s comes twice", shown);
}

int ls_args_check_unique(ls_args_checker *c, uint32_t node) {
  size_t n = ls_args_node_at(c, node)->count;
  if (n < 2) return LS_OK;
  ls_args_text *texts = ls_malloc(n * sizeof *texts);
  if (!texts) return ls_fail_nomem(c->err);
  int result = element_texts(texts, c, node);
  if (!result) {
    qsort(texts, n, sizeof *texts, compare_texts);
    for (size_t i = 1; !result && i < n; i++) {
      if (compare_texts(&texts[i - 1], &texts[i]) == 0) result = misfit_twice(c, node, texts[i]);
    }
  }
  ls_free(texts);
  return result;
}

/* ---- enum and const ---- */

static bool is_option(const ls_args *args, ls_args_text text) {
  for (size_t i = 0; i < args->n_options; i++) {
    if (compare_texts(&args->options[i], &text) == 0) return true;
  }
  return false;
}

static int misfit_option(ls_args_checker *c, const ls_args *args, uint32_t node) {
  char expected[400];
  size_t size = 0;
  for (size_t i = 0; c->quiet == 0 && i < args->n_options && size < sizeof expected; i++) {
    const char *glue = i ? ", " : args->n_options > 1 ? "one of " : "";
    size += (size_t)snprintf(expected + size, sizeof expected - size, "%s%s", glue, args->options[i].data);
  }
  return ls_args_misfit_got(c, node, expected);
}

int ls_args_check_options(ls_args_checker *c, const ls_args *args, uint32_t node) {
  ls_args_text text = ls_args_raw(c, node);
  if (ls_json_type_of(c->doc, node) == LS_JSON_STRING) {
    text = (ls_args_text){text.data - 1, text.size + 2};
  }
  if (!is_option(args, text)) {
    ls_bytes_clear(&c->scratch);
    int result = ls_json_canonical(&c->scratch, c->doc, node, c->err);
    if (result) return result;
    text = (ls_args_text){c->scratch.data, c->scratch.size};
  }
  return is_option(args, text) ? LS_OK : misfit_option(c, args, node);
}
