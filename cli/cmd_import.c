/* livestore import - take the events of a file into an empty store. */
#include "number.h"
#include "options.h"
#include "store.h"

static int import(cli_call *call, ls_store *store, const char *file, const ls_import_options *options) {
  uint64_t count;
  char events[CLI_NUMBER_TEXT];
  if (ls_import(&count, store, file, options, &call->err)) return cli_fail(call);
  cli_progress_wipe(&call->progress);
  if (call->quiet) return CLI_DONE;
  const char *what = options->dry_run ? "could be imported; nothing was changed" : "imported";
  cli_text_printf(&call->out, "%s %s\n", cli_number_events(events, count), what);
  return CLI_DONE;
}

static int run(cli_call *call) {
  const char *path = NULL, *file = NULL;
  ls_import_options import_options = {false, false};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"FILE", CLI_OPERAND, &file, NULL},
      {"force", CLI_FLAG, &import_options.force, NULL},
      {"dry-run", CLI_FLAG, &import_options.dry_run, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, import(call, store, file, &import_options));
}

const cli_command cli_cmd_import = {
    "import", "take the events of a file",
    "livestore import STORE FILE [--force] [--dry-run]\n\n"
    "Take the events of FILE, with their numbers and authors, into a store that has none yet: all of them or, when\n"
    "anything is wrong, none. What the file is shows itself: LiveStore's JSON export, JSON lines as livestore export\n"
    "writes them, or LiveStore's event log database (eventlog@6.db).\n\n"
    "  --dry-run   read and check the file, change nothing\n"
    "  --force     take a file that names another store\n"
    "  --quiet     do not say how many\n\n"
    "Example:\n"
    "  $ livestore init copy --schema todos.json --id todos\n"
    "  $ livestore import copy todos.jsonl\n"
    "  2 events imported\n",
    run};
