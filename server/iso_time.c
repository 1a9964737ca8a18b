/* Days to dates: Howard Hinnant, "chrono-compatible low-level date algorithms", civil_from_days. The year begins in
 * March there, so that the day that comes and goes is its last one. */
#include "server/iso_time.h"

#include <stdio.h>

#define DAY_MS INT64_C(86400000)
#define MIN_MS (INT64_C(-719528) * DAY_MS)     /* 0000-01-01 */
#define MAX_MS (INT64_C(2932897) * DAY_MS - 1) /* 9999-12-31 */

char *ls_iso_time(char out[LS_ISO_TIME], int64_t ms) {
  ms = ms < MIN_MS ? MIN_MS : ms > MAX_MS ? MAX_MS : ms;
  int64_t day = ms / DAY_MS - (ms % DAY_MS < 0);
  unsigned in_day = (unsigned)(ms - day * DAY_MS);
  int64_t shifted = day + 719468;
  int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  unsigned of_era = (unsigned)(shifted - era * 146097);
  unsigned year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  unsigned of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  unsigned march_month = (5 * of_year + 2) / 153;
  unsigned date = of_year - (153 * march_month + 2) / 5 + 1;
  unsigned month = march_month < 10 ? march_month + 3 : march_month - 9;
  unsigned year = (unsigned)(era * 400 + year_of_era + (month <= 2));
  snprintf(out, LS_ISO_TIME, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", year % 10000, month % 100, date % 100,
           in_day / 3600000 % 24, in_day / 60000 % 60, in_day / 1000 % 60, in_day % 1000);
  return out;
}
