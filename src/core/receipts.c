#include "core/receipts.h"

#include "base/alloc.h"
#include "base/err.h"

int ls_receipts_reserve(ls_receipts *r, size_t more, ls_error *err) {
  if (r->n + more <= r->capacity) return LS_OK;
  size_t capacity = r->capacity * 2 > r->n + more ? r->capacity * 2 : r->n + more;
  ls_gone *gone = ls_realloc(r->gone, capacity * sizeof *gone);
  if (!gone) return ls_fail_nomem(err);
  r->gone = gone;
  r->capacity = capacity;
  return LS_OK;
}

void ls_receipts_fini(ls_receipts *r) {
  ls_free(r->gone);
  memset(r, 0, sizeof *r);
}

/* The first that ends at an ordinal or behind it. */
static size_t find(const ls_receipts *r, int64_t ordinal) {
  size_t low = 0, high = r->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (r->gone[middle].last < ordinal)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* It overlaps none that is there. Neighbours of one kind become one. */
static void add(ls_receipts *r, ls_gone gone) {
  size_t at = find(r, gone.first);
  ls_gone *before = at ? &r->gone[at - 1] : NULL;
  if (before && before->last + 1 == gone.first && before->lost == gone.lost) {
    before->last = gone.last;
    return;
  }
  memmove(&r->gone[at + 1], &r->gone[at], (r->n - at) * sizeof *r->gone);
  r->gone[at] = gone;
  r->n++;
}

void ls_receipts_lose(ls_receipts *r) {
  if (r->committed > r->durable) add(r, (ls_gone){r->durable + 1, r->committed, true});
}

int64_t ls_receipts_pending(const ls_receipts *r) {
  int64_t n = r->committed - r->confirmed;
  for (size_t i = find(r, r->confirmed + 1); i < r->n; i++) n -= r->gone[i].last - r->gone[i].first + 1;
  return n;
}

/* The ordinal that is n places behind the last confirmed one, those that are gone left out. */
static int64_t nth(const ls_receipts *r, int64_t n) {
  int64_t ordinal = r->confirmed + n;
  for (size_t i = find(r, r->confirmed + 1); i < r->n && r->gone[i].first <= ordinal; i++) {
    ordinal += r->gone[i].last - r->gone[i].first + 1;
  }
  return ordinal;
}

void ls_receipts_set_aside(ls_receipts *r, int64_t first, int64_t n) {
  if (first < r->before) {
    r->before -= n;
  } else {
    int64_t ordinal = nth(r, first - r->before + 1);
    add(r, (ls_gone){ordinal, ordinal + n - 1, false});
  }
}

void ls_receipts_confirm(ls_receipts *r, int64_t n) {
  int64_t old = r->before < n ? r->before : n;
  r->before -= old;
  n -= old;
  if (n > 0) r->confirmed = nth(r, n);
}

ls_stage ls_receipts_stage(bool *lost, const ls_receipts *r, int64_t ordinal) {
  size_t at = find(r, ordinal);
  *lost = false;
  if (at < r->n && r->gone[at].first <= ordinal) {
    *lost = r->gone[at].lost;
    return *lost ? LS_STAGE_LOCAL : LS_STAGE_SET_ASIDE;
  }
  return ordinal <= r->confirmed ? LS_STAGE_CONFIRMED : LS_STAGE_LOCAL;
}
