/* Reading: queries, client documents, the log, what events changed, earlier states. */
#include "core/changeset.h"
#include "core/rows.h"
#include "host.h"
#include "module.h"

int LS_EXPORT(ls_web_query)(ls_web *web, ls_web_store *store, const char *sql, const ls_value *params, size_t n);
int LS_EXPORT(ls_web_rows)(ls_web *web, const ls_rows *rows);
void LS_EXPORT(ls_web_rows_release)(ls_rows *rows);
int LS_EXPORT(ls_web_document)(ls_web *web, ls_web_store *store, const char *name, const char *id);
int LS_EXPORT(ls_web_state_hash)(ls_web *web, ls_web_store *store);
int LS_EXPORT(ls_web_events)(ls_web *web, ls_web_store *store, const ls_value *filter, size_t most);
int LS_EXPORT(ls_web_event_changes)(ls_web *web, ls_web_store *store, const ls_value *seq);
int LS_EXPORT(ls_web_history)(ls_web *web, ls_web_store *store, const char *table, const ls_value *key, size_t n);
int LS_EXPORT(ls_web_diff)(ls_web *web, ls_web_store *store, const ls_value *positions);
ls_view *LS_EXPORT(ls_web_at)(ls_web *web, ls_web_store *store, const ls_value *position);
int LS_EXPORT(ls_web_view_query)(ls_web *web, ls_view *view, const char *sql, const ls_value *params, size_t n);
void LS_EXPORT(ls_web_view_close)(ls_view *view);

static ls_seqnum seqnum_of(const ls_value *values) {
  return (ls_seqnum){values[0].as.i, values[1].as.i, values[2].as.i};
}

/* Column names, then the values row by row; the result is the number of columns. */
static int give_rows(ls_web *web, ls_query *query) {
  ls_cells out = ls_web_take(web);
  size_t n = ls_query_columns(query);
  for (size_t i = 0; i < n; i++) ls_cells_text(&out, ls_query_name(query, i));
  int more;
  while ((more = ls_query_next(query, &web->err)) > 0) {
    for (size_t i = 0; i < n; i++) ls_cells_value(&out, ls_query_value(query, i));
  }
  ls_query_close(query);
  int rc = ls_web_give(web, &out, more);
  return rc ? rc : (int)n;
}

int ls_web_query(ls_web *web, ls_web_store *store, const char *sql, const ls_value *params, size_t n) {
  ls_query *query;
  int rc = ls_query_open(&query, store->store, sql, params, n, &web->err);
  return rc ? rc : give_rows(web, query);
}

/* The same of rows, which are kept until ls_web_rows_release. */
int ls_web_rows(ls_web *web, const ls_rows *rows) {
  ls_cells out = ls_web_take(web);
  size_t n = ls_rows_columns(rows), at = 0;
  for (size_t i = 0; i < n; i++) ls_cells_text(&out, ls_rows_name(rows, i));
  const char *data = (const char *)(rows->starts + rows->n);
  ls_value value;
  while (ls_changeset_get(&value, data, rows->size, &at)) ls_cells_value(&out, value);
  int rc = ls_web_give(web, &out, LS_OK);
  if (rc) return rc;
  ls_rows_retain(rows);
  return (int)n;
}

void ls_web_rows_release(ls_rows *rows) { ls_rows_release(rows); }

static int give_text(ls_web *web, const char *text) {
  ls_cells out = ls_web_take(web);
  ls_cells_text(&out, text);
  return ls_web_give(web, &out, LS_OK);
}

int ls_web_document(ls_web *web, ls_web_store *store, const char *name, const char *id) {
  const char *value;
  int rc = ls_document_get(&value, store->store, name, id, &web->err);
  return rc ? rc : give_text(web, value);
}

int ls_web_state_hash(ls_web *web, ls_web_store *store) {
  char hash[33];
  int rc = ls_state_hash(hash, store->store, &web->err);
  return rc ? rc : give_text(web, hash);
}

static const char *text_of(ls_value value) { return value.type == LS_TYPE_TEXT ? value.as.b.data : NULL; }

/*   filter  since, until, name, client id, session id, confirmed, synced: 11 values */
int ls_web_events(ls_web *web, ls_web_store *store, const ls_value *filter, size_t most) {
  ls_event_filter which = {
      .since = seqnum_of(filter),
      .until = seqnum_of(filter + 3),
      .name = text_of(filter[6]),
      .client_id = text_of(filter[7]),
      .session_id = text_of(filter[8]),
      .confirmed = filter[9].as.i != 0,
      .synced = filter[10].as.i != 0,
  };
  ls_events *events;
  int rc = ls_events_open(&events, store->store, &which, &web->err);
  if (rc) return rc;
  ls_cells out = ls_web_take(web);
  const ls_event *event;
  for (size_t i = 0; i < most && (rc = ls_events_next(&event, events, &web->err)) > 0; i++) ls_cells_event(&out, event);
  ls_events_close(events);
  rc = ls_web_give(web, &out, rc);
  return rc < 0 ? rc : LS_OK;
}

static int add_change(void *user, const ls_change *change) {
  ls_cells *cells = user;
  ls_cells_change(cells, change);
  return !ls_cells_ok(cells);
}

static int add_history(void *user, const ls_event *event, const ls_change *change) {
  ls_cells_event(user, event);
  return add_change(user, change);
}

int ls_web_event_changes(ls_web *web, ls_web_store *store, const ls_value *seq) {
  ls_cells out = ls_web_take(web);
  int rc = ls_event_changes(store->store, seqnum_of(seq), add_change, &out, &web->err);
  return ls_web_give(web, &out, rc);
}

int ls_web_history(ls_web *web, ls_web_store *store, const char *table, const ls_value *key, size_t n) {
  ls_cells out = ls_web_take(web);
  int rc = ls_history(store->store, table, key, n, add_history, &out, &web->err);
  return ls_web_give(web, &out, rc);
}

int ls_web_diff(ls_web *web, ls_web_store *store, const ls_value *positions) {
  ls_cells out = ls_web_take(web);
  int rc = ls_diff(store->store, seqnum_of(positions), seqnum_of(positions + 3), add_change, &out, &web->err);
  return ls_web_give(web, &out, rc);
}

ls_view *ls_web_at(ls_web *web, ls_web_store *store, const ls_value *position) {
  ls_view *view;
  return ls_at(&view, store->store, seqnum_of(position), &web->err) ? NULL : view;
}

int ls_web_view_query(ls_web *web, ls_view *view, const char *sql, const ls_value *params, size_t n) {
  ls_query *query;
  int rc = ls_view_query(&query, view, sql, params, n, &web->err);
  return rc ? rc : give_rows(web, query);
}

void ls_web_view_close(ls_view *view) { ls_view_close(view); }
