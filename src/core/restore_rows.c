#include "core/restore_rows.h"

#include "base/err.h"

typedef struct reader {
  ls_restore_rows *out;
  const ls_tables *tables;
  const ls_json *doc;
  ls_bytes name;
  ls_error *err;
} reader;

static int bad_row(reader *r, uint32_t node, const char *what) {
  ls_bytes path = {0};
  ls_json_path(&path, r->doc, node);
  int rc = ls_bytes_cstr(&path) ? ls_fail(r->err, LS_EARGS, "%s: %s", path.data, what) : ls_fail_nomem(r->err);
  ls_bytes_fini(&path);
  return rc;
}

static int member(uint32_t *out, reader *r, uint32_t row, const char *key, ls_json_type type, const char *what) {
  *out = ls_json_get(r->doc, row, key);
  if (*out && ls_json_type_of(r->doc, *out) == type) return LS_OK;
  return bad_row(r, *out ? *out : row, what);
}

static const char *read_name(reader *r, uint32_t node) {
  ls_bytes_clear(&r->name);
  ls_json_string(&r->name, r->doc, node);
  return ls_bytes_cstr(&r->name);
}

/* -1 when the table has no such column that can be written. */
static int find_column(const ls_table *table, const char *name) {
  for (size_t i = 0; i < table->n; i++) {
    if (strcmp(table->columns[i], name) == 0) return table->generated[i] ? -1 : (int)i;
  }
  return -1;
}

static int read_pair(ls_restore_cell *cell, reader *r, uint32_t node) {
  const ls_json_node *nodes = r->doc->nodes;
  if (nodes[node].type != LS_JSON_ARRAY || nodes[node].count != 2)
    return bad_row(r, node, "expected an array of two values");
  int rc = ls_restore_get_value(&cell->held, &r->out->text, r->doc, node + 1, r->err);
  return rc ? rc : ls_restore_get_value(&cell->restored, &r->out->text, r->doc, nodes[node + 1].next, r->err);
}

static int read_value(ls_restore_cell *cell, reader *r, uint32_t node) {
  int rc = ls_restore_get_value(&cell->held, &r->out->text, r->doc, node, r->err);
  cell->restored = cell->held;
  return rc;
}

/* The members of an object, each a column. Those that the table does not have are left out. */
static int read_cells(ls_restore_cell **out, size_t *n, reader *r, const ls_table *table, uint32_t object, bool pairs) {
  const ls_json_node *nodes = r->doc->nodes;
  ls_restore_cell *cells = ls_arena_alloc(&r->out->arena, (nodes[object].count + 1) * sizeof *cells);
  if (!cells) return ls_fail_nomem(r->err);
  *out = cells;
  *n = 0;
  for (uint32_t key = object + 1; key < nodes[object].next; key = nodes[key + 1].next) {
    const char *name = read_name(r, key);
    if (!name) return ls_fail_nomem(r->err);
    int column = find_column(table, name);
    int rc = pairs ? read_pair(&cells[*n], r, key + 1) : read_value(&cells[*n], r, key + 1);
    if (rc) return rc;
    cells[*n].column = (size_t)column;
    *n += column >= 0;
  }
  return LS_OK;
}

static int read_rowid(ls_restore_row *row, reader *r, uint32_t object) {
  uint32_t node = ls_json_get(r->doc, object, "rowid");
  if (!node) return LS_OK;
  ls_value value;
  int rc = ls_restore_get_value(&value, &r->out->text, r->doc, node, r->err);
  if (rc) return rc;
  if (value.type != LS_TYPE_INT) return bad_row(r, node, "expected a row id");
  row->has_rowid = row->table->rowid != NULL;
  row->rowid = value.as.i;
  return LS_OK;
}

static int read_op(ls_op *out, reader *r, uint32_t object) {
  static const char *const ops[] = {"insert", "update", "delete"}; /* in the order of ls_op */
  uint32_t node;
  int rc = member(&node, r, object, "op", LS_JSON_STRING, "expected \"op\", a text");
  if (rc) return rc;
  for (int i = 0; i < 3; i++) {
    *out = (ls_op)i;
    if (ls_json_equals(r->doc, node, ops[i])) return LS_OK;
  }
  return bad_row(r, node, "expected insert, update or delete");
}

static int read_row(ls_restore_row *row, reader *r, uint32_t object) {
  uint32_t table, key, cells;
  int rc = member(&table, r, object, "table", LS_JSON_STRING, "expected \"table\", the name of one");
  if (!rc) rc = read_op(&row->op, r, object);
  bool pairs = row->op == LS_OP_UPDATE;
  if (!rc) rc = member(&key, r, object, "key", LS_JSON_OBJECT, "expected \"key\", an object");
  if (!rc)
    rc = member(&cells, r, object, pairs ? "columns" : "row", LS_JSON_OBJECT,
                "expected \"columns\" or \"row\", an object");
  if (!rc && !r->doc->nodes[key].count) rc = bad_row(r, key, "expected a column at least");
  if (rc) return rc;
  const char *name = read_name(r, table);
  if (!name) return ls_fail_nomem(r->err);
  row->table = ls_tables_find(r->tables, name);
  if (row->table && row->table->shadow) row->table = NULL;
  if (!row->table) return LS_OK;
  rc = read_cells(&row->key, &row->n_key, r, row->table, key, false);
  if (!rc) rc = read_cells(&row->cells, &row->n_cells, r, row->table, cells, pairs);
  if (!rc) rc = read_rowid(row, r, object);
  if (!rc && row->n_key < r->doc->nodes[key].count) row->table = NULL;
  return rc;
}

/* While the text grew, values of it were known by where they start. */
static void place(ls_value *value, const char *text) {
  if (value->type != LS_TYPE_TEXT && value->type != LS_TYPE_BLOB) return;
  value->as.b.data = (text ? text : "") + (uintptr_t)value->as.b.data;
}

static void place_cells(ls_restore_cell *cells, size_t n, const char *text) {
  for (size_t i = 0; i < n; i++) {
    place(&cells[i].held, text);
    place(&cells[i].restored, text);
  }
}

int ls_restore_rows_read(ls_restore_rows *out, const ls_tables *tables, const ls_json *doc, uint32_t array,
                         ls_error *err) {
  reader r = {.out = out, .tables = tables, .doc = doc, .err = err};
  size_t n = doc->nodes[array].count;
  out->rows = ls_arena_alloc(&out->arena, (n + 1) * sizeof *out->rows);
  int rc = out->rows ? LS_OK : ls_fail_nomem(err);
  uint32_t node = array + 1;
  for (; !rc && out->n < n; node = doc->nodes[node].next) rc = read_row(&out->rows[out->n++], &r, node);
  ls_bytes_fini(&r.name);
  for (size_t i = 0; !rc && i < n; i++) {
    place_cells(out->rows[i].key, out->rows[i].n_key, out->text.data);
    place_cells(out->rows[i].cells, out->rows[i].n_cells, out->text.data);
  }
  return rc;
}

void ls_restore_rows_fini(ls_restore_rows *rows) {
  ls_arena_fini(&rows->arena);
  ls_bytes_fini(&rows->text);
}
