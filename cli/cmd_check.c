/* livestore check - verify the log and the state of a store. */
#include <string.h>

#include "json.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "store.h"

typedef struct listing {
  cli_call *call;
  cli_text json; /* the findings as a JSON array, for all formats but tables */
} listing;

static void add_finding(void *user, const ls_finding *finding) {
  listing *l = user;
  char position[LS_SEQNUM_TEXT];
  bool placed = finding->seq.global > 0 || finding->seq.client > 0;
  ls_seqnum_format(finding->seq, position);
  if (l->call->format == CLI_TABLE) {
    cli_progress_wipe(&l->call->progress);
    cli_text_printf(&l->call->out, "%s%s%s\n", placed ? position : "", placed ? ": " : "", finding->text);
    return;
  }
  cli_text_put(&l->json, l->json.size == 0 ? "[" : ", ");
  cli_text_printf(&l->json, "{\"code\": \"%s\", \"position\": ", ls_code_name(finding->code));
  cli_json_value(&l->json, placed ? ls_text(position) : ls_null());
  cli_text_put(&l->json, ", \"text\": ");
  cli_json_string(&l->json, finding->text, strlen(finding->text));
  cli_text_char(&l->json, '}');
}

static void print_summary(cli_call *call, const ls_check_report *report) {
  char events[CLI_NUMBER_TEXT], findings[CLI_NUMBER_TEXT], last[LS_SEQNUM_TEXT];
  const cli_style *style = &call->terminal.style;
  cli_text *out = &call->out;
  cli_text_printf(out, "%s read, good up to %s\n", cli_number_events(events, report->events),
                  ls_seqnum_format(report->last_good, last));
  cli_text_printf(out, "log    %s\n", report->log_hash[0] ? report->log_hash : "not known");
  cli_text_printf(out, "state  %s\n", report->state_hash[0] ? report->state_hash : "not known");
  cli_number_grouped(findings, report->findings);
  if (report->findings == 0)
    cli_text_printf(out, "%snothing is wrong%s\n", style->green, style->end);
  else
    cli_text_printf(out, "%s%s finding%s%s\n", style->red, findings, report->findings == 1 ? "" : "s", style->end);
}

static void print_record(cli_call *call, const ls_check_report *report, const cli_text *findings) {
  static const cli_column columns[] = {{"events", false},    {"lastGood", false}, {"logHash", false},
                                       {"stateHash", false}, {"findings", false}, {"list", true}};
  char last[LS_SEQNUM_TEXT];
  const ls_value values[] = {ls_int((int64_t)report->events),
                             ls_text(ls_seqnum_format(report->last_good, last)),
                             report->log_hash[0] ? ls_text(report->log_hash) : ls_null(),
                             report->state_hash[0] ? ls_text(report->state_hash) : ls_null(),
                             ls_int((int64_t)report->findings),
                             ls_text_n(findings->data, findings->size)};
  cli_output_record(call, columns, values, sizeof columns / sizeof *columns);
}

static int run(cli_call *call) {
  const char *path = NULL;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}, CLI_FORMAT_OPTION(call)};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_options options = cli_store_options(call);
  listing list = {.call = call};
  ls_check_report report;
  int rc = ls_check(&report, path, &options, add_finding, &list, &call->err);
  cli_progress_wipe(&call->progress);
  int status = rc ? cli_store_fail(call, path) : report.findings > 0 ? CLI_FAILED : CLI_DONE;
  if (!rc && call->format == CLI_TABLE && !call->quiet) print_summary(call, &report);
  if (!rc && call->format != CLI_TABLE) {
    cli_text_put(&list.json, list.json.size == 0 ? "[]" : "]");
    print_record(call, &report, &list.json);
  }
  cli_text_fini(&list.json);
  return status;
}

const cli_command cli_cmd_check = {
    "check", "verify the log and the state",
    "livestore check STORE\n\n"
    "Read the whole log and verify that the file is sound, that each event follows the one before, that its arguments\n"
    "fit the schema, and that replaying the log gives the state that is kept. Changes nothing. Prints what is wrong, "
    "a\n"
    "finding a line, and digests of the log and of the state: two stores with equal events have equal ones.\n"
    "The exit status is 1 when something is wrong; livestore export then saves what can be read.\n\n"
    "  --format F   table (default), json (an array of one object), jsonl or csv\n"
    "  --quiet      print the findings only\n\n"
    "Example:\n"
    "  $ livestore check todos\n"
    "  2 events read, good up to e2\n"
    "  log    3f1c8a52d0e94b7796b8a4a1c0d5e2f3\n"
    "  state  81d2b7c4e9f04a63a55e7d1c9b3f6028\n"
    "  nothing is wrong\n",
    run};
