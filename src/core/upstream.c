#include "core/upstream.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/pending.h"
#include "core/rebase.h"
#include "sync/merge.h"

/* The store stands at its log's head, and all of that is durable. */
static int make_ready(ls_store *store, ls_error *err) {
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_flush(store, err);
  return rc ? rc : ls_leader_count_receipts(store->leader, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Deciding */

typedef struct decision {
  ls_pending pending; /* all of it when the outcome is a rebase */
  ls_merge_result merged;
  int64_t generation;
} decision;

static int merge_window(decision *d, ls_log *log, const ls_event *events, size_t n, size_t synced, ls_error *err) {
  ls_seqnum upstream_head = ls_log_upstream_head(log);
  ls_pending_fini(&d->pending);
  int rc = ls_pending_read(&d->pending, log, upstream_head, synced, err);
  if (rc) return rc;
  ls_event *rebased = ls_malloc((d->pending.n + 1) * sizeof *rebased); /* numbers that nothing may fail to keep */
  if (!rebased) return ls_fail_nomem(err);
  ls_merge_state state = {d->pending.events, d->pending.n, upstream_head, ls_log_head(log).seq};
  ls_merge_input input = {.events = events, .n_events = n, .ignore_client_only = true, .generation = d->generation};
  rc = ls_merge(&d->merged, rebased, &state, &input, err);
  ls_free(rebased);
  return rc;
}

/* As many pending events as arrive are enough to see that they are these. */
static int decide(decision *d, ls_log *log, const ls_event *events, size_t n, ls_error *err) {
  d->generation = ls_log_generation(log) + 1;
  int rc = merge_window(d, log, events, n, n, err);
  if (rc || d->merged.outcome != LS_MERGED_REBASE || d->pending.whole) return rc;
  return merge_window(d, log, events, n, SIZE_MAX, err);
}

/* Client-only events behind the upstream head are not confirmed before something follows them. */
static size_t count_confirmed(const decision *d, ls_seqnum upstream_head) {
  size_t n = 0;
  while (n < d->merged.confirmed && !ls_seqnum_after(d->pending.events[n].seq, upstream_head)) n++;
  return n;
}

/* ---------------------------------------------------------------------------------------------- */
/* Doing */

/* The moved events begin at the pending one of index `first`; the first `confirmed` ones have come back. */
static int run(ls_upstream_result *out, const ls_rebase *rebase, size_t first, size_t confirmed, ls_error *err) {
  ls_receipts *receipts = &rebase->store->leader->receipts;
  ls_rebase_result result = {0};
  int rc = ls_rebase_run(&result, rebase, err);
  if (rc) return rc;
  for (size_t i = result.n; i > 0; i--) {
    const ls_rebase_conflict *conflict = &result.conflicts[i - 1];
    ls_receipts_set_aside(receipts, (int64_t)(first + conflict->first), (int64_t)conflict->n);
  }
  ls_receipts_confirm(receipts, (int64_t)confirmed);
  ls_free(result.conflicts);
  ls_store_snapshot_when_due(rebase->store);
  *out = (ls_upstream_result){.rebased = rebase->n_moved > 0, .confirmed = confirmed, .set_aside = result.n};
  return LS_OK;
}

static int confirm(ls_upstream_result *out, ls_store *store, const decision *d, size_t confirmed, ls_error *err) {
  int rc = ls_leader_confirm(store->leader, d->merged.upstream_head, confirmed, err);
  if (!rc) out->confirmed = confirmed;
  return rc;
}

static int apply(ls_upstream_result *out, ls_store *store, const decision *d, const ls_event *events, size_t n,
                 ls_error *err) {
  const ls_merge_result *merged = &d->merged;
  ls_log *log = store->leader->log;
  bool rebase = merged->outcome == LS_MERGED_REBASE;
  size_t confirmed = rebase ? merged->confirmed : count_confirmed(d, merged->upstream_head);
  if (!rebase && merged->fresh == n) return confirm(out, store, d, confirmed, err);
  ls_rebase r = {.store = store,
                 .after = ls_log_head(log).seq,
                 .fresh = events + merged->fresh,
                 .n_fresh = n - merged->fresh,
                 .upstream_head = merged->upstream_head};
  if (rebase) {
    r.generation = d->generation;
    r.after = confirmed ? d->pending.events[confirmed - 1].seq : ls_log_upstream_head(log);
    r.moved = d->pending.events + merged->rolled_back;
    r.n_moved = d->pending.n - merged->rolled_back;
  }
  return run(out, &r, confirmed, confirmed, err);
}

static int merge(ls_upstream_result *out, ls_store *store, const ls_event *events, size_t n, ls_error *err) {
  decision d = {.generation = 0};
  int rc = make_ready(store, err);
  if (!rc && n) rc = decide(&d, store->leader->log, events, n, err);
  if (!rc && n) rc = apply(out, store, &d, events, n, err);
  if (!rc && n) out->echoed = d.merged.fresh;
  ls_pending_fini(&d.pending);
  return rc;
}

int ls_upstream_merge(ls_upstream_result *out, ls_store *store, const ls_event *events, size_t n, bool more,
                      ls_error *err) {
  ls_upstream_result result = {.rebased = false};
  int rc = merge(&result, store, events, n, err);
  if (!rc && out) *out = result;
  if (!more) ls_store_react(store);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

int ls_upstream_pending(ls_store *store, int64_t after, ls_upstream_pending_fn each, void *user, ls_error *err) {
  ls_log *log = store->leader->log;
  ls_seqnum since = ls_log_upstream_head(log);
  ls_log_cursor *cursor;
  const ls_event *event;
  int rc = ls_store_check_usable(store, err), more = 0, stop = 0;
  if (!rc) rc = ls_log_settle(log, err);
  if (rc) return rc;
  if (after > since.global) since = (ls_seqnum){after, LS_SEQNUM_MAX_CLIENT, 0};
  rc = ls_log_cursor_open(&cursor, log, since, err);
  if (rc) return rc;
  ls_seqnum state = store->session->state->at.seq;
  while (!stop && (more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1 && !ls_seqnum_after(event->seq, state)) {
    if (!event->seq.client) stop = each(user, event);
  }
  ls_log_cursor_close(cursor);
  return more < 0 ? more : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

typedef struct refusal {
  const ls_event *event;
  const char *why;
} refusal;

static ls_rebase_fate refuse(ls_conflict *conflict, void *user) {
  const refusal *r = user;
  if (r->event < conflict->events || r->event >= conflict->events + conflict->n) return LS_REBASE_MOVE;
  conflict->cause = LS_CONFLICT_REFUSED;
  conflict->item = (size_t)(r->event - conflict->events);
  conflict->error = r->why;
  return LS_REBASE_SET_ASIDE;
}

/* The pending event of a number, and where its commit begins; NULL when there is none. */
static const ls_event *find_pending(size_t *first, const ls_pending *pending, int64_t global) {
  for (size_t i = 0, n; i < pending->n; i += n) {
    n = ls_pending_commit(&pending->events[i], pending->n - i);
    for (size_t j = i; j < i + n; j++) {
      *first = i;
      if (pending->events[j].seq.global == global && !pending->events[j].seq.client) return &pending->events[j];
    }
  }
  return NULL;
}

static int set_refused_aside(ls_store *store, const ls_pending *pending, int64_t global, const char *why,
                             ls_error *err) {
  ls_log *log = store->leader->log;
  size_t first = 0;
  refusal r = {find_pending(&first, pending, global), why};
  if (!r.event) return ls_fail(err, LS_ENOTFOUND, "e%lld is not pending", (long long)global);
  ls_seqnum upstream_head = ls_log_upstream_head(log);
  ls_rebase rebase = {.store = store,
                      .after = first ? pending->events[first - 1].seq : upstream_head,
                      .moved = pending->events + first,
                      .n_moved = pending->n - first,
                      .fate = refuse,
                      .user = &r,
                      .generation = ls_log_generation(log) + 1,
                      .upstream_head = upstream_head};
  ls_upstream_result result;
  return run(&result, &rebase, first, 0, err);
}

int ls_upstream_refused(ls_store *store, int64_t global, const char *why, ls_error *err) {
  ls_pending pending = {.n = 0};
  int rc = make_ready(store, err);
  if (!rc) rc = ls_pending_read(&pending, store->leader->log, ls_log_upstream_head(store->leader->log), SIZE_MAX, err);
  if (!rc) rc = set_refused_aside(store, &pending, global, why, err);
  ls_pending_fini(&pending);
  ls_store_react(store);
  return rc;
}
