/* livestore redo - do again what was undone. */
#include "undo.h"

static int run(cli_call *call) { return cli_undo_run(call, ls_redo, "redone"); }

const cli_command cli_cmd_redo = {"redo", "do again what was undone last",
                                  "livestore redo STORE [N]\n\n"
                                  "Redo what this session undid last, or the last N undone commits, and print the "
                                  "position of the event that does it.\n"
                                  "What was undone before something else was committed cannot be redone.\n\n"
                                  "  --quiet   print no position\n\n"
                                  "Example:\n"
                                  "  $ livestore undo todos\n"
                                  "  e3\n"
                                  "  $ livestore redo todos\n"
                                  "  e4\n",
                                  run};
