/* log_file - the inside of a log, shared by the files that implement it. */
#ifndef LS_CORE_LOG_FILE_H
#define LS_CORE_LOG_FILE_H

#include <sqlite3.h>

#include "core/log.h"
#include "core/names.h"

/* What a rollback of the file's transaction must bring back in memory. */
typedef struct ls_log_point {
  ls_mark head;
  int64_t synced_generation; /* of the newest synced event */
  size_t n_names, n_origins;
} ls_log_point;

struct ls_log {
  sqlite3 *db;
  ls_durability durability;
  bool in_transaction;       /* begun and not yet flushed; LS_DURABILITY_LATER begins with the first append */
  ls_error damage;           /* opened readonly: the first damage found */
  ls_log_point now, durable;
  ls_seqnum upstream_head;
  ls_names names;            /* of events, as in table names */
  ls_names origins;          /* client id, NUL, session id; as in table origins */
  sqlite3_stmt *insert, *insert_name, *insert_origin;
  sqlite3_stmt *begin, *commit, *rollback;      /* prepared at the start: a rollback must not fail */
  sqlite3_stmt *savepoint, *rollback_to, *release;
  ls_bytes scratch;
  ls_log_cursor *cursors;    /* open ones */
};

/* End the file's transaction, if SQLite has not done so already. */
void ls_log_roll_back_file(ls_log *log);
/* Prepare on the log's file. */
int ls_log_prepare(sqlite3_stmt **out, ls_log *log, const char *sql, ls_error *err);
int ls_log_exec(ls_log *log, const char *sql, ls_error *err);
/* Read one statement's single row of up to two integers: 1, 0 without a row, or negative. Finalizes nothing of the
 * log's own. */
int ls_log_lookup(int64_t out[3], ls_log *log, const char *sql, int64_t param, ls_error *err);

/* The log now ends earlier: cursors that stood behind its end go on from there. */
void ls_log_cursors_rewind(ls_log *log);

#endif
