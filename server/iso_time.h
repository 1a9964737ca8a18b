/* iso_time - milliseconds since 1970 as the text that LiveStore has: 2026-01-01T00:00:00.000Z */
#ifndef LS_SERVER_ISO_TIME_H
#define LS_SERVER_ISO_TIME_H

#include <stdint.h>

#define LS_ISO_TIME 25 /* bytes, with the NUL */

/* The years 0 to 9999; times outside become the nearest that can be written. Returns out. */
char *ls_iso_time(char out[LS_ISO_TIME], int64_t ms);

#endif
