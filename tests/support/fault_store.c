#include "support/fault_store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/seqnum.h"
#include "support/cmocka_all.h"

#define SCHEMA(check)                                                                                                  \
  "{\"livestore\":1,\"tables\":["                                                                                      \
  "\"CREATE TABLE items (id INTEGER PRIMARY KEY, text TEXT NOT NULL, size INTEGER AS (length(text)))\","               \
  "\"CREATE INDEX itemsByText ON items (text)\","                                                                      \
  "\"CREATE TABLE counts (key TEXT PRIMARY KEY, n INTEGER NOT NULL CHECK (n >= 0)" check ") WITHOUT ROWID\","          \
  "\"CREATE TABLE parts (id INTEGER PRIMARY KEY, item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE)\","         \
  "\"CREATE TRIGGER itemAdded AFTER INSERT ON items BEGIN INSERT INTO counts VALUES ('items', 1)"                      \
  " ON CONFLICT (key) DO UPDATE SET n = n + 1; END\"],"                                                                \
  "\"events\":{"                                                                                                       \
  "\"v1.Put\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"                            \
  "\"text\":{\"type\":\"string\"}},\"required\":[\"n\",\"text\"]},"                                                    \
  "\"sql\":[\"INSERT INTO items (id, text) VALUES (:n, :text)\",\"INSERT INTO parts VALUES (:n, :n)\","                \
  "\"INSERT INTO counts VALUES (:n, 1)\"]},"                                                                           \
  "\"v1.Drop\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"                           \
  "\"item\":{\"type\":\"integer\"}},\"required\":[\"n\",\"item\"]},"                                                   \
  "\"sql\":\"DELETE FROM items WHERE id = :item\"},"                                                                   \
  "\"v1.Bad\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]},"     \
  "\"sql\":[\"INSERT INTO items (id, text) VALUES (:n, 'bad')\",\"INSERT INTO counts VALUES ('bad', -:n)\"]},"         \
  "\"v1.Call\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]},"    \
  "\"function\":1},"                                                                                                   \
  "\"v1.Local\":{\"args\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"}},\"required\":[\"n\"]},"   \
  "\"clientOnly\":true,\"sql\":\"UPDATE items SET text = text || '+' WHERE id < :n AND id > :n - 4\"}},"               \
  "\"documents\":{\"ui\":{\"value\":{\"type\":\"object\",\"properties\":{\"n\":{\"type\":\"integer\"},"                \
  "\"tab\":{\"type\":\"string\"},\"a\\u00e4\":{\"type\":\"boolean\"}},\"required\":[\"n\",\"tab\",\"a\\u00e4\"]},"     \
  "\"default\":{\"n\":0,\"tab\":\"first\",\"a\\u00e4\":true}}}}"

/* A C materializer that reads, writes, and goes on after a statement that failed. */
static int add(void *user, const ls_value *values, size_t n) {
  if (n == 1) *(int64_t *)user += values[0].as.i;
  return 0;
}

static int call(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  (void)user;
  int64_t sum = 0;
  int rc = ls_materializer_exec(m, "SELECT n FROM counts WHERE key = 'items'", LS_NO_PARAMS, add, &sum, err);
  if (rc) return rc;
  ls_materializer_exec(m, "INSERT INTO counts VALUES ('bad', ?1)", LS_PARAMS(ls_int(-1 - sum)), NULL, NULL, NULL);
  return ls_materializer_exec(m, "INSERT INTO counts VALUES (?1 || '-called', ?2)",
                              LS_PARAMS(ls_text(strstr(event->args, "\"n\":") + 4), ls_int(sum)), NULL, NULL, err);
}

static const ls_function functions[] = {{"v1.Call", 1, call, NULL}};
static const ls_schema_source first_schema = {.json = SCHEMA(""), .functions = functions, .n_functions = 1};
const ls_schema_source FAULT_STORE_OTHER_SCHEMA = {
    .json = SCHEMA(" CHECK (key NOT GLOB '*3')"), .functions = functions, .n_functions = 1};

void fault_store_require(const fault_store *fs, bool good, const char *fmt, ...) {
  if (good) return;
  char text[2 * LS_ERROR_TEXT];
  va_list args;
  va_start(args, fmt);
  vsnprintf(text, sizeof text, fmt, args);
  va_end(args);
  fail_msg("%s: %s", fs->label, text);
}

void fault_store_init(fault_store *fs, const char *path) {
  memset(fs, 0, sizeof *fs);
  fs->label = "";
  fs->options.schema = first_schema;
  fs->options.store_id = "fault";
  fs->options.client_id = "client";
  fs->options.session_id = "session";
  fs->path = path ? strdup(path) : NULL;
  assert_true(fs->path || !path);
}

void fault_store_fini(fault_store *fs) {
  ls_close(fs->store, NULL);
  fs->store = NULL;
  free(fs->path);
}

int fault_store_open(fault_store *fs, ls_error *err) { return ls_open(&fs->store, fs->path, &fs->options, err); }

/* What was not flushed yet becomes `fate`. */
static void settle_later(fault_store *fs, fault_fate fate) {
  for (int i = 0; i < fs->n; i++) {
    if (fs->fate[i] == FATE_LATER) fs->fate[i] = (unsigned char)fate;
  }
}

int fault_store_close(fault_store *fs, ls_error *err) {
  int rc = ls_close(fs->store, err);
  fs->store = NULL;
  settle_later(fs, rc ? FATE_DROPPABLE : FATE_KEPT);
  return rc;
}

int fault_store_flush(fault_store *fs, ls_error *err) {
  int rc = ls_flush(fs->store, err);
  settle_later(fs, rc ? FATE_DROPPABLE : FATE_KEPT);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

const char *fault_store_event(char args[FAULT_STORE_ARGS], int n) {
  switch (n % 7) {
    case 2: snprintf(args, FAULT_STORE_ARGS, "{\"n\":%d,\"item\":%d}", n, n - 2); return "v1.Drop";
    case 4: snprintf(args, FAULT_STORE_ARGS, "{\"n\":%d}", n); return "v1.Call";
    case 5: snprintf(args, FAULT_STORE_ARGS, "{\"n\":%d}", n); return "v1.Local";
    default:
      snprintf(args, FAULT_STORE_ARGS, "{\"n\":%d,\"text\":\"line \\\"%d\\\"\\n%*s\"}", n, n, n % 60, "");
      return "v1.Put";
  }
}

int fault_store_number(const ls_event *event) {
  const char *at = strstr(event->args, "\"n\":");
  return at ? atoi(at + 4) : -1;
}

static void note(fault_store *fs, int first, int n, int rc) {
  bool later = fs->options.durability == LS_DURABILITY_LATER;
  for (int i = first; i < first + n; i++) {
    fs->batch[i] = first;
    fs->fate[i] = rc ? FATE_DOUBTFUL : later ? FATE_LATER : FATE_KEPT;
  }
  if (rc) settle_later(fs, FATE_DROPPABLE);
}

static int commit(fault_store *fs, int n, bool bad, ls_error *err) {
  int first = fs->n;
  ls_input *inputs = calloc((size_t)n + 1, sizeof *inputs);
  char(*args)[FAULT_STORE_ARGS] = calloc((size_t)n + 1, FAULT_STORE_ARGS);
  assert_true(inputs && args && first + n < FAULT_STORE_EVENTS);
  for (int i = 0; i < n; i++) inputs[i] = (ls_input){fault_store_event(args[i], first + i), args[i]};
  if (bad) inputs[n - 1].name = "v1.Bad", snprintf(args[n - 1], FAULT_STORE_ARGS, "{\"n\":%d}", first + n);
  int rc = ls_commit_all(NULL, fs->store, inputs, (size_t)n, err);
  free(inputs);
  free(args);
  fs->n += n;
  note(fs, first, n, rc);
  return rc;
}

int fault_store_commit(fault_store *fs, int n, ls_error *err) { return commit(fs, n, false, err); }
int fault_store_commit_bad(fault_store *fs, int good, ls_error *err) { return commit(fs, good + 1, true, err); }

int fault_store_set_document(fault_store *fs, ls_error *err) {
  char value[FAULT_STORE_ARGS];
  snprintf(value, sizeof value, "{\"n\":%d,\"a\\u00e4\":%s}", fs->n, fs->n % 2 ? "true" : "false");
  int rc = ls_document_set(NULL, fs->store, "ui", NULL, value, err);
  note(fs, fs->n++, 1, rc);
  return rc;
}

int fault_store_cut(fault_store *fs, int n, ls_error *err) {
  ls_log *log = fs->store->leader->log;
  ls_seqnum head = ls_log_head(log).seq;
  settle_later(fs, FATE_DROPPABLE);
  for (int i = fs->n - n; i < fs->n; i++) {
    if (fs->fate[i] == FATE_KEPT) fs->fate[i] = FATE_DOUBTFUL, fs->batch[i] = fs->n - n;
  }
  ls_mark floor;
  int64_t place = ls_seqnum_place(head);
  int rc = LS_OK;
  for (int i = 0; !rc && i < n; i++) {
    rc = ls_log_floor(&floor, log, ls_seqnum_at_place(place - 1, 0), err);
    if (!rc) place = ls_seqnum_place(floor.seq);
  }
  if (!rc) rc = ls_leader_retract(fs->store->leader, floor.seq, err);
  return rc ? rc : ls_store_follow(fs->store, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Checking */

/* Which events the log has, by their numbers; each one at most once and in order, without a gap between positions. */
static void read_log(const fault_store *fs, bool found[FAULT_STORE_EVENTS]) {
  ls_events *events;
  const ls_event *event;
  ls_error err;
  int before = -1, more;
  int64_t global = 0;
  fault_store_require(fs, ls_events_open(&events, fs->store, NULL, &err) == LS_OK, "%s", err.text);
  while ((more = ls_events_next(&event, events, &err)) == 1) {
    int n = fault_store_number(event);
    fault_store_require(fs, n > before && n < fs->n, "event %d behind %d in the log", n, before);
    if (!event->seq.client) fault_store_require(fs, event->seq.global == ++global, "a gap before event %d", n);
    found[n] = true;
    before = n;
  }
  fault_store_require(fs, more == 0, "%s", err.text);
  ls_events_close(events);
}

static void check_event(const fault_store *fs, int i, const bool *found, bool *dropped) {
  fault_fate fate = fs->fate[i];
  if (fate == FATE_KEPT || fate == FATE_LATER) fault_store_require(fs, found[i], "event %d is lost", i);
  if (fate == FATE_NONE) fault_store_require(fs, !found[i], "event %d is there, and its commit had failed", i);
  if (fate == FATE_DOUBTFUL) {
    fault_store_require(fs, found[i] == found[fs->batch[i]], "event %d of batch %d stands alone", i, fs->batch[i]);
  }
  if (fate == FATE_DROPPABLE) {
    fault_store_require(fs, !found[i] || !*dropped, "event %d is there, one before it is lost", i);
    *dropped |= !found[i];
  }
}

void fault_store_check_log(fault_store *fs) {
  bool found[FAULT_STORE_EVENTS] = {false}, dropped = false;
  read_log(fs, found);
  for (int i = 0; i < fs->n; i++) check_event(fs, i, found, &dropped);
  for (int i = 0; i < fs->n; i++) {
    if (fs->fate[i] != FATE_LATER) fs->fate[i] = found[i] ? FATE_KEPT : FATE_NONE;
  }
}

static void check_state(const fault_store *fs) {
  char hash[33], replayed[33];
  ls_status status, after;
  ls_error err;
  ls_store *store = fs->store;
  fault_store_require(fs, ls_state_hash(hash, store, &err) == LS_OK, "%s", err.text);
  fault_store_require(fs, ls_status_get(&status, store, &err) == LS_OK, "%s", err.text);
  fault_store_require(fs, ls_seqnum_equal(status.head, status.state), "the state is not at the head");
  fault_store_require(fs, ls_rebuild(store, &err) == LS_OK, "%s", err.text);
  fault_store_require(fs, ls_state_hash(replayed, store, &err) == LS_OK, "%s", err.text);
  fault_store_require(fs, ls_status_get(&after, store, &err) == LS_OK, "%s", err.text);
  fault_store_require(fs, strcmp(hash, replayed) == 0, "the state is not what a replay gives");
  fault_store_require(fs, status.failed == after.failed, "%d events failed, %d when replayed", (int)status.failed,
                      (int)after.failed);
}

/* With numbers behind one that ends in 3, so that these fail under no schema. */
static void check_open(fault_store *fs) {
  ls_error err;
  fault_store_check_log(fs);
  while (fs->n % 10 != 4) fs->n++;
  int rc = fault_store_commit(fs, 1, &err);
  fault_store_require(fs, rc == LS_OK, "a commit after the failure: %s", err.text);
  rc = fault_store_commit(fs, 7, &err);
  fault_store_require(fs, rc == LS_OK, "a second commit after the failure: %s", err.text);
  fault_store_check_log(fs);
  check_state(fs);
  rc = fault_store_close(fs, &err);
  fault_store_require(fs, rc == LS_OK, "closing after the failure: %s", err.text);
}

void fault_store_check(fault_store *fs) {
  ls_error err;
  if (fs->store) check_open(fs);
  if (!fs->path) return;
  fault_store_require(fs, fault_store_open(fs, &err) == LS_OK, "opening after the failure: %s", err.text);
  check_open(fs);
}
