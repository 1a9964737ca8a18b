/* Effects: when they run, and what runs may do. Cases RX of the case list by number. */
#include "support/cmocka_all.h"
#include "support/graph_fixture.h"

/* RX-07: not before the batch in which it is made ends; RX-08: only if what it read has changed */
static void effects_run_when_what_they_read_changes(void **state) {
  graph_fixture *f = *state;
  graph_five n;
  graph_watcher w = {0};
  graph_make_five(&n, f);
  ls_batch_begin(f->store);
  graph_effect(f, &w, "c", n.c);
  graph_expect(f, "");
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  graph_expect(f, "c=3");
  ls_signal_set(n.d, ls_int(9), NULL);
  graph_expect(f, "");
  ls_signal_set(n.a, ls_int(9), NULL);
  graph_expect(f, "c=11");
  ls_node_release(w.node);
  ls_signal_set(n.a, ls_int(10), NULL);
  graph_expect(f, "");
  graph_release_five(&n);
}

static void release_other(graph_watcher *w) {
  ls_node_release(w->other);
  w->other = NULL;
}

/* RX-10, RX-27 */
static void a_released_effect_is_not_run_and_others_are(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1);
  graph_watcher one = {0}, two = {0}, three = {0};
  graph_effect(f, &one, "1", a);
  graph_effect(f, &two, "2", a);
  graph_effect(f, &three, "3", a);
  graph_expect(f, "1=1 2=1 3=1");
  one.then = release_other; /* while the second waits for its turn */
  one.times = 1;
  one.other = two.node;
  ls_signal_set(a, ls_int(2), NULL);
  graph_expect(f, "1=2 3=2");
  three.then = release_other; /* itself */
  three.times = 1;
  three.other = three.node;
  ls_signal_set(a, ls_int(3), NULL);
  ls_signal_set(a, ls_int(4), NULL);
  graph_expect(f, "1=3 3=3 1=4");
  ls_node_release(one.node);
  ls_node_release(a);
  assert_int_equal(graph_count(f), 0);
}

static void set_other(graph_watcher *w) { assert_int_equal(ls_signal_set(w->other, ls_int(7), NULL), LS_OK); }

/* RX-18, RX-19, RX-20 */
static void runs_may_set_and_make_nodes(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1), *b = graph_signal(f, "b", 1), *c = graph_signal(f, "c", 0);
  graph_watcher early = {0}, late = {0};
  graph_sum s = {.set = c};
  graph_effect(f, &early, "b", b);
  graph_effect(f, &late, "a", a);
  late.then = set_other;
  late.times = 1;
  late.other = b;
  ls_signal_set(a, ls_int(2), NULL);
  graph_expect(f, "b=1 a=1 a=2 b=7");
  ls_node *total = graph_add(f, &s, "total", a, b); /* sets c as it runs */
  graph_watcher of_c = {0};
  graph_subscribe(f, &of_c, "c", c);
  assert_int_equal(graph_value(total), 9);
  assert_int_equal(graph_value(c), 9);
  graph_expect(f, "c=0 c=9");
  ls_node *const nodes[] = {early.node, late.node, of_c.node, total, a, b, c};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) ls_node_release(nodes[i]);
  assert_int_equal(graph_count(f), 0);
}

static int add_one_to_it(ls_tracker *tracker, void *user, ls_error *err) {
  graph_watcher *w = user;
  ls_value value;
  int rc = ls_tracker_value(&value, tracker, w->reads, err);
  return rc ? rc : ls_signal_set(w->reads, ls_int(value.as.i + 1), err);
}

static void what_never_ends_is_ended(void **state) {
  graph_fixture *f = *state;
  ls_node *a = graph_signal(f, "a", 1), *effect_node;
  graph_watcher w = {.f = f, .reads = a};
  ls_node_def def = {.label = "forever", .effect = add_one_to_it, .user = &w};
  ls_error err;
  ls_batch_begin(f->store);
  assert_int_equal(ls_effect_open(&effect_node, f->store, &def, NULL), LS_OK);
  assert_int_equal(ls_batch_commit(f->store, &err), LS_ELIMIT);
  assert_string_equal(err.text, "100 passes, each of which caused the next one: forever");
  graph_commit(f, "add", "{\"id\":1}"); /* a commit succeeds all the same, and the log is told */
  assert_string_equal(f->noted, "reactivity: 100 passes, each of which caused the next one: forever");
  ls_node_release(effect_node);
  assert_int_equal(ls_refresh(f->store, &err), LS_OK);
  ls_node_release(a);
  assert_int_equal(graph_count(f), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      GRAPH_TEST(effects_run_when_what_they_read_changes),
      GRAPH_TEST(a_released_effect_is_not_run_and_others_are),
      GRAPH_TEST(runs_may_set_and_make_nodes),
      GRAPH_TEST(what_never_ends_is_ended),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
