/* options - reading the arguments of a command: --name VALUE or --name=VALUE, --flag, and operands, in any order.
 *
 * "--" ends the options. "-" and negative numbers are operands. --help and --quiet are known to every command. */
#ifndef LS_CLI_OPTIONS_H
#define LS_CLI_OPTIONS_H

#include "command.h"

typedef enum cli_option_kind {
  CLI_FLAG,     /* --name: a bool */
  CLI_STRING,   /* --name TEXT: a const char * */
  CLI_NUMBER,   /* --name N: an int64_t, 1 or more */
  CLI_CHOICE,   /* --name WORD: an int, its place in `choices` */
  CLI_POSITION, /* --name P: an ls_seqnum */
  CLI_OPERAND,  /* the next operand: a const char * */
  CLI_OPTIONAL, /* the same, when there is one */
  CLI_REST      /* the operands behind: a cli_rest */
} cli_option_kind;

typedef struct cli_rest {
  char **items; /* lies in call->argv */
  size_t n;
} cli_rest;

typedef struct cli_option {
  const char *name; /* of an operand, as in the usage line */
  cli_option_kind kind;
  void *value;                /* where it goes; left as it is when the option is not given */
  const char *const *choices; /* CLI_CHOICE: the words, NULL-terminated */
} cli_option;

extern const char *const CLI_FORMATS[];
#define CLI_FORMAT_OPTION(call)                                                                                        \
  { "format", CLI_CHOICE, &(call)->format, CLI_FORMATS }

/* Read call->argv. False when nothing is left to do but to return call->status: help was asked for and shown, or the
 * arguments are wrong and that was said. */
bool cli_options_read(cli_call *call, const cli_option *options, size_t n);

#define CLI_OPTIONS_READ(call, options) cli_options_read(call, options, sizeof(options) / sizeof *(options))

#endif
