/* graph_run.c - bringing a node up to date: its sources first, then itself, and only when it must. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "core/changeset.h"
#include "core/graph_node.h"

/* Failures that say nothing of the node: the next try may go well. */
static bool is_passing(int code) {
  return code == LS_ENOMEM || code == LS_ECYCLE || code == LS_ELIMIT || code == LS_EIO || code == LS_EFULL;
}

/* ---------------------------------------------------------------------------------------------- */
/* Results */

ls_failure *ls_failure_new(int code, const char *text) {
  size_t size = strlen(text) + 1;
  ls_failure *failure = ls_malloc(sizeof *failure + size);
  if (!failure) return NULL;
  failure->code = code;
  memcpy(failure->text, text, size);
  return failure;
}

bool ls_failure_equal(const ls_failure *a, const ls_failure *b) {
  if (!a || !b) return a == b;
  return a->code == b->code && strcmp(a->text, b->text) == 0;
}

/* Take possession of a new result: true when it is another one. The old one stays when they are equal, so that they
 * share memory. */
static bool set_result(ls_node *node, ls_rows *rows, ls_failure *failure) {
  bool first = !node->rows && !node->failure;
  bool same = !first && ls_rows_equal(node->rows, rows) && ls_failure_equal(node->failure, failure);
  if (same) {
    ls_graph_discard(node->graph, rows);
    ls_free(failure);
    return false;
  }
  ls_graph_discard(node->graph, node->rows);
  ls_free(node->failure);
  node->rows = rows;
  node->failure = failure;
  return true;
}

/* Readers that wait to know. One that is CLEAN is running and reads the new result. */
static void tell_readers(ls_node *node) {
  for (ls_edge *edge = node->readers; edge; edge = edge->next_reader) {
    if (edge->reader->color == LS_CHECK) ls_node_touch(edge->reader, (ls_why){LS_CAUSE_NODE, node->id});
  }
}

static int value_rows(ls_rows **out, ls_graph *graph, ls_value value, ls_rows *same, ls_error *err) {
  ls_rows_maker_clear(&graph->maker);
  ls_rows_maker_row(&graph->maker);
  ls_rows_maker_value(&graph->maker, value);
  return ls_rows_maker_take(out, &graph->maker, graph->columns, same, err);
}

int ls_node_set_value(bool *changed, ls_node *node, ls_value value, ls_error *err) {
  ls_rows *rows;
  int rc = value_rows(&rows, node->graph, value, node->rows, err);
  if (!rc) *changed = set_result(node, rows, NULL);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Runs, by kind. Each gives rows with a reference, or none. */

static int decode_params(ls_graph *graph, const ls_live_node *live, ls_error *err) {
  if (live->n_params > graph->params_capacity) {
    ls_value *params = ls_realloc(graph->params, live->n_params * sizeof *params);
    if (!params) return ls_fail_nomem(err);
    graph->params = params;
    graph->params_capacity = live->n_params;
  }
  size_t at = 0;
  for (size_t i = 0; i < live->n_params; i++) {
    if (!ls_changeset_get(&graph->params[i], live->params, live->params_size, &at)) break;
  }
  return LS_OK;
}

static int read_rows(ls_rows_maker *maker, ls_query *query, ls_error *err) {
  size_t n = ls_query_columns(query);
  int more;
  while ((more = ls_query_next(query, err)) == 1) {
    ls_rows_maker_row(maker);
    for (size_t i = 0; i < n; i++) ls_rows_maker_value(maker, ls_query_value(query, i));
    if (!ls_bytes_ok(&maker->values)) return ls_fail_nomem(err);
  }
  return more;
}

/* Whatever it gave, it depends on what its statement reads; on the time too, when it asked for that. */
static int query_rows(ls_rows **out, ls_live_node *live, ls_error *err) {
  ls_graph *graph = live->node.graph;
  ls_live_statement *statement = live->live.statement;
  ls_query_cache *cache = &graph->session->queries;
  ls_query *query;
  ls_rows_maker_clear(&graph->maker);
  cache->database->clock_read = false;
  int rc = ls_query_start(&query, cache, statement->sql, graph->params, live->n_params, err);
  if (!rc) {
    rc = read_rows(&graph->maker, query, err);
    ls_query_close(query);
  }
  int entered = ls_live_enter(&graph->live, &live->live, graph->params, cache->database->clock_read, rc ? NULL : err);
  if (rc || entered) return rc ? rc : entered;
  return ls_rows_maker_take(out, &graph->maker, statement->reads.columns, live->node.rows, err);
}

static int run_live(ls_rows **out, ls_node *node, ls_error *err) {
  ls_live_node *live = (ls_live_node *)node;
  ls_graph *graph = node->graph;
  if (!graph->session->state) return ls_fail(err, LS_EIO, "the store has no state at present");
  int rc = ls_live_statement_analyse(live->live.statement, &graph->live, err);
  if (!rc) rc = decode_params(graph, live, err);
  return rc ? rc : query_rows(out, live, err);
}

static int run_computed(ls_rows **out, ls_function_node *node, ls_tracker *tracker, ls_error *err) {
  ls_value value = ls_null();
  int rc = node->def.compute(&value, tracker, node->def.user, err);
  return rc < 0 ? rc : value_rows(out, node->node.graph, value, node->node.rows, err);
}

static int run_chosen(ls_rows **out, ls_function_node *node, ls_tracker *tracker, ls_error *err) {
  const ls_rows *rows = NULL;
  int rc = node->def.choose(&rows, tracker, node->def.user, err);
  if (rc < 0) return rc;
  if (!rows) return ls_fail(err, LS_EARGS, "no rows were chosen");
  *out = ls_rows_retain(rows);
  return LS_OK;
}

static int run_effect(ls_rows **out, ls_function_node *node, ls_tracker *tracker, ls_error *err) {
  int rc = node->def.effect(tracker, node->def.user, err);
  if (rc >= 0) return value_rows(out, node->node.graph, ls_null(), node->node.rows, err);
  if (rc != LS_ENOMEM) {
    char name[LS_NODE_NAME];
    ls_note(&node->node.graph->session->notes, LS_LOG_WARNING, "effect", "%s: %s", ls_node_name(name, &node->node),
            err->text);
  }
  return rc;
}

static int run_function(ls_rows **out, ls_node *node, ls_error *err) {
  ls_function_node *function = (ls_function_node *)node;
  ls_tracker tracker = {.node = node, .run = ++node->graph->n_runs, .next = &node->sources};
  int rc;
  if (node->kind == LS_NODE_COMPUTED)
    rc = run_computed(out, function, &tracker, err);
  else if (node->kind == LS_NODE_CHOSEN)
    rc = run_chosen(out, function, &tracker, err);
  else
    rc = run_effect(out, function, &tracker, err);
  ls_node_drop_edges(tracker.next);
  node->unsettled = tracker.unsettled;
  return rc;
}

static bool told_already(const ls_subscription_node *s, const ls_rows *rows, const ls_failure *failure) {
  bool first = !s->told && !s->told_failure;
  return !first && ls_rows_equal(s->told, rows) && ls_failure_equal(s->told_failure, failure);
}

static void tell(ls_subscription_node *s, ls_node *source, const ls_rows *rows, const ls_rows *before,
                 const ls_failure *failure) {
  ls_error error = {.item = -1};
  if (failure) ls_fail(&error, (ls_code)failure->code, "%s", failure->text);
  s->fn(s->user, &(ls_update){source, rows, before, failure ? &error : NULL});
}

/* What is told stays while it is told, whatever the callback does. */
static int tell_if_new(ls_subscription_node *s, ls_rows *rows, const ls_failure *failure, ls_error *err) {
  if (told_already(s, rows, failure)) return LS_OK;
  ls_failure *copy = failure ? ls_failure_new(failure->code, failure->text) : NULL;
  if (failure && !copy) return ls_fail_nomem(err);
  ls_rows *before = s->told;
  ls_free(s->told_failure);
  s->told = failure ? NULL : ls_rows_retain(rows);
  s->told_failure = copy;
  ls_rows *now = ls_rows_retain(s->told);
  if (!s->silent && s->node.refs) tell(s, s->node.sources->source, now, before, copy);
  s->silent = false;
  ls_graph_discard(s->node.graph, before);
  ls_graph_discard(s->node.graph, now);
  return LS_OK;
}

/* A failure that may pass is told, too, unless it is for want of memory: then the pass ends and is tried again. */
static int run_subscription(ls_node *node, ls_error *err) {
  ls_subscription_node *s = (ls_subscription_node *)node;
  ls_node *source = node->sources->source;
  ls_error failure;
  int rc = ls_node_refresh(source, &failure);
  if (rc == LS_ENOMEM) return ls_fail_nomem(err);
  if (!rc) return tell_if_new(s, source->rows, source->failure, err);
  ls_failure *copy = ls_failure_new(rc, failure.text);
  if (!copy) return ls_fail_nomem(err);
  rc = tell_if_new(s, NULL, copy, err);
  ls_free(copy);
  return rc;
}

static int run_kind(ls_rows **out, ls_node *node, ls_error *err) {
  if (node->kind == LS_NODE_LIVE) return run_live(out, node, err);
  if (node->kind != LS_NODE_SUBSCRIPTION) return run_function(out, node, err);
  int rc = run_subscription(node, err);
  return rc ? rc : value_rows(out, node->graph, ls_null(), node->rows, err);
}

static void count_run(ls_node *node, int64_t us) {
  node->runs++;
  node->last_us = us;
  if (us > node->worst_us) node->worst_us = us;
}

/* `err` is there. A failure that is the node's own becomes its result. */
static int run(ls_node *node, ls_error *err) {
  ls_rows *rows = NULL;
  ls_failure *failure = NULL;
  node->last = node->color == LS_DIRTY ? node->due : (ls_why){LS_CAUSE_ERROR, 0};
  node->color = LS_CLEAN;
  node->unsettled = false;
  ls_error_clear(err);
  int64_t begun = node->graph->clock_us();
  int rc = run_kind(&rows, node, err);
  count_run(node, node->graph->clock_us() - begun);
  if (rc < 0 && !is_passing(rc)) {
    failure = ls_failure_new(rc, err->text);
    rc = failure ? LS_OK : ls_fail_nomem(err);
  }
  if (rc < 0) {
    node->unsettled = true;
    return rc;
  }
  if (set_result(node, rows, failure)) tell_readers(node);
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* When to run */

/* "a → b → a": from the node that is waited for to the one that waits, and back. */
static int fail_cycle(const ls_node *node, ls_error *err) {
  enum { SHOWN = 12 };
  const ls_node *path[SHOWN];
  size_t n = 0;
  for (const ls_frame *frame = node->graph->frame; frame; frame = frame->outer) {
    if (n < SHOWN) path[n++] = frame->node;
    if (frame->node == node) break;
  }
  bool whole = n > 0 && path[n - 1] == node;
  char text[LS_ERROR_TEXT], name[LS_NODE_NAME];
  int size = snprintf(text, sizeof text, "%s%s", ls_node_name(name, node), whole ? "" : " → …");
  for (size_t i = whole ? n - 1 : n; i > 0 && size < (int)sizeof text; i--) {
    size += snprintf(text + size, sizeof text - (size_t)size, " → %s", ls_node_name(name, path[i - 1]));
  }
  return ls_fail(err, LS_ECYCLE, "values follow from one another: %s → %s", text, ls_node_name(name, node));
}

/* May a CHECK node stay what it is? A source that cannot be brought up to date is for the run to meet. */
static void check_sources(ls_node *node) {
  if (node->color != LS_CHECK) return;
  for (ls_edge *edge = node->sources; edge && node->color == LS_CHECK; edge = edge->next) {
    if (ls_node_refresh(edge->source, NULL)) ls_node_touch(node, (ls_why){LS_CAUSE_NODE, edge->source->id});
  }
  if (node->color == LS_CHECK) node->color = LS_CLEAN;
}

int ls_node_refresh(ls_node *node, ls_error *err) {
  ls_graph *graph = node->graph;
  if (node->running) return fail_cycle(node, err);
  if (node->color == LS_CLEAN && !node->unsettled) return LS_OK;
  if (graph->depth >= LS_GRAPH_DEPTH) {
    return ls_fail(err, LS_ELIMIT, "more than %d values in a row follow from one another", LS_GRAPH_DEPTH);
  }
  ls_frame frame = {node, graph->frame};
  graph->frame = &frame;
  graph->depth++;
  graph->busy++;
  node->running = true;
  check_sources(node);
  int rc = node->color == LS_DIRTY || node->unsettled ? run(node, err ? err : &graph->error) : LS_OK;
  node->running = false;
  graph->busy--;
  graph->depth--;
  graph->frame = frame.outer;
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading inside a run */

static int add_source(ls_tracker *tracker, ls_node *source, ls_error *err) {
  if (source->seen_by == tracker->run) return LS_OK;
  bool expected = *tracker->next && (*tracker->next)->source == source;
  int rc = expected ? LS_OK : ls_node_read(tracker->next, tracker->node, source, err);
  if (rc) return rc;
  tracker->next = &(*tracker->next)->next;
  source->seen_by = tracker->run;
  return LS_OK;
}

static int read_source(ls_tracker *tracker, ls_node *source, ls_error *err) {
  char name[LS_NODE_NAME];
  if (ls_node_is_effect(source))
    return ls_fail(err, LS_EARGS, "%s has no value to be read", ls_node_name(name, source));
  int rc = source->running ? fail_cycle(source, err) : add_source(tracker, source, err);
  if (!rc) rc = ls_node_refresh(source, err);
  tracker->unsettled |= rc != LS_OK || source->unsettled;
  if (rc || !source->failure) return rc;
  return ls_fail(err, (ls_code)source->failure->code, "%s: %s", ls_node_name(name, source), source->failure->text);
}

int ls_tracker_value(ls_value *out, ls_tracker *tracker, ls_node *node, ls_error *err) {
  int rc = read_source(tracker, node, err);
  if (!rc) *out = ls_rows_value(node->rows, 0, 0);
  return rc;
}

int ls_tracker_rows(const ls_rows **out, ls_tracker *tracker, ls_node *node, ls_error *err) {
  int rc = read_source(tracker, node, err);
  if (!rc) *out = node->rows;
  return rc;
}

int ls_tracker_query(const ls_rows **out, ls_tracker *tracker, const char *sql, const ls_value *params, size_t n,
                     ls_error *err) {
  ls_node *live;
  int rc = ls_live_node_open(&live, tracker->node->graph, NULL, sql, params, n, err);
  tracker->unsettled |= rc == LS_ENOMEM || rc == LS_EIO;
  if (rc) return rc;
  rc = ls_tracker_rows(out, tracker, live, err);
  ls_node_release(live);
  return rc;
}
