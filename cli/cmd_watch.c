/* livestore watch - commit events as they come in, and show what a query gives after each of them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event_line.h"
#include "interrupt.h"
#include "memory.h"
#include "number.h"
#include "options.h"
#include "store.h"
#include "table.h"

enum { LINES_BESIDE = 4 }; /* of the terminal, not for rows: names, rule, where the log stands, the cursor */

typedef struct watching {
  cli_call *call;
  ls_rows *before, *rows; /* what was shown, and what is to be shown */
  bool news;
  char *marks; /* of each row: ' ', '+' or '~' */
  size_t *removed, n_removed;
  size_t lines; /* drawn on the terminal */
  bool typed;   /* events are typed at the terminal that is drawn on */
} watching;

static void take_update(void *user, const ls_update *update) {
  watching *w = user;
  w->news = true;
  ls_rows_release(w->rows);
  w->rows = ls_rows_retain(update->rows);
  if (update->error) cli_complain(w->call, "%s", update->error->text);
}

static int mark(void *user, const ls_row_diff *diff) {
  watching *w = user;
  if (diff->op == LS_OP_DELETE)
    w->removed[w->n_removed++] = diff->before;
  else
    w->marks[diff->after] = diff->op == LS_OP_INSERT ? '+' : '~';
  return 0;
}

/* What changed since the last time; the first time, nothing did. */
static int compare(watching *w) {
  size_t n = ls_rows_count(w->rows);
  w->marks = cli_realloc(w->marks, n + 1, 1);
  w->removed = cli_realloc(w->removed, ls_rows_count(w->before) + 1, sizeof *w->removed);
  w->n_removed = 0;
  memset(w->marks, ' ', n);
  return w->before ? ls_rows_diff(w->before, w->rows, NULL, 0, mark, w, &w->call->err) : LS_OK;
}

static void put_row(cli_table *table, const cli_style *style, const ls_rows *rows, size_t row, char sign) {
  size_t n = ls_rows_columns(rows);
  ls_value *values = cli_realloc(NULL, n + 1, sizeof *values);
  values[0] = ls_text_n(&sign, 1);
  for (size_t i = 0; i < n; i++) values[i + 1] = ls_rows_value(rows, row, i);
  cli_table_look(table, sign == '+' ? style->green : sign == '-' ? style->red : sign == '~' ? style->yellow : "");
  cli_table_row(table, values);
  free(values);
}

/* On a terminal all rows, as far as there is room; otherwise those that changed, and the first time all. */
static size_t put_rows(watching *w, cli_table *table) {
  const cli_terminal *terminal = &w->call->terminal;
  size_t n = ls_rows_count(w->rows), shown = 0;
  size_t room = terminal->height > LINES_BESIDE ? terminal->height - LINES_BESIDE : terminal->height ? 1 : SIZE_MAX;
  bool all = terminal->width > 0 || !w->before;
  for (size_t i = 0; i < n && shown < room; i++) {
    if (!all && w->marks[i] == ' ') continue;
    put_row(table, &terminal->style, w->rows, i, w->marks[i]);
    shown++;
  }
  for (size_t i = 0; i < w->n_removed && shown < room; i++, shown++) {
    put_row(table, &terminal->style, w->before, w->removed[i], '-');
  }
  return shown;
}

static void put_table(watching *w) {
  size_t n = ls_rows_columns(w->rows);
  cli_column *columns = cli_realloc(NULL, n + 1, sizeof *columns);
  columns[0] = (cli_column){" ", false};
  for (size_t i = 0; i < n; i++) columns[i + 1] = (cli_column){ls_rows_name(w->rows, i), false};
  cli_table *table = cli_table_new(&w->call->out, &w->call->terminal, columns, n + 1);
  w->lines = put_rows(w, table) + LINES_BESIDE - 1;
  cli_table_end(table);
  free(columns);
}

static void put_place(watching *w, ls_seqnum at) {
  char position[LS_SEQNUM_TEXT], rows[CLI_NUMBER_TEXT];
  size_t n = ls_rows_count(w->rows);
  const cli_style *style = &w->call->terminal.style;
  cli_text_printf(&w->call->out, "%s%s: %s %s%s\n", style->dim, ls_seqnum_format(at, position),
                  cli_number_grouped(rows, n), n == 1 ? "row" : "rows", style->end);
}

static int draw(watching *w, ls_seqnum at) {
  cli_text *out = &w->call->out;
  if (!w->news || !w->rows) return CLI_DONE;
  w->news = false;
  if (compare(w)) return cli_fail(w->call);
  if (w->call->terminal.width > 0 && w->lines > 0)
    cli_text_printf(out, "\033[%zuA\r\033[J", w->lines + w->typed);
  else if (w->before)
    cli_text_char(out, '\n');
  put_place(w, at);
  put_table(w);
  ls_rows_release(w->before);
  w->before = ls_rows_retain(w->rows);
  return cli_text_flush(out) ? CLI_DONE : CLI_FAILED;
}

static int commit_line(watching *w, ls_store *store, char *line, size_t size) {
  ls_input input;
  ls_receipt receipt;
  if (line[strspn(line, " \t\r\n")] == '\0' && strlen(line) == size) return CLI_DONE;
  if (cli_event_line_read(&input, line, size, &w->call->err)) return CLI_FAILED;
  if (ls_commit(&receipt, store, input.name, input.args, &w->call->err)) return CLI_FAILED;
  return draw(w, receipt.last);
}

/* Line by line as they come: a reader of blocks would wait for more. */
static int commit_lines(watching *w, ls_store *store, FILE *file, const char *name) {
  char *line = NULL;
  size_t room = 0, number = 0;
  ssize_t size;
  int status = CLI_DONE;
  while (status == CLI_DONE && !cli_interrupted() && (size = getline(&line, &room, file)) > 0) {
    number++;
    if (line[size - 1] == '\n') line[--size] = '\0';
    w->call->err.text[0] = '\0';
    status = commit_line(w, store, line, (size_t)size);
  }
  if (status != CLI_DONE && w->call->err.text[0])
    cli_complain(w->call, "%s line %zu: %s", name, number, w->call->err.text);
  if (status == CLI_DONE && ferror(file) && !cli_interrupted()) {
    cli_complain(w->call, "%s: %s", name, strerror(errno));
    status = CLI_FAILED;
  }
  free(line);
  return status;
}

static int watch(cli_call *call, ls_store *store, const char *sql, const cli_rest *params, bool as_text, FILE *file,
                 const char *name) {
  watching w = {.call = call, .typed = call->terminal.width > 0 && isatty(fileno(file))};
  ls_node *node;
  ls_status status;
  ls_value *values = cli_realloc(NULL, params->n + 1, sizeof *values);
  for (size_t i = 0; i < params->n; i++) {
    values[i] = as_text ? ls_text(params->items[i]) : cli_value_typed(params->items[i]);
  }
  int rc = ls_watch(&node, store, sql, values, params->n, take_update, &w, &call->err);
  free(values);
  if (!rc) rc = ls_status_get(&status, store, &call->err);
  int result = rc ? cli_fail(call) : draw(&w, status.head);
  if (result == CLI_DONE) result = commit_lines(&w, store, file, name);
  ls_rows_release(w.before);
  ls_rows_release(w.rows);
  free(w.marks);
  free(w.removed);
  return result;
}

static int run(cli_call *call) {
  const char *path = NULL, *sql = NULL, *from = "-";
  cli_rest params = {NULL, 0};
  bool as_text = false;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL}, {"SQL", CLI_OPERAND, &sql, NULL},   {"PARAM", CLI_REST, &params, NULL},
      {"from", CLI_STRING, &from, NULL},   {"text", CLI_FLAG, &as_text, NULL},
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  bool is_stdin = strcmp(from, "-") == 0;
  FILE *file = is_stdin ? stdin : fopen(from, "r");
  if (!file) {
    cli_complain(call, "%s: %s", from, strerror(errno));
    return CLI_FAILED;
  }
  ls_store *store = cli_store_open_usual(call, path);
  int status = CLI_FAILED;
  const char *name = is_stdin ? "standard input" : from;
  if (store) status = cli_store_close(call, store, watch(call, store, sql, &params, as_text, file, name));
  if (!is_stdin) fclose(file);
  return status;
}

const cli_command cli_cmd_watch = {
    "watch", "commit events as they come, and see a query change",
    "livestore watch STORE SQL [PARAM ...] [--from FILE]\n\n"
    "Show what a query gives, and commit the events that come in on standard input, or those of FILE, a line each as\n"
    "{\"name\": ..., \"args\": {...}}. Whenever one of them changes the answer, it is shown again: on a terminal in\n"
    "place, with what changed marked; otherwise as the rows that changed. In front of a row + says that it is new, ~\n"
    "that it changed, and - that it has gone. An event that fails ends the work. PARAM is as in livestore query.\n\n"
    "  --from FILE  the events (default -, standard input)\n"
    "  --text       take every PARAM as text\n\n"
    "Example:\n"
    "  $ livestore watch todos 'SELECT id, text FROM todos' --from events.jsonl\n"
    "  e1: 1 row\n"
    "     id  text\n"
    "     a   Buy milk\n"
    "  \n"
    "  e2: 2 rows\n"
    "     id  text\n"
    "  +  b   Bake bread\n",
    run};
