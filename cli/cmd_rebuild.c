/* livestore rebuild - make the state of a store anew from its log. */
#include "number.h"
#include "options.h"
#include "store.h"

static int rebuild(cli_call *call, ls_store *store) {
  ls_status status;
  char events[CLI_NUMBER_TEXT];
  if (ls_rebuild(store, &call->err) || ls_status_get(&status, store, &call->err)) return cli_fail(call);
  cli_progress_wipe(&call->progress);
  if (!call->quiet) cli_text_printf(&call->out, "state made anew from %s\n", cli_number_events(events, status.events));
  return CLI_DONE;
}

static int run(cli_call *call) {
  const char *path = NULL;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, rebuild(call, store));
}

const cli_command cli_cmd_rebuild = {
    "rebuild", "make the state anew from the log",
    "livestore rebuild STORE\n\n"
    "Make the tables anew from the log, aside, and swap them in whole. A store does this by itself whenever it is\n"
    "needed; by hand it is of use after doubts. When it is stopped, the old tables stay.\n\n"
    "  --quiet   print nothing\n\n"
    "Example:\n"
    "  $ livestore rebuild todos\n"
    "  state made anew from 259,778 events\n",
    run};
