/* graph_fixture - what tests of the signal graph begin with: a store, nodes that add, subscriptions and effects that note
 * what they are told. Each function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_GRAPH_FIXTURE_H
#define LS_TESTS_SUPPORT_GRAPH_FIXTURE_H

#include "livestore.h"

/* Tables todos (id, text, done) and other (id). Events with {id}: add {text}, text {text}, done, other. */
extern const char GRAPH_SCHEMA[];

typedef struct graph_fixture {
  ls_store *store;
  char said[2000];  /* what callbacks have said, one word each */
  char noted[2000]; /* what the store's log function was told last */
} graph_fixture;

/* A store in memory as the test's state. */
#define GRAPH_TEST(name) cmocka_unit_test_setup_teardown(name, graph_setup, graph_teardown)
int graph_setup(void **state);
int graph_teardown(void **state);

/* Say a word, and expect all that were said since; that forgets them. */
LS_FORMAT(2, 3) void graph_say(graph_fixture *f, const char *fmt, ...);
void graph_expect(graph_fixture *f, const char *text);

void graph_commit(graph_fixture *f, const char *name, const char *args);
/* How many nodes there are. */
size_t graph_count(graph_fixture *f);
/* A node's value, an integer. */
int64_t graph_value(ls_node *node);

ls_node *graph_signal(graph_fixture *f, const char *label, int64_t value);

/* What a node that adds two others knows. */
typedef struct graph_sum {
  const char *name;
  ls_node *left, *right;
  ls_node *set; /* set this to the sum, too */
  int64_t runs;
  bool dropped;
} graph_sum;

int graph_add_up(ls_value *out, ls_tracker *tracker, void *sum, ls_error *err);
void graph_drop_sum(void *sum);
ls_node *graph_add(graph_fixture *f, graph_sum *s, const char *name, ls_node *left, ls_node *right);

/* a = 1, b = 2, c = a + b, d = 3, e = c + d */
typedef struct graph_five {
  ls_node *a, *b, *c, *d, *e;
  graph_sum of_c, of_e;
} graph_five;

void graph_make_five(graph_five *n, graph_fixture *f);
void graph_release_five(graph_five *n);

/* A subscription or an effect: it says "name=value". */
typedef struct graph_watcher {
  graph_fixture *f;
  const char *name;
  ls_node *node; /* its own */
  ls_node *reads;
  void (*then)(struct graph_watcher *w);
  ls_node *other; /* for `then` */
  int times;      /* that `then` is still to be done */
} graph_watcher;

void graph_on_update(void *watcher, const ls_update *update);
void graph_subscribe(graph_fixture *f, graph_watcher *w, const char *name, ls_node *node);
void graph_effect(graph_fixture *f, graph_watcher *w, const char *name, ls_node *reads);

#endif
