/* sync_pending.c - how many pending events are to be pushed. To count them is to read them; so what was counted last is
 * kept, and only what came behind it or was confirmed since is read. The digest at its end tells whether it still holds:
 * a log that has the same one there holds the same events up to there (base/event.h).
 *
 *   upstream then      upstream now       head then        head now
 *   ├──────────────────┼──────────────────┼────────────────┤
 *    minus these                           plus these            */
#include "base/seqnum.h"
#include "core/log.h"
#include "core/store.h"
#include "core/sync.h"

/* Those behind `after` up to `until`, client-only ones left out. */
static int count_between(uint64_t *out, ls_log *log, ls_seqnum after, ls_seqnum until, ls_error *err) {
  uint64_t n = 0;
  ls_log_cursor *cursor;
  const ls_event *event;
  if (!ls_seqnum_after(until, after)) {
    *out = 0;
    return LS_OK;
  }
  int more, rc = ls_log_cursor_open(&cursor, log, after, err);
  if (rc) return rc;
  while ((more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1 && !ls_seqnum_after(event->seq, until)) {
    if (!event->seq.client) n++;
  }
  ls_log_cursor_close(cursor);
  if (more >= 0) *out = n;
  return more < 0 ? more : LS_OK;
}

/* Does what was counted last still hold, and end at or behind where upstream is now, before `head`? 1, 0 or negative. */
static int can_go_on(const ls_sync_counted *last, ls_log *log, ls_mark head, ls_error *err) {
  ls_mark there;
  ls_seqnum upstream = ls_log_upstream_head(log);
  if (ls_seqnum_after(last->upstream, upstream) || ls_seqnum_after(upstream, last->head.seq)) return 0;
  if (ls_seqnum_after(last->head.seq, head.seq)) return 0;
  int found = ls_log_mark(&there, log, last->head.seq, err);
  return found == 1 ? there.sum == last->head.sum : found;
}

static int go_on(uint64_t *out, const ls_sync_counted *last, ls_log *log, ls_seqnum head, ls_error *err) {
  uint64_t gone = 0, come = 0;
  int rc = count_between(&gone, log, last->upstream, ls_log_upstream_head(log), err);
  if (!rc) rc = count_between(&come, log, last->head.seq, head, err);
  if (!rc) *out = last->pending - gone + come;
  return rc;
}

/* Events that no session has materialized yet do not count. */
int ls_sync_count_pending(uint64_t *out, ls_store *store, ls_error *err) {
  ls_log *log = store->leader->log;
  ls_sync *sync;
  uint64_t n = 0;
  int rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_sync_of(&sync, store, err);
  if (rc) return rc;
  const ls_sync_counted *last = &sync->counted;
  ls_mark head = store->session->state->at; /* now that it has followed the log */
  rc = can_go_on(last, log, head, err);
  if (rc < 0) return rc;
  rc = rc ? go_on(&n, last, log, head.seq, err) : count_between(&n, log, ls_log_upstream_head(log), head.seq, err);
  if (rc) return rc;
  sync->counted = (ls_sync_counted){ls_log_upstream_head(log), head, n};
  *out = n;
  return LS_OK;
}
