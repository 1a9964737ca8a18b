/* rows_open.c - stores that hold all the todos: opened, rebuilt, and asked. */
#include <stdio.h>
#include <stdlib.h>

#include "todos.h"

#include <unistd.h>

static void fill(bench_state *bench, const bench_side *side, const char *dir) {
  void *store = side->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  for (size_t i = 0; i < bench->events; i += BATCH) side->commit(store, TODO_CREATED, bench->todos + i, BATCH);
  side->close(store);
}

char *bench_stored_dir(bench_state *bench, const bench_side *side) {
  for (int s = 0; s < SIDES && !bench->stored; s++) {
    char *dir = bench_dir(bench, bench_sides[s], "stored", true);
    fill(bench, bench_sides[s], dir);
    free(dir);
  }
  bench->stored = true;
  return bench_dir(bench, side, "stored", false);
}

static void remove_snapshot(const char *dir) {
  char *file = bench_text("%s/state.db", dir);
  unlink(file);
  free(file);
}

static void *open_stored(bench_state *bench, const bench_side *side, const char *dir) {
  return side->open(&(bench_place){.dir = dir, .domain = &todos_domain, .history = bench->todos});
}

/* Milliseconds until the first question is answered. */
static double time_open(bench_state *bench, const bench_side *side, bool without_snapshot) {
  char *dir = bench_stored_dir(bench, side);
  if (without_snapshot) remove_snapshot(dir);
  double start = now_us();
  void *store = open_stored(bench, side, dir);
  side->find(store, bench->todos[bench->events / 2].id);
  double time = now_us() - start;
  side->close(store);
  free(dir);
  return time / 1e3;
}

void row_open(samples out[SIDES], bench_state *bench, const bench_row *row) {
  bool without_snapshot = row->variant == 1;
  for (size_t i = 0; i < (without_snapshot ? 6 : 16); i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], time_open(bench, bench_sides[s], without_snapshot));
    }
  }
}

/* The states are made from the logs, so that both are databases in memory that have grown row by row. */
static void open_both(void *stores[SIDES], bench_state *bench) {
  for (int s = 0; s < SIDES; s++) {
    char *dir = bench_stored_dir(bench, bench_sides[s]);
    remove_snapshot(dir);
    stores[s] = open_stored(bench, bench_sides[s], dir);
    free(dir);
  }
}

static void close_both(void *stores[SIDES]) {
  for (int s = 0; s < SIDES; s++) bench_sides[s]->close(stores[s]);
}

void row_rebuild(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  void *stores[SIDES];
  open_both(stores, bench);
  for (size_t i = 0; i < 8; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      double start = now_us();
      bench_sides[s]->rebuild(stores[s]);
      samples_add(&out[s], (now_us() - start) / 1e6);
    }
  }
  close_both(stores);
}

/* One query is too short for the clock, so some are timed together. Their ids are in the processor's cache. */
enum { TOGETHER = 100, ID_SIZE = 32 };

static void choose_ids(char out[TOGETHER][ID_SIZE], const bench_state *bench, size_t turn) {
  for (size_t i = 0; i < TOGETHER; i++) {
    snprintf(out[i], ID_SIZE, "%s", bench->todos[(turn * TOGETHER + i) * 7919 % bench->events].id);
  }
}

static double time_find(const bench_side *side, void *store, char ids[TOGETHER][ID_SIZE]) {
  double start = now_us();
  for (size_t i = 0; i < TOGETHER; i++) side->find(store, ids[i]);
  return (now_us() - start) / TOGETHER;
}

void row_point(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  char ids[TOGETHER][ID_SIZE];
  void *stores[SIDES];
  open_both(stores, bench);
  for (size_t i = 0; i < 500; i++) {
    choose_ids(ids, bench, i);
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], time_find(bench_sides[s], stores[s], ids));
    }
  }
  close_both(stores);
}

static void time_each(samples out[SIDES], bench_state *bench, size_t turns, size_t unit_us,
                      void (*const work[SIDES])(void *)) {
  void *stores[SIDES];
  open_both(stores, bench);
  for (size_t i = 0; i < turns; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      double start = now_us();
      work[s](stores[s]);
      samples_add(&out[s], (now_us() - start) / (double)unit_us);
    }
  }
  close_both(stores);
}

void row_thousand(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  time_each(out, bench, 500, 1, (void (*const[])(void *)){bench_sides[OURS]->list, bench_sides[PLAIN]->list});
}

void row_hash(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  time_each(out, bench, 8, 1000, (void (*const[])(void *)){bench_sides[OURS]->hash, bench_sides[PLAIN]->hash});
}
