#include "output.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "interrupt.h"
#include "json.h"
#include "memory.h"
#include "number.h"
#include "table.h"

struct cli_output {
  cli_call *call;
  const cli_column *columns;
  size_t n;
  size_t rows;
  cli_table *table; /* for that format */
};

static size_t display_blob(cli_text *out, const unsigned char *data, size_t size) {
  cli_text_put(out, "x'");
  cli_text_hex(out, data, size);
  cli_text_put(out, "'");
  return 2 * size + 3;
}

size_t cli_value_display(cli_text *out, ls_value value) {
  size_t before = out->size;
  char number[CLI_NUMBER_TEXT];
  switch (value.type) {
    case LS_TYPE_NULL: cli_text_put(out, "NULL"); break;
    case LS_TYPE_INT: cli_text_printf(out, "%" PRId64, value.as.i); break;
    case LS_TYPE_REAL: cli_text_put(out, cli_number_real(number, value.as.r)); break;
    case LS_TYPE_TEXT: return cli_display_append(out, value.as.b.data, value.as.b.size);
    case LS_TYPE_BLOB: return display_blob(out, value.as.b.data, value.as.b.size);
  }
  return out->size - before;
}

void cli_output_object(cli_text *out, const cli_column *columns, const ls_value *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    cli_text_put(out, i == 0 ? "{" : ", ");
    cli_json_string(out, columns[i].name, strlen(columns[i].name));
    cli_text_put(out, ": ");
    bool raw = columns[i].json && values[i].type == LS_TYPE_TEXT;
    if (raw)
      cli_json_raw(out, values[i].as.b.data, values[i].as.b.size);
    else
      cli_json_value(out, values[i]);
  }
  cli_text_put(out, "}");
}

static void put_csv_text(cli_text *out, const char *text, size_t size) {
  bool quote = size == 0;
  for (size_t i = 0; i < size && !quote; i++) quote = text[i] && strchr(",\"\r\n", text[i]);
  if (!quote) {
    cli_text_append(out, text, size);
    return;
  }
  cli_text_char(out, '"');
  for (size_t i = 0; i < size; i++) {
    if (text[i] == '"') cli_text_char(out, '"');
    cli_text_char(out, text[i]);
  }
  cli_text_char(out, '"');
}

static void put_csv_value(cli_text *out, ls_value value) {
  switch (value.type) {
    case LS_TYPE_NULL: break;
    case LS_TYPE_TEXT: put_csv_text(out, value.as.b.data, value.as.b.size); break;
    case LS_TYPE_BLOB: cli_text_hex(out, value.as.b.data, value.as.b.size); break;
    default: cli_value_display(out, value); break;
  }
}

static void put_csv(cli_text *out, const ls_value *values, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (i > 0) cli_text_char(out, ',');
    put_csv_value(out, values[i]);
  }
  cli_text_put(out, "\r\n");
}

static void put_csv_names(cli_text *out, const cli_column *columns, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (i > 0) cli_text_char(out, ',');
    put_csv_text(out, columns[i].name, strlen(columns[i].name));
  }
  cli_text_put(out, "\r\n");
}

cli_output *cli_output_new(cli_call *call, const cli_column *columns, size_t n) {
  cli_output *o = cli_realloc(NULL, 1, sizeof *o);
  *o = (cli_output){call, columns, n, 0, NULL};
  if (call->format == CLI_TABLE) o->table = cli_table_new(&call->out, &call->terminal, columns, n);
  if (call->format == CLI_CSV) put_csv_names(&call->out, columns, n);
  return o;
}

bool cli_output_row(cli_output *o, const ls_value *values) {
  cli_text *out = &o->call->out;
  switch (o->call->format) {
    case CLI_JSON: cli_text_put(out, o->rows == 0 ? "[\n  " : ",\n  "); break;
    case CLI_TABLE: cli_table_row(o->table, values); break;
    case CLI_CSV: put_csv(out, values, o->n); break;
    default: break;
  }
  if (o->call->format == CLI_JSON || o->call->format == CLI_JSONL) cli_output_object(out, o->columns, values, o->n);
  if (o->call->format == CLI_JSONL) cli_text_char(out, '\n');
  o->rows++;
  return !out->error && !cli_interrupted();
}

int cli_output_end(cli_output *o) {
  cli_call *call = o->call;
  if (call->format == CLI_JSON) cli_text_put(&call->out, o->rows == 0 ? "[]\n" : "\n]\n");
  if (o->table) cli_table_end(o->table);
  free(o);
  if (!cli_interrupted()) return CLI_DONE;
  cli_complain(call, "stopped");
  return CLI_FAILED;
}

/* "upstreamHead" as "upstream head". */
static size_t put_label(cli_text *out, const char *name) {
  size_t before = out->size;
  for (; *name; name++) {
    if (isupper((unsigned char)*name)) cli_text_char(out, ' ');
    cli_text_char(out, (char)tolower((unsigned char)*name));
  }
  return out->size - before;
}

static void put_lines(cli_call *call, const cli_column *columns, const ls_value *values, size_t n) {
  const cli_style *style = &call->terminal.style;
  cli_text label = {0};
  size_t width = 0;
  for (size_t i = 0; i < n; i++) {
    size_t size = put_label(&label, columns[i].name);
    if (size > width) width = size;
  }
  for (size_t i = 0; i < n; i++) {
    label.size = 0;
    size_t size = put_label(&label, columns[i].name);
    cli_text_put(&call->out, style->dim);
    cli_text_append(&call->out, label.data, size);
    cli_text_put(&call->out, style->end);
    cli_text_repeat(&call->out, ' ', width - size + 2);
    cli_value_display(&call->out, values[i]);
    cli_text_char(&call->out, '\n');
  }
  cli_text_fini(&label);
}

void cli_output_record(cli_call *call, const cli_column *columns, const ls_value *values, size_t n) {
  if (call->format == CLI_TABLE) {
    put_lines(call, columns, values, n);
    return;
  }
  cli_output *o = cli_output_new(call, columns, n);
  cli_output_row(o, values);
  cli_output_end(o);
}
