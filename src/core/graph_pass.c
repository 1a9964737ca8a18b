/* graph_pass.c - passes: effects and subscriptions that may have something new to see, in the order in which they were
 * made. What one of them causes is queued for the next pass, unless it has not had its turn in this one. */
#include <stdio.h>

#include "base/err.h"
#include "core/graph_node.h"
#include "core/store.h"

static ls_node *merge(ls_node *a, ls_node *b) {
  ls_node *list = NULL, **end = &list;
  while (a && b) {
    ls_node **first = a->id < b->id ? &a : &b;
    *end = *first;
    *first = (*first)->queue;
    end = &(*end)->queue;
  }
  *end = a ? a : b;
  return list;
}

/* Merge sort from below: slot i holds a sorted list of 2^i nodes, or none. */
static ls_node *sort(ls_node *list) {
  ls_node *slots[64] = {NULL};
  while (list) {
    ls_node *run = list;
    list = list->queue;
    run->queue = NULL;
    size_t i = 0;
    for (; slots[i]; i++) {
      run = merge(slots[i], run);
      slots[i] = NULL;
    }
    slots[i] = run;
  }
  ls_node *all = NULL;
  for (size_t i = 0; i < 64; i++) all = merge(slots[i], all);
  return all;
}

static void put_back(ls_graph *graph, ls_node *list) {
  while (list) {
    ls_node *node = list;
    list = node->queue;
    node->queue = graph->pending;
    graph->pending = node;
  }
}

/* Released ones are only doomed while a pass is on, so the list stays good. */
static int run_pass(ls_graph *graph, ls_error *err) {
  ls_node *list = sort(graph->pending);
  graph->pending = NULL;
  int rc = LS_OK;
  while (!rc && list) {
    ls_node *node = list;
    list = node->queue;
    node->queued = false;
    if (node->refs) rc = ls_node_refresh(node, err);
    if (rc == LS_ECYCLE || rc == LS_ELIMIT || rc == LS_EIO) rc = LS_OK; /* an effect's own; it is told */
    if (!rc || node->queued) continue;
    node->queued = true;
    node->queue = graph->pending;
    graph->pending = node;
  }
  put_back(graph, list);
  return rc;
}

static int fail_runaway(const ls_graph *graph, ls_error *err) {
  enum { SHOWN = 5 };
  char text[LS_ERROR_TEXT] = "", name[LS_NODE_NAME];
  size_t size = 0, n = 0;
  for (const ls_node *node = graph->pending; node; node = node->queue, n++) {
    if (n < SHOWN)
      size += (size_t)snprintf(text + size, sizeof text - size, "%s%s", n ? ", " : "", ls_node_name(name, node));
  }
  if (n > SHOWN) snprintf(text + size, sizeof text - size, " and %zu more", n - SHOWN);
  return ls_fail(err, LS_ELIMIT, "%d passes, each of which caused the next one: %s", LS_GRAPH_PASSES, text);
}

int ls_graph_react(ls_graph *graph, ls_error *err) {
  if (!graph || graph->session->batches || graph->busy || !graph->pending) return LS_OK;
  int rc = LS_OK;
  graph->busy++;
  for (int passes = 0; !rc && graph->pending; passes++) {
    rc = passes < LS_GRAPH_PASSES ? run_pass(graph, err) : fail_runaway(graph, err);
  }
  graph->busy--;
  ls_node_release_all(graph);
  return rc;
}

int ls_refresh(ls_store *store, ls_error *err) {
  ls_graph *graph = store->session->graph;
  if (!graph) return LS_OK;
  int rc = ls_store_check_readable(store, err);
  return rc ? rc : ls_graph_react(graph, err);
}

/* A store without a graph has nothing to hold back, and may get one before the batch ends. */
void ls_batch_begin(ls_store *store) { store->session->batches++; }

int ls_batch_commit(ls_store *store, ls_error *err) {
  if (store->session->batches) store->session->batches--;
  return store->session->batches ? LS_OK : ls_refresh(store, err);
}
