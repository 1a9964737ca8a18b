/* livestore export - save the log of a store to a file. */
#include <string.h>

#include "number.h"
#include "options.h"
#include "remote.h"
#include "store.h"

static bool ends_with(const char *text, const char *end) {
  size_t size = strlen(text), n = strlen(end);
  return size >= n && strcmp(text + size - n, end) == 0;
}

static int export(cli_call *call, const char *path, const char *file, ls_format format) {
  ls_options options = cli_store_options(call);
  uint64_t count = UINT64_MAX; /* stays so when no file is written */
  char events[CLI_NUMBER_TEXT];
  int rc = ls_export(&count, path, file, format, &options, &call->err);
  cli_progress_wipe(&call->progress);
  if (rc && rc != LS_ECORRUPT) return cli_store_fail(call, path);
  if (!call->quiet && count != UINT64_MAX)
    cli_text_printf(&call->out, "%s written to %s\n", cli_number_events(events, count), file);
  return rc ? cli_fail(call) : CLI_DONE;
}

static int export_remote(cli_call *call, cli_remote *remote, const char *file, ls_format format) {
  uint64_t pulled;
  ls_store *store = cli_remote_open(call, remote, &pulled);
  if (!store) return CLI_FAILED;
  int status = cli_store_close(call, store, CLI_DONE);
  if (status == CLI_DONE && pulled == 0)
    cli_complain(call, "%s: no events of store %s: it is empty there, or not known", remote->url, remote->store_id);
  if (status == CLI_DONE) status = export(call, remote->path, file, format);
  cli_remote_remove(remote);
  return status;
}

static int run(cli_call *call) {
  static const char *const formats[] = {"livestore", "jsonl", NULL}; /* in the order of ls_format */
  const char *path = NULL, *file = NULL;
  int format = -1;
  cli_remote remote = {.url = NULL};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},        {"FILE", CLI_OPERAND, &file, NULL},
      {"format", CLI_CHOICE, &format, formats},   {"store-id", CLI_STRING, &remote.store_id, NULL},
      {"token", CLI_STRING, &remote.token, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (format < 0) format = ends_with(file, ".jsonl") ? LS_FORMAT_JSONL : LS_FORMAT_LIVESTORE;
  if (!cli_remote_is(path)) return export(call, path, file, (ls_format)format);
  if (!remote.store_id) return cli_usage(call, "--store-id ID is missing: which of the server's stores");
  remote.url = path;
  return export_remote(call, &remote, file, (ls_format)format);
}

const cli_command cli_cmd_export = {
    "export", "save the log to a file",
    "livestore export STORE FILE [--format livestore|jsonl]\n"
    "livestore export URL FILE --store-id ID [--token TOKEN]\n\n"
    "Save the events of a store, or of a server's store, to FILE, which is replaced whole. Of a damaged log, what can\n"
    "be read is saved; the exit status is 1 then. A server does not tell an empty store from one that it does not know:\n"
    "the file of either has no events, and this is said.\n\n"
    "  --format livestore   LiveStore's JSON export: the events that are synced, in one document\n"
    "  --format jsonl       one event a line, all of them, with their whole numbers\n"
    "                       (default: jsonl when the name of FILE ends with .jsonl, otherwise livestore)\n"
    "  --store-id ID        of a server: which of its stores\n"
    "  --token TOKEN        and who we are\n"
    "  --quiet              do not say how many\n\n"
    "Example:\n"
    "  $ livestore export todos todos.jsonl\n"
    "  2 events written to todos.jsonl\n",
    run};
