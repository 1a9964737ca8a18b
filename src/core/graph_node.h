/* graph_node - what the graph_*.c files share with one another and with nobody else. */
#ifndef LS_CORE_GRAPH_NODE_H
#define LS_CORE_GRAPH_NODE_H

#include "core/graph.h"
#include "core/live.h"
#include "core/rows.h"

#define LS_GRAPH_DEPTH 500 /* nodes that may wait for one another in a row */
#define LS_GRAPH_PASSES 100

typedef enum ls_color { LS_CLEAN, LS_CHECK, LS_DIRTY } ls_color;

/* `reader` reads `source`. */
typedef struct ls_edge {
  ls_node *source, *reader;
  struct ls_edge *next;              /* of the reader's, in the order in which they are read */
  struct ls_edge *next_reader, **at; /* of the source's */
} ls_edge;

typedef struct ls_failure {
  int code;
  char text[];
} ls_failure;

/* Why a node runs; `number`: the table's, plus 1, or 0; or the id of the source. */
typedef struct ls_why {
  ls_cause cause;
  uint64_t number;
} ls_why;

struct ls_node {
  ls_link link; /* by key; in no table when it has none */
  ls_graph *graph;
  ls_node *before, *after; /* of all nodes */
  uint64_t id;
  size_t refs; /* handles */
  ls_edge *sources, *readers;
  ls_node *work;  /* the next one to spread from */
  ls_node *queue; /* the next one that is queued */
  ls_node *doom;  /* the next one that may have to be freed */
  ls_rows *rows;  /* its result: these, or a failure, or neither before it has run */
  ls_failure *failure;
  char *label;
  uint64_t seen_by;    /* the last run that has read it */
  uint8_t kind, color; /* ls_node_kind, ls_color */
  bool running, unsettled, queued, doomed;
  ls_why due, last; /* why it is to run, why it ran */
  uint64_t runs;
  int64_t last_us, worst_us;
};

typedef struct ls_live_node {
  ls_node node;
  ls_live live;
  char *params; /* encoded as in a changeset */
  size_t n_params, params_size;
} ls_live_node;

/* Computed, chosen, effect. */
typedef struct ls_function_node {
  ls_node node;
  ls_node_def def; /* key is the node's own copy */
  char *key;
} ls_function_node;

typedef struct ls_subscription_node {
  ls_node node;
  ls_update_fn fn;
  void *user;
  void (*drop)(void *user);
  ls_rows *told; /* what it was told last */
  ls_failure *told_failure;
  bool silent; /* the first call is left out */
} ls_subscription_node;

/* A node being brought up to date, on the stack. */
typedef struct ls_frame {
  ls_node *node;
  struct ls_frame *outer;
} ls_frame;

struct ls_graph {
  ls_store *store;
  ls_session *session;
  ls_clock_fn clock_us;
  ls_live_index live;
  ls_chains keys;
  ls_node *first, *last; /* all nodes */
  uint64_t n_made, n_runs;
  ls_node *pending; /* queued effects and subscriptions, in no order */
  ls_node *doomed;
  ls_rows *trash; /* results to be released when nothing runs */
  ls_rows *lent;  /* what a call from outside was given last */
  ls_frame *frame;
  size_t depth;        /* frames */
  size_t busy;         /* passes and frames */
  ls_columns *columns; /* of a value: one, "value" */
  ls_rows_maker maker;
  ls_value *params; /* scratch */
  size_t params_capacity;
  ls_bytes scratch;
  ls_error error; /* of runs whose caller does not want to know; not on the stack, of which there may be little */
};

struct ls_tracker {
  ls_node *node;
  uint64_t run;
  ls_edge **next; /* the edge that the next read is expected to be */
  bool unsettled;
};

static inline bool ls_node_is_effect(const ls_node *node) {
  return node->kind == LS_NODE_EFFECT || node->kind == LS_NODE_SUBSCRIPTION;
}

/* graph.c: nodes, edges, marks */

/* Take an allocated node into the graph, with one reference, DIRTY. `label` may be NULL. LS_ENOMEM: it is not in. */
int ls_node_init(ls_node *node, ls_graph *graph, ls_node_kind kind, const char *label, ls_error *err);
int ls_node_read(ls_edge **at, ls_node *reader, ls_node *source, ls_error *err); /* add an edge at *at */
void ls_node_drop_edges(ls_edge **at);                                           /* those from *at on */
void ls_node_touch(ls_node *node, ls_why why);                                   /* it must run */
void ls_node_changed(ls_node *node);       /* its result has changed while nobody runs it: its readers must run */
void ls_node_release_all(ls_graph *graph); /* free what is doomed and in the trash, when nothing runs */
void ls_graph_discard(ls_graph *graph, ls_rows *rows); /* release them, but not while something runs */
/* How a node is called in messages: its label, SQL or kind and number. Returns buf. */
#define LS_NODE_NAME 100
char *ls_node_name(char buf[LS_NODE_NAME], const ls_node *node);
const char *ls_node_label(const ls_node *node);

/* graph_run.c: bringing a node up to date */

/* 0: its rows or failure are what they should be. Otherwise that could not be found out. */
int ls_node_refresh(ls_node *node, ls_error *err);
/* Set a result of one value, and say whether it is another one. */
int ls_node_set_value(bool *changed, ls_node *node, ls_value value, ls_error *err);
ls_failure *ls_failure_new(int code, const char *text); /* NULL when memory ran out */
bool ls_failure_equal(const ls_failure *a, const ls_failure *b);

/* graph_open.c: a node of a live query, with one more reference */
int ls_live_node_open(ls_node **out, ls_graph *graph, const char *label, const char *sql, const ls_value *params,
                      size_t n, ls_error *err);

#endif
