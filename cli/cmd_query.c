/* livestore query - read the state with SQL. */
#include <stdlib.h>

#include "memory.h"
#include "number.h"
#include "options.h"
#include "output.h"
#include "store.h"

static int print_rows(cli_call *call, ls_query *query) {
  size_t n = ls_query_columns(query);
  cli_column *columns = cli_realloc(NULL, n, sizeof *columns);
  ls_value *values = cli_realloc(NULL, n, sizeof *values);
  for (size_t i = 0; i < n; i++) columns[i] = (cli_column){ls_query_name(query, i), false};
  cli_output *output = cli_output_new(call, columns, n);
  int more;
  while ((more = ls_query_next(query, &call->err)) > 0) {
    for (size_t i = 0; i < n; i++) values[i] = ls_query_value(query, i);
    if (!cli_output_row(output, values)) break;
  }
  int status = cli_output_end(output);
  free(columns);
  free(values);
  return more < 0 ? cli_fail(call) : status;
}

typedef struct question {
  const char *sql;
  cli_rest params;
  bool as_text;
  ls_seqnum at; /* LATEST for the present */
} question;

static const ls_seqnum LATEST = {-1, 0, 0};

static int open_query(ls_query **out, ls_view **view, cli_call *call, ls_store *store, const question *q,
                      const ls_value *values) {
  if (q->at.global < 0) return ls_query_open(out, store, q->sql, values, q->params.n, &call->err);
  int rc = ls_at(view, store, q->at, &call->err);
  cli_progress_wipe(&call->progress);
  return rc ? rc : ls_view_query(out, *view, q->sql, values, q->params.n, &call->err);
}

static int query_store(cli_call *call, ls_store *store, const question *q) {
  const cli_rest *params = &q->params;
  ls_query *query;
  ls_view *view = NULL; /* closed with the store */
  ls_value *values = cli_realloc(NULL, params->n, sizeof *values);
  for (size_t i = 0; i < params->n; i++) {
    values[i] = q->as_text ? ls_text(params->items[i]) : cli_value_typed(params->items[i]);
  }
  int rc = open_query(&query, &view, call, store, q, values);
  free(values);
  if (rc) return cli_fail(call);
  int status = print_rows(call, query);
  ls_query_close(query);
  return status;
}

static int run(cli_call *call) {
  const char *path = NULL;
  question q = {.at = LATEST};
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL}, {"SQL", CLI_OPERAND, &q.sql, NULL},   {"PARAM", CLI_REST, &q.params, NULL},
      {"at", CLI_POSITION, &q.at, NULL},   {"text", CLI_FLAG, &q.as_text, NULL}, CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  return cli_store_close(call, store, query_store(call, store, &q));
}

const cli_command cli_cmd_query = {
    "query", "read the tables with SQL",
    "livestore query STORE SQL [PARAM ...]\n\n"
    "Run one SQL statement that reads, and print its rows. Each PARAM is the value of a ? in it, in order: null, true\n"
    "(1), false (0) and what JSON takes for a number are that, anything else is text. Tables cannot be written to in\n"
    "this way: commit an event instead. In JSON, columns of the same name need another one (AS) to be told apart.\n\n"
    "  --at P       the tables as they were at position P, such as e5 or e5.1; e0 is before the first event\n"
    "  --format F   table (default), json (an array of objects), jsonl (an object a line) or csv\n"
    "  --text       take every PARAM as text\n\n"
    "Example:\n"
    "  $ livestore query todos 'SELECT id, text FROM todos WHERE completed = ?' 0\n"
    "  id  text\n"
    "  a   Buy milk\n",
    run};
