#include "core/value.h"

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
