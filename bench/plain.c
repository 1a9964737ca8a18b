/* plain.c - the limit: the same writes and reads with the same SQLite, by a program that has nothing else to do. It
 * appends to a log table of the same columns in a file, and changes a database in memory with prepared statements. It
 * reads no JSON, checks nothing, numbers nothing but rows, and cannot roll back or tell what changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "side.h"

enum { MAX_ACTIONS = 8, MAX_STATEMENTS = 10, MAX_PARAMS = 8 };

typedef enum item_field { FIELD_NONE, FIELD_ID, FIELD_TEXT, FIELD_POS, FIELD_DEL } item_field;

typedef struct statement {
  sqlite3_stmt *stmt;
  int n_params;
  item_field params[MAX_PARAMS];
} statement;

typedef struct plain {
  sqlite3 *log, *state;
  char *state_file;
  bool power, later;
  int64_t events, unflushed;
  sqlite3_stmt *append, *log_begin, *log_commit, *begin, *commit, *find, *list;
  const bench_domain *domain;
  const bench_item *history;
  statement statements[MAX_ACTIONS][MAX_STATEMENTS];
} plain;

static void check(int result, sqlite3 *db, const char *what) {
  if (result != SQLITE_OK && result != SQLITE_DONE && result != SQLITE_ROW)
    bench_die("plain: %s: %s", what, sqlite3_errmsg(db));
}

static void exec(sqlite3 *db, const char *sql) { check(sqlite3_exec(db, sql, NULL, NULL, NULL), db, sql); }

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *stmt;
  check(sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, NULL), db, sql);
  return stmt;
}

static void run(sqlite3_stmt *stmt) {
  check(sqlite3_step(stmt), sqlite3_db_handle(stmt), "step");
  sqlite3_reset(stmt);
}

static sqlite3 *connect(const char *file) {
  sqlite3 *db;
  int result = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
  check(result, db, file);
  return db;
}

/* ---- opening ---- */

static void open_log(plain *p, const char *dir) {
  char *file = bench_text("%s/log.db", dir);
  p->log = connect(file);
  free(file);
  exec(p->log, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=4000;"
               "PRAGMA cache_size=-4000;");
  exec(p->log, p->power ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  exec(p->log, "CREATE TABLE IF NOT EXISTS events (place INTEGER PRIMARY KEY, generation INTEGER NOT NULL,"
               " gap INTEGER NOT NULL, name INTEGER NOT NULL, origin INTEGER NOT NULL, args TEXT NOT NULL,"
               " sum INTEGER NOT NULL) STRICT");
  p->append = prepare(p->log, "INSERT INTO events VALUES (?1, 0, 0, ?2, 1, ?3, ?4)");
  p->log_begin = prepare(p->log, "BEGIN");
  p->log_commit = prepare(p->log, "COMMIT");
  sqlite3_stmt *head = prepare(p->log, "SELECT max(place) FROM events");
  check(sqlite3_step(head), p->log, "head");
  p->events = sqlite3_column_int64(head, 0) >> 24;
  sqlite3_finalize(head);
}

static item_field field_of(const char *name) {
  static const struct {
    const char *name;
    item_field field;
  } fields[] = {
      {":id", FIELD_ID}, {":text", FIELD_TEXT}, {":ins", FIELD_TEXT}, {":pos", FIELD_POS}, {":del", FIELD_DEL}};
  for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
    if (strcmp(name, fields[i].name) == 0) return fields[i].field;
  }
  bench_die("plain: parameter %s", name);
  return FIELD_NONE;
}

static void prepare_statement(statement *s, sqlite3 *db, const char *sql) {
  s->stmt = prepare(db, sql);
  s->n_params = sqlite3_bind_parameter_count(s->stmt);
  for (int i = 0; i < s->n_params; i++) s->params[i] = field_of(sqlite3_bind_parameter_name(s->stmt, i + 1));
}

static void prepare_state(plain *p) {
  p->begin = prepare(p->state, "BEGIN");
  p->commit = prepare(p->state, "COMMIT");
  for (size_t a = 0; a < p->domain->n_actions; a++) {
    for (size_t i = 0; p->domain->actions[a].sql[i]; i++) {
      prepare_statement(&p->statements[a][i], p->state, p->domain->actions[a].sql[i]);
    }
  }
}

static void create_state(plain *p) {
  p->state = connect(":memory:");
  for (size_t i = 0; p->domain->tables[i]; i++) exec(p->state, p->domain->tables[i]);
  prepare_state(p);
}

/* Read the image of a database whole and work on it in place: false when there is none. */
static bool read_state(plain *p) {
  FILE *file = fopen(p->state_file, "rb");
  if (!file) return false;
  fseek(file, 0, SEEK_END);
  size_t size = (size_t)ftell(file);
  rewind(file);
  unsigned char *image = sqlite3_malloc64(size);
  if (!image || fread(image, 1, size, file) != size) bench_die("plain: cannot read %s", p->state_file);
  fclose(file);
  p->state = connect(":memory:");
  check(sqlite3_deserialize(p->state, "main", image, (sqlite3_int64)size, (sqlite3_int64)size,
                            SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE),
        p->state, "deserialize");
  prepare_state(p);
  return true;
}

/* ---- writing ---- */

static void bind(const statement *s, const bench_item *item) {
  for (int i = 0; i < s->n_params; i++) {
    switch (s->params[i]) {
      case FIELD_ID: sqlite3_bind_text(s->stmt, i + 1, item->id, -1, SQLITE_STATIC); break;
      case FIELD_TEXT: sqlite3_bind_text(s->stmt, i + 1, item->text, -1, SQLITE_STATIC); break;
      case FIELD_POS: sqlite3_bind_int64(s->stmt, i + 1, item->pos); break;
      default: sqlite3_bind_int64(s->stmt, i + 1, item->del);
    }
  }
}

static void apply(plain *p, size_t action, const bench_item *item) {
  for (const statement *s = p->statements[action]; s < p->statements[action] + MAX_STATEMENTS && s->stmt; s++) {
    bind(s, item);
    run(s->stmt);
  }
}

static void append(plain *p, size_t action, const bench_item *item) {
  sqlite3_bind_int64(p->append, 1, ++p->events << 24);
  sqlite3_bind_int64(p->append, 2, (int64_t)action + 1);
  sqlite3_bind_text(p->append, 3, item->args, -1, SQLITE_STATIC);
  sqlite3_bind_int64(p->append, 4, INT64_MAX - p->events); /* as large as a digest */
  run(p->append);
}

static void apply_all(plain *p, size_t action, const bench_item *items, size_t n) {
  bool single = n == 1 && !p->statements[action][1].stmt;
  if (!single) run(p->begin);
  for (size_t i = 0; i < n; i++) apply(p, action, &items[i]);
  if (!single) run(p->commit);
}

static void append_all(plain *p, size_t action, const bench_item *items, size_t n) {
  if (p->later ? p->unflushed == 0 : n > 1) run(p->log_begin);
  for (size_t i = 0; i < n; i++) append(p, action, &items[i]);
  p->unflushed += (int64_t)n;
  if (p->later ? p->unflushed < BATCH : n == 1) return;
  run(p->log_commit);
  p->unflushed = 0;
}

static void commit(void *store, size_t action, const bench_item *items, size_t n) {
  apply_all(store, action, items, n);
  append_all(store, action, items, n);
}

/* What the events say is known already, so each is only read. */
static void replay(plain *p) {
  size_t i = 0, bytes = 0;
  sqlite3_stmt *log = prepare(p->log, "SELECT name, args, sum FROM events ORDER BY place");
  run(p->begin);
  for (; sqlite3_step(log) == SQLITE_ROW; i++) {
    bytes += (size_t)sqlite3_column_bytes(log, 1);
    apply(p, (size_t)sqlite3_column_int64(log, 0) - 1, &p->history[i]);
  }
  run(p->commit);
  sqlite3_finalize(log);
  if (i != (size_t)p->events || bytes < i) bench_die("plain: the log ended early");
}

/* ---- closing ---- */

static void write_state(plain *p) {
  sqlite3_int64 size;
  unsigned char *image = sqlite3_serialize(p->state, "main", &size, 0);
  FILE *file = fopen(p->state_file, "wb");
  if (!image || !file || fwrite(image, 1, (size_t)size, file) != (size_t)size || fclose(file)) {
    bench_die("plain: cannot write %s", p->state_file);
  }
  sqlite3_free(image);
}

static void close_state(plain *p) {
  sqlite3_finalize(p->find);
  sqlite3_finalize(p->list);
  p->find = p->list = NULL;
  for (size_t i = 0; i < (size_t)MAX_ACTIONS * MAX_STATEMENTS; i++) {
    statement *s = &p->statements[i / MAX_STATEMENTS][i % MAX_STATEMENTS];
    sqlite3_finalize(s->stmt);
    s->stmt = NULL;
  }
  sqlite3_finalize(p->begin);
  sqlite3_finalize(p->commit);
  check(sqlite3_close(p->state), p->state, "close");
}

static void close_plain(void *store) {
  plain *p = store;
  if (p->later && p->unflushed) run(p->log_commit);
  sqlite3_finalize(p->append);
  sqlite3_finalize(p->log_begin);
  sqlite3_finalize(p->log_commit);
  check(sqlite3_close(p->log), p->log, "close");
  write_state(p);
  close_state(p);
  free(p->state_file);
  free(p);
}

static void *open_plain(const bench_place *place) {
  plain *p = bench_alloc(sizeof *p);
  p->state_file = bench_text("%s/state.db", place->dir);
  p->domain = place->domain;
  p->history = place->history;
  p->power = place->durability == LS_DURABILITY_POWER;
  p->later = place->durability == LS_DURABILITY_LATER;
  open_log(p, place->dir);
  if (read_state(p)) return p;
  create_state(p);
  if (p->events) replay(p);
  return p;
}

static void rebuild(void *store) {
  plain *p = store;
  close_state(p);
  create_state(p);
  replay(p);
  write_state(p);
}

/* ---- reading ---- */

static void find(void *store, const char *id) {
  plain *p = store;
  if (!p->find) p->find = prepare(p->state, FIND_SQL);
  sqlite3_bind_text(p->find, 1, id, -1, SQLITE_STATIC);
  int step = sqlite3_step(p->find);
  if (step != SQLITE_ROW || !sqlite3_column_text(p->find, 0)[0]) bench_die("plain: todo %s is missing", id);
  sqlite3_reset(p->find);
}

static void list(void *store) {
  plain *p = store;
  size_t rows = 0, letters = 0;
  if (!p->list) p->list = prepare(p->state, LIST_SQL);
  while (sqlite3_step(p->list) == SQLITE_ROW) {
    letters += (size_t)sqlite3_column_text(p->list, 0)[0] + (size_t)sqlite3_column_text(p->list, 1)[0] +
               (size_t)sqlite3_column_int64(p->list, 2);
    rows++;
  }
  sqlite3_reset(p->list);
  if (rows != LIST_ROWS || !letters) bench_die("plain: %zu rows instead of %d", rows, LIST_ROWS);
}

static void hash(void *store) {
  plain *p = store;
  XXH3_state_t digest;
  XXH3_128bits_reset(&digest);
  sqlite3_stmt *stmt = prepare(p->state, "SELECT rowid, id, text, completed FROM todos ORDER BY rowid");
  while (sqlite3_step(stmt) == SQLITE_ROW) {
    sqlite3_int64 numbers[] = {sqlite3_column_int64(stmt, 0), sqlite3_column_int64(stmt, 3)};
    XXH3_128bits_update(&digest, numbers, sizeof numbers);
    for (int i = 1; i <= 2; i++) {
      XXH3_128bits_update(&digest, sqlite3_column_text(stmt, i), (size_t)sqlite3_column_bytes(stmt, i));
    }
  }
  XXH128_hash_t unused = XXH3_128bits_digest(&digest);
  (void)unused;
  sqlite3_finalize(stmt);
}

const bench_side side_plain = {"plain", open_plain, commit, find, list, hash, rebuild, close_plain};
