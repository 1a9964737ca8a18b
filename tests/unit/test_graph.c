/* The signal graph: when values are computed, and what nodes are. Cases RX of the case list by number. */
#include <stdio.h>
#include <string.h>

#include "support/cmocka_all.h"
#include "support/graph_fixture.h"

/* RX-01, RX-02, RX-03, RX-04 */
static void values_follow_lazily(void **state) {
  graph_fixture *f = *state;
  graph_five n;
  graph_make_five(&n, f);
  assert_int_equal(graph_count(f), 5);
  assert_int_equal(n.of_c.runs, 0);
  assert_int_equal(graph_value(n.e), 6);
  assert_int_equal(graph_value(n.c), 3);
  assert_int_equal(ls_signal_set(n.a, ls_int(5), NULL), LS_OK);
  assert_int_equal(n.of_c.runs, 1); /* not before it is read */
  assert_int_equal(graph_value(n.c), 7);
  assert_int_equal(graph_value(n.e), 10);
  assert_int_equal(ls_signal_set(n.d, ls_int(4), NULL), LS_OK);
  assert_int_equal(graph_value(n.e), 11);
  assert_int_equal(n.of_c.runs, 2);
  graph_release_five(&n);
  assert_int_equal(graph_count(f), 0);
  assert_true(n.of_c.dropped && n.of_e.dropped);
}

/* What a node reads stays: there is no reading a destroyed one (RX-11). */
static void what_is_read_is_kept(void **state) {
  graph_fixture *f = *state;
  graph_five n;
  graph_make_five(&n, f);
  assert_int_equal(graph_value(n.e), 6);
  ls_node_release(n.b);
  ls_node_release(n.c);
  assert_int_equal(ls_signal_set(n.a, ls_int(2), NULL), LS_OK);
  assert_int_equal(graph_value(n.e), 7);
  n.b = n.c = NULL;
  graph_release_five(&n);
  assert_int_equal(graph_count(f), 0);
}

/* An equal result stops there: c changes by nothing when a and b change places. */
static void equal_results_stop(void **state) {
  graph_fixture *f = *state;
  graph_five n;
  graph_make_five(&n, f);
  assert_int_equal(graph_value(n.e), 6);
  ls_batch_begin(f->store);
  assert_int_equal(ls_signal_set(n.a, ls_int(2), NULL), LS_OK);
  assert_int_equal(ls_signal_set(n.b, ls_int(1), NULL), LS_OK);
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  assert_int_equal(graph_value(n.e), 6);
  assert_int_equal(n.of_c.runs, 2);
  assert_int_equal(n.of_e.runs, 1);
  graph_release_five(&n);
}

/* RX-06, RX-14 */
static void a_diamond_runs_once(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1);
  graph_sum left = {0}, right = {0}, tip = {0};
  ls_node *l = graph_add(f, &left, "l", a, a), *r = graph_add(f, &right, "r", a, a), *t = graph_add(f, &tip, "t", l, r);
  graph_watcher w = {0};
  graph_subscribe(f, &w, "t", t);
  assert_int_equal(ls_signal_set(a, ls_int(2), NULL), LS_OK);
  graph_expect(f, "t=4 t=8");
  assert_int_equal(tip.runs, 2);
  graph_value(t);
  graph_value(t);
  assert_int_equal(tip.runs, 2);
  ls_batch_begin(f->store);
  ls_batch_begin(f->store);
  ls_signal_set(a, ls_int(3), NULL);
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  ls_signal_set(a, ls_int(4), NULL);
  graph_expect(f, "");
  assert_int_equal(graph_value(t), 16); /* reading sees what is new */
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  graph_expect(f, "t=16");
  assert_int_equal(tip.runs, 3);
  ls_node *const nodes[] = {w.node, t, r, l, a};
  for (size_t i = 0; i < 5; i++) ls_node_release(nodes[i]);
  assert_int_equal(graph_count(f), 0);
}

/* RX-15 */
static void null_is_a_value(void **state) {
  graph_fixture *f = *state;
  ls_node *a;
  ls_value value = ls_int(1);
  assert_int_equal(ls_signal_open(&a, f->store, NULL, ls_null(), NULL), LS_OK);
  assert_int_equal(ls_node_value(&value, a, NULL), LS_OK);
  assert_int_equal(value.type, LS_TYPE_NULL);
  assert_int_equal(ls_signal_set(a, ls_text("x"), NULL), LS_OK);
  assert_int_equal(ls_node_value(&value, a, NULL), LS_OK);
  assert_int_equal(value.type, LS_TYPE_TEXT);
  ls_node_release(a);
}

static int choose_one(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  graph_sum *s = user; /* `set` says which of the two is read */
  ls_value which;
  s->runs++;
  int rc = ls_tracker_value(&which, tracker, s->set, err);
  if (!rc) rc = ls_tracker_value(out, tracker, which.as.i ? s->left : s->right, err);
  return rc;
}

static void dependencies_are_those_of_the_last_run(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1), *b = graph_signal(f, "b", 2), *which = graph_signal(f, "which", 1), *node;
  graph_sum s = {.left = a, .right = b, .set = which};
  assert_int_equal(ls_computed_open(&node, f->store, &(ls_node_def){.compute = choose_one, .user = &s}, NULL), LS_OK);
  assert_int_equal(graph_value(node), 1);
  ls_signal_set(b, ls_int(3), NULL);
  assert_int_equal(graph_value(node), 1);
  assert_int_equal(s.runs, 1);
  ls_signal_set(which, ls_int(0), NULL);
  assert_int_equal(graph_value(node), 3);
  ls_signal_set(a, ls_int(9), NULL);
  assert_int_equal(graph_value(node), 3);
  assert_int_equal(s.runs, 2);
  ls_node *const nodes[] = {a, b, which, node};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
}

static void a_cycle_is_named_and_passes(void **state) {
  graph_fixture *f = *state;
  ls_node *which = graph_signal(f, "which", 0), *one = graph_signal(f, "one", 1), *x, *y;
  graph_sum of_x = {.left = NULL, .right = one, .set = which}, of_y = {.left = NULL, .right = NULL};
  ls_value value;
  ls_error err;
  assert_int_equal(
      ls_computed_open(&x, f->store, &(ls_node_def){.label = "x", .compute = choose_one, .user = &of_x}, NULL), LS_OK);
  y = graph_add(f, &of_y, "y", x, x);
  of_x.left = y;
  assert_int_equal(graph_value(y), 2);
  ls_signal_set(which, ls_int(1), NULL);
  assert_int_equal(ls_node_value(&value, y, &err), LS_ECYCLE);
  assert_string_equal(err.text, "values follow from one another: y → x → y");
  assert_int_equal(ls_node_value(&value, x, &err), LS_ECYCLE);
  assert_string_equal(err.text, "values follow from one another: x → y → x");
  ls_signal_set(which, ls_int(0), NULL);
  assert_int_equal(graph_value(y), 2);
  ls_node *const nodes[] = {which, one, y, x};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
  assert_int_equal(graph_count(f), 0);
}

static int fail_when_asked(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  graph_sum *s = user;
  ls_value value;
  int rc = ls_tracker_value(&value, tracker, s->left, err);
  if (rc) return rc;
  if (value.as.i == 0) {
    err->code = LS_EARGS;
    snprintf(err->text, sizeof err->text, "nothing to divide by");
    return LS_EARGS;
  }
  *out = ls_int(100 / value.as.i);
  return LS_OK;
}

static void a_failure_is_a_result(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 5), *quotient;
  graph_sum s = {.left = a}, t = {0};
  ls_value value;
  ls_error err;
  graph_watcher w = {0};
  assert_int_equal(ls_computed_open(&quotient, f->store,
                                    &(ls_node_def){.label = "quotient", .compute = fail_when_asked, .user = &s}, NULL),
                   LS_OK);
  ls_node *total = graph_add(f, &t, "total", quotient, quotient);
  graph_subscribe(f, &w, "t", total);
  ls_signal_set(a, ls_int(0), NULL);
  graph_expect(f, "t=40 t!LS_EARGS");
  assert_int_equal(ls_node_value(&value, total, &err), LS_EARGS);
  assert_string_equal(err.text, "quotient: nothing to divide by");
  ls_signal_set(a, ls_int(10), NULL);
  graph_expect(f, "t=20");
  ls_node *const nodes[] = {w.node, total, quotient, a};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
}

static void equal_definitions_are_one_node(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1), *first, *second, *third;
  graph_sum s = {.left = a, .right = a}, t = {.left = a, .right = a};
  ls_node_def def = {.key = "a + a", .compute = graph_add_up, .user = &s, .drop = graph_drop_sum};
  assert_int_equal(ls_computed_open(&first, f->store, &def, NULL), LS_OK);
  def.user = &t;
  assert_int_equal(ls_computed_open(&second, f->store, &def, NULL), LS_OK);
  assert_ptr_equal(first, second);
  assert_true(t.dropped);
  ls_node_release(first);
  assert_int_equal(graph_value(second), 2);
  ls_node_release(second);
  assert_true(s.dropped);
  assert_int_equal(
      ls_live_open(&first, f->store, "one", "SELECT text FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)), NULL), LS_OK);
  assert_int_equal(
      ls_live_open(&second, f->store, "two", "SELECT text FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)), NULL), LS_OK);
  assert_int_equal(
      ls_live_open(&third, f->store, NULL, "SELECT text FROM todos WHERE id = ?", LS_PARAMS(ls_text("1")), NULL),
      LS_OK);
  assert_ptr_equal(first, second);
  assert_ptr_not_equal(first, third); /* 1 and "1" are not the same */
  ls_node *const nodes[] = {first, second, third, a};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
  assert_int_equal(graph_count(f), 0);
}

typedef struct listing {
  char text[1000];
} listing;

static int list_node(void *user, const ls_node_info *info) {
  static const char *const causes[] = {"none", "first", "table", "node", "state", "error"};
  listing *l = user;
  size_t size = strlen(l->text);
  snprintf(l->text + size, sizeof l->text - size, "%s|%llu runs|%s %s%llu|%zu sources|%zu readers|%zu rows\n",
           info->label, (unsigned long long)info->runs, causes[info->cause], info->table ? info->table : "",
           (unsigned long long)info->source, info->n_sources, info->readers, info->rows);
  assert_true(info->worst_us >= info->last_us && info->bytes > 0 && !info->stale);
  return 0;
}

static void nodes_can_be_listed(void **state) {
  graph_fixture *f = *state;
  ls_node *live;
  graph_watcher w = {0};
  listing l = {""};
  assert_int_equal(ls_live_open(&live, f->store, "all", "SELECT id, text FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  graph_subscribe(f, &w, "w", live);
  graph_commit(f, "add", "{\"id\":1}");
  graph_commit(f, "done", "{\"id\":1}"); /* reads another column: nothing runs */
  assert_int_equal(ls_graph_each(f->store, list_node, &l, NULL), LS_OK);
  assert_string_equal(
      l.text, "all|2 runs|table todos0|0 sources|1 readers|1 rows\n|2 runs|node 1|1 sources|0 readers|1 rows\n");
  ls_node_release(live);
  ls_node_release(w.node);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      GRAPH_TEST(values_follow_lazily),
      GRAPH_TEST(what_is_read_is_kept),
      GRAPH_TEST(equal_results_stop),
      GRAPH_TEST(a_diamond_runs_once),
      GRAPH_TEST(null_is_a_value),
      GRAPH_TEST(dependencies_are_those_of_the_last_run),
      GRAPH_TEST(a_cycle_is_named_and_passes),
      GRAPH_TEST(a_failure_is_a_result),
      GRAPH_TEST(equal_definitions_are_one_node),
      GRAPH_TEST(nodes_can_be_listed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
