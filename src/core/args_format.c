/* args_format.c - dates and times as RFC 3339 section 5.6 has them, which JSON Schema refers to; uuids as RFC 4122
 * writes them, of any version. */
#include "core/args_format.h"

#include <string.h>

static const char *const NAMES[] = {"", "date-time", "date", "time", "uuid"};
static const char *const EXAMPLES[] = {"", "2026-07-17T10:15:30Z", "2026-07-17", "10:15:30Z",
                                       "9b2f0c52-1c4e-4d1f-8a57-6f0a3d0e7b11"};

ls_args_format ls_args_format_of(const char *name, size_t size) {
  for (int i = LS_ARGS_FORMAT_DATE_TIME; i <= LS_ARGS_FORMAT_UUID; i++) {
    if (strlen(NAMES[i]) == size && memcmp(NAMES[i], name, size) == 0) return (ls_args_format)i;
  }
  return LS_ARGS_FORMAT_NONE;
}

const char *ls_args_format_example(ls_args_format format) { return EXAMPLES[format]; }

/* What is still to be read, and whether something was not as expected; reading then goes on, to no effect. */
typedef struct reader {
  const char *at, *end;
  bool failed;
} reader;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int digits(reader *r, int n, int max) {
  int value = 0;
  for (int i = 0; i < n; i++) {
    if (r->at == r->end || !is_digit(*r->at)) {
      r->failed = true;
      return 0;
    }
    value = value * 10 + (*r->at++ - '0');
  }
  r->failed |= value > max;
  return value;
}

static bool take(reader *r, char c) {
  if (r->at < r->end && *r->at == c) {
    r->at++;
    return true;
  }
  return false;
}

static void expect(reader *r, char c) { r->failed |= !take(r, c); }

static int days_of(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return days[month - 1] + (month == 2 && leap);
}

static void read_date(reader *r) {
  int year = digits(r, 4, 9999);
  expect(r, '-');
  int month = digits(r, 2, 12);
  expect(r, '-');
  int day = digits(r, 2, 31);
  r->failed |= month < 1 || day < 1;
  r->failed = r->failed || day > days_of(year, month);
}

static void read_fraction(reader *r) {
  if (take(r, '.')) {
    digits(r, 1, 9);
    while (r->at < r->end && is_digit(*r->at)) r->at++;
  }
}

/* Minutes to take from the local time to get UTC. */
static int read_offset(reader *r) {
  if (take(r, 'Z') || take(r, 'z')) return 0;
  int sign = take(r, '-') ? -1 : 1;
  if (sign > 0) expect(r, '+');
  int hours = digits(r, 2, 23);
  expect(r, ':');
  return sign * (hours * 60 + digits(r, 2, 59));
}

/* A leap second is one only at 23:59:60 UTC. */
static void read_time(reader *r) {
  int hour = digits(r, 2, 23);
  expect(r, ':');
  int minute = digits(r, 2, 59);
  expect(r, ':');
  int second = digits(r, 2, 60);
  read_fraction(r);
  int utc = (hour * 60 + minute - read_offset(r) + 2 * 24 * 60) % (24 * 60);
  r->failed |= second == 60 && utc != 23 * 60 + 59;
}

static bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

static bool is_uuid(const char *text, size_t size) {
  if (size != 36) return false;
  for (size_t i = 0; i < size; i++) {
    bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i])) return false;
  }
  return true;
}

bool ls_args_format_fits(ls_args_format format, const char *text, size_t size) {
  reader r = {text, text + size, false};
  switch (format) {
    case LS_ARGS_FORMAT_NONE: return true;
    case LS_ARGS_FORMAT_UUID: return is_uuid(text, size);
    case LS_ARGS_FORMAT_DATE: read_date(&r); break;
    case LS_ARGS_FORMAT_TIME: read_time(&r); break;
    case LS_ARGS_FORMAT_DATE_TIME:
      read_date(&r);
      if (!take(&r, 't')) expect(&r, 'T');
      read_time(&r);
      break;
  }
  return !r.failed && r.at == r.end;
}
