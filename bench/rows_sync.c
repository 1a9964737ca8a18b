/* rows_sync.c - two clients with stores of their own, and `livestore serve` in another process between them. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"
#include "todos.h"

enum { TIMEOUT_MS = 60000 };

static void check(int rc, const ls_error *err) {
  if (rc < 0) bench_die("sync: %s", err->text);
}

/* ---- clients ---- */

static ls_store *open_client(const bench_state *bench, const char *name) {
  ls_error err;
  ls_store *store;
  char *dir = bench_dir(bench, bench_sides[OURS], name, true);
  ls_options options = {.schema = todos_domain.schema, .store_id = "sync", .client_id = name, .session_id = name};
  check(ls_open(&store, dir, &options, &err), &err);
  free(dir);
  return store;
}

static void connect_client(ls_store *store, const bench_server *server, bool thread) {
  ls_error err;
  check(ls_connect(store, server->url, &(ls_connect_options){.thread = thread}, &err), &err);
}

static void wait_equal(ls_store *store) {
  ls_error err;
  check(ls_sync_wait(store, TIMEOUT_MS, &err), &err);
}

static void close_client(ls_store *store) {
  ls_error err;
  check(ls_close(store, &err), &err);
}

static void commit(ls_store *store, const bench_item *items, size_t n) {
  ls_error err;
  ls_input inputs[BATCH];
  for (size_t i = 0; i < n; i++) inputs[i] = (ls_input){todos_domain.actions[TODO_CREATED].event, items[i].args};
  check(ls_commit_all(NULL, store, inputs, n, &err), &err);
}

/* ---- from a commit to a live query ---- */

enum { COMMITS = 300 };

typedef struct follower {
  ls_store *store; /* pumped by the library's thread */
  int told[2];     /* a pipe that takes a time for each update */
} follower;

static void on_update(void *user, const ls_update *update) {
  follower *f = user;
  double at_us = now_us();
  if (update->before && write(f->told[1], &at_us, sizeof at_us) != sizeof at_us) bench_die("cannot write to a pipe");
}

static void follower_open(follower *f, const bench_state *bench, const bench_server *server) {
  ls_error err;
  ls_node *node;
  f->store = open_client(bench, "follower");
  if (pipe(f->told)) bench_die("no pipe");
  check(ls_watch(&node, f->store, "SELECT count(*) FROM todos", LS_NO_PARAMS, on_update, f, &err), &err);
  connect_client(f->store, server, true);
}

static void follower_close(follower *f) {
  close_client(f->store);
  close(f->told[0]);
  close(f->told[1]);
}

/* Pump until the follower's live query is told; when that was. */
static double wait_until_told(ls_store *store, const follower *f) {
  ls_error err;
  double at_us;
  struct pollfd fds[2] = {{.fd = f->told[0], .events = POLLIN}, {.fd = ls_sync_fd(store), .events = POLLIN}};
  do {
    check(ls_pump(store, 0, &err), &err);
    poll(fds, 2, ls_sync_timeout_ms(store));
  } while (!fds[0].revents);
  if (read(f->told[0], &at_us, sizeof at_us) != sizeof at_us) bench_die("cannot read from a pipe");
  return at_us;
}

static void commit_and_see(ls_store *store, const follower *f, const bench_item *item, samples *out) {
  double from = now_us();
  commit(store, item, 1);
  samples_add(out, (wait_until_told(store, f) - from) / 1000);
  wait_equal(store);
}

typedef struct plain_pair {
  bench_server relay;
  peer ends[2];
  void *stores[2];
} plain_pair;

static void plain_open(plain_pair *p, const bench_state *bench) {
  char *dir = bench_dir(bench, bench_sides[PLAIN], "relay", true);
  server_start(&p->relay, PLAIN, dir);
  free(dir);
  for (int i = 0; i < 2; i++) {
    dir = bench_dir(bench, bench_sides[PLAIN], i ? "follower" : "writer", true);
    p->stores[i] = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
    free(dir);
    peer_open(&p->ends[i], &p->relay, PLAIN, "");
    peer_follow(&p->ends[i]);
  }
}

static void plain_close(plain_pair *p) {
  for (int i = 0; i < 2; i++) {
    peer_close(&p->ends[i]);
    bench_sides[PLAIN]->close(p->stores[i]);
  }
  server_stop(&p->relay);
}

static void plain_commit_and_see(plain_pair *p, const bench_item *item, samples *out) {
  size_t size;
  double from = now_us();
  bench_sides[PLAIN]->commit(p->stores[0], TODO_CREATED, item, 1);
  peer_push(&p->ends[0], item);
  websocket_next(&p->ends[1].socket, &size);
  bench_sides[PLAIN]->commit(p->stores[1], TODO_CREATED, item, 1);
  samples_add(out, (now_us() - from) / 1000);
  websocket_next(&p->ends[0].socket, &size);
}

/* Milliseconds from a commit in one store until a live query of another is told. */
void row_sync_visible(samples out[SIDES], bench_state *bench, const bench_row *row) {
  bench_server server;
  follower f;
  plain_pair plain;
  char *dir = bench_dir(bench, bench_sides[OURS], "visible", true);
  (void)row;
  server_start(&server, OURS, dir);
  ls_store *store = open_client(bench, "writer");
  connect_client(store, &server, false);
  follower_open(&f, bench, &server);
  plain_open(&plain, bench);
  wait_equal(store);
  wait_equal(f.store);
  for (size_t i = 0; i < COMMITS; i++) {
    const bench_item *item = &bench->todos[i % bench->events];
    if (i % 2) plain_commit_and_see(&plain, item, &out[PLAIN]);
    commit_and_see(store, &f, item, &out[OURS]);
    if (i % 2 == 0) plain_commit_and_see(&plain, item, &out[PLAIN]);
  }
  plain_close(&plain);
  follower_close(&f);
  close_client(store);
  server_stop(&server);
  free(dir);
}

/* ---- throughput ---- */

enum { SENT = 20000, COMMIT = 100, TURNS = 3 };

/* Plain SQLite writes the same events in one store, and sends nothing. */
static double write_plain(const bench_state *bench, size_t n, size_t at_once) {
  char *dir = bench_dir(bench, bench_sides[PLAIN], "sync", true);
  void *store = bench_sides[PLAIN]->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  double from = now_us();
  for (size_t i = 0; i < n; i += at_once) bench_sides[PLAIN]->commit(store, TODO_CREATED, bench->todos + i, at_once);
  double took = now_us() - from;
  bench_sides[PLAIN]->close(store);
  free(dir);
  return (double)n / took * 1e6;
}

static void wait_for_events(ls_store *store, size_t n) {
  ls_error err;
  ls_sync_status status = {0};
  while (status.upstream_head.global < (int64_t)n) {
    nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
    ls_lock(store);
    check(ls_sync_status_get(&status, store, &err), &err);
    ls_unlock(store);
  }
}

/* From the first commit in one store to the last event in another that follows. */
static double send_events(const bench_state *bench, size_t n) {
  ls_error err;
  bench_server server;
  char *dir = bench_dir(bench, bench_sides[OURS], "throughput", true);
  server_start(&server, OURS, dir);
  ls_store *writer = open_client(bench, "writer"), *reader = open_client(bench, "reader");
  connect_client(writer, &server, false);
  connect_client(reader, &server, true);
  wait_equal(writer);
  wait_equal(reader);
  double from = now_us();
  for (size_t i = 0; i < n; i += COMMIT) {
    commit(writer, bench->todos + i, COMMIT);
    check(ls_pump(writer, 0, &err), &err);
  }
  wait_equal(writer);
  wait_for_events(reader, n);
  double took = now_us() - from;
  close_client(writer);
  close_client(reader);
  server_stop(&server);
  free(dir);
  return (double)n / took * 1e6;
}

/* Events a second from one store to another, committed a hundred at a time. */
void row_sync_throughput(samples out[SIDES], bench_state *bench, const bench_row *row) {
  size_t n = bench->events < SENT ? bench->events : SENT;
  (void)row;
  for (size_t i = 0; i < TURNS; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? send_events(bench, n) : write_plain(bench, n, COMMIT));
    }
  }
}

/* ---- a new client ---- */

static void fill_server(const bench_state *bench, const bench_server *server) {
  ls_store *store = open_client(bench, "writer");
  for (size_t i = 0; i < bench->events; i += BATCH) commit(store, bench->todos + i, BATCH);
  connect_client(store, server, false);
  wait_equal(store);
  close_client(store);
}

static double pull_events(const bench_state *bench, const bench_server *server) {
  double from = now_us();
  ls_store *store = open_client(bench, "new");
  connect_client(store, server, false);
  wait_equal(store);
  double took = now_us() - from;
  close_client(store);
  return (double)bench->events / took * 1e6;
}

/* Events a second that a new store pulls. */
void row_sync_pull(samples out[SIDES], bench_state *bench, const bench_row *row) {
  bench_server server;
  char *dir = bench_dir(bench, bench_sides[OURS], "pull", true);
  (void)row;
  server_start(&server, OURS, dir);
  fill_server(bench, &server);
  for (size_t i = 0; i < TURNS; i++) {
    for (int k = 0; k < SIDES; k++) {
      int s = bench_side_of(i, k);
      samples_add(&out[s], s == OURS ? pull_events(bench, &server) : write_plain(bench, bench->events, BATCH));
    }
  }
  server_stop(&server);
  free(dir);
}
