/* seqnum - the algebra of sequence numbers (see ls_seqnum in livestore.h). */
#ifndef LS_BASE_SEQNUM_H
#define LS_BASE_SEQNUM_H

#include "livestore.h"

static const ls_seqnum LS_SEQNUM_ROOT = {0, 0, 0};

/* All three parts equal. */
bool ls_seqnum_equal(ls_seqnum a, ls_seqnum b);
/* Does a stand behind b? Generations do not matter: they tell numberings apart, not places. */
bool ls_seqnum_after(ls_seqnum a, ls_seqnum b);
bool ls_seqnum_is_root(ls_seqnum seq);

/* The number that follows `head`, and its parent. A synced event's parent skips the client-only events before it.
 *   generation  of the new number; the parent keeps head's */
void ls_seqnum_next(ls_seqnum *seq, ls_seqnum *parent, ls_seqnum head, bool client_only, int64_t generation);

/* A place in the log as one integer, in log order: global * 2^24 + client. The key of every table by position. */
int64_t ls_seqnum_place(ls_seqnum seq);
ls_seqnum ls_seqnum_at_place(int64_t place, int64_t generation);
/* Are all parts within LS_SEQNUM_MAX_…? */
bool ls_seqnum_in_range(ls_seqnum seq);

#endif
