/* livestore init - create a store. */
#include "options.h"
#include "store.h"

static int run(cli_call *call) {
  const char *path = NULL, *schema = NULL;
  ls_options options = cli_store_options(call);
  options.mode = LS_OPEN_NEW;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"schema", CLI_STRING, &schema, NULL},
      {"id", CLI_STRING, &options.store_id, NULL},
      {"client", CLI_STRING, &options.client_id, NULL},
      {"session", CLI_STRING, &options.session_id, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (!schema) return cli_usage(call, "--schema FILE is missing: a new store needs a schema");
  options.schema.file = schema;
  ls_store *store = NULL;
  if (ls_open(&store, path, &options, &call->err)) return cli_fail(call);
  return cli_store_close(call, store, CLI_DONE);
}

const cli_command cli_cmd_init = {
    "init", "create a store",
    "livestore init STORE --schema FILE\n\n"
    "Create a store: the directory STORE with an empty log, for events and tables as the schema document FILE\n"
    "describes them (docs/schema.md).\n\n"
    "  --schema FILE   the schema document\n"
    "  --id ID         the store's id, which its copies on other devices share (default: the directory's name)\n"
    "  --client ID     this device's id (default: random)\n"
    "  --session ID    the id that this device's events are signed with beside it (default: random)\n\n"
    "Example:\n"
    "  $ livestore init todos --schema todos.json\n",
    run};
