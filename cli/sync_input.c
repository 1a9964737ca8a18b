#include "sync_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "event_line.h"

static bool commit_line(cli_sync_input *input, cli_call *call, ls_store *store, char *line, size_t size) {
  ls_input event;
  input->lines++;
  if (line[strspn(line, " \t\r")] == '\0' && strlen(line) == size) return true;
  if (!cli_event_line_read(&event, line, size, &call->err) &&
      !ls_commit(NULL, store, event.name, event.args, &call->err))
    return true;
  cli_complain(call, "standard input line %zu: %s", input->lines, call->err.text);
  return false;
}

static bool commit_lines(cli_sync_input *input, cli_call *call, ls_store *store) {
  char *at = input->text.data, *end = at + input->text.size, *newline;
  bool good = true;
  while (good && at < end && (newline = memchr(at, '\n', (size_t)(end - at)))) {
    *newline = '\0';
    good = commit_line(input, call, store, at, (size_t)(newline - at));
    at = newline + 1;
  }
  input->text.size = (size_t)(end - at);
  if (input->text.size) memmove(input->text.data, at, input->text.size);
  return good;
}

bool cli_sync_input_take(cli_sync_input *input, cli_call *call, ls_store *store) {
  char block[65536];
  ssize_t n = read(STDIN_FILENO, block, sizeof block);
  if (n < 0 && errno == EINTR) return true;
  if (n < 0) {
    cli_complain(call, "standard input: %s", strerror(errno));
    return false;
  }
  input->ended = n == 0;
  if (n > 0) cli_text_append(&input->text, block, (size_t)n);
  if (n == 0 && input->text.size > 0) cli_text_char(&input->text, '\n'); /* a last line without its end */
  return input->text.size == 0 || commit_lines(input, call, store);
}

void cli_sync_input_fini(cli_sync_input *input) { cli_text_fini(&input->text); }
