#include "core/uplink.h"

#include "base/alloc.h"
#include "base/err.h"
#include "base/nanoid.h"
#include "base/seqnum.h"
#include "core/graph.h"
#include "core/link.h"
#include "core/log_conflicts.h"
#include "core/pending.h"
#include "core/rebase.h"
#include "core/uplink_match.h"
#include "livestore_host.h"

#define LINK_ID 12
#define PAUSE_MS 1000 /* behind a failure of the leader */

typedef enum phase { LOST, GREETING, WELCOME } phase;

struct ls_uplink {
  ls_store *store;
  phase phase;
  bool anew;               /* what this session has is of no use to a leader: it greets without it */
  char link[LINK_ID + 1];  /* tells this session from others, and from itself when it is opened again */
  ls_seqnum accepted, sent;
  int64_t has, sent_has;   /* so many of this session's events the leader is known to have taken; will have, when it
                              has all that was sent */
  int64_t heard;           /* what the leader has said of its log, counted by it */
  size_t theirs;           /* of the events behind `accepted`, so many are among these: the leader says next what
                              became of them */
  ls_awaited awaited;
  ls_pending stranded;     /* own events on their way, while the log begins anew */
  int64_t telling;         /* the conflict that was sent and is not known to be kept; 0: none */
  ls_error failure;
  int64_t paused_until_ms; /* of the monotonic clock */
  ls_link message;
  ls_bytes out;
};

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
  uint8_t random[LINK_ID];
  struct ls_uplink *uplink = ls_calloc(1, sizeof *uplink);
  if (!uplink) return ls_fail_nomem(err);
  int rc = ls_port_random(random, sizeof random, err);
  if (!rc) rc = ls_open(&store, NULL, &here, err);
  if (rc) {
    ls_free(uplink);
    return rc;
  }
  ls_nanoid(uplink->link, random, LINK_ID);
  uplink->store = store;
  uplink->anew = true;
  store->uplink = uplink;
  store->leader->awaited = &uplink->awaited;
  *out = store;
  return LS_OK;
}

static int has_no_leader(ls_error *err) {
  return ls_fail(err, LS_ENOTFOUND, "the store has its log itself: no leader is elsewhere");
}

static ls_log *log_of(const struct ls_uplink *uplink) { return uplink->store->leader->log; }

static ls_event author(const struct ls_uplink *uplink) {
  return (ls_event){.client_id = uplink->store->leader->client_id, .session_id = uplink->store->session->session_id};
}

void ls_uplink_lost(ls_store *store) {
  if (!store->uplink) return;
  store->uplink->phase = LOST;
  store->uplink->telling = 0;
  store->uplink->paused_until_ms = 0;
}

/* What is on its way goes out anew. */
static void send_again(struct ls_uplink *uplink) {
  uplink->sent = uplink->accepted;
  uplink->sent_has = uplink->has;
}

/* ---------------------------------------------------------------------------------------------- */
/* What the leader says of its log */

/* The numbers of moved events: those behind what was given, in order, but for commits that became conflicts. */
static void number_moved(ls_own *own, const ls_pending *now, const ls_rebase_result *result, size_t n) {
  size_t at = 0, conflict = 0;
  for (size_t i = 0; i < n; i++) {
    while (conflict < result->n && i >= result->conflicts[conflict].first + result->conflicts[conflict].n) conflict++;
    bool aside = conflict < result->n && i >= result->conflicts[conflict].first;
    if (aside || at == now->n) own[i].fate = LS_OWN_ASIDE;
    else own[i] = (ls_own){LS_OWN_KEPT, now->events[at++].seq};
  }
}

static const ls_own *fate_of(const ls_own *own, const ls_pending *before, ls_seqnum seq) {
  for (size_t low = 0, high = before->n; low < high;) {
    size_t middle = low + (high - low) / 2;
    if (ls_seqnum_equal(before->events[middle].seq, seq)) return &own[middle];
    if (ls_seqnum_after(seq, before->events[middle].seq)) low = middle + 1;
    else high = middle;
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

/* What the leader says the log is behind a place. */
typedef struct change {
  ls_seqnum after;
  const ls_event *events;
  size_t n;
  bool appended; /* the log has them already, and `after` is their last */
} change;

static int run_rebase(ls_rebase_result *result, struct ls_uplink *uplink, const change *c, const ls_pending *before,
                      size_t moved, ls_error *err) {
  ls_log *log = log_of(uplink);
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

/* `before` is what this session had there; the first `theirs` of it the leader had. The others go behind what it says. */
static int take_change(struct ls_uplink *uplink, const change *c, const ls_pending *before, size_t theirs,
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
    send_again(uplink);
    rc = ls_pending_read(&now, log_of(uplink), uplink->accepted, SIZE_MAX, err);
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
  int there = ls_log_mark(&mark, log_of(uplink), after, err);
  if (there < 0) return there;
  if (there && !ls_seqnum_after(after, uplink->accepted)) return LS_OK;
  return ls_fail(err, LS_ENOTFOUND, "the leader's log goes on behind %s, which this session does not have",
                 ls_seqnum_format(after, at));
}

static int receive_change(struct ls_uplink *uplink, ls_error *err) {
  change c = {.events = uplink->message.events, .n = uplink->message.n};
  int64_t said;
  ls_pending before = {.n = 0};
  int rc = ls_link_seqnum(&c.after, &uplink->message, 0, "after", err);
  if (!rc) rc = check_place(uplink, c.after, err);
  if (!rc) rc = ls_link_count(&said, &uplink->message, 0, "said", err);
  if (rc) return rc;
  if (said != uplink->heard) send_again(uplink);
  uplink->heard = said;
  if (!c.n && !uplink->theirs && ls_seqnum_equal(c.after, uplink->accepted)) return LS_OK; /* its news is the upstream head */
  rc = ls_store_check_usable(uplink->store, err);
  if (!rc) rc = ls_pending_read(&before, log_of(uplink), c.after, SIZE_MAX, err);
  if (!rc) rc = take_change(uplink, &c, &before, count_theirs(uplink, &before), err);
  ls_pending_fini(&before);
  return rc;
}

static int receive_accepted(struct ls_uplink *uplink, ls_error *err) {
  ls_seqnum head;
  ls_mark mark;
  int rc = ls_link_seqnum(&head, &uplink->message, 0, "accepted", err);
  if (!rc) rc = ls_link_count(&uplink->has, &uplink->message, 0, "has", err);
  if (uplink->sent_has < uplink->has) uplink->sent_has = uplink->has;
  int there = rc ? rc : ls_log_mark(&mark, log_of(uplink), head, err);
  if (there < 0) return there;
  if (!there) return ls_fail(err, LS_ENOTFOUND, "the leader has accepted what this session has not sent");
  if (ls_seqnum_after(head, uplink->accepted)) uplink->accepted = head;
  if (ls_seqnum_after(head, uplink->sent)) uplink->sent = head;
  ls_awaited_accept(&uplink->awaited, head);
  return LS_OK;
}

static int receive_upstream(struct ls_uplink *uplink, ls_error *err) {
  ls_log *log = log_of(uplink);
  ls_seqnum head;
  if (!ls_link_find(&uplink->message, 0, "upstream")) return LS_OK;
  int rc = ls_link_seqnum(&head, &uplink->message, 0, "upstream", err);
  if (rc || !ls_seqnum_after(head, ls_log_upstream_head(log))) return rc;
  if (ls_seqnum_after(head, uplink->accepted)) return ls_fail(err, LS_EPROTOCOL, "upstream is ahead of the leader");
  rc = ls_log_set_upstream_head(log, head, err);
  if (!rc) ls_awaited_confirm(&uplink->awaited, head);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Welcome */

/* What is on its way must not be lost while the log begins anew; it may be there from the last time that this failed. */
static int strand(struct ls_uplink *uplink, ls_error *err) {
  if (uplink->anew && uplink->stranded.n) return LS_OK;
  ls_pending_fini(&uplink->stranded);
  if (ls_seqnum_equal(ls_log_head(log_of(uplink)).seq, uplink->accepted)) return LS_OK;
  return ls_pending_read(&uplink->stranded, log_of(uplink), uplink->accepted, SIZE_MAX, err);
}

static int make_state(ls_state **out, struct ls_uplink *uplink, ls_error *err) {
  ls_session *session = uplink->store->session;
  const ls_link *link = &uplink->message;
  int rc = link->image
               ? ls_state_open_image(out, session->schema, link->image, link->image_size, &session->notes, err)
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
  ls_log *log = log_of(uplink);
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
  ls_seqnum head = ls_log_head(log_of(uplink)).seq;
  change c = {.after = head, .appended = true};
  uplink->accepted = head;
  int rc = stranded->n > uplink->theirs ? take_change(uplink, &c, stranded, uplink->theirs, err) : LS_OK;
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

static int receive_welcome(struct ls_uplink *uplink, uint32_t welcome, ls_error *err) {
  int64_t has;
  int rc = take_names(uplink, welcome, err);
  if (!rc) rc = ls_link_count(&has, &uplink->message, welcome, "has", err);
  if (!rc) rc = ls_link_count(&uplink->heard, &uplink->message, welcome, "said", err);
  if (rc) return rc;
  if (has > uplink->has) uplink->theirs += (size_t)(has - uplink->has);
  uplink->has = has;
  if (ls_link_find(&uplink->message, welcome, "base")) rc = receive_log(uplink, welcome, err);
  else if (uplink->anew) rc = ls_fail(err, LS_EPROTOCOL, "the welcome has no log");
  if (rc) return rc;
  send_again(uplink);
  uplink->telling = 0;
  uplink->phase = WELCOME;
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */

static int receive_failed(struct ls_uplink *uplink, uint32_t failed, ls_error *err) {
  int64_t code;
  const char *text;
  int rc = ls_link_count(&code, &uplink->message, failed, "code", err);
  if (!rc) rc = ls_link_text(&text, &uplink->message, failed, "text", err);
  if (rc) return rc;
  ls_fail(&uplink->failure, -(int)code, "%s", text);
  send_again(uplink);
  uplink->telling = 0;
  uplink->paused_until_ms = ls_port_monotonic_ms() + PAUSE_MS;
  return LS_OK;
}

static int receive_kept(struct ls_uplink *uplink, ls_error *err) {
  int64_t id;
  ls_log *log = log_of(uplink);
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
  if ((node = ls_link_find(link, 0, "welcome"))) rc = receive_welcome(uplink, node, err);
  else if (uplink->phase != WELCOME) return LS_OK; /* said before the greeting was heard */
  else if (ls_link_find(link, 0, "kept")) rc = receive_kept(uplink, err);
  else if (ls_link_find(link, 0, "accepted")) rc = receive_accepted(uplink, err);
  else rc = receive_change(uplink, err);
  if (!rc) rc = receive_upstream(uplink, err);
  if (!rc) ls_error_clear(&uplink->failure);
  return rc;
}

int ls_uplink_receive(ls_store *store, const void *message, size_t size, ls_error *err) {
  struct ls_uplink *uplink = store->uplink;
  if (!uplink) return has_no_leader(err);
  int rc = ls_link_read(&uplink->message, message, size, err);
  if (!rc) rc = receive(uplink, err);
  if (rc == LS_ENOTFOUND || rc == LS_EORDER) {
    uplink->anew = true;
    uplink->phase = LOST;
  }
  if (rc || !ls_link_find(&uplink->message, 0, "more")) ls_store_react(store);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* What is to be sent */

static int put_hello(struct ls_uplink *uplink, ls_error *err) {
  ls_mark at;
  int there = uplink->anew ? 0 : ls_log_mark(&at, log_of(uplink), uplink->accepted, err);
  if (there < 0) return there;
  ls_link_put_text(&uplink->out, "{\"hello\":{\"link\":", uplink->link);
  ls_link_put_text(&uplink->out, ",\"schema\":", uplink->store->session->schema->hash);
  if (there) ls_link_put_mark(&uplink->out, ",\"at\":", at);
  ls_bytes_text(&uplink->out, "}}");
  uplink->phase = GREETING;
  return 1;
}

static int put_conflict(struct ls_uplink *uplink, ls_error *err) {
  ls_kept_conflict kept = {.conflict.id = 0};
  int there = uplink->telling ? 0 : ls_log_conflict_next(&kept, log_of(uplink), 0, err);
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
  if (uplink->theirs || ls_seqnum_equal(ls_log_head(log_of(uplink)).seq, before)) return 0;
  int rc = ls_log_cursor_open(&cursor, log_of(uplink), before, err);
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
  if (uplink->phase == LOST) return put_hello(uplink, err);
  if (uplink->phase == GREETING || ls_port_monotonic_ms() < uplink->paused_until_ms) return 0;
  int there = put_conflict(uplink, err);
  return there ? there : put_push(uplink, err);
}

int ls_uplink_take(const void **message, size_t *size, ls_store *store, ls_error *err) {
  struct ls_uplink *uplink = store->uplink;
  if (!uplink) return has_no_leader(err);
  ls_bytes_clear(&uplink->out);
  int there = put_next(uplink, err);
  if (there == 1 && !ls_bytes_ok(&uplink->out)) there = ls_fail_nomem(err);
  if (there != 1) return there;
  *message = uplink->out.data;
  *size = uplink->out.size;
  return 1;
}

int ls_uplink_status_get(ls_uplink_status *out, ls_store *store, ls_error *err) {
  const struct ls_uplink *uplink = store->uplink;
  uint64_t unsaved = 0;
  if (!uplink) return has_no_leader(err);
  int rc = ls_log_count(&unsaved, log_of(uplink), uplink->accepted, err);
  if (rc) return rc;
  *out = (ls_uplink_status){.welcome = uplink->phase == WELCOME,
                            .unsaved = unsaved + uplink->stranded.n,
                            .leader_head = uplink->accepted,
                            .error = uplink->failure};
  return LS_OK;
}
