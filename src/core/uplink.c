#include "core/uplink.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/nanoid.h"
#include "core/log_conflicts.h"

#define PAUSE_MS 1000 /* behind a failure of the leader */

void ls_uplink_free(struct ls_uplink *uplink) {
  if (!uplink) return;
  ls_awaited_fini(&uplink->awaited);
  ls_pending_fini(&uplink->stranded);
  ls_link_fini(&uplink->message);
  ls_bytes_fini(&uplink->out);
  ls_free(uplink);
}

int ls_uplink_open(ls_store **out, const ls_options *options, ls_error *err) {
  ls_options here = *options;
  ls_store *store;
  here.mode = LS_OPEN_OR_CREATE;
  here.durability = LS_DURABILITY_PROCESS;
  here.state = LS_STATE_MEMORY;
  uint8_t random[LS_UPLINK_ID];
  struct ls_uplink *uplink = ls_calloc(1, sizeof *uplink);
  if (!uplink) return ls_fail_nomem(err);
  int rc = ls_port_random(random, sizeof random, err);
  if (!rc) rc = ls_open(&store, NULL, &here, err);
  if (rc) {
    ls_free(uplink);
    return rc;
  }
  ls_nanoid(uplink->link, random, LS_UPLINK_ID);
  uplink->store = store;
  uplink->anew = true;
  store->uplink = uplink;
  store->leader->awaited = &uplink->awaited;
  *out = store;
  return LS_OK;
}

int ls_uplink_none(ls_error *err) {
  return ls_fail(err, LS_ENOTFOUND, "the store has its log itself: no leader is elsewhere");
}

void ls_uplink_lost(ls_store *store) {
  if (!store->uplink) return;
  store->uplink->phase = LS_UPLINK_LOST;
  store->uplink->telling = 0;
  store->uplink->paused_until_ms = 0;
}

void ls_uplink_send_again(struct ls_uplink *uplink) {
  uplink->sent = uplink->accepted;
  uplink->sent_has = uplink->has;
}

/* ---------------------------------------------------------------------------------------------- */
/* Receiving */

static int receive_failed(struct ls_uplink *uplink, uint32_t failed, ls_error *err) {
  int64_t code;
  const char *text;
  int rc = ls_link_count(&code, &uplink->message, failed, "code", err);
  if (!rc) rc = ls_link_text(&text, &uplink->message, failed, "text", err);
  if (rc) return rc;
  ls_fail(&uplink->failure, -(int)code, "%s", text);
  ls_uplink_send_again(uplink);
  uplink->telling = 0;
  uplink->paused_until_ms = ls_port_monotonic_ms() + PAUSE_MS;
  return LS_OK;
}

static int receive_kept(struct ls_uplink *uplink, ls_error *err) {
  int64_t id;
  ls_log *log = ls_uplink_log(uplink);
  int rc = ls_link_count(&id, &uplink->message, 0, "kept", err);
  if (rc || id != uplink->telling) return rc;
  uplink->telling = 0;
  rc = ls_log_begin(log, err);
  if (!rc) rc = ls_log_conflict_remove(log, id, err);
  if (!rc) rc = ls_log_flush(log, err);
  if (rc) ls_log_abort(log);
  return rc;
}

static int receive(struct ls_uplink *uplink, ls_error *err) {
  const ls_link *link = &uplink->message;
  uint32_t node;
  int rc;
  if ((node = ls_link_find(link, 0, "failed"))) return receive_failed(uplink, node, err);
  if ((node = ls_link_find(link, 0, "welcome")))
    rc = ls_uplink_receive_welcome(uplink, node, err);
  else if (uplink->phase != LS_UPLINK_WELCOME)
    return LS_OK; /* said before the greeting was heard */
  else if (ls_link_find(link, 0, "kept"))
    rc = receive_kept(uplink, err);
  else if (ls_link_find(link, 0, "accepted"))
    rc = ls_uplink_receive_accepted(uplink, err);
  else
    rc = ls_uplink_receive_change(uplink, err);
  if (!rc) rc = ls_uplink_receive_upstream(uplink, err);
  if (!rc) ls_error_clear(&uplink->failure);
  return rc;
}

int ls_uplink_receive(ls_store *store, const void *message, size_t size, ls_error *err) {
  struct ls_uplink *uplink = store->uplink;
  if (!uplink) return ls_uplink_none(err);
  int rc = ls_link_read(&uplink->message, message, size, err);
  if (!rc) rc = receive(uplink, err);
  if (rc == LS_ENOTFOUND || rc == LS_EORDER) {
    uplink->anew = true;
    uplink->phase = LS_UPLINK_LOST;
  }
  if (rc || !ls_link_find(&uplink->message, 0, "more")) ls_store_react(store);
  return rc;
}

int ls_uplink_status_get(ls_uplink_status *out, ls_store *store, ls_error *err) {
  const struct ls_uplink *uplink = store->uplink;
  uint64_t unsaved = 0;
  if (!uplink) return ls_uplink_none(err);
  int rc = ls_log_count(&unsaved, ls_uplink_log(uplink), uplink->accepted, err);
  if (rc) return rc;
  *out = (ls_uplink_status){.welcome = uplink->phase == LS_UPLINK_WELCOME,
                            .unsaved = unsaved + uplink->stranded.n,
                            .leader_head = uplink->accepted,
                            .error = uplink->failure};
  return LS_OK;
}
