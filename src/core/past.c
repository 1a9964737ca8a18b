#include "core/past.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/follow.h"
#include "core/kept.h"
#include "base/seqnum.h"
#include "core/snapshot.h"

/* What things cost, roughly: enough to choose between ways whose costs differ several times over. */
#define EVENT_NS 3000     /* applying one */
#define RECORD_NS 5000    /* rolling back by one record … */
#define CHANGE_BYTE_NS 50 /* … for each byte of its changeset */
#define PAGE_BYTE_NS 1    /* copying a database in memory */
#define FILE_BYTE_NS 2    /* reading and checking one from a file */

typedef struct way {
  ls_past_way kind;
  ls_seqnum from;
  bool kept; /* a file of kept.h, which is removed when it is of no use */
  double cost_ns;
} way;

/* Where all ways but one for each kept snapshot fit. */
enum { OTHER_WAYS = 3 };

int ls_past_find(ls_mark *out, ls_store *store, ls_seqnum position, ls_error *err) {
  char at[LS_SEQNUM_TEXT], before[LS_SEQNUM_TEXT];
  ls_mark mark = {LS_SEQNUM_ROOT, 0};
  ls_seqnum_format(position, at);
  int rc = ls_seqnum_in_range(position) ? ls_log_floor(&mark, store->leader->log, position, err) : LS_OK;
  if (rc) return rc;
  bool here = ls_seqnum_in_range(position) && !ls_seqnum_after(position, mark.seq);
  if (here && (!position.generation || position.generation == mark.seq.generation)) {
    *out = mark;
    return LS_OK;
  }
  return ls_fail(err, LS_ENOTFOUND, "there is no event %s; %s is %s", at,
                 here ? "at this place" : "the newest one before it", ls_seqnum_format(mark.seq, before));
}

/* ---------------------------------------------------------------------------------------------- */
/* Choosing a way */

/* Events between two places, a before b. Client-only ones in between are not all counted. */
static double events_between(ls_seqnum a, ls_seqnum b) {
  if (a.global == b.global) return (double)(b.client - a.client);
  return (double)(b.global - a.global) + (double)b.client;
}

/* Read the figures of the rollback records behind a place. */
static int measure_records(int64_t out[3], ls_state *state, ls_seqnum seq, ls_error *err) {
  sqlite3_stmt *stmt;
  int rc = ls_database_prepare(
      &stmt, &state->database,
      "SELECT count(*), coalesce(sum(length(changeset)), 0), min(before_place) FROM __livestore_rollback"
      " WHERE place > ?1",
      NULL, LS_ACCESS_OWN, err);
  if (rc) return rc;
  sqlite3_bind_int64(stmt, 1, ls_seqnum_place(seq));
  if (sqlite3_step(stmt) == SQLITE_ROW) {
    for (int i = 0; i < 3; i++) out[i] = sqlite3_column_int64(stmt, i);
  } else {
    rc = ls_sqlite_fail(err, state->database.db, LS_EIO, "state");
  }
  sqlite3_finalize(stmt);
  return rc;
}

/* 1 when there is such a way, 0 when not: nothing leads to the root but to begin there. A record may lead from behind
 * the place to before it. */
static int way_from_present(way *out, ls_store *store, ls_seqnum at, ls_error *err) {
  ls_state *state = store->session->state;
  int64_t records[3] = {0};
  bool ahead = ls_seqnum_after(state->at.seq, at);
  if (ls_seqnum_is_root(at)) return 0;
  int rc = ahead ? measure_records(records, state, at, err) : LS_OK;
  if (rc) return rc;
  if (ahead && (state->tables.has_virtual || !records[0] || records[2] > ls_seqnum_place(at))) return 0;
  ls_seqnum from = ahead ? ls_seqnum_at_place(records[2], 0) : state->at.seq;
  double back = (double)records[0] * RECORD_NS + (double)records[1] * CHANGE_BYTE_NS;
  *out = (way){LS_PAST_PRESENT, from, false,
               (double)ls_state_bytes(state) * PAGE_BYTE_NS + back + events_between(from, at) * EVENT_NS};
  return 1;
}

static way way_from_file(ls_seqnum from, uint64_t bytes, bool kept, ls_seqnum at) {
  return (way){LS_PAST_SNAPSHOT, from, kept, (double)bytes * FILE_BYTE_NS + events_between(from, at) * EVENT_NS};
}

static char *file_of(const ls_store *store, const way *w) {
  return w->kept ? ls_kept_file(store->path, w->from) : ls_store_file(store->path, "state.db");
}

static int add_ways_from_files(way *ways, size_t *n, ls_store *store, const ls_kept_list *kept, ls_seqnum at,
                               ls_error *err) {
  ls_seqnum snapshot = store->first->snapshot.seq;
  if (!ls_seqnum_is_root(snapshot) && !ls_seqnum_after(snapshot, at)) {
    char *file = ls_store_file(store->path, "state.db");
    if (!file) return ls_fail_nomem(err);
    ways[(*n)++] = way_from_file(snapshot, ls_port_file_size(file), false, at);
    ls_free(file);
  }
  for (size_t i = 0; i < kept->n && !ls_seqnum_after(kept->items[i].seq, at); i++) {
    ways[(*n)++] = way_from_file(kept->items[i].seq, kept->items[i].bytes, true, at);
  }
  return LS_OK;
}

static int add_ways(way *ways, size_t *n, ls_store *store, const ls_kept_list *kept, ls_seqnum at, ls_error *err) {
  int there = way_from_present(&ways[0], store, at, err);
  if (there < 0) return there;
  *n = (size_t)there;
  ways[(*n)++] = (way){LS_PAST_NOTHING, LS_SEQNUM_ROOT, false, events_between(LS_SEQNUM_ROOT, at) * EVENT_NS};
  return store->path ? add_ways_from_files(ways, n, store, kept, at, err) : LS_OK;
}

/* ---------------------------------------------------------------------------------------------- */
/* Going it */

const char *ls_past_place(const ls_store *store) {
  return store->path && store->options.state == LS_STATE_FILE ? "" : NULL;
}

static int start(ls_state **out, ls_store *store, const way *w, ls_error *err) {
  const ls_session *session = store->session;
  if (w->kind == LS_PAST_PRESENT) return ls_state_copy(out, session->state, ls_past_place(store), err);
  if (w->kind == LS_PAST_NOTHING) return ls_state_new(out, session->schema, ls_past_place(store), NULL, err);
  char *file = file_of(store, w);
  if (!file) return ls_fail_nomem(err);
  int rc = ls_snapshot_read(out, file, session->schema, NULL, err);
  ls_free(file);
  return rc;
}

/* What took long is kept, so that it is fast the next time. Errors do not matter: nothing was promised. */
static void keep_for_next_time(ls_store *store, ls_state *state, const way *w) {
  bool worth = store->path && store->options.state == LS_STATE_MEMORY && store->options.past_bytes >= 0 &&
               events_between(w->from, state->at.seq) > (double)store->options.snapshot_events;
  if (worth) ls_kept_write(store->path, state, store->options.past_bytes, NULL);
}

static int go(ls_state **out, ls_store *store, const way *w, ls_mark at, ls_error *err) {
  ls_state *state = NULL;
  ls_follow options = {.until = at.seq, .progress = ls_store_progress, .user = store, .what = "replaying the log"};
  int rc = start(&state, store, w, err);
  if (rc) return rc;
  if (!ls_seqnum_is_root(at.seq)) rc = ls_state_follow(state, store->leader->log, &options, err);
  if (rc) {
    ls_state_free(state);
    return rc;
  }
  keep_for_next_time(store, state, w);
  *out = state;
  return LS_OK;
}

/* Take the cheapest way out of the list. */
static way take_best(way *ways, size_t *n) {
  size_t best = 0;
  for (size_t i = 1; i < *n; i++) {
    if (ways[i].cost_ns < ways[best].cost_ns) best = i;
  }
  way w = ways[best];
  ways[best] = ways[--*n];
  return w;
}

/* Damage of what a way begins with is no reason to give up. */
static bool try_next(int rc) { return rc == LS_ENOTFOUND || rc == LS_EIO; }

static int try_ways(ls_state **out, ls_store *store, way *ways, size_t n, ls_mark at, int only, ls_error *err) {
  int rc = ls_fail(err, LS_ENOTFOUND, "the state cannot be made in this way");
  while (n > 0 && try_next(rc)) {
    way w = take_best(ways, &n);
    if (only >= 0 && only != (int)w.kind) continue;
    rc = go(out, store, &w, at, err);
    if (rc == LS_ENOTFOUND && w.kept) ls_kept_remove(store->path, w.from, NULL);
  }
  if (!rc) ls_error_clear(err);
  return rc;
}

static int make(ls_state **out, ls_store *store, ls_mark at, int only, ls_error *err) {
  ls_kept_list kept = {0};
  size_t n = 0;
  int rc = store->path ? ls_kept_list_read(&kept, store->path, err) : LS_OK;
  if (rc) return rc;
  way *ways = ls_malloc((kept.n + OTHER_WAYS) * sizeof *ways);
  rc = ways ? add_ways(ways, &n, store, &kept, at.seq, err) : ls_fail_nomem(err);
  if (!rc) rc = try_ways(out, store, ways, n, at, only, err);
  ls_free(ways);
  ls_kept_list_fini(&kept);
  return rc;
}

int ls_past_make(ls_state **out, ls_store *store, ls_mark at, ls_error *err) { return make(out, store, at, -1, err); }

int ls_past_make_from(ls_state **out, ls_store *store, ls_mark at, ls_past_way way_kind, ls_error *err) {
  return make(out, store, at, (int)way_kind, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Keeping */

/* Events since the newest kept snapshot. */
static int count_since_kept(uint64_t *out, ls_store *store, ls_error *err) {
  ls_kept_list kept = {0};
  int rc = ls_kept_list_read(&kept, store->path, err);
  if (rc) return rc;
  rc = ls_log_count(out, store->leader->log, kept.n ? kept.items[kept.n - 1].seq : LS_SEQNUM_ROOT, err);
  ls_kept_list_fini(&kept);
  return rc;
}

void ls_past_keep(ls_store *store, const char *file) {
  ls_error err;
  ls_seqnum head = store->session->state->at.seq;
  uint64_t events = 0;
  bool none = store->options.past_bytes < 0;
  /* What stands behind the head is of a branch that the log has left. */
  int rc = ls_kept_remove_after(store->path, none ? LS_SEQNUM_ROOT : head, &err);
  if (!rc && !none) rc = count_since_kept(&events, store, &err);
  if (!rc && events >= (uint64_t)store->options.snapshot_events) {
    rc = ls_kept_link(store->path, head, file, store->options.past_bytes, &err);
  }
  if (rc) ls_note(&store->session->notes, LS_LOG_WARNING, "snapshots", "a snapshot could not be kept: %s", err.text);
}

void ls_past_forget(ls_store *store) {
  if (store->path) ls_kept_remove_after(store->path, LS_SEQNUM_ROOT, NULL);
}
