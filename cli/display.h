/* display - text as a terminal shows it: how many columns it takes, and what must not reach a terminal as it is.
 *
 * Widths are roughly those of Unicode Standard Annex #11: wide East Asian characters and emoji take two columns,
 * combining marks none. */
#ifndef LS_CLI_DISPLAY_H
#define LS_CLI_DISPLAY_H

#include <stdint.h>

#include "text.h"

/* Bytes of the UTF-8 character at the start of data (size > 0), and its code point; 1 and UINT32_MAX for a byte that
 * is not part of any. */
size_t cli_utf8_read(uint32_t *code, const char *data, size_t size);

/* Could it move the cursor or turn the writing direction? */
bool cli_is_control(uint32_t code);

/* Append text as one line: a newline as ⏎, other control characters and wrong bytes as \t, \x1b, \u202e.
 * Returns the columns that were added. */
size_t cli_display_append(cli_text *out, const char *data, size_t size);

/* Append text that is fit for display, cut to `width` columns (1 or more) with … at its end. Returns the columns
 * that were added. */
size_t cli_display_cut(cli_text *out, const char *data, size_t size, size_t width);

/* The columns that text fit for display takes. */
size_t cli_display_width(const char *data, size_t size);

#endif
