/* livestore log - list the events of a store. */
#include "options.h"
#include "output.h"
#include "store.h"

static int print_events(cli_call *call, ls_events *events, int64_t limit) {
  static const cli_column columns[] = {
      {"position", false}, {"name", false}, {"client", false}, {"session", false}, {"args", true}};
  cli_output *output = cli_output_new(call, columns, sizeof columns / sizeof *columns);
  const ls_event *event;
  int more = 0;
  for (int64_t i = 0; (limit == 0 || i < limit) && (more = ls_events_next(&event, events, &call->err)) > 0; i++) {
    char position[LS_SEQNUM_TEXT];
    const ls_value values[] = {ls_text(ls_seqnum_format(event->seq, position)), ls_text(event->name),
                               ls_text(event->client_id), ls_text(event->session_id),
                               ls_text_n(event->args, event->args_size)};
    if (!cli_output_row(output, values)) break;
  }
  int status = cli_output_end(output);
  return more < 0 ? cli_fail(call) : status;
}

static int log_store(cli_call *call, ls_store *store, const ls_event_filter *filter, int64_t limit) {
  ls_events *events;
  if (ls_events_open(&events, store, filter, &call->err)) return cli_fail(call);
  int status = print_events(call, events, limit);
  ls_events_close(events);
  return status;
}

static int run(cli_call *call) {
  const char *path = NULL;
  ls_event_filter filter = {.name = NULL};
  int64_t limit = 0;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"since", CLI_POSITION, &filter.since, NULL},
      {"until", CLI_POSITION, &filter.until, NULL},
      {"name", CLI_STRING, &filter.name, NULL},
      {"client", CLI_STRING, &filter.client_id, NULL},
      {"session", CLI_STRING, &filter.session_id, NULL},
      {"limit", CLI_NUMBER, &limit, NULL},
      CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, log_store(call, store, &filter, limit));
}

const cli_command cli_cmd_log = {
    "log", "list events",
    "livestore log STORE [OPTION ...]\n\n"
    "List the events of the log in their order: position, name, who wrote it, and its arguments.\n\n"
    "  --since P     those after position P, such as e5 or e5.1\n"
    "  --until P     those up to P, with it\n"
    "  --name GLOB   those of a name; * stands for anything\n"
    "  --client ID   those that a client wrote\n"
    "  --session ID  those of a session\n"
    "  --limit N     the first N of them\n"
    "  --format F    table (default), json (an array of objects), jsonl (an object a line) or csv\n\n"
    "Example:\n"
    "  $ livestore log todos --since e1 --name 'v1.Todo*'\n"
    "  position  name              client  session  args\n"
    "  e2        v1.TodoCompleted  me      tty      {\"id\":\"a\"}\n",
    run};
