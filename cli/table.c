#include "table.h"

#include <stdlib.h>
#include <string.h>

#include "display.h"
#include "memory.h"

enum { SAMPLE_ROWS = 1000, GAP = 2, NARROWEST = 8 };

typedef struct cell {
  size_t start, size, width; /* its text, in cli_table.texts */
  ls_type type;
  const char *look;
} cell;

typedef struct shape {
  size_t width;
  bool numbers; /* no text was seen, so it is aligned to the right */
  bool seen;    /* anything but NULL was */
} shape;

struct cli_table {
  cli_text *out;
  const cli_terminal *terminal;
  const cli_column *columns;
  size_t n;
  shape *shapes;
  cli_text texts;
  cell *cells; /* of the names, then of the rows kept back */
  size_t rows; /* of them, with the names */
  bool begun;  /* the widths are settled */
  const char *look;
};

static cell make_cell(cli_table *t, ls_value value) {
  cell c = {t->texts.size, 0, 0, value.type, t->look};
  c.width = cli_value_display(&t->texts, value);
  c.size = t->texts.size - c.start;
  return c;
}

static void keep_row(cli_table *t, const ls_value *values) {
  t->cells = cli_realloc(t->cells, (t->rows + 1) * t->n, sizeof *t->cells);
  for (size_t i = 0; i < t->n; i++) {
    cell c = make_cell(t, values[i]);
    shape *s = &t->shapes[i];
    if (c.width > s->width) s->width = c.width;
    if (t->rows > 0 && c.type != LS_TYPE_NULL) {
      s->numbers = (s->numbers || !s->seen) && (c.type == LS_TYPE_INT || c.type == LS_TYPE_REAL);
      s->seen = true;
    }
    t->cells[t->rows * t->n + i] = c;
  }
  t->rows++;
}

void cli_table_look(cli_table *t, const char *look) { t->look = look; }

cli_table *cli_table_new(cli_text *out, const cli_terminal *terminal, const cli_column *columns, size_t n) {
  cli_table *t = cli_realloc(NULL, 1, sizeof *t);
  memset(t, 0, sizeof *t);
  t->out = out;
  t->terminal = terminal;
  t->look = terminal->style.bold; /* the names' */
  t->columns = columns;
  t->n = n;
  t->shapes = cli_realloc(NULL, n, sizeof *t->shapes);
  memset(t->shapes, 0, n * sizeof *t->shapes);
  ls_value *names = cli_realloc(NULL, n, sizeof *names);
  for (size_t i = 0; i < n; i++) names[i] = ls_text(columns[i].name);
  keep_row(t, names);
  free(names);
  t->look = "";
  return t;
}

/* Take from the widest column until the terminal is wide enough, or no column can give more. */
static void fit(cli_table *t) {
  size_t width = t->terminal->width, gaps = t->n * GAP - GAP, sum = 0;
  if (width == 0 || t->n == 0) return;
  size_t room = width > gaps ? width - gaps : 1;
  for (size_t i = 0; i < t->n; i++) {
    if (t->shapes[i].width > room) t->shapes[i].width = room;
    sum += t->shapes[i].width;
  }
  for (; sum > room; sum--) {
    shape *widest = &t->shapes[0];
    for (size_t i = 1; i < t->n; i++) {
      if (t->shapes[i].width > widest->width) widest = &t->shapes[i];
    }
    if (widest->width <= NARROWEST) return;
    widest->width--;
  }
}

static void put_cell(cli_table *t, size_t column, const cell *c, const char *look) {
  const shape *s = &t->shapes[column];
  const char *text = t->texts.data + c->start;
  bool cut = t->terminal->width > 0 && c->width > s->width;
  size_t pad = c->width < s->width ? s->width - c->width : 0;
  bool last = column + 1 == t->n;
  if (s->numbers) cli_text_repeat(t->out, ' ', pad);
  cli_text_put(t->out, look);
  if (cut) {
    size_t width = cli_display_cut(t->out, text, c->size, s->width);
    pad = s->width - width;
  } else {
    cli_text_append(t->out, text, c->size);
  }
  if (*look) cli_text_put(t->out, t->terminal->style.end);
  if (!last) cli_text_repeat(t->out, ' ', (s->numbers ? 0 : pad) + GAP);
}

static void put_row(cli_table *t, const cell *cells) {
  for (size_t i = 0; i < t->n; i++) {
    bool null = cells[i].type == LS_TYPE_NULL && !*cells[i].look;
    put_cell(t, i, &cells[i], null ? t->terminal->style.dim : cells[i].look);
  }
  cli_text_char(t->out, '\n');
}

static void put_rule(cli_table *t) {
  const cli_style *style = &t->terminal->style;
  cli_text_put(t->out, style->dim);
  for (size_t i = 0; i < t->n; i++) {
    for (size_t j = 0; j < t->shapes[i].width; j++) cli_text_put(t->out, "─");
    cli_text_repeat(t->out, ' ', i + 1 < t->n ? GAP : 0);
  }
  cli_text_put(t->out, style->end);
  cli_text_char(t->out, '\n');
}

static void begin(cli_table *t) {
  t->begun = true;
  fit(t);
  put_row(t, t->cells);
  if (t->terminal->width > 0) put_rule(t);
  for (size_t row = 1; row < t->rows; row++) put_row(t, t->cells + row * t->n);
}

void cli_table_row(cli_table *t, const ls_value *values) {
  if (t->rows < SAMPLE_ROWS) {
    keep_row(t, values);
    return;
  }
  if (!t->begun) begin(t);
  t->texts.size = 0;
  for (size_t i = 0; i < t->n; i++) t->cells[i] = make_cell(t, values[i]);
  put_row(t, t->cells);
}

void cli_table_end(cli_table *t) {
  if (!t->begun) begin(t);
  free(t->cells);
  free(t->shapes);
  cli_text_fini(&t->texts);
  free(t);
}
