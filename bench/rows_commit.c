/* rows_commit.c - what committing costs. */
#include <stdlib.h>

#include "todos.h"

/* Both sides of a row that starts with empty stores. */
typedef struct pair {
  void *stores[SIDES];
  samples *out;
} pair;

static void pair_open(pair *p, samples out[SIDES], const bench_state *bench, ls_durability durability) {
  p->out = out;
  for (int s = 0; s < SIDES; s++) {
    char *dir = bench_dir(bench, bench_sides[s], "commit", true);
    p->stores[s] = bench_sides[s]->open(&(bench_place){.dir = dir, .domain = &todos_domain, .durability = durability});
    free(dir);
  }
}

static void pair_close(pair *p) {
  for (int s = 0; s < SIDES; s++) bench_sides[s]->close(p->stores[s]);
}

static void commit_each(pair *p, int s, size_t action, const bench_item *items, size_t n) {
  for (size_t i = 0; i < n; i++) {
    double start = now_us();
    bench_sides[s]->commit(p->stores[s], action, &items[i], 1);
    samples_add(&p->out[s], now_us() - start);
  }
}

static void commit_batches(pair *p, int s, size_t action, const bench_item *items, size_t n) {
  for (size_t i = 0; i < n; i += BATCH) bench_sides[s]->commit(p->stores[s], action, &items[i], BATCH);
}

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

void row_commit(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t turn = 250, n = row->variant == LS_DURABILITY_POWER ? 500 : smaller(10000, bench->events);
  pair p;
  pair_open(&p, out, bench, (ls_durability)row->variant);
  for (size_t i = 0; i < n; i += turn) {
    for (int k = 0; k < SIDES; k++) commit_each(&p, bench_side_of(i / turn, k), TODO_CREATED, bench->todos + i, turn);
  }
  pair_close(&p);
}

void row_update(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  size_t turn = 250, n = smaller(10000, bench->events);
  pair p;
  pair_open(&p, out, bench, LS_DURABILITY_PROCESS);
  for (int s = 0; s < SIDES; s++) commit_batches(&p, s, TODO_CREATED, bench->todos, n);
  for (size_t i = 0; i < n; i += turn) {
    for (int k = 0; k < SIDES; k++) commit_each(&p, bench_side_of(i / turn, k), TODO_EDITED, bench->todos + i, turn);
  }
  pair_close(&p);
}

/* Events per second. A turn is as long as the library lets pass between snapshots, so that each pays for one. */
static void commit_turns(samples out[SIDES], const bench_state *bench, size_t round) {
  size_t turn = smaller(20000, bench->events);
  pair p;
  pair_open(&p, out, bench, LS_DURABILITY_PROCESS);
  for (size_t i = 0; i + turn <= bench->events; i += turn) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i / turn + round, k);
      double start = now_us();
      commit_batches(&p, s, TODO_CREATED, bench->todos + i, turn);
      samples_add(&out[s], (double)turn / (now_us() - start) * 1e6);
    }
  }
  pair_close(&p);
}

void row_batch(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  for (size_t round = 0; round < 3; round++) commit_turns(out, bench, round);
}

/* Microseconds per event, in batches. */
void row_list(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t n = smaller(15000, bench->events);
  pair p;
  pair_open(&p, out, bench, LS_DURABILITY_PROCESS);
  for (size_t i = 0; i < n; i += BATCH) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i / BATCH, k);
      double start = now_us();
      commit_batches(&p, s, (size_t)row->variant, bench->todos + i, BATCH);
      samples_add(&out[s], (now_us() - start) / BATCH);
    }
  }
  pair_close(&p);
}
