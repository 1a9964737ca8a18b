/* graph_open.c - making nodes, and reading and setting them from outside. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "core/changeset.h"
#include "core/graph_node.h"
#include "core/store.h"

static int graph_of(ls_graph **out, ls_store *store, ls_error *err) {
  int rc = ls_store_check_readable(store, err);
  if (!rc && !store->session->graph)
    rc = ls_graph_new(&store->session->graph, store, store->session, ls_port_monotonic_us, err);
  if (!rc) *out = store->session->graph;
  return rc;
}

/* Behind a call from outside: what it caused. Its own result is there whatever comes of that. */
static void react(ls_graph *graph) {
  ls_error err;
  if (ls_graph_react(graph, &err)) ls_note(&graph->session->notes, LS_LOG_WARNING, "reactivity", "%s", err.text);
  ls_node_release_all(graph);
}

/* ---------------------------------------------------------------------------------------------- */
/* Live queries */

static bool is_live(const ls_node *node, const ls_live_statement *statement, const ls_bytes *params) {
  if (node->kind != LS_NODE_LIVE) return false;
  const ls_live_node *live = (const ls_live_node *)node;
  if (live->live.statement != statement || live->params_size != params->size) return false;
  return params->size == 0 || memcmp(live->params, params->data, params->size) == 0;
}

static ls_node *find_live(const ls_graph *graph, const ls_live_statement *statement, uint64_t hash) {
  for (ls_link *link = ls_chains_first(&graph->keys, hash); link; link = ls_chains_next(link)) {
    ls_node *node = (ls_node *)(void *)link; /* its first member */
    if (is_live(node, statement, &graph->scratch)) return node;
  }
  return NULL;
}

/* The encoded parameters are in the graph's scratch. Takes the reference to the statement when it succeeds. */
static int add_live(ls_node **out, ls_graph *graph, const char *label, ls_live_statement *statement, size_t n_params,
                    uint64_t hash, ls_error *err) {
  ls_live_node *live = ls_calloc(1, sizeof *live);
  if (!live) return ls_fail_nomem(err);
  live->n_params = n_params;
  live->params_size = graph->scratch.size;
  live->params = ls_malloc(live->params_size + 1);
  int rc = live->params && ls_chains_add(&graph->keys, &live->node.link, hash) ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_node_init(&live->node, graph, LS_NODE_LIVE, label, err);
  if (rc) {
    ls_chains_remove(&graph->keys, &live->node.link);
    ls_free(live->params);
    ls_free(live);
    return rc;
  }
  if (live->params_size) memcpy(live->params, graph->scratch.data, live->params_size);
  live->live.statement = statement;
  *out = &live->node;
  return LS_OK;
}

static int open_live(ls_node **out, ls_graph *graph, const char *label, ls_live_statement *statement,
                     const ls_value *params, size_t n, ls_error *err) {
  size_t wanted = statement->reads.n_params;
  if (wanted != n) return ls_fail(err, LS_ESQL, "parameters of the query: %zu, values given: %zu", wanted, n);
  ls_bytes_clear(&graph->scratch);
  for (size_t i = 0; i < n; i++) ls_changeset_put(&graph->scratch, params[i]);
  if (!ls_bytes_ok(&graph->scratch)) return ls_fail_nomem(err);
  uint64_t hash = ls_hash64(graph->scratch.data ? graph->scratch.data : "", graph->scratch.size, statement->link.hash);
  ls_node *node = find_live(graph, statement, hash);
  if (!node) return add_live(out, graph, label, statement, n, hash, err);
  ls_live_statement_release(&graph->live, statement);
  *out = ls_node_retain(node);
  return LS_OK;
}

int ls_live_node_open(ls_node **out, ls_graph *graph, const char *label, const char *sql, const ls_value *params,
                      size_t n, ls_error *err) {
  ls_live_statement *statement;
  if (!graph->session->state) return ls_fail(err, LS_EIO, "the store has no state at present");
  int rc = ls_live_statement_open(&statement, &graph->live, sql, err);
  if (rc) return rc;
  rc = ls_live_statement_analyse(statement, &graph->live, err);
  if (!rc) rc = open_live(out, graph, label, statement, params, n, err);
  if (rc) ls_live_statement_release(&graph->live, statement);
  return rc;
}

int ls_live_open(ls_node **out, ls_store *store, const char *label, const char *sql, const ls_value *params, size_t n,
                 ls_error *err) {
  ls_graph *graph;
  int rc = graph_of(&graph, store, err);
  return rc ? rc : ls_live_node_open(out, graph, label, sql, params, n, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Signals */

int ls_signal_open(ls_node **out, ls_store *store, const char *label, ls_value initial, ls_error *err) {
  ls_graph *graph;
  bool changed;
  int rc = graph_of(&graph, store, err);
  ls_node *node = rc ? NULL : ls_calloc(1, sizeof *node);
  if (rc || !node) return rc ? rc : ls_fail_nomem(err);
  rc = ls_node_init(node, graph, LS_NODE_SIGNAL, label, err);
  if (rc) {
    ls_free(node);
    return rc;
  }
  node->color = LS_CLEAN;
  rc = ls_node_set_value(&changed, node, initial, err);
  if (rc)
    ls_node_release(node);
  else
    *out = node;
  return rc;
}

int ls_signal_set(ls_node *signal, ls_value value, ls_error *err) {
  char name[LS_NODE_NAME];
  bool changed;
  if (signal->kind != LS_NODE_SIGNAL) {
    return ls_fail(err, LS_EARGS, "%s is no signal, and only signals can be set", ls_node_name(name, signal));
  }
  int rc = ls_node_set_value(&changed, signal, value, err);
  if (rc || !changed) return rc;
  ls_node_changed(signal);
  return ls_refresh(signal->graph->store, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Functions */

static ls_node *find_function(const ls_graph *graph, ls_node_kind kind, const char *key, uint64_t hash) {
  for (ls_link *link = ls_chains_first(&graph->keys, hash); link; link = ls_chains_next(link)) {
    ls_node *node = (ls_node *)(void *)link;
    if (node->kind == kind && strcmp(((ls_function_node *)node)->key, key) == 0) return node;
  }
  return NULL;
}

static int add_function(ls_node **out, ls_graph *graph, ls_node_kind kind, const ls_node_def *def, uint64_t hash,
                        ls_error *err) {
  ls_function_node *node = ls_calloc(1, sizeof *node);
  if (!node) return ls_fail_nomem(err);
  node->def = *def;
  node->key = def->key ? ls_strdup(def->key) : NULL;
  int rc = def->key && !node->key ? ls_fail_nomem(err) : LS_OK;
  if (!rc && def->key && !ls_chains_add(&graph->keys, &node->node.link, hash)) rc = ls_fail_nomem(err);
  if (!rc) rc = ls_node_init(&node->node, graph, kind, def->label, err);
  if (rc) {
    ls_chains_remove(&graph->keys, &node->node.link);
    ls_free(node->key);
    ls_free(node);
    return rc;
  }
  *out = &node->node;
  return LS_OK;
}

/* When there is one of this key already, the user's data of this one are not needed. */
static int open_function(ls_node **out, ls_graph *graph, ls_node_kind kind, const ls_node_def *def, ls_error *err) {
  uint64_t hash = def->key ? ls_hash64(def->key, strlen(def->key), (uint64_t)kind) : 0;
  ls_node *node = def->key ? find_function(graph, kind, def->key, hash) : NULL;
  if (!node) return add_function(out, graph, kind, def, hash, err);
  *out = ls_node_retain(node);
  if (def->drop) def->drop(def->user);
  return LS_OK;
}

int ls_computed_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err) {
  ls_graph *graph;
  if (!def->compute) return ls_fail(err, LS_EARGS, "a computed value needs a compute function");
  int rc = graph_of(&graph, store, err);
  return rc ? rc : open_function(out, graph, LS_NODE_COMPUTED, def, err);
}

int ls_chosen_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err) {
  ls_graph *graph;
  if (!def->choose) return ls_fail(err, LS_EARGS, "a chosen query needs a choose function");
  int rc = graph_of(&graph, store, err);
  return rc ? rc : open_function(out, graph, LS_NODE_CHOSEN, def, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Effects and subscriptions */

/* A new one has its first turn in the next pass. */
static void start(ls_node *node) {
  ls_graph *graph = node->graph;
  node->queued = true;
  node->queue = graph->pending;
  graph->pending = node;
  react(graph);
}

int ls_effect_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err) {
  ls_graph *graph;
  uint64_t made;
  if (!def->effect) return ls_fail(err, LS_EARGS, "an effect needs an effect function");
  int rc = graph_of(&graph, store, err);
  if (rc) return rc;
  made = graph->n_made;
  rc = open_function(out, graph, LS_NODE_EFFECT, def, err);
  if (!rc && graph->n_made > made) start(*out);
  return rc;
}

static int subscribe(ls_node **out, ls_node *source, const ls_subscribe_options *options, ls_update_fn fn, void *user,
                     ls_error *err) {
  ls_subscription_node *s = ls_calloc(1, sizeof *s);
  if (!s) return ls_fail_nomem(err);
  int rc = ls_node_init(&s->node, source->graph, LS_NODE_SUBSCRIPTION, options->label, err);
  if (rc) {
    ls_free(s);
    return rc;
  }
  s->fn = fn;
  s->user = user;
  s->silent = options->later;
  rc = ls_node_read(&s->node.sources, &s->node, source, err);
  if (rc) {
    ls_node_release(&s->node);
    return rc;
  }
  s->drop = options->drop;
  *out = &s->node;
  start(&s->node);
  return LS_OK;
}

int ls_subscribe(ls_node **out, ls_node *node, const ls_subscribe_options *options, ls_update_fn fn, void *user,
                 ls_error *err) {
  static const ls_subscribe_options NONE = {.label = NULL};
  char name[LS_NODE_NAME];
  if (ls_node_is_effect(node))
    return ls_fail(err, LS_EARGS, "%s has no value to subscribe to", ls_node_name(name, node));
  int rc = ls_store_check_readable(node->graph->store, err);
  return rc ? rc : subscribe(out, node, options ? options : &NONE, fn, user, err);
}

int ls_watch(ls_node **out, ls_store *store, const char *sql, const ls_value *params, size_t n, ls_update_fn fn,
             void *user, ls_error *err) {
  ls_node *live;
  int rc = ls_live_open(&live, store, NULL, sql, params, n, err);
  if (rc) return rc;
  rc = ls_subscribe(out, live, NULL, fn, user, err);
  ls_node_release(live);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading */

/* What was lent the last time goes; a run that this is part of holds its own. */
static void lend(ls_graph *graph, ls_rows *rows) {
  ls_rows *last = graph->lent;
  graph->lent = ls_rows_retain(rows);
  ls_graph_discard(graph, last);
}

static int read_node(ls_node *node, ls_error *err) {
  char name[LS_NODE_NAME];
  ls_graph *graph = node->graph;
  if (ls_node_is_effect(node)) return ls_fail(err, LS_EARGS, "%s has no value to be read", ls_node_name(name, node));
  int rc = ls_store_check_readable(graph->store, err);
  if (!rc) rc = ls_node_refresh(node, err);
  if (!rc && node->failure) rc = ls_fail(err, (ls_code)node->failure->code, "%s", node->failure->text);
  if (!rc) lend(graph, node->rows);
  react(graph);
  return rc;
}

int ls_node_rows(const ls_rows **out, ls_node *node, ls_error *err) {
  int rc = read_node(node, err);
  if (!rc) *out = node->graph->lent;
  return rc;
}

int ls_node_value(ls_value *out, ls_node *node, ls_error *err) {
  int rc = read_node(node, err);
  if (!rc) *out = ls_rows_value(node->graph->lent, 0, 0);
  return rc;
}
