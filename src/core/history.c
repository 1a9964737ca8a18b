/* The history of one row: all events are applied anew, aside, while capture watches the row's table. */
#include "base/err.h"
#include "core/follow.h"
#include "core/past.h"
#include "core/row_key.h"

typedef struct history {
  ls_store *store;
  ls_row_keys keys;
  ls_bytes key, other; /* the key looked for, and that of the row at hand */
  ls_history_fn each;
  void *user;
  bool stopped;
} history;

static int is_key(bool *out, history *h, const ls_row_change *change, const ls_value *row, int64_t rowid,
                  ls_error *err) {
  ls_bytes_clear(&h->other);
  ls_row_keys_put(&h->other, &h->keys, change->table, row, rowid);
  if (!ls_bytes_ok(&h->other)) return ls_fail_nomem(err);
  *out = h->other.size == h->key.size && memcmp(h->other.data, h->key.data, h->key.size) == 0;
  return LS_OK;
}

/* A row whose key changes has been one and becomes another: it belongs to the history of both. */
static int is_of_row(bool *out, history *h, const ls_row_change *change, ls_error *err) {
  int rc = LS_OK;
  *out = false;
  if (change->before) rc = is_key(out, h, change, change->before, change->old_rowid, err);
  if (!rc && !*out && change->after) rc = is_key(out, h, change, change->after, change->new_rowid, err);
  return rc;
}

static int give(history *h, const ls_event *event, const ls_row_change *row, ls_error *err) {
  const ls_change change = {.op = row->op,
                            .table = row->table->name,
                            .n = row->table->n,
                            .columns = row->table->columns,
                            .before = row->before,
                            .after = row->after};
  bool busy = h->store->busy;
  h->store->busy = true;
  h->stopped = h->each(h->user, event, &change) != 0;
  h->store->busy = busy;
  return h->stopped ? ls_fail(err, LS_EABORT, "stopped") : LS_OK;
}

static int look_at(void *user, ls_state *state, const ls_event *event, ls_error *err) {
  history *h = user;
  const ls_bytes *record = &state->capture.record;
  if (!record->size) return LS_OK;
  ls_change_reader reader = {.data = record->data, .size = record->size, .tables = &state->tables};
  ls_row_change change;
  bool wanted;
  int rc = LS_OK, more;
  while (!rc && (more = ls_change_reader_next(&change, &reader, err)) != 0) {
    rc = more < 0 ? more : is_of_row(&wanted, h, &change, err);
    if (!rc && wanted) rc = give(h, event, &change, err);
  }
  ls_change_reader_fini(&reader);
  return rc;
}

/* An ls_progress_fn; the callback of ls_follow has one `user` for both. */
static int progress(void *user, const char *what, uint64_t done, uint64_t total) {
  return ls_store_progress(((history *)user)->store, what, done, total);
}

static int find_table(const ls_table **out, const ls_state *state, const char *name, ls_error *err) {
  const ls_table *table = ls_tables_find(&state->tables, name);
  if (!table || table->shadow) return ls_fail(err, LS_ENOTFOUND, "the schema has no table \"%s\"", name);
  *out = table;
  return LS_OK;
}

static int replay(history *h, ls_state *state, const ls_table *table, ls_error *err) {
  state->capture.on = state->capture.whole_rows = true;
  state->capture.limit = SIZE_MAX;
  state->capture.only = table;
  ls_follow options = {.applied = look_at, .progress = progress, .user = h, .what = "replaying the log"};
  int rc = ls_state_follow(state, h->store->leader->log, &options, err);
  if (!h->stopped) return rc;
  ls_error_clear(err);
  return LS_OK;
}

int ls_history(ls_store *store, const char *table_name, const ls_value *key, size_t n, ls_history_fn each, void *user,
               ls_error *err) {
  history h = {.store = store, .each = each, .user = user};
  ls_state *state = NULL;
  const ls_table *table = NULL;
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_state_new(&state, store->session->schema, ls_past_place(store), NULL, err);
  if (!rc) rc = find_table(&table, state, table_name, err);
  if (!rc) rc = ls_row_keys_load(&h.keys, state, err);
  if (!rc) rc = ls_row_keys_put_given(&h.key, &h.keys, state, table, key, n, err);
  if (!rc) rc = replay(&h, state, table, err);
  ls_row_keys_fini(&h.keys);
  ls_bytes_fini(&h.key);
  ls_bytes_fini(&h.other);
  ls_state_free(state);
  return rc;
}
