/* command - what the parts of the command line tool share: a command, and one call of it. */
#ifndef LS_CLI_COMMAND_H
#define LS_CLI_COMMAND_H

#include "livestore.h"
#include "progress.h"
#include "terminal.h"
#include "text.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 }; /* exit status */

typedef struct cli_call cli_call;

typedef struct cli_command {
  const char *name;
  const char *summary;        /* one line for the list of commands */
  const char *help;           /* a page: usage, what it does, options, an example */
  int (*run)(cli_call *call); /* returns the exit status */
} cli_command;

/* Everything that one run of the tool has. */
struct cli_call {
  const cli_command *command;
  char **argv; /* what stands behind the command's name, NULL-terminated */
  int status;  /* when cli_options_read says that nothing is to be run: the exit status */
  int format;  /* cli_format */
  bool quiet;
  cli_text out; /* standard output */
  cli_terminal terminal;
  cli_progress progress;
  ls_error err;
  char holder[64];
};

extern const cli_command cli_cmd_init, cli_cmd_schema, cli_cmd_commit, cli_cmd_query, cli_cmd_watch, cli_cmd_log,
    cli_cmd_show, cli_cmd_undo, cli_cmd_redo, cli_cmd_history, cli_cmd_diff, cli_cmd_status, cli_cmd_check,
    cli_cmd_rebuild, cli_cmd_export, cli_cmd_import, cli_cmd_sync, cli_cmd_conflicts, cli_cmd_serve;

/* Print "livestore: …" to standard error, after what standard output still has to get. */
void cli_complain(cli_call *call, const char *fmt, ...) LS_FORMAT(2, 3);
/* Print the text of call->err; returns CLI_FAILED. */
int cli_fail(cli_call *call);
/* Print what is wrong with the arguments and where to read on; returns CLI_USAGE. */
int cli_usage(cli_call *call, const char *fmt, ...) LS_FORMAT(2, 3);

#endif
