#include "sync/merge.h"

#include "base/err.h"
#include "base/event.h"
#include "base/seqnum.h"

static bool is_client_only(const ls_event *event) { return event->seq.client != 0; }

static ls_seqnum furthest(ls_seqnum a, ls_seqnum b) { return ls_seqnum_after(b, a) ? b : a; }

static ls_seqnum last_seq(const ls_merge_input *input, ls_seqnum otherwise) {
  return input->n_events ? input->events[input->n_events - 1].seq : otherwise;
}

/* LS_EORDER: `what`, then `seq`, then that it should lie behind `head`. */
static int fail_behind(ls_error *err, const char *what, ls_seqnum seq, const char *which, ls_seqnum head) {
  char text[LS_SEQNUM_TEXT], before[LS_SEQNUM_TEXT];
  return ls_fail(err, LS_EORDER, "%s %s does not lie behind %s %s", what, ls_seqnum_format(seq, text), which,
                 ls_seqnum_format(head, before));
}

/* ---------------------------------------------------------------------------------------------- */
/* What no correct peer does */

static int check_ascending(const ls_merge_input *input, ls_error *err) {
  for (size_t i = 1; i < input->n_events; i++) {
    ls_seqnum before = input->events[i - 1].seq, seq = input->events[i].seq;
    if (!ls_seqnum_after(seq, before)) {
      return fail_behind(err, "events arrived out of order:", seq, "the one before it,", before);
    }
  }
  return LS_OK;
}

static int check_synced(const ls_merge_input *input, ls_error *err) {
  for (size_t i = 0; i < input->n_events; i++) {
    char text[LS_SEQNUM_TEXT];
    if (!is_client_only(&input->events[i])) continue;
    return ls_fail(err, LS_EORDER, "%s is client-only, but came from upstream, which should know synced events only",
                   ls_seqnum_format(input->events[i].seq, text));
  }
  return LS_OK;
}

static int check_input(const ls_merge_input *input, ls_error *err) {
  int rc = check_ascending(input, err);
  if (rc || input->kind == LS_MERGE_PUSH || !input->ignore_client_only) return rc;
  return check_synced(input, err);
}

static int check_heads(const ls_merge_result *result, const ls_merge_state *state, ls_error *err) {
  char before[LS_SEQNUM_TEXT], after[LS_SEQNUM_TEXT];
  if (ls_seqnum_after(state->upstream_head, result->upstream_head)) {
    return ls_fail(err, LS_EORDER, "the upstream head would go back from %s to %s",
                   ls_seqnum_format(state->upstream_head, before), ls_seqnum_format(result->upstream_head, after));
  }
  /* When a part of what is pending is given, the local head is none of it. */
  bool rebased = result->outcome == LS_MERGED_REBASE && state->n_pending;
  ls_seqnum local = rebased ? state->pending[state->n_pending - 1].seq : state->local_head;
  if (ls_seqnum_after(local, result->local_head)) {
    return ls_fail(err, LS_EORDER,
                   "the local head would go back from %s to %s: what is pending does not follow upstream",
                   ls_seqnum_format(local, before), ls_seqnum_format(result->local_head, after));
  }
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Merging */

/* The result when nothing happens. */
static ls_merge_result unchanged(const ls_merge_state *state, const ls_merge_input *input) {
  return (ls_merge_result){.outcome = LS_MERGED_ADVANCE,
                           .rolled_back = state->n_pending,
                           .fresh = input->n_events,
                           .upstream_head = state->upstream_head,
                           .local_head = state->local_head};
}

/* Take back what is pending from result->rolled_back on, and number it anew behind the upstream head. */
static int rebase(ls_merge_result *result, ls_event *rebased, const ls_merge_state *state, int64_t generation,
                  ls_error *err) {
  ls_seqnum head = result->upstream_head;
  for (size_t i = result->rolled_back; i < state->n_pending; i++) {
    ls_event *event = &rebased[result->rebased++];
    *event = state->pending[i];
    ls_seqnum_next(&event->seq, &event->parent, head, is_client_only(event), generation);
    head = event->seq;
    char text[LS_SEQNUM_TEXT];
    if (!ls_seqnum_in_range(head)) {
      return ls_fail(err, LS_ELIMIT, "a pending event would become %s, which is beyond the largest position",
                     ls_seqnum_format(head, text));
    }
  }
  result->outcome = LS_MERGED_REBASE;
  result->local_head = head;
  return LS_OK;
}

/* How far the events that arrive are the pending ones coming back. */
typedef struct echo {
  size_t events; /* events[0 … events) are */
  size_t pending; /* pending[0 … pending) are confirmed by them: the same, and client-only ones in between that upstream
                     does not know */
  size_t next;    /* the pending event to be compared next: behind the client-only ones that follow those */
} echo;

static echo find_echo(const ls_merge_state *state, const ls_merge_input *input) {
  echo found = {0, 0, 0};
  for (; found.next < state->n_pending; found.next++) {
    const ls_event *event = &state->pending[found.next];
    if (input->ignore_client_only && is_client_only(event)) continue;
    if (found.events == input->n_events || !ls_event_equal(event, &input->events[found.events])) break;
    found.events++;
    found.pending = found.next + 1;
  }
  return found;
}

/* The events that are no echo are new here, and they are a suffix of what arrives. Either a pending event differs from
 * the first of them: then it and all behind it is taken back, and nothing pending is left that a later one could be. Or
 * pending has come to its end: then each is behind the last echo, since they ascend, and so behind all that was pending,
 * but for client-only events that were passed over; those are not given with ignore_client_only (check_synced). */
static int merge_advance(ls_merge_result *result, ls_event *rebased, const ls_merge_state *state,
                         const ls_merge_input *input, ls_error *err) {
  if (!input->n_events) return LS_OK;
  ls_seqnum first = input->events[0].seq;
  if (!ls_seqnum_after(first, state->upstream_head)) {
    return fail_behind(err, "upstream sent again what it had sent:", first, "the upstream head", state->upstream_head);
  }
  echo found = find_echo(state, input);
  bool some_new = found.events < input->n_events;
  result->upstream_head = last_seq(input, first);
  result->fresh = found.events;
  if (some_new && found.next < state->n_pending) {
    result->confirmed = result->rolled_back = found.pending;
    return rebase(result, rebased, state, input->generation, err);
  }
  if (some_new && !ls_seqnum_after(input->events[found.events].seq, state->local_head)) {
    return fail_behind(err, "nothing is pending that could be", input->events[found.events].seq, "the local head",
                       state->local_head);
  }
  result->confirmed = found.next;
  result->local_head = furthest(state->local_head, result->upstream_head);
  return LS_OK;
}

/* What is pending is never compared here: upstream's new events are those that it had given, numbered anew, and what is
 * pending is what it had not given. */
static int merge_rebase(ls_merge_result *result, ls_event *rebased, const ls_merge_state *state,
                        const ls_merge_input *input, ls_error *err) {
  result->fresh = 0;
  result->rolled_back = 0;
  result->upstream_head = last_seq(input, state->upstream_head);
  return rebase(result, rebased, state, input->generation, err);
}

static void merge_push(ls_merge_result *result, const ls_merge_state *state, const ls_merge_input *input) {
  if (!input->n_events) return;
  if (!ls_seqnum_after(input->events[0].seq, state->local_head)) {
    ls_seqnum parent;
    result->outcome = LS_MERGED_REJECT;
    ls_seqnum_next(&result->expected, &parent, state->local_head, true, state->local_head.generation);
    return;
  }
  result->fresh = 0;
  for (size_t i = input->n_events; i-- > 0;) {
    if (input->ignore_client_only && is_client_only(&input->events[i])) continue;
    result->local_head = input->events[i].seq;
    return;
  }
}

int ls_merge(ls_merge_result *out, ls_event *rebased, const ls_merge_state *state, const ls_merge_input *input,
             ls_error *err) {
  ls_merge_result result = unchanged(state, input);
  int rc = check_input(input, err);
  if (rc) return rc;
  switch (input->kind) {
    case LS_MERGE_ADVANCE: rc = merge_advance(&result, rebased, state, input, err); break;
    case LS_MERGE_REBASE: rc = merge_rebase(&result, rebased, state, input, err); break;
    case LS_MERGE_PUSH: merge_push(&result, state, input); break;
  }
  if (!rc) rc = check_heads(&result, state, err);
  if (rc) return rc;
  *out = result;
  return LS_OK;
}
