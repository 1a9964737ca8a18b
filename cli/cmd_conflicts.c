/* livestore conflicts - commits that were set aside: list them, commit them anew, drop them. */
#include <inttypes.h>
#include <stdlib.h>

#include "memory.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "store.h"

static const char *cause_name(ls_conflict_cause cause) {
  static const char *const names[] = {"rebase", "undone", "refused", "backend"}; /* in the order of ls_conflict_cause */
  return (size_t)cause < sizeof names / sizeof *names ? names[cause] : "?";
}

/* A row for each event; the reason stands beside the one at fault. */
static int print_conflict(void *user, const ls_conflict *conflict) {
  cli_output *output = user;
  for (size_t i = 0; i < conflict->n; i++) {
    const ls_event *event = &conflict->events[i];
    char position[LS_SEQNUM_TEXT];
    const ls_value values[] = {ls_int(conflict->id),
                               ls_text(cause_name(conflict->cause)),
                               ls_text(ls_seqnum_format(event->seq, position)),
                               ls_text(event->name),
                               ls_text_n(event->args, event->args_size),
                               i == conflict->item ? ls_text(conflict->error) : ls_null()};
    if (!cli_output_row(output, values)) return 1;
  }
  return 0;
}

static int list(cli_call *call, ls_store *store) {
  static const cli_column columns[] = {{"conflict", false}, {"cause", false}, {"position", false},
                                       {"event", false},    {"args", true},   {"error", false}};
  ls_status status;
  if (ls_status_get(&status, store, &call->err)) return cli_fail(call);
  if (!status.conflicts && call->format == CLI_TABLE) {
    if (!call->quiet) cli_text_put(&call->out, "no conflicts\n");
    return CLI_DONE;
  }
  cli_output *output = cli_output_new(call, columns, sizeof columns / sizeof *columns);
  int rc = ls_conflicts(store, print_conflict, output, &call->err);
  int ended = cli_output_end(output);
  return rc ? cli_fail(call) : ended;
}

static int retry(cli_call *call, ls_store *store, int64_t id, const cli_rest *words) {
  ls_receipt receipt;
  char position[LS_SEQNUM_TEXT];
  size_t n = words->n / 2;
  ls_input *inputs = n ? cli_realloc(NULL, n, sizeof *inputs) : NULL;
  for (size_t i = 0; i < n; i++) inputs[i] = (ls_input){words->items[2 * i], words->items[2 * i + 1]};
  int rc = ls_conflict_retry(&receipt, store, id, inputs, n, &call->err);
  free(inputs);
  if (rc == LS_ENOTFOUND) return cli_fail(call);
  if (rc) {
    cli_complain(call, "conflict %" PRId64 " stays on the list: %s", id, call->err.text);
    return CLI_FAILED;
  }
  if (!call->quiet) cli_text_printf(&call->out, "%s\n", ls_seqnum_format(receipt.last, position));
  return CLI_DONE;
}

static int drop(cli_call *call, ls_store *store, int64_t id) {
  return ls_conflict_drop(store, id, &call->err) ? cli_fail(call) : CLI_DONE;
}

typedef enum action { LIST, RETRY, DROP, UNKNOWN } action;

static action action_of(const char *word) {
  if (!word || strcmp(word, "list") == 0) return LIST;
  if (strcmp(word, "retry") == 0) return RETRY;
  return strcmp(word, "drop") == 0 ? DROP : UNKNOWN;
}

/* 0 when the words fit the action. */
static int check_words(cli_call *call, action what, const char *word, const char *id, const cli_rest *events) {
  if (what == UNKNOWN) return cli_usage(call, "\"%s\" is not list, retry or drop", word);
  if (what == LIST && id) return cli_usage(call, "list takes no more arguments");
  if (what == LIST) return CLI_DONE;
  if (!id) return cli_usage(call, "the number of a conflict is missing");
  if (what == DROP && events->n) return cli_usage(call, "drop takes one number");
  if (events->n % 2) return cli_usage(call, "each EVENT needs its arguments, {} for none");
  ls_value number = cli_value_typed(id);
  if (number.type == LS_TYPE_INT && number.as.i > 0) return CLI_DONE;
  return cli_usage(call, "the number of a conflict is 1 or more, not \"%s\"", id);
}

static int run(cli_call *call) {
  const char *path = NULL, *word = NULL, *id = NULL;
  cli_rest events = {NULL, 0};
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL},
                              {"list|retry|drop", CLI_OPTIONAL, &word, NULL},
                              {"ID", CLI_OPTIONAL, &id, NULL},
                              {"EVENT", CLI_REST, &events, NULL},
                              CLI_FORMAT_OPTION(call)};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  action what = action_of(word);
  int wrong = check_words(call, what, word, id, &events);
  if (wrong) return wrong;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int64_t number = id ? cli_value_typed(id).as.i : 0;
  int status = what == LIST    ? list(call, store)
               : what == RETRY ? retry(call, store, number, &events)
                               : drop(call, store, number);
  return cli_store_close(call, store, status);
}

const cli_command cli_cmd_conflicts = {
    "conflicts", "commits that were set aside",
    "livestore conflicts STORE [list]\n"
    "livestore conflicts STORE retry ID [EVENT ARGS-JSON ...]\n"
    "livestore conflicts STORE drop ID\n\n"
    "List the commits that can no longer be and were set aside, the oldest first, a row for each of their events:\n\n"
    "  conflict   the number that retry and drop take\n"
    "  cause      rebase   what came from the server broke it\n"
    "             undone   it is an undo or redo of a commit that was set aside\n"
    "             refused  the server will not take it\n"
    "             backend  the server that it was meant for was replaced by another\n"
    "  position   where the event stood last\n"
    "  error      why, beside the event at fault\n\n"
    "retry commits the events anew, or the given ones in their stead, and prints the position of the last; the\n"
    "conflict is gone then. drop takes it off the list for good.\n\n"
    "  --format F   table (default), json (an array of objects), jsonl (an object a line) or csv\n"
    "  --quiet      print no position\n\n"
    "Example:\n"
    "  $ livestore conflicts todos\n"
    "  $ livestore conflicts todos retry 1 v1.TodoCreated '{\"id\": \"b\", \"text\": \"Buy milk\"}'\n",
    run};
