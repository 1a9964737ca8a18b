/* A digest of all that a state holds: for each table in the order of their names its name and columns, then each row in
 * the order of its row id or key. Texts and blobs are preceded by their size, so no two contents give the same bytes.
 * Tables of virtual tables are left out: how those arrange their data depends on more than what it is. */
#include "base/err.h"
#include "base/hash.h"
#include "core/sql.h"
#include "core/state.h"

static void put_row(ls_bytes *row, sqlite3_stmt *stmt) {
  ls_bytes_clear(row);
  for (int i = 0; i < sqlite3_column_count(stmt); i++) ls_changeset_put_value(row, sqlite3_column_value(stmt, i));
}

static char *select_all(ls_bytes *sql, const ls_table *table) {
  ls_bytes_clear(sql);
  ls_bytes_text(sql, table->rowid ? "SELECT " : "SELECT NULL");
  if (table->rowid) ls_bytes_text(sql, table->rowid);
  for (size_t i = 0; i < table->n; i++) ls_sql_put(sql, ", \"%w\"", table->columns[i]);
  ls_sql_put(sql, " FROM \"%w\" ORDER BY ", table->name);
  if (table->rowid) ls_bytes_text(sql, table->rowid);
  for (size_t i = 0; !table->rowid && i < table->n_key; i++) {
    ls_sql_put(sql, i ? ", \"%w\"" : "\"%w\"", table->columns[table->key[i]]);
  }
  return ls_bytes_cstr(sql);
}

static int add_table(ls_hash *hash, ls_state *state, const ls_table *table, ls_bytes *scratch, ls_error *err) {
  ls_hash_add(hash, table->name, strlen(table->name) + 1);
  for (size_t i = 0; i < table->n; i++) ls_hash_add(hash, table->columns[i], strlen(table->columns[i]) + 1);
  ls_hash_add(hash, "", 1);
  sqlite3_stmt *stmt;
  int rc = select_all(scratch, table) ? LS_OK : ls_fail_nomem(err), step = SQLITE_DONE;
  if (!rc) rc = ls_database_prepare(&stmt, &state->database, scratch->data, NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    put_row(scratch, stmt);
    if (!ls_bytes_ok(scratch)) rc = ls_fail_nomem(err);
    else ls_hash_add(hash, scratch->data, scratch->size);
  }
  if (!rc && step != SQLITE_DONE) rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "reading table %s", table->name);
  sqlite3_finalize(stmt);
  return rc;
}

int ls_state_digest(char out[33], ls_state *state, ls_error *err) {
  ls_hash *hash = ls_hash_new();
  if (!hash) return ls_fail_nomem(err);
  ls_bytes scratch = {0};
  int rc = LS_OK;
  for (size_t i = 0; !rc && i < state->tables.n; i++) {
    const ls_table *table = &state->tables.tables[i];
    if (!table->shadow) rc = add_table(hash, state, table, &scratch, err);
  }
  if (!rc) ls_hash_hex(out, hash);
  ls_bytes_fini(&scratch);
  ls_hash_free(hash);
  return rc;
}
