/* rows_past.c - the past of a store that holds all the todos: the state half way, the history of a row, and what
 * differs between two positions. The limit of the first is a plain database that is made of that half, or read from a
 * file. */
#include <stdlib.h>
#include <unistd.h>

#include "todos.h"

static void check(int rc, const ls_error *err) {
  if (rc < 0) bench_die("past: %s", err->text);
}

/* Without `kept` nothing of the past is there but the log. */
static ls_store *open_ours(const char *dir, bool kept) {
  ls_error err;
  ls_store *store;
  ls_options options = {
      .schema = todos_domain.schema, .store_id = "bench", .client_id = "client", .session_id = "session"};
  if (!kept) options.rollback_bytes = 1;
  if (!kept) options.past_bytes = -1;
  check(ls_open(&store, dir, &options, &err), &err);
  return store;
}

static void remove_file(const char *dir, const char *name) {
  char *file = bench_text("%s/%s", dir, name);
  unlink(file);
  free(file);
}

static ls_store *fill_ours(bench_state *bench, bool kept) {
  char *dir = bench_dir(bench, bench_sides[OURS], "past", true);
  void *filled = bench_sides[OURS]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  for (size_t i = 0; i < bench->events; i += BATCH) {
    bench_sides[OURS]->commit(filled, TODO_CREATED, bench->todos + i, BATCH);
  }
  bench_sides[OURS]->close(filled);
  if (!kept) remove_file(dir, "state.db"); /* and its rollback records */
  ls_store *store = open_ours(dir, kept);
  free(dir);
  return store;
}

static char *fill_plain(bench_state *bench, size_t n) {
  char *dir = bench_dir(bench, bench_sides[PLAIN], "past", true);
  void *store = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  for (size_t i = 0; i < n; i += BATCH) bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos + i, BATCH);
  bench_sides[PLAIN]->close(store);
  return dir;
}

static double time_at(ls_store *store, size_t n) {
  ls_error err;
  ls_view *view;
  double start = now_us();
  check(ls_at(&view, store, (ls_seqnum){(int64_t)n, 0, 0}, &err), &err);
  double time = now_us() - start;
  ls_view_close(view);
  return time / 1e3;
}

static double time_plain(const bench_state *bench, const char *dir, bool kept) {
  if (!kept) remove_file(dir, "state.db");
  double start = now_us();
  void *store = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain, .history = bench->todos});
  double time = now_us() - start;
  bench_sides[PLAIN]->close(store);
  return time / 1e3;
}

/* Milliseconds. */
void row_at(samples out[SIDES], bench_state *bench, const bench_row *row) {
  bool kept = row->variant == 1;
  size_t half = bench->events / 2;
  ls_store *store = fill_ours(bench, kept);
  char *dir = fill_plain(bench, half);
  for (size_t i = 0; i < 8; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? time_at(store, half) : time_plain(bench, dir, kept));
    }
  }
  free(dir);
  ls_close(store, NULL);
}

static int count_version(void *user, const ls_event *event, const ls_change *change) {
  (void)event;
  (void)change;
  ++*(size_t *)user;
  return 0;
}

static int count_change(void *user, const ls_change *change) {
  (void)change;
  ++*(size_t *)user;
  return 0;
}

static double events_per_second(ls_store *store, const bench_state *bench, bool diff) {
  ls_error err;
  size_t found = 0, n = bench->events / (diff ? 2 : 1);
  ls_value key = ls_text(bench->todos[bench->events / 2].id);
  ls_seqnum from = {(int64_t)(bench->events - n), 0, 0}, to = {(int64_t)bench->events, 0, 0};
  double start = now_us();
  if (diff)
    check(ls_diff(store, from, to, count_change, &found, &err), &err);
  else
    check(ls_history(store, "todos", &key, 1, count_version, &found, &err), &err);
  double time = now_us() - start;
  if (found != (diff ? n : 1)) bench_die("past: %zu changes", found);
  return (double)n / time * 1e6;
}

/* Events per second: variant 0 the history of one row, 1 the difference between half way and the head. The limit is
 * that of making all of the state anew. */
void row_history(samples out[SIDES], bench_state *bench, const bench_row *row) {
  ls_store *store = fill_ours(bench, true);
  char *dir = fill_plain(bench, bench->events);
  for (size_t i = 0; i < 8; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? events_per_second(store, bench, row->variant == 1)
                                     : (double)bench->events / time_plain(bench, dir, false) * 1e3);
    }
  }
  free(dir);
  ls_close(store, NULL);
}
