/* The leader's end of a session that is elsewhere. It has a cursor on the log: what lies behind that has not been sent, and
 * when the log is cut below it, it stands at the cut. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/graph.h"
#include "core/link.h"
#include "core/log_conflicts.h"
#include "core/rebase.h"
#include "core/rollback.h"
#include "core/sessions.h"
#include "core/sync.h"
#include "livestore_host.h"

#define MOST_LINKS 1000   /* of so many, the newest ones, it is known what was taken */
#define MOST_PENDING 1000 /* events; with more of them a session that begins anew begins at the head */

struct ls_downlink {
  ls_store *store;
  ls_downlink *before, *after; /* in store->downlinks */
  bool greeted;
  char *name;                  /* "link:" and its id: the fact that says what was taken of it */
  int64_t has, last_conflict;  /* that: so many events, and conflicts up to this id */
  ls_log_cursor *cursor;
  ls_seqnum sent, upstream;    /* what the session has: its log's end, and its upstream head */
  bool welcome;                /* to be sent: the first message */
  bool afresh, same_schema;    /* the session has nothing of use; it can use the state that is here */
  int64_t said;                /* welcomes, and changes of the log */
  bool paged;                  /* what is being written may be continued in the next message */
  bool anyhow;                 /* to be sent: how the log goes on, also when it does not */
  uint64_t tears;              /* ls_log_tears that the session knows the outcome of */
  bool accepted;               /* to be sent: what it pushed is in the log, up to `sent` */
  int64_t kept;                /* to be sent: a conflict of this id is kept; 0: none */
  ls_error failure;            /* to be sent; code 0: none */
  ls_link link;
  ls_bytes out;
};

int ls_downlink_open(ls_downlink **out, ls_store *store, ls_error *err) {
  int rc = ls_sessions_check_first(store, "serve sessions elsewhere", err);
  if (rc) return rc;
  ls_downlink *downlink = ls_calloc(1, sizeof *downlink);
  if (!downlink) return ls_fail_nomem(err);
  downlink->store = store;
  downlink->after = store->downlinks;
  if (downlink->after) downlink->after->before = downlink;
  store->downlinks = downlink;
  *out = downlink;
  return LS_OK;
}

void ls_downlink_close(ls_downlink *downlink) {
  if (!downlink) return;
  if (downlink->before) downlink->before->after = downlink->after;
  else downlink->store->downlinks = downlink->after;
  if (downlink->after) downlink->after->before = downlink->before;
  ls_log_cursor_close(downlink->cursor);
  ls_free(downlink->name);
  ls_link_fini(&downlink->link);
  ls_bytes_fini(&downlink->out);
  ls_free(downlink);
}

/* ---------------------------------------------------------------------------------------------- */
/* Hello */

static int stand_at(ls_downlink *downlink, ls_seqnum since, ls_error *err) {
  ls_log_cursor *cursor;
  int rc = ls_log_cursor_open(&cursor, downlink->store->leader->log, since, err);
  if (rc) return rc;
  ls_log_cursor_close(downlink->cursor);
  downlink->cursor = cursor;
  downlink->sent = ls_log_cursor_at(cursor).seq;
  downlink->upstream = LS_SEQNUM_ROOT;
  downlink->accepted = false;
  downlink->tears = ls_log_tears(downlink->store->leader->log);
  return LS_OK;
}

/* May the state be rolled back to here, and is what lies behind all that upstream may still move? */
static int holds_pending(void *user, ls_mark at, ls_error *err) {
  (void)err;
  return !ls_seqnum_after(at.seq, *(const ls_seqnum *)user);
}

/* Where a session begins that has nothing: at the root, if it cannot use the state. Otherwise as far back as what may be
 * rebased; or, where that is much or cannot be rolled back, at the head. */
static int choose_base(ls_mark *out, const ls_downlink *downlink, ls_error *err) {
  ls_log *log = downlink->store->leader->log;
  ls_seqnum upstream = ls_log_upstream_head(log);
  uint64_t behind;
  ls_mark mark;
  *out = downlink->same_schema ? ls_log_head(log) : ls_log_base(log);
  if (!downlink->same_schema || ls_seqnum_is_root(upstream)) return LS_OK;
  int rc = ls_rollback_find(&mark, downlink->store->session->state, holds_pending, &upstream, err);
  if (rc) return rc == LS_ENOTFOUND ? LS_OK : rc;
  rc = ls_log_count(&behind, log, mark.seq, err);
  if (!rc) rc = ls_log_torn_behind(log, mark.seq, err);
  if (!rc && behind <= MOST_PENDING) *out = mark;
  return rc < 0 ? rc : LS_OK;
}

/* Which session it is, and how many of its events were taken. */
static int take_name(ls_downlink *downlink, uint32_t hello, ls_error *err) {
  ls_log *log = downlink->store->leader->log;
  ls_bytes text = {0};
  const char *id;
  int rc = ls_link_text(&id, &downlink->link, hello, "link", err);
  if (rc) return rc;
  ls_bytes_printf(&text, "link:%s", id);
  char *name = ls_bytes_cstr(&text) ? ls_strdup(text.data) : NULL;
  if (!name) rc = ls_fail_nomem(err);
  ls_bytes_clear(&text);
  if (!rc) rc = ls_log_fact(&text, log, name, err);
  if (rc == 1 && !ls_bytes_cstr(&text)) rc = ls_fail_nomem(err);
  if (rc < 0) {
    ls_free(name);
  } else {
    ls_free(downlink->name);
    downlink->name = name;
    char *end = NULL;
    downlink->has = rc == 1 ? strtoll(text.data, &end, 10) : 0;
    downlink->last_conflict = end ? strtoll(end, NULL, 10) : 0;
  }
  ls_bytes_fini(&text);
  return rc < 0 ? rc : LS_OK;
}

static int choose_beginning(ls_downlink *downlink, uint32_t hello, ls_error *err) {
  ls_link *link = &downlink->link;
  ls_mark at, here;
  int there = 0;
  if (ls_link_find(link, hello, "at")) {
    int rc = ls_link_mark(&at, link, hello, "at", err);
    there = rc ? rc : ls_log_mark(&here, downlink->store->leader->log, at.seq, err);
  }
  if (there < 0) return there;
  downlink->afresh = !there || here.sum != at.sum;
  downlink->anyhow = !downlink->afresh;
  return downlink->afresh ? ls_log_forget_facts(downlink->store->leader->log, "link:*", MOST_LINKS, err)
                          : stand_at(downlink, at.seq, err);
}

static int greet(ls_downlink *downlink, uint32_t hello, ls_error *err) {
  const char *schema;
  int rc = ls_link_text(&schema, &downlink->link, hello, "schema", err);
  if (!rc) rc = ls_store_check_usable(downlink->store, err);
  if (!rc) rc = ls_flush(downlink->store, err);
  if (!rc) rc = take_name(downlink, hello, err);
  if (!rc) rc = choose_beginning(downlink, hello, err);
  if (rc) return rc;
  downlink->same_schema = strcmp(schema, downlink->store->session->schema->hash) == 0;
  downlink->greeted = downlink->welcome = true;
  return LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* What the session has committed */

/* What the fact says when so much was taken. */
#define TAKEN 48
static const char *format_taken(char out[TAKEN], int64_t has, int64_t last_conflict) {
  snprintf(out, TAKEN, "%lld %lld", (long long)has, (long long)last_conflict);
  return out;
}

/* So that a rebase here never gives numbers that a session has given. */
static int64_t raised_generation(const ls_downlink *downlink) {
  int64_t largest = 0;
  for (size_t i = 0; i < downlink->link.n; i++) {
    if (downlink->link.events[i].seq.generation > largest) largest = downlink->link.events[i].seq.generation;
  }
  return largest > ls_log_generation(downlink->store->leader->log) ? largest : 0;
}

/* As with events from upstream, one that fails here is recorded as failed: the session's schema may be another. */
static int append(ls_downlink *downlink, int64_t has, ls_error *err) {
  ls_store *store = downlink->store;
  ls_log *log = store->leader->log;
  char taken[TAKEN];
  ls_rebase rebase = {.store = store,
                      .after = ls_log_head(log).seq,
                      .fresh = downlink->link.events,
                      .n_fresh = downlink->link.n,
                      .generation = raised_generation(downlink),
                      .upstream_head = ls_log_upstream_head(log),
                      .fact = {downlink->name, format_taken(taken, has, downlink->last_conflict)}};
  ls_rebase_result result = {.n = 0};
  int rc = ls_flush(store, err);
  if (!rc) rc = ls_rebase_run(&result, &rebase, err);
  if (rc) return rc;
  ls_leader_count(store->leader, downlink->link.n);
  ls_store_snapshot_when_due(store);
  ls_sync_changed(store);
  ls_log_cursor_skip(downlink->cursor);
  downlink->sent = ls_log_head(log).seq;
  downlink->has = has;
  downlink->accepted = true;
  return LS_OK;
}

/* Does the session know all of the log, and has it pushed all that it has before this? */
static bool fits(const ls_downlink *downlink, int64_t heard, int64_t has) {
  ls_mark head = ls_log_head(downlink->store->leader->log);
  return heard == downlink->said && has == downlink->has + (int64_t)downlink->link.n &&
         ls_seqnum_equal(head.seq, downlink->sent) && ls_log_cursor_stands_at(downlink->cursor, head);
}

/* A push that does not fit was sent before the session had heard of what is told here next, or follows one that did not. */
static int take_push(ls_downlink *downlink, uint32_t push, ls_error *err) {
  int64_t heard, has;
  int rc = ls_link_count(&heard, &downlink->link, push, "heard", err);
  if (!rc) rc = ls_link_count(&has, &downlink->link, push, "has", err);
  if (!rc) rc = ls_store_check_usable(downlink->store, err);
  if (rc || !downlink->link.n || !fits(downlink, heard, has)) return rc;
  rc = append(downlink, has, err);
  ls_store_react(downlink->store);
  return rc;
}

/* One that comes again, since it was not known to have been kept, is kept once. */
static int keep_conflict(ls_downlink *downlink, int64_t id, const ls_conflict *conflict, ls_error *err) {
  ls_log *log = downlink->store->leader->log;
  char taken[TAKEN];
  ls_log_pair fact = {downlink->name, format_taken(taken, downlink->has, id)};
  int rc = id > downlink->last_conflict ? ls_log_begin(log, err) : LS_OK;
  if (rc || id <= downlink->last_conflict) return rc;
  rc = ls_log_conflict_add(log, conflict, err);
  if (!rc) rc = ls_log_set_facts(log, &fact, 1, err);
  if (!rc) rc = ls_log_flush(log, err);
  if (rc) {
    ls_log_abort(log);
    return rc;
  }
  downlink->last_conflict = id;
  ls_sync_changed(downlink->store);
  return LS_OK;
}

static int take_conflict(ls_downlink *downlink, uint32_t object, ls_error *err) {
  ls_link *link = &downlink->link;
  int64_t id, cause, item;
  ls_conflict conflict = {.events = link->events, .n = link->n};
  int rc = ls_link_count(&id, link, object, "id", err);
  if (!rc) rc = ls_link_count(&cause, link, object, "cause", err);
  if (!rc) rc = ls_link_count(&item, link, object, "item", err);
  if (!rc) rc = ls_link_text(&conflict.error, link, object, "error", err);
  if (!rc && item >= (int64_t)link->n) rc = ls_fail(err, LS_EPROTOCOL, "a conflict without its events");
  if (rc) return rc;
  conflict.cause = (ls_conflict_cause)cause;
  conflict.item = (size_t)item;
  rc = keep_conflict(downlink, id, &conflict, err);
  if (!rc) downlink->kept = id;
  ls_store_react(downlink->store);
  return rc;
}

static int receive(ls_downlink *downlink, ls_error *err) {
  const ls_link *link = &downlink->link;
  uint32_t node;
  if ((node = ls_link_find(link, 0, "hello"))) return greet(downlink, node, err);
  if (!downlink->greeted) return ls_fail(err, LS_EPROTOCOL, "the session's first message must be a hello");
  if ((node = ls_link_find(link, 0, "push"))) return take_push(downlink, node, err);
  if ((node = ls_link_find(link, 0, "conflict"))) return take_conflict(downlink, node, err);
  return ls_fail(err, LS_EPROTOCOL, "a session sends hello, push or conflict");
}

int ls_downlink_receive(ls_downlink *downlink, const void *message, size_t size, ls_error *err) {
  ls_error local;
  if (!err) err = &local;
  int rc = ls_link_read(&downlink->link, message, size, err);
  if (!rc) rc = receive(downlink, err);
  if (rc) downlink->failure = *err;
  else ls_error_clear(err);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* What is to be sent */

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
  unsigned char *image;
  size_t size, n;
  bool more;
  int rc = ls_state_image(&image, &size, downlink->store->session->state, err);
  if (rc) return rc;
  ls_bytes_printf(&downlink->out, ",\"image\":%zu}", size);
  downlink->paged = false;
  rc = put_log(&more, &n, downlink, err);
  put_upstream(downlink);
  ls_bytes_text(&downlink->out, "}\n");
  ls_bytes_append(&downlink->out, image, size);
  sqlite3_free(image);
  return rc;
}

static int put_afresh(ls_downlink *downlink, ls_error *err) {
  ls_mark base;
  int rc = ls_store_check_usable(downlink->store, err);
  if (!rc) rc = choose_base(&base, downlink, err);
  if (!rc) rc = stand_at(downlink, base.seq, err);
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
  if (downlink->afresh) rc = put_afresh(downlink, err);
  else ls_bytes_text(&downlink->out, "}}");
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

/* A commit that is not whole any more cannot be told of as the others are: then the session begins anew. What was accepted is told before the log is looked at: it is what the session has, whatever came since. */
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
  ls_bytes_clear(&downlink->out);
  int there = put_next(downlink, err);
  if (there == 1 && !ls_bytes_ok(&downlink->out)) there = ls_fail_nomem(err);
  if (there != 1) return there;
  *message = downlink->out.data;
  *size = downlink->out.size;
  return 1;
}
