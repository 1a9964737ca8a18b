#include "show_change.h"

#include <string.h>

#include "display.h"
#include "json.h"

enum { INDENT = 4, NARROWEST = 10 };

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
  if (change->before && change->after && !ls_value_equal(change->before[i], change->after[i])) {
    put_update(call, change->before[i], change->after[i], used);
  } else {
    const ls_value *row = change->after ? change->after : change->before;
    put_value(call, row[i], room_for(call, used), change->op == LS_OP_UPDATE ? style->dim : "");
  }
  cli_text_char(&call->out, '\n');
}

static bool is_shown(const ls_change *change, size_t i, bool brief) {
  return !brief || change->op != LS_OP_UPDATE || !ls_value_equal(change->before[i], change->after[i]);
}

void cli_show_change(cli_call *call, const ls_change *change, bool brief) {
  const cli_style *style = &call->terminal.style;
  static const char marks[] = "+~-"; /* in the order of ls_op */
  const char *looks[] = {style->green, style->yellow, style->red};
  cli_text_printf(&call->out, "%s%c %s%s\n", looks[change->op], marks[change->op], change->table, style->end);
  size_t width = 0;
  for (size_t i = 0; i < change->n; i++) {
    size_t w = is_shown(change, i, brief) ? cli_display_width(change->columns[i], strlen(change->columns[i])) : 0;
    if (w > width) width = w;
  }
  for (size_t i = 0; i < change->n; i++) {
    if (is_shown(change, i, brief)) put_column(call, change, i, width);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* As rows of an output */

const char *cli_op_name(ls_op op) {
  static const char *const names[] = {"insert", "update", "delete"}; /* in the order of ls_op */
  return names[op];
}

ls_value cli_change_row(cli_text *text, const ls_change *change, const ls_value *row) {
  if (!row) return ls_null();
  text->size = 0;
  for (size_t i = 0; i < change->n; i++) {
    cli_text_put(text, i == 0 ? "{" : ", ");
    cli_json_string(text, change->columns[i], strlen(change->columns[i]));
    cli_text_put(text, ": ");
    cli_json_value(text, row[i]);
  }
  cli_text_put(text, "}");
  return ls_text_n(text->data, text->size);
}

void cli_change_rows_begin(cli_change_rows *rows, cli_call *call) {
  static const cli_column columns[] = {{"op", false}, {"table", false}, {"before", true}, {"after", true}};
  *rows = (cli_change_rows){.output = cli_output_new(call, columns, sizeof columns / sizeof *columns)};
}

int cli_change_rows_add(void *user, const ls_change *change) {
  cli_change_rows *rows = user;
  const ls_value values[] = {ls_text(cli_op_name(change->op)), ls_text(change->table),
                             cli_change_row(&rows->before, change, change->before),
                             cli_change_row(&rows->after, change, change->after)};
  return !cli_output_row(rows->output, values);
}

int cli_change_rows_end(cli_change_rows *rows) {
  cli_text_fini(&rows->before);
  cli_text_fini(&rows->after);
  return cli_output_end(rows->output);
}
