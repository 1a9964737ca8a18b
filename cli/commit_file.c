#include "commit_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "event_line.h"
#include "lines.h"
#include "memory.h"
#include "number.h"

/* An event that waits for its batch; both strings are places in work.text. */
typedef struct waiting {
  size_t name, args; /* args: SIZE_MAX when there are none */
  uint64_t line;
} waiting;

typedef struct work {
  cli_call *call;
  ls_store *store;
  const char *file;
  cli_lines *lines;
  size_t batch;
  cli_text text;
  waiting *waiting;
  ls_input *inputs;
  size_t n, capacity;    /* of events that wait */
  uint64_t committed;    /* events */
  ls_seqnum first, last; /* of them */
  uint64_t first_line;   /* the line that the batch begins with */
} work;

static size_t keep_string(work *w, const char *string) {
  size_t at = w->text.size;
  cli_text_append(&w->text, string, strlen(string) + 1);
  return at;
}

static void keep_event(work *w, const ls_input *input) {
  if (w->n == w->capacity) {
    w->capacity = w->capacity ? 2 * w->capacity : 64;
    w->waiting = cli_realloc(w->waiting, w->capacity, sizeof *w->waiting);
    w->inputs = cli_realloc(w->inputs, w->capacity, sizeof *w->inputs);
  }
  uint64_t line = cli_lines_number(w->lines);
  if (w->n == 0) w->first_line = line;
  waiting *event = &w->waiting[w->n++];
  *event = (waiting){keep_string(w, input->name), SIZE_MAX, line};
  if (input->args) event->args = keep_string(w, input->args);
}

static void say_committed(work *w) {
  char count[CLI_NUMBER_TEXT], first[LS_SEQNUM_TEXT], last[LS_SEQNUM_TEXT], rate[CLI_NUMBER_TEXT];
  cli_text *out = &w->call->out;
  if (w->call->quiet) return;
  cli_text_printf(out, "%s committed", cli_number_events(count, w->committed));
  if (w->committed > 0) {
    ls_seqnum_format(w->first, first);
    ls_seqnum_format(w->last, last);
    cli_text_printf(out, w->committed > 1 ? ", %s to %s" : ", %s", first, last);
  }
  if (w->call->terminal.width > 0 && w->committed > 1) {
    double seconds = cli_progress_seconds(&w->call->progress);
    cli_number_grouped(rate, (uint64_t)((double)w->committed / (seconds > 1e-6 ? seconds : 1e-6)));
    cli_text_printf(out, " (%s/s)", rate);
  }
  cli_text_char(out, '\n');
}

/* Say what is wrong (call->err) with a line, and what of the file was committed. */
static int fail_at(work *w, uint64_t line) {
  char count[CLI_NUMBER_TEXT], last[LS_SEQNUM_TEXT];
  cli_complain(w->call, "%s line %" PRIu64 ": %s", cli_lines_name(w->file), line, w->call->err.text);
  if (w->committed == 0) {
    cli_complain(w->call, "nothing was committed");
    return CLI_FAILED;
  }
  cli_complain(w->call, "%s committed, up to %s; nothing from line %" PRIu64 " on was kept",
               cli_number_events(count, w->committed), ls_seqnum_format(w->last, last),
               w->n > 0 ? w->first_line : line);
  return CLI_FAILED;
}

static int commit_batch(work *w) {
  if (w->n == 0) return CLI_DONE;
  for (size_t i = 0; i < w->n; i++) {
    const waiting *event = &w->waiting[i];
    w->inputs[i].name = w->text.data + event->name;
    w->inputs[i].args = event->args == SIZE_MAX ? NULL : w->text.data + event->args;
  }
  ls_receipt receipt;
  ls_error *err = &w->call->err;
  if (ls_commit_all(&receipt, w->store, w->inputs, w->n, err)) {
    size_t item = err->item >= 0 && (size_t)err->item < w->n ? (size_t)err->item : 0;
    return fail_at(w, w->waiting[item].line);
  }
  if (w->committed == 0) w->first = receipt.first;
  w->last = receipt.last;
  w->committed += w->n;
  w->n = 0;
  w->text.size = 0;
  return CLI_DONE;
}

static int commit_lines(work *w) {
  char *line;
  size_t size;
  ls_error *err = &w->call->err;
  int more;
  while ((more = cli_lines_next(&line, &size, w->lines, err)) > 0) {
    ls_input input;
    if (line[strspn(line, " \t\r")] == '\0' && strlen(line) == size) continue;
    if (cli_event_line_read(&input, line, size, err)) return fail_at(w, cli_lines_number(w->lines));
    keep_event(w, &input);
    if (w->n < w->batch) continue;
    if (commit_batch(w)) return CLI_FAILED;
    cli_progress_show(&w->call->progress, "commit", w->committed, cli_lines_share(w->lines));
  }
  return more < 0 ? fail_at(w, cli_lines_number(w->lines) + 1) : commit_batch(w);
}

int cli_commit_file(cli_call *call, ls_store *store, const char *file, size_t batch) {
  work w = {.call = call, .store = store, .file = file, .batch = batch};
  w.lines = cli_lines_open(file, &call->err);
  if (!w.lines) {
    cli_complain(call, "%s: %s", cli_lines_name(file), call->err.text);
    return CLI_FAILED;
  }
  cli_progress_show(&call->progress, "commit", 0, -1);
  int status = commit_lines(&w);
  cli_progress_wipe(&call->progress);
  if (status == CLI_DONE) say_committed(&w);
  cli_lines_close(w.lines);
  cli_text_fini(&w.text);
  free(w.waiting);
  free(w.inputs);
  return status;
}
