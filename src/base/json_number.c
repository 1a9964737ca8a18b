/* json_number - from text to the double that is nearest, independent of the locale.
 *
 * A number is mantissa × 10^exponent. When the mantissa is at most 2^53 and the power of ten is exact as a double
 * (10^22 and below), one multiplication or division rounds once and so gives the right result (Clinger, How to read
 * floating point numbers accurately, 1990). All others go to strtod as digits and exponent, without a decimal point,
 * which is the only part of a number that locales change.
 *
 * An integer is exact up to 2^53. Behind it, one written as an integer passes only when it is what its double is
 * printed as, so that no digit is lost unnoticed and canonical text can always be read back: 100000000000000000000
 * passes, 9007199254740993 does not. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/json_internal.h"

#define MAX_EXACT (INT64_C(1) << 53)
#define MANTISSA_DIGITS 19 /* always fit 64 bits */
#define MAX_EXACT_POWER 22
/* 767 significant digits tell any double from its neighbours; behind them it only matters whether all are 0. */
#define MAX_DIGITS 780
#define MAX_EXPONENT 100000

typedef struct number_text {
  const char *text;
  size_t size;
  bool negative;
  bool plain;   /* neither point nor exponent */
  bool dropped; /* the mantissa lacks digits */
  uint64_t mantissa;
  int64_t exponent; /* of the mantissa */
} number_text;

/* The written exponent, at `at` behind the e. Far beyond what matters it stops counting. */
static int64_t read_exponent(const char *text, size_t size, size_t at) {
  bool negative = text[at] == '-';
  if (negative || text[at] == '+') at++;
  int64_t value = 0;
  for (; at < size; at++) {
    if (value < INT64_C(1000000000000)) value = value * 10 + (text[at] - '0');
  }
  return negative ? -value : value;
}

static void add_digit(number_text *t, size_t *digits, char byte) {
  if (*digits < MANTISSA_DIGITS) {
    t->mantissa = t->mantissa * 10 + (uint64_t)(byte - '0');
    *digits += t->mantissa != 0;
  } else {
    t->dropped = true;
    t->exponent++;
  }
}

static number_text number_scan(const char *text, size_t size) {
  number_text t = {.text = text, .size = size, .negative = text[0] == '-', .plain = true};
  size_t digits = 0; /* in the mantissa */
  for (size_t i = t.negative; i < size; i++) {
    if (text[i] == '.') {
      t.plain = false;
    } else if (text[i] == 'e' || text[i] == 'E') {
      t.plain = false;
      t.exponent += read_exponent(text, size, i + 1);
      break;
    } else {
      add_digit(&t, &digits, text[i]);
      if (!t.plain) t.exponent--;
    }
  }
  return t;
}

/* FLT_EVAL_METHOD other than 0 (the x87 unit) would round twice. */
static bool is_fast(const number_text *t) {
  return FLT_EVAL_METHOD == 0 && !t->dropped && t->mantissa <= (uint64_t)MAX_EXACT && t->exponent >= -MAX_EXACT_POWER &&
         t->exponent <= MAX_EXACT_POWER;
}

static double fast_double(const number_text *t) {
  static const double POWERS[MAX_EXACT_POWER + 1] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  double r = (double)t->mantissa;
  return t->exponent < 0 ? r / POWERS[-t->exponent] : r * POWERS[t->exponent];
}

/* Write a positive number as digits, e and exponent. */
static void write_scientific(char out[MAX_DIGITS + 32], const number_text *t) {
  size_t n = 0;
  int64_t exponent = 0;
  bool point = false, rest = false;
  for (size_t i = t->negative; i < t->size; i++) {
    char byte = t->text[i];
    if (byte == 'e' || byte == 'E') {
      exponent += read_exponent(t->text, t->size, i + 1);
      break;
    }
    if (byte == '.') {
      point = true;
      continue;
    }
    bool kept = n < MAX_DIGITS;
    if (kept && (n > 0 || byte != '0')) out[n++] = byte;
    if (!kept && byte != '0') rest = true;
    exponent += !kept - point;
  }
  if (n == 0) out[n++] = '0';
  if (rest) {
    out[n++] = '1';
    exponent--;
  }
  if (exponent > MAX_EXPONENT) exponent = MAX_EXPONENT;
  if (exponent < -MAX_EXPONENT) exponent = -MAX_EXPONENT;
  snprintf(out + n, 16, "e%d", (int)exponent);
}

static double slow_double(const number_text *t) {
  char text[MAX_DIGITS + 32];
  write_scientific(text, t);
  return strtod(text, NULL);
}

static bool is_printed_so(const number_text *t, double r) {
  char text[LS_JSON_DOUBLE_TEXT];
  return ls_json_double_text(text, r) == t->size && memcmp(text, t->text, t->size) == 0;
}

static int refuse(ls_error *err, const number_text *t, const char *why) {
  int shown = t->size > 40 ? 40 : (int)t->size;
  return ls_fail(err, LS_ELIMIT, "the number %.*s%s %s", shown, t->text, t->size > 40 ? "…" : "", why);
}

int ls_json_number_of(ls_json_number *out, const ls_json *doc, uint32_t number, ls_error *err) {
  number_text t = number_scan(ls_json_text_of(doc, number), doc->nodes[number].size);
  double r = is_fast(&t) ? fast_double(&t) : slow_double(&t);
  if (r > DBL_MAX) return refuse(err, &t, "is too large for a double; send it as a string");
  if (t.negative && r != 0) r = -r;
  bool beyond = t.dropped || t.mantissa > (uint64_t)MAX_EXACT;
  if (t.plain && beyond && !is_printed_so(&t, r)) {
    return refuse(err, &t, "is an integer beyond 2^53, which a double cannot hold; send it as a string");
  }
  bool is_int = r >= (double)-MAX_EXACT && r <= (double)MAX_EXACT && (double)(int64_t)r == r;
  *out = (ls_json_number){.is_int = is_int, .i = is_int ? (int64_t)r : 0, .r = r};
  return LS_OK;
}
