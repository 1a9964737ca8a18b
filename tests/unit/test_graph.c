/* The signal graph: what runs when, what is told, and what callbacks may do. Cases RX of the case list by number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "livestore.h"
#include "support/cmocka_all.h"

static const char SCHEMA[] = "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id INTEGER PRIMARY KEY, text TEXT, "
                             "done INTEGER NOT NULL DEFAULT 0)\","
                             "\"CREATE TABLE other (id INTEGER PRIMARY KEY)\"],\"events\":{"
                             "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},"
                             "\"text\":{\"type\":\"string\"}},"
                             "\"required\":[\"id\"]},\"sql\":[\"INSERT INTO todos (id, text) VALUES (:id, :text)\"]},"
                             "\"text\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"},"
                             "\"text\":{\"type\":\"string\"}},"
                             "\"required\":[\"id\"]},\"sql\":[\"UPDATE todos SET text = :text WHERE id = :id\"]},"
                             "\"done\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},"
                             "\"required\":[\"id\"]},\"sql\":[\"UPDATE todos SET done = 1 WHERE id = :id\"]},"
                             "\"other\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},"
                             "\"required\":[\"id\"]},\"sql\":[\"INSERT INTO other VALUES (:id)\"]}}}";

typedef struct fixture {
  ls_store *store;
  char said[2000]; /* what callbacks have said, one word each */
  char noted[2000];
} fixture;

static void take_note(void *user, ls_log_level level, const char *key, const char *text) {
  fixture *f = user;
  (void)level;
  snprintf(f->noted, sizeof f->noted, "%s: %s", key, text);
}

static int setup(void **state) {
  fixture *f = calloc(1, sizeof *f);
  *state = f;
  ls_options options = {.schema = {.json = SCHEMA}, .log = take_note, .log_user = f};
  return ls_open(&f->store, NULL, &options, NULL);
}

static int teardown(void **state) {
  fixture *f = *state;
  assert_int_equal(ls_close(f->store, NULL), LS_OK);
  free(f);
  return 0;
}

LS_FORMAT(2, 3) static void say(fixture *f, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  size_t size = strlen(f->said);
  if (size) f->said[size++] = ' ';
  vsnprintf(f->said + size, sizeof f->said - size, fmt, args);
  va_end(args);
}

static void expect_said(fixture *f, const char *text) {
  assert_string_equal(f->said, text);
  f->said[0] = 0;
}

static void commit(fixture *f, const char *name, const char *args) {
  ls_error err = {0};
  if (ls_commit(NULL, f->store, name, args, &err)) print_error("%s\n", err.text), fail();
}

/* ---------------------------------------------------------------------------------------------- */
/* a = 1, b = 2, c = a + b, d = 3, e = c + d */

typedef struct sum {
  fixture *f;
  const char *name;
  ls_node *left, *right;
  ls_node *set; /* set this to the sum, too */
  int64_t runs;
  bool dropped;
} sum;

static int add_up(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  sum *s = user;
  ls_value left, right;
  s->runs++;
  int rc = ls_tracker_value(&left, tracker, s->left, err);
  if (!rc) rc = ls_tracker_value(&right, tracker, s->right, err);
  if (!rc) rc = ls_tracker_value(&left, tracker, s->left, err); /* once more: free */
  if (rc) return rc;
  *out = ls_int(left.as.i + right.as.i);
  return s->set ? ls_signal_set(s->set, *out, err) : LS_OK;
}

static void drop_sum(void *user) { ((sum *)user)->dropped = true; }

static ls_node *signal_of(fixture *f, const char *label, int64_t value) {
  ls_node *node;
  assert_int_equal(ls_signal_open(&node, f->store, label, ls_int(value), NULL), LS_OK);
  return node;
}

static ls_node *sum_of(fixture *f, sum *s, const char *name, ls_node *left, ls_node *right) {
  ls_node *node;
  s->f = f;
  s->name = name;
  s->left = left;
  s->right = right;
  ls_node_def def = {.label = name, .compute = add_up, .user = s, .drop = drop_sum};
  assert_int_equal(ls_computed_open(&node, f->store, &def, NULL), LS_OK);
  return node;
}

static int64_t value_of(ls_node *node) {
  ls_value value;
  ls_error err = {0};
  if (ls_node_value(&value, node, &err)) print_error("%s\n", err.text), fail();
  assert_int_equal(value.type, LS_TYPE_INT);
  return value.as.i;
}

typedef struct five {
  ls_node *a, *b, *c, *d, *e;
  sum of_c, of_e;
} five;

static void make_five(five *n, fixture *f) {
  memset(n, 0, sizeof *n);
  n->a = signal_of(f, "a", 1);
  n->b = signal_of(f, "b", 2);
  n->c = sum_of(f, &n->of_c, "c", n->a, n->b);
  n->d = signal_of(f, "d", 3);
  n->e = sum_of(f, &n->of_e, "e", n->c, n->d);
}

static void release_five(five *n) {
  ls_node *const nodes[] = {n->a, n->b, n->c, n->d, n->e};
  for (size_t i = 0; i < 5; i++) ls_node_release(nodes[i]);
}

static int count_node(void *user, const ls_node_info *info) {
  (void)info;
  ++*(size_t *)user;
  return 0;
}

static size_t count_nodes(fixture *f) {
  size_t n = 0;
  assert_int_equal(ls_graph_each(f->store, count_node, &n, NULL), LS_OK);
  return n;
}

/* RX-01, RX-02, RX-03, RX-04 */
static void values_follow_lazily(void **state) {
  fixture *f = *state;
  five n;
  make_five(&n, f);
  assert_int_equal(count_nodes(f), 5);
  assert_int_equal(n.of_c.runs, 0);
  assert_int_equal(value_of(n.e), 6);
  assert_int_equal(value_of(n.c), 3);
  assert_int_equal(ls_signal_set(n.a, ls_int(5), NULL), LS_OK);
  assert_int_equal(n.of_c.runs, 1); /* not before it is read */
  assert_int_equal(value_of(n.c), 7);
  assert_int_equal(value_of(n.e), 10);
  assert_int_equal(ls_signal_set(n.d, ls_int(4), NULL), LS_OK);
  assert_int_equal(value_of(n.e), 11);
  assert_int_equal(n.of_c.runs, 2);
  release_five(&n);
  assert_int_equal(count_nodes(f), 0);
  assert_true(n.of_c.dropped && n.of_e.dropped);
}

/* What a node reads stays: there is no reading a destroyed one (RX-11). */
static void what_is_read_is_kept(void **state) {
  fixture *f = *state;
  five n;
  make_five(&n, f);
  assert_int_equal(value_of(n.e), 6);
  ls_node_release(n.b);
  ls_node_release(n.c);
  assert_int_equal(ls_signal_set(n.a, ls_int(2), NULL), LS_OK);
  assert_int_equal(value_of(n.e), 7);
  n.b = n.c = NULL;
  release_five(&n);
  assert_int_equal(count_nodes(f), 0);
}

/* An equal result stops there: c changes by nothing when a and b change places. */
static void equal_results_stop(void **state) {
  fixture *f = *state;
  five n;
  make_five(&n, f);
  assert_int_equal(value_of(n.e), 6);
  ls_batch_begin(f->store);
  assert_int_equal(ls_signal_set(n.a, ls_int(2), NULL), LS_OK);
  assert_int_equal(ls_signal_set(n.b, ls_int(1), NULL), LS_OK);
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  assert_int_equal(value_of(n.e), 6);
  assert_int_equal(n.of_c.runs, 2);
  assert_int_equal(n.of_e.runs, 1);
  release_five(&n);
}

typedef struct watcher {
  fixture *f;
  const char *name;
  ls_node *node; /* its own subscription or effect */
  ls_node *reads;
  void (*then)(struct watcher *w);
  ls_node *other; /* for `then` */
  int times;      /* that `then` is still to be done */
} watcher;

static void on_update(void *user, const ls_update *update) {
  watcher *w = user;
  if (update->error)
    say(w->f, "%s!%s", w->name, ls_code_name(update->error->code));
  else
    say(w->f, "%s=%lld", w->name, (long long)ls_rows_value(update->rows, 0, 0).as.i);
  if (w->then && w->times > 0) {
    w->times--;
    w->then(w);
  }
}

static void watch(fixture *f, watcher *w, const char *name, ls_node *node) {
  w->f = f;
  w->name = name;
  assert_int_equal(ls_subscribe(&w->node, node, NULL, on_update, w, NULL), LS_OK);
}

/* RX-06, RX-14 */
static void a_diamond_runs_once(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1);
  sum left = {0}, right = {0}, tip = {0};
  ls_node *l = sum_of(f, &left, "l", a, a), *r = sum_of(f, &right, "r", a, a), *t = sum_of(f, &tip, "t", l, r);
  watcher w = {0};
  watch(f, &w, "t", t);
  assert_int_equal(ls_signal_set(a, ls_int(2), NULL), LS_OK);
  expect_said(f, "t=4 t=8");
  assert_int_equal(tip.runs, 2);
  value_of(t);
  value_of(t);
  assert_int_equal(tip.runs, 2);
  ls_batch_begin(f->store);
  ls_batch_begin(f->store);
  ls_signal_set(a, ls_int(3), NULL);
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  ls_signal_set(a, ls_int(4), NULL);
  expect_said(f, "");
  assert_int_equal(value_of(t), 16); /* reading sees what is new */
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  expect_said(f, "t=16");
  assert_int_equal(tip.runs, 3);
  ls_node *const nodes[] = {w.node, t, r, l, a};
  for (size_t i = 0; i < 5; i++) ls_node_release(nodes[i]);
  assert_int_equal(count_nodes(f), 0);
}

static int run_effect(ls_tracker *tracker, void *user, ls_error *err) {
  watcher *w = user;
  ls_value value;
  int rc = ls_tracker_value(&value, tracker, w->reads, err);
  if (rc) return rc;
  say(w->f, "%s=%lld", w->name, (long long)value.as.i);
  if (w->then && w->times > 0) {
    w->times--;
    w->then(w);
  }
  return LS_OK;
}

static void effect(fixture *f, watcher *w, const char *name, ls_node *reads) {
  w->f = f;
  w->name = name;
  w->reads = reads;
  assert_int_equal(
      ls_effect_open(&w->node, f->store, &(ls_node_def){.label = name, .effect = run_effect, .user = w}, NULL), LS_OK);
}

/* RX-07: not before the batch in which it is made ends; RX-08: only if what it read has changed */
static void effects_run_when_what_they_read_changes(void **state) {
  fixture *f = *state;
  five n;
  watcher w = {0};
  make_five(&n, f);
  ls_batch_begin(f->store);
  effect(f, &w, "c", n.c);
  expect_said(f, "");
  assert_int_equal(ls_batch_commit(f->store, NULL), LS_OK);
  expect_said(f, "c=3");
  ls_signal_set(n.d, ls_int(9), NULL);
  expect_said(f, "");
  ls_signal_set(n.a, ls_int(9), NULL);
  expect_said(f, "c=11");
  ls_node_release(w.node);
  ls_signal_set(n.a, ls_int(10), NULL);
  expect_said(f, "");
  release_five(&n);
}

static void release_other(watcher *w) {
  ls_node_release(w->other);
  w->other = NULL;
}

/* RX-10, RX-27 */
static void a_released_effect_is_not_run_and_others_are(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1);
  watcher one = {0}, two = {0}, three = {0};
  effect(f, &one, "1", a);
  effect(f, &two, "2", a);
  effect(f, &three, "3", a);
  expect_said(f, "1=1 2=1 3=1");
  one.then = release_other; /* while the second waits for its turn */
  one.times = 1;
  one.other = two.node;
  ls_signal_set(a, ls_int(2), NULL);
  expect_said(f, "1=2 3=2");
  three.then = release_other; /* itself */
  three.times = 1;
  three.other = three.node;
  ls_signal_set(a, ls_int(3), NULL);
  ls_signal_set(a, ls_int(4), NULL);
  expect_said(f, "1=3 3=3 1=4");
  ls_node_release(one.node);
  ls_node_release(a);
  assert_int_equal(count_nodes(f), 0);
}

static void set_other(watcher *w) { assert_int_equal(ls_signal_set(w->other, ls_int(7), NULL), LS_OK); }

/* RX-18, RX-19, RX-20 */
static void runs_may_set_and_make_nodes(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1), *b = signal_of(f, "b", 1), *c = signal_of(f, "c", 0);
  watcher early = {0}, late = {0};
  sum s = {.set = c};
  effect(f, &early, "b", b);
  effect(f, &late, "a", a);
  late.then = set_other;
  late.times = 1;
  late.other = b;
  ls_signal_set(a, ls_int(2), NULL);
  expect_said(f, "b=1 a=1 a=2 b=7");
  ls_node *total = sum_of(f, &s, "total", a, b); /* sets c as it runs */
  watcher of_c = {0};
  watch(f, &of_c, "c", c);
  assert_int_equal(value_of(total), 9);
  assert_int_equal(value_of(c), 9);
  expect_said(f, "c=0 c=9");
  ls_node *const nodes[] = {early.node, late.node, of_c.node, total, a, b, c};
  for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++) ls_node_release(nodes[i]);
  assert_int_equal(count_nodes(f), 0);
}

/* RX-15 */
static void null_is_a_value(void **state) {
  fixture *f = *state;
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
  sum *s = user; /* `set` says which of the two is read */
  ls_value which;
  s->runs++;
  int rc = ls_tracker_value(&which, tracker, s->set, err);
  if (!rc) rc = ls_tracker_value(out, tracker, which.as.i ? s->left : s->right, err);
  return rc;
}

static void dependencies_are_those_of_the_last_run(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1), *b = signal_of(f, "b", 2), *which = signal_of(f, "which", 1), *node;
  sum s = {.left = a, .right = b, .set = which};
  assert_int_equal(ls_computed_open(&node, f->store, &(ls_node_def){.compute = choose_one, .user = &s}, NULL), LS_OK);
  assert_int_equal(value_of(node), 1);
  ls_signal_set(b, ls_int(3), NULL);
  assert_int_equal(value_of(node), 1);
  assert_int_equal(s.runs, 1);
  ls_signal_set(which, ls_int(0), NULL);
  assert_int_equal(value_of(node), 3);
  ls_signal_set(a, ls_int(9), NULL);
  assert_int_equal(value_of(node), 3);
  assert_int_equal(s.runs, 2);
  ls_node *const nodes[] = {a, b, which, node};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
}

static void a_cycle_is_named_and_passes(void **state) {
  fixture *f = *state;
  ls_node *which = signal_of(f, "which", 0), *one = signal_of(f, "one", 1), *x, *y;
  sum of_x = {.left = NULL, .right = one, .set = which}, of_y = {.left = NULL, .right = NULL};
  ls_value value;
  ls_error err;
  assert_int_equal(
      ls_computed_open(&x, f->store, &(ls_node_def){.label = "x", .compute = choose_one, .user = &of_x}, NULL), LS_OK);
  y = sum_of(f, &of_y, "y", x, x);
  of_x.left = y;
  assert_int_equal(value_of(y), 2);
  ls_signal_set(which, ls_int(1), NULL);
  assert_int_equal(ls_node_value(&value, y, &err), LS_ECYCLE);
  assert_string_equal(err.text, "values follow from one another: y → x → y");
  assert_int_equal(ls_node_value(&value, x, &err), LS_ECYCLE);
  assert_string_equal(err.text, "values follow from one another: x → y → x");
  ls_signal_set(which, ls_int(0), NULL);
  assert_int_equal(value_of(y), 2);
  ls_node *const nodes[] = {which, one, y, x};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
  assert_int_equal(count_nodes(f), 0);
}

static int add_one_to_it(ls_tracker *tracker, void *user, ls_error *err) {
  watcher *w = user;
  ls_value value;
  int rc = ls_tracker_value(&value, tracker, w->reads, err);
  return rc ? rc : ls_signal_set(w->reads, ls_int(value.as.i + 1), err);
}

static void what_never_ends_is_ended(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1), *effect_node;
  watcher w = {.f = f, .reads = a};
  ls_node_def def = {.label = "forever", .effect = add_one_to_it, .user = &w};
  ls_error err;
  ls_batch_begin(f->store);
  assert_int_equal(ls_effect_open(&effect_node, f->store, &def, NULL), LS_OK);
  assert_int_equal(ls_batch_commit(f->store, &err), LS_ELIMIT);
  assert_string_equal(err.text, "100 passes, each of which caused the next one: forever");
  commit(f, "add", "{\"id\":1}"); /* a commit succeeds all the same, and the log is told */
  assert_string_equal(f->noted, "reactivity: 100 passes, each of which caused the next one: forever");
  ls_node_release(effect_node);
  assert_int_equal(ls_refresh(f->store, &err), LS_OK);
  ls_node_release(a);
  assert_int_equal(count_nodes(f), 0);
}

static int fail_when_asked(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  sum *s = user;
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
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 5), *quotient;
  sum s = {.left = a}, t = {0};
  ls_value value;
  ls_error err;
  watcher w = {0};
  assert_int_equal(ls_computed_open(&quotient, f->store,
                                    &(ls_node_def){.label = "quotient", .compute = fail_when_asked, .user = &s}, NULL),
                   LS_OK);
  ls_node *total = sum_of(f, &t, "total", quotient, quotient);
  watch(f, &w, "t", total);
  ls_signal_set(a, ls_int(0), NULL);
  expect_said(f, "t=40 t!LS_EARGS");
  assert_int_equal(ls_node_value(&value, total, &err), LS_EARGS);
  assert_string_equal(err.text, "quotient: nothing to divide by");
  ls_signal_set(a, ls_int(10), NULL);
  expect_said(f, "t=20");
  ls_node *const nodes[] = {w.node, total, quotient, a};
  for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
}

static void equal_definitions_are_one_node(void **state) {
  fixture *f = *state;
  ls_node *a = signal_of(f, "a", 1), *first, *second, *third;
  sum s = {.left = a, .right = a}, t = {.left = a, .right = a};
  ls_node_def def = {.key = "a + a", .compute = add_up, .user = &s, .drop = drop_sum};
  assert_int_equal(ls_computed_open(&first, f->store, &def, NULL), LS_OK);
  def.user = &t;
  assert_int_equal(ls_computed_open(&second, f->store, &def, NULL), LS_OK);
  assert_ptr_equal(first, second);
  assert_true(t.dropped);
  ls_node_release(first);
  assert_int_equal(value_of(second), 2);
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
  assert_int_equal(count_nodes(f), 0);
}

/* ---------------------------------------------------------------------------------------------- */
/* Live queries */

/* RX-22, RX-25, RX-37 */
static void a_live_query_is_told_once_a_commit(void **state) {
  fixture *f = *state;
  watcher w = {.f = f, .name = "n"};
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT count(*) FROM todos", LS_NO_PARAMS, on_update, &w, NULL), LS_OK);
  expect_said(f, "n=0");
  commit(f, "add", "{\"id\":1}");
  expect_said(f, "n=1");
  const ls_input three[] = {{"add", "{\"id\":2}"}, {"add", "{\"id\":3}"}, {"text", "{\"id\":2,\"text\":\"x\"}"}};
  assert_int_equal(ls_commit_all(NULL, f->store, three, 3, NULL), LS_OK);
  expect_said(f, "n=3");
  commit(f, "text", "{\"id\":1,\"text\":\"y\"}");
  commit(f, "other", "{\"id\":1}");
  assert_int_equal(ls_commit(NULL, f->store, "add", "{\"id\":1}", NULL), LS_EMATERIALIZE);
  expect_said(f, "");
  ls_node_release(w.node);
}

/* RX-26 */
static void the_first_call_can_be_left_out(void **state) {
  fixture *f = *state;
  ls_node *live, *later;
  watcher w = {.f = f, .name = "n"};
  const ls_subscribe_options options = {.later = true};
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT count(*) FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_subscribe(&later, live, &options, on_update, &w, NULL), LS_OK);
  expect_said(f, "");
  commit(f, "add", "{\"id\":1}");
  expect_said(f, "n=1");
  ls_node_release(later);
  ls_node_release(live);
}

/* RX-39 */
static void two_subscribers_share_a_node(void **state) {
  fixture *f = *state;
  watcher one = {.f = f, .name = "1"}, two = {.f = f, .name = "2"};
  const char *sql = "SELECT count(*) FROM todos";
  assert_int_equal(ls_watch(&one.node, f->store, sql, LS_NO_PARAMS, on_update, &one, NULL), LS_OK);
  assert_int_equal(ls_watch(&two.node, f->store, sql, LS_NO_PARAMS, on_update, &two, NULL), LS_OK);
  assert_int_equal(count_nodes(f), 3);
  ls_node_release(one.node);
  commit(f, "add", "{\"id\":1}");
  expect_said(f, "1=0 2=0 2=1");
  assert_int_equal(count_nodes(f), 2);
  ls_node_release(two.node);
  assert_int_equal(count_nodes(f), 0);
}

static void commit_three(watcher *w) { commit(w->f, "add", w->times == 1 ? "{\"id\":101}" : "{\"id\":102}"); }

static void subscribe_more(watcher *w) {
  watcher *more = (watcher *)(void *)w->other;
  w->other = NULL;
  assert_int_equal(ls_watch(&more->node, w->f->store, "SELECT max(id) FROM todos", LS_NO_PARAMS, on_update, more, NULL),
                   LS_OK);
}

static void callbacks_may_commit_and_subscribe(void **state) {
  fixture *f = *state;
  watcher one = {.f = f, .name = "1"}, two = {.f = f, .name = "2"}, three = {.f = f, .name = "3"};
  const char *sql = "SELECT count(*) FROM todos";
  assert_int_equal(ls_watch(&one.node, f->store, sql, LS_NO_PARAMS, on_update, &one, NULL), LS_OK);
  assert_int_equal(ls_watch(&two.node, f->store, sql, LS_NO_PARAMS, on_update, &two, NULL), LS_OK);
  expect_said(f, "1=0 2=0");
  one.then = commit_three;
  one.times = 2;
  commit(f, "add", "{\"id\":1}");
  expect_said(f, "1=1 2=2 1=2 1=3 2=3"); /* the second sees what is newest, the first is told again */
  two.then = subscribe_more;
  two.times = 1;
  two.other = (ls_node *)(void *)&three;
  commit(f, "add", "{\"id\":2}");
  expect_said(f, "1=4 2=4 3=102");
  ls_node *const nodes[] = {one.node, two.node, three.node};
  for (size_t i = 0; i < 3; i++) ls_node_release(nodes[i]);
}

static void close_store(watcher *w) {
  ls_error err;
  assert_int_equal(ls_close(w->f->store, &err), LS_ELOCKED);
  assert_string_equal(err.text, "the store calls an effect or subscription: it cannot be closed from inside");
}

static void callbacks_may_not_close_the_store(void **state) {
  fixture *f = *state;
  watcher w = {.f = f, .name = "n", .then = close_store, .times = 1};
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT 1", LS_NO_PARAMS, on_update, &w, NULL), LS_OK);
  expect_said(f, "n=1"); /* and it goes with the store */
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
  fixture *f = *state;
  chosen c = {0};
  ls_node *node;
  watcher w = {0};
  assert_int_equal(ls_signal_open(&c.text, f->store, "sql", ls_null(), NULL), LS_OK);
  assert_int_equal(
      ls_chosen_open(&node, f->store, &(ls_node_def){.label = "chosen", .choose = choose_query, .user = &c}, NULL),
      LS_OK);
  watch(f, &w, "n", node);
  commit(f, "add", "{\"id\":5}");
  ls_signal_set(c.text, ls_text("SELECT max(id) FROM todos"), NULL);
  commit(f, "other", "{\"id\":9}");
  expect_said(f, "n=0 n=1 n=5");
  int runs = c.runs;
  ls_signal_set(c.text, ls_text("SELECT max(id) FROM other"), NULL);
  commit(f, "add", "{\"id\":6}");
  assert_int_equal(c.runs, runs + 1);
  expect_said(f, "n=9");
  ls_signal_set(c.text, ls_text("SELECT nothing"), NULL);
  expect_said(f, "n!LS_ESQL");
  ls_node *const nodes[] = {w.node, node, c.text};
  for (size_t i = 0; i < 3; i++) ls_node_release(nodes[i]);
  assert_int_equal(count_nodes(f), 0);
}

/* RX-41 */
static void a_state_made_anew_is_seen(void **state) {
  fixture *f = *state;
  watcher w = {.f = f, .name = "n"}, v = {.f = f, .name = "v"};
  ls_schema_source changed = {
      .json = "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id INTEGER PRIMARY KEY)\"],\"events\":{"
              "\"add\":{\"args\":{\"type\":\"object\",\"properties\":{\"id\":{\"type\":\"integer\"}},\"required\":["
              "\"id\"]},"
              "\"sql\":[\"INSERT INTO todos (id) VALUES (:id), (:id + 1000)\"]}}}"};
  commit(f, "add", "{\"id\":1}");
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT count(*) FROM todos", LS_NO_PARAMS, on_update, &w, NULL), LS_OK);
  assert_int_equal(
      ls_watch(&v.node, f->store, "SELECT done FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)), on_update, &v, NULL),
      LS_OK);
  assert_int_equal(ls_rebuild(f->store, NULL), LS_OK);
  expect_said(f, "n=1 v=0");
  assert_int_equal(ls_schema_set(f->store, &changed, NULL), LS_OK);
  expect_said(f, "n=2 v!LS_ESQL");
  commit(f, "add", "{\"id\":2}");
  expect_said(f, "n=4");
  assert_int_equal(ls_schema_set(f->store, &(ls_schema_source){.json = SCHEMA}, NULL), LS_OK);
  expect_said(f, "n=2 v=0");
  commit(f, "done", "{\"id\":1}");
  expect_said(f, "v=1");
  ls_node_release(w.node);
  ls_node_release(v.node);
}

static void borrowed_rows_can_be_kept(void **state) {
  fixture *f = *state;
  ls_node *live;
  const ls_rows *rows;
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT id FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  assert_int_equal(ls_node_rows(&rows, live, NULL), LS_OK);
  ls_rows *kept = ls_rows_retain(rows);
  commit(f, "add", "{\"id\":1}");
  assert_int_equal(ls_node_rows(&rows, live, NULL), LS_OK);
  assert_int_equal(ls_rows_count(rows), 1);
  assert_int_equal(ls_rows_count(kept), 0);
  ls_rows_release(kept);
  ls_node_release(live);
}

static void wrong_use_is_refused(void **state) {
  fixture *f = *state;
  ls_node *node = NULL, *live;
  ls_value value;
  ls_error err;
  watcher w = {.f = f, .name = "n"};
  assert_int_equal(ls_live_open(&node, f->store, NULL, "SELECT nothing", LS_NO_PARAMS, &err), LS_ESQL);
  assert_int_equal(ls_live_open(&node, f->store, NULL, "DELETE FROM todos", LS_NO_PARAMS, &err), LS_EREADONLY);
  assert_int_equal(ls_live_open(&node, f->store, NULL, "SELECT ?", LS_NO_PARAMS, &err), LS_ESQL);
  assert_string_equal(err.text, "parameters of the query: 1, values given: 0");
  assert_null(node);
  assert_int_equal(ls_watch(&w.node, f->store, "SELECT 1", LS_NO_PARAMS, on_update, &w, NULL), LS_OK);
  assert_int_equal(ls_node_value(&value, w.node, &err), LS_EARGS);
  assert_int_equal(ls_subscribe(&node, w.node, NULL, on_update, &w, &err), LS_EARGS);
  assert_int_equal(ls_live_open(&live, f->store, NULL, "SELECT 1", LS_NO_PARAMS, &err), LS_OK);
  assert_int_equal(ls_signal_set(live, ls_int(1), &err), LS_EARGS);
  assert_string_equal(err.text, "SELECT 1 is no signal, and only signals can be set");
  ls_node_release(live);
  ls_node_release(w.node);
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
  fixture *f = *state;
  ls_node *live;
  watcher w = {0};
  listing l = {""};
  assert_int_equal(ls_live_open(&live, f->store, "all", "SELECT id, text FROM todos", LS_NO_PARAMS, NULL), LS_OK);
  watch(f, &w, "w", live);
  commit(f, "add", "{\"id\":1}");
  commit(f, "done", "{\"id\":1}"); /* reads another column: nothing runs */
  assert_int_equal(ls_graph_each(f->store, list_node, &l, NULL), LS_OK);
  assert_string_equal(
      l.text, "all|2 runs|table todos0|0 sources|1 readers|1 rows\n|2 runs|node 1|1 sources|0 readers|1 rows\n");
  ls_node_release(live);
  ls_node_release(w.node);
}

/* ---------------------------------------------------------------------------------------------- */

static int faults_left;
static int fault(void) { return faults_left-- == 0; }

/* Every allocation of a story fails once: nothing leaks, and behind it everything can be brought up to date. */
static void want_of_memory_loses_no_change(void **state) {
  fixture *f = *state;
  commit(f, "add", "{\"id\":1}");
  bool more = true;
  for (int k = 0; more; k++) {
    ls_node *a = signal_of(f, "a", k), *nodes[4] = {NULL};
    chosen c = {.text = a};
    watcher w = {.f = f, .name = "n"};
    char args[60];
    snprintf(args, sizeof args, "{\"id\":1,\"text\":\"text %d\"}", k);
    sum s = {.left = a, .right = a};
    faults_left = k;
    ls_alloc_set_fault(fault);
    int rc =
        ls_live_open(&nodes[0], f->store, "live", "SELECT text FROM todos WHERE id = ?", LS_PARAMS(ls_int(1)), NULL);
    if (!rc) rc = ls_subscribe(&nodes[1], nodes[0], NULL, on_update, &w, NULL);
    if (!rc)
      rc = ls_computed_open(&nodes[2], f->store,
                            &(ls_node_def){.label = "sum", .key = "sum", .compute = add_up, .user = &s}, NULL);
    if (!rc) rc = ls_chosen_open(&nodes[3], f->store, &(ls_node_def){.choose = choose_query, .user = &c}, NULL);
    if (!rc) rc = ls_signal_set(a, ls_int(k + 1), NULL);
    if (!rc) ls_commit(NULL, f->store, "text", args, NULL);
    ls_alloc_set_fault(NULL);
    more = faults_left < 0;
    f->said[0] = 0;
    commit(f, "text", args);
    assert_int_equal(ls_refresh(f->store, NULL), LS_OK);
    ls_value value;
    if (nodes[0]) {
      assert_int_equal(ls_node_value(&value, nodes[0], NULL), LS_OK);
      snprintf(args, sizeof args, "text %d", k);
      assert_int_equal(value.as.b.size, strlen(args));
      assert_memory_equal(value.as.b.data, args, strlen(args));
    }
    if (nodes[2]) assert_int_equal(value_of(nodes[2]), 2 * value_of(a));
    if (nodes[3]) assert_int_equal(value_of(nodes[3]), 1);
    for (size_t i = 0; i < 4; i++) ls_node_release(nodes[i]);
    ls_node_release(a);
    assert_int_equal(count_nodes(f), 0);
  }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(values_follow_lazily),
      TEST(what_is_read_is_kept),
      TEST(equal_results_stop),
      TEST(a_diamond_runs_once),
      TEST(effects_run_when_what_they_read_changes),
      TEST(a_released_effect_is_not_run_and_others_are),
      TEST(runs_may_set_and_make_nodes),
      TEST(null_is_a_value),
      TEST(dependencies_are_those_of_the_last_run),
      TEST(a_cycle_is_named_and_passes),
      TEST(what_never_ends_is_ended),
      TEST(a_failure_is_a_result),
      TEST(equal_definitions_are_one_node),
      TEST(a_live_query_is_told_once_a_commit),
      TEST(the_first_call_can_be_left_out),
      TEST(two_subscribers_share_a_node),
      TEST(callbacks_may_commit_and_subscribe),
      TEST(callbacks_may_not_close_the_store),
      TEST(a_chosen_query_follows_what_chooses_it),
      TEST(a_state_made_anew_is_seen),
      TEST(borrowed_rows_can_be_kept),
      TEST(wrong_use_is_refused),
      TEST(nodes_can_be_listed),
      TEST(want_of_memory_loses_no_change),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
