#include "support/merge_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/seqnum.h"
#include "support/merge_check.h"

void *merge_grown(void *list, size_t *capacity, size_t n, size_t size) {
  if (n <= *capacity) return list;
  *capacity = 2 * n;
  list = realloc(list, *capacity * size);
  if (!list) abort();
  return list;
}

void event_list_add(event_list *to, const ls_event *events, size_t n) {
  to->all = merge_grown(to->all, &to->capacity, to->n + n, sizeof *to->all);
  if (n) memcpy(to->all + to->n, events, n * sizeof *events);
  to->n += n;
}

static bool is_own(const merge_node *n, const ls_event *event) {
  if (strncmp(event->client_id, n->name, 2) != 0) return false;
  return n->is_leader || strcmp(event->session_id, n->name + 3) == 0;
}

static const char *check_chain(const merge_node *n) {
  ls_seqnum head = LS_SEQNUM_ROOT, seq, parent;
  for (size_t i = 0; i < n->log.n; i++) {
    const ls_event *event = &n->log.all[i];
    bool client_only = event->name[0] == 'c';
    ls_seqnum_next(&seq, &parent, head, client_only, 0);
    if (ls_seqnum_place(event->seq) != ls_seqnum_place(seq)) return "the log has a hole, or an event changed its scope";
    if (ls_seqnum_place(event->parent) != ls_seqnum_place(parent)) return "an event has the wrong parent";
    head = event->seq;
  }
  return ls_seqnum_equal(n->local_head, head) ? NULL : "the local head is not the last event of the log";
}

static const char *check_own(const merge_node *n) {
  bool seen[MERGE_EVENTS] = {false};
  size_t own = 0;
  for (size_t i = 0; i < n->log.n; i++) {
    int id = atoi(n->log.all[i].args);
    if (seen[id]) return "an event is twice in the log";
    seen[id] = true;
    own += is_own(n, &n->log.all[i]);
  }
  return own == n->own ? NULL : "an event that was accepted here is not in the log";
}

const char *merge_node_check(const merge_node *n) {
  const char *what = check_chain(n);
  return what ? what : check_own(n);
}

const char *merge_node_number(merge_node *n, const ls_event *event) {
  size_t slot = (size_t)(event->seq.global * 131 + event->seq.client * 31 + event->seq.generation * 17) % MERGE_NUMBERS;
  while (n->used[slot].event && !ls_seqnum_equal(n->used[slot].seq, event->seq)) slot = (slot + 1) % MERGE_NUMBERS;
  int id = atoi(event->args) + 1;
  if (n->used[slot].event && n->used[slot].event != id) return "a number stands for two events";
  n->used[slot] = (merge_number){event->seq, id};
  return NULL;
}

const char *merge_node_decide(merge_node *n, const ls_merge_input *input) {
  ls_merge_state state = {n->log.all + n->agreed, n->log.n - n->agreed, n->upstream_head, n->local_head};
  n->rebased.all = merge_grown(n->rebased.all, &n->rebased.capacity, state.n_pending + 1, sizeof *n->rebased.all);
  if (ls_merge(&n->result, n->rebased.all, &state, input, &n->err)) return n->err.text;
  const char *what = merge_check(&n->result, n->rebased.all, &state, input);
  return what ? what : merge_check_part(&n->result, &state, input);
}

static void note_generations(merge_node *n, size_t from) {
  for (size_t i = from; i < n->log.n; i++) {
    if (n->log.all[i].seq.generation > n->generation) n->generation = n->log.all[i].seq.generation;
  }
}

size_t merge_node_kept(const merge_node *n, size_t taken_back) {
  return n->agreed - taken_back + n->result.rolled_back;
}

const char *merge_node_apply(merge_node *n, const ls_merge_input *input, size_t taken_back) {
  const ls_merge_result *r = &n->result;
  size_t kept = n->log.n = merge_node_kept(n, taken_back);
  event_list_add(&n->log, input->events + r->fresh, input->n_events - r->fresh);
  if (input->kind != LS_MERGE_PUSH) {
    n->agreed = r->fresh < input->n_events ? n->log.n : n->agreed - taken_back + r->confirmed;
  }
  event_list_add(&n->log, n->rebased.all, r->rebased);
  if (n->pushed < n->agreed || r->outcome == LS_MERGED_REBASE) n->pushed = n->agreed;
  n->upstream_head = r->upstream_head;
  n->local_head = r->local_head;
  note_generations(n, kept);
  const char *what = NULL;
  for (size_t i = 0; !what && i < r->rebased; i++) what = merge_node_number(n, &n->rebased.all[i]);
  return what;
}

void merge_node_fini(merge_node *n) {
  free(n->log.all);
  free(n->sent);
  free(n->messages);
  free(n->told.all);
  free(n->rebased.all);
}
