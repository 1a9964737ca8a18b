/* Live queries and those who subscribe to them: what is told when, and what callbacks may do. Cases RX of the case list
 * by number. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "support/cmocka_all.h"
#include "support/graph_fixture.h"

/* RX-22, RX-25, RX-37 */
static void a_live_query_is_told_once_a_commit(void **state) {
  graph_fixture *f = *state;
  graph_watcher w = {.f = f, .name = "n"};
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT count(*) FROM todos", LS_NO_PARAMS, graph_on_update, &w, NULL),
                   LS_OK);
  graph_expect(f, "n=0");
  graph_commit(f, "add", "{\"id\":1}");
  graph_expect(f, "n=1");
  const ls_input three[] = {{"add", "{\"id\":2}"}, {"add", "{\"id\":3}"}, {"text", "{\"id\":2,\"text\":\"x\"}"}};
  assert_int_equal(ls_commit_all(NULL, f->store, three, 3, NULL), LS_OK);
  graph_expect(f, "n=3");
  graph_commit(f, "text", "{\"id\":1,\"text\":\"y\"}");
  graph_commit(f, "other", "{\"id\":1}");
  assert_int_equal(ls_commit(NULL, f->store, "add", "{\"id\":1}", NULL), LS_EMATERIALIZE);
  graph_expect(f, "");
  ls_node_release(w.node);
}

/* RX-26 */
static void the_first_call_can_be_left_out(void **state) {
  graph_fixture *f = *state;
  ls_node *live, *later;
  graph_watcher w = {.f = f, .name = "n"};
  const ls_subscribe_options options = {.later = true};
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT count(*) FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_subscribe(&later, live, &options, graph_on_update, &w, NULL), LS_OK);
  graph_expect(f, "");
  graph_commit(f, "add", "{\"id\":1}");
  graph_expect(f, "n=1");
  ls_node_release(later);
  ls_node_release(live);
}

/* RX-39 */
static void two_subscribers_share_a_node(void **state) {
  graph_fixture *f = *state;
  graph_watcher one = {.f = f, .name = "1"}, two = {.f = f, .name = "2"};
  const char *sql = "SELECT count(*) FROM todos";
  assert_int_equal(ls_watch(&one.node, f->store, sql, LS_NO_PARAMS, graph_on_update, &one, NULL), LS_OK);
  assert_int_equal(ls_watch(&two.node, f->store, sql, LS_NO_PARAMS, graph_on_update, &two, NULL), LS_OK);
  assert_int_equal(graph_count(f), 3);
  ls_node_release(one.node);
  graph_commit(f, "add", "{\"id\":1}");
  graph_expect(f, "1=0 2=0 2=1");
  assert_int_equal(graph_count(f), 2);
  ls_node_release(two.node);
  assert_int_equal(graph_count(f), 0);
}

static void commit_three(graph_watcher *w) {
  graph_commit(w->f, "add", w->times == 1 ? "{\"id\":101}" : "{\"id\":102}");
}

static void subscribe_more(graph_watcher *w) {
  graph_watcher *more = (graph_watcher *)(void *)w->other;
  w->other = NULL;
  assert_int_equal(
      ls_watch(&more->node, w->f->store, "SELECT max(id) FROM todos", LS_NO_PARAMS, graph_on_update, more, NULL),
      LS_OK);
}

static void callbacks_may_commit_and_subscribe(void **state) {
  graph_fixture *f = *state;
  graph_watcher one = {.f = f, .name = "1"}, two = {.f = f, .name = "2"}, three = {.f = f, .name = "3"};
  const char *sql = "SELECT count(*) FROM todos";
  assert_int_equal(ls_watch(&one.node, f->store, sql, LS_NO_PARAMS, graph_on_update, &one, NULL), LS_OK);
  assert_int_equal(ls_watch(&two.node, f->store, sql, LS_NO_PARAMS, graph_on_update, &two, NULL), LS_OK);
  graph_expect(f, "1=0 2=0");
  one.then = commit_three;
  one.times = 2;
  graph_commit(f, "add", "{\"id\":1}");
  graph_expect(f, "1=1 2=2 1=2 1=3 2=3"); /* the second sees what is newest, the first is told again */
  two.then = subscribe_more;
  two.times = 1;
  two.other = (ls_node *)(void *)&three;
  graph_commit(f, "add", "{\"id\":2}");
  graph_expect(f, "1=4 2=4 3=102");
  ls_node *const nodes[] = {one.node, two.node, three.node};
  for (size_t i = 0; i < 3; i++) ls_node_release(nodes[i]);
}

static void close_store(graph_watcher *w) {
  ls_error err;
  assert_int_equal(ls_close(w->f->store, &err), LS_ELOCKED);
  assert_string_equal(err.text, "the store calls an effect or subscription: it cannot be closed from inside");
}

static void callbacks_may_not_close_the_store(void **state) {
  graph_fixture *f = *state;
  graph_watcher w = {.f = f, .name = "n", .then = close_store, .times = 1};
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT 1", LS_NO_PARAMS, graph_on_update, &w, NULL), LS_OK);
  graph_expect(f, "n=1"); /* and it goes with the store */
}

typedef struct chosen {
  ls_node *text; /* SQL, or NULL for none */
  int runs;
} chosen;

static int choose_query(const ls_rows **out, ls_tracker *tracker, void *user, ls_error *err) {
  chosen *c = user;
  ls_value text;
  char sql[200] = "SELECT count(*) FROM todos";
  c->runs++;
  int rc = ls_tracker_value(&text, tracker, c->text, err);
  if (rc) return rc;
  if (text.type == LS_TYPE_TEXT) snprintf(sql, sizeof sql, "%.*s", (int)text.as.b.size, (const char *)text.as.b.data);
  return ls_tracker_query(out, tracker, sql, LS_NO_PARAMS, err);
}

/* RX-23, RX-31 */
static void a_chosen_query_follows_what_chooses_it(void **state) {
  graph_fixture *f = *state;
  chosen c = {0};
  ls_node *node;
  graph_watcher w = {0};
  assert_int_equal(ls_signal_open(&c.text, f->store, "sql", ls_null(), NULL), LS_OK);
  assert_int_equal(
      ls_chosen_open(&node, f->store, &(ls_node_def){.label = "chosen", .choose = choose_query, .user = &c}, NULL),
      LS_OK);
  graph_subscribe(f, &w, "n", node);
  graph_commit(f, "add", "{\"id\":5}");
  ls_signal_set(c.text, ls_text("SELECT max(id) FROM todos"), NULL);
  graph_commit(f, "other", "{\"id\":9}");
  graph_expect(f, "n=0 n=1 n=5");
  int runs = c.runs;
  ls_signal_set(c.text, ls_text("SELECT max(id) FROM other"), NULL);
  graph_commit(f, "add", "{\"id\":6}");
  assert_int_equal(c.runs, runs + 1);
  graph_expect(f, "n=9");
  ls_signal_set(c.text, ls_text("SELECT nothing"), NULL);
  graph_expect(f, "n!LS_ESQL");
  ls_node *const nodes[] = {w.node, node, c.text};
  for (size_t i = 0; i < 3; i++) ls_node_release(nodes[i]);
  assert_int_equal(graph_count(f), 0);
}

/* RX-41 */
static void a_state_made_anew_is_seen(void **state) {
  graph_fixture *f = *state;
  graph_watcher w = {.f = f, .name = "n"}, v = {.f = f, .name = "v"};
  ls_schema_source changed = {
      .json = "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id INTEGER PRIMARY KEY)\"],\"events\":{"
              "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},\"required\":["
              "\"id\"]},"
              "\"sql\":[\"INSERT INTO todos (id) VALUES (:id), (:id + 1000)\"]}}}"};
  graph_commit(f, "add", "{\"id\":1}");
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT count(*) FROM todos", LS_NO_PARAMS, graph_on_update, &w, NULL),
                   LS_OK);
  assert_int_equal(ls_watch(&v.node, f->store, "SELECT done FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)),
                            graph_on_update, &v, NULL),
                   LS_OK);
  assert_int_equal(ls_rebuild(f->store, NULL), LS_OK);
  graph_expect(f, "n=1 v=0");
  assert_int_equal(ls_schema_set(f->store, &changed, NULL), LS_OK);
  graph_expect(f, "n=2 v!LS_ESQL");
  graph_commit(f, "add", "{\"id\":2}");
  graph_expect(f, "n=4");
  assert_int_equal(ls_schema_set(f->store, &(ls_schema_source){.json = GRAPH_SCHEMA}, NULL), LS_OK);
  graph_expect(f, "n=2 v=0");
  graph_commit(f, "done", "{\"id\":1}");
  graph_expect(f, "v=1");
  ls_node_release(w.node);
  ls_node_release(v.node);
}

static void borrowed_rows_can_be_kept(void **state) {
  graph_fixture *f = *state;
  ls_node *live;
  const ls_rows *rows;
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT id FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_node_rows(&rows, live, NULL), LS_OK);
  ls_rows *kept = ls_rows_retain(rows);
  graph_commit(f, "add", "{\"id\":1}");
  assert_int_equal(ls_node_rows(&rows, live, NULL), LS_OK);
  assert_int_equal(ls_rows_count(rows), 1);
  assert_int_equal(ls_rows_count(kept), 0);
  ls_rows_release(kept);
  ls_node_release(live);
}

static void wrong_use_is_refused(void **state) {
  graph_fixture *f = *state;
  ls_node *node = NULL, *live;
  ls_value value;
  ls_error err;
  graph_watcher w = {.f = f, .name = "n"};
  assert_int_equal(ls_live_open(&node, f->store, NULL, "SELECT nothing", LS_NO_PARAMS, &err), LS_ESQL);
  assert_int_equal(ls_live_open(&node, f->store, NULL, "DELETE FROM todos", LS_NO_PARAMS, &err), LS_EREADONLY);
  assert_int_equal(ls_live_open(&node, f->store, NULL, "SELECT ?", LS_NO_PARAMS, &err), LS_ESQL);
  assert_string_equal(err.text, "parameters of the query: 1, values given: 0");
  assert_null(node);
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT 1", LS_NO_PARAMS, graph_on_update, &w, NULL), LS_OK);
  assert_int_equal(ls_node_value(&value, w.node, &err), LS_EARGS);
  assert_int_equal(ls_subscribe(&node, w.node, NULL, graph_on_update, &w, &err), LS_EARGS);
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT 1", LS_NO_PARAMS, &err), LS_OK);
  assert_int_equal(ls_signal_set(live, ls_int(1), &err), LS_EARGS);
  assert_string_equal(err.text, "SELECT 1 is no signal, and only signals can be set");
  ls_node_release(live);
  ls_node_release(w.node);
}

static int faults_left;
static int fault(void) { return faults_left-- == 0; }

/* Every allocation of a story fails once: nothing leaks, and behind it everything can be brought up to date. */
static void want_of_memory_loses_no_change(void **state) {
  graph_fixture *f = *state;
  graph_commit(f, "add", "{\"id\":1}");
  bool more = true;
  for (int k = 0; more; k++) {
    ls_node *a = graph_signal(f, "a", k), *nodes[4] = {NULL};
    chosen c = {.text = a};
    graph_watcher w = {.f = f, .name = "n"};
    char args[60];
    snprintf(args, sizeof args, "{\"id\":1,\"text\":\"text %d\"}", k);
    graph_sum s = {.left = a, .right = a};
    faults_left = k;
    ls_alloc_set_fault(fault);
    int rc =
        ls_live_open(&nodes[0], f->store, "live", "SELECT text FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)), NULL);
    if (!rc) rc = ls_subscribe(&nodes[1], nodes[0], NULL, graph_on_update, &w, NULL);
    if (!rc)
      rc = ls_computed_open(&nodes[2], f->store,
                            &(ls_node_def){.label = "sum", .key = "sum", .compute = graph_add_up, .user = &s}, NULL);
    if (!rc) rc = ls_chosen_open(&nodes[3], f->store, &(ls_node_def){.choose = choose_query, .user = &c}, NULL);
    if (!rc) rc = ls_signal_set(a, ls_int(k + 1), NULL);
    if (!rc) ls_commit(NULL, f->store, "text", args, NULL);
    ls_alloc_set_fault(NULL);
    more = faults_left < 0;
    f->said[0] = 0;
    graph_commit(f, "text", args);
    assert_int_equal(ls_refresh(f->store, NULL), LS_OK);
    ls_value value;
    if (nodes[0]) {
      assert_int_equal(ls_node_value(&value, nodes[0], NULL), LS_OK);
      snprintf(args, sizeof args, "text %d", k);
      assert_int_equal(value.as.b.size, strlen(args));
      assert_memory_equal(value.as.b.data, args, strlen(args));
    }
    if (nodes[2]) assert_int_equal(graph_value(nodes[2]), 2 * graph_value(a));
    if (nodes[3]) assert_int_equal(graph_value(nodes[3]), 1);
    for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
    ls_node_release(a);
    assert_int_equal(graph_count(f), 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      GRAPH_TEST(a_live_query_is_told_once_a_commit),
      GRAPH_TEST(the_first_call_can_be_left_out),
      GRAPH_TEST(two_subscribers_share_a_node),
      GRAPH_TEST(callbacks_may_commit_and_subscribe),
      GRAPH_TEST(callbacks_may_not_close_the_store),
      GRAPH_TEST(a_chosen_query_follows_what_chooses_it),
      GRAPH_TEST(a_state_made_anew_is_seen),
      GRAPH_TEST(borrowed_rows_can_be_kept),
      GRAPH_TEST(wrong_use_is_refused),
      GRAPH_TEST(want_of_memory_loses_no_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
