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
  ls_seqnum upstream_head;
  int64_t generation;        /* as the fact says */
  size_t n_names, n_origins;
} ls_log_point;

struct ls_log {
  sqlite3 *db;
  ls_durability durability;
  bool in_transaction;       /* begun and not yet flushed; LS_DURABILITY_LATER begins with the first append */
  bool collecting;           /* begun by ls_log_begin: cuts and facts belong to it, too */
  bool unsettled;            /* cut, or a conflict gone, since the device was last told to keep what it has; or opened */
  uint64_t tears;            /* ls_log_tear */
  uint64_t losses;           /* how often a flush failed, and with it what was appended since the last */
  ls_error damage;           /* opened readonly: the first damage found */
  ls_mark base;              /* where it begins; the root but for ls_log_begin_at */
  ls_log_point now, durable;
  ls_log_point cut;          /* the lowest that the transaction under way has cut to, if cursors are stale */
  ls_names names;            /* of events, as in table names */
  ls_names origins;          /* client id, NUL, session id; as in table origins */
  sqlite3_stmt *insert, *insert_name, *insert_origin;
  sqlite3_stmt *begin, *commit, *rollback;      /* prepared at the start: a rollback must not fail */
  sqlite3_stmt *savepoint, *rollback_to, *release;
  sqlite3_stmt *floor;                          /* prepared when it is first used */
  sqlite3_stmt *reading;                        /* of a cursor that was closed, for the next one to take; or NULL */
  ls_bytes scratch;
  ls_log_cursor *cursors;    /* open ones */
};

/* End the file's transaction, if SQLite has not done so already. */
void ls_log_roll_back_file(ls_log *log);
/* How far SQLite goes to keep a transaction: down to the device, or as the log's durability says. */
int ls_log_synchronous(ls_log *log, bool full, ls_error *err);
/* Something changes that ls_log_settle is for. With LS_DURABILITY_POWER its transaction is synced anyway. */
static inline void ls_log_unsettle(ls_log *log) { log->unsettled |= log->durability != LS_DURABILITY_POWER; }
/* Prepare on the log's file. */
int ls_log_prepare(sqlite3_stmt **out, ls_log *log, const char *sql, ls_error *err);
int ls_log_exec(ls_log *log, const char *sql, ls_error *err);
/* Write what says that the file is a log, and of which format; a page is written also when it says so already. */
int ls_log_stamp(ls_log *log, ls_error *err);
/* Read one statement's single row of up to two integers: 1, 0 without a row, or negative. Finalizes nothing of the
 * log's own. */
int ls_log_lookup(int64_t out[3], ls_log *log, const char *sql, int64_t param, ls_error *err);

/* All cursors go to the log's present head. */
void ls_log_cursors_move(ls_log *log);
/* The log now ends at a point: cursors that stand behind it go on from there. Stale ones are left alone. */
void ls_log_cursors_rewind(ls_log *log, const ls_log_point *end);
/* The log ends at its present head, until the transaction is ended: cursors that stand behind it give nothing meanwhile,
 * since they may have been right. */
void ls_log_cursors_hold(ls_log *log);
/* The transaction is ended: those that were held go on, from log->cut if it is kept. */
void ls_log_cursors_go_on(ls_log *log, bool kept);

#endif
