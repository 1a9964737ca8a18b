/* livestore schema - show or change the schema of a store. */
#include <string.h>

#include "json.h"
#include "options.h"
#include "output.h"
#include "schema_report.h"
#include "store.h"

typedef struct change {
  const char *path, *file;
  bool dry_run;
} change;

/* What the report tells in full is not told a second time as warnings. */
static void warn_of_others(void *user, ls_log_level level, const char *key, const char *text) {
  static const char *const told[] = {"unknown-event", "failed-event", "deprecated-event", "deprecated-field"};
  cli_call *call = user;
  for (size_t i = 0; i < sizeof told / sizeof *told; i++) {
    if (strcmp(key, told[i]) == 0) return;
  }
  if (level == LS_LOG_WARNING && !call->quiet) cli_complain(call, "warning: %s", text);
}

/* The present schema cannot be used here, for want of its C functions, say. So nothing can be compared. */
static int replace(cli_call *call, const change *c) {
  ls_options options = cli_store_options(call);
  options.schema.file = c->file;
  ls_store *store = cli_store_open(call, c->path, &options);
  if (!store) return CLI_FAILED;
  if (!call->quiet) cli_text_printf(&call->out, "schema %s\n", ls_schema_hash(store));
  return cli_store_close(call, store, CLI_DONE);
}

/* Make the report, in memory: it is printed once what it tells has happened. */
static int make_report(cli_text *out, cli_call *call, ls_migration *migration, bool dry_run) {
  const ls_migration_report *report;
  size_t failures = call->format == CLI_TABLE ? CLI_REPORT_FAILURES : SIZE_MAX;
  int rc = ls_migration_compare(&report, migration, failures, &call->err);
  cli_progress_wipe(&call->progress);
  if (rc) return rc;
  cli_text standard = call->out;
  call->out = (cli_text){0};
  cli_schema_report(call, report, dry_run);
  *out = call->out;
  call->out = standard;
  return LS_OK;
}

static int migrate(cli_call *call, ls_store *store, const change *c) {
  ls_migration *migration = NULL;
  cli_text report = {0};
  ls_schema_source source = {.file = c->file};
  int rc = ls_migration_begin(&migration, store, &source, &call->err);
  if (!rc && !call->quiet) rc = make_report(&report, call, migration, c->dry_run);
  if (!rc && !c->dry_run) rc = ls_migration_finish(migration, &call->err);
  if (rc || c->dry_run) ls_migration_abort(migration);
  cli_progress_wipe(&call->progress);
  if (!rc) cli_text_append(&call->out, report.data, report.size);
  cli_text_fini(&report);
  return rc ? cli_fail(call) : CLI_DONE;
}

static int set(cli_call *call, const change *c) {
  ls_store *store = NULL;
  ls_options options = cli_store_options(call);
  options.log = warn_of_others;
  int rc = ls_open(&store, c->path, &options, &call->err);
  cli_progress_wipe(&call->progress);
  if (rc == LS_ESCHEMA && !c->dry_run) return replace(call, c);
  if (rc) return cli_store_fail(call, c->path);
  return cli_store_close(call, store, migrate(call, store, c));
}

static int show(cli_call *call, const char *path) {
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  const char *json = ls_schema_json(store);
  cli_json_pretty(&call->out, json, strlen(json));
  cli_text_char(&call->out, '\n');
  return cli_store_close(call, store, CLI_DONE);
}

static int run(cli_call *call) {
  change c = {0};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &c.path, NULL},
      {"set", CLI_STRING, &c.file, NULL},
      {"dry-run", CLI_FLAG, &c.dry_run, NULL},
      CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (c.dry_run && !c.file) return cli_usage(call, "--dry-run goes with --set FILE");
  return c.file ? set(call, &c) : show(call, c.path);
}

const cli_command cli_cmd_schema = {
    "schema", "show the schema, or change it",
    "livestore schema STORE [--set FILE [--dry-run]]\n\n"
    "Show the schema document of a store. With --set, change it: the state is made anew from the log and swapped in\n"
    "whole. When the new document is wrong or the work is stopped, the old schema and state stay. Prints the hash of\n"
    "the new schema, what became of each table (rows before and after, and how many of them differ, by key), which\n"
    "events fail under it and why, and which it does not know.\n\n"
    "  --set FILE   the new schema document (docs/schema.md)\n"
    "  --dry-run    tell all that, and change nothing\n"
    "  --format F   of the report: table (default), json (an array of one object), jsonl or csv\n"
    "  --quiet      print nothing when it is set\n\n"
    "Example:\n"
    "  $ livestore schema todos >todos.json\n"
    "  $ vi todos.json\n"
    "  $ livestore schema todos --set todos.json --dry-run\n"
    "  $ livestore schema todos --set todos.json\n",
    run};
