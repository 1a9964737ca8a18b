#include "core/changeset.h"

#include "base/alloc.h"
#include "base/err.h"

enum { TAG_NULL, TAG_INT, TAG_REAL, TAG_TEXT, TAG_BLOB };

static uint64_t zigzag(int64_t i) { return ((uint64_t)i << 1) ^ (i < 0 ? UINT64_MAX : 0); }
static int64_t unzigzag(uint64_t u) { return (int64_t)(u >> 1) ^ -(int64_t)(u & 1); }

void ls_changeset_put_rowid(ls_bytes *out, int64_t rowid) { ls_bytes_varint(out, zigzag(rowid)); }

static void put_real(ls_bytes *out, double real) {
  uint64_t bits;
  char le[8];
  memcpy(&bits, &real, 8);
  for (int i = 0; i < 8; i++) le[i] = (char)(bits >> (8 * i));
  ls_bytes_byte(out, TAG_REAL);
  ls_bytes_append(out, le, 8);
}

static void put_block(ls_bytes *out, char tag, const void *data, size_t size) {
  ls_bytes_byte(out, tag);
  ls_bytes_varint(out, size);
  ls_bytes_append(out, data, size);
}

void ls_changeset_put_value(ls_bytes *out, sqlite3_value *value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      ls_bytes_byte(out, TAG_INT);
      ls_bytes_varint(out, zigzag(sqlite3_value_int64(value)));
      return;
    case SQLITE_FLOAT:
      put_real(out, sqlite3_value_double(value));
      return;
    case SQLITE_TEXT: {
      const void *text = sqlite3_value_text(value);
      if (text) put_block(out, TAG_TEXT, text, (size_t)sqlite3_value_bytes(value));
      else out->failed = true;
      return;
    }
    case SQLITE_BLOB: {
      const void *blob = sqlite3_value_blob(value);
      put_block(out, TAG_BLOB, blob, (size_t)sqlite3_value_bytes(value));
      return;
    }
    default:
      ls_bytes_byte(out, TAG_NULL);
  }
}

void ls_changeset_put(ls_bytes *out, ls_value value) {
  switch (value.type) {
    case LS_TYPE_INT:
      ls_bytes_byte(out, TAG_INT);
      ls_bytes_varint(out, zigzag(value.as.i));
      return;
    case LS_TYPE_REAL: put_real(out, value.as.r); return;
    case LS_TYPE_TEXT: put_block(out, TAG_TEXT, value.as.b.data, value.as.b.size); return;
    case LS_TYPE_BLOB: put_block(out, TAG_BLOB, value.as.b.data, value.as.b.size); return;
    default: ls_bytes_byte(out, TAG_NULL);
  }
}

static bool get_real(ls_value *out, const char *data, size_t size, size_t *at) {
  if (size - *at < 8) return false;
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) bits |= (uint64_t)(unsigned char)data[(*at)++] << (8 * i);
  double real;
  memcpy(&real, &bits, 8);
  *out = ls_real(real);
  return true;
}

bool ls_changeset_get(ls_value *out, const char *data, size_t size, size_t *at) {
  if (*at >= size) return false;
  char tag = data[(*at)++];
  uint64_t number;
  if (tag == TAG_NULL) return *out = ls_null(), true;
  if (tag == TAG_REAL) return get_real(out, data, size, at);
  if (tag > TAG_BLOB || !ls_varint_read(&number, data, size, at)) return false;
  if (tag == TAG_INT) return *out = ls_int(unzigzag(number)), true;
  if (number > size - *at) return false;
  *out = ls_text_n(data + *at, (size_t)number);
  if (tag == TAG_BLOB) out->type = LS_TYPE_BLOB;
  *at += (size_t)number;
  return true;
}

static bool get_value(ls_value *out, ls_change_reader *r) { return ls_changeset_get(out, r->data, r->size, &r->at); }

static bool get_rowid(int64_t *out, ls_change_reader *r) {
  uint64_t number;
  if (!ls_varint_read(&number, r->data, r->size, &r->at)) return false;
  *out = unzigzag(number);
  return true;
}

static bool get_row(ls_value *values, ls_change_reader *r, const ls_table *table) {
  for (size_t i = 0; i < table->n; i++) {
    r->known[i] = !table->generated[i];
    if (r->known[i] && !get_value(&values[i], r)) return false;
  }
  return true;
}

static bool get_update(ls_change_reader *r, const ls_table *table) {
  uint64_t count, column;
  if (!ls_varint_read(&count, r->data, r->size, &r->at) || count > table->n) return false;
  for (; count > 0; count--) {
    if (!ls_varint_read(&column, r->data, r->size, &r->at) || column >= table->n) return false;
    r->known[column] = true;
    if (!get_value(&r->before[column], r) || !get_value(&r->after[column], r)) return false;
  }
  return true;
}

static bool reserve(ls_change_reader *r, size_t n) {
  if (n <= r->capacity) return true;
  ls_change_reader_fini(r);
  r->known = ls_malloc(n * sizeof *r->known);
  r->before = ls_malloc(n * sizeof *r->before);
  r->after = ls_malloc(n * sizeof *r->after);
  if (r->known && r->before && r->after) r->capacity = n;
  return r->capacity != 0;
}

static bool get_change(ls_row_change *out, ls_change_reader *r) {
  const ls_table *table = out->table;
  if (!table->without_rowid && !get_rowid(&out->old_rowid, r)) return false;
  out->new_rowid = out->old_rowid;
  if (out->op == LS_OP_UPDATE && !table->without_rowid && !get_rowid(&out->new_rowid, r)) return false;
  out->known = r->known;
  out->before = out->op == LS_OP_INSERT ? NULL : r->before;
  out->after = out->op == LS_OP_DELETE ? NULL : r->after;
  if (out->op == LS_OP_UPDATE) return get_update(r, table);
  return get_row(out->op == LS_OP_INSERT ? r->after : r->before, r, table);
}

int ls_change_reader_next(ls_row_change *out, ls_change_reader *r, ls_error *err) {
  if (r->at >= r->size) return 0;
  memset(out, 0, sizeof *out);
  char op = r->data[r->at++];
  uint64_t table;
  bool good = (op == 'i' || op == 'u' || op == 'd') && ls_varint_read(&table, r->data, r->size, &r->at) &&
              table < r->tables->n;
  if (!good) return ls_fail(err, LS_ECORRUPT, "a changeset of the state is damaged at byte %zu", r->at);
  out->op = op == 'i' ? LS_OP_INSERT : op == 'u' ? LS_OP_UPDATE : LS_OP_DELETE;
  out->table = &r->tables->tables[table];
  if (!reserve(r, out->table->n)) return ls_fail_nomem(err);
  memset(r->known, 0, out->table->n * sizeof *r->known);
  memset(r->before, 0, out->table->n * sizeof *r->before); /* NULL where nothing is known */
  memset(r->after, 0, out->table->n * sizeof *r->after);
  if (get_change(out, r)) return 1;
  return ls_fail(err, LS_ECORRUPT, "a changeset of the state is damaged at byte %zu", r->at);
}

void ls_change_reader_fini(ls_change_reader *r) {
  ls_free(r->known);
  ls_free(r->before);
  ls_free(r->after);
  r->known = NULL;
  r->before = r->after = NULL;
  r->capacity = 0;
}
