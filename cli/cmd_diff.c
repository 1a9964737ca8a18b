/* livestore diff - the rows that differ between two positions. */
#include "interrupt.h"
#include "options.h"
#include "show_change.h"
#include "store.h"

typedef struct printer {
  cli_call *call;
  bool begun;
} printer;

static int print_lines(void *user, const ls_change *change) {
  printer *p = user;
  if (p->begun) cli_text_char(&p->call->out, '\n');
  p->begun = true;
  cli_progress_wipe(&p->call->progress);
  cli_show_change(p->call, change, false);
  return p->call->out.error || cli_interrupted();
}

static int diff_lines(cli_call *call, ls_store *store, ls_seqnum from, ls_seqnum to) {
  char one[LS_SEQNUM_TEXT], other[LS_SEQNUM_TEXT];
  printer p = {.call = call};
  if (ls_diff(store, from, to, print_lines, &p, &call->err)) return cli_fail(call);
  if (p.begun) return CLI_DONE;
  cli_progress_wipe(&call->progress);
  cli_text_printf(&call->out, "%s and %s hold the same rows\n", ls_seqnum_format(from, one),
                  ls_seqnum_format(to, other));
  return CLI_DONE;
}

static int diff_rows(cli_call *call, ls_store *store, ls_seqnum from, ls_seqnum to) {
  cli_change_rows rows;
  cli_change_rows_begin(&rows, call);
  int rc = ls_diff(store, from, to, cli_change_rows_add, &rows, &call->err);
  int status = cli_change_rows_end(&rows);
  return rc ? cli_fail(call) : status;
}

static int run(cli_call *call) {
  const char *path = NULL, *p = NULL, *q = NULL;
  ls_seqnum from, to;
  const cli_option known[] = {
      {"STORE", CLI_OPERAND, &path, NULL},
      {"P", CLI_OPERAND, &p, NULL},
      {"Q", CLI_OPERAND, &q, NULL},
      CLI_FORMAT_OPTION(call),
  };
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  if (ls_seqnum_parse(&from, p, &call->err) || ls_seqnum_parse(&to, q, &call->err)) {
    return cli_usage(call, "%s", call->err.text);
  }
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int status = call->format == CLI_TABLE ? diff_lines(call, store, from, to) : diff_rows(call, store, from, to);
  return cli_store_close(call, store, status);
}

const cli_command cli_cmd_diff = {
    "diff", "rows that differ between two positions",
    "livestore diff STORE P Q\n\n"
    "Show the rows that are not the same at the positions P and Q (such as e5 or e5.1; e0 is before the first event):\n"
    "there at Q only (+), at P only (-), or other at Q than at P (~). What was changed and changed back in between is "
    "the\n"
    "same. Q may stand before P.\n\n"
    "  --format F   table (default), json (an array of objects), jsonl (an object a line) or csv\n\n"
    "Example:\n"
    "  $ livestore diff todos e1 e4\n"
    "  ~ todos\n"
    "      id         'a'\n"
    "      text       'Buy milk'\n"
    "      completed  0 → 1\n",
    run};
