/* livestore history - every event that ever changed a row. */
#include <stdlib.h>

#include "interrupt.h"
#include "memory.h"
#include "options.h"
#include "show_change.h"
#include "store.h"

typedef struct printer {
  cli_call *call;
  cli_output *output; /* NULL: as lines */
  cli_text before, after;
  ls_seqnum last; /* the event printed last */
} printer;

static bool same(ls_seqnum a, ls_seqnum b) { return ls_seqnum_compare(a, b) == 0; }

static void print_event(printer *p, const ls_event *event) {
  cli_call *call = p->call;
  const cli_style *style = &call->terminal.style;
  char position[LS_SEQNUM_TEXT];
  if (same(p->last, event->seq)) return;
  cli_text_printf(&call->out, "%s%s%s  %s%s", p->last.global < 0 ? "" : "\n", style->bold,
                  ls_seqnum_format(event->seq, position), event->name, style->end);
  cli_text_printf(&call->out, "  %sby client %s, session %s%s\n", style->dim, event->client_id, event->session_id,
                  style->end);
  p->last = event->seq;
}

static int print_lines(void *user, const ls_event *event, const ls_change *change) {
  printer *p = user;
  cli_progress_wipe(&p->call->progress);
  print_event(p, event);
  cli_show_change(p->call, change, true);
  return p->call->out.error || cli_interrupted();
}

static int print_row(void *user, const ls_event *event, const ls_change *change) {
  printer *p = user;
  char position[LS_SEQNUM_TEXT];
  const ls_value values[] = {ls_text(ls_seqnum_format(event->seq, position)),
                             ls_text(event->name),
                             ls_text(event->client_id),
                             ls_text(event->session_id),
                             ls_text(cli_op_name(change->op)),
                             cli_change_row(&p->before, change, change->before),
                             cli_change_row(&p->after, change, change->after)};
  return !cli_output_row(p->output, values);
}

/* A blob is written as it is shown: x'00ff'. */
static bool take_blob(ls_value *out, char *text) {
  size_t size = strlen(text);
  if (size < 3 || size % 2 == 0 || text[0] != 'x' || text[1] != '\'' || text[size - 1] != '\'') return false;
  if (strspn(text + 2, "0123456789abcdefABCDEF") != size - 3) return false;
  for (size_t i = 2; i + 1 < size; i += 2) {
    const char pair[] = {text[i], text[i + 1], '\0'};
    text[i / 2 - 1] = (char)strtol(pair, NULL, 16);
  }
  *out = ls_blob(text, (size - 3) / 2);
  return true;
}

static int history_of(cli_call *call, ls_store *store, const char *table, const cli_rest *key) {
  static const cli_column columns[] = {{"position", false}, {"event", false}, {"client", false}, {"session", false},
                                       {"op", false},       {"before", true}, {"after", true}};
  ls_value *values = cli_realloc(NULL, key->n, sizeof *values);
  for (size_t i = 0; i < key->n; i++) {
    if (!take_blob(&values[i], key->items[i])) values[i] = ls_text(key->items[i]);
  }
  printer p = {.call = call, .last = {-1, 0, 0}};
  bool rows = call->format != CLI_TABLE;
  if (rows) p.output = cli_output_new(call, columns, sizeof columns / sizeof *columns);
  int rc = ls_history(store, table, values, key->n, rows ? print_row : print_lines, &p, &call->err);
  int status = rows ? cli_output_end(p.output) : CLI_DONE;
  cli_text_fini(&p.before);
  cli_text_fini(&p.after);
  free(values);
  return rc ? cli_fail(call) : status;
}

static int run(cli_call *call) {
  const char *path = NULL, *table = NULL;
  cli_rest key = {NULL, 0};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"TABLE", CLI_OPERAND, &table, NULL},
      {"KEY", CLI_REST, &key, NULL},
      CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (key.n == 0) return cli_usage(call, "KEY is missing");
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, history_of(call, store, table, &key));
}

const cli_command cli_cmd_history = {
    "history", "what ever happened to a row",
    "livestore history STORE TABLE KEY ...\n\n"
    "Show every event that changed the row with this primary key, oldest first: who wrote it, and what the row "
    "became.\n"
    "A key of several columns takes as many arguments; a blob is written x'00ff'. A row whose key was changed has "
    "been\n"
    "two: the history of the one ends, and that of the other begins, with that event.\n\n"
    "  --format F   table (default); or a row for each change, as json (an array of objects), jsonl (an object a "
    "line)\n"
    "               or csv\n\n"
    "Example:\n"
    "  $ livestore history todos todos a\n"
    "  e1  v1.TodoCreated  by client me, session tty\n"
    "  + todos\n"
    "      id         'a'\n"
    "      text       'Buy milk'\n"
    "      completed  0\n\n"
    "  e2  v1.TodoCompleted  by client me, session tty\n"
    "  ~ todos\n"
    "      completed  0 → 1\n",
    run};
