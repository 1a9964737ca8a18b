/* What the leader says of its log: how it goes on, what it has accepted, and how far upstream has. */
#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/rebase.h"
#include "core/uplink.h"
#include "core/uplink_match.h"

static ls_event author(const struct ls_uplink *uplink) {
  return (ls_event){.client_id = uplink->store->leader->client_id, .session_id = uplink->store->session->session_id};
}

/* The numbers of moved events: those behind what was given, in order, but for commits that became conflicts. */
static void number_moved(ls_own *own, const ls_pending *now, const ls_rebase_result *result, size_t n) {
  size_t at = 0, conflict = 0;
  for (size_t i = 0; i < n; i++) {
    while (conflict < result->n && i >= result->conflicts[conflict].first + result->conflicts[conflict].n) conflict++;
    bool aside = conflict < result->n && i >= result->conflicts[conflict].first;
    if (aside || at == now->n)
      own[i].fate = LS_OWN_ASIDE;
    else
      own[i] = (ls_own){LS_OWN_KEPT, now->events[at++].seq};
  }
}

static const ls_own *fate_of(const ls_own *own, const ls_pending *before, ls_seqnum seq) {
  for (size_t low = 0, high = before->n; low < high;) {
    size_t middle = low + (high - low) / 2;
    if (ls_seqnum_equal(before->events[middle].seq, seq)) return &own[middle];
    if (ls_seqnum_after(seq, before->events[middle].seq))
      low = middle + 1;
    else
      high = middle;
  }
  return NULL;
}

static void tell_awaited(ls_awaited *awaited, const ls_own *own, const ls_pending *before) {
  for (size_t i = 0; i < awaited->n; i++) {
    ls_awaited_commit *commit = &awaited->commits[i];
    const ls_own *fate = commit->aside || commit->lost_sight ? NULL : fate_of(own, before, commit->last);
    if (fate && fate->fate == LS_OWN_KEPT) commit->last = fate->seq;
    if (fate && fate->fate == LS_OWN_ASIDE) commit->aside = true;
  }
}

static int run_rebase(ls_rebase_result *result, struct ls_uplink *uplink, const ls_uplink_change *c,
                      const ls_pending *before, size_t moved, ls_error *err) {
  ls_log *log = ls_uplink_log(uplink);
  ls_rebase rebase = {.store = uplink->store,
                      .after = c->after,
                      .fresh = c->events,
                      .n_fresh = c->appended ? 0 : c->n,
                      .moved = moved ? before->events + before->n - moved : NULL,
                      .n_moved = moved,
                      .generation = ls_log_generation(log) + 1,
                      .upstream_head = ls_log_upstream_head(log)};
  return ls_rebase_run(result, &rebase, err);
}

int ls_uplink_take_change(struct ls_uplink *uplink, const ls_uplink_change *c, const ls_pending *before, size_t theirs,
                          ls_error *err) {
  ls_event who = author(uplink);
  ls_rebase_result result = {.n = 0};
  ls_pending now = {.n = 0};
  ls_own *own = ls_malloc((before->n + 1) * sizeof *own);
  if (!own) return ls_fail_nomem(err);
  ls_own_match(own, before->events, before->n, theirs, c->events, c->n, &who);
  int rc = run_rebase(&result, uplink, c, before, before->n - theirs, err);
  if (!rc) {
    uplink->accepted = c->n ? c->events[c->n - 1].seq : c->after;
    uplink->theirs = 0;
    ls_uplink_send_again(uplink);
    rc = ls_pending_read(&now, ls_uplink_log(uplink), uplink->accepted, SIZE_MAX, err);
    number_moved(own + theirs, &now, &result, before->n - theirs);
    tell_awaited(&uplink->awaited, own, before);
    ls_awaited_accept(&uplink->awaited, uplink->accepted);
  }
  ls_pending_fini(&now);
  ls_free(result.conflicts);
  ls_free(own);
  return rc;
}

/* How many of the events the leader has, or had. */
static size_t count_theirs(const struct ls_uplink *uplink, const ls_pending *before) {
  size_t n = 0;
  while (n < before->n && !ls_seqnum_after(before->events[n].seq, uplink->accepted)) n++;
  n += uplink->theirs;
  return n < before->n ? n : before->n;
}

static int check_place(const struct ls_uplink *uplink, ls_seqnum after, ls_error *err) {
  char at[LS_SEQNUM_TEXT];
  ls_mark mark;
  int there = ls_log_mark(&mark, ls_uplink_log(uplink), after, err);
  if (there < 0) return there;
  if (there && !ls_seqnum_after(after, uplink->accepted)) return LS_OK;
  return ls_fail(err, LS_ENOTFOUND, "the leader's log goes on behind %s, which this session does not have",
                 ls_seqnum_format(after, at));
}

int ls_uplink_receive_change(struct ls_uplink *uplink, ls_error *err) {
  ls_uplink_change c = {.events = uplink->message.events, .n = uplink->message.n};
  int64_t said;
  ls_pending before = {.n = 0};
  int rc = ls_link_seqnum(&c.after, &uplink->message, 0, "after", err);
  if (!rc) rc = check_place(uplink, c.after, err);
  if (!rc) rc = ls_link_count(&said, &uplink->message, 0, "said", err);
  if (rc) return rc;
  if (said != uplink->heard) ls_uplink_send_again(uplink);
  uplink->heard = said;
  if (!c.n && !uplink->theirs && ls_seqnum_equal(c.after, uplink->accepted))
    return LS_OK; /* its news is the upstream head */
  rc = ls_store_check_usable(uplink->store, err);
  if (!rc) rc = ls_pending_read(&before, ls_uplink_log(uplink), c.after, SIZE_MAX, err);
  if (!rc) rc = ls_uplink_take_change(uplink, &c, &before, count_theirs(uplink, &before), err);
  ls_pending_fini(&before);
  return rc;
}

int ls_uplink_receive_accepted(struct ls_uplink *uplink, ls_error *err) {
  ls_seqnum head;
  ls_mark mark;
  int rc = ls_link_seqnum(&head, &uplink->message, 0, "accepted", err);
  if (!rc) rc = ls_link_count(&uplink->has, &uplink->message, 0, "has", err);
  if (uplink->sent_has < uplink->has) uplink->sent_has = uplink->has;
  int there = rc ? rc : ls_log_mark(&mark, ls_uplink_log(uplink), head, err);
  if (there < 0) return there;
  if (!there) return ls_fail(err, LS_ENOTFOUND, "the leader has accepted what this session has not sent");
  if (ls_seqnum_after(head, uplink->accepted)) uplink->accepted = head;
  if (ls_seqnum_after(head, uplink->sent)) uplink->sent = head;
  ls_awaited_accept(&uplink->awaited, head);
  return LS_OK;
}

int ls_uplink_receive_upstream(struct ls_uplink *uplink, ls_error *err) {
  ls_log *log = ls_uplink_log(uplink);
  ls_seqnum head;
  if (!ls_link_find(&uplink->message, 0, "upstream")) return LS_OK;
  int rc = ls_link_seqnum(&head, &uplink->message, 0, "upstream", err);
  if (rc || !ls_seqnum_after(head, ls_log_upstream_head(log))) return rc;
  if (ls_seqnum_after(head, uplink->accepted)) return ls_fail(err, LS_EPROTOCOL, "upstream is ahead of the leader");
  rc = ls_log_set_upstream_head(log, head, err);
  if (!rc) ls_awaited_confirm(&uplink->awaited, head);
  return rc;
}
