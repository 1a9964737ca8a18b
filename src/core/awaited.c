#include "core/awaited.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"

void ls_awaited_fini(ls_awaited *awaited) {
  ls_free(awaited->commits);
  memset(awaited, 0, sizeof *awaited);
}

int ls_awaited_reserve(ls_awaited *awaited, ls_error *err) {
  if (awaited->n < awaited->capacity) return LS_OK;
  size_t capacity = awaited->capacity * 2 + 16;
  ls_awaited_commit *commits = ls_realloc(awaited->commits, capacity * sizeof *commits);
  if (!commits) return ls_fail_nomem(err);
  awaited->commits = commits;
  awaited->capacity = capacity;
  return LS_OK;
}

static void drop_oldest(ls_awaited *awaited, size_t n) {
  awaited->n -= n;
  memmove(awaited->commits, awaited->commits + n, awaited->n * sizeof *awaited->commits);
}

void ls_awaited_add(ls_awaited *awaited, int64_t ordinal, ls_seqnum last) {
  awaited->commits[awaited->n++] = (ls_awaited_commit){.ordinal = ordinal, .last = last};
  if (awaited->n <= LS_AWAITED_MOST) return;
  awaited->unknown = awaited->commits[LS_AWAITED_MOST / 2 - 1].ordinal;
  drop_oldest(awaited, LS_AWAITED_MOST / 2);
}

void ls_awaited_retract(ls_awaited *awaited, int64_t ordinal) {
  while (awaited->n && awaited->commits[awaited->n - 1].ordinal > ordinal) awaited->n--;
}

void ls_awaited_accept(ls_awaited *awaited, ls_seqnum head) {
  for (size_t i = awaited->n; i > 0; i--) {
    ls_awaited_commit *commit = &awaited->commits[i - 1];
    if (commit->aside) continue;
    if (commit->durable) break;
    commit->durable = !ls_seqnum_after(commit->last, head);
  }
}

void ls_awaited_confirm(ls_awaited *awaited, ls_seqnum upstream_head) {
  size_t kept = 0;
  for (size_t i = 0; i < awaited->n; i++) {
    ls_awaited_commit commit = awaited->commits[i];
    if (commit.aside || commit.lost_sight || ls_seqnum_after(commit.last, upstream_head))
      awaited->commits[kept++] = commit;
  }
  awaited->n = kept;
}

ls_stage ls_awaited_stage(const ls_awaited *awaited, int64_t ordinal) {
  size_t low = 0, high = awaited->n;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (awaited->commits[middle].ordinal < ordinal)
      low = middle + 1;
    else
      high = middle;
  }
  if (low < awaited->n && awaited->commits[low].ordinal == ordinal) {
    const ls_awaited_commit *commit = &awaited->commits[low];
    return commit->aside ? LS_STAGE_SET_ASIDE : commit->durable ? LS_STAGE_DURABLE : LS_STAGE_LOCAL;
  }
  return ordinal <= awaited->unknown ? LS_STAGE_DURABLE : LS_STAGE_CONFIRMED;
}
