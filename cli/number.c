#include "number.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *cli_number_grouped(char *buf, uint64_t n) {
  char digits[CLI_NUMBER_TEXT];
  size_t size = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, n), at = 0;
  for (size_t i = 0; i < size; i++) {
    if (i > 0 && (size - i) % 3 == 0) buf[at++] = ',';
    buf[at++] = digits[i];
  }
  buf[at] = '\0';
  return buf;
}

char *cli_number_events(char *buf, uint64_t n) {
  cli_number_grouped(buf, n);
  return strcat(buf, n == 1 ? " event" : " events");
}

char *cli_number_bytes(char *buf, uint64_t bytes) {
  static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
  double n = (double)bytes;
  size_t unit = 0;
  for (; n >= 999.5 && unit < sizeof units / sizeof *units - 1; unit++) n /= 1000;
  snprintf(buf, CLI_NUMBER_TEXT, "%.*f %s", unit > 0 && n < 9.95 ? 1 : 0, n, units[unit]);
  return buf;
}

char *cli_number_real(char *buf, double value) {
  for (int precision = 15; precision <= 17; precision++) {
    snprintf(buf, CLI_NUMBER_TEXT, "%.*g", precision, value);
    if (strtod(buf, NULL) == value) break;
  }
  if (strcmp(buf, "inf") == 0) return strcpy(buf, "9e999"); /* as SQLite writes it */
  if (strcmp(buf, "-inf") == 0) return strcpy(buf, "-9e999");
  return strpbrk(buf, ".en") ? buf : strcat(buf, ".0");
}

static const char *skip_digits(const char *at) {
  while (isdigit((unsigned char)*at)) at++;
  return at;
}

/* RFC 8259, section 6. */
static bool is_json_number(bool *is_int, const char *at) {
  *is_int = true;
  if (*at == '-') at++;
  if (!isdigit((unsigned char)*at)) return false;
  at = *at == '0' ? at + 1 : skip_digits(at);
  if (*at == '.') {
    *is_int = false;
    if (!isdigit((unsigned char)*++at)) return false;
    at = skip_digits(at);
  }
  if (*at == 'e' || *at == 'E') {
    *is_int = false;
    at++;
    if (*at == '+' || *at == '-') at++;
    if (!isdigit((unsigned char)*at)) return false;
    at = skip_digits(at);
  }
  return *at == '\0';
}

ls_value cli_value_typed(const char *text) {
  if (strcmp(text, "null") == 0) return ls_null();
  if (strcmp(text, "true") == 0) return ls_int(1);
  if (strcmp(text, "false") == 0) return ls_int(0);
  bool is_int;
  if (!is_json_number(&is_int, text)) return ls_text(text);
  errno = 0;
  long long i = is_int ? strtoll(text, NULL, 10) : 0;
  return is_int && errno == 0 ? ls_int(i) : ls_real(strtod(text, NULL));
}
