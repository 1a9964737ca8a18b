/* rows_diff.c - what is different between two results, in O(rows): the rows of the first are hashed by key, and each
 * row of the second takes the first one of its key that is left. Most results differ in few rows, so what is equal at
 * both ends is passed over before. */
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/hash.h"
#include "core/changeset.h"
#include "core/rows.h"

#define NONE UINT32_MAX

typedef struct differ {
  const ls_rows *before, *after;
  size_t n_key;
  size_t *key;
  size_t first, before_end, after_end; /* rows outside are equal */
  uint32_t *buckets, *next;            /* chains of the first result's rows, counted from `first` */
  size_t n_buckets;
  uint32_t *match;  /* of each row before: the row after that took it, or NONE */
  uint32_t *origin; /* of each row after: the row before that it took, or NONE */
} differ;

static bool same_row(const differ *d, size_t before, size_t after) {
  size_t a_size, b_size;
  const char *a = ls_rows_row(d->before, before, &a_size), *b = ls_rows_row(d->after, after, &b_size);
  return a_size == b_size && memcmp(a, b, a_size) == 0;
}

static bool is_key(const differ *d, size_t column) {
  if (d->n_key == 0) return true;
  for (size_t i = 0; i < d->n_key; i++) {
    if (d->key[i] == column) return true;
  }
  return false;
}

/* Call for the bytes of each key value of a row, in the order of the columns. */
static void skip_to_key(const differ *d, const char *data, size_t size, size_t *at, size_t *column) {
  ls_value value;
  while (*column < d->after->columns->n && !is_key(d, *column) && ls_changeset_get(&value, data, size, at)) ++*column;
}

static uint64_t hash_key(const differ *d, const ls_rows *rows, size_t row) {
  size_t size, at = 0, column = 0;
  uint64_t hash = 0;
  const char *data = ls_rows_row(rows, row, &size);
  if (d->n_key == 0) return ls_hash64(data, size, 0);
  for (skip_to_key(d, data, size, &at, &column); column < rows->columns->n; skip_to_key(d, data, size, &at, &column)) {
    size_t start = at;
    ls_value value;
    if (!ls_changeset_get(&value, data, size, &at)) break;
    hash = ls_hash64(data + start, at - start, hash);
    column++;
  }
  return hash;
}

static bool same_key(const differ *d, size_t before, size_t after) {
  size_t a_size, b_size, a_at = 0, b_at = 0;
  const char *a = ls_rows_row(d->before, before, &a_size), *b = ls_rows_row(d->after, after, &b_size);
  if (d->n_key == 0) return a_size == b_size && memcmp(a, b, a_size) == 0;
  for (size_t column = 0; column < d->after->columns->n; column++) {
    size_t a_start = a_at, b_start = b_at;
    ls_value value;
    if (!ls_changeset_get(&value, a, a_size, &a_at) || !ls_changeset_get(&value, b, b_size, &b_at)) return false;
    bool same = a_at - a_start == b_at - b_start && memcmp(a + a_start, b + b_start, a_at - a_start) == 0;
    if (!same && is_key(d, column)) return false;
  }
  return true;
}

static void pass_equal_ends(differ *d) {
  d->before_end = ls_rows_count(d->before);
  d->after_end = ls_rows_count(d->after);
  while (d->first < d->before_end && d->first < d->after_end && same_row(d, d->first, d->first)) d->first++;
  while (d->before_end > d->first && d->after_end > d->first && same_row(d, d->before_end - 1, d->after_end - 1)) {
    d->before_end--;
    d->after_end--;
  }
}

/* Results of different columns have no row in common. */
static bool comparable(const ls_rows *before, const ls_rows *after) {
  if (!before || !after || before->columns->n != after->columns->n) return false;
  for (size_t i = 0; i < after->columns->n; i++) {
    if (strcmp(before->columns->names[i], after->columns->names[i]) != 0) return false;
  }
  return true;
}

static int allocate(differ *d, ls_error *err) {
  size_t n = d->before_end - d->first, m = d->after_end - d->first;
  for (d->n_buckets = 1; d->n_buckets < n;) d->n_buckets *= 2;
  uint32_t *block = ls_malloc((d->n_buckets + 2 * n + m) * sizeof *block);
  if (!block) return ls_fail_nomem(err);
  memset(block, 0xff, (d->n_buckets + 2 * n + m) * sizeof *block);
  d->buckets = block;
  d->next = block + d->n_buckets;
  d->match = d->next + n;
  d->origin = d->match + n;
  return LS_OK;
}

static uint32_t *bucket_of(const differ *d, const ls_rows *rows, size_t row) {
  return &d->buckets[hash_key(d, rows, row) & (d->n_buckets - 1)];
}

static void take_origin(differ *d, size_t row) {
  for (uint32_t *at = bucket_of(d, d->after, row); *at != NONE; at = &d->next[*at]) {
    if (!same_key(d, d->first + *at, row)) continue;
    d->match[*at] = (uint32_t)(row - d->first);
    d->origin[row - d->first] = *at;
    *at = d->next[*at];
    return;
  }
}

static void match_rows(differ *d) {
  for (size_t row = d->before_end; row > d->first; row--) { /* backwards, so that chains begin with the first */
    uint32_t *bucket = bucket_of(d, d->before, row - 1);
    d->next[row - 1 - d->first] = *bucket;
    *bucket = (uint32_t)(row - 1 - d->first);
  }
  for (size_t row = d->first; row < d->after_end; row++) take_origin(d, row);
}

static int tell_after(const differ *d, size_t row, ls_row_diff_fn each, void *user) {
  uint32_t origin = d->origin[row - d->first];
  if (origin == NONE) return each(user, &(ls_row_diff){LS_OP_INSERT, LS_NO_ROW, row});
  if (same_row(d, d->first + origin, row)) return 0;
  return each(user, &(ls_row_diff){LS_OP_UPDATE, d->first + origin, row});
}

static int tell(const differ *d, ls_row_diff_fn each, void *user) {
  int stop = 0;
  for (size_t row = d->first; !stop && row < d->before_end; row++) {
    if (d->match[row - d->first] == NONE) stop = each(user, &(ls_row_diff){LS_OP_DELETE, row, LS_NO_ROW});
  }
  for (size_t row = d->first; !stop && row < d->after_end; row++) stop = tell_after(d, row, each, user);
  return stop;
}

static int tell_all(const ls_rows *before, const ls_rows *after, ls_row_diff_fn each, void *user) {
  int stop = 0;
  for (size_t i = 0; !stop && i < ls_rows_count(before); i++) {
    stop = each(user, &(ls_row_diff){LS_OP_DELETE, i, LS_NO_ROW});
  }
  for (size_t i = 0; !stop && i < ls_rows_count(after); i++) {
    stop = each(user, &(ls_row_diff){LS_OP_INSERT, LS_NO_ROW, i});
  }
  return stop;
}

static int find_column(size_t *out, const ls_columns *columns, const char *name, ls_error *err) {
  for (size_t i = 0; i < columns->n; i++) {
    if (strcmp(columns->names[i], name) == 0) return *out = i, LS_OK;
  }
  return ls_fail(err, LS_EARGS, "the rows have no column \"%s\"", name);
}

static int choose_key(differ *d, const char *const *key, size_t n, ls_error *err) {
  const ls_columns *columns = d->after->columns;
  d->n_key = n ? n : columns->n_key;
  d->key = ls_malloc((d->n_key + 1) * sizeof *d->key);
  if (!d->key) return ls_fail_nomem(err);
  for (size_t i = 0; i < d->n_key; i++) {
    d->key[i] = n ? 0 : columns->key[i];
    int rc = n ? find_column(&d->key[i], columns, key[i], err) : LS_OK;
    if (rc) return rc;
  }
  return LS_OK;
}

int ls_rows_diff(const ls_rows *before, const ls_rows *after, const char *const *key, size_t n_key, ls_row_diff_fn each,
                 void *user, ls_error *err) {
  if (!comparable(before, after)) {
    tell_all(before, after, each, user);
    return LS_OK;
  }
  differ d = {.before = before, .after = after};
  int rc = choose_key(&d, key, n_key, err);
  if (!rc) pass_equal_ends(&d);
  if (!rc) rc = allocate(&d, err);
  if (!rc) {
    match_rows(&d);
    tell(&d, each, user);
  }
  ls_free(d.buckets);
  ls_free(d.key);
  return rc;
}
