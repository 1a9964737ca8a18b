#include "show_change.h"

#include <string.h>

#include "display.h"
#include "json.h"
#include "output.h"

enum { INDENT = 4, NARROWEST = 10 };

static bool equal(ls_value a, ls_value b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case LS_TYPE_NULL: return true;
    case LS_TYPE_INT: return a.as.i == b.as.i;
    case LS_TYPE_REAL: return memcmp(&a.as.r, &b.as.r, sizeof a.as.r) == 0;
    default:
      return a.as.b.size == b.as.b.size && (a.as.b.size == 0 || memcmp(a.as.b.data, b.as.b.data, a.as.b.size) == 0);
  }
}

/* Text stands in quotes, so that 'NULL' and '1' are seen to be text. */
static void literal(cli_text *out, ls_value value) {
  if (value.type != LS_TYPE_TEXT) {
    cli_value_display(out, value);
    return;
  }
  const char *text = value.as.b.data;
  cli_text_char(out, '\'');
  for (size_t from = 0; from < value.as.b.size;) {
    const char *quote = memchr(text + from, '\'', value.as.b.size - from);
    size_t size = quote ? (size_t)(quote - text) - from + 1 : value.as.b.size - from;
    cli_display_append(out, text + from, size);
    if (quote) cli_text_char(out, '\'');
    from += size;
  }
  cli_text_char(out, '\'');
}

static void put_value(cli_call *call, ls_value value, size_t room, const char *look) {
  cli_text text = {0};
  literal(&text, value);
  cli_text_put(&call->out, look);
  if (room == 0)
    cli_text_append(&call->out, text.data, text.size);
  else
    cli_display_cut(&call->out, text.data, text.size, room);
  if (*look) cli_text_put(&call->out, call->terminal.style.end);
  cli_text_fini(&text);
}

/* What is left of the terminal's width when `used` columns are taken; 0 when there is no terminal. */
static size_t room_for(const cli_call *call, size_t used) {
  size_t width = call->terminal.width;
  if (width == 0) return 0;
  return width > used + NARROWEST ? width - used : NARROWEST;
}

static void put_update(cli_call *call, ls_value before, ls_value after, size_t used) {
  const cli_style *style = &call->terminal.style;
  size_t room = room_for(call, used + 3);
  put_value(call, before, (room + 1) / 2, style->red);
  cli_text_put(&call->out, " → ");
  put_value(call, after, (room + 1) / 2, style->green);
}

static void put_column(cli_call *call, const ls_change *change, size_t i, size_t width) {
  const cli_style *style = &call->terminal.style;
  size_t size = cli_display_width(change->columns[i], strlen(change->columns[i])), used = INDENT + width + 2;
  cli_text_repeat(&call->out, ' ', INDENT);
  cli_text_put(&call->out, change->columns[i]);
  cli_text_repeat(&call->out, ' ', width - size + 2);
  if (change->before && change->after && !equal(change->before[i], change->after[i])) {
    put_update(call, change->before[i], change->after[i], used);
  } else {
    const ls_value *row = change->after ? change->after : change->before;
    put_value(call, row[i], room_for(call, used), change->op == LS_OP_UPDATE ? style->dim : "");
  }
  cli_text_char(&call->out, '\n');
}

void cli_show_change(cli_call *call, const ls_change *change) {
  const cli_style *style = &call->terminal.style;
  static const char marks[] = "+~-"; /* in the order of ls_op */
  const char *looks[] = {style->green, style->yellow, style->red};
  cli_text_printf(&call->out, "\n%s%c %s%s\n", looks[change->op], marks[change->op], change->table, style->end);
  size_t width = 0;
  for (size_t i = 0; i < change->n; i++) {
    size_t w = cli_display_width(change->columns[i], strlen(change->columns[i]));
    if (w > width) width = w;
  }
  for (size_t i = 0; i < change->n; i++) put_column(call, change, i, width);
}

void cli_change_row_json(cli_text *out, const ls_change *change, const ls_value *row) {
  for (size_t i = 0; i < change->n; i++) {
    cli_text_put(out, i == 0 ? "{" : ", ");
    cli_json_string(out, change->columns[i], strlen(change->columns[i]));
    cli_text_put(out, ": ");
    cli_json_value(out, row[i]);
  }
  cli_text_put(out, "}");
}
