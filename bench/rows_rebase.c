/* rows_rebase.c - events that arrive from upstream: with nothing pending, and with 1,000 commits pending that have to
 * move. The limit is plain SQLite that writes what arrives and then what is pending, without having to take anything
 * back. */
#include <stdlib.h>

#include "core/upstream.h"
#include "todos.h"

enum { PENDING = 1000 };

static void check(int rc, const ls_error *err) {
  if (rc < 0) bench_die("rebase: %s", err->text);
}

static ls_store *open_ours(bench_state *bench) {
  ls_error err;
  ls_store *store;
  char *dir = bench_dir(bench, bench_sides[OURS], "rebase", true);
  ls_options options = {
      .schema = todos_domain.schema, .store_id = "bench", .client_id = "client", .session_id = "session"};
  check(ls_open(&store, dir, &options, &err), &err);
  free(dir);
  return store;
}

static void *open_plain(bench_state *bench) {
  char *dir = bench_dir(bench, bench_sides[PLAIN], "rebase", true);
  void *store = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  free(dir);
  return store;
}

/* Todos as upstream sends them, behind e<after>. */
static ls_event *make_events(const bench_item *items, size_t n, size_t after) {
  ls_event *events = bench_alloc(n * sizeof *events);
  for (size_t i = 0; i < n; i++) {
    int64_t global = (int64_t)(after + i + 1);
    events[i] = (ls_event){.seq = {.global = global},
                           .parent = {.global = global - 1},
                           .name = todos_domain.actions[TODO_CREATED].event,
                           .args = items[i].args,
                           .args_size = strlen(items[i].args),
                           .client_id = "other",
                           .session_id = "other"};
  }
  return events;
}

static void merge(ls_store *store, const ls_event *events, size_t n, bool more) {
  ls_error err;
  check(ls_upstream_merge(NULL, store, events, n, more, &err), &err);
}

static double merge_all(bench_state *bench, const ls_event *events) {
  ls_store *store = open_ours(bench);
  double start = now_us();
  for (size_t i = 0; i < bench->events; i += BATCH) merge(store, events + i, BATCH, i + BATCH < bench->events);
  double time = now_us() - start;
  ls_close(store, NULL);
  return (double)bench->events / time * 1e6;
}

static double write_all(bench_state *bench) {
  void *store = open_plain(bench);
  double start = now_us();
  for (size_t i = 0; i < bench->events; i += BATCH) {
    bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos + i, BATCH);
  }
  double time = now_us() - start;
  bench_sides[PLAIN]->close(store);
  return (double)bench->events / time * 1e6;
}

/* Events per second. */
void row_merge(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  ls_event *events = make_events(bench->todos, bench->events, 0);
  for (size_t i = 0; i < 5; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? merge_all(bench, events) : write_all(bench));
    }
  }
  free(events);
}

/* Milliseconds, at the variant's number of events that arrive. Something has been agreed upon before. Moved a second
 * time, pending commits have other rollback records than those that they left when they were committed. */
static void rebase_ours(samples *out, bench_state *bench, size_t n) {
  ls_store *store = open_ours(bench);
  ls_event *first = make_events(bench->todos, 10, 0);
  ls_event *events = make_events(bench->todos + 10, 2 * n, 10);
  ls_error err;
  merge(store, first, 10, false);
  for (size_t i = 0; i < PENDING; i++) {
    check(ls_commit(NULL, store, todos_domain.actions[TODO_CREATED].event, bench->todos[bench->events - 1 - i].args,
                    &err),
          &err);
  }
  for (size_t i = 0; i < 2; i++) {
    double start = now_us();
    merge(store, events + i * n, n, false);
    samples_add(out, (now_us() - start) / 1e3);
  }
  ls_close(store, NULL);
  free(first);
  free(events);
}

static void write_plain(samples *out, bench_state *bench, size_t n) {
  void *store = open_plain(bench);
  bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos, 10);
  double start = now_us();
  bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos + 10, n);
  bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos + 10 + n, PENDING);
  samples_add(out, (now_us() - start) / 1e3);
  bench_sides[PLAIN]->close(store);
}

void row_rebase(samples out[SIDES], bench_state *bench, const bench_row *row) {
  if (bench->events < 4 * BATCH) bench_die("rebase: 4,000 events are needed");
  for (size_t i = 0; i < 10; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      if (s == OURS)
        rebase_ours(&out[s], bench, (size_t)row->variant);
      else
        write_plain(&out[s], bench, (size_t)row->variant);
    }
  }
}

/* All that is pending comes back in pages. */
static void confirm(samples *out, bench_state *bench, ls_event *events, size_t pending) {
  ls_error err;
  ls_store *store = open_ours(bench);
  for (size_t i = 0; i < bench->events; i++) {
    check(ls_commit(NULL, store, events[i].name, events[i].args, &err), &err);
    if ((i + 1) % pending) continue;
    for (size_t j = i + 1 - pending; j <= i; j += BATCH) {
      double start = now_us();
      merge(store, events + j, BATCH, true);
      samples_add(out, (now_us() - start) / BATCH);
    }
  }
  ls_close(store, NULL);
}

/* Microseconds an event, when all events are pending; the limit is when only those are that come back. */
void row_confirm(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  size_t n = bench->events;
  ls_event *events = make_events(bench->todos, n, 0);
  for (size_t i = 0; i < n; i++) events[i].client_id = "client", events[i].session_id = "session";
  for (int k = 0; k < SIDES; k++) confirm(&out[k], bench, events, k == OURS ? n : BATCH);
  free(events);
}
