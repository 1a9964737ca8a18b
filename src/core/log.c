#include "core/log.h"

#include "base/err.h"
#include "core/database.h"
#include "core/log_file.h"
#include "base/seqnum.h"

ls_mark ls_log_head(const ls_log *log) { return log->now.head; }
ls_mark ls_log_durable_head(const ls_log *log) { return log->durable.head; }
const ls_error *ls_log_damage(const ls_log *log) { return &log->damage; }
ls_seqnum ls_log_upstream_head(const ls_log *log) { return log->now.upstream_head; }
uint64_t ls_log_losses(const ls_log *log) { return log->losses; }

int64_t ls_log_generation(const ls_log *log) {
  int64_t of_head = log->now.head.seq.generation;
  return log->now.generation > of_head ? log->now.generation : of_head;
}

/* Outside a transaction, what is is durable. */
static void keep_point(ls_log *log) {
  if (!log->in_transaction) log->durable = log->now;
}

int ls_log_set_upstream_head(ls_log *log, ls_seqnum head, ls_error *err) {
  char text[LS_SEQNUM_TEXT];
  int rc = ls_log_set_facts(log, &(ls_log_pair){"upstream_head", ls_seqnum_format(head, text)}, 1, err);
  if (rc) return rc;
  log->now.upstream_head = head;
  keep_point(log);
  return LS_OK;
}

int ls_log_set_generation(ls_log *log, int64_t generation, ls_error *err) {
  char text[24];
  sqlite3_snprintf(sizeof text, text, "%lld", (long long)generation);
  int rc = ls_log_set_facts(log, &(ls_log_pair){"generation", text}, 1, err);
  if (rc) return rc;
  log->now.generation = generation;
  keep_point(log);
  return LS_OK;
}

static int run(ls_log *log, sqlite3_stmt *stmt, ls_error *err) {
  int step = sqlite3_step(stmt);
  int rc = step == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, log->db, LS_EIO, "log");
  sqlite3_reset(stmt);
  return rc;
}

/* The id of a text in one of the two small tables; 0 on an error. */
static uint32_t name_id(ls_log *log, const char *name, ls_error *err) {
  size_t size = strlen(name);
  uint32_t id = ls_names_find(&log->names, name, size);
  if (id) return id;
  sqlite3_bind_int64(log->insert_name, 1, (int64_t)log->names.n + 1);
  sqlite3_bind_text(log->insert_name, 2, name, (int)size, SQLITE_STATIC);
  if (run(log, log->insert_name, err)) return 0;
  id = ls_names_add(&log->names, name, size);
  if (!id) ls_fail_nomem(err);
  return id;
}

static uint32_t origin_id(ls_log *log, const ls_event *event, ls_error *err) {
  ls_bytes *key = &log->scratch;
  ls_bytes_clear(key);
  ls_bytes_append(key, event->client_id, strlen(event->client_id) + 1);
  ls_bytes_text(key, event->session_id);
  if (!ls_bytes_ok(key)) return (void)ls_fail_nomem(err), 0u;
  uint32_t id = ls_names_find(&log->origins, key->data, key->size);
  if (id) return id;
  sqlite3_bind_int64(log->insert_origin, 1, (int64_t)log->origins.n + 1);
  sqlite3_bind_text(log->insert_origin, 2, event->client_id, -1, SQLITE_STATIC);
  sqlite3_bind_text(log->insert_origin, 3, event->session_id, -1, SQLITE_STATIC);
  if (run(log, log->insert_origin, err)) return 0;
  id = ls_names_add(&log->origins, key->data, key->size);
  if (!id) ls_fail_nomem(err);
  return id;
}

/* Invariant 3 of log.h. */
static int check_order(const ls_event *event, ls_seqnum head, ls_error *err) {
  char at[LS_SEQNUM_TEXT], behind[LS_SEQNUM_TEXT];
  ls_seqnum seq = event->seq, parent = event->parent;
  if (!ls_seqnum_in_range(seq)) return ls_fail(err, LS_ELIMIT, "%s is beyond the largest position", ls_seqnum_format(seq, at));
  bool follows = seq.client ? seq.global == head.global && seq.client == head.client + 1 && parent.global == head.global &&
                                  parent.client == head.client
                            : seq.global > head.global && parent.global == head.global && parent.client == 0;
  if (follows) return LS_OK;
  return ls_fail(err, LS_EORDER, "%s does not follow the head of the log, %s", ls_seqnum_format(seq, at),
                 ls_seqnum_format(head, behind));
}

static int append_one(ls_log *log, const ls_event *event, ls_error *err) {
  int rc = check_order(event, log->now.head.seq, err);
  if (rc) return rc;
  uint64_t sum;
  uint32_t name = name_id(log, event->name, err);
  uint32_t origin = name ? origin_id(log, event, err) : 0;
  if (!origin) return err ? err->code : LS_EIO;
  if (!ls_event_sum(&sum, event, log->now.head.sum, &log->scratch)) return ls_fail_nomem(err);
  sqlite3_bind_int64(log->insert, 1, ls_seqnum_place(event->seq));
  sqlite3_bind_int64(log->insert, 2, event->seq.generation);
  sqlite3_bind_int64(log->insert, 3, ls_event_gap(event));
  sqlite3_bind_int64(log->insert, 4, name);
  sqlite3_bind_int64(log->insert, 5, origin);
  sqlite3_bind_int64(log->insert, 6, event->more);
  sqlite3_bind_int64(log->insert, 7, event->undoes);
  sqlite3_bind_text64(log->insert, 8, event->args, event->args_size, SQLITE_STATIC, SQLITE_UTF8);
  sqlite3_bind_int64(log->insert, 9, (int64_t)sum);
  rc = run(log, log->insert, err);
  if (rc) return rc;
  log->now.head = (ls_mark){event->seq, sum};
  if (!event->seq.client) log->now.synced_generation = event->seq.generation;
  return LS_OK;
}

static int append_all(ls_log *log, const ls_event *events, size_t n, ls_error *err) {
  for (size_t i = 0; i < n; i++) {
    int rc = append_one(log, &events[i], err);
    if (rc) return rc;
  }
  log->now.n_names = log->names.n;
  log->now.n_origins = log->origins.n;
  return LS_OK;
}

/* Bring memory back to where the file is. */
static void restore(ls_log *log, const ls_log_point *point) {
  ls_names_cut(&log->names, point->n_names);
  ls_names_cut(&log->origins, point->n_origins);
  log->now = *point;
  ls_log_cursors_rewind(log, point);
}

void ls_log_roll_back_file(ls_log *log) {
  if (!sqlite3_get_autocommit(log->db)) run(log, log->rollback, NULL);
}

static void roll_back(ls_log *log) {
  ls_log_roll_back_file(log);
  log->losses += log->in_transaction && !log->collecting;
  ls_log_cursors_go_on(log, false);
  restore(log, &log->durable);
  log->in_transaction = log->collecting = false;
}

/* A commit whose sync failed lies whole in the write-ahead log, and would be found there after a crash. What is written next
 * is written over it, so something is. When that fails too, more cannot be done. */
static void take_back_commit(ls_log *log) {
  roll_back(log);
  if (log->durability == LS_DURABILITY_POWER) ls_log_stamp(log, NULL);
}

/* SQLite takes a transaction back whole when a statement fails for want of memory or the disk's; also one that only reads. */
static int check_transaction(ls_log *log, ls_error *err) {
  if (!sqlite3_get_autocommit(log->db)) return LS_OK;
  roll_back(log);
  return ls_fail(err, LS_EIO, "log: a statement failed, and SQLite took back what was not flushed");
}

void ls_log_notice_loss(ls_log *log) {
  if (log->in_transaction && !log->collecting) check_transaction(log, NULL);
}

/* One transaction stays open over several appends; a savepoint makes each of them all or nothing. */
static int append_later(ls_log *log, const ls_event *events, size_t n, ls_error *err) {
  int rc = log->in_transaction ? check_transaction(log, err) : run(log, log->begin, err);
  if (rc) return rc;
  log->in_transaction = true;
  ls_log_point before = log->now;
  rc = run(log, log->savepoint, err);
  if (!rc) rc = append_all(log, events, n, err);
  if (!rc) rc = run(log, log->release, err);
  if (!rc) return LS_OK;
  if (!run(log, log->rollback_to, NULL) && !run(log, log->release, NULL)) {
    restore(log, &before);
  } else {
    roll_back(log);
  }
  return rc;
}

int ls_log_append(ls_log *log, const ls_event *events, size_t n, ls_error *err) {
  ls_error local;
  if (!err) err = &local;
  if (n == 0) return LS_OK;
  if (log->durability == LS_DURABILITY_LATER || log->in_transaction) return append_later(log, events, n, err);
  int rc = run(log, log->begin, err);
  if (!rc) rc = append_all(log, events, n, err);
  if (!rc) rc = run(log, log->commit, err);
  if (rc) {
    take_back_commit(log);
  } else {
    log->durable = log->now;
  }
  return rc;
}

int ls_log_begin(ls_log *log, ls_error *err) {
  int rc = ls_log_flush(log, err);
  if (!rc) rc = run(log, log->begin, err);
  log->in_transaction = log->collecting = rc == LS_OK;
  return rc;
}

void ls_log_abort(ls_log *log) {
  if (log->in_transaction) roll_back(log);
}

int ls_log_flush(ls_log *log, ls_error *err) {
  if (!log->in_transaction) return LS_OK;
  int rc = check_transaction(log, err);
  if (rc) return rc;
  rc = run(log, log->commit, err);
  if (rc) {
    take_back_commit(log);
    return rc;
  }
  log->in_transaction = log->collecting = false;
  log->durable = log->now;
  ls_log_cursors_go_on(log, true);
  return LS_OK;
}

int ls_log_settle(ls_log *log, ls_error *err) {
  if (!log->unsettled) return LS_OK;
  int rc = ls_log_flush(log, err);
  if (!rc) rc = ls_log_synchronous(log, true, err);
  if (!rc) rc = ls_log_stamp(log, err); /* a sync goes with a write, and takes along what was written before */
  int back = ls_log_synchronous(log, false, rc ? NULL : err);
  if (!rc) log->unsettled = false;
  return rc ? rc : back;
}

/* Where the log ends when all behind a place is gone. */
static int point_at(ls_log_point *out, ls_log *log, ls_seqnum after, ls_error *err) {
  ls_mark synced;
  *out = log->now;
  int rc = ls_log_floor(&out->head, log, after, err);
  if (!rc) rc = ls_log_floor(&synced, log, (ls_seqnum){out->head.seq.global, 0, 0}, err);
  if (!rc) out->synced_generation = synced.seq.generation;
  return rc;
}

/* They are confirmed, so only a log that begins anew cuts below them, in a transaction. */
static int forget_torn(ls_log *log, long long place, ls_error *err) {
  char sql[80];
  sqlite3_snprintf(sizeof sql, sql, "DELETE FROM torn WHERE place > %lld", place);
  return ls_log_exec(log, sql, err);
}

/* By itself it is synced. A cut takes back a commit that was told to have failed; with a loss of power, the file would
 * otherwise fall back to where it has that. */
static int delete_behind(ls_log *log, long long place, ls_error *err) {
  char sql[80];
  bool alone = !log->collecting;
  int rc = alone ? ls_log_synchronous(log, true, err) : forget_torn(log, place, err);
  sqlite3_snprintf(sizeof sql, sql, "DELETE FROM events WHERE place > %lld", place);
  if (!rc) rc = ls_log_exec(log, sql, err);
  if (alone) ls_log_synchronous(log, false, NULL); /* what is synced without need is only slower */
  return rc;
}

int ls_log_cut(ls_log *log, ls_seqnum after, ls_error *err) {
  char at[LS_SEQNUM_TEXT], upstream[LS_SEQNUM_TEXT];
  if (ls_seqnum_after(log->now.upstream_head, after)) {
    return ls_fail(err, LS_EORDER, "the log cannot be cut behind %s: upstream has accepted it up to %s",
                   ls_seqnum_format(after, at), ls_seqnum_format(log->now.upstream_head, upstream));
  }
  ls_log_point end;
  int rc = log->collecting ? LS_OK : ls_log_flush(log, err);
  if (!rc) rc = point_at(&end, log, after, err);
  if (!rc) rc = delete_behind(log, ls_seqnum_place(end.head.seq), err);
  if (rc) return rc;
  log->now = end;
  if (log->collecting) ls_log_unsettle(log);
  keep_point(log);
  if (log->collecting) ls_log_cursors_hold(log);
  else ls_log_cursors_rewind(log, &end);
  return LS_OK;
}

ls_mark ls_log_base(const ls_log *log) { return log->base; }

int ls_log_begin_at(ls_log *log, ls_mark base, ls_error *err) {
  int rc = ls_log_flush(log, err);
  if (!rc) rc = ls_log_exec(log, "DELETE FROM torn; DELETE FROM events", err);
  if (rc) return rc;
  log->base = base;
  log->now.head = base;
  log->now.synced_generation = base.seq.client ? 0 : base.seq.generation;
  if (ls_seqnum_after(log->now.upstream_head, base.seq)) log->now.upstream_head = base.seq;
  log->durable = log->now;
  ls_log_cursors_move(log);
  return LS_OK;
}

int ls_log_floor(ls_mark *out, ls_log *log, ls_seqnum seq, ls_error *err) {
  static const char SQL[] = "SELECT place, generation, sum FROM events WHERE place <= ?1 ORDER BY place DESC LIMIT 1";
  int rc = log->floor ? LS_OK : ls_log_prepare(&log->floor, log, SQL, err);
  if (rc) return rc;
  sqlite3_stmt *stmt = log->floor;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(seq));
  int step = sqlite3_step(stmt);
  ls_mark mark = log->base;
  if (step == SQLITE_ROW) {
    mark.seq = ls_seqnum_at_place(sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 1));
    mark.sum = (uint64_t)sqlite3_column_int64(stmt, 2);
  } else if (step != SQLITE_DONE) {
    rc = ls_sqlite_fail(err, log->db, LS_EIO, "log");
  }
  sqlite3_reset(stmt);
  if (!rc) *out = mark;
  return rc;
}

int ls_log_tear(ls_log *log, ls_seqnum seq, ls_error *err) {
  char sql[80];
  sqlite3_snprintf(sizeof sql, sql, "INSERT INTO torn VALUES (%lld)", (long long)ls_seqnum_place(seq));
  log->tears++;
  return ls_log_exec(log, sql, err);
}

uint64_t ls_log_tears(const ls_log *log) { return log->tears; }

int ls_log_torn_behind(ls_log *log, ls_seqnum seq, ls_error *err) {
  int64_t unused[3];
  return ls_log_lookup(unused, log, "SELECT 1 FROM torn WHERE place > ?1 LIMIT 1", ls_seqnum_place(seq), err);
}

int ls_log_mark(ls_mark *out, ls_log *log, ls_seqnum seq, ls_error *err) {
  ls_mark floor;
  int rc = ls_log_floor(&floor, log, seq, err);
  if (rc) return rc;
  if (!ls_seqnum_equal(floor.seq, seq)) return 0;
  *out = floor;
  return 1;
}

int ls_log_count(uint64_t *out, ls_log *log, ls_seqnum since, ls_error *err) {
  int64_t row[3] = {0};
  int rc = ls_log_lookup(row, log, "SELECT count(*) FROM events WHERE place > ?1", ls_seqnum_place(since), err);
  if (rc < 0) return rc;
  *out = (uint64_t)row[0];
  return LS_OK;
}
