#include "core/rows.h"

#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "core/changeset.h"

ls_columns *ls_columns_new(size_t n) {
  ls_columns *columns = ls_calloc(1, sizeof *columns);
  if (!columns) return NULL;
  columns->refs = 1;
  columns->n = n;
  columns->names = ls_arena_alloc(&columns->arena, (n + 1) * sizeof *columns->names);
  if (!columns->names) {
    ls_columns_release(columns);
    return NULL;
  }
  for (size_t i = 0; i < n; i++) columns->names[i] = "";
  return columns;
}

void ls_columns_release(ls_columns *columns) {
  if (!columns || --columns->refs) return;
  ls_arena_fini(&columns->arena);
  ls_free(columns);
}

void ls_rows_maker_clear(ls_rows_maker *maker) {
  ls_bytes_clear(&maker->starts);
  ls_bytes_clear(&maker->values);
  maker->n = 0;
}

void ls_rows_maker_row(ls_rows_maker *maker) {
  uint32_t start = (uint32_t)maker->values.size;
  ls_bytes_append(&maker->starts, &start, sizeof start);
  maker->n++;
}

void ls_rows_maker_value(ls_rows_maker *maker, ls_value value) { ls_changeset_put(&maker->values, value); }

void ls_rows_maker_fini(ls_rows_maker *maker) {
  ls_bytes_fini(&maker->starts);
  ls_bytes_fini(&maker->values);
}

static const char *values_of(const ls_rows *rows) { return (const char *)(rows->starts + rows->n); }

static bool equals(const ls_rows_maker *maker, const ls_columns *columns, const ls_rows *rows) {
  if (!rows || rows->columns != columns || rows->n != maker->n || rows->size != maker->values.size) return false;
  return rows->size == 0 || memcmp(values_of(rows), maker->values.data, rows->size) == 0;
}

static ls_rows *copy(const ls_rows_maker *maker, ls_columns *columns) {
  ls_rows *rows = ls_malloc(sizeof *rows + maker->starts.size + maker->values.size);
  if (!rows) return NULL;
  *rows = (ls_rows){.refs = 1, .columns = columns, .n = maker->n, .size = maker->values.size};
  columns->refs++;
  if (maker->starts.size) memcpy(rows->starts, maker->starts.data, maker->starts.size);
  if (rows->size) memcpy(rows->starts + rows->n, maker->values.data, rows->size);
  return rows;
}

int ls_rows_maker_take(ls_rows **out, ls_rows_maker *maker, ls_columns *columns, ls_rows *same, ls_error *err) {
  if (!ls_bytes_ok(&maker->starts) || !ls_bytes_ok(&maker->values)) return ls_fail_nomem(err);
  if (maker->values.size > UINT32_MAX) return ls_fail(err, LS_ELIMIT, "a live query's result is larger than 4 GiB");
  ls_rows *rows = equals(maker, columns, same) ? ls_rows_retain(same) : copy(maker, columns);
  if (!rows) return ls_fail_nomem(err);
  *out = rows;
  return LS_OK;
}

const char *ls_rows_row(const ls_rows *rows, size_t row, size_t *size) {
  size_t end = row + 1 < rows->n ? rows->starts[row + 1] : rows->size;
  *size = end - rows->starts[row];
  return values_of(rows) + rows->starts[row];
}

size_t ls_rows_bytes(const ls_rows *rows) { return sizeof *rows + rows->n * sizeof *rows->starts + rows->size; }

void ls_rows_free(ls_rows *rows) {
  ls_columns_release(rows->columns);
  ls_free(rows);
}

/* ---------------------------------------------------------------------------------------------- */

size_t ls_rows_count(const ls_rows *rows) { return rows ? rows->n : 0; }
size_t ls_rows_columns(const ls_rows *rows) { return rows ? rows->columns->n : 0; }

const char *ls_rows_name(const ls_rows *rows, size_t column) {
  return column < ls_rows_columns(rows) ? rows->columns->names[column] : "";
}

ls_value ls_rows_value(const ls_rows *rows, size_t row, size_t column) {
  ls_value value = ls_null();
  if (row >= ls_rows_count(rows) || column >= rows->columns->n) return value;
  size_t size, at = 0;
  const char *data = ls_rows_row(rows, row, &size);
  for (size_t i = 0; i <= column; i++) {
    if (!ls_changeset_get(&value, data, size, &at)) return ls_null();
  }
  return value;
}

static bool same_columns(const ls_columns *a, const ls_columns *b) {
  if (a == b) return true;
  if (a->n != b->n) return false;
  for (size_t i = 0; i < a->n; i++) {
    if (strcmp(a->names[i], b->names[i]) != 0) return false;
  }
  return true;
}

bool ls_rows_equal(const ls_rows *a, const ls_rows *b) {
  if (a == b) return true;
  if (!a || !b || a->n != b->n || a->size != b->size || !same_columns(a->columns, b->columns)) return false;
  return a->size == 0 || memcmp(values_of(a), values_of(b), a->size) == 0;
}

ls_rows *ls_rows_retain(const ls_rows *rows) {
  ls_rows *own = (ls_rows *)rows; /* counting is no change that anybody sees */
  if (own) own->refs++;
  return own;
}

void ls_rows_release(ls_rows *rows) {
  if (rows && --rows->refs == 0) ls_rows_free(rows);
}
