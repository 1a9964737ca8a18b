/* output - rows on standard output, in the format that was asked for.
 *
 *   table  a line of names, then the rows; columns are as wide as the first rows need. On a terminal what is too long
 *          is cut with …, and only there are looks used.
 *   json   an array of objects
 *   jsonl  an object a line
 *   csv    RFC 4180: a line of names, CRLF; NULL is nothing, an empty text is "" */
#ifndef LS_CLI_OUTPUT_H
#define LS_CLI_OUTPUT_H

#include "command.h"

typedef enum cli_format { CLI_TABLE, CLI_JSON, CLI_JSONL, CLI_CSV } cli_format;

typedef struct cli_column {
  const char *name;
  bool json; /* its texts are JSON, and stay so in JSON */
} cli_column;

typedef struct cli_output cli_output;

/* Begin. The columns are borrowed until the end. */
cli_output *cli_output_new(cli_call *call, const cli_column *columns, size_t n);
/* Write a row. False when no more can be written: the reader has gone, the disk is full, or Ctrl-C came. */
bool cli_output_row(cli_output *output, const ls_value *values);
/* Write what is left, and free. Returns the exit status: CLI_FAILED, and says so, when Ctrl-C cut the rows short. */
int cli_output_end(cli_output *output);

/* One row on its own: as a table, a line for each column. */
void cli_output_record(cli_call *call, const cli_column *columns, const ls_value *values, size_t n);

/* Append a row as a JSON object. */
void cli_output_object(cli_text *out, const cli_column *columns, const ls_value *values, size_t n);

/* Append a value as a table shows it, NULL as NULL and a blob as x'00ff'. Returns its width. */
size_t cli_value_display(cli_text *out, ls_value value);

#endif
