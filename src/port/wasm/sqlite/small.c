/* small - SQLite without what a store never lets run: ALTER TABLE, ANALYZE, REINDEX and VACUUM.
 * ATTACH stays: sqlite3_deserialize runs it.
 *
 * SQLite's own options SQLITE_OMIT_ALTERTABLE and so on take the code out, but the parser of the amalgamation still calls
 * it. So the amalgamation is compiled from here, with functions in place of the missing ones that ask the authorizer, as
 * those did, which refuses the statement in its words (src/core/authorizer.c). SQLite itself must not run them either.
 *
 * They are SQLite's internal functions, of the version that tools/fetch-sqlite.sh pins. */
#include <sqlite3.c>

/* A connection without an authorizer, as that of a log, gets SQLite's words for what it does not have. */
static void refuse(Parse *parse, int action) {
  if (sqlite3AuthCheck(parse, action, 0, 0, 0) == SQLITE_OK) sqlite3ErrorMsg(parse, "not in this build of SQLite");
}

static void refuse_alter(Parse *parse, SrcList *table) {
  refuse(parse, SQLITE_ALTER_TABLE);
  sqlite3SrcListDelete(parse->db, table);
}

SQLITE_PRIVATE void sqlite3AlterRenameTable(Parse *parse, SrcList *table, Token *name) {
  (void)name;
  refuse_alter(parse, table);
}

SQLITE_PRIVATE void sqlite3AlterRenameColumn(Parse *parse, SrcList *table, Token *from, Token *to) {
  (void)from;
  (void)to;
  refuse_alter(parse, table);
}

SQLITE_PRIVATE void sqlite3AlterDropColumn(Parse *parse, SrcList *table, const Token *name) {
  (void)name;
  refuse_alter(parse, table);
}

SQLITE_PRIVATE void sqlite3AlterBeginAddColumn(Parse *parse, SrcList *table) { refuse_alter(parse, table); }

/* Comes only after the one before, which has refused. */
SQLITE_PRIVATE void sqlite3AlterFinishAddColumn(Parse *parse, Token *definition) {
  (void)parse;
  (void)definition;
}

SQLITE_PRIVATE void sqlite3AlterDropConstraint(Parse *parse, SrcList *table, Token *name, Token *column) {
  (void)name;
  (void)column;
  refuse_alter(parse, table);
}

SQLITE_PRIVATE void sqlite3AlterSetNotNull(Parse *parse, SrcList *table, Token *column, Token * not ) {
  (void)column;
  (void)not ;
  refuse_alter(parse, table);
}

SQLITE_PRIVATE void sqlite3AlterAddConstraint(Parse *parse, SrcList *table, Token *first, Token *name, const char *text,
                                              int size, Expr *check) {
  (void)first;
  (void)name;
  (void)text;
  (void)size;
  sqlite3ExprDelete(parse->db, check);
  refuse_alter(parse, table);
}

/* Only ALTER TABLE asks where the names in a statement stand. */
SQLITE_PRIVATE const void *sqlite3RenameTokenMap(Parse *parse, const void *of, const Token *token) {
  (void)parse;
  (void)token;
  return of;
}

SQLITE_PRIVATE void sqlite3RenameTokenRemap(Parse *parse, const void *to, const void *from) {
  (void)parse;
  (void)to;
  (void)from;
}

SQLITE_PRIVATE void sqlite3RenameExprUnmap(Parse *parse, Expr *expr) {
  (void)parse;
  (void)expr;
}

SQLITE_PRIVATE void sqlite3RenameExprlistUnmap(Parse *parse, ExprList *list) {
  (void)parse;
  (void)list;
}

SQLITE_PRIVATE void sqlite3Analyze(Parse *parse, Token *first, Token *second) {
  (void)first;
  (void)second;
  refuse(parse, SQLITE_ANALYZE);
}

SQLITE_PRIVATE void sqlite3Reindex(Parse *parse, Token *first, Token *second) {
  (void)first;
  (void)second;
  refuse(parse, SQLITE_REINDEX);
}

/* The authorizer is never asked about VACUUM: a statement that does nothing is left, and the core refuses it by its
 * first word. */
SQLITE_PRIVATE void sqlite3Vacuum(Parse *parse, Token *name, Expr *into) {
  (void)name;
  sqlite3ExprDelete(parse->db, into);
}

/* Needed by more than VACUUM. */

SQLITE_PRIVATE void sqlite3PagerClearCache(Pager *pager) {
  if (pager->tempFile == 0) pager_reset(pager);
}
