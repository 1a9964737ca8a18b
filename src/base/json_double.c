/* json_double - the shortest text that reads back as the same double, laid out as ECMAScript does
 * (ECMA-262, Number::toString).
 *
 * A double is DIGITS × 10^(point - n): 0.DIGITS with the point moved right by `point` places.
 *
 * Three ways to the digits, from fast to slow: integers below 2^53; decimals with few digits, found by scaling (no two
 * decimals of at most 15 digits mean the same double, so one that gives it back is the shortest); and printing with
 * rising precision until the double comes back. */
#include <float.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_internal.h"

#define MAX_DIGITS 17 /* tell any two doubles apart */
#define MAX_PLACES 8  /* tried by scaling */

typedef struct decimal {
  char digits[MAX_DIGITS + 4]; /* the first and the last one are not 0 */
  int n;
  int point;
} decimal;

static void trim(decimal *d) {
  while (d->n > 1 && d->digits[d->n - 1] == '0') d->n--;
}

static decimal decimal_of_integer(uint64_t value, int places) {
  decimal d = {.n = 0};
  char reversed[24];
  int n = 0;
  for (; value > 0; value /= 10) reversed[n++] = (char)('0' + value % 10);
  for (int i = n; i > 0; i--) d.digits[d.n++] = reversed[i - 1];
  d.point = n - places;
  trim(&d);
  return d;
}

/* Integers, and decimals of few places. FLT_EVAL_METHOD other than 0 would round twice. */
static bool decimal_by_scaling(decimal *out, double value) {
  if (value < 9007199254740992.0 && (double)(uint64_t)value == value) {
    *out = decimal_of_integer((uint64_t)value, 0);
    return true;
  }
  if (FLT_EVAL_METHOD != 0 || value < 1e-5) return false;
  double power = 1;
  for (int places = 1; places <= MAX_PLACES; places++) {
    power *= 10;
    double scaled = value * power;
    if (scaled >= 1e15) return false;
    uint64_t whole = (uint64_t)(scaled + 0.5);
    if ((double)whole / power != value) continue;
    *out = decimal_of_integer(whole, places);
    return true;
  }
  return false;
}

/* The double that the digits mean. There is no decimal point for a locale to change. */
static double decimal_value(const decimal *d) {
  char text[MAX_DIGITS + 32];
  snprintf(text, sizeof text, "%.*se%d", d->n, d->digits, d->point - d->n);
  return strtod(text, NULL);
}

/* The nearest decimal of n digits. Whatever the locale puts between the first and the second one is left out. */
static decimal decimal_nearest(double value, int n) {
  decimal d = {.n = 0};
  char text[MAX_DIGITS + 32];
  snprintf(text, sizeof text, "%.*e", n - 1, value);
  const char *at = text;
  for (; *at != 'e'; at++) {
    if (*at >= '0' && *at <= '9') d.digits[d.n++] = *at;
  }
  d.point = atoi(at + 1) + 1;
  trim(&d);
  return d;
}

/* One more in the last of n digits; carries are left to the caller's search, which then takes more digits. */
static bool decimal_raise(decimal *d, int n) {
  while (d->n < n) d->digits[d->n++] = '0';
  if (d->digits[n - 1] == '9') return false;
  d->digits[n - 1]++;
  return true;
}

static decimal decimal_by_search(double value) {
  int n = value < DBL_MIN ? 1 : 15; /* subnormals have fewer digits */
  for (; n < MAX_DIGITS; n++) {
    decimal d = decimal_nearest(value, n);
    if (decimal_value(&d) == value) return d;
    /* A power of two is twice as far from its upper neighbour as from its lower one: the nearest decimal can be too
     * far below it while the next one above is still close enough. */
    if (decimal_raise(&d, n) && decimal_value(&d) == value) return d;
  }
  return decimal_nearest(value, MAX_DIGITS);
}

static char *put(char *out, const char *data, int size) {
  memcpy(out, data, (size_t)size);
  return out + size;
}

static char *put_zeros(char *out, int n) {
  memset(out, '0', (size_t)n);
  return out + n;
}

static char *put_scientific(char *out, const decimal *d) {
  *out++ = d->digits[0];
  if (d->n > 1) {
    *out++ = '.';
    out = put(out, d->digits + 1, d->n - 1);
  }
  return out + snprintf(out, 8, "e%+d", d->point - 1);
}

static char *put_decimal(char *out, const decimal *d) {
  if (d->point > 21 || d->point <= -6) return put_scientific(out, d);
  if (d->point >= d->n) return put_zeros(put(out, d->digits, d->n), d->point - d->n);
  if (d->point > 0) {
    out = put(out, d->digits, d->point);
    *out++ = '.';
    return put(out, d->digits + d->point, d->n - d->point);
  }
  return put(put_zeros(put(out, "0.", 2), -d->point), d->digits, d->n);
}

size_t ls_json_double_text(char out[LS_JSON_DOUBLE_TEXT], double value) {
  char *end = out;
  if (value == 0) {
    *end++ = '0';
    return 1;
  }
  if (value < 0) {
    *end++ = '-';
    value = -value;
  }
  decimal d;
  if (!decimal_by_scaling(&d, value)) d = decimal_by_search(value);
  return (size_t)(put_decimal(end, &d) - out);
}

void ls_json_write_double(ls_bytes *out, double value) {
  if (!(value >= -DBL_MAX && value <= DBL_MAX)) {
    ls_bytes_append(out, "null", 4);
    return;
  }
  if (!ls_bytes_reserve(out, LS_JSON_DOUBLE_TEXT)) return;
  out->size += ls_json_double_text(out->data + out->size, value);
}
