/* json_pretty - a container stays on one line when it fits, otherwise each member gets a line of its own. Lines are
 * measured in bytes, with a space after each comma and colon. */
#include <string.h>

#include "json.h"

enum { LINE = 100, INDENT = 2 };

/* What is in the container at `at` when written on one line, and whether there is anything. */
static size_t inline_size(const char *at, const char *end) {
  const char *stop = cli_json_skip_value(at, end);
  size_t size = 0;
  while (at < stop) {
    const char *next = *at == '"' ? cli_json_skip_string(at, stop) : at + 1;
    if (!strchr(" \t\r\n", *at)) size += (size_t)(next - at) + (*at == ',' || *at == ':');
    at = next;
  }
  return size;
}

static void break_line(cli_text *out, size_t depth) {
  cli_text_char(out, '\n');
  cli_text_repeat(out, ' ', depth * INDENT);
}

/* The places of the containers that are open, of which the outer `broken` ones are written on several lines. */
typedef struct layout {
  size_t depth, broken;
} layout;

static const char *put_piece(cli_text *out, layout *in, const char *at, const char *end) {
  bool multiline = in->depth == in->broken;
  char c = *at;
  if (c == '"') {
    const char *next = cli_json_skip_string(at, end);
    cli_json_raw(out, at, (size_t)(next - at));
    return next;
  }
  if (c == '}' || c == ']') {
    in->depth--;
    if (multiline) break_line(out, --in->broken);
  }
  if (!strchr(" \t\r\n", c)) cli_text_char(out, c);
  if (c == '{' || c == '[') {
    if (multiline && in->depth * INDENT + inline_size(at, end) > LINE) break_line(out, ++in->broken);
    in->depth++;
  }
  if (c == ',' && multiline)
    break_line(out, in->broken);
  else if (c == ',' || c == ':')
    cli_text_char(out, ' ');
  return at + 1;
}

void cli_json_pretty(cli_text *out, const char *json, size_t size) {
  const char *end = json + size;
  layout in = {0, 0};
  while (json && json < end) json = put_piece(out, &in, json, end);
}
