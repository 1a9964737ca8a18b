#include "support/graph_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

const char GRAPH_SCHEMA[] = "{\"livestore\":1,\"tables\":[\"CREATE TABLE todos (id INTEGER PRIMARY KEY, text TEXT, "
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

static void take_note(void *user, ls_log_level level, const char *key, const char *text) {
  graph_fixture *f = user;
  (void)level;
  snprintf(f->noted, sizeof f->noted, "%s: %s", key, text);
}

int graph_setup(void **state) {
  graph_fixture *f = calloc(1, sizeof *f);
  *state = f;
  ls_options options = {.schema = {.json = GRAPH_SCHEMA}, .log = take_note, .log_user = f};
  return ls_open(&f->store, NULL, &options, NULL);
}

int graph_teardown(void **state) {
  graph_fixture *f = *state;
  assert_int_equal(ls_close(f->store, NULL), LS_OK);
  free(f);
  return 0;
}

void graph_say(graph_fixture *f, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  size_t size = strlen(f->said);
  if (size) f->said[size++] = ' ';
  vsnprintf(f->said + size, sizeof f->said - size, fmt, args);
  va_end(args);
}

void graph_expect(graph_fixture *f, const char *text) {
  assert_string_equal(f->said, text);
  f->said[0] = 0;
}

void graph_commit(graph_fixture *f, const char *name, const char *args) {
  ls_error err = {0};
  if (ls_commit(NULL, f->store, name, args, &err)) print_error("%s\n", err.text), fail();
}

/* ---------------------------------------------------------------------------------------------- */
/* Nodes */

static int count_node(void *user, const ls_node_info *info) {
  (void)info;
  ++*(size_t *)user;
  return 0;
}

size_t graph_count(graph_fixture *f) {
  size_t n = 0;
  assert_int_equal(ls_graph_each(f->store, count_node, &n, NULL), LS_OK);
  return n;
}

int graph_add_up(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  graph_sum *s = user;
  ls_value left, right;
  s->runs++;
  int rc = ls_tracker_value(&left, tracker, s->left, err);
  if (!rc) rc = ls_tracker_value(&right, tracker, s->right, err);
  if (!rc) rc = ls_tracker_value(&left, tracker, s->left, err); /* once more: free */
  if (rc) return rc;
  *out = ls_int(left.as.i + right.as.i);
  return s->set ? ls_signal_set(s->set, *out, err) : LS_OK;
}

void graph_drop_sum(void *user) { ((graph_sum *)user)->dropped = true; }

ls_node *graph_signal(graph_fixture *f, const char *label, int64_t value) {
  ls_node *node;
  assert_int_equal(ls_signal_open(&node, f->store, label, ls_int(value), NULL), LS_OK);
  return node;
}

ls_node *graph_add(graph_fixture *f, graph_sum *s, const char *name, ls_node *left, ls_node *right) {
  ls_node *node;
  s->name = name;
  s->left = left;
  s->right = right;
  ls_node_def def = {.label = name, .compute = graph_add_up, .user = s, .drop = graph_drop_sum};
  assert_int_equal(ls_computed_open(&node, f->store, &def, NULL), LS_OK);
  return node;
}

int64_t graph_value(ls_node *node) {
  ls_value value;
  ls_error err = {0};
  if (ls_node_value(&value, node, &err)) print_error("%s\n", err.text), fail();
  assert_int_equal(value.type, LS_TYPE_INT);
  return value.as.i;
}

void graph_make_five(graph_five *n, graph_fixture *f) {
  memset(n, 0, sizeof *n);
  n->a = graph_signal(f, "a", 1);
  n->b = graph_signal(f, "b", 2);
  n->c = graph_add(f, &n->of_c, "c", n->a, n->b);
  n->d = graph_signal(f, "d", 3);
  n->e = graph_add(f, &n->of_e, "e", n->c, n->d);
}

void graph_release_five(graph_five *n) {
  ls_node *const nodes[] = {n->a, n->b, n->c, n->d, n->e};
  for (size_t i = 0; i < 5; i++) ls_node_release(nodes[i]);
}

/* ---------------------------------------------------------------------------------------------- */
/* Callbacks */

static void do_then(graph_watcher *w) {
  if (!w->then || w->times <= 0) return;
  w->times--;
  w->then(w);
}

void graph_on_update(void *user, const ls_update *update) {
  graph_watcher *w = user;
  if (update->error)
    graph_say(w->f, "%s!%s", w->name, ls_code_name(update->error->code));
  else
    graph_say(w->f, "%s=%lld", w->name, (long long)ls_rows_value(update->rows, 0, 0).as.i);
  do_then(w);
}

void graph_subscribe(graph_fixture *f, graph_watcher *w, const char *name, ls_node *node) {
  w->f = f;
  w->name = name;
  assert_int_equal(ls_subscribe(&w->node, node, NULL, graph_on_update, w, NULL), LS_OK);
}

static int run_effect(ls_tracker *tracker, void *user, ls_error *err) {
  graph_watcher *w = user;
  ls_value value;
  int rc = ls_tracker_value(&value, tracker, w->reads, err);
  if (rc) return rc;
  graph_say(w->f, "%s=%lld", w->name, (long long)value.as.i);
  do_then(w);
  return LS_OK;
}

void graph_effect(graph_fixture *f, graph_watcher *w, const char *name, ls_node *reads) {
  w->f = f;
  w->name = name;
  w->reads = reads;
  assert_int_equal(
      ls_effect_open(&w->node, f->store, &(ls_node_def){.label = name, .effect = run_effect, .user = w}, NULL), LS_OK);
}
