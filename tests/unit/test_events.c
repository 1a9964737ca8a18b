/* Reading the log as an application does: filters, only what upstream has accepted, what is committed meanwhile, and
 * the rows that one event changed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/seqnum.h"
#include "core/store.h"
#include "support/cmocka_all.h"
#include "support/core.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char SCHEMA[] = "{\"livestore\":1,\"tables\":[\"CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT CHECK (v "
                             "<> 'bad'), r REAL, up AS (upper(v)))\","
                             "\"CREATE TABLE w (k TEXT PRIMARY KEY, n INTEGER) WITHOUT ROWID\","
                             "\"CREATE TRIGGER tr AFTER INSERT ON t BEGIN INSERT INTO w VALUES (new.v, 1) ON CONFLICT "
                             "DO UPDATE SET n = n + 1; END\"],\"events\":{"
                             "\"v1.Add\":{\"args\":{\"type\":\"object\",\"properties\":{\"v\":{\"type\":\"string\"}},"
                             "\"required\":[\"v\"]},\"sql\":[\"INSERT INTO t(v, r) VALUES (:v, 2)\"]},"
                             "\"v1.Clear\":{\"sql\":[\"UPDATE t SET v = 'x' WHERE id = 1\",\"DELETE FROM t\"]},"
                             "\"ui.Set\":{\"clientOnly\":true,\"sql\":[\"DELETE FROM w\"]}}}";

static int setup(void **state) {
  ls_store *store = NULL;
  ls_error err;
  const ls_options options = {.schema.json = SCHEMA, .client_id = "me", .session_id = "here"};
  assert_ok(ls_open(&store, NULL, &options, &err), &err);
  *state = store;
  return 0;
}

static int teardown(void **state) { return ls_close(*state, NULL); }

static void commit(ls_store *store, const char *name, const char *args) {
  ls_error err;
  assert_ok(ls_commit(NULL, store, name, args, &err), &err);
}

/* An event as it would come from another client. */
static void receive(ls_store *store, const char *client, const char *session, const char *name) {
  ls_error err;
  ls_event event = core_event(1, name, "{\"v\":\"theirs\"}");
  event.client_id = client;
  event.session_id = session;
  ls_seqnum_next(&event.seq, &event.parent, ls_log_head(store->leader->log).seq, false, 0);
  assert_ok(ls_leader_push(store->leader, &event, 1, &err), &err);
  assert_ok(ls_store_follow(store, &err), &err);
}

static void confirm(ls_store *store, int64_t global) {
  ls_error err;
  assert_ok(ls_leader_confirm(store->leader, (ls_seqnum){global, 0, 0}, 0, &err), &err);
}

static ls_events *open_events(ls_store *store, ls_event_filter filter) {
  ls_events *events = NULL;
  ls_error err;
  assert_ok(ls_events_open(&events, store, &filter, &err), &err);
  return events;
}

/* Read on to the end; the positions as text, in `out`. */
static const char *rest(ls_events *events) {
  static char out[1000];
  const ls_event *event;
  ls_error err;
  int more;
  char seq[LS_SEQNUM_TEXT];
  out[0] = 0;
  while ((more = ls_events_next(&event, events, &err)) == 1) {
    strcat(out, *out ? " " : "");
    strcat(out, ls_seqnum_format(event->seq, seq));
  }
  assert_ok(more, &err);
  return out;
}

/* ES-02, ES-03, ES-04, ES-06, ES-07 */
static void filters_choose(void **state) {
  ls_store *store = *state;
  commit(store, "v1.Add", "{\"v\":\"a\"}");     /* e1 */
  commit(store, "ui.Set", NULL);                /* e1.1 */
  commit(store, "v1.Clear", NULL);              /* e2 */
  receive(store, "you", "there", "v1.Add");     /* e3 */
  receive(store, "you", "elsewhere", "v2.New"); /* e4 */
  commit(store, "ui.Set", NULL);                /* e4.1 */
  commit(store, "ui.Set", NULL);                /* e4.2 */
  commit(store, "v1.Add", "{\"v\":\"b\"}");     /* e5 */
  confirm(store, 4);
  static const struct {
    ls_event_filter filter;
    const char *wanted;
  } cases[] = {
      {{.name = NULL}, "e1 e1.1 e2 e3 e4 e4.1 e4.2 e5"},
      {{.synced = true}, "e1 e2 e3 e4 e5"},
      {{.confirmed = true}, "e1 e1.1 e2 e3 e4"},
      {{.confirmed = true, .synced = true}, "e1 e2 e3 e4"},
      {{.name = "v1.*"}, "e1 e2 e3 e5"},
      {{.name = "v1.Add"}, "e1 e3 e5"},
      {{.name = "V1.ADD"}, ""},
      {{.name = "[uv]?.*"}, "e1 e1.1 e2 e3 e4 e4.1 e4.2 e5"},
      {{.client_id = "you"}, "e3 e4"},
      {{.client_id = "you", .session_id = "there"}, "e3"},
      {{.session_id = "here"}, "e1 e1.1 e2 e4.1 e4.2 e5"},
      {{.since = {1, 0, 0}}, "e1.1 e2 e3 e4 e4.1 e4.2 e5"},
      {{.since = {1, 1, 0}}, "e2 e3 e4 e4.1 e4.2 e5"},
      {{.since = {5, 0, 0}}, ""},
      {{.since = {99, 0, 0}}, ""},
      {{.until = {2, 0, 0}}, "e1 e1.1 e2"},
      {{.until = {1, 0, 0}}, "e1"},
      {{.until = {99, 0, 0}}, "e1 e1.1 e2 e3 e4 e4.1 e4.2 e5"},
      {{.since = {2, 0, 0}, .until = {4, 1, 0}}, "e3 e4 e4.1"},
      {{.since = {4, 0, 0}, .until = {2, 0, 0}}, ""},
      {{.since = {1, 0, 0}, .until = {5, 0, 0}, .name = "*Add", .client_id = "me", .synced = true}, "e5"},
  };
  for (size_t i = 0; i < COUNT(cases); i++) {
    ls_events *events = open_events(store, cases[i].filter);
    assert_string_equal(rest(events), cases[i].wanted);
    assert_string_equal(rest(events), "");
    ls_events_close(events);
  }
}

/* ES-01, ES-10 */
static void confirmed_events_come_as_upstream_accepts_them(void **state) {
  ls_store *store = *state;
  ls_events *events = open_events(store, (ls_event_filter){.confirmed = true, .synced = true, .until = {5, 0, 0}});
  commit(store, "v1.Add", "{\"v\":\"a\"}");
  commit(store, "v1.Add", "{\"v\":\"b\"}");
  assert_string_equal(rest(events), "");
  confirm(store, 1);
  assert_string_equal(rest(events), "e1");
  confirm(store, 2);
  assert_string_equal(rest(events), "e2");
  commit(store, "ui.Set", NULL);
  commit(store, "v1.Add", "{\"v\":\"c\"}");
  commit(store, "v1.Add", "{\"v\":\"d\"}");
  assert_string_equal(rest(events), "");
  assert_string_equal(rest(events), "");
  confirm(store, 4);
  assert_string_equal(rest(events), "e3 e4");
  commit(store, "v1.Add", "{\"v\":\"e\"}");
  commit(store, "v1.Add", "{\"v\":\"f\"}");
  confirm(store, 6);
  assert_string_equal(rest(events), "e5"); /* until */
  ls_events_close(events);
}

/* An event that waits to be accepted may be renumbered before it is. */
static void an_event_that_waits_may_be_cut_away(void **state) {
  ls_store *store = *state;
  ls_error err;
  ls_events *events = open_events(store, (ls_event_filter){.confirmed = true});
  commit(store, "v1.Add", "{\"v\":\"a\"}");
  commit(store, "v1.Add", "{\"v\":\"b\"}");
  confirm(store, 1);
  assert_string_equal(rest(events), "e1"); /* e2 waits */
  assert_ok(ls_leader_retract(store->leader, (ls_seqnum){1, 0, 0}, &err), &err);
  assert_string_equal(rest(events), "");
  receive(store, "you", "there", "v1.Clear");
  confirm(store, 2);
  const ls_event *event;
  assert_int_equal(ls_events_next(&event, events, &err), 1);
  assert_string_equal(event->name, "v1.Clear");
  ls_events_close(events);
}

/* ES-09: there are no batches here; what varies is how many come between two readings. */
static void however_they_come_all_are_read_once_and_in_order(void **state) {
  static const int sizes[] = {1, 5, 12, 25};
  ls_store *store = *state;
  ls_events *all = open_events(store, (ls_event_filter){.synced = true});
  const ls_event *event;
  ls_error err;
  int64_t next = 1, committed = 0;
  for (int turn = 0; turn < 40; turn++) {
    for (int i = 0; i < sizes[turn % 4]; i++, committed++) {
      commit(store, "v1.Add", "{\"v\":\"x\"}");
      if (i % 3 == 0) commit(store, "ui.Set", NULL);
    }
    for (; turn % 3 != 0 && ls_events_next(&event, all, &err) == 1; next++) assert_int_equal(event->seq.global, next);
  }
  for (; ls_events_next(&event, all, &err) == 1; next++) assert_int_equal(event->seq.global, next);
  assert_int_equal(next - 1, committed);
  ls_events_close(all);
}

static void positions_beyond_the_largest_are_refused(void **state) {
  ls_events *events = NULL;
  ls_error err;
  static const ls_seqnum wrong[] = {{INT64_MAX, 0, 0}, {-1, 0, 0}, {0, INT64_MAX, 0}};
  for (size_t i = 0; i < COUNT(wrong); i++) {
    assert_code(ls_events_open(&events, *state, &(ls_event_filter){.since = wrong[i]}, &err), LS_ELIMIT, &err);
    assert_code(ls_event_changes(*state, wrong[i], NULL, NULL, &err), LS_ENOTFOUND, &err);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* What an event changed */

typedef struct seen_changes {
  char text[2000];
  int n, stop_at;
} seen_changes;

static void put_row(char *out, const ls_change *change, const ls_value *row) {
  if (!row) strcat(out, "-");
  for (size_t i = 0; row && i < change->n; i++) {
    char value[80] = "null";
    if (row[i].type == LS_TYPE_INT) snprintf(value, sizeof value, "%lld", (long long)row[i].as.i);
    if (row[i].type == LS_TYPE_REAL) snprintf(value, sizeof value, "%.1f", row[i].as.r);
    if (row[i].type == LS_TYPE_TEXT)
      snprintf(value, sizeof value, "'%.*s'", (int)row[i].as.b.size, (const char *)row[i].as.b.data);
    strcat(strcat(out, i ? "," : ""), value);
  }
}

static int see(void *user, const ls_change *change) {
  seen_changes *seen = user;
  strcat(strcat(strcat(seen->text, *seen->text ? "; " : ""), change->table), " ");
  assert_string_equal(change->columns[0], change->table[0] == 't' ? "id" : "k");
  put_row(seen->text, change, change->before);
  strcat(seen->text, ">");
  put_row(seen->text, change, change->after);
  assert_int_equal(change->before == NULL, change->op == LS_OP_INSERT);
  assert_int_equal(change->after == NULL, change->op == LS_OP_DELETE);
  return ++seen->n == seen->stop_at;
}

/* The generated column is in no row image. */
static void changes_are_given_with_whole_rows(void **state) {
  ls_store *store = *state;
  static const struct {
    ls_seqnum seq;
    const char *wanted;
  } cases[] = {
      {{1, 0, 0}, "t ->1,'a',2.0,null; w ->'a',1"},
      {{2, 0, 0}, "t ->2,'a',2.0,null; w 'a',1>'a',2"},
      {{2, 1, 0}, "w 'a',2>-"},
      {{3, 0, 0}, "t 1,'a',2.0,null>1,'x',2.0,null; t 1,'x',2.0,null>-; t 2,'a',2.0,null>-"},
      {{4, 0, 0}, ""}, /* unknown */
  };
  ls_error err;
  char before[33], after[33];
  commit(store, "v1.Add", "{\"v\":\"a\"}");
  commit(store, "v1.Add", "{\"v\":\"a\"}");
  commit(store, "ui.Set", NULL);
  commit(store, "v1.Clear", NULL);
  receive(store, "you", "there", "v2.New");
  assert_ok(ls_state_hash(before, store, &err), &err);
  for (size_t i = 0; i < COUNT(cases); i++) {
    seen_changes seen = {.n = 0};
    assert_ok(ls_event_changes(store, cases[i].seq, see, &seen, &err), &err);
    assert_string_equal(seen.text, cases[i].wanted);
  }
  seen_changes seen = {.stop_at = 1};
  assert_ok(ls_event_changes(store, (ls_seqnum){3, 0, 0}, see, &seen, &err), &err);
  assert_int_equal(seen.n, 1);
  assert_ok(ls_state_hash(after, store, &err), &err);
  assert_string_equal(before, after);
}

static void changes_of_what_is_not_there_or_failed_are_errors(void **state) {
  ls_store *store = *state;
  ls_error err;
  seen_changes seen = {.n = 0};
  static const ls_seqnum missing[] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
  for (size_t i = 0; i < COUNT(missing); i++) {
    assert_code(ls_event_changes(store, missing[i], see, &seen, &err), LS_ENOTFOUND, &err);
  }
  ls_event events[] = {core_event(1, "v1.Add", "{\"v\":\"bad\"}"), core_event(2, "v1.Add", "{}")};
  assert_ok(ls_leader_push(store->leader, events, 2, &err), &err);
  assert_ok(ls_store_follow(store, &err), &err);
  for (int64_t global = 1; global <= 2; global++) {
    assert_code(ls_event_changes(store, (ls_seqnum){global, 0, 0}, see, &seen, &err), LS_EMATERIALIZE, &err);
    assert_says(&err, "v1.Add");
  }
  assert_int_equal(seen.n, 0);
  ls_status status;
  assert_ok(ls_status_get(&status, store, &err), &err);
  assert_int_equal(status.failed, 2);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      WITH_STORE(filters_choose),
      WITH_STORE(confirmed_events_come_as_upstream_accepts_them),
      WITH_STORE(an_event_that_waits_may_be_cut_away),
      WITH_STORE(however_they_come_all_are_read_once_and_in_order),
      WITH_STORE(positions_beyond_the_largest_are_refused),
      WITH_STORE(changes_are_given_with_whole_rows),
      WITH_STORE(changes_of_what_is_not_there_or_failed_are_errors),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
