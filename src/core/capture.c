#include "core/capture.h"

static const ls_table *table_of(ls_capture *capture, const char *name) {
  /* SQLite passes the same pointer for the same table for as long as the schema lives. */
  if (name == capture->last_name) return capture->last;
  capture->last_name = name;
  return capture->last = ls_tables_find(capture->tables, name);
}

static bool same_value(sqlite3_value *a, sqlite3_value *b) {
  int type = sqlite3_value_type(a);
  if (type != sqlite3_value_type(b)) return false;
  if (type == SQLITE_NULL) return true;
  if (type == SQLITE_INTEGER) return sqlite3_value_int64(a) == sqlite3_value_int64(b);
  if (type == SQLITE_FLOAT) {
    double x = sqlite3_value_double(a), y = sqlite3_value_double(b);
    return memcmp(&x, &y, sizeof x) == 0;
  }
  int size = sqlite3_value_bytes(a);
  if (size != sqlite3_value_bytes(b)) return false;
  const void *x = sqlite3_value_blob(a), *y = sqlite3_value_blob(b);
  return size == 0 || (x && y && memcmp(x, y, (size_t)size) == 0);
}

static bool in_key(const ls_table *table, size_t column) {
  for (size_t i = 0; i < table->n_key; i++) {
    if (table->key[i] == column) return true;
  }
  return false;
}

/* The preupdate hook shows what is in the record, where a whole number in a REAL column is an integer. */
static void put_value(ls_capture *capture, const ls_table *table, size_t column, sqlite3_value *value) {
  if (table->real[column] && sqlite3_value_type(value) == SQLITE_INTEGER) {
    ls_changeset_put(&capture->record, ls_real((double)sqlite3_value_int64(value)));
  } else {
    ls_changeset_put_value(&capture->record, value);
  }
}

static void put_row(ls_capture *capture, sqlite3 *db, const ls_table *table, int (*image)(sqlite3 *, int, sqlite3_value **)) {
  for (size_t i = 0; i < table->n; i++) {
    if (table->generated[i]) continue;
    sqlite3_value *value;
    if (image(db, (int)i, &value)) capture->record.failed = true;
    else put_value(capture, table, i, value);
  }
}

static bool recorded_always(const ls_capture *capture, const ls_table *table, size_t column) {
  if (capture->whole_rows || in_key(table, column)) return true;
  return capture->wanted && (capture->wanted[table - capture->tables->tables] & ls_column_bit(column));
}

/* Write the columns of an update; returns how many. */
static size_t put_columns(ls_capture *capture, sqlite3 *db, const ls_table *table) {
  size_t count = 0;
  for (size_t i = 0; i < table->n; i++) {
    sqlite3_value *before, *after;
    if (table->generated[i]) continue;
    if (sqlite3_preupdate_old(db, (int)i, &before) || sqlite3_preupdate_new(db, (int)i, &after)) {
      capture->record.failed = true;
      return 0;
    }
    if (!recorded_always(capture, table, i) && same_value(before, after)) continue;
    ls_bytes_varint(&capture->record, i);
    put_value(capture, table, i, before);
    put_value(capture, table, i, after);
    count++;
  }
  return count;
}

/* The count stands before the columns and is known only behind them: one byte is kept for it, and the columns move
 * up in the rare case that it needs two. */
static void put_update(ls_capture *capture, sqlite3 *db, const ls_table *table) {
  ls_bytes *record = &capture->record;
  size_t at = record->size;
  ls_bytes_byte(record, 0);
  size_t count = put_columns(capture, db, table);
  if (!ls_bytes_ok(record)) return;
  if (count < 0x80) {
    record->data[at] = (char)count;
    return;
  }
  ls_bytes_byte(record, 0);
  if (!ls_bytes_ok(record)) return;
  memmove(record->data + at + 2, record->data + at + 1, record->size - at - 2);
  record->data[at] = (char)(0x80 | (count & 0x7f));
  record->data[at + 1] = (char)(count >> 7);
}

static void hook(void *user, sqlite3 *db, int op, const char *schema, const char *name, sqlite3_int64 old_rowid,
                 sqlite3_int64 new_rowid) {
  (void)schema;
  ls_capture *capture = user;
  if (new_rowid == INT64_MAX && op != SQLITE_DELETE) capture->last_rowid = true;
  if (!capture->on || capture->overflow) return;
  const ls_table *table = table_of(capture, name);
  if (!table || (capture->only && table != capture->only)) return;
  ls_bytes *record = &capture->record;
  ls_bytes_byte(record, op == SQLITE_INSERT ? 'i' : op == SQLITE_UPDATE ? 'u' : 'd');
  ls_bytes_varint(record, (uint64_t)(table - capture->tables->tables));
  if (!table->without_rowid) ls_changeset_put_rowid(record, op == SQLITE_INSERT ? new_rowid : old_rowid);
  if (!table->without_rowid && op == SQLITE_UPDATE) ls_changeset_put_rowid(record, new_rowid);
  if (op == SQLITE_INSERT) put_row(capture, db, table, sqlite3_preupdate_new);
  else if (op == SQLITE_DELETE) put_row(capture, db, table, sqlite3_preupdate_old);
  else put_update(capture, db, table);
  capture->overflow = record->size > capture->limit;
}

void ls_capture_install(ls_capture *capture, ls_database *database, const ls_tables *tables) {
  capture->tables = tables;
  capture->last_name = NULL;
  capture->last = NULL;
  sqlite3_preupdate_hook(database->db, hook, capture);
}

void ls_capture_clear(ls_capture *capture) {
  ls_bytes_clear(&capture->record);
  capture->overflow = false;
}

void ls_capture_fini(ls_capture *capture) { ls_bytes_fini(&capture->record); }
