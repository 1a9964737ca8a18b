/* The leader's first message: go on, or begin anew with its log and state. */
#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/graph.h"
#include "core/uplink.h"

/* What is on its way must not be lost while the log begins anew; it may be there from the last time that this failed. */
static int strand(struct ls_uplink *uplink, ls_error *err) {
  if (uplink->anew && uplink->stranded.n) return LS_OK;
  ls_pending_fini(&uplink->stranded);
  if (ls_seqnum_equal(ls_log_head(ls_uplink_log(uplink)).seq, uplink->accepted)) return LS_OK;
  return ls_pending_read(&uplink->stranded, ls_uplink_log(uplink), uplink->accepted, SIZE_MAX, err);
}

static int make_state(ls_state **out, struct ls_uplink *uplink, ls_error *err) {
  ls_session *session = uplink->store->session;
  const ls_link *link = &uplink->message;
  int rc = link->image ? ls_state_open_image(out, session->schema, link->image, link->image_size, &session->notes, err)
                       : ls_state_new(out, session->schema, NULL, &session->notes, err);
  if (rc == LS_ENOTFOUND) {
    if (err) err->code = LS_EPROTOCOL;
    return ls_wrap(err, LS_EPROTOCOL, "the leader's state is not one of this session's schema");
  }
  if (!rc) ls_store_tune(uplink->store, *out);
  return rc;
}

static int set_text(char **member, const char *text, ls_error *err) {
  char *copy = ls_strdup(text);
  if (!copy) return ls_fail_nomem(err);
  ls_free(*member);
  *member = copy;
  return LS_OK;
}

static int take_names(struct ls_uplink *uplink, uint32_t welcome, ls_error *err) {
  ls_leader *leader = uplink->store->leader;
  const char *store, *client;
  int rc = ls_link_text(&store, &uplink->message, welcome, "store", err);
  if (!rc) rc = ls_link_text(&client, &uplink->message, welcome, "client", err);
  if (!rc) rc = set_text(&leader->store_id, store, err);
  return rc ? rc : set_text(&leader->client_id, client, err);
}

/* Those that the leader has: it is not known under which number. */
static void lose_sight(struct ls_uplink *uplink) {
  ls_awaited *awaited = &uplink->awaited;
  ls_seqnum theirs = uplink->theirs ? uplink->stranded.events[uplink->theirs - 1].seq : LS_SEQNUM_ROOT;
  for (size_t i = 0; i < awaited->n; i++) {
    ls_awaited_commit *commit = &awaited->commits[i];
    commit->durable |= !commit->lost_sight && uplink->theirs && !ls_seqnum_after(commit->last, theirs);
    commit->lost_sight |= commit->durable;
  }
}

/* The log and the state are those of the leader. From here until what was stranded is back, only another beginning helps. */
static int begin_anew(struct ls_uplink *uplink, ls_mark base, ls_state *state, ls_error *err) {
  const ls_link *link = &uplink->message;
  ls_log *log = ls_uplink_log(uplink);
  uplink->anew = true;
  int rc = ls_log_begin_at(log, base, err);
  if (!rc) rc = ls_log_append(log, link->events, link->n, err);
  ls_mark head = ls_log_head(log);
  if (!rc && (!ls_seqnum_equal(state->at.seq, head.seq) || state->at.sum != head.sum))
    rc = ls_fail(err, LS_EPROTOCOL, "the leader's state does not stand at the end of its log");
  if (!rc) rc = ls_session_swap(uplink->store->session, uplink->store->session->schema, state, err);
  return rc;
}

/* What was on its way when the log began anew, without what the leader has of it. */
static int bring_back(struct ls_uplink *uplink, ls_error *err) {
  ls_pending *stranded = &uplink->stranded;
  ls_seqnum head = ls_log_head(ls_uplink_log(uplink)).seq;
  ls_uplink_change c = {.after = head, .appended = true};
  uplink->accepted = head;
  int rc = stranded->n > uplink->theirs ? ls_uplink_take_change(uplink, &c, stranded, uplink->theirs, err) : LS_OK;
  if (rc) return rc;
  ls_pending_fini(stranded);
  uplink->theirs = 0;
  uplink->anew = false;
  return LS_OK;
}

static int receive_log(struct ls_uplink *uplink, uint32_t welcome, ls_error *err) {
  ls_mark base;
  ls_state *state = NULL;
  int rc = ls_link_mark(&base, &uplink->message, welcome, "base", err);
  if (!rc) rc = ls_query_cache_settle(&uplink->store->session->queries, err);
  if (!rc) rc = strand(uplink, err);
  if (!rc && uplink->theirs > uplink->stranded.n) uplink->theirs = uplink->stranded.n;
  if (!rc) rc = make_state(&state, uplink, err);
  if (rc) return rc;
  rc = begin_anew(uplink, base, state, err);
  if (rc && state != uplink->store->session->state) ls_state_free(state);
  if (!rc) ls_graph_changed_unknown(uplink->store->session->graph);
  if (!rc) lose_sight(uplink);
  return rc ? rc : bring_back(uplink, err);
}

int ls_uplink_receive_welcome(struct ls_uplink *uplink, uint32_t welcome, ls_error *err) {
  int64_t has;
  int rc = take_names(uplink, welcome, err);
  if (!rc) rc = ls_link_count(&has, &uplink->message, welcome, "has", err);
  if (!rc) rc = ls_link_count(&uplink->heard, &uplink->message, welcome, "said", err);
  if (rc) return rc;
  if (has > uplink->has) uplink->theirs += (size_t)(has - uplink->has);
  uplink->has = has;
  if (ls_link_find(&uplink->message, welcome, "base"))
    rc = receive_log(uplink, welcome, err);
  else if (uplink->anew)
    rc = ls_fail(err, LS_EPROTOCOL, "the welcome has no log");
  if (rc) return rc;
  ls_uplink_send_again(uplink);
  uplink->telling = 0;
  uplink->phase = LS_UPLINK_WELCOME;
  return LS_OK;
}
