/* terminal - whether a file is a terminal, how wide it is, and how to set words off on it. */
#ifndef LS_CLI_TERMINAL_H
#define LS_CLI_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>

/* What starts and ends each look. All empty when the file is no terminal, for TERM=dumb, and when NO_COLOR is set
 * (https://no-color.org). */
typedef struct cli_style {
  const char *bold, *dim, *red, *green, *yellow, *end;
} cli_style;

typedef struct cli_terminal {
  size_t width;  /* columns; 0 when it is no terminal, then nothing is cut */
  size_t height; /* lines; 0 likewise */
  cli_style style;
} cli_terminal;

cli_terminal cli_terminal_of(int fd);

#endif
