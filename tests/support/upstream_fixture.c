#include "support/upstream_fixture.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"
#include "support/core.h"
#include "support/store_fixture.h"

const char UPSTREAM_SCHEMA[] =
    "{\"livestore\":1,\"tables\":["
    "\"CREATE TABLE items (id INTEGER PRIMARY KEY, name TEXT UNIQUE, n INTEGER NOT NULL DEFAULT 0 CHECK (n <= 3))\","
    "\"CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items)\","
    "\"CREATE TABLE ui (id INTEGER PRIMARY KEY, n INTEGER)\"],"
    "\"events\":{"
    "\"put\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"name\":{\"type\":"
    "\"string\"},"
    "\"n\":{\"type\":\"integer\"},\"tag\":{\"type\":\"integer\"}},\"required\":[\"id\"]},"
    "\"sql\":[\"INSERT INTO items (id, name, n) VALUES (:id, :name, coalesce(:n, 0))\"]},"
    "\"count\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"tag\":{\"type\":"
    "\"integer\"}},"
    "\"required\":[\"id\"]},\"sql\":[\"UPDATE items SET n = n + 1 WHERE id = :id\"]},"
    "\"drop\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"tag\":{\"type\":"
    "\"integer\"}},"
    "\"required\":[\"id\"]},\"sql\":[\"DELETE FROM items WHERE id = :id\"]},"
    "\"part\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},\"item\":{\"type\":"
    "\"integer\"},"
    "\"tag\":{\"type\":\"integer\"}},\"required\":[\"id\",\"item\"]},"
    "\"sql\":[\"INSERT INTO parts VALUES (:id, :item)\"]},"
    "\"local\":{\"clientOnly\":true,\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"
    "\"tag\":{\"type\":\"integer\"}},\"required\":[\"n\"]},\"sql\":[\"INSERT INTO ui (n) VALUES (:n)\"]}}}";

void upstream_fini(upstream *u) {
  for (size_t i = 0; i < u->n; i++) {
    free((char *)(uintptr_t)u->events[i].name);
    free((char *)(uintptr_t)u->events[i].args);
    free((char *)(uintptr_t)u->events[i].client_id);
    free((char *)(uintptr_t)u->events[i].session_id);
  }
  free(u->events);
  u->events = NULL;
  u->n = u->capacity = 0;
}

/* As it travels: without what a server does not know of. */
static void take(upstream *u, const ls_event *event) {
  if (u->n == u->capacity) {
    u->capacity = u->capacity * 2 + 64;
    u->events = realloc(u->events, u->capacity * sizeof *u->events);
    assert_non_null(u->events);
  }
  int64_t global = (int64_t)u->n + 1;
  u->events[u->n++] = (ls_event){.seq = {.global = global},
                                 .parent = {.global = global - 1},
                                 .name = strdup(event->name),
                                 .args = strdup(event->args),
                                 .args_size = event->args_size,
                                 .client_id = strdup(event->client_id),
                                 .session_id = strdup(event->session_id)};
}

void upstream_add(upstream *u, const char *client, const char *name, const char *args) {
  take(u, &(ls_event){.name = name, .args = args, .args_size = strlen(args), .client_id = client, .session_id = "s"});
}

ls_store *upstream_open(const char *path, const char *client) {
  ls_options options = {.schema.json = UPSTREAM_SCHEMA, .store_id = "shared", .client_id = client, .session_id = "s"};
  return fixture_open_with(path, &options);
}

void upstream_commit(ls_store *store, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, args, &err), &err);
}

int upstream_try_pull(ls_upstream_result *out, upstream *u, ls_store *store, size_t most, ls_error *err) {
  size_t from = (size_t)ls_log_upstream_head(store->leader->log).global;
  size_t n = u->n - from < most ? u->n - from : most;
  return ls_upstream_merge(out, store, u->events + from, n, from + n < u->n, err);
}

ls_upstream_result upstream_pull(upstream *u, ls_store *store) {
  ls_upstream_result result;
  ls_error err;
  assert_ok(upstream_try_pull(&result, u, store, SIZE_MAX, &err), &err);
  return result;
}

typedef struct push {
  upstream *u;
  size_t most, n;
} push;

static int take_pending(void *user, const ls_event *event) {
  push *p = user;
  if (p->n == p->most || event->parent.global != (int64_t)p->u->n) return 1;
  take(p->u, event);
  p->n++;
  return 0;
}

size_t upstream_push(upstream *u, ls_store *store, size_t most) {
  push p = {u, most, 0};
  ls_error err;
  assert_ok(ls_upstream_pending(store, 0, take_pending, &p, &err), &err);
  return p.n;
}

void upstream_sync(upstream *u, ls_store *const *stores, size_t n) {
  size_t before;
  do {
    before = u->n;
    for (size_t i = 0; i < n; i++) {
      upstream_pull(u, stores[i]);
      upstream_push(u, stores[i], SIZE_MAX);
    }
  } while (u->n != before);
  for (size_t i = 0; i < n; i++) upstream_pull(u, stores[i]);
}

const char *upstream_rows(ls_store *store) {
  static char texts[4][100000];
  static int at;
  char *text = texts[at++ % 4];
  ls_query *query;
  ls_error err;
  assert_ok(ls_query_open(
                &query, store,
                "SELECT (SELECT group_concat(t, '; ') FROM (SELECT id || ' ' || coalesce(name, '-') || ' ' || n AS t"
                " FROM items ORDER BY id)), (SELECT group_concat(t, '; ') FROM (SELECT id || ' ' || item AS t"
                " FROM parts ORDER BY id))",
                LS_NO_PARAMS, &err),
            &err);
  assert_int_equal(ls_query_next(query, &err), 1);
  int size = snprintf(text, sizeof texts[0], "%s / ", ls_query_text(query, 0));
  snprintf(text + size, sizeof texts[0] - (size_t)size, "%s", ls_query_text(query, 1));
  ls_query_close(query);
  return text;
}

void upstream_check(ls_store *store) {
  ls_status status = fixture_status(store);
  assert_true(ls_seqnum_equal(status.head, status.state));
  assert_string_equal(fixture_hash(store), fixture_replayed(store));
}

typedef struct wanted {
  size_t n;
  int64_t id;
  char *text;
} wanted;

static int look_at(void *user, const ls_conflict *conflict) {
  wanted *w = user;
  if (w->n--) return 0;
  char text[LS_ERROR_TEXT + 500];
  snprintf(text, sizeof text, "%s %s %d %d %s", conflict->events[0].name, conflict->events[0].args,
           (int)conflict->cause, (int)conflict->item, conflict->error);
  w->id = conflict->id;
  w->text = strdup(text);
  return 1;
}

char *upstream_conflict(ls_store *store, size_t n) {
  wanted w = {.n = n};
  ls_error err;
  assert_ok(ls_conflicts(store, look_at, &w, &err), &err);
  return w.text;
}

int64_t upstream_conflict_id(ls_store *store, size_t n) {
  wanted w = {.n = n};
  ls_error err;
  assert_ok(ls_conflicts(store, look_at, &w, &err), &err);
  free(w.text);
  return w.id;
}
