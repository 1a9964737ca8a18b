/* livestore undo - take back what this session committed. */
#include "undo.h"

static int run(cli_call *call) { return cli_undo_run(call, ls_undo, "undone"); }

const cli_command cli_cmd_undo = {
    "undo", "take back the last commit of this session",
    "livestore undo STORE [N]\n\n"
    "Undo the last commit of this session that was not undone yet, or the last N, and print the position of the event\n"
    "that does it. Each column that the commit changed gets its old value back where it still holds the new one; what\n"
    "others changed since stays. What this tool commits to a store is all one session.\n\n"
    "  --quiet   print no position\n\n"
    "Example:\n"
    "  $ livestore commit todos v1.TodoCompleted '{\"id\": \"a\"}'\n"
    "  e2\n"
    "  $ livestore undo todos\n"
    "  e3\n"
    "  $ livestore show todos e3\n",
    run};
