/* Opening, committing, undoing: what concerns a store as a whole. */
#include "base/alloc.h"
#include "base/err.h"
#include "host.h"
#include "module.h"

/* What a store is opened with, as an array of values: these, then name and version of each function. */
enum { OPEN_SCHEMA, OPEN_STORE_ID, OPEN_CLIENT_ID, OPEN_SESSION_ID, OPEN_PATH, OPEN_DURABILITY, OPEN_FUNCTIONS };

/* A quarter of what is usual: it is in what a page is sent when it opens. Some 10,000 commits that can be rolled back. */
#define ROLLBACK_BYTES (2 << 20)

ls_web_store *LS_EXPORT(ls_web_open)(ls_web *web, int id, int uplink, const ls_value *options, size_t n);
int LS_EXPORT(ls_web_schema_check)(ls_web *web, const ls_value *options, size_t n);
int LS_EXPORT(ls_web_close)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_names)(ls_web *web, const ls_web_store *store);
int LS_EXPORT(ls_web_commit)(ls_web *web, ls_web_store *store, char *events, size_t size);
int LS_EXPORT(ls_web_stage)(ls_web_store *store, const ls_value *receipt);
int LS_EXPORT(ls_web_flush)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_undo)(ls_web *web, ls_web_store *store, size_t n);
int LS_EXPORT(ls_web_redo)(ls_web *web, ls_web_store *store, size_t n);
int LS_EXPORT(ls_web_undo_status)(ls_web *web, ls_web_store *store, size_t most);
int LS_EXPORT(ls_web_status)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_event)(ls_web *web, const ls_event *event);
int LS_EXPORT(ls_web_exec)(ls_web *web, ls_materializer *m, const char *sql, const ls_value *params, size_t n,
                           int names);

static void tell_log(void *user, ls_log_level level, const char *key, const char *text) {
  const ls_web_store *store = user;
  ls_host_log(store->id, level, key, text);
}

static int tell_progress(void *user, const char *what, uint64_t done, uint64_t total) {
  const ls_web_store *store = user;
  return ls_host_progress(store->id, what, (double)done, (double)total);
}

static int materialize(ls_materializer *m, const ls_event *event, void *user, ls_error *err) {
  const ls_web_function *function = user;
  return ls_host_materialize(function->store->id, function->index, m, event, err);
}

static const char *text_of(ls_value value) { return value.type == LS_TYPE_TEXT ? value.as.b.data : NULL; }

static size_t count_functions(size_t n) { return (n - OPEN_FUNCTIONS) / 2; }

/* The functions of a schema, pointing to a store's; NULL when memory ran out. */
static ls_function *make_functions(ls_web_store *store, const ls_value *options) {
  ls_function *functions = ls_calloc(store->n + 1, sizeof *functions);
  for (size_t i = 0; functions && i < store->n; i++) {
    const ls_value *pair = options + OPEN_FUNCTIONS + 2 * i;
    store->functions[i] = (ls_web_function){.store = store, .index = (int)i};
    functions[i] = (ls_function){text_of(pair[0]), (int)pair[1].as.i, materialize, &store->functions[i]};
  }
  return functions;
}

static ls_web_store *make_store(int id, size_t n) {
  ls_web_store *store = ls_calloc(1, sizeof *store + n * sizeof store->functions[0]);
  if (!store) return NULL;
  store->id = id;
  store->n = n;
  return store;
}

static int open_store(ls_web_store *store, bool uplink, const ls_value *values, const ls_function *functions,
                      ls_error *err) {
  ls_options options = {
      .schema = {.json = text_of(values[OPEN_SCHEMA]), .functions = functions, .n_functions = store->n},
      .store_id = text_of(values[OPEN_STORE_ID]),
      .client_id = text_of(values[OPEN_CLIENT_ID]),
      .session_id = text_of(values[OPEN_SESSION_ID]),
      .durability = (ls_durability)values[OPEN_DURABILITY].as.i,
      .rollback_bytes = ROLLBACK_BYTES,
      .progress = tell_progress,
      .progress_user = store,
      .log = tell_log,
      .log_user = store,
  };
  if (uplink) return ls_uplink_open(&store->store, &options, err);
  return ls_open(&store->store, text_of(values[OPEN_PATH]), &options, err);
}

ls_web_store *ls_web_open(ls_web *web, int id, int uplink, const ls_value *options, size_t n) {
  ls_web_store *store = make_store(id, count_functions(n));
  ls_function *functions = store ? make_functions(store, options) : NULL;
  int rc = functions ? open_store(store, uplink != 0, options, functions, &web->err) : ls_fail_nomem(&web->err);
  ls_free(functions);
  if (!rc) return store;
  ls_free(store);
  return NULL;
}

int ls_web_schema_check(ls_web *web, const ls_value *options, size_t n) {
  ls_web_store *store = make_store(0, count_functions(n));
  ls_function *functions = store ? make_functions(store, options) : NULL;
  ls_schema_source source = {
      .json = text_of(options[OPEN_SCHEMA]), .functions = functions, .n_functions = count_functions(n)};
  int rc = functions ? ls_schema_check(&source, &web->err) : ls_fail_nomem(&web->err);
  ls_free(functions);
  ls_free(store);
  return rc;
}

/* LS_ELOCKED: nothing was closed. After any other error the store is gone all the same. */
int ls_web_close(ls_web *web, ls_web_store *store) {
  int rc = ls_close(store->store, &web->err);
  if (rc != LS_ELOCKED) ls_free(store);
  return rc;
}

int ls_web_names(ls_web *web, const ls_web_store *store) {
  ls_cells out = ls_web_take(web);
  ls_cells_text(&out, ls_store_id(store->store));
  ls_cells_text(&out, ls_client_id(store->store));
  ls_cells_text(&out, ls_session_id(store->store));
  ls_cells_text(&out, ls_schema_hash(store->store));
  return ls_web_give(web, &out, LS_OK);
}

static int give_receipt(ls_web *web, const ls_receipt *receipt, int rc) {
  ls_cells out = ls_web_take(web);
  if (!rc) ls_cells_receipt(&out, receipt);
  return ls_web_give(web, &out, rc);
}

int ls_web_commit(ls_web *web, ls_web_store *store, char *events, size_t size) {
  ls_web_inputs inputs = ls_web_inputs_take(web);
  ls_receipt receipt;
  size_t n = 0;
  int rc = ls_web_inputs_read(&inputs, &n, events, size, &web->err);
  if (!rc) rc = ls_commit_all(&receipt, store->store, (const ls_input *)(const void *)inputs.inputs.data, n, &web->err);
  ls_web_inputs_give(web, &inputs);
  return give_receipt(web, &receipt, rc);
}

/*   receipt  first, last, serial as JavaScript has them: 7 integers */
int ls_web_stage(ls_web_store *store, const ls_value *receipt) {
  ls_receipt whole = {
      .first = {receipt[0].as.i, receipt[1].as.i, receipt[2].as.i},
      .last = {receipt[3].as.i, receipt[4].as.i, receipt[5].as.i},
      .serial = (uint64_t)receipt[6].as.i,
  };
  return (int)ls_receipt_stage(store->store, &whole);
}

int ls_web_flush(ls_web *web, ls_web_store *store) { return ls_flush(store->store, &web->err); }

int ls_web_undo(ls_web *web, ls_web_store *store, size_t n) {
  ls_receipt receipt;
  int rc = ls_undo(&receipt, store->store, n, &web->err);
  return give_receipt(web, &receipt, rc);
}

int ls_web_redo(ls_web *web, ls_web_store *store, size_t n) {
  ls_receipt receipt;
  int rc = ls_redo(&receipt, store->store, n, &web->err);
  return give_receipt(web, &receipt, rc);
}

int ls_web_undo_status(ls_web *web, ls_web_store *store, size_t most) {
  ls_undo_status status;
  int rc = ls_undo_status_get(&status, store->store, most, &web->err);
  if (rc) return rc;
  ls_cells out = ls_web_take(web);
  ls_cells_int(&out, (int64_t)status.undo);
  ls_cells_int(&out, (int64_t)status.redo);
  ls_cells_text(&out, status.undo_name);
  ls_cells_text(&out, status.redo_name);
  return ls_web_give(web, &out, LS_OK);
}

int ls_web_status(ls_web *web, ls_web_store *store) {
  ls_status status;
  int rc = ls_status_get(&status, store->store, &web->err);
  if (rc) return rc;
  ls_cells out = ls_web_take(web);
  ls_cells_seqnum(&out, status.head);
  ls_cells_seqnum(&out, status.upstream_head);
  ls_cells_seqnum(&out, status.state);
  ls_cells_int(&out, (int64_t)status.events);
  ls_cells_int(&out, (int64_t)status.pending);
  ls_cells_int(&out, (int64_t)status.failed);
  ls_cells_int(&out, (int64_t)status.conflicts);
  ls_cells_int(&out, (int64_t)status.log_bytes);
  ls_cells_int(&out, (int64_t)status.state_bytes);
  return ls_web_give(web, &out, LS_OK);
}

/* Inside ls_host_materialize: what there is to read of the event. */
int ls_web_event(ls_web *web, const ls_event *event) {
  ls_cells out = ls_web_take(web);
  ls_cells_event(&out, event);
  return ls_web_give(web, &out, LS_OK);
}

typedef struct exec_rows {
  ls_cells cells;
  const ls_materializer *names; /* gives those of the columns; NULL when they are known */
  size_t columns;
} exec_rows;

static int add_row(void *user, const ls_value *values, size_t n) {
  exec_rows *rows = user;
  for (size_t i = 0; rows->names && i < n; i++) ls_cells_text(&rows->cells, ls_materializer_column(rows->names, i));
  rows->names = NULL;
  rows->columns = n;
  for (size_t i = 0; i < n; i++) ls_cells_value(&rows->cells, values[i]);
  return 0;
}

/* The number of columns, as far as there are rows; if asked for, their names, once; then their values. */
int ls_web_exec(ls_web *web, ls_materializer *m, const char *sql, const ls_value *params, size_t n, int names) {
  exec_rows rows = {.cells = ls_web_take(web), .names = names ? m : NULL};
  int rc = ls_materializer_exec(m, sql, params, n, add_row, &rows, &web->err);
  rc = ls_web_give(web, &rows.cells, rc);
  return rc ? rc : (int)rows.columns;
}
