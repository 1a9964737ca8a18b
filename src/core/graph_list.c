/* graph_list.c - telling what a graph consists of. */
#include "base/err.h"
#include "core/graph_node.h"
#include "core/store.h"

static size_t size_of_kind(const ls_node *node) {
  switch (node->kind) {
    case LS_NODE_SIGNAL: return sizeof *node;
    case LS_NODE_LIVE: return sizeof(ls_live_node) + ((const ls_live_node *)node)->params_size;
    case LS_NODE_SUBSCRIPTION: return sizeof(ls_subscription_node);
    default: return sizeof(ls_function_node);
  }
}

static void put_sources(ls_bytes *out, const ls_node *node) {
  ls_bytes_clear(out);
  for (const ls_edge *edge = node->sources; edge; edge = edge->next) {
    ls_bytes_append(out, &edge->source->id, sizeof edge->source->id);
  }
}

static const char *table_name(const ls_graph *graph, ls_why why) {
  if (why.cause != LS_CAUSE_TABLE || why.number == 0 || !graph->session->state) return NULL;
  return graph->session->state->tables.tables[why.number - 1].name;
}

static size_t count_readers(const ls_node *node) {
  size_t n = 0;
  for (const ls_edge *edge = node->readers; edge; edge = edge->next_reader) n++;
  return n;
}

static int tell(const ls_node *node, const ls_bytes *sources, ls_node_info_fn each, void *user) {
  size_t n = sources->size / sizeof(uint64_t);
  size_t bytes = size_of_kind(node) + n * sizeof(ls_edge) + (node->label ? strlen(node->label) + 1 : 0);
  ls_node_info info = {.id = node->id,
                       .kind = (ls_node_kind)node->kind,
                       .label = ls_node_label(node),
                       .runs = node->runs,
                       .last_us = node->last_us,
                       .worst_us = node->worst_us,
                       .cause = node->last.cause,
                       .table = table_name(node->graph, node->last),
                       .source = node->last.cause == LS_CAUSE_NODE ? node->last.number : 0,
                       .sources = (const uint64_t *)(const void *)sources->data,
                       .n_sources = n,
                       .readers = count_readers(node),
                       .references = node->refs,
                       .rows = ls_rows_count(node->rows),
                       .bytes = bytes + (node->rows ? ls_rows_bytes(node->rows) : 0),
                       .stale = node->color != LS_CLEAN || node->unsettled,
                       .error = node->failure ? node->failure->text : NULL};
  return each(user, &info);
}

/* Nodes may be released and made by the callback: none is freed meanwhile, and new ones come last. */
int ls_graph_each(ls_store *store, ls_node_info_fn each, void *user, ls_error *err) {
  ls_graph *graph = store->session->graph;
  ls_bytes sources = {0};
  int rc = LS_OK, stop = 0;
  if (!graph) return LS_OK;
  graph->busy++;
  for (const ls_node *node = graph->first; !rc && !stop && node; node = node->after) {
    put_sources(&sources, node);
    if (!ls_bytes_ok(&sources)) rc = ls_fail_nomem(err);
    else stop = tell(node, &sources, each, user);
  }
  graph->busy--;
  ls_bytes_fini(&sources);
  ls_node_release_all(graph);
  return rc;
}
