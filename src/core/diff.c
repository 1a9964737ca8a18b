/* The rows that differ between two positions: the events between them are applied anew, on a state of the first, and
 * what they changed is netted out. */
#include "base/err.h"
#include "core/follow.h"
#include "core/past.h"
#include "core/row_net.h"
#include "base/seqnum.h"

typedef struct diff {
  ls_store *store;
  ls_row_net net;
} diff;

static int add_changes(void *user, ls_state *state, const ls_event *event, ls_error *err) {
  (void)event;
  diff *d = user;
  const ls_bytes *record = &state->capture.record;
  ls_change_reader reader = {.data = record->data, .size = record->size, .tables = &state->tables};
  ls_row_change change;
  int rc = LS_OK, more;
  while (!rc && (more = ls_change_reader_next(&change, &reader, err)) != 0) {
    rc = more < 0 ? more : change.table->shadow ? LS_OK : ls_row_net_add(&d->net, &change, err);
  }
  ls_change_reader_fini(&reader);
  return rc;
}

/* An ls_progress_fn; the callback of ls_follow has one `user` for both. */
static int progress(void *user, const char *what, uint64_t done, uint64_t total) {
  return ls_store_progress(((diff *)user)->store, what, done, total);
}

static int collect(diff *d, ls_state *state, ls_mark until, ls_error *err) {
  int rc = ls_row_net_init(&d->net, state, err);
  if (rc) return rc;
  state->capture.on = state->capture.whole_rows = true;
  state->capture.limit = SIZE_MAX;
  ls_follow options = {
      .until = until.seq, .applied = add_changes, .progress = progress, .user = d, .what = "comparing"};
  rc = ls_state_follow(state, d->store->leader->log, &options, err);
  if (!rc) ls_row_net_finish(&d->net);
  return rc;
}

/* `backwards`: what was then is now, and the other way round. */
static void give(const diff *d, bool backwards, ls_change_fn each, void *user) {
  bool busy = d->store->busy;
  int stop = 0;
  d->store->busy = true;
  for (size_t i = 0; i < d->net.n && !stop; i++) {
    const ls_net_row *row = &d->net.rows[i];
    const ls_value *before = backwards ? row->after : row->before, *after = backwards ? row->before : row->after;
    ls_change change = {.op = !before ? LS_OP_INSERT
                              : after ? LS_OP_UPDATE
                                      : LS_OP_DELETE,
                        .table = row->table->name,
                        .n = row->table->n,
                        .columns = row->table->columns,
                        .before = before,
                        .after = after};
    stop = each(user, &change);
  }
  d->store->busy = busy;
}

int ls_diff(ls_store *store, ls_seqnum from, ls_seqnum to, ls_change_fn each, void *user, ls_error *err) {
  diff d = {.store = store};
  ls_state *state = NULL;
  ls_mark first, last;
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_past_find(&first, store, from, err);
  if (!rc) rc = ls_past_find(&last, store, to, err);
  if (rc || ls_seqnum_equal(first.seq, last.seq)) return rc;
  bool backwards = ls_seqnum_after(first.seq, last.seq);
  rc = ls_past_make(&state, store, backwards ? last : first, err);
  if (!rc) rc = collect(&d, state, backwards ? first : last, err);
  if (!rc) give(&d, backwards, each, user);
  ls_row_net_fini(&d.net);
  ls_state_free(state);
  return rc;
}
