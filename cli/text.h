/* text - bytes that are appended to: they grow in memory, or go to a file a block at a time.
 *
 * A zeroed cli_text is ready for use in memory. With a file, the first error is kept and what follows is dropped, so
 * that a writer need not ask after each piece; it asks cli_text_flush in the end, and `error` to stop early. */
#ifndef LS_CLI_TEXT_H
#define LS_CLI_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "livestore.h"

typedef struct cli_text {
  char *data;
  size_t size, capacity;
  int fd;    /* where to; 0 to stay in memory */
  int error; /* errno of the first write that failed */
} cli_text;

void cli_text_append(cli_text *text, const void *data, size_t size);
void cli_text_put(cli_text *text, const char *string);
void cli_text_char(cli_text *text, char c);
void cli_text_repeat(cli_text *text, char c, size_t n);
/* Two hexadecimal digits a byte. */
void cli_text_hex(cli_text *text, const void *data, size_t size);
void cli_text_printf(cli_text *text, const char *fmt, ...) LS_FORMAT(2, 3);
/* Write out what a file has not yet got. False, with `error`, when any write so far has failed. */
bool cli_text_flush(cli_text *text);
/* Free the memory; what was not flushed is dropped. */
void cli_text_fini(cli_text *text);

#endif
