#include "core/value.h"

#include "base/alloc.h"

ls_value ls_value_of(sqlite3_value *value) {
  ls_value out = ls_null();
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER: return ls_int(sqlite3_value_int64(value));
    case SQLITE_FLOAT: return ls_real(sqlite3_value_double(value));
    case SQLITE_TEXT:
      out = ls_text_n((const char *)sqlite3_value_text(value), 0);
      break;
    case SQLITE_BLOB:
      out = ls_blob(sqlite3_value_blob(value), 0);
      break;
    default: return out;
  }
  out.as.b.size = (size_t)sqlite3_value_bytes(value);
  return out;
}

int ls_bind_value(sqlite3_stmt *stmt, int at, ls_value value) {
  switch (value.type) {
    case LS_TYPE_INT: return sqlite3_bind_int64(stmt, at, value.as.i);
    case LS_TYPE_REAL: return sqlite3_bind_double(stmt, at, value.as.r);
    case LS_TYPE_TEXT:
      return sqlite3_bind_text64(stmt, at, value.as.b.data, value.as.b.size, SQLITE_STATIC, SQLITE_UTF8);
    case LS_TYPE_BLOB:
      if (value.as.b.size == 0) return sqlite3_bind_zeroblob(stmt, at, 0);
      return sqlite3_bind_blob64(stmt, at, value.as.b.data, value.as.b.size, SQLITE_STATIC);
    default: return sqlite3_bind_null(stmt, at);
  }
}

bool ls_value_equal(ls_value a, ls_value b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case LS_TYPE_NULL: return true;
    case LS_TYPE_INT: return a.as.i == b.as.i;
    case LS_TYPE_REAL: return memcmp(&a.as.r, &b.as.r, sizeof a.as.r) == 0;
    default:
      return a.as.b.size == b.as.b.size && (a.as.b.size == 0 || memcmp(a.as.b.data, b.as.b.data, a.as.b.size) == 0);
  }
}

static bool has_bytes(ls_value value) { return value.type == LS_TYPE_TEXT || value.type == LS_TYPE_BLOB; }

ls_value *ls_values_dup(const ls_value *values, size_t n) {
  size_t size = n * sizeof *values;
  for (size_t i = 0; i < n; i++) size += has_bytes(values[i]) ? values[i].as.b.size : 0;
  ls_value *copy = ls_malloc(size + 1);
  if (!copy) return NULL;
  char *at = (char *)(copy + n);
  for (size_t i = 0; i < n; i++) {
    copy[i] = values[i];
    if (!has_bytes(values[i])) continue;
    size_t bytes = values[i].as.b.size;
    if (bytes) memcpy(at, values[i].as.b.data, bytes);
    copy[i].as.b.data = at;
    at += bytes;
  }
  return copy;
}
