/* livestore import - take the events of a file into an empty store. */
#include "number.h"
#include "options.h"
#include "remote.h"
#include "store.h"

/* Returns the exit status. */
static int read_events(uint64_t *count, cli_call *call, ls_store *store, const char *file,
                       const ls_import_options *options) {
  int rc = ls_import(count, store, file, options, &call->err);
  cli_progress_wipe(&call->progress);
  return rc ? cli_fail(call) : CLI_DONE;
}

static int say_done(cli_call *call, uint64_t count, bool dry_run) {
  char events[CLI_NUMBER_TEXT];
  const char *what = dry_run ? "could be imported; nothing was changed" : "imported";
  if (!call->quiet) cli_text_printf(&call->out, "%s %s\n", cli_number_events(events, count), what);
  return CLI_DONE;
}

static int import(cli_call *call, ls_store *store, const char *file, const ls_import_options *options) {
  uint64_t count;
  int status = read_events(&count, call, store, file, options);
  return status ? status : say_done(call, count, options->dry_run);
}

static int import_into(cli_call *call, const cli_remote *remote, ls_store *store, uint64_t pulled, const char *file,
                       const ls_import_options *options) {
  if (pulled > 0) {
    cli_complain(call, "%s: store %s has events already", remote->url, remote->store_id);
    return CLI_FAILED;
  }
  uint64_t count;
  int status = read_events(&count, call, store, file, options);
  if (!status && !options->dry_run) status = cli_remote_push(call, remote, store);
  return status ? status : say_done(call, count, options->dry_run);
}

static int import_remote(cli_call *call, cli_remote *remote, const char *file, const ls_import_options *options) {
  uint64_t pulled;
  ls_store *store = cli_remote_open(call, remote, &pulled);
  if (!store) return CLI_FAILED;
  int status = cli_store_close(call, store, import_into(call, remote, store, pulled, file, options));
  cli_remote_remove(remote);
  return status;
}

static int run(cli_call *call) {
  const char *path = NULL, *file = NULL;
  ls_import_options import_options = {false, false};
  cli_remote remote = {.url = NULL};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"FILE", CLI_OPERAND, &file, NULL},
      {"force", CLI_FLAG, &import_options.force, NULL},
      {"dry-run", CLI_FLAG, &import_options.dry_run, NULL},
      {"store-id", CLI_STRING, &remote.store_id, NULL},
      {"token", CLI_STRING, &remote.token, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (cli_remote_is(path)) {
    if (!remote.store_id) return cli_usage(call, "--store-id ID is missing: which of the server's stores");
    remote.url = path;
    return import_remote(call, &remote, file, &import_options);
  }
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, import(call, store, file, &import_options));
}

const cli_command cli_cmd_import = {
    "import", "take the events of a file",
    "livestore import STORE FILE [--force] [--dry-run]\n"
    "livestore import URL FILE --store-id ID [--token TOKEN] [--force] [--dry-run]\n\n"
    "Take the events of FILE, with their numbers and authors, into a store that has none yet: all of them or, when\n"
    "anything is wrong, none. What the file is shows itself: LiveStore's JSON export, JSON lines as livestore export\n"
    "writes them, or LiveStore's event log database (eventlog@6.db).\n\n"
    "  --dry-run   read and check the file, change nothing\n"
    "  --force     take a file that names another store\n"
    "  --store-id ID  of a server: which of its stores, which must be empty\n"
    "  --token TOKEN  and who we are\n"
    "  --quiet     do not say how many\n\n"
    "Example:\n"
    "  $ livestore init copy --schema todos.json --id todos\n"
    "  $ livestore import copy todos.jsonl\n"
    "  2 events imported\n",
    run};
