/* Opening and closing a log, its layout, and the facts kept beside the events. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/database.h"
#include "core/log_file.h"
#include "core/readonly.h"
#include "base/seqnum.h"

#define APPLICATION_ID 0x4c53746f /* "LSto", in the SQLite header, says that this file is a log */
#define FORMAT 1                  /* PRAGMA user_version */

/* The view is for people with an SQLite shell; the library does not read it. */
static const char LAYOUT[] =
    "CREATE TABLE facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE origins (id INTEGER PRIMARY KEY, client_id TEXT NOT NULL, session_id TEXT NOT NULL) STRICT;"
    "CREATE TABLE events (place INTEGER PRIMARY KEY, generation INTEGER NOT NULL, gap INTEGER NOT NULL,"
    " name INTEGER NOT NULL, origin INTEGER NOT NULL, more INTEGER NOT NULL, undoes INTEGER NOT NULL,"
    " args TEXT NOT NULL, sum INTEGER NOT NULL) STRICT;"
    "CREATE VIEW log AS SELECT place >> 24 AS global, place & 0xffffff AS client, generation, names.name AS name,"
    " args, client_id, session_id FROM events JOIN names ON names.id = events.name"
    " JOIN origins ON origins.id = events.origin ORDER BY place;"
    "CREATE TABLE torn (place INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE conflicts (id INTEGER PRIMARY KEY AUTOINCREMENT, cause INTEGER NOT NULL, item INTEGER NOT NULL,"
    " error TEXT NOT NULL) STRICT;"
    "CREATE TABLE conflict_events (conflict INTEGER NOT NULL, item INTEGER NOT NULL, place INTEGER NOT NULL,"
    " generation INTEGER NOT NULL, parent_place INTEGER NOT NULL, parent_generation INTEGER NOT NULL, name TEXT NOT NULL,"
    " client_id TEXT NOT NULL, session_id TEXT NOT NULL, more INTEGER NOT NULL, undoes INTEGER NOT NULL,"
    " args TEXT NOT NULL, PRIMARY KEY (conflict, item)) STRICT, WITHOUT ROWID;";

int ls_log_prepare(sqlite3_stmt **out, ls_log *log, const char *sql, ls_error *err) {
  if (sqlite3_prepare_v3(log->db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL) == SQLITE_OK) return LS_OK;
  return ls_sqlite_fail(err, log->db, LS_EIO, "log");
}

int ls_log_exec(ls_log *log, const char *sql, ls_error *err) {
  if (sqlite3_exec(log->db, sql, NULL, NULL, NULL) == SQLITE_OK) return LS_OK;
  return ls_sqlite_fail(err, log->db, LS_EIO, "log");
}

int ls_log_lookup(int64_t out[3], ls_log *log, const char *sql, int64_t param, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, sql, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, param);
  int step = sqlite3_step(stmt);
  for (int i = 0; step == SQLITE_ROW && i < sqlite3_column_count(stmt); i++) out[i] = sqlite3_column_int64(stmt, i);
  if (step != SQLITE_ROW && step != SQLITE_DONE) rc = ls_sqlite_fail(err, log->db, LS_EIO, "log");
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

/* Exclusive locking before the first access lets WAL do without shared memory. Nothing is changed of a file that turns
 * out to be something else. */
static int configure(ls_log *log, ls_error *err) {
  return ls_log_exec(log, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA cache_size=-4000; PRAGMA foreign_keys=OFF", err);
}

int ls_log_synchronous(ls_log *log, bool full, ls_error *err) {
  full = full || log->durability == LS_DURABILITY_POWER;
  return ls_log_exec(log, full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", err);
}

static int configure_writing(ls_log *log, ls_error *err) {
  int rc = ls_log_exec(log, "PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=4000", err);
  return rc ? rc : ls_log_synchronous(log, false, err);
}

int ls_log_stamp(ls_log *log, ls_error *err) {
  char stamp[80];
  sqlite3_snprintf(sizeof stamp, stamp, "PRAGMA application_id=%d; PRAGMA user_version=%d", APPLICATION_ID, FORMAT);
  return ls_log_exec(log, stamp, err);
}

static int create_layout(ls_log *log, ls_error *err) {
  int rc = ls_log_exec(log, "BEGIN", err);
  if (!rc) rc = ls_log_exec(log, LAYOUT, err);
  if (!rc) rc = ls_log_stamp(log, err);
  if (!rc) rc = ls_log_exec(log, "COMMIT", err);
  if (rc && !sqlite3_get_autocommit(log->db)) sqlite3_exec(log->db, "ROLLBACK", NULL, NULL, NULL);
  return rc;
}

/* 1: a log that this version reads. 0: an empty file, which can become one. */
static int check_format(ls_log *log, ls_error *err) {
  int64_t id[3] = {0}, format[3] = {0}, tables[3] = {0};
  int rc = ls_log_lookup(id, log, "PRAGMA application_id", 0, err);
  if (rc >= 0) rc = ls_log_lookup(format, log, "PRAGMA user_version", 0, err);
  if (rc >= 0) rc = ls_log_lookup(tables, log, "SELECT count(*) FROM sqlite_schema", 0, err);
  if (rc < 0) return rc;
  if (id[0] == 0 && tables[0] == 0) return 0;
  if (id[0] != APPLICATION_ID) return ls_fail(err, LS_ECORRUPT, "the file is not an event log (its application id is wrong)");
  if (format[0] <= FORMAT) return 1;
  return ls_fail(err, LS_EFORMAT, "the log has format %lld; this version reads up to %d: use a newer livestore",
                 (long long)format[0], FORMAT);
}

/* Ids are dense, so the n-th row has id n. */
static int load_names(ls_names *names, ls_log *log, const char *sql, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, sql, err), step;
  if (rc) return rc;
  while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *text = sqlite3_column_blob(stmt, 1);
    size_t size = (size_t)sqlite3_column_bytes(stmt, 1);
    if (sqlite3_column_int64(stmt, 0) != (int64_t)names->n + 1 || !text || ls_names_find(names, text, size)) {
      rc = ls_fail(err, LS_ECORRUPT, "log: its table of names is damaged at row %zu", names->n + 1);
    } else if (!ls_names_add(names, text, size)) {
      rc = ls_fail_nomem(err);
    }
  }
  if (!rc && step != SQLITE_DONE) rc = ls_sqlite_fail(err, log->db, LS_EIO, "log");
  sqlite3_finalize(stmt);
  return rc;
}

static int load_upstream_head(ls_log *log, ls_error *err) {
  ls_bytes text = {0};
  int rc = ls_log_fact(&text, log, "upstream_head", err);
  if (rc == 1) rc = ls_bytes_cstr(&text) ? ls_seqnum_parse(&log->now.upstream_head, text.data, err) : ls_fail_nomem(err);
  ls_bytes_fini(&text);
  return rc < 0 ? rc : LS_OK;
}

static int load_generation(ls_log *log, ls_error *err) {
  int64_t row[3] = {0};
  int rc = ls_log_lookup(row, log, "SELECT CAST(value AS INTEGER) FROM facts WHERE key = 'generation'", 0, err);
  log->now.generation = row[0];
  return rc < 0 ? rc : LS_OK;
}

static const ls_seqnum LOG_END = {LS_SEQNUM_MAX_GLOBAL, LS_SEQNUM_MAX_CLIENT, 0};

static int load_head(ls_log *log, ls_error *err) {
  int rc = ls_log_floor(&log->now.head, log, LOG_END, err);
  if (rc) return rc;
  ls_mark synced;
  rc = ls_log_floor(&synced, log, (ls_seqnum){log->now.head.seq.global, 0, 0}, err);
  log->now.synced_generation = synced.seq.generation;
  log->now.n_names = log->names.n;
  log->now.n_origins = log->origins.n;
  log->durable = log->now;
  return rc;
}

static const char NAMES[] = "SELECT id, name FROM names ORDER BY id";
static const char ORIGINS[] =
    "SELECT id, CAST(client_id AS BLOB) || x'00' || CAST(session_id AS BLOB) FROM origins ORDER BY id";

static int load(ls_log *log, ls_error *err) {
  int rc = load_names(&log->names, log, NAMES, err);
  if (!rc) rc = load_names(&log->origins, log, ORIGINS, err);
  if (!rc) rc = load_upstream_head(log, err);
  if (!rc) rc = load_generation(log, err);
  return rc ? rc : load_head(log, err);
}

/* Damage is noted, and what was read before it is kept. */
static int forgive(ls_log *log, int rc, const ls_error *found, ls_error *err) {
  if (rc == LS_ECORRUPT || rc == LS_EFORMAT) {
    if (!log->damage.code) log->damage = *found;
    return LS_OK;
  }
  if (rc && err) *err = *found;
  return rc;
}

/* As load, for what may be damaged. Without a head that can be read, the log's end is not known: it is somewhere. */
static int load_what_is_good(ls_log *log, ls_error *err) {
  ls_error found;
  int rc = forgive(log, load_names(&log->names, log, NAMES, &found), &found, err);
  if (!rc) rc = forgive(log, load_names(&log->origins, log, ORIGINS, &found), &found, err);
  if (!rc) rc = forgive(log, load_upstream_head(log, &found), &found, err);
  if (rc) return rc;
  rc = load_head(log, &found);
  if (rc == LS_ECORRUPT) log->now.head.seq = log->durable.head.seq = LOG_END;
  return forgive(log, rc, &found, err);
}

static int prepare_writes(ls_log *log, ls_error *err) {
  int rc = ls_log_prepare(&log->insert, log, "INSERT INTO events VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)", err);
  if (!rc) rc = ls_log_prepare(&log->insert_name, log, "INSERT INTO names VALUES (?1, ?2)", err);
  if (!rc) rc = ls_log_prepare(&log->insert_origin, log, "INSERT INTO origins VALUES (?1, ?2, ?3)", err);
  if (!rc) rc = ls_log_prepare(&log->begin, log, "BEGIN", err);
  if (!rc) rc = ls_log_prepare(&log->commit, log, "COMMIT", err);
  if (!rc) rc = ls_log_prepare(&log->rollback, log, "ROLLBACK", err);
  if (!rc) rc = ls_log_prepare(&log->savepoint, log, "SAVEPOINT batch", err);
  if (!rc) rc = ls_log_prepare(&log->rollback_to, log, "ROLLBACK TO batch", err);
  return rc ? rc : ls_log_prepare(&log->release, log, "RELEASE batch", err);
}

static void log_free(ls_log *log) {
  sqlite3_stmt *const own[] = {log->insert,   log->insert_name, log->insert_origin, log->begin,  log->commit,
                               log->rollback, log->savepoint,   log->rollback_to,   log->release,
                               log->floor,    log->reading};
  for (size_t i = 0; i < sizeof own / sizeof own[0]; i++) sqlite3_finalize(own[i]);
  sqlite3_close(log->db);
  ls_names_fini(&log->names);
  ls_names_fini(&log->origins);
  ls_bytes_fini(&log->scratch);
  ls_free(log);
}

int ls_log_open(ls_log **out, const char *file, ls_durability durability, ls_error *err) {
  ls_log *log = ls_calloc(1, sizeof *log);
  if (!log) return ls_fail_nomem(err);
  log->durability = durability;
  int rc = LS_OK;
  if (sqlite3_open_v2(file ? file : ":memory:", &log->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL)) {
    rc = ls_sqlite_fail(err, log->db, LS_EIO, "%s", file ? file : "log in memory");
  } else {
    sqlite3_extended_result_codes(log->db, 1);
    rc = configure(log, err);
    int is_log = rc ? rc : check_format(log, err);
    rc = is_log < 0 ? is_log : configure_writing(log, err);
    if (!rc && !is_log) rc = create_layout(log, err);
    log->unsettled = is_log == 1; /* whoever wrote it may have died before a sync, whatever its durability was */
    if (!rc) rc = load(log, err);
    if (!rc) rc = prepare_writes(log, err);
    if (rc) ls_wrap(err, rc, "%s", file ? file : "log in memory");
  }
  if (rc) {
    log_free(log);
    return rc;
  }
  *out = log;
  return LS_OK;
}

int ls_log_open_readonly(ls_log **out, const char *file, ls_error *err) {
  ls_log *log = ls_calloc(1, sizeof *log);
  if (!log) return ls_fail_nomem(err);
  int rc = ls_readonly_open(&log->db, file, err);
  /* Writing to the catalogue is what SQLite must be allowed to do to read a file that is cut short. */
  if (!rc) rc = ls_log_exec(log, "PRAGMA writable_schema=ON", err);
  int is_log = rc ? rc : check_format(log, err);
  if (is_log < 0) rc = is_log;
  else if (!is_log) rc = ls_fail(err, LS_ECORRUPT, "the file is empty where an event log should be");
  else rc = load_what_is_good(log, err);
  if (rc) {
    log_free(log);
    return ls_wrap(err, rc, "%s", file);
  }
  *out = log;
  return LS_OK;
}

/* SQLite gives several lines in one text. */
static void give_lines(char *text, void (*each)(void *user, const char *text), void *user) {
  while (*text) {
    size_t size = strcspn(text, "\n");
    bool last = !text[size];
    text[size] = 0;
    if (size && strncmp(text, "***", 3) != 0 && strcmp(text, "ok") != 0) each(user, text);
    text += size + !last;
  }
}

int ls_log_check_pages(ls_log *log, void (*each)(void *user, const char *text), void *user, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, "PRAGMA quick_check(20)", err), step = SQLITE_DONE;
  if (rc) return rc;
  while (!rc && (step = sqlite3_step(stmt)) == SQLITE_ROW) {
    const char *given = (const char *)sqlite3_column_text(stmt, 0);
    char *text = given ? ls_strdup(given) : NULL;
    if (text) give_lines(text, each, user);
    else rc = ls_fail_nomem(err);
    ls_free(text);
  }
  if (!rc && step != SQLITE_DONE) rc = ls_sqlite_fail(err, log->db, LS_EIO, "log");
  sqlite3_finalize(stmt);
  return rc;
}

int ls_log_close(ls_log *log, ls_error *err) {
  if (!log) return LS_OK;
  int rc = ls_log_flush(log, err);
  log_free(log);
  return rc;
}

int ls_log_fact(ls_bytes *out, ls_log *log, const char *key, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log, "SELECT value FROM facts WHERE key = ?1", err);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, key, -1, SQLITE_STATIC);
  int step = sqlite3_step(stmt);
  if (step == SQLITE_ROW) {
    const void *value = sqlite3_column_blob(stmt, 0);
    ls_bytes_append(out, value, (size_t)sqlite3_column_bytes(stmt, 0));
    if (!ls_bytes_ok(out)) rc = ls_fail_nomem(err);
  } else if (step != SQLITE_DONE) {
    rc = ls_sqlite_fail(err, log->db, LS_EIO, "log");
  }
  sqlite3_finalize(stmt);
  return rc ? rc : step == SQLITE_ROW;
}

static int set_fact(ls_log *log, sqlite3_stmt *stmt, const ls_log_pair *fact, ls_error *err) {
  sqlite3_bind_text(stmt, 1, fact->key, -1, SQLITE_STATIC);
  sqlite3_bind_text(stmt, 2, fact->value, -1, SQLITE_STATIC);
  int rc = sqlite3_step(stmt) == SQLITE_DONE ? LS_OK : ls_sqlite_fail(err, log->db, LS_EIO, "log: %s", fact->key);
  sqlite3_reset(stmt);
  return rc;
}

static int write_facts(ls_log *log, const ls_log_pair *facts, size_t n, ls_error *err) {
  sqlite3_stmt *stmt = NULL;
  int rc = ls_log_prepare(&stmt, log, "INSERT INTO facts VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = ?2", err);
  for (size_t i = 0; !rc && i < n; i++) rc = set_fact(log, stmt, &facts[i], err);
  sqlite3_finalize(stmt);
  return rc;
}

static int set_facts(ls_log *log, const ls_log_pair *facts, size_t n, ls_error *err) {
  int rc = ls_log_exec(log, "BEGIN", err);
  if (!rc) rc = write_facts(log, facts, n, err);
  if (!rc) rc = ls_log_exec(log, "COMMIT", err);
  if (rc) ls_log_roll_back_file(log);
  return rc;
}

int ls_log_forget_facts(ls_log *log, const char *glob, int most, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_log_prepare(&stmt, log,
                          "DELETE FROM facts WHERE key GLOB ?1 AND rowid NOT IN"
                          " (SELECT rowid FROM facts WHERE key GLOB ?1 ORDER BY rowid DESC LIMIT ?2)",
                          err);
  if (rc) return rc;
  sqlite3_bind_text(stmt, 1, glob, -1, SQLITE_STATIC);
  sqlite3_bind_int(stmt, 2, most);
  if (sqlite3_step(stmt) != SQLITE_DONE) rc = ls_sqlite_fail(err, log->db, LS_EIO, "log: facts");
  sqlite3_finalize(stmt);
  return rc;
}

int ls_log_set_facts(ls_log *log, const ls_log_pair *facts, size_t n, ls_error *err) {
  int64_t unused[3];
  if (log->collecting) return write_facts(log, facts, n, err);
  int rc = ls_log_flush(log, err); /* facts must not go down with events that are not durable yet */
  if (rc) return rc;
  int any = ls_log_lookup(unused, log, "SELECT 1 FROM facts LIMIT 1", 0, err);
  if (any < 0) return any;
  if (any) return set_facts(log, facts, n, err);
  rc = ls_log_synchronous(log, true, err);
  if (!rc) rc = set_facts(log, facts, n, err);
  int back = ls_log_synchronous(log, false, rc ? NULL : err);
  return rc ? rc : back;
}
