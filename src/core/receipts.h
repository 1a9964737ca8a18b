/* receipts - what has become of commits, told by counting alone. Events that are committed here get the ordinals 1, 2,
 * 3…; no rebase changes their order, so the ordinal of a commit's last event names it for as long as the store is open.
 *
 *   ordinals    1 … confirmed   confirmed+1 … committed
 *               accepted        pending
 *
 * but for those that are gone: set aside, or lost in a flush that failed. Events that are pending and have no ordinal
 * (they were in the log when it was opened) stand before all pending ones that have. Takes memory for each commit that
 * is gone. */
#ifndef LS_CORE_RECEIPTS_H
#define LS_CORE_RECEIPTS_H

#include "livestore.h"

typedef struct ls_gone {
  int64_t first, last; /* ordinals */
  bool lost;           /* not set aside */
} ls_gone;

/* Zero-initialize; free with ls_receipts_fini. */
typedef struct ls_receipts {
  int64_t committed, confirmed;
  int64_t durable; /* up to here when something was last found to be durable */
  int64_t before;  /* pending events without an ordinal, once `counted` */
  bool counted;
  uint64_t losses; /* ls_log_losses when last looked at */
  ls_gone *gone;   /* ascending */
  size_t n, capacity;
} ls_receipts;

/* Make room for `more` that are gone. */
int ls_receipts_reserve(ls_receipts *r, size_t more, ls_error *err);
/* All behind `durable` is lost. Needs room for one. */
void ls_receipts_lose(ls_receipts *r);
/* How many are pending and have an ordinal. */
int64_t ls_receipts_pending(const ls_receipts *r);

/* The n pending events of one commit, from index `first` on (0: the first pending event of the log), were set aside.
 * Needs room for one. Several commits are told from the last to the first. O(gone). */
void ls_receipts_set_aside(ls_receipts *r, int64_t first, int64_t n);
/* The first n pending events were confirmed. */
void ls_receipts_confirm(ls_receipts *r, int64_t n);

/* LS_STAGE_LOCAL means that it is pending, or lost: see `lost`. O(log gone). */
ls_stage ls_receipts_stage(bool *lost, const ls_receipts *r, int64_t ordinal);
void ls_receipts_fini(ls_receipts *r);

#endif
