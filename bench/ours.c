/* ours.c - our side, through the public header only. */
#include <stdlib.h>

#include "side.h"

typedef struct ours {
  ls_store *store;
  const bench_domain *domain;
  ls_input inputs[BATCH];
} ours;

static void check(int rc, const ls_error *err) {
  if (rc < 0) bench_die("ours: %s", err->text);
}

/* Ids are given, so that each run does exactly the same. */
static void *open_store(const bench_place *place) {
  ls_error err;
  ours *o = bench_alloc(sizeof *o);
  o->domain = place->domain;
  ls_options options = {.schema = place->domain->schema,
                        .durability = place->durability,
                        .store_id = "bench",
                        .client_id = "client",
                        .session_id = "session"};
  check(ls_open(&o->store, place->dir, &options, &err), &err);
  return o;
}

static void close_store(void *store) {
  ls_error err;
  ours *o = store;
  check(ls_close(o->store, &err), &err);
  free(o);
}

static void commit(void *store, size_t action, const bench_item *items, size_t n) {
  ls_error err;
  ours *o = store;
  const char *event = o->domain->actions[action].event;
  if (n == 1) {
    check(ls_commit(NULL, o->store, event, items[0].args, &err), &err);
    return;
  }
  for (size_t i = 0; i < n; i++) o->inputs[i] = (ls_input){event, items[i].args};
  check(ls_commit_all(NULL, o->store, o->inputs, n, &err), &err);
}

static void find(void *store, const char *id) {
  ls_error err;
  ours *o = store;
  ls_query *query;
  check(ls_query_open(&query, o->store, FIND_SQL, LS_PARAMS(ls_text(id)), &err), &err);
  if (ls_query_next(query, &err) != 1 || !ls_query_text(query, 0)[0]) bench_die("ours: todo %s is missing", id);
  ls_query_close(query);
}

static void list(void *store) {
  ls_error err;
  ours *o = store;
  ls_query *query;
  size_t rows = 0, letters = 0;
  check(ls_query_open(&query, o->store, LIST_SQL, LS_NO_PARAMS, &err), &err);
  while (ls_query_next(query, &err) == 1) {
    letters += (size_t)ls_query_text(query, 0)[0] + (size_t)ls_query_text(query, 1)[0] + (size_t)ls_query_int(query, 2);
    rows++;
  }
  ls_query_close(query);
  if (rows != LIST_ROWS || !letters) bench_die("ours: %zu rows instead of %d", rows, LIST_ROWS);
}

static void hash(void *store) {
  ls_error err;
  char text[33];
  ours *o = store;
  check(ls_state_hash(text, o->store, &err), &err);
}

static void rebuild(void *store) {
  ls_error err;
  ours *o = store;
  check(ls_rebuild(o->store, &err), &err);
}

const bench_side side_ours = {"ours", open_store, commit, find, list, hash, rebuild, close_store};
