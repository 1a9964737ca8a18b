#include "undo.h"

#include "number.h"
#include "options.h"
#include "store.h"

static void print(cli_call *call, const ls_receipt *receipt, int64_t n, const char *done) {
  char first[LS_SEQNUM_TEXT], last[LS_SEQNUM_TEXT];
  ls_seqnum_format(receipt->first, first);
  ls_seqnum_format(receipt->last, last);
  if (n == 1)
    cli_text_printf(&call->out, "%s\n", last);
  else
    cli_text_printf(&call->out, "%lld commits %s, %s to %s\n", (long long)n, done, first, last);
}

int cli_undo_run(cli_call *call, cli_undo_fn fn, const char *done) {
  const char *path = NULL, *count = NULL;
  ls_receipt receipt;
  const cli_option known[] = {{"STORE", CLI_OPERAND, &path, NULL}, {"N", CLI_OPTIONAL, &count, NULL}};
  if (!CLI_OPTIONS_READ(call, known)) return call->status;
  ls_value number = count ? cli_value_typed(count) : ls_int(1);
  if (number.type != LS_TYPE_INT || number.as.i < 1) {
    return cli_usage(call, "N must be a whole number of 1 or more, not \"%s\"", count);
  }
  ls_store *store = cli_store_open_usual(call, path);
  if (!store) return CLI_FAILED;
  int status = fn(&receipt, store, (size_t)number.as.i, &call->err) ? cli_fail(call) : CLI_DONE;
  if (status == CLI_DONE && !call->quiet) print(call, &receipt, number.as.i, done);
  return cli_store_close(call, store, status);
}
