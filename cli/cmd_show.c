/* livestore show - one event, and the rows it changed. */
#include "interrupt.h"
#include "json.h"
#include "options.h"
#include "show_change.h"
#include "store.h"

static void print_event(cli_call *call, const ls_event *event) {
  const cli_style *style = &call->terminal.style;
  char position[LS_SEQNUM_TEXT], parent[LS_SEQNUM_TEXT];
  cli_text *out = &call->out;
  cli_text_printf(out, "%s%s  %s%s\n", style->bold, ls_seqnum_format(event->seq, position), event->name, style->end);
  cli_text_printf(out, "%sby client %s, session %s, after %s%s\n", style->dim, event->client_id, event->session_id,
                  ls_seqnum_format(event->parent, parent), style->end);
  cli_json_pretty(out, event->args, event->args_size);
  cli_text_char(out, '\n');
}

/* Print the event itself, if there is one. Returns what ls_events_next does. */
static int print_event_at(cli_call *call, ls_store *store, ls_seqnum seq) {
  ls_events *events;
  const ls_event *event;
  ls_event_filter filter = {.until = seq};
  filter.since = seq.client > 0 ? (ls_seqnum){seq.global, seq.client - 1, LS_SEQNUM_MAX_GLOBAL}
                                : (ls_seqnum){seq.global - 1, LS_SEQNUM_MAX_CLIENT, 0};
  int rc = ls_events_open(&events, store, &filter, &call->err);
  if (rc) return rc;
  rc = ls_events_next(&event, events, &call->err);
  if (rc > 0) print_event(call, event);
  ls_events_close(events);
  return rc;
}

static int print_change(void *user, const ls_change *change) {
  cli_call *call = user;
  cli_text_char(&call->out, '\n');
  cli_show_change(call, change, false);
  return call->out.error || cli_interrupted();
}

static int show_lines(cli_call *call, ls_store *store, ls_seqnum seq) {
  if (seq.global > 0 || seq.client > 0) {
    if (print_event_at(call, store, seq) < 0) return cli_fail(call);
  }
  return ls_event_changes(store, seq, print_change, call, &call->err) ? cli_fail(call) : CLI_DONE;
}

static int show_rows(cli_call *call, ls_store *store, ls_seqnum seq) {
  cli_change_rows rows;
  cli_change_rows_begin(&rows, call);
  int rc = ls_event_changes(store, seq, cli_change_rows_add, &rows, &call->err);
  int status = cli_change_rows_end(&rows);
  return rc ? cli_fail(call) : status;
}

static int run(cli_call *call) {
  const char *path = NULL, *position = NULL;
  ls_seqnum seq;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"P", CLI_OPERAND, &position, NULL},
      CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (ls_seqnum_parse(&seq, position, &call->err)) return cli_usage(call, "%s", call->err.text);
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int status = call->format == CLI_TABLE ? show_lines(call, store, seq) : show_rows(call, store, seq);
  return cli_store_close(call, store, status);
}

const cli_command cli_cmd_show = {
    "show", "one event, and the rows it changed",
    "livestore show STORE P\n\n"
    "Show the event at position P (such as e5, or e5.1 for one that stays on this device): who wrote it, its\n"
    "arguments, and each row that it inserted (+), updated (~) or deleted (-).\n\n"
    "  --format F   table (default); or only the rows, as json (an array of objects), jsonl (an object a line) or "
    "csv\n\n"
    "Example:\n"
    "  $ livestore show todos e2\n"
    "  e2  v1.TodoCompleted\n"
    "  by client me, session tty, after e1\n"
    "  {\"id\": \"a\"}\n\n"
    "  ~ todos\n"
    "      id         'a'\n"
    "      text       'Buy milk'\n"
    "      completed  0 → 1\n",
    run};
