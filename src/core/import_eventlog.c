/* LiveStore's own log, eventlog@6.db: an SQLite file with a table of this name. What it says about its sync state is
 * left alone: to this store, all of it is new. */
#include "base/err.h"
#include "core/database.h"
#include "core/import.h"
#include "core/readonly.h"

static const char *const COLUMNS[] = {"seqNumGlobal",
                                      "seqNumClient",
                                      "seqNumRebaseGeneration",
                                      "parentSeqNumGlobal",
                                      "parentSeqNumClient",
                                      "parentSeqNumRebaseGeneration",
                                      "name",
                                      "clientId",
                                      "sessionId",
                                      "argsJson"};
enum { SEQ = 0, PARENT = 3, NAME = 6, CLIENT, SESSION, ARGS, N_COLUMNS };

static int check_row(sqlite3_stmt *row, ls_error *err) {
  for (int i = 0; i < N_COLUMNS; i++) {
    int wanted = i < NAME ? SQLITE_INTEGER : SQLITE_TEXT;
    if (sqlite3_column_type(row, i) != wanted) {
      return ls_fail(err, LS_EFORMAT, "%s must be %s", COLUMNS[i], i < NAME ? "an integer" : "a text");
    }
    if (i < NAME) continue;
    const char *text = (const char *)sqlite3_column_text(row, i);
    if (!text) return ls_fail_nomem(err);
    size_t size = (size_t)sqlite3_column_bytes(row, i);
    if (strlen(text) != size) return ls_fail(err, LS_EFORMAT, "%s has a NUL character in it", COLUMNS[i]);
    if (size == 0 && i != ARGS) return ls_fail(err, LS_EFORMAT, "%s is empty", COLUMNS[i]);
  }
  return LS_OK;
}

static ls_seqnum seqnum_at(sqlite3_stmt *row, int column) {
  return (ls_seqnum){sqlite3_column_int64(row, column), sqlite3_column_int64(row, column + 1),
                     sqlite3_column_int64(row, column + 2)};
}

/* Canonical, into importer->texts. An event without arguments may have null, or nothing. */
static int read_args(ls_importer *importer, const char *text, ls_error *err) {
  ls_bytes_clear(&importer->texts);
  int rc = ls_json_parse(&importer->doc, *text ? text : "{}", *text ? strlen(text) : 2, err);
  if (rc) return rc;
  ls_json_type type = ls_json_type_of(&importer->doc, 0);
  if (type == LS_JSON_NULL)
    ls_bytes_text(&importer->texts, "{}");
  else if (type != LS_JSON_OBJECT)
    return ls_fail(err, LS_EFORMAT, "an object was expected, found %s", ls_json_type_name(type));
  else
    rc = ls_json_canonical(&importer->texts, &importer->doc, 0, err);
  if (rc) return rc;
  return ls_bytes_cstr(&importer->texts) ? LS_OK : ls_fail_nomem(err);
}

static int take_row(ls_importer *importer, sqlite3_stmt *row, ls_error *err) {
  int rc = check_row(row, err);
  if (rc) return rc;
  rc = read_args(importer, (const char *)sqlite3_column_text(row, ARGS), err);
  if (rc) return ls_wrap(err, rc, "argsJson");
  ls_event event = {.seq = seqnum_at(row, SEQ),
                    .parent = seqnum_at(row, PARENT),
                    .name = (const char *)sqlite3_column_text(row, NAME),
                    .client_id = (const char *)sqlite3_column_text(row, CLIENT),
                    .session_id = (const char *)sqlite3_column_text(row, SESSION),
                    .args = importer->texts.data,
                    .args_size = importer->texts.size};
  return ls_import_take(importer, &event, err);
}

static int take_rows(ls_importer *importer, sqlite3 *db, sqlite3_stmt *row, ls_error *err) {
  int step;
  for (uint64_t n = 1; (step = sqlite3_step(row)) == SQLITE_ROW; n++) {
    int rc = take_row(importer, row, err);
    if (rc) return ls_import_fail_at(importer, rc, "row", n, err);
  }
  return step == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, db, LS_EIO, "%s", importer->file);
}

static int prepare(sqlite3_stmt **out, sqlite3 *db, const char *file, ls_error *err) {
  ls_bytes sql = {0};
  for (int i = 0; i < N_COLUMNS; i++) ls_bytes_printf(&sql, "%s %s", i ? "," : "SELECT", COLUMNS[i]);
  ls_bytes_text(&sql, " FROM eventlog ORDER BY seqNumGlobal, seqNumClient, seqNumRebaseGeneration");
  int rc = LS_OK;
  if (!ls_bytes_cstr(&sql))
    rc = ls_fail_nomem(err);
  else if (sqlite3_prepare_v2(db, sql.data, -1, out, NULL)) {
    rc = ls_sqlite_fail(err, db, LS_EFORMAT, "%s is an SQLite file, but not LiveStore's eventlog@6.db", file);
  }
  ls_bytes_fini(&sql);
  return rc;
}

int ls_import_eventlog(ls_importer *importer, ls_error *err) {
  sqlite3 *db;
  sqlite3_stmt *rows = NULL;
  int rc = ls_readonly_open(&db, importer->file, err);
  if (rc) return ls_wrap(err, rc, "%s", importer->file);
  rc = prepare(&rows, db, importer->file, err);
  if (!rc) rc = take_rows(importer, db, rows, err);
  sqlite3_finalize(rows);
  sqlite3_close(db);
  /* A damaged file is no damage of the store. */
  if (rc == LS_ECORRUPT) err->code = rc = LS_EFORMAT;
  return rc;
}
