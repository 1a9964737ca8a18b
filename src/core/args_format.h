/* args_format - the values of JSON Schema's `format` that are checked. */
#ifndef LS_CORE_ARGS_FORMAT_H
#define LS_CORE_ARGS_FORMAT_H

#include <stdbool.h>
#include <stddef.h>

typedef enum ls_args_format {
  LS_ARGS_FORMAT_NONE,
  LS_ARGS_FORMAT_DATE_TIME, /* 2026-07-17T10:15:30.5Z, or with +02:00 */
  LS_ARGS_FORMAT_DATE,      /* 2026-07-17 */
  LS_ARGS_FORMAT_TIME,      /* 10:15:30.5Z */
  LS_ARGS_FORMAT_UUID
} ls_args_format;

/* The format of a name, such as "date-time"; LS_ARGS_FORMAT_NONE when it is none of these. */
ls_args_format ls_args_format_of(const char *name, size_t size);
/* An example of it, for messages. */
const char *ls_args_format_example(ls_args_format format);
bool ls_args_format_fits(ls_args_format format, const char *text, size_t size);

#endif
