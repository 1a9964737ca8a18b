/* livestore export - save the log of a store to a file. */
#include <string.h>

#include "number.h"
#include "options.h"
#include "store.h"

static bool ends_with(const char *text, const char *end) {
  size_t size = strlen(text), n = strlen(end);
  return size >= n && strcmp(text + size - n, end) == 0;
}

static int run(cli_call *call) {
  static const char *const formats[] = {"livestore", "jsonl", NULL}; /* in the order of ls_format */
  const char *path = NULL, *file = NULL;
  int format = -1;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"FILE", CLI_OPERAND, &file, NULL},
      {"format", CLI_CHOICE, &format, formats},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (format < 0) format = ends_with(file, ".jsonl") ? LS_FORMAT_JSONL : LS_FORMAT_LIVESTORE;
  ls_options options = cli_store_options(call);
  uint64_t count = UINT64_MAX; /* stays so when no file is written */
  char events[CLI_NUMBER_TEXT];
  int rc = ls_export(&count, path, file, (ls_format)format, &options, &call->err);
  cli_progress_wipe(&call->progress);
  if (rc && rc != LS_ECORRUPT) return cli_store_fail(call, path);
  if (!call->quiet && count != UINT64_MAX)
    cli_text_printf(&call->out, "%s written to %s\n", cli_number_events(events, count), file);
  return rc ? cli_fail(call) : CLI_DONE;
}

const cli_command cli_cmd_export = {
    "export", "save the log to a file",
    "livestore export STORE FILE [--format livestore|jsonl]\n\n"
    "Save the events of a store to FILE, which is replaced whole. Of a damaged log, what can be read is saved; the "
    "exit\n"
    "status is 1 then.\n\n"
    "  --format livestore   LiveStore's JSON export: the events that are synced, in one document\n"
    "  --format jsonl       one event a line, all of them, with their whole numbers\n"
    "                       (default: jsonl when the name of FILE ends with .jsonl, otherwise livestore)\n"
    "  --quiet              do not say how many\n\n"
    "Example:\n"
    "  $ livestore export todos todos.jsonl\n"
    "  2 events written to todos.jsonl\n",
    run};
