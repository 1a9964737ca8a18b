/* lines - a file read line by line, plain or gzip (RFC 1952), or standard input as "-". Lines are of any length. */
#ifndef LS_CLI_LINES_H
#define LS_CLI_LINES_H

#include "livestore.h"

typedef struct cli_lines cli_lines;

/* NULL when the file cannot be opened, with the reason in err->text. `file` is borrowed until the end. */
cli_lines *cli_lines_open(const char *file, ls_error *err);
/* The next line without its end, and NUL behind it; it may be written to, until the next call. 1, 0 after the last, or
 * a negative code. */
int cli_lines_next(char **line, size_t *size, cli_lines *lines, ls_error *err);
/* The number of the line that was read last, from 1. */
uint64_t cli_lines_number(const cli_lines *lines);
/* How a file is named in messages. */
const char *cli_lines_name(const char *file);
/* The share of the file that was read, 0 to 1; -1 when that is not known. */
double cli_lines_share(const cli_lines *lines);
void cli_lines_close(cli_lines *lines);

#endif
