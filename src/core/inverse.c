#include "core/inverse.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/json.h"
#include "core/restore.h"
#include "core/value.h"

typedef struct ls_inverse_row {
  const ls_table *table;
  ls_value *before, *after; /* NULL when there was, is no such row */
  int64_t before_rowid, after_rowid;
} inverse_row;

static bool has_bytes(ls_value value) { return value.type == LS_TYPE_TEXT || value.type == LS_TYPE_BLOB; }

static bool in_key(const ls_table *table, size_t column) {
  for (size_t i = 0; i < table->n_primary; i++) {
    if (table->key[i] == column) return true;
  }
  return false;
}

/* ---------------------------------------------------------------------------------------------- */
/* Keys */

static void put_value(ls_bytes *out, ls_value value) {
  ls_bytes_byte(out, (char)value.type);
  if (value.type == LS_TYPE_INT) ls_bytes_append(out, &value.as.i, sizeof value.as.i);
  if (value.type == LS_TYPE_REAL) ls_bytes_append(out, &value.as.r, sizeof value.as.r);
  if (!has_bytes(value)) return;
  ls_bytes_varint(out, value.as.b.size);
  ls_bytes_append(out, value.as.b.data, value.as.b.size);
}

/* Rows whose key holds NULL are told apart by their row ids. */
static void put_key(ls_bytes *out, const ls_table *table, const ls_value *row, int64_t rowid) {
  ls_bytes_clear(out);
  ls_bytes_append(out, &table, sizeof table);
  for (size_t i = 0; i < table->n_primary; i++) {
    ls_value value = row[table->key[i]];
    put_value(out, value);
    if (value.type == LS_TYPE_NULL) ls_bytes_append(out, &rowid, sizeof rowid);
  }
}

static int reserve_keys(ls_inverse *inverse, size_t id, ls_error *err) {
  if (id < inverse->n_keys) return LS_OK;
  size_t n = id * 2 + 16;
  size_t *live = ls_realloc(inverse->live, n * sizeof *live);
  if (live) inverse->live = live;
  size_t *gone = ls_realloc(inverse->gone, n * sizeof *gone);
  if (gone) inverse->gone = gone;
  if (!live || !gone) return ls_fail_nomem(err);
  memset(live + inverse->n_keys, 0, (n - inverse->n_keys) * sizeof *live);
  memset(gone + inverse->n_keys, 0, (n - inverse->n_keys) * sizeof *gone);
  inverse->n_keys = n;
  return LS_OK;
}

/* The id of a row's key. */
static int key_id(size_t *out, ls_inverse *inverse, const ls_table *table, const ls_value *row, int64_t rowid,
                  ls_error *err) {
  ls_bytes *key = &inverse->key;
  put_key(key, table, row, rowid);
  if (!ls_bytes_ok(key)) return ls_fail_nomem(err);
  uint32_t id = ls_names_find(&inverse->keys, key->data, key->size);
  if (!id) id = ls_names_add(&inverse->keys, key->data, key->size);
  *out = id;
  return id ? reserve_keys(inverse, id, err) : ls_fail_nomem(err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Changes */

static int add_row(size_t *out, ls_inverse *inverse, const ls_row_change *change, ls_error *err) {
  if (inverse->n == inverse->capacity) {
    size_t capacity = inverse->capacity ? inverse->capacity * 2 : 16;
    inverse_row *rows = ls_realloc(inverse->rows, capacity * sizeof *rows);
    if (!rows) return ls_fail_nomem(err);
    inverse->rows = rows;
    inverse->capacity = capacity;
  }
  inverse_row row = {.table = change->table, .before_rowid = change->old_rowid};
  if (change->before) {
    row.before = ls_values_dup(change->before, change->table->n);
    if (!row.before) return ls_fail_nomem(err);
  }
  inverse->rows[inverse->n++] = row;
  *out = inverse->n;
  return LS_OK;
}

static int replace(ls_value **row, const ls_value *values, size_t n, ls_error *err) {
  ls_value *copy = values ? ls_values_dup(values, n) : NULL;
  if (values && !copy) return ls_fail_nomem(err);
  ls_free(*row);
  *row = copy;
  return LS_OK;
}

/* What others changed since the last change of the row is not ours to take back. */
static int take_over(inverse_row *row, const ls_row_change *change, ls_error *err) {
  if (!row->before || !row->after || !change->before) return LS_OK;
  ls_value *merged = ls_malloc((change->table->n + 1) * sizeof *merged);
  if (!merged) return ls_fail_nomem(err);
  bool differs = false;
  for (size_t i = 0; i < change->table->n; i++) {
    bool same = ls_value_same(row->after[i], change->before[i]);
    merged[i] = same ? row->before[i] : change->before[i];
    differs |= !same;
  }
  int rc = differs ? replace(&row->before, merged, change->table->n, err) : LS_OK;
  ls_free(merged);
  return rc;
}

static int mark_gone(ls_inverse *inverse, size_t row, ls_error *err) {
  const inverse_row *r = &inverse->rows[row - 1];
  size_t key;
  if (!r->before) return LS_OK;
  int rc = key_id(&key, inverse, r->table, r->before, r->before_rowid, err);
  if (!rc) inverse->gone[key] = row;
  return rc;
}

/* The row that a change is about, taken out of the keys; a new one when it was not touched yet. */
static int find_row(size_t *out, ls_inverse *inverse, const ls_row_change *change, ls_error *err) {
  bool insert = change->op == LS_OP_INSERT;
  size_t key;
  int rc = insert ? key_id(&key, inverse, change->table, change->after, change->new_rowid, err)
                  : key_id(&key, inverse, change->table, change->before, change->old_rowid, err);
  if (rc) return rc;
  size_t *place = insert ? &inverse->gone[key] : &inverse->live[key];
  *out = *place;
  *place = 0;
  return *out ? LS_OK : add_row(out, inverse, change, err);
}

int ls_inverse_add(ls_inverse *inverse, const ls_row_change *change, ls_error *err) {
  size_t row, key;
  if (change->table->shadow) {
    return ls_fail(err, LS_ELIMIT,
                   "table %s belongs to a virtual table, whose rows cannot be restored one by one: give the"
                   " event an \"undo\" in the schema",
                   change->table->name);
  }
  int rc = find_row(&row, inverse, change, err);
  if (rc) return rc;
  inverse_row *r = &inverse->rows[row - 1];
  rc = take_over(r, change, err);
  if (!rc) rc = replace(&r->after, change->after, change->table->n, err);
  if (rc) return rc;
  r->after_rowid = change->new_rowid;
  if (!change->after) return mark_gone(inverse, row, err);
  rc = key_id(&key, inverse, change->table, change->after, change->new_rowid, err);
  if (!rc) inverse->live[key] = row;
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing */

static void put_text(ls_bytes *out, const char *before, const char *text) {
  ls_bytes_text(out, before);
  ls_json_write_string(out, text, strlen(text));
}

static void put_columns(ls_bytes *out, const ls_table *table, const ls_value *row, bool key_only) {
  const char *comma = "";
  for (size_t i = 0; i < table->n; i++) {
    if (key_only ? !in_key(table, i) : table->generated[i]) continue;
    put_text(out, comma, table->columns[i]);
    ls_bytes_byte(out, ':');
    ls_restore_put_value(out, row[i]);
    comma = ",";
  }
}

static void put_pairs(ls_bytes *out, const inverse_row *row) {
  const char *comma = "";
  for (size_t i = 0; i < row->table->n; i++) {
    if (row->table->generated[i] || ls_value_same(row->before[i], row->after[i])) continue;
    put_text(out, comma, row->table->columns[i]);
    ls_bytes_text(out, ":[");
    ls_restore_put_value(out, row->after[i]);
    ls_bytes_byte(out, ',');
    ls_restore_put_value(out, row->before[i]);
    ls_bytes_byte(out, ']');
    comma = ",";
  }
}

static bool is_unchanged(const inverse_row *row) {
  if (!row->before || !row->after) return !row->before && !row->after;
  if (row->before_rowid != row->after_rowid) return false;
  for (size_t i = 0; i < row->table->n; i++) {
    if (!ls_value_same(row->before[i], row->after[i])) return false;
  }
  return true;
}

static void put_row(ls_bytes *out, const inverse_row *row) {
  const ls_table *table = row->table;
  const char *op = !row->before ? "delete" : !row->after ? "insert" : "update";
  const ls_value *now = row->after ? row->after : row->before;
  put_text(out, "{\"table\":", table->name);
  ls_bytes_printf(out, ",\"op\":\"%s\",\"key\":{", op);
  put_columns(out, table, now, true);
  ls_bytes_text(out, row->before && row->after ? "},\"columns\":{" : "},\"row\":{");
  if (row->before && row->after)
    put_pairs(out, row);
  else
    put_columns(out, table, now, false);
  ls_bytes_byte(out, '}');
  bool moved = row->before && (!row->after || row->before_rowid != row->after_rowid);
  if (table->rowid && moved) {
    ls_bytes_text(out, ",\"rowid\":");
    ls_restore_put_value(out, ls_int(row->before_rowid));
  }
  ls_bytes_byte(out, '}');
}

void ls_inverse_write(ls_bytes *out, const ls_inverse *inverse) {
  const char *comma = "";
  ls_bytes_text(out, "{\"rows\":[");
  for (size_t i = inverse->n; i > 0; i--) {
    if (is_unchanged(&inverse->rows[i - 1])) continue;
    ls_bytes_text(out, comma);
    put_row(out, &inverse->rows[i - 1]);
    comma = ",";
  }
  ls_bytes_text(out, "]}");
}

void ls_inverse_fini(ls_inverse *inverse) {
  for (size_t i = 0; i < inverse->n; i++) {
    ls_free(inverse->rows[i].before);
    ls_free(inverse->rows[i].after);
  }
  ls_free(inverse->rows);
  ls_free(inverse->live);
  ls_free(inverse->gone);
  ls_names_fini(&inverse->keys);
  ls_bytes_fini(&inverse->key);
  memset(inverse, 0, sizeof *inverse);
}
