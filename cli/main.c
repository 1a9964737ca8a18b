/* livestore - event logs on the command line. Finds the command, runs it, and makes sure that what it printed has been
 * written. What the commands do is in cmd_<name>.c. */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "command.h"
#include "display.h"
#include "interrupt.h"
#include "nearest.h"

static const cli_command *const COMMANDS[] = {
    &cli_cmd_init,   &cli_cmd_schema, &cli_cmd_commit,    &cli_cmd_query,   &cli_cmd_watch,
    &cli_cmd_log,    &cli_cmd_show,   &cli_cmd_history,   &cli_cmd_diff,    &cli_cmd_undo,
    &cli_cmd_redo,   &cli_cmd_status, &cli_cmd_check,     &cli_cmd_rebuild, &cli_cmd_export,
    &cli_cmd_import, &cli_cmd_sync,   &cli_cmd_conflicts, &cli_cmd_serve,
};
enum { N_COMMANDS = sizeof COMMANDS / sizeof *COMMANDS };

static void complain(cli_call *call, const char *fmt, va_list args) LS_FORMAT(2, 0);

/* In one line and at once: what is quoted may hold anything. */
static void complain(cli_call *call, const char *fmt, va_list args) {
  char text[LS_ERROR_TEXT + 1000];
  cli_text line = {0};
  vsnprintf(text, sizeof text, fmt, args);
  cli_display_append(&line, text, strlen(text));
  cli_progress_wipe(&call->progress);
  cli_text_flush(&call->out);
  fprintf(stderr, "livestore: %.*s\n", (int)line.size, line.size > 0 ? line.data : "");
  cli_text_fini(&line);
}

void cli_complain(cli_call *call, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  complain(call, fmt, args);
  va_end(args);
}

int cli_fail(cli_call *call) {
  cli_complain(call, "%s", call->err.text);
  return CLI_FAILED;
}

int cli_usage(cli_call *call, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  complain(call, fmt, args);
  va_end(args);
  if (call->command)
    fprintf(stderr, "livestore %s --help shows how it is used\n", call->command->name);
  else
    fputs("livestore help lists the commands\n", stderr);
  return CLI_USAGE;
}

static void show_overview(cli_call *call) {
  const cli_style *style = &call->terminal.style;
  cli_text_put(&call->out, "livestore keeps an event log, and the SQLite tables that follow from it.\n\n"
                           "  livestore COMMAND STORE ...     STORE is a directory\n\n");
  for (size_t i = 0; i < N_COMMANDS; i++) {
    cli_text_printf(&call->out, "  %s%-9s%s  %s\n", style->bold, COMMANDS[i]->name, style->end, COMMANDS[i]->summary);
  }
  cli_text_put(&call->out, "\nlivestore help COMMAND (or livestore COMMAND --help) tells more; livestore --version.\n"
                           "Exit status: 0 done, 1 failed with the reason on standard error, 2 wrong usage.\n\n"
                           "  $ livestore init todos --schema todos.json\n"
                           "  $ livestore commit todos v1.TodoCreated '{\"id\": \"a\", \"text\": \"Buy milk\"}'\n"
                           "  $ livestore query todos 'SELECT * FROM todos'\n");
}

static const cli_command *find_command(cli_call *call, const char *name) {
  cli_nearest nearest = cli_nearest_to(name);
  for (size_t i = 0; i < N_COMMANDS; i++) {
    if (strcmp(COMMANDS[i]->name, name) == 0) return COMMANDS[i];
    cli_nearest_see(&nearest, COMMANDS[i]->name);
  }
  const char *hint = nearest.word ? "; did you mean " : "", *end = nearest.word ? "?" : "";
  cli_usage(call, "there is no command \"%s\"%s%s%s", name, hint, nearest.word ? nearest.word : "", end);
  return NULL;
}

static int help(cli_call *call, const char *name) {
  if (!name) {
    show_overview(call);
    return CLI_DONE;
  }
  const cli_command *command = find_command(call, name);
  if (!command) return CLI_USAGE;
  cli_text_put(&call->out, command->help);
  return CLI_DONE;
}

static int run(cli_call *call, char **argv) {
  const char *name = argv[1];
  if (!name) return cli_usage(call, "a command is missing");
  if (strcmp(name, "help") == 0 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) return help(call, argv[2]);
  if (strcmp(name, "--version") == 0) {
    cli_text_printf(&call->out, "livestore %s\n", ls_version());
    return CLI_DONE;
  }
  call->command = find_command(call, name);
  if (!call->command) return CLI_USAGE;
  call->argv = argv + 2;
  return call->command->run(call);
}

/* A reader that has seen enough is no error. */
static int finish_output(cli_call *call, int status) {
  if (!cli_text_flush(&call->out) && call->out.error != EPIPE) {
    fprintf(stderr, "livestore: standard output: %s\n", strerror(call->out.error));
    status = CLI_FAILED;
  }
  cli_text_fini(&call->out);
  return status;
}

int main(int argc, char **argv) {
  (void)argc;
  signal(SIGPIPE, SIG_IGN);
  cli_interrupt_listen();
  cli_call call = {.out = {.fd = STDOUT_FILENO}, .terminal = cli_terminal_of(STDOUT_FILENO)};
  call.progress.on = isatty(STDERR_FILENO);
  int status = run(&call, argv);
  cli_progress_wipe(&call.progress);
  return finish_output(&call, status);
}
