#include "schema_report.h"

#include <string.h>

#include "display.h"
#include "json.h"
#include "number.h"
#include "output.h"

/* ---- for people ---- */

static void put_shown(cli_text *out, const char *text) { cli_display_append(out, text, strlen(text)); }

/* A declaration may be empty. */
static void put_declared(cli_text *out, const char *declared) {
  if (!*declared) return;
  cli_text_char(out, ' ');
  put_shown(out, declared);
}

static void put_columns(cli_text *out, const ls_table_change *table) {
  for (size_t i = 0; i < table->n_columns; i++) {
    const ls_column_change *column = &table->columns[i];
    if (i > 0) cli_text_put(out, ", ");
    if (!column->before || !column->after) cli_text_char(out, column->after ? '+' : '-');
    put_shown(out, column->name);
    if (column->before) put_declared(out, column->before);
    if (column->before && column->after) cli_text_put(out, " →");
    if (column->after) put_declared(out, column->after);
  }
}

static void put_note(cli_text *out, const ls_table_change *table) {
  out->size = 0;
  if (!table->before || !table->after) {
    cli_text_put(out, table->after ? "new table" : "table is gone");
    return;
  }
  put_columns(out, table);
  if (!table->compared) cli_text_put(out, table->n_columns ? "; another key" : "another key");
  if (out->size == 0) cli_text_put(out, "as before");
}

static void print_tables(cli_call *call, const ls_migration_report *report) {
  static const cli_column columns[] = {{"table", false},   {"before", false},  {"after", false},  {"added", false},
                                       {"changed", false}, {"removed", false}, {"columns", false}};
  cli_text note = {0};
  cli_text_char(&call->out, '\n');
  cli_output *output = cli_output_new(call, columns, sizeof columns / sizeof *columns);
  for (size_t i = 0; i < report->n_tables; i++) {
    const ls_table_change *t = &report->tables[i];
    put_note(&note, t);
    const ls_value values[] = {ls_text(t->name),
                               ls_int((int64_t)t->rows_before),
                               ls_int((int64_t)t->rows_after),
                               ls_int((int64_t)t->added),
                               ls_int((int64_t)t->changed),
                               ls_int((int64_t)t->removed),
                               ls_text_n(note.size ? note.data : "", note.size)};
    if (!cli_output_row(output, values)) break;
  }
  cli_output_end(output);
  cli_text_fini(&note);
}

static void print_failures(cli_call *call, const ls_migration_report *report) {
  char position[LS_SEQNUM_TEXT], more[CLI_NUMBER_TEXT];
  cli_text *out = &call->out;
  cli_text_put(out, "\nfailed:\n");
  for (size_t i = 0; i < report->n_failures; i++) {
    cli_text_printf(out, "  %s  ", ls_seqnum_format(report->failures[i].seq, position));
    put_shown(out, report->failures[i].error);
    cli_text_char(out, '\n');
  }
  uint64_t left = report->failed - report->n_failures;
  if (left > 0) cli_text_printf(out, "  and %s more\n", cli_number_grouped(more, left));
}

static void print_unknown(cli_call *call, const ls_migration_report *report) {
  char events[CLI_NUMBER_TEXT];
  cli_text *out = &call->out;
  cli_text_put(out, "\nunknown to the schema, kept in the log:\n");
  for (size_t i = 0; i < report->n_unknown; i++) {
    cli_text_put(out, "  ");
    put_shown(out, report->unknown[i].name);
    cli_text_printf(out, "  %s\n", cli_number_events(events, report->unknown[i].events));
  }
}

static void print_lines(cli_call *call, const ls_migration_report *report, bool dry_run) {
  char events[CLI_NUMBER_TEXT], failed[CLI_NUMBER_TEXT], before[CLI_NUMBER_TEXT];
  const cli_style *style = &call->terminal.style;
  cli_text *out = &call->out;
  cli_text_printf(out, "schema %s%s\n", report->schema_hash, dry_run ? ", not set: this is a dry run" : "");
  cli_text_printf(out, "%s replayed", cli_number_events(events, report->events));
  if (report->failed > 0) {
    cli_text_printf(out, ", %s%s failed%s", style->red, cli_number_grouped(failed, report->failed), style->end);
  } else {
    cli_text_put(out, ", none failed");
  }
  if (report->failed_before != report->failed) {
    cli_text_printf(out, " (%s before)", cli_number_grouped(before, report->failed_before));
  }
  cli_text_char(out, '\n');
  if (report->n_tables > 0) print_tables(call, report);
  if (report->n_failures > 0) print_failures(call, report);
  if (report->n_unknown > 0) print_unknown(call, report);
}

/* ---- for programs ---- */

static void put_key(cli_text *out, const char *before, const char *key) {
  cli_text_printf(out, "%s\"%s\": ", before, key);
}

static void put_string(cli_text *out, const char *text) {
  if (text)
    cli_json_string(out, text, strlen(text));
  else
    cli_text_put(out, "null");
}

static void put_count(cli_text *out, const char *before, const char *key, bool there, uint64_t n) {
  put_key(out, before, key);
  cli_json_value(out, there ? ls_int((int64_t)n) : ls_null());
}

static void put_table_json(cli_text *out, const ls_table_change *t) {
  put_key(out, "{", "name");
  put_string(out, t->name);
  put_count(out, ", ", "before", t->before, t->rows_before);
  put_count(out, ", ", "after", t->after, t->rows_after);
  put_count(out, ", ", "added", true, t->added);
  put_count(out, ", ", "changed", true, t->changed);
  put_count(out, ", ", "removed", true, t->removed);
  put_key(out, ", ", "columns");
  cli_text_char(out, '[');
  for (size_t i = 0; i < t->n_columns; i++) {
    put_key(out, i > 0 ? ", {" : "{", "name");
    put_string(out, t->columns[i].name);
    put_key(out, ", ", "before");
    put_string(out, t->columns[i].before);
    put_key(out, ", ", "after");
    put_string(out, t->columns[i].after);
    cli_text_char(out, '}');
  }
  cli_text_put(out, "]}");
}

static void put_failure_json(cli_text *out, const ls_failed_event *event) {
  char position[LS_SEQNUM_TEXT];
  put_key(out, "{", "position");
  put_string(out, ls_seqnum_format(event->seq, position));
  put_key(out, ", ", "name");
  put_string(out, event->name);
  put_key(out, ", ", "error");
  put_string(out, event->error);
  cli_text_char(out, '}');
}

static void put_unknown_json(cli_text *out, const ls_event_count *event) {
  put_key(out, "{", "name");
  put_string(out, event->name);
  put_count(out, ", ", "events", true, event->events);
  cli_text_char(out, '}');
}

/* Lists of JSON texts; each is a column of the record. */
static ls_value list_tables(cli_text *out, const ls_migration_report *report) {
  cli_text_char(out, '[');
  for (size_t i = 0; i < report->n_tables; i++) {
    if (i > 0) cli_text_put(out, ", ");
    put_table_json(out, &report->tables[i]);
  }
  cli_text_char(out, ']');
  return ls_text_n(out->data, out->size);
}

static ls_value list_failures(cli_text *out, const ls_migration_report *report) {
  cli_text_char(out, '[');
  for (size_t i = 0; i < report->n_failures; i++) {
    if (i > 0) cli_text_put(out, ", ");
    put_failure_json(out, &report->failures[i]);
  }
  cli_text_char(out, ']');
  return ls_text_n(out->data, out->size);
}

static ls_value list_unknown(cli_text *out, const ls_migration_report *report) {
  cli_text_char(out, '[');
  for (size_t i = 0; i < report->n_unknown; i++) {
    if (i > 0) cli_text_put(out, ", ");
    put_unknown_json(out, &report->unknown[i]);
  }
  cli_text_char(out, ']');
  return ls_text_n(out->data, out->size);
}

static void print_record(cli_call *call, const ls_migration_report *report) {
  static const cli_column columns[] = {{"schema", false},       {"events", false},  {"failed", false},
                                       {"failedBefore", false}, {"failures", true}, {"unknown", true},
                                       {"tables", true}};
  cli_text failures = {0}, unknown = {0}, tables = {0};
  const ls_value values[] = {ls_text(report->schema_hash),     ls_int((int64_t)report->events),
                             ls_int((int64_t)report->failed),  ls_int((int64_t)report->failed_before),
                             list_failures(&failures, report), list_unknown(&unknown, report),
                             list_tables(&tables, report)};
  cli_output_record(call, columns, values, sizeof columns / sizeof *columns);
  cli_text_fini(&failures);
  cli_text_fini(&unknown);
  cli_text_fini(&tables);
}

void cli_schema_report(cli_call *call, const ls_migration_report *report, bool dry_run) {
  if (call->format == CLI_TABLE)
    print_lines(call, report, dry_run);
  else
    print_record(call, report);
}
