/* What a leader has to say to a session that is elsewhere. */
#include <sqlite3.h>

#include "base/err.h"
#include "base/seqnum.h"
#include "core/downlink.h"
#include "core/rollback.h"

#define MOST_PENDING 1000 /* events; with more of them a session that begins anew begins at the head */
#define UNDO_REACH 250    /* events; so far back a session can undo what it committed in its last life */

/* May the state be rolled back to here, and is what lies behind all that is wanted? */
static int is_far_enough(void *user, ls_mark at, ls_error *err) {
  (void)err;
  return !ls_seqnum_after(at.seq, *(const ls_seqnum *)user);
}

/* 1 with a mark that is no newer than `until`; 0 when there is none, or it is too far back. */
static int find_base(ls_mark *out, const ls_downlink *downlink, ls_seqnum until, ls_error *err) {
  ls_log *log = downlink->store->leader->log;
  uint64_t behind = 0;
  ls_mark mark;
  int rc = ls_rollback_find(&mark, downlink->store->session->state, is_far_enough, &until, err);
  if (rc) return rc == LS_ENOTFOUND ? 0 : rc;
  rc = ls_log_count(&behind, log, mark.seq, err);
  if (!rc && behind > MOST_PENDING) return 0;
  if (!rc) rc = ls_log_torn_behind(log, mark.seq, err);
  if (rc) return rc < 0 ? rc : 0;
  *out = mark;
  return 1;
}

static ls_seqnum undo_reach(ls_seqnum head) {
  return (ls_seqnum){.global = head.global > UNDO_REACH ? head.global - UNDO_REACH : 0};
}

/* Where a session begins that has nothing: at the root, if it cannot use the state. Otherwise as far back as what may
 * be rebased, and what it may undo; or, where that is much or cannot be rolled back, at the head. */
static int choose_base(ls_mark *out, const ls_downlink *downlink, ls_error *err) {
  ls_log *log = downlink->store->leader->log;
  ls_seqnum upstream = ls_log_upstream_head(log);
  ls_mark head = ls_log_head(log);
  ls_seqnum reach = undo_reach(head.seq), far = reach, near = reach;
  *out = downlink->same_schema ? head : ls_log_base(log);
  if (!downlink->same_schema) return LS_OK;
  if (!ls_seqnum_is_root(upstream)) *(ls_seqnum_after(upstream, reach) ? &near : &far) = upstream;
  int found = find_base(out, downlink, far, err);
  if (!found && !ls_seqnum_equal(near, far)) found = find_base(out, downlink, near, err);
  return found < 0 ? found : LS_OK;
}

/* The member "events": what lies behind the cursor, as far as a message goes: how many, and whether there are more. */
static int put_log(bool *more, size_t *n_put, ls_downlink *downlink, ls_error *err) {
  const ls_event *event;
  size_t n = 0, start = downlink->out.size;
  int rc = 1;
  ls_bytes_text(&downlink->out, ",\"events\":[");
  *more = false;
  while (!*more && (rc = ls_log_cursor_next(&event, NULL, downlink->cursor, err)) == 1) {
    ls_link_put_event(&downlink->out, event, n++ == 0);
    downlink->sent = event->seq;
    *more = downlink->paged && (n >= LS_LINK_EVENTS || downlink->out.size - start >= LS_LINK_BYTES);
  }
  ls_bytes_byte(&downlink->out, ']');
  *n_put = n;
  return rc < 0 ? rc : LS_OK;
}

/* No further than what the session has; and not at all while that is not what the log has. */
static void put_upstream(ls_downlink *downlink) {
  ls_seqnum upstream = ls_log_upstream_head(downlink->store->leader->log);
  if (ls_seqnum_equal(ls_log_cursor_at(downlink->cursor).seq, downlink->sent))
    downlink->upstream = ls_seqnum_after(upstream, downlink->sent) ? downlink->sent : upstream;
  ls_link_put_seqnum(&downlink->out, ",\"upstream\":", downlink->upstream);
}

static bool upstream_moved(const ls_downlink *downlink) {
  ls_seqnum upstream = ls_log_upstream_head(downlink->store->leader->log);
  return ls_seqnum_after(upstream, downlink->upstream) && ls_seqnum_after(downlink->sent, downlink->upstream);
}

/* The log from the base to its end, which is where the state stands. */
static int put_image(ls_downlink *downlink, ls_error *err) {
  ls_image image = {0};
  size_t n;
  bool more;
  int rc = ls_state_image(&image, downlink->store->session->state, err);
  if (rc) return rc;
  ls_bytes_printf(&downlink->out, ",\"image\":%zu}", image.size);
  downlink->paged = false;
  rc = put_log(&more, &n, downlink, err);
  put_upstream(downlink);
  ls_bytes_text(&downlink->out, "}\n");
  ls_bytes_append(&downlink->out, image.data, image.size);
  ls_image_fini(&image);
  return rc;
}

static int put_afresh(ls_downlink *downlink, ls_error *err) {
  ls_mark base;
  int rc = ls_store_check_usable(downlink->store, err);
  if (!rc) rc = choose_base(&base, downlink, err);
  if (!rc) rc = ls_downlink_stand_at(downlink, base.seq, err);
  if (rc) return rc;
  ls_link_put_mark(&downlink->out, ",\"base\":", base);
  if (downlink->same_schema) return put_image(downlink, err);
  ls_bytes_byte(&downlink->out, '}');
  put_upstream(downlink);
  ls_bytes_byte(&downlink->out, '}');
  return LS_OK;
}

static int put_welcome(ls_downlink *downlink, ls_error *err) {
  const ls_leader *leader = downlink->store->leader;
  ls_link_put_text(&downlink->out, "{\"welcome\":{\"store\":", leader->store_id);
  ls_link_put_text(&downlink->out, ",\"client\":", leader->client_id);
  ls_bytes_printf(&downlink->out, ",\"has\":%lld,\"said\":%lld", (long long)downlink->has, (long long)++downlink->said);
  int rc = LS_OK;
  if (downlink->afresh)
    rc = put_afresh(downlink, err);
  else
    ls_bytes_text(&downlink->out, "}}");
  downlink->welcome = rc != LS_OK;
  return rc;
}

/* Returns 1; 0 when the log is what the session has. */
static int put_change(ls_downlink *downlink, ls_error *err) {
  ls_seqnum at = ls_log_cursor_at(downlink->cursor).seq;
  bool more, cut = !ls_seqnum_equal(at, downlink->sent);
  size_t n;
  ls_link_put_seqnum(&downlink->out, "{\"after\":", at);
  downlink->sent = at;
  downlink->paged = !cut && !downlink->anyhow;
  int rc = put_log(&more, &n, downlink, err);
  if (rc) return rc;
  if (!n && !cut && !upstream_moved(downlink) && !downlink->anyhow) return 0;
  downlink->said += n || cut || downlink->anyhow;
  downlink->anyhow = false;
  ls_bytes_printf(&downlink->out, ",\"said\":%lld", (long long)downlink->said);
  put_upstream(downlink);
  ls_bytes_text(&downlink->out, more ? ",\"more\":true}" : "}");
  return 1;
}

static int put_accepted(ls_downlink *downlink) {
  downlink->accepted = false;
  ls_link_put_seqnum(&downlink->out, "{\"accepted\":", downlink->sent);
  ls_bytes_printf(&downlink->out, ",\"has\":%lld", (long long)downlink->has);
  put_upstream(downlink);
  ls_bytes_byte(&downlink->out, '}');
  return 1;
}

static int put_failure(ls_downlink *downlink) {
  ls_bytes_printf(&downlink->out, "{\"failed\":{\"code\":%d", -downlink->failure.code);
  ls_link_put_text(&downlink->out, ",\"text\":", downlink->failure.text);
  ls_bytes_text(&downlink->out, "}}");
  ls_error_clear(&downlink->failure);
  return 1;
}

static int put_kept(ls_downlink *downlink) {
  ls_bytes_printf(&downlink->out, "{\"kept\":%lld}", (long long)downlink->kept);
  downlink->kept = 0;
  return 1;
}

/* A commit that is not whole any more cannot be told of as the others are: then the session begins anew. What was
 * accepted is told before the log is looked at: it is what the session has, whatever came since. */
static int put_next(ls_downlink *downlink, ls_error *err) {
  if (downlink->failure.code) return put_failure(downlink);
  if (downlink->kept) return put_kept(downlink);
  if (!downlink->greeted) return 0;
  if (downlink->tears != ls_log_tears(downlink->store->leader->log)) downlink->welcome = downlink->afresh = true;
  if (downlink->welcome) {
    int rc = put_welcome(downlink, err);
    return rc ? rc : 1;
  }
  return downlink->accepted ? put_accepted(downlink) : put_change(downlink, err);
}

int ls_downlink_take(const void **message, size_t *size, ls_downlink *downlink, ls_error *err) {
  if (downlink->out.capacity > 2 * LS_LINK_BYTES) ls_bytes_fini(&downlink->out); /* an image is sent once */
  ls_bytes_clear(&downlink->out);
  int there = put_next(downlink, err);
  if (there == 1 && !ls_bytes_ok(&downlink->out)) there = ls_fail_nomem(err);
  if (there != 1) return there;
  *message = downlink->out.data;
  *size = downlink->out.size;
  return 1;
}
