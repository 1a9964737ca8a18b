#include "support/past_store.h"

#include <stdio.h>
#include <string.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"

const char PAST_SCHEMA[] =
    "{\"livestore\":1,\"tables\":["
    "\"CREATE TABLE items (id TEXT COLLATE NOCASE PRIMARY KEY, n INTEGER NOT NULL, body TEXT, twice INTEGER AS (n * "
    "2))\","
    "\"CREATE TABLE pairs (a INTEGER, b TEXT, v REAL, PRIMARY KEY (a, b)) WITHOUT ROWID\","
    "\"CREATE TABLE notes (id INTEGER PRIMARY KEY, item TEXT NOT NULL REFERENCES items ON DELETE CASCADE ON UPDATE "
    "CASCADE)\","
    "\"CREATE TABLE counts (what TEXT PRIMARY KEY, n INTEGER NOT NULL)\","
    "\"CREATE TRIGGER counted AFTER INSERT ON notes BEGIN INSERT INTO counts VALUES ('notes', 1) ON CONFLICT (what) DO "
    "UPDATE SET n = n + 1; END\"],"
    "\"events\":{"
    "\"put\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"n\":{\"type\":\"integer\"}}}"
    ","
    "\"sql\":[\"INSERT OR REPLACE INTO items (id, n, body) VALUES (:id, :n, 'text ' || :n)\","
    "\"INSERT INTO notes (item) VALUES (:id)\"]},"
    "\"move\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"},\"to\":{\"type\":\"string\"}}"
    "},"
    "\"sql\":[\"UPDATE OR REPLACE items SET id = :to WHERE id = :id\"]},"
    "\"drop\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"string\"}}},"
    "\"sql\":[\"DELETE FROM items WHERE id = :id\"]},"
    "\"pair\":{\"args\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":\"string\"},"
    "\"v\":{\"type\":\"number\"}}},\"sql\":[\"INSERT INTO pairs VALUES (:a, :b, :v) ON CONFLICT (a, b) DO UPDATE SET v "
    "= "
    ":v\"]},"
    "\"swing\":{\"sql\":[\"UPDATE items SET n = n + 1\",\"UPDATE items SET n = n - 1\"]},"
    "\"clear\":{\"sql\":[\"DELETE FROM pairs\"]},"
    "\"hover\":{\"clientOnly\":true,\"sql\":[\"INSERT INTO counts VALUES ('hover', 1) ON CONFLICT (what) DO UPDATE SET "
    "n = "
    "n + 1\"]}}}";

void past_assert_code(int rc, int wanted, const ls_error *err, const char *file, int line) {
  if (rc == wanted) return;
  print_error("expected %s, got %s: %s\n", ls_code_name(wanted), ls_code_name(rc), rc && err ? err->text : "");
  _fail(file, line);
}

/* As often as the option says: the store itself waits longer, until it is worth while for the state's size. */
static void save(past_store *ps) {
  int64_t events = ps->options.snapshot_events;
  if (events) ls_store_snapshot(ps->store, (uint64_t)events - 1);
}

static void remember(past_store *ps) {
  ls_error err;
  past_position *position = &ps->positions[ps->n++];
  assert_true(ps->n <= PAST_MOST);
  position->seq = ps->store->session->state->at.seq;
  assert_ok(ls_state_hash(position->hash, ps->store, &err), &err);
  save(ps);
}

void past_store_open(past_store *ps, const char *path, ls_options options) {
  ls_error err;
  memset(ps, 0, sizeof *ps);
  options.client_id = "client";
  options.session_id = "session";
  if (!options.schema.json) options.schema.json = PAST_SCHEMA;
  ps->path = path;
  ps->options = options;
  ps->random = random_from(1);
  assert_ok(ls_open(&ps->store, path, &ps->options, &err), &err);
  remember(ps);
}

void past_store_close(past_store *ps) {
  ls_error err;
  assert_ok(ls_close(ps->store, &err), &err);
  ps->store = NULL;
}

void past_store_reopen(past_store *ps) {
  ls_error err;
  past_store_close(ps);
  assert_ok(ls_open(&ps->store, ps->path, &ps->options, &err), &err);
}

void past_store_commit(past_store *ps, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, ps->store, name, args, &err), &err);
  remember(ps);
}

typedef struct random_event {
  ls_input input;
  char args[80];
} random_event;

/* Few ids, so that rows change often; in both cases, which are one key. */
static void make_event(past_store *ps, random_event *event) {
  static const char *const names[] = {"put", "put", "put", "move", "drop", "pair", "pair", "swing", "hover", "clear"};
  const char *name = names[random_below(&ps->random, random_below(&ps->random, 8) ? 9 : 10)];
  char id = "abcdefABC"[random_below(&ps->random, 9)];
  unsigned n = random_below(&ps->random, 5);
  event->args[0] = '\0';
  if (strcmp(name, "put") == 0)
    snprintf(event->args, sizeof event->args, "{\"id\":\"%c\",\"n\":%u}", id, n);
  else if (strcmp(name, "move") == 0) {
    snprintf(event->args, sizeof event->args, "{\"id\":\"%c\",\"to\":\"%c\"}", id,
             "abcdefABC"[random_below(&ps->random, 9)]);
  } else if (strcmp(name, "drop") == 0) {
    snprintf(event->args, sizeof event->args, "{\"id\":\"%c\"}", id);
  } else if (strcmp(name, "pair") == 0) {
    snprintf(event->args, sizeof event->args, "{\"a\":%u,\"b\":\"%c\",\"v\":%u.5}", n, id,
             random_below(&ps->random, 9));
  }
  event->input = (ls_input){name, event->args[0] ? event->args : NULL};
}

/* Now and then several at once, which leave one position. */
void past_store_live(past_store *ps, size_t n) {
  while (n > 0) {
    ls_error err;
    random_event events[4];
    ls_input inputs[4];
    size_t together = random_below(&ps->random, 5) ? 1 : 1 + random_below(&ps->random, 4);
    if (together > n) together = n;
    for (size_t i = 0; i < together; i++) {
      make_event(ps, &events[i]);
      inputs[i] = events[i].input;
    }
    assert_ok(ls_commit_all(NULL, ps->store, inputs, together, &err), &err);
    remember(ps);
    n -= together;
  }
}

void past_store_cut(past_store *ps, size_t index) {
  ls_error err;
  assert_ok(ls_log_cut(ps->store->leader->log, ps->positions[index].seq, &err), &err);
  assert_ok(ls_store_follow(ps->store, &err), &err);
  ps->n = index + 1;
}
