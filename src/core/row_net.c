#include "core/row_net.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "core/value.h"

int ls_row_net_init(ls_row_net *net, ls_state *state, ls_error *err) {
  return ls_row_keys_load(&net->keys, state, err);
}

void ls_row_net_fini(ls_row_net *net) {
  for (size_t i = 0; i < net->n; i++) {
    ls_free(net->rows[i].before);
    ls_free(net->rows[i].after);
  }
  ls_free(net->rows);
  ls_names_fini(&net->names);
  ls_row_keys_fini(&net->keys);
  ls_bytes_fini(&net->was);
  ls_bytes_fini(&net->is);
  memset(net, 0, sizeof *net);
}

/* ---------------------------------------------------------------------------------------------- */
/* Rows */

static bool unchanged(const ls_net_row *row) {
  if (!row->before || !row->after) return !row->before && !row->after;
  for (size_t i = 0; i < row->table->n; i++) {
    if (!ls_value_equal(row->before[i], row->after[i])) return false;
  }
  return true;
}

/* ---------------------------------------------------------------------------------------------- */
/* Adding */

static int reserve(ls_row_net *net, ls_error *err) {
  if (net->n < net->capacity) return LS_OK;
  size_t capacity = net->capacity ? net->capacity * 2 : 64;
  ls_net_row *rows = ls_realloc(net->rows, capacity * sizeof *rows);
  if (!rows) return ls_fail_nomem(err);
  net->rows = rows;
  net->capacity = capacity;
  return LS_OK;
}

/* The row of a key. When it was not touched yet, it was `before` until now. */
static int touch(ls_net_row **out, ls_row_net *net, const ls_bytes *key, const ls_table *table, const ls_value *before,
                 ls_error *err) {
  uint32_t id = ls_names_find(&net->names, key->data, key->size);
  if (!id) {
    int rc = reserve(net, err);
    if (rc) return rc;
    ls_value *copy = before ? ls_values_dup(before, table->n) : NULL;
    id = before && !copy ? 0 : ls_names_add(&net->names, key->data, key->size);
    if (!id) {
      ls_free(copy);
      return ls_fail_nomem(err);
    }
    net->rows[net->n] = (ls_net_row){table, net->n, copy, NULL};
    net->n++;
  }
  *out = &net->rows[id - 1];
  return LS_OK;
}

/* The row with this key was `before` and is `after` now; either may be NULL. */
static int set(ls_row_net *net, const ls_bytes *key, const ls_table *table, const ls_value *before,
               const ls_value *after, ls_error *err) {
  ls_net_row *row = NULL;
  if (!ls_bytes_ok(key)) return ls_fail_nomem(err);
  int rc = touch(&row, net, key, table, before, err);
  if (rc) return rc;
  ls_value *copy = after ? ls_values_dup(after, table->n) : NULL;
  if (after && !copy) return ls_fail_nomem(err);
  ls_free(row->after);
  row->after = copy;
  return LS_OK;
}

static bool same_bytes(const ls_bytes *a, const ls_bytes *b) {
  return a->size == b->size && memcmp(a->data, b->data, a->size) == 0;
}

int ls_row_net_add(ls_row_net *net, const ls_row_change *change, ls_error *err) {
  const ls_table *table = change->table;
  ls_bytes *was = &net->was, *is = &net->is;
  ls_bytes_clear(was);
  ls_bytes_clear(is);
  if (change->before) ls_row_keys_put(was, &net->keys, table, change->before, change->old_rowid);
  if (change->after) ls_row_keys_put(is, &net->keys, table, change->after, change->new_rowid);
  if (!change->after) return set(net, was, table, change->before, NULL, err);
  if (!change->before) return set(net, is, table, NULL, change->after, err);
  if (ls_bytes_ok(was) && ls_bytes_ok(is) && same_bytes(was, is)) {
    return set(net, is, table, change->before, change->after, err);
  }
  int rc = set(net, was, table, change->before, NULL, err);
  return rc ? rc : set(net, is, table, NULL, change->after, err);
}

/* ---------------------------------------------------------------------------------------------- */

static int by_table(const void *a, const void *b) {
  const ls_net_row *x = a, *y = b;
  if (x->table != y->table) return x->table < y->table ? -1 : 1;
  return (x->place > y->place) - (x->place < y->place);
}

void ls_row_net_finish(ls_row_net *net) {
  size_t kept = 0;
  for (size_t i = 0; i < net->n; i++) {
    ls_net_row *row = &net->rows[i];
    if (!unchanged(row)) {
      net->rows[kept++] = *row;
      continue;
    }
    ls_free(row->before);
    ls_free(row->after);
  }
  net->n = kept;
  if (kept) qsort(net->rows, kept, sizeof *net->rows, by_table);
}
