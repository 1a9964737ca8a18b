/* The reactive graph. A node is its ls_node; callbacks are ids. Signals and computed values hold versions, which are
 * doubles: the values themselves stay in JavaScript. */
#include "base/err.h"
#include "host.h"
#include "module.h"

ls_node *LS_EXPORT(ls_web_signal)(ls_web *web, ls_web_store *store, const char *label, double version);
int LS_EXPORT(ls_web_signal_set)(ls_web *web, ls_node *node, double version);
ls_node *LS_EXPORT(ls_web_computed)(ls_web *web, ls_web_store *store, const char *label, int id);
ls_node *LS_EXPORT(ls_web_chosen)(ls_web *web, ls_web_store *store, const char *label, int id);
ls_node *LS_EXPORT(ls_web_live)(ls_web *web, ls_web_store *store, const char *label, const char *sql,
                                const ls_value *params, size_t n);
ls_node *LS_EXPORT(ls_web_subscribe)(ls_web *web, ls_node *node, const char *label, int later, int id);
void LS_EXPORT(ls_web_node_release)(ls_node *node);
double LS_EXPORT(ls_web_node_value)(ls_web *web, ls_node *node);
const ls_rows *LS_EXPORT(ls_web_node_rows)(ls_web *web, ls_node *node);
double LS_EXPORT(ls_web_tracker_value)(ls_web *web, ls_tracker *tracker, ls_node *node);
const ls_rows *LS_EXPORT(ls_web_tracker_rows)(ls_web *web, ls_tracker *tracker, ls_node *node);
const ls_rows *LS_EXPORT(ls_web_tracker_query)(ls_web *web, ls_tracker *tracker, const char *sql,
                                               const ls_value *params, size_t n);
void LS_EXPORT(ls_web_batch_begin)(ls_web_store *store);
int LS_EXPORT(ls_web_batch_commit)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_nodes)(ls_web *web, ls_web_store *store);

static int id_of(void *user) { return (int)(intptr_t)user; }

static void *user_of(int id) { return (void *)(intptr_t)id; }

static int compute(ls_value *out, ls_tracker *tracker, void *user, ls_error *err) {
  double version = ls_host_compute(id_of(user), tracker, err);
  if (version != version) return err ? err->code : LS_EABORT;
  *out = ls_real(version);
  return LS_OK;
}

static int choose(const ls_rows **out, ls_tracker *tracker, void *user, ls_error *err) {
  const ls_rows *rows = ls_host_choose(id_of(user), tracker, err);
  if (!rows) return err ? err->code : LS_EABORT;
  *out = rows;
  return LS_OK;
}

static void tell(void *user, const ls_update *update) { ls_host_told(id_of(user), update->error); }

static void drop(void *user) { ls_host_drop(id_of(user)); }

ls_node *ls_web_signal(ls_web *web, ls_web_store *store, const char *label, double version) {
  ls_node *node;
  return ls_signal_open(&node, store->store, label, ls_real(version), &web->err) ? NULL : node;
}

int ls_web_signal_set(ls_web *web, ls_node *node, double version) {
  return ls_signal_set(node, ls_real(version), &web->err);
}

ls_node *ls_web_computed(ls_web *web, ls_web_store *store, const char *label, int id) {
  ls_node_def def = {.label = label, .compute = compute, .user = user_of(id), .drop = drop};
  ls_node *node;
  return ls_computed_open(&node, store->store, &def, &web->err) ? NULL : node;
}

ls_node *ls_web_chosen(ls_web *web, ls_web_store *store, const char *label, int id) {
  ls_node_def def = {.label = label, .choose = choose, .user = user_of(id), .drop = drop};
  ls_node *node;
  return ls_chosen_open(&node, store->store, &def, &web->err) ? NULL : node;
}

ls_node *ls_web_live(ls_web *web, ls_web_store *store, const char *label, const char *sql, const ls_value *params,
                     size_t n) {
  ls_node *node;
  return ls_live_open(&node, store->store, label, sql, params, n, &web->err) ? NULL : node;
}

ls_node *ls_web_subscribe(ls_web *web, ls_node *node, const char *label, int later, int id) {
  ls_subscribe_options options = {.label = label, .later = later != 0, .drop = drop};
  ls_node *out;
  return ls_subscribe(&out, node, &options, tell, user_of(id), &web->err) ? NULL : out;
}

void ls_web_node_release(ls_node *node) { ls_node_release(node); }

/* NaN: an error. */
static double version_of(ls_value value, int rc, ls_error *err) {
  if (!rc && value.type == LS_TYPE_REAL) return value.as.r;
  if (!rc && value.type == LS_TYPE_INT) return (double)value.as.i;
  if (!rc) ls_fail(err, LS_EARGS, "a node of rows has no number as its value; read its rows");
  return __builtin_nan("");
}

double ls_web_node_value(ls_web *web, ls_node *node) {
  ls_value value = ls_null();
  int rc = ls_node_value(&value, node, &web->err);
  return version_of(value, rc, &web->err);
}

const ls_rows *ls_web_node_rows(ls_web *web, ls_node *node) {
  const ls_rows *rows;
  return ls_node_rows(&rows, node, &web->err) ? NULL : rows;
}

double ls_web_tracker_value(ls_web *web, ls_tracker *tracker, ls_node *node) {
  ls_value value = ls_null();
  int rc = ls_tracker_value(&value, tracker, node, &web->err);
  return version_of(value, rc, &web->err);
}

const ls_rows *ls_web_tracker_rows(ls_web *web, ls_tracker *tracker, ls_node *node) {
  const ls_rows *rows;
  return ls_tracker_rows(&rows, tracker, node, &web->err) ? NULL : rows;
}

const ls_rows *ls_web_tracker_query(ls_web *web, ls_tracker *tracker, const char *sql, const ls_value *params,
                                    size_t n) {
  const ls_rows *rows;
  return ls_tracker_query(&rows, tracker, sql, params, n, &web->err) ? NULL : rows;
}

void ls_web_batch_begin(ls_web_store *store) { ls_batch_begin(store->store); }

int ls_web_batch_commit(ls_web *web, ls_web_store *store) { return ls_batch_commit(store->store, &web->err); }

static int add_node(void *user, const ls_node_info *info) {
  ls_cells *out = user;
  ls_cells_int(out, (int64_t)info->id);
  ls_cells_int(out, info->kind);
  ls_cells_text(out, info->label);
  ls_cells_int(out, (int64_t)info->runs);
  ls_cells_real(out, (double)info->last_us / 1000);
  ls_cells_real(out, (double)info->worst_us / 1000);
  ls_cells_int(out, info->cause);
  ls_cells_text(out, info->table);
  ls_cells_int(out, (int64_t)info->readers);
  ls_cells_int(out, (int64_t)info->rows);
  ls_cells_int(out, (int64_t)info->bytes);
  ls_cells_int(out, info->stale);
  ls_cells_text(out, info->error);
  ls_cells_int(out, (int64_t)info->n_sources);
  for (size_t i = 0; i < info->n_sources; i++) ls_cells_int(out, (int64_t)info->sources[i]);
  return !ls_cells_ok(out);
}

int ls_web_nodes(ls_web *web, ls_web_store *store) {
  ls_cells out = ls_web_take(web);
  int rc = ls_graph_each(store->store, add_node, &out, &web->err);
  return ls_web_give(web, &out, rc);
}
