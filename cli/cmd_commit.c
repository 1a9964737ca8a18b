/* livestore commit - commit one event, or those of a file. */
#include "commit_file.h"
#include "options.h"
#include "store.h"

static int commit_one(cli_call *call, ls_store *store, const char *name, const char *args) {
  ls_receipt receipt;
  char position[LS_SEQNUM_TEXT];
  if (ls_commit(&receipt, store, name, args, &call->err)) return cli_fail(call);
  if (!call->quiet) cli_text_printf(&call->out, "%s\n", ls_seqnum_format(receipt.last, position));
  return CLI_DONE;
}

static int run(cli_call *call) {
  static const char *const durabilities[] = {"process", "power", "later", NULL}; /* in the order of ls_durability */
  const char *path = NULL, *name = NULL, *args = NULL, *file = NULL;
  int durability = LS_DURABILITY_PROCESS;
  int64_t batch = 0;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},      {"NAME", CLI_OPTIONAL, &name, NULL},
      {"ARGS-JSON", CLI_OPTIONAL, &args, NULL}, {"from", CLI_STRING, &file, NULL},
      {"batch", CLI_NUMBER, &batch, NULL},      {"durability", CLI_CHOICE, &durability, durabilities},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (!name && !file) return cli_usage(call, "NAME of the event is missing, or --from FILE");
  if (name && file) return cli_usage(call, "either NAME or --from FILE can be given, not both");
  if (batch && !file) return cli_usage(call, "--batch is for --from FILE");
  ls_options options = cli_store_options(call);
  options.durability = (ls_durability)durability;
  ls_store *store = cli_store_open(call, path, &options);
  if (!store) return CLI_FAILED;
  int status = file ? cli_commit_file(call, store, file, batch ? (size_t)batch : CLI_BATCH)
                    : commit_one(call, store, name, args);
  return cli_store_close(call, store, status);
}

const cli_command cli_cmd_commit = {
    "commit", "commit an event, or a file of events",
    "livestore commit STORE NAME [ARGS-JSON]\n"
    "livestore commit STORE --from FILE [--batch N]\n\n"
    "Commit one event with its arguments, a JSON object, and print its position in the log.\n"
    "Or commit the events of FILE, a line each as {\"name\": ..., \"args\": {...}}, plain or gzip; - is standard "
    "input.\n"
    "They are committed in batches: a batch is kept whole or not at all, and the first that fails ends the work.\n\n"
    "  --from FILE      commit the events of a file\n"
    "  --batch N        so many events at once (default 1000)\n"
    "  --durability D   what the events survive once this says that they are committed:\n"
    "                     process   the death of the process (default)\n"
    "                     power     also the loss of power\n"
    "                     later     nothing before the command has ended; the fastest\n"
    "  --quiet          print no position or count\n\n"
    "Example:\n"
    "  $ livestore commit todos v1.TodoCreated '{\"id\": \"a\", \"text\": \"Buy milk\"}'\n"
    "  e1\n"
    "  $ livestore commit todos --from events.jsonl.gz\n"
    "  2,000 events committed, e2 to e2001\n",
    run};
