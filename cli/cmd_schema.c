/* livestore schema - show or change the schema of a store. */
#include <string.h>

#include "json.h"
#include "options.h"
#include "store.h"

static int set(cli_call *call, const char *path, const char *file) {
  ls_options options = cli_store_options(call);
  options.schema.file = file;
  ls_store *store = cli_store_open(call, path, &options);
  if (!store) return CLI_FAILED;
  if (!call->quiet) cli_text_printf(&call->out, "schema %s\n", ls_schema_hash(store));
  return cli_store_close(call, store, CLI_DONE);
}

static int run(cli_call *call) {
  const char *path = NULL, *file = NULL;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"set", CLI_STRING, &file, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (file) return set(call, path, file);
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  const char *json = ls_schema_json(store);
  cli_json_pretty(&call->out, json, strlen(json));
  cli_text_char(&call->out, '\n');
  return cli_store_close(call, store, CLI_DONE);
}

const cli_command cli_cmd_schema = {
    "schema", "show the schema, or change it",
    "livestore schema STORE [--set FILE]\n\n"
    "Show the schema document of a store. With --set, change it: the state is made anew from the log and swapped in\n"
    "whole. When the new document is wrong or the work is stopped, the old schema and state stay. Prints the hash of\n"
    "the new schema.\n\n"
    "  --set FILE   the new schema document (docs/schema.md)\n"
    "  --quiet      print nothing when it is set\n\n"
    "Example:\n"
    "  $ livestore schema todos >todos.json\n"
    "  $ vi todos.json\n"
    "  $ livestore schema todos --set todos.json\n",
    run};
