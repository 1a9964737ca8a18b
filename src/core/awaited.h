/* awaited - commits of a session whose leader is elsewhere: that one decides what becomes of them, and says so later.
 *
 *   LOCAL ──accepted──► DURABLE ──upstream──► CONFIRMED (forgotten)
 *     └───────────────────┴────────────────► SET ASIDE
 *
 * A commit is named by the ordinal of its last event (receipts.h) and found by that event's number, which a rebase
 * changes. Those behind one another have numbers behind one another. */
#ifndef LS_CORE_AWAITED_H
#define LS_CORE_AWAITED_H

#include "livestore.h"

#define LS_AWAITED_MOST 100000 /* the oldest are forgotten where nothing is ever confirmed; they stay DURABLE */

typedef struct ls_awaited_commit {
  int64_t ordinal;
  ls_seqnum last;
  bool durable, aside, lost_sight; /* lost_sight: nobody knows where it stands any more */
} ls_awaited_commit;

/* Zero-initialize; free with ls_awaited_fini. */
typedef struct ls_awaited {
  ls_awaited_commit *commits; /* ascending */
  size_t n, capacity;
  int64_t unknown; /* of those up to this ordinal that are not there, DURABLE is the last that is known; others were
                      confirmed */
} ls_awaited;

void ls_awaited_fini(ls_awaited *awaited);
int ls_awaited_reserve(ls_awaited *awaited, ls_error *err);
/* Needs room for one. */
void ls_awaited_add(ls_awaited *awaited, int64_t ordinal, ls_seqnum last);
/* What was added last is taken back, down to an ordinal. */
void ls_awaited_retract(ls_awaited *awaited, int64_t ordinal);

/* The leader has all up to a place; upstream has. O(commits). */
void ls_awaited_accept(ls_awaited *awaited, ls_seqnum head);
void ls_awaited_confirm(ls_awaited *awaited, ls_seqnum upstream_head);

ls_stage ls_awaited_stage(const ls_awaited *awaited, int64_t ordinal);

#endif
