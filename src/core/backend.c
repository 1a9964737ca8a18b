/* Which backend a log was synced with, and what becomes of it when there is another one in its place. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/seqnum.h"
#include "core/past.h"
#include "core/pending.h"
#include "core/rebase.h"
#include "core/upstream.h"

#define COPY_NAME 80 /* bytes of a copy's name */
#define COPIES 1000  /* most copies of one backend's log */

const char *ls_upstream_backend_id(const ls_store *store) {
  return store->leader->backend_id ? store->leader->backend_id : "";
}

/* ---------------------------------------------------------------------------------------------- */
/* Keeping the old log */

/* Characters that a file's name should not have become dashes. */
static void copy_name(char out[COPY_NAME], const char *backend_id, int n) {
  char id[41];
  size_t size = 0;
  for (; backend_id[size] && size < sizeof id - 1; size++) {
    char c = backend_id[size];
    bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
    id[size] = c;
    if (!plain) id[size] = '-';
  }
  id[size] = '\0';
  if (n == 1)
    snprintf(out, COPY_NAME, "log-%s.db", id);
  else
    snprintf(out, COPY_NAME, "log-%s-%d.db", id, n);
}

/* A name that no file has. */
static int free_name(char **out, const ls_store *store, ls_error *err) {
  for (int n = 1; n <= COPIES; n++) {
    char name[COPY_NAME];
    copy_name(name, ls_upstream_backend_id(store), n);
    char *file = ls_store_file(store->path, name);
    int there = file ? ls_port_exists(file, err) : ls_fail_nomem(err);
    if (!there) {
      *out = file;
      return LS_OK;
    }
    ls_free(file);
    if (there < 0) return there;
  }
  return ls_fail(err, LS_EEXISTS, "%s: %d logs of backend %s are kept already", store->path, COPIES,
                 ls_upstream_backend_id(store));
}

/* Beside its place first, so that what is there is whole. */
static int copy_to(const ls_store *store, const char *file, ls_error *err) {
  char *partial = ls_store_file(store->path, "log.copy.tmp");
  int rc = partial ? ls_port_remove_file(partial, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_log_copy(store->leader->log, partial, err);
  if (!rc) rc = ls_port_rename_file(partial, file, err);
  if (rc && partial) ls_port_remove_file(partial, NULL);
  ls_free(partial);
  return rc;
}

/* *out: the copy's path; NULL for a store in memory. */
static int keep_log(char **out, ls_store *store, ls_error *err) {
  *out = NULL;
  if (!store->path) {
    ls_note(&store->session->notes, LS_LOG_WARNING, "backend",
            "the log that was synced with backend %s is not kept, since the store is in memory",
            ls_upstream_backend_id(store));
    return LS_OK;
  }
  char *file = NULL;
  int rc = free_name(&file, store, err);
  if (rc) return rc;
  rc = copy_to(store, file, err);
  if (rc)
    ls_free(file);
  else
    *out = file;
  return rc ? ls_wrap(err, rc, "keeping the old log") : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Beginning anew */

typedef struct reset {
  ls_store *store;
  ls_seqnum upstream_head; /* of the old log */
  ls_pending events;       /* all but confirmed ones of others */
  size_t n_confirmed;      /* of them */
  size_t n_stay;           /* of these, client-only ones */
  char why[200];
} reset;

/* What was confirmed goes, so its arguments are not needed; client-only events of its commit stay, each by itself. */
static int take(reset *r, const ls_event *event, ls_error *err) {
  bool confirmed = !ls_seqnum_after(event->seq, r->upstream_head), client_only = event->seq.client != 0;
  if (confirmed && !client_only && strcmp(event->client_id, r->store->leader->client_id) != 0) return LS_OK;
  r->n_confirmed += confirmed;
  r->n_stay += confirmed && client_only;
  ls_event bare = *event;
  if (confirmed) bare.more = 0;
  if (confirmed && !client_only) bare.args = "", bare.args_size = 0;
  return ls_pending_add(&r->events, &bare, err);
}

static int read_log(reset *r, ls_error *err) {
  ls_log_cursor *cursor;
  const ls_event *event;
  int rc = ls_log_cursor_open(&cursor, r->store->leader->log, LS_SEQNUM_ROOT, err), more = 0;
  if (rc) return rc;
  while (!rc && (more = ls_log_cursor_next(&event, NULL, cursor, err)) == 1) rc = take(r, event, err);
  ls_log_cursor_close(cursor);
  return rc ? rc : more < 0 ? more : LS_OK;
}

static ls_rebase_fate fate_of(ls_conflict *conflict, void *user) {
  const reset *r = user;
  size_t synced = 0;
  while (synced < conflict->n && conflict->events[synced].seq.client) synced++;
  if (synced == conflict->n) return LS_REBASE_MOVE;
  if (!ls_seqnum_after(conflict->events->seq, r->upstream_head)) return LS_REBASE_DROP;
  conflict->cause = LS_CONFLICT_BACKEND;
  conflict->item = synced;
  conflict->error = r->why;
  return LS_REBASE_SET_ASIDE;
}

/* Client-only events that were confirmed have no receipts any more, and stand before those that have. */
static void tell_receipts(reset *r, const ls_rebase_result *result) {
  ls_receipts *receipts = &r->store->leader->receipts;
  for (size_t i = result->n; i > 0; i--) {
    const ls_rebase_conflict *conflict = &result->conflicts[i - 1];
    if (conflict->first >= r->n_confirmed) {
      ls_receipts_set_aside(receipts, (int64_t)(conflict->first - r->n_confirmed), (int64_t)conflict->n);
    } else {
      r->n_stay -= conflict->n;
    }
  }
  receipts->before += (int64_t)r->n_stay;
}

static int begin_anew(reset *r, const char *backend_id, ls_error *err) {
  ls_log *log = r->store->leader->log;
  ls_rebase rebase = {.store = r->store,
                      .after = LS_SEQNUM_ROOT,
                      .moved = r->events.events,
                      .n_moved = r->events.n,
                      .fate = fate_of,
                      .user = r,
                      .generation = ls_log_generation(log) + 1,
                      .upstream_head = LS_SEQNUM_ROOT,
                      .backend_id = backend_id};
  ls_rebase_result result = {0};
  int rc = ls_rebase_run(&result, &rebase, err);
  if (rc) return rc;
  tell_receipts(r, &result);
  ls_free(result.conflicts);
  return LS_OK;
}

static int set_all_aside(ls_store *store, const char *backend_id, ls_error *err) {
  reset r = {.store = store, .upstream_head = ls_log_upstream_head(store->leader->log)};
  char *copy = NULL;
  snprintf(r.why, sizeof r.why, "backend %.60s, which never accepted it, was replaced by %.60s",
           ls_upstream_backend_id(store), backend_id);
  int rc = read_log(&r, err);
  if (!rc) rc = keep_log(&copy, store, err);
  if (!rc) rc = begin_anew(&r, backend_id, err);
  if (!rc) ls_past_forget(store);
  if (rc && copy) ls_port_remove_file(copy, NULL);
  ls_pending_fini(&r.events);
  ls_free(copy);
  return rc;
}

/* All is pending from here on. */
static int upload(ls_store *store, const char *backend_id, ls_error *err) {
  ls_leader *leader = store->leader;
  uint64_t all, pending;
  int rc = ls_log_count(&all, leader->log, LS_SEQNUM_ROOT, err);
  if (!rc) rc = ls_log_count(&pending, leader->log, ls_log_upstream_head(leader->log), err);
  if (!rc) rc = ls_log_begin(leader->log, err);
  if (rc) return rc;
  rc = ls_log_set_upstream_head(leader->log, LS_SEQNUM_ROOT, err);
  if (!rc) rc = ls_log_set_facts(leader->log, &(ls_log_pair){"backend_id", backend_id}, 1, err);
  if (!rc) rc = ls_log_flush(leader->log, err);
  if (rc)
    ls_log_abort(leader->log);
  else
    leader->receipts.before += (int64_t)(all - pending);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

static int replace(ls_store *store, const char *backend_id, ls_backend_policy policy, ls_error *err) {
  const char *before = ls_upstream_backend_id(store);
  if (!*before) return ls_log_set_facts(store->leader->log, &(ls_log_pair){"backend_id", backend_id}, 1, err);
  if (policy == LS_BACKEND_UPLOAD) return upload(store, backend_id, err);
  if (policy == LS_BACKEND_SET_ASIDE) return set_all_aside(store, backend_id, err);
  return ls_fail(err, LS_EBACKEND,
                 "the server keeps log \"%s\", but this store was synced with \"%s\": the server has lost its"
                 " data, or the URL leads to another one",
                 backend_id, before);
}

int ls_upstream_backend(ls_store *store, const char *backend_id, ls_backend_policy policy, ls_error *err) {
  if (strcmp(ls_upstream_backend_id(store), backend_id) == 0) return LS_OK;
  char *copy = ls_strdup(backend_id);
  int rc = copy ? ls_store_check_usable(store, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_flush(store, err);
  if (!rc) rc = ls_leader_count_receipts(store->leader, err);
  if (!rc) rc = replace(store, backend_id, policy, err);
  if (!rc) {
    ls_free(store->leader->backend_id);
    store->leader->backend_id = copy;
  } else {
    ls_free(copy);
  }
  ls_store_react(store);
  return rc;
}
