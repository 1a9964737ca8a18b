#include "core/graph.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "core/graph_node.h"

/* ---------------------------------------------------------------------------------------------- */
/* Nodes */

int ls_node_init(ls_node *node, ls_graph *graph, ls_node_kind kind, const char *label, ls_error *err) {
  node->label = label ? ls_strdup(label) : NULL;
  if (label && !node->label) return ls_fail_nomem(err);
  node->graph = graph;
  node->kind = (uint8_t)kind;
  node->color = LS_DIRTY;
  node->due = (ls_why){LS_CAUSE_FIRST, 0};
  node->id = ++graph->n_made;
  node->refs = 1;
  node->before = graph->last;
  if (graph->last)
    graph->last->after = node;
  else
    graph->first = node;
  graph->last = node;
  return LS_OK;
}

const char *ls_node_label(const ls_node *node) {
  if (node->label) return node->label;
  return node->kind == LS_NODE_LIVE ? ((const ls_live_node *)node)->live.statement->sql : "";
}

char *ls_node_name(char buf[LS_NODE_NAME], const ls_node *node) {
  static const char *const kinds[] = {"signal", "computed value", "query", "chosen query", "effect", "subscription"};
  const char *label = ls_node_label(node);
  if (*label)
    snprintf(buf, LS_NODE_NAME, "%s", label);
  else
    snprintf(buf, LS_NODE_NAME, "%s %llu", kinds[node->kind], (unsigned long long)node->id);
  return buf;
}

static void unqueue(ls_node *node) {
  ls_node **at = &node->graph->pending;
  while (*at && *at != node) at = &(*at)->queue;
  if (*at) *at = node->queue;
}

static void link_out(ls_node *node) {
  ls_graph *graph = node->graph;
  if (node->before)
    node->before->after = node->after;
  else
    graph->first = node->after;
  if (node->after)
    node->after->before = node->before;
  else
    graph->last = node->before;
}

static void free_kind(ls_node *node) {
  if (node->kind == LS_NODE_LIVE) {
    ls_live_node *live = (ls_live_node *)node;
    ls_live_leave(&node->graph->live, &live->live);
    ls_live_statement_release(&node->graph->live, live->live.statement);
    ls_free(live->params);
  } else if (node->kind == LS_NODE_SUBSCRIPTION) {
    ls_subscription_node *subscription = (ls_subscription_node *)node;
    ls_rows_release(subscription->told);
    ls_free(subscription->told_failure);
    if (subscription->drop) subscription->drop(subscription->user);
  } else if (node->kind != LS_NODE_SIGNAL) {
    ls_function_node *function = (ls_function_node *)node;
    ls_free(function->key);
    if (function->def.drop) function->def.drop(function->def.user);
  }
}

static void node_free(ls_node *node) {
  ls_chains_remove(&node->graph->keys, &node->link);
  if (node->queued) unqueue(node);
  ls_node_drop_edges(&node->sources);
  link_out(node);
  ls_rows_release(node->rows);
  ls_free(node->failure);
  ls_free(node->label);
  free_kind(node);
  ls_free(node);
}

static void doom(ls_node *node) {
  if (node->refs || node->readers || node->doomed) return;
  node->doomed = true;
  node->doom = node->graph->doomed;
  node->graph->doomed = node;
}

/* One that has been doomed may have found somebody who needs it. */
void ls_node_release_all(ls_graph *graph) {
  if (graph->busy) return;
  graph->busy++; /* for what `drop` does */
  while (graph->doomed) {
    ls_node *node = graph->doomed;
    graph->doomed = node->doom;
    node->doomed = false;
    if (!node->refs && !node->readers) node_free(node);
  }
  while (graph->trash) {
    ls_rows *rows = graph->trash;
    graph->trash = rows->trash;
    ls_rows_release(rows);
  }
  graph->busy--;
}

/* While there is one reference only, nobody else can have put them there. */
void ls_graph_discard(ls_graph *graph, ls_rows *rows) {
  if (!rows) return;
  if (rows->refs > 1) {
    rows->refs--;
    return;
  }
  rows->trash = graph->trash;
  graph->trash = rows;
}

ls_node *ls_node_retain(ls_node *node) {
  if (node) node->refs++;
  return node;
}

void ls_node_release(ls_node *node) {
  if (!node || --node->refs) return;
  doom(node);
  ls_node_release_all(node->graph);
}

/* ---------------------------------------------------------------------------------------------- */
/* Edges */

int ls_node_read(ls_edge **at, ls_node *reader, ls_node *source, ls_error *err) {
  ls_edge *edge = ls_malloc(sizeof *edge);
  if (!edge) return ls_fail_nomem(err);
  *edge = (ls_edge){source, reader, *at, source->readers, &source->readers};
  if (source->readers) source->readers->at = &edge->next_reader;
  source->readers = edge;
  *at = edge;
  return LS_OK;
}

void ls_node_drop_edges(ls_edge **at) {
  while (*at) {
    ls_edge *edge = *at;
    *at = edge->next;
    *edge->at = edge->next_reader;
    if (edge->next_reader) edge->next_reader->at = edge->at;
    doom(edge->source);
    ls_free(edge);
  }
}

/* ---------------------------------------------------------------------------------------------- */
/* Marks */

static void enqueue(ls_node *node) {
  if (!ls_node_is_effect(node) || node->queued) return;
  node->queued = true;
  node->queue = node->graph->pending;
  node->graph->pending = node;
}

/* All behind the nodes of the list may have to run. */
static void spread(ls_node *list) {
  while (list) {
    ls_node *node = list;
    list = node->work;
    for (ls_edge *edge = node->readers; edge; edge = edge->next_reader) {
      ls_node *reader = edge->reader;
      if (reader->color != LS_CLEAN) continue;
      reader->color = LS_CHECK;
      enqueue(reader);
      reader->work = list;
      list = reader;
    }
  }
}

void ls_node_touch(ls_node *node, ls_why why) {
  ls_color color = (ls_color)node->color;
  if (color == LS_DIRTY) return;
  node->color = LS_DIRTY;
  node->due = why;
  if (color == LS_CHECK) return;
  enqueue(node);
  node->work = NULL;
  spread(node);
}

void ls_node_changed(ls_node *node) {
  for (ls_edge *edge = node->readers; edge; edge = edge->next_reader) {
    ls_node_touch(edge->reader, (ls_why){LS_CAUSE_NODE, node->id});
  }
}

static void touch_live(void *user, ls_live *live, const ls_table *table) {
  ls_graph *graph = user;
  ls_node *node = (ls_node *)(void *)((char *)live - offsetof(ls_live_node, live));
  uint64_t number = table ? (uint64_t)(table - graph->live.state->tables.tables) + 1 : 0;
  ls_node_touch(node, (ls_why){LS_CAUSE_TABLE, number});
}

void ls_graph_changed_unknown(ls_graph *graph) {
  for (ls_node *node = graph ? graph->first : NULL; node; node = node->after) {
    if (node->kind == LS_NODE_LIVE) ls_node_touch(node, (ls_why){LS_CAUSE_STATE, 0});
  }
}

void ls_graph_changed(ls_graph *graph) {
  if (graph && ls_live_change(&graph->live, NULL)) ls_graph_changed_unknown(graph);
}

void ls_graph_moved(ls_graph *graph) {
  if (!graph) return;
  for (ls_node *node = graph->first; node; node = node->after) {
    if (node->kind != LS_NODE_LIVE) continue;
    if (node->last.cause == LS_CAUSE_TABLE) node->last.number = 0;
    if (node->due.cause == LS_CAUSE_TABLE) node->due.number = 0;
    ls_live_leave(&graph->live, &((ls_live_node *)node)->live);
  }
  ls_live_move(&graph->live, graph->session->state);
  ls_graph_changed_unknown(graph);
}

/* ---------------------------------------------------------------------------------------------- */

int ls_graph_new(ls_graph **out, ls_store *store, ls_session *session, ls_clock_fn clock_us, ls_error *err) {
  ls_graph *graph = ls_calloc(1, sizeof *graph);
  if (!graph) return ls_fail_nomem(err);
  graph->columns = ls_columns_new(1);
  if (!graph->columns) {
    ls_free(graph);
    return ls_fail_nomem(err);
  }
  graph->columns->names[0] = "value";
  graph->store = store;
  graph->session = session;
  graph->clock_us = clock_us;
  graph->live.touch = touch_live;
  graph->live.user = graph;
  graph->live.state = session->state;
  *out = graph;
  return LS_OK;
}

/* Edges go first, so that no node has a reader left. */
void ls_graph_free(ls_graph *graph) {
  if (!graph) return;
  graph->busy++;
  for (ls_node *node = graph->first; node; node = node->after) ls_node_drop_edges(&node->sources);
  graph->pending = NULL;
  while (graph->first) {
    graph->first->queued = false;
    node_free(graph->first);
  }
  graph->doomed = NULL;
  graph->busy--;
  ls_node_release_all(graph);
  ls_rows_release(graph->lent);
  ls_columns_release(graph->columns);
  graph->live.state = graph->session->state; /* which may have gone without another one */
  ls_live_fini(&graph->live);
  ls_chains_fini(&graph->keys);
  ls_rows_maker_fini(&graph->maker);
  ls_free(graph->params);
  ls_bytes_fini(&graph->scratch);
  ls_free(graph);
}

bool ls_graph_busy(const ls_graph *graph) { return graph && graph->busy > 0; }
