/* rows_live.c - live queries: an update while many others wait, and the memory that one takes while it waits. The limit
 * of a commit is plain SQLite that makes the same update and runs the one query that it touches. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "side.h"
#include "todos.h"

enum { UPDATES = 5000, TURN = 250, MANY_TABLES = 1000 };

static void check(int rc, const ls_error *err) {
  if (rc < 0) bench_die("live: %s", err->text);
}

static void count_update(void *user, const ls_update *update) {
  if (update->before) ++*(size_t *)user;
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

static ls_store *open_ours(const bench_state *bench, const char *name, const ls_schema_source *schema) {
  ls_error err;
  ls_store *store;
  char *dir = bench_dir(bench, bench_sides[OURS], name, true);
  ls_options options = {.schema = *schema, .store_id = "bench", .client_id = "client", .session_id = "session"};
  check(ls_open(&store, dir, &options, &err), &err);
  free(dir);
  return store;
}

static void watch_todos(ls_store *store, const bench_state *bench, size_t n, size_t *told) {
  ls_error err;
  for (size_t i = 0; i < n; i++) {
    ls_node *node;
    check(ls_watch(&node, store, "SELECT * FROM todos WHERE id = ?", LS_PARAMS(ls_text(bench->todos[i].id)),
                   count_update, told, &err),
          &err);
  }
}

static void fill(ls_store *store, const bench_state *bench, size_t n) {
  ls_error err;
  ls_input inputs[BATCH];
  for (size_t i = 0; i < n; i += BATCH) {
    for (size_t k = 0; k < BATCH; k++)
      inputs[k] = (ls_input){todos_domain.actions[TODO_CREATED].event, bench->todos[i + k].args};
    check(ls_commit_all(NULL, store, inputs, BATCH, &err), &err);
  }
}

static void update_ours(ls_store *store, const bench_state *bench, size_t n, size_t turn, samples *out) {
  ls_error err;
  for (size_t i = 0; i < TURN; i++) {
    const bench_item *item = &bench->todos[(turn * TURN + i) * 7919 % n];
    double start = now_us();
    check(ls_commit(NULL, store, todos_domain.actions[TODO_EDITED].event, item->args, &err), &err);
    samples_add(out, now_us() - start);
  }
}

static void update_plain(void *store, const bench_state *bench, size_t n, size_t turn, samples *out) {
  for (size_t i = 0; i < TURN; i++) {
    const bench_item *item = &bench->todos[(turn * TURN + i) * 7919 % n];
    double start = now_us();
    bench_sides[PLAIN]->commit(store, TODO_EDITED, item, 1);
    bench_sides[PLAIN]->find(store, item->id);
    samples_add(out, now_us() - start);
  }
}

/* Microseconds of an update of one row, told. The variant is the number of live queries by id. */
void row_live(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t n = smaller((size_t)row->variant, bench->events) / BATCH * BATCH, told = 0;
  ls_store *store = open_ours(bench, "live", &todos_domain.schema);
  char *dir = bench_dir(bench, bench_sides[PLAIN], "live", true);
  void *plain = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  fill(store, bench, n);
  for (size_t i = 0; i < n; i += BATCH) bench_sides[PLAIN]->commit(plain, TODO_CREATED, bench->todos + i, BATCH);
  watch_todos(store, bench, n, &told);
  for (size_t turn = 0; turn < UPDATES / TURN; turn++) {
    update_ours(store, bench, n, turn, &out[OURS]);
    update_plain(plain, bench, n, turn, &out[PLAIN]);
  }
  ls_close(store, NULL);
  bench_sides[PLAIN]->close(plain);
  free(dir);
}

/* A schema of so many tables, with an event that updates a row of any of the first ten. */
static char *many_tables(void) {
  size_t room = MANY_TABLES * 80 + 20 * 400, size;
  char *json = bench_alloc(room);
  size = (size_t)snprintf(json, room, "{\"livestore\":1,\"tables\":[");
  for (int i = 0; i < MANY_TABLES; i++) {
    size += (size_t)snprintf(json + size, room - size, "%s\"CREATE TABLE t%d (id INTEGER PRIMARY KEY, n INTEGER)\"",
                             i ? "," : "", i);
  }
  size += (size_t)snprintf(json + size, room - size, "],\"events\":{");
  for (int i = 0; i < 10; i++) {
    size += (size_t)snprintf(json + size, room - size,
                             "%s\"set%d\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},"
                             "\"required\":[\"n\"]},"
                             "\"sql\":[\"INSERT INTO t%d VALUES (1, :n) ON CONFLICT DO UPDATE SET n = :n\"]}",
                             i ? "," : "", i, i);
  }
  snprintf(json + size, room - size, "}}");
  return json;
}

/* The same with a live query on each of 1,000 tables. What they cost is told against the same store without them. */
void row_live_tables(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  ls_error err;
  char *json = many_tables(), sql[60], event[20], args[40];
  ls_store *stores[SIDES];
  size_t told = 0;
  stores[OURS] = open_ours(bench, "live-tables", &(ls_schema_source){.json = json});
  stores[PLAIN] = open_ours(bench, "live-no-tables", &(ls_schema_source){.json = json});
  for (int i = 0; i < MANY_TABLES; i++) {
    ls_node *node;
    snprintf(sql, sizeof sql, "SELECT id, n FROM t%d ORDER BY n", i);
    check(ls_watch(&node, stores[OURS], sql, LS_NO_PARAMS, count_update, &told, &err), &err);
  }
  for (int i = 0; i < UPDATES; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of((size_t)i, k);
      snprintf(event, sizeof event, "set%d", i % 10);
      snprintf(args, sizeof args, "{\"n\":%d}", i);
      double start = now_us();
      check(ls_commit(NULL, stores[s], event, args, &err), &err);
      samples_add(&out[s], now_us() - start);
    }
  }
  for (int s = 0; s < SIDES; s++) ls_close(stores[s], NULL);
  free(json);
}

/* Bytes of memory a live query by id takes with its row and its subscription; the limit is what was asked for. */
void row_live_memory(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  size_t n = smaller(20000, bench->events) / BATCH * BATCH, told = 0;
  ls_store *store = open_ours(bench, "live-memory", &todos_domain.schema);
  fill(store, bench, n);
  size_t before = mallinfo2().uordblks;
  watch_todos(store, bench, n, &told);
  samples_add(&out[OURS], (double)(mallinfo2().uordblks - before) / (double)n);
  samples_add(&out[PLAIN], 2048);
  ls_close(store, NULL);
}
