#include "support/merge_check.h"

#include <stdlib.h>

#include "base/event.h"
#include "base/seqnum.h"

bool merge_same(const ls_event *a, const ls_event *b) {
  return ls_event_equal(a, b) && ls_seqnum_equal(a->seq, b->seq) && ls_seqnum_equal(a->parent, b->parent);
}

/* The same but for numbers. */
static bool same_content(const ls_event *a, const ls_event *b) {
  ls_event moved = *a;
  moved.seq = b->seq;
  return ls_event_equal(&moved, b) && a->more == b->more && a->undoes == b->undoes;
}

static bool is_client_only(const ls_event *event) { return event->seq.client != 0; }

static const char *check_parts(const ls_merge_result *r, const ls_merge_state *state, const ls_merge_input *input) {
  if (r->confirmed > r->rolled_back || r->rolled_back > state->n_pending) return "the parts of pending do not fit";
  if (r->fresh > input->n_events) return "more is old than arrived";
  if (r->rebased != state->n_pending - r->rolled_back) return "not all that is rolled back is rebased";
  if (input->kind == LS_MERGE_PUSH) return r->confirmed || r->rebased ? "a push touched what was pending" : NULL;
  if (r->fresh < input->n_events && r->confirmed < r->rolled_back) return "new events would stand behind pending ones";
  if (r->outcome == LS_MERGED_ADVANCE && r->rebased) return "an advance rebased";
  return NULL;
}

static const char *check_rebased(const ls_merge_result *r, const ls_event *rebased, const ls_merge_state *state,
                                 int64_t generation) {
  ls_seqnum head = r->upstream_head, seq, parent;
  for (size_t i = 0; i < r->rebased; i++) {
    const ls_event *before = &state->pending[r->rolled_back + i];
    if (!same_content(before, &rebased[i])) return "a rebased event has changed";
    if (is_client_only(before) != is_client_only(&rebased[i])) return "a rebased event changed its scope";
    ls_seqnum_next(&seq, &parent, head, is_client_only(before), generation);
    if (!ls_seqnum_equal(rebased[i].seq, seq)) return "a rebased event does not follow the one before it";
    if (!ls_seqnum_equal(rebased[i].parent, parent)) return "a rebased event has another parent than the one before it";
    head = seq;
  }
  return r->rebased && !ls_seqnum_equal(r->local_head, head) ? "the local head is not the last rebased event" : NULL;
}

/* A push moves the local head to the last event that is pending. */
static const char *check_pushed_head(const ls_merge_result *r, const ls_merge_state *state,
                                     const ls_merge_input *input) {
  ls_seqnum head = state->local_head;
  for (size_t i = r->fresh; i < input->n_events; i++) {
    if (!input->ignore_client_only || !is_client_only(&input->events[i])) head = input->events[i].seq;
  }
  if (!ls_seqnum_equal(r->upstream_head, state->upstream_head)) return "a push moved the upstream head";
  return ls_seqnum_equal(r->local_head, head) ? NULL : "the local head is not the last event that was pushed";
}

static const char *check_heads(const ls_merge_result *r, const ls_merge_state *state, const ls_merge_input *input) {
  if (ls_seqnum_after(state->upstream_head, r->upstream_head)) return "the upstream head went back";
  if (ls_seqnum_after(state->local_head, r->local_head)) return "the local head went back";
  if (ls_seqnum_after(r->upstream_head, r->local_head)) return "the upstream head is ahead of the local one";
  if (input->kind == LS_MERGE_PUSH) return check_pushed_head(r, state, input);
  ls_seqnum upstream = input->n_events ? input->events[input->n_events - 1].seq : state->upstream_head;
  return ls_seqnum_equal(upstream, r->upstream_head) ? NULL : "the upstream head is not what arrived last";
}

/* confirmed ++ fresh is what arrived. */
static const char *check_agreed(const ls_merge_result *r, const ls_merge_state *state, const ls_merge_input *input) {
  size_t n = 0;
  for (size_t i = 0; i < r->confirmed; i++) {
    if (input->ignore_client_only && is_client_only(&state->pending[i])) continue;
    if (n == r->fresh || !ls_event_equal(&state->pending[i], &input->events[n])) {
      return "something is confirmed that did not arrive";
    }
    n++;
  }
  return n == r->fresh ? NULL : "something that arrived is neither confirmed nor new";
}

/* A rebase only where a pending event differs from what arrived in its place, and as little of one as can be. */
static const char *check_needed(const ls_merge_result *r, const ls_merge_state *state, const ls_merge_input *input) {
  if (r->outcome != LS_MERGED_REBASE) return NULL;
  if (r->fresh == input->n_events) return "rolled back, but nothing is new";
  if (r->confirmed && input->ignore_client_only && is_client_only(&state->pending[r->confirmed - 1])) {
    return "a client-only event did not stay with the pending ones behind it";
  }
  size_t i = r->rolled_back;
  while (i < state->n_pending && input->ignore_client_only && is_client_only(&state->pending[i])) i++;
  if (i == state->n_pending) return "rolled back client-only events alone";
  return ls_event_equal(&state->pending[i], &input->events[r->fresh]) ? "rolled back what was confirmed" : NULL;
}

static const char *check_not_doubled(const ls_merge_result *r, const ls_event *rebased, const ls_merge_state *state,
                                     const ls_merge_input *input) {
  for (size_t i = 0; i < r->confirmed; i++) {
    for (size_t k = 0; k < r->rebased; k++) {
      if (same_content(&state->pending[i], &rebased[k])) return "an event is both confirmed and rebased";
    }
    for (size_t k = r->fresh; k < input->n_events; k++) {
      if (same_content(&state->pending[i], &input->events[k])) return "an event is both confirmed and new";
    }
  }
  return NULL;
}

static const char *check_reject(const ls_merge_result *r, const ls_merge_state *state, const ls_merge_input *input) {
  if (input->kind != LS_MERGE_PUSH || !input->n_events) return "refused what cannot be";
  if (ls_seqnum_after(input->events[0].seq, state->local_head)) return "refused a push that lies behind the local head";
  if (!ls_seqnum_after(r->expected, state->local_head)) return "asked for what would be refused again";
  bool same = ls_seqnum_equal(r->upstream_head, state->upstream_head) &&
              ls_seqnum_equal(r->local_head, state->local_head) && r->fresh == input->n_events;
  return same ? NULL : "refused, but something changed";
}

const char *merge_check(const ls_merge_result *result, const ls_event *rebased, const ls_merge_state *state,
                        const ls_merge_input *input) {
  const char *wrong = check_parts(result, state, input);
  if (!wrong) wrong = check_rebased(result, rebased, state, input->generation);
  if (!wrong) wrong = check_heads(result, state, input);
  if (!wrong && result->outcome == LS_MERGED_REJECT) return check_reject(result, state, input);
  if (!wrong && input->kind == LS_MERGE_ADVANCE) {
    wrong = check_agreed(result, state, input);
    if (!wrong) wrong = check_needed(result, state, input);
    if (!wrong) wrong = check_not_doubled(result, rebased, state, input);
  }
  return wrong;
}

/* How many pending events hold as many of those that upstream may know as arrive. */
static size_t enough(const ls_merge_state *state, const ls_merge_input *input) {
  size_t i = 0;
  for (size_t n = 0; i < state->n_pending && n < input->n_events; i++) {
    if (!input->ignore_client_only || !is_client_only(&state->pending[i])) n++;
  }
  return i;
}

static bool same_advance(const ls_merge_result *whole, const ls_merge_result *part, const ls_merge_state *state) {
  bool same = part->fresh == whole->fresh && part->confirmed <= whole->confirmed &&
              ls_seqnum_equal(part->upstream_head, whole->upstream_head) &&
              ls_seqnum_equal(part->local_head, whole->local_head);
  for (size_t i = part->confirmed; same && i < whole->confirmed; i++) same = is_client_only(&state->pending[i]);
  return same;
}

const char *merge_check_part(const ls_merge_result *result, const ls_merge_state *state, const ls_merge_input *input) {
  if (input->kind != LS_MERGE_ADVANCE) return NULL;
  ls_merge_state part = *state;
  part.n_pending = enough(state, input);
  ls_event *rebased = malloc((part.n_pending + 1) * sizeof *rebased);
  ls_merge_result again;
  int rc = rebased ? ls_merge(&again, rebased, &part, input, NULL) : LS_ENOMEM;
  free(rebased);
  if (rc) return "a part of what is pending is refused";
  if (again.outcome != result->outcome) return "a part of what is pending does not tell whether anything moves";
  if (again.outcome == LS_MERGED_REBASE || same_advance(result, &again, state)) return NULL;
  return "a part of what is pending gives another answer";
}
