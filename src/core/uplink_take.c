/* What a session has to say to its leader. */
#include "base/err.h"
#include "base/seqnum.h"
#include "core/log_conflicts.h"
#include "core/uplink.h"

static int put_hello(struct ls_uplink *uplink, ls_error *err) {
  ls_mark at;
  int there = uplink->anew ? 0 : ls_log_mark(&at, ls_uplink_log(uplink), uplink->accepted, err);
  if (there < 0) return there;
  ls_link_put_text(&uplink->out, "{\"hello\":{\"link\":", uplink->link);
  ls_link_put_text(&uplink->out, ",\"schema\":", uplink->store->session->schema->hash);
  if (there) ls_link_put_mark(&uplink->out, ",\"at\":", at);
  ls_bytes_text(&uplink->out, "}}");
  uplink->phase = LS_UPLINK_GREETING;
  return 1;
}

static int put_conflict(struct ls_uplink *uplink, ls_error *err) {
  ls_kept_conflict kept = {.conflict.id = 0};
  int there = uplink->telling ? 0 : ls_log_conflict_next(&kept, ls_uplink_log(uplink), 0, err);
  if (there == 1) {
    const ls_conflict *conflict = &kept.conflict;
    ls_bytes_printf(&uplink->out, "{\"conflict\":{\"id\":%lld,\"cause\":%d,\"item\":%zu", (long long)conflict->id,
                    (int)conflict->cause, conflict->item);
    ls_link_put_text(&uplink->out, ",\"error\":", conflict->error);
    ls_bytes_byte(&uplink->out, '}');
    ls_link_put_events(&uplink->out, conflict->events, conflict->n);
    ls_bytes_byte(&uplink->out, '}');
    uplink->telling = conflict->id;
  }
  ls_kept_conflict_fini(&kept);
  return there;
}

/* Whole commits, so that a leader that fails between two messages has all of one or nothing. */
static int put_events(struct ls_uplink *uplink, ls_log_cursor *cursor, ls_error *err) {
  const ls_event *event;
  size_t n = 0, start = uplink->out.size;
  int rc;
  bool full = false;
  while (!full && (rc = ls_log_cursor_next(&event, NULL, cursor, err)) == 1) {
    ls_link_put_event(&uplink->out, event, n++ == 0);
    uplink->sent = event->seq;
    uplink->sent_has++;
    full = !event->more && (n >= LS_LINK_EVENTS || uplink->out.size - start >= LS_LINK_BYTES);
  }
  return !full && rc < 0 ? rc : LS_OK;
}

static int put_push(struct ls_uplink *uplink, ls_error *err) {
  ls_log_cursor *cursor;
  ls_seqnum before = uplink->sent;
  int64_t had = uplink->sent_has;
  if (uplink->theirs || ls_seqnum_equal(ls_log_head(ls_uplink_log(uplink)).seq, before)) return 0;
  int rc = ls_log_cursor_open(&cursor, ls_uplink_log(uplink), before, err);
  if (rc) return rc;
  ls_bytes_text(&uplink->out, "{\"events\":[");
  rc = put_events(uplink, cursor, err);
  ls_bytes_printf(&uplink->out, "],\"push\":{\"heard\":%lld,\"has\":%lld}}", (long long)uplink->heard,
                  (long long)uplink->sent_has);
  ls_log_cursor_close(cursor);
  if (!rc && ls_bytes_ok(&uplink->out)) return 1;
  uplink->sent = before;
  uplink->sent_has = had;
  return rc ? rc : ls_fail_nomem(err);
}

static int put_next(struct ls_uplink *uplink, ls_error *err) {
  if (uplink->phase == LS_UPLINK_LOST) return put_hello(uplink, err);
  if (uplink->phase == LS_UPLINK_GREETING || ls_port_monotonic_ms() < uplink->paused_until_ms) return 0;
  int there = put_conflict(uplink, err);
  return there ? there : put_push(uplink, err);
}

int ls_uplink_take(const void **message, size_t *size, ls_store *store, ls_error *err) {
  struct ls_uplink *uplink = store->uplink;
  if (!uplink) return ls_uplink_none(err);
  ls_bytes_clear(&uplink->out);
  int there = put_next(uplink, err);
  if (there == 1 && !ls_bytes_ok(&uplink->out)) there = ls_fail_nomem(err);
  if (there != 1) return there;
  *message = uplink->out.data;
  *size = uplink->out.size;
  return 1;
}
