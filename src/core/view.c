/* The state at an earlier position, for an application to read. */
#include "base/alloc.h"
#include "base/err.h"
#include "core/past.h"

struct ls_view {
  ls_store *store;
  ls_view *before, *after; /* in the store's list of them */
  ls_state *state;         /* sealed: the schema may change while the view is open */
  ls_query_cache queries;
};

static void link_in(ls_view *view, ls_store *store) {
  view->store = store;
  view->after = store->views;
  if (view->after) view->after->before = view;
  store->views = view;
}

static void link_out(ls_view *view) {
  if (view->before)
    view->before->after = view->after;
  else
    view->store->views = view->after;
  if (view->after) view->after->before = view->before;
}

int ls_at(ls_view **out, ls_store *store, ls_seqnum position, ls_error *err) {
  ls_mark mark;
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_past_find(&mark, store, position, err);
  if (rc) return rc;
  ls_view *view = ls_calloc(1, sizeof *view);
  if (!view) return ls_fail_nomem(err);
  rc = ls_past_make(&view->state, store, mark, err);
  if (rc) {
    ls_free(view);
    return rc;
  }
  ls_state_seal(view->state);
  view->queries.database = &view->state->database;
  link_in(view, store);
  *out = view;
  return LS_OK;
}

ls_seqnum ls_view_position(const ls_view *view) { return view->state->at.seq; }

int ls_view_query(ls_query **out, ls_view *view, const char *sql, const ls_value *params, size_t n, ls_error *err) {
  return ls_query_start(out, &view->queries, sql, params, n, err);
}

int ls_view_hash(char out[33], ls_view *view, ls_error *err) { return ls_state_digest(out, view->state, err); }

void ls_view_close(ls_view *view) {
  if (!view) return;
  link_out(view);
  ls_query_cache_fini(&view->queries);
  ls_state_free(view->state);
  ls_free(view);
}
