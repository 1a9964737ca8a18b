#include "core/migration.h"

#include "base/alloc.h"
#include "base/err.h"
#include "core/follow.h"
#include "core/past.h"
#include "base/seqnum.h"
#include "core/sessions.h"

/* ---------------------------------------------------------------------------------------------- */
/* The state that is made */

static bool lives_in_file(const ls_store *store) { return store->path && store->options.state == LS_STATE_FILE; }

static void drop_state(ls_migration *m) {
  ls_state_free(m->state);
  m->state = NULL;
  if (m->file) ls_port_remove_file(m->file, NULL);
  if (m->wal) ls_port_remove_file(m->wal, NULL);
}

/* A file keeps no rollback records yet: there is nothing to roll back to before the swap. */
static int make_state(ls_migration *m, ls_error *err) {
  drop_state(m);
  m->done = 0;
  int rc = ls_state_new(&m->state, m->schema, m->file, &m->store->session->notes, err);
  if (!rc && !m->file) ls_store_tune(m->store, m->state);
  return rc;
}

int ls_migration_new(ls_migration **out, ls_store *store, ls_schema *schema, const char *name, ls_error *err) {
  ls_migration *m = ls_calloc(1, sizeof *m);
  if (!m) return ls_fail_nomem(err);
  m->store = store;
  m->schema = schema;
  int rc = ls_log_count(&m->total, store->leader->log, LS_SEQNUM_ROOT, err);
  if (rc == LS_ECORRUPT) rc = LS_OK; /* replaying tells where */
  if (!rc && lives_in_file(store)) {
    char wal[40];
    sqlite3_snprintf(sizeof wal, wal, "%s-wal", name);
    m->file = ls_store_file(store->path, name);
    m->wal = ls_store_file(store->path, wal);
    if (!m->file || !m->wal) rc = ls_fail_nomem(err);
  }
  if (rc) {
    ls_migration_free(m);
    return rc;
  }
  *out = m;
  return LS_OK;
}

void ls_migration_free(ls_migration *m) {
  if (!m) return;
  drop_state(m);
  if (m->owns_schema) ls_schema_free(m->schema);
  if (m->store->migration == m) m->store->migration = NULL;
  ls_arena_fini(&m->arena);
  ls_free(m->file);
  ls_free(m->wal);
  ls_free(m);
}

/* ---------------------------------------------------------------------------------------------- */
/* Replaying */

static int replay(ls_migration *m, uint64_t most, ls_error *err) {
  ls_follow options = {.most = most, .count = &m->done, .user = m->store, .what = "making the state anew"};
  if (!most) options.progress = ls_store_progress;
  int rc = m->state ? LS_OK : make_state(m, err);
  return rc ? rc : ls_state_follow(m->state, m->store->leader->log, &options, err);
}

int ls_migration_advance(ls_migration *m, uint64_t most, ls_error *err) {
  bool begun = m->state != NULL;
  int rc = replay(m, most, err);
  if (rc == LS_ENOTFOUND && begun) { /* the log was cut below where the new state stands */
    drop_state(m);
    rc = replay(m, most, err);
  }
  if (m->total < m->done) m->total = m->done;
  return rc;
}

static bool at_head(const ls_migration *m) {
  ls_mark head = ls_log_head(m->store->leader->log);
  return m->state && ls_seqnum_equal(m->state->at.seq, head.seq) && m->state->at.sum == head.sum;
}

/* ---------------------------------------------------------------------------------------------- */
/* Swapping */

/* All that can fail before a new state takes the present one's place: queries keep their rows, and the log is told the
 * schema if it is another one. */
static int prepare_swap(ls_store *store, const ls_schema *schema, ls_error *err) {
  int rc = ls_query_cache_leave(&store->session->queries, err);
  if (rc || schema == store->session->schema) return rc;
  return ls_leader_set_schema(store->leader, schema->json, err);
}

static int swap_files(ls_store *store, ls_schema *schema, const char *made, ls_error *err) {
  ls_state *state = NULL;
  char *file = ls_store_file(store->path, "state.db"), *wal = ls_store_file(store->path, "state.db-wal");
  int rc = file && wal ? ls_port_remove_file(wal, err) : ls_fail_nomem(err);
  if (!rc) rc = ls_port_rename_file(made, file, err);
  if (!rc) rc = ls_state_open_file(&state, schema, file, &store->session->notes, err);
  if (!rc) ls_store_tune(store, state);
  if (!rc) rc = ls_session_swap(store->session, schema, state, err); /* with no query open it cannot fail */
  ls_free(file);
  ls_free(wal);
  return rc;
}

/* Put a state that was made in a file of its own into the place of the present one. Once that is closed there is no way
 * back: if the new one cannot be opened, the store is without a state, and the next call on it makes one. */
static int swap_in_file(ls_migration *m, ls_error *err) {
  ls_store *store = m->store;
  ls_session *session = store->session;
  int rc = ls_database_exec(&m->state->database, "PRAGMA wal_checkpoint(TRUNCATE)", err);
  ls_state_free(m->state);
  m->state = NULL;
  if (!rc) rc = prepare_swap(store, m->schema, err);
  if (rc) return rc;
  ls_state_free(session->state);
  session->state = NULL;
  if (session->schema != m->schema) ls_schema_free(session->schema);
  session->schema = m->schema;
  ls_error failure;
  if (swap_files(store, m->schema, m->file, &failure)) {
    ls_note(&session->notes, LS_LOG_WARNING, "state-file", "the new state could not be opened: %s", failure.text);
  }
  return LS_OK;
}

static int swap_in_memory(ls_migration *m, ls_error *err) {
  ls_store *store = m->store;
  int rc = prepare_swap(store, m->schema, err);
  if (!rc) rc = ls_session_swap(store->session, m->schema, m->state, err);
  if (rc) return rc;
  m->state = NULL;
  store->snapshot = (ls_mark){LS_SEQNUM_ROOT, 0};
  return LS_OK;
}

int ls_migration_swap(ls_migration *m, ls_error *err) {
  int rc = m->file ? swap_in_file(m, err) : swap_in_memory(m, err);
  if (rc) return rc;
  m->owns_schema = false;
  m->store->unsaved = m->done;
  return LS_OK;
}

int ls_store_make_anew(ls_store *store, ls_schema *schema, ls_error *err) {
  ls_migration *m = NULL;
  int rc = ls_migration_new(&m, store, schema, "state.new.db", err);
  if (!rc) rc = ls_migration_advance(m, 0, err);
  if (!rc) rc = ls_migration_swap(m, err);
  ls_migration_free(m);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* For applications */

static int check_alone(const ls_store *store, ls_error *err) {
  if (!store->migration) return LS_OK;
  return ls_fail(err, LS_EEXISTS, "a migration of this store has begun already: finish it or abort it first");
}

int ls_migration_begin(ls_migration **out, ls_store *store, const ls_schema_source *source, ls_error *err) {
  ls_schema *schema = store->session->schema;
  int rc = ls_sessions_check_first(store, "make the state anew or change the schema", err);
  if (!rc) rc = ls_store_check_usable(store, err);
  if (!rc) rc = check_alone(store, err);
  if (!rc) rc = ls_flush(store, err);
  if (!rc && source) rc = ls_schema_new(&schema, source, err);
  if (rc) return rc;
  rc = ls_migration_new(&store->migration, store, schema, "state.next.db", err);
  if (rc) {
    if (source) ls_schema_free(schema);
    return rc;
  }
  store->migration->owns_schema = source != NULL;
  *out = store->migration;
  return LS_OK;
}

int ls_migration_step(ls_migration *m, uint64_t events, ls_error *err) {
  int rc = ls_store_check_usable(m->store, err);
  if (!rc) rc = ls_migration_advance(m, events ? events : 1, err);
  return rc ? rc : !at_head(m);
}

void ls_migration_progress(const ls_migration *m, uint64_t *done, uint64_t *total) {
  *done = m->done;
  *total = at_head(m) ? m->done : m->total;
}

int ls_migration_finish(ls_migration *m, ls_error *err) {
  ls_store *store = m->store;
  int rc = m->owns_schema ? ls_sessions_check_alone(store, "the schema is changed", err) : LS_OK;
  if (!rc) rc = ls_store_check_usable(store, err);
  if (!rc) rc = ls_flush(store, err);
  if (!rc) rc = ls_migration_advance(m, 0, err);
  if (!rc) rc = ls_migration_swap(m, err);
  if (rc) return rc;
  ls_migration_free(m);
  ls_past_forget(store);
  ls_store_snapshot(store, 0);
  ls_store_react(store);
  return LS_OK;
}

void ls_migration_abort(ls_migration *m) { ls_migration_free(m); }

static int migrate(ls_store *store, const ls_schema_source *source, ls_error *err) {
  ls_migration *m = NULL;
  int rc = ls_migration_begin(&m, store, source, err);
  if (rc) return rc;
  rc = ls_migration_finish(m, err);
  if (rc) ls_migration_abort(m);
  return rc;
}

int ls_schema_set(ls_store *store, const ls_schema_source *source, ls_error *err) {
  return migrate(store, source, err);
}

int ls_rebuild(ls_store *store, ls_error *err) { return migrate(store, NULL, err); }
