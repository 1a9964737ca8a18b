/* merge - what becomes of a node's pending events when something arrives. One pure function, the same on every hop.
 *
 * A node has a log. Up to its upstream head the log is agreed upon; behind it lie pending events, which upstream has not
 * accepted yet. Three things may arrive:
 *   advance   upstream has more events. Those that are the node's own pending ones coming back confirm these. Where they
 *             differ, upstream wins: what is pending is taken back and put behind them anew, with new numbers.
 *   rebase    upstream has taken back events that it gave before, and gives others instead
 *   push      a downstream node offers events that follow the local head
 * The result is told in terms of the inputs; only events that get new numbers are written anew.
 *
 * What always holds
 *   1. confirmed ++ kept ++ rolled back is what was pending, in this order. Nothing pending is lost or doubled.
 *   2. What is rolled back is a suffix of the log, and comes back as `rebased`: as many events, in the same order, of the
 *      same scope (synced, client-only), numbered without a break behind the new upstream head, all of the generation
 *      that was asked for.
 *   3. Upstream head and local head never go back.
 *   4. No event is both confirmed and rebased.
 *   5. After an advance or a rebase, what upstream sent is in the log as it was sent: confirmed ++ fresh of an advance, but
 *      for client-only events that upstream does not know, is what arrived (generations aside).
 * An event is client-only when the client part of its number is not 0. */
#ifndef LS_SYNC_MERGE_H
#define LS_SYNC_MERGE_H

#include "livestore.h"

typedef struct ls_merge_state {
  const ls_event *pending; /* behind upstream_head, in log order; see ls_merge for when a part of it is enough */
  size_t n_pending;
  ls_seqnum upstream_head, local_head; /* local_head: the last of all that are pending */
} ls_merge_state;

typedef enum ls_merge_kind { LS_MERGE_ADVANCE, LS_MERGE_REBASE, LS_MERGE_PUSH } ls_merge_kind;

typedef struct ls_merge_input {
  ls_merge_kind kind;
  const ls_event *events; /* what arrives, in log order; for a rebase, what upstream gives instead */
  size_t n_events;
  bool ignore_client_only; /* upstream does not know client-only events: a server. They count as confirmed with the synced
                              events around them, and a push of them is not pending */
  int64_t generation;      /* given to rebased events: larger than any that this node has used */
} ls_merge_input;

typedef enum ls_merge_outcome {
  LS_MERGED_ADVANCE, /* nothing pending had to move */
  LS_MERGED_REBASE,  /* some had to, or upstream took back its own (also when nothing is pending) */
  LS_MERGED_REJECT   /* a push that does not lie behind the local head */
} ls_merge_outcome;

typedef struct ls_merge_result {
  ls_merge_outcome outcome;
  size_t confirmed;   /* pending[0 … confirmed) was accepted upstream */
  size_t rolled_back; /* pending[rolled_back … n_pending) is taken back; n_pending when nothing is */
  size_t fresh;       /* events[fresh … n_events) are new here: to be appended, before what is rebased */
  size_t rebased;     /* events written to the array of the call */
  ls_seqnum upstream_head;
  ls_seqnum local_head; /* of two numbers for one place the log's own: a confirmed e3r1 stays e3r1 */
  ls_seqnum expected;   /* LS_MERGED_REJECT: the least number that would have been taken */
} ls_merge_result;

/* Merge.
 *   rebased  room for state->n_pending events; those written borrow their texts from state->pending. A push needs none.
 * LS_EORDER the inputs break a rule that no correct peer breaks; the text says which: events not in ascending order; an
 * advance that does not lie behind the upstream head, or meets places that are taken by nothing pending; a client-only
 * event from an upstream that does not know them; a rebase that would move a head back.
 * LS_ELIMIT a rebased event would be beyond the largest position.
 * On an error *out is untouched. O(pending + events).
 *
 * To see whether an advance moves anything, the beginning of what is pending is enough, when it holds n_events events that
 * upstream may know (or all there is). With LS_MERGED_ADVANCE the answer is right: client-only events behind the part stay
 * pending until the next advance. With LS_MERGED_REBASE ask again with all of it. A push reads nothing of it. */
int ls_merge(ls_merge_result *out, ls_event *rebased, const ls_merge_state *state, const ls_merge_input *input,
             ls_error *err);

#endif
