/* Joining a session that is elsewhere, and taking in what it says. */
#include "core/downlink.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/log_conflicts.h"
#include "core/rebase.h"
#include "core/sessions.h"
#include "core/sync.h"

#define MOST_LINKS 1000 /* of so many, the newest ones, it is known what was taken */

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
  if (downlink->before)
    downlink->before->after = downlink->after;
  else
    downlink->store->downlinks = downlink->after;
  if (downlink->after) downlink->after->before = downlink->before;
  ls_log_cursor_close(downlink->cursor);
  ls_free(downlink->name);
  ls_link_fini(&downlink->link);
  ls_bytes_fini(&downlink->out);
  ls_free(downlink);
}

/* ---------------------------------------------------------------------------------------------- */
/* Hello */

int ls_downlink_stand_at(ls_downlink *downlink, ls_seqnum since, ls_error *err) {
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
                          : ls_downlink_stand_at(downlink, at.seq, err);
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
  if (rc)
    downlink->failure = *err;
  else
    ls_error_clear(err);
  return rc;
}
