/* livestore status - where a store stands. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "number.h"
#include "options.h"
#include "standing.h"
#include "store.h"
#include "sync_file.h"

/* Sizes for people in their units, for programs in bytes. */
static void print_record(cli_call *call, ls_value *values) {
  char sizes[CLI_FIELD_SNAPSHOT_SIZE - CLI_FIELD_LOG_SIZE + 1][CLI_NUMBER_TEXT];
  for (int i = CLI_FIELD_LOG_SIZE; call->format == CLI_TABLE && i <= CLI_FIELD_SNAPSHOT_SIZE; i++) {
    if (values[i].type == LS_TYPE_INT)
      values[i] = ls_text(cli_number_bytes(sizes[i - CLI_FIELD_LOG_SIZE], (uint64_t)values[i].as.i));
  }
  cli_output_record(call, CLI_FIELDS, values, CLI_N_SHOWN);
}

/* Nobody syncs it: of what its sync.json says, only what happened last is still true. */
static int print_store(cli_call *call, ls_store *store, const char *path) {
  static const cli_field kept[] = {CLI_FIELD_URL, CLI_FIELD_LAST_ERROR, CLI_FIELD_ERROR_TIME};
  cli_standing standing;
  ls_value said[CLI_N_FIELDS];
  cli_text text = {0};
  if (cli_standing_get(&standing, store, &call->err)) return cli_fail(call);
  bool found = cli_sync_file_read(said, &text, path);
  for (size_t i = 0; found && i < sizeof kept / sizeof *kept; i++) standing.values[kept[i]] = said[kept[i]];
  print_record(call, standing.values);
  cli_text_fini(&text);
  return CLI_DONE;
}

/* Is the process that wrote this the one that holds the store now? A file may have been left by one that was killed. */
static bool is_holder(const cli_call *call, const ls_value *said) {
  char holder[64];
  if (said[CLI_FIELD_PID].type != LS_TYPE_INT) return false;
  snprintf(holder, sizeof holder, " pid %" PRId64 " (livestore sync)", said[CLI_FIELD_PID].as.i);
  return strstr(call->err.text, holder) != NULL;
}

static int print_held(cli_call *call, const char *path) {
  ls_value said[CLI_N_FIELDS];
  cli_text text = {0};
  int status = CLI_FAILED;
  if (!cli_sync_file_read(said, &text, path) || !is_holder(call, said)) {
    cli_fail(call);
  } else {
    if (!call->quiet)
      cli_complain(call, "%s is held by pid %" PRId64 " (livestore sync); this is what it says in %s/sync.json", path,
                   said[CLI_FIELD_PID].as.i, path);
    print_record(call, said);
    status = CLI_DONE;
  }
  cli_text_fini(&text);
  return status;
}

static int run(cli_call *call) {
  const char *path = NULL;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}, CLI_FORMAT_OPTION(call)};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_options options = cli_store_options(call);
  ls_store *store = NULL;
  int rc = ls_open(&store, path, &options, &call->err);
  cli_progress_wipe(&call->progress);
  if (rc == LS_ELOCKED) return print_held(call, path);
  return rc ? cli_store_fail(call, path) : cli_store_close(call, store, print_store(call, store, path));
}

const cli_command cli_cmd_status = {
    "status", "where the store stands",
    "livestore status STORE\n\n"
    "Show who the store is, the hash of its schema, and where it stands:\n\n"
    "  head           the newest event of the log; NULL when there is none\n"
    "  upstream head  the newest event that upstream has accepted\n"
    "  backend        the id that the server gave that log; NULL before the first sync\n"
    "  state          the event up to which the tables are made\n"
    "  snapshot       the event up to which they are saved in state.db\n"
    "  pending        events that upstream has not accepted yet; those that never leave this\n"
    "                 device are left out\n"
    "  failed         events that the tables could not take (docs/guarantees.md)\n"
    "  conflicts      commits that were set aside (livestore conflicts)\n"
    "  url            the server that livestore sync was last given\n"
    "  phase          of livestore sync: off, connecting, pulling, live or waiting\n"
    "  last error     why it failed last, at the error time; NULL when all went well since\n"
    "  next try       when it tries again\n\n"
    "While livestore sync has the store, this is what that says of itself in sync.json,\n"
    "which is a second old at most.\n\n"
    "  --format F     table (default), json (an array of one object), jsonl or csv\n\n"
    "Example:\n"
    "  $ livestore status todos --format json\n",
    run};
