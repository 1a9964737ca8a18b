#include "core/restore_write.h"

#include "base/err.h"
#include "core/sql.h"
#include "core/value.h"

/* Prepare what is in p->sql. */
static int prepare(ls_restore_statement *p, ls_restorer *r, ls_error *err) {
  if (!ls_bytes_cstr(&p->sql)) return ls_fail_nomem(err);
  if (p->stmt && p->sql.size == p->last.size && memcmp(p->sql.data, p->last.data, p->sql.size) == 0) return LS_OK;
  sqlite3_finalize(p->stmt);
  p->stmt = NULL;
  int rc = ls_database_prepare(&p->stmt, &r->state->database, p->sql.data, NULL, LS_ACCESS_OWN, err);
  ls_bytes swap = p->last;
  p->last = p->sql;
  p->sql = swap;
  return rc;
}

static void statement_fini(ls_restore_statement *statement) {
  sqlite3_finalize(statement->stmt);
  ls_bytes_fini(&statement->sql);
  ls_bytes_fini(&statement->last);
}

void ls_restorer_fini_statements(ls_restorer *r) {
  statement_fini(&r->read);
  statement_fini(&r->write);
}

static int fail_sqlite(ls_restorer *r, const ls_restore_row *row, ls_error *err) {
  return ls_sqlite_fail(err, r->state->database.db, LS_EMATERIALIZE, "restoring table %s", row->table->name);
}

/* ---------------------------------------------------------------------------------------------- */
/* Finding rows */

/* A column may compare with a collation that takes different keys for the same; it is there for the index. */
static void put_key(ls_bytes *sql, const ls_restore_row *row) {
  for (size_t i = 0; i < row->n_key; i++) {
    const char *column = row->table->columns[row->key[i].column];
    ls_sql_put(sql, i ? " AND \"%w\" IS " : " WHERE \"%w\" IS ", column);
    ls_bytes_printf(sql, "?%zu AND ", i + 1);
    ls_sql_put(sql, "\"%w\" COLLATE BINARY IS ", column);
    ls_bytes_printf(sql, "?%zu", i + 1);
  }
}

static int bind_key(sqlite3_stmt *stmt, const ls_restore_row *row) {
  int result = SQLITE_OK;
  for (size_t i = 0; !result && i < row->n_key; i++) result = ls_bind_value(stmt, (int)i + 1, row->key[i].held);
  return result;
}

/* Look for the row with the key; r->read then stands on it, and gives its row id (or NULL) and the columns of
 * `cells`: 1, 0, or negative. Where the key finds several rows, since another schema has another key, it finds none. */
static int find_row(ls_restorer *r, const ls_restore_row *row, const ls_restore_cell *cells, size_t n, ls_error *err) {
  ls_bytes *sql = &r->read.sql;
  ls_bytes_clear(sql);
  ls_bytes_printf(sql, "SELECT count(*), %s", row->table->rowid ? row->table->rowid : "NULL");
  for (size_t i = 0; i < n; i++) ls_sql_put(sql, ", \"%w\"", row->table->columns[cells[i].column]);
  ls_sql_put(sql, " FROM \"%w\"", row->table->name);
  put_key(sql, row);
  int rc = prepare(&r->read, r, err);
  if (rc) return rc;
  sqlite3_reset(r->read.stmt);
  if (bind_key(r->read.stmt, row) || sqlite3_step(r->read.stmt) != SQLITE_ROW) return fail_sqlite(r, row, err);
  return sqlite3_column_int64(r->read.stmt, 0) == 1;
}

/* A column of the row that was found. */
static int read_column(ls_value *out, ls_restorer *r, size_t i, ls_error *err) {
  *out = ls_value_of(sqlite3_column_value(r->read.stmt, (int)i + 2));
  return out->type == LS_TYPE_TEXT && !out->as.b.data ? ls_fail_nomem(err) : LS_OK;
}

/* Which of the cells does the row that was found hold? Gives back how many, or a negative code. */
static int find_held(bool *held, ls_restorer *r, const ls_restore_row *row, ls_error *err) {
  int n = 0;
  for (size_t i = 0; i < row->n_cells; i++) {
    ls_value now;
    int rc = read_column(&now, r, i, err);
    if (rc) return rc;
    n += held[i] = ls_value_same(now, row->cells[i].held);
  }
  return n;
}

static int rowid_is_free(ls_restorer *r, const ls_restore_row *row, ls_error *err) {
  sqlite3_stmt *stmt;
  char *sql = sqlite3_mprintf("SELECT 1 FROM \"%w\" WHERE %s = ?1", row->table->name, row->table->rowid);
  int rc = sql ? ls_database_prepare(&stmt, &r->state->database, sql, NULL, LS_ACCESS_OWN, err) : ls_fail_nomem(err);
  sqlite3_free(sql);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, row->rowid);
  int step = sqlite3_step(stmt);
  if (step != SQLITE_ROW && step != SQLITE_DONE) rc = fail_sqlite(r, row, err);
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_DONE;
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing rows */

/* Is a row kept from being written by what it is, or by others? */
static bool is_blocked(int result) {
  return result == SQLITE_CONSTRAINT || result == SQLITE_MISMATCH || result == SQLITE_TOOBIG;
}

int ls_restore_fail_referred(const ls_restore_row *row, ls_error *err) {
  return ls_fail(err, LS_EMATERIALIZE, "restoring table %s: rows that were written since refer to one of its rows",
                 row->table->name);
}

/* Run r->write: 1; 0 when a constraint is against it. */
static int step_write(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  int step = sqlite3_step(r->write.stmt);
  int extended = sqlite3_extended_errcode(r->state->database.db);
  int rc = step == SQLITE_DONE ? 1 : is_blocked(step & 0xff) ? 0 : fail_sqlite(r, row, err);
  sqlite3_reset(r->write.stmt);
  row->foreign = extended == SQLITE_CONSTRAINT_FOREIGNKEY || extended == SQLITE_CONSTRAINT_TRIGGER;
  return rc;
}

/* The same, undone when the action of a foreign key changed other rows: those that are to go may do so first. */
static int step_write_alone(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  ls_database *database = &r->state->database;
  sqlite3_int64 before = sqlite3_total_changes64(database->db);
  int rc = ls_database_exec(database, "SAVEPOINT row", err);
  if (rc) return rc;
  int done = step_write(r, row, err);
  if (done < 0) return done;
  row->foreign |= sqlite3_total_changes64(database->db) - before > 1;
  rc = ls_database_exec(database, row->foreign ? "ROLLBACK TO row; RELEASE row" : "RELEASE row", err);
  return rc ? rc : done && !row->foreign;
}

/* Change one row: 1; 0 when a constraint is against it. */
static int write_row(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  ls_capture *capture = &r->state->capture;
  size_t captured = capture->record.size;
  int done = r->has_foreign_keys ? step_write_alone(r, row, err) : step_write(r, row, err);
  if (done != 1 && capture->record.size > captured) capture->record.size = captured;
  return done;
}

int ls_restore_insert(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  ls_bytes *sql = &r->write.sql;
  int with_rowid = row->has_rowid ? rowid_is_free(r, row, err) : 0;
  if (with_rowid < 0) return with_rowid;
  ls_bytes_clear(sql);
  ls_sql_put(sql, "INSERT OR ABORT INTO \"%w\" (", row->table->name);
  for (size_t i = 0; i < row->n_cells; i++) {
    ls_sql_put(sql, i ? ", \"%w\"" : "\"%w\"", row->table->columns[row->cells[i].column]);
  }
  if (with_rowid) ls_bytes_printf(sql, ", %s", row->table->rowid);
  for (size_t i = 0; i < row->n_cells + (size_t)with_rowid; i++) ls_bytes_text(sql, i ? ", ?" : ") VALUES (?");
  ls_bytes_text(sql, ")");
  int rc = prepare(&r->write, r, err), result = SQLITE_OK;
  if (rc) return rc;
  for (size_t i = 0; !result && i < row->n_cells; i++)
    result = ls_bind_value(r->write.stmt, (int)i + 1, row->cells[i].restored);
  if (!result && with_rowid) result = sqlite3_bind_int64(r->write.stmt, (int)row->n_cells + 1, row->rowid);
  return result ? fail_sqlite(r, row, err) : write_row(r, row, err);
}

/* The key and then the cells that still hold what they must. */
static int bind_update(ls_restorer *r, const ls_restore_row *row, const bool *held, bool with_rowid) {
  sqlite3_stmt *stmt = r->write.stmt;
  int at = (int)row->n_key, result = bind_key(stmt, row);
  for (size_t i = 0; !result && i < row->n_cells; i++) {
    if (held[i]) result = ls_bind_value(stmt, ++at, row->cells[i].restored);
  }
  return !result && with_rowid ? sqlite3_bind_int64(stmt, ++at, row->rowid) : result;
}

static int update_row(ls_restorer *r, ls_restore_row *row, const bool *held, bool with_rowid, ls_error *err) {
  ls_bytes *sql = &r->write.sql;
  size_t at = row->n_key;
  const char *comma = "";
  ls_bytes_clear(sql);
  ls_sql_put(sql, "UPDATE OR ABORT \"%w\" SET ", row->table->name);
  for (size_t i = 0; i < row->n_cells; i++) {
    if (!held[i]) continue;
    ls_bytes_text(sql, comma);
    ls_sql_put(sql, "\"%w\" = ", row->table->columns[row->cells[i].column]);
    ls_bytes_printf(sql, "?%zu", ++at);
    comma = ", ";
  }
  if (with_rowid) ls_bytes_printf(sql, "%s%s = ?%zu", comma, row->table->rowid, at + 1);
  put_key(sql, row);
  int rc = prepare(&r->write, r, err);
  if (rc) return rc;
  return bind_update(r, row, held, with_rowid) ? fail_sqlite(r, row, err) : write_row(r, row, err);
}

static int restore_update(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  int found = find_row(r, row, row->cells, row->n_cells, err);
  if (found <= 0) return found < 0 ? found : 1;
  bool *held = ls_arena_alloc(&r->rows.arena, row->n_cells + 1);
  int any = held ? find_held(held, r, row, err) : ls_fail_nomem(err);
  if (any < 0) return any;
  bool moved = row->has_rowid && sqlite3_column_int64(r->read.stmt, 1) != row->rowid;
  sqlite3_reset(r->read.stmt);
  int with_rowid = moved ? rowid_is_free(r, row, err) : 0;
  if (with_rowid < 0) return with_rowid;
  return any || with_rowid ? update_row(r, row, held, with_rowid, err) : 1;
}

int ls_restore_take_out(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  ls_bytes_clear(&r->write.sql);
  ls_sql_put(&r->write.sql, "DELETE FROM \"%w\"", row->table->name);
  put_key(&r->write.sql, row);
  int rc = prepare(&r->write, r, err);
  if (rc) return rc;
  return bind_key(r->write.stmt, row) ? fail_sqlite(r, row, err) : write_row(r, row, err);
}

static int restore_delete(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  int found = find_row(r, row, row->cells, row->n_cells, err);
  if (found <= 0) return found < 0 ? found : 1;
  bool *held = ls_arena_alloc(&r->rows.arena, row->n_cells + 1);
  int same = held ? find_held(held, r, row, err) : ls_fail_nomem(err);
  if (same < 0) return same;
  sqlite3_reset(r->read.stmt);
  return (size_t)same == row->n_cells ? ls_restore_take_out(r, row, err) : 1;
}

/* A row that has the key may be one that is to go. */
static int restore_insert(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  int found = find_row(r, row, NULL, 0, err);
  if (found < 0) return found;
  bool there = sqlite3_column_int64(r->read.stmt, 0) > 0;
  sqlite3_reset(r->read.stmt);
  return there ? 0 : ls_restore_insert(r, row, err);
}

int ls_restore_row_once(ls_restorer *r, ls_restore_row *row, ls_error *err) {
  if (!row->table) return 1;
  switch (row->op) {
    case LS_OP_INSERT: return restore_insert(r, row, err);
    case LS_OP_UPDATE: return restore_update(r, row, err);
    default: return restore_delete(r, row, err);
  }
}

static int copy_value(ls_value *value, ls_arena *arena, ls_error *err) {
  if (value->type != LS_TYPE_TEXT && value->type != LS_TYPE_BLOB) return LS_OK;
  value->as.b.data = ls_arena_dup(arena, value->as.b.size ? value->as.b.data : "", value->as.b.size);
  return value->as.b.data ? LS_OK : ls_fail_nomem(err);
}

int ls_restore_read_whole(ls_restore_row *out, ls_restorer *r, const ls_restore_row *row, ls_error *err) {
  const ls_table *table = row->table;
  ls_restore_cell *cells = ls_arena_alloc(&r->rows.arena, table->n * sizeof *cells);
  if (!cells) return ls_fail_nomem(err);
  *out = *row;
  out->op = LS_OP_INSERT;
  out->cells = cells;
  out->n_cells = 0;
  for (size_t i = 0; i < table->n; i++) {
    if (!table->generated[i]) cells[out->n_cells++].column = i;
  }
  int found = find_row(r, row, cells, out->n_cells, err);
  if (found <= 0) return found;
  if (table->rowid && !out->has_rowid) out->rowid = sqlite3_column_int64(r->read.stmt, 1);
  out->has_rowid = table->rowid != NULL;
  for (size_t i = 0; i < out->n_cells; i++) {
    ls_value now;
    int rc = read_column(&now, r, i, err);
    if (!rc) rc = copy_value(&now, &r->rows.arena, err);
    if (rc) return rc;
    cells[i].held = cells[i].restored = now;
    for (size_t c = 0; c < row->n_cells; c++) {
      const ls_restore_cell *cell = &row->cells[c];
      if (cell->column == cells[i].column && ls_value_same(cell->held, now)) cells[i].restored = cell->restored;
    }
  }
  sqlite3_reset(r->read.stmt);
  return 1;
}
