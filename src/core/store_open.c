/* Opening and closing a store:
 *
 *   schema given? ─► parsed and checked before a file is touched
 *   lock ─► log ─► identity (a new store is given one) ─► schema ─► state from snapshot, file or nothing ─► follow
 *
 * A store whose creation was interrupted has no identity yet and is created again. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "base/nanoid.h"
#include "core/follow.h"
#include "core/graph.h"
#include "core/past.h"
#include "base/seqnum.h"
#include "core/sessions.h"
#include "core/snapshot.h"
#include "core/store.h"
#include "core/sync.h"
#include "core/uplink.h"

#define ID_SIZE 12 /* characters of a random id: 72 bits */

char *ls_store_file(const char *path, const char *name) {
  size_t size = strlen(path) + strlen(name) + 2;
  char *file = ls_malloc(size);
  if (file) snprintf(file, size, "%s/%s", path, name);
  return file;
}

static bool id_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

#define LONGEST_ID 128 /* a server takes no longer ones */

static bool valid_id(const char *id) {
  size_t size = 0;
  while (id_character(id[size])) size++;
  return size > 0 && size <= LONGEST_ID && !id[size];
}

static int check_id(const char *what, const char *id, ls_error *err) {
  if (valid_id(id)) return LS_OK;
  return ls_fail(err, LS_EARGS, "\"%s\" cannot be a %s id: it takes 1 to %d letters, digits, _ and -", id, what,
                 LONGEST_ID);
}

/* The directory's own name as an id: what an id cannot hold becomes a dash. */
static char *name_of(const char *path) {
  size_t end = strlen(path);
  while (end > 1 && path[end - 1] == '/') end--;
  size_t start = end;
  while (start > 0 && path[start - 1] != '/') start--;
  char *name = ls_strndup(path + start, end - start < LONGEST_ID ? end - start : LONGEST_ID);
  for (char *c = name; c && *c; c++) {
    if (!id_character(*c)) *c = '-';
  }
  return name;
}

static int random_id(char **out, ls_error *err) {
  uint8_t random[ID_SIZE];
  char id[ID_SIZE + 1];
  int rc = ls_port_random(random, sizeof random, err);
  if (rc) return rc;
  ls_nanoid(id, random, ID_SIZE);
  *out = ls_strdup(id);
  return *out ? LS_OK : ls_fail_nomem(err);
}

static int choose_store_id(char **out, const char *path, const ls_options *options, ls_error *err) {
  char *id = options->store_id ? ls_strdup(options->store_id) : path ? name_of(path) : ls_strdup("memory");
  if (!id) return ls_fail_nomem(err);
  int rc = check_id("store", id, err);
  if (rc) {
    ls_free(id);
    return rc;
  }
  *out = id;
  return LS_OK;
}

int ls_store_choose_id(char **out, const char *what, const char *given, ls_error *err) {
  if (!given) return random_id(out, err);
  int rc = check_id(what, given, err);
  if (rc) return rc;
  *out = ls_strdup(given);
  return *out ? LS_OK : ls_fail_nomem(err);
}

static int found_store(ls_log *log, const char *path, const ls_options *options, const ls_schema *schema, ls_error *err) {
  if (!schema) return ls_fail(err, LS_ESCHEMA, "%s: a new store needs a schema", path ? path : "store in memory");
  char *store = NULL, *client = NULL, *session = NULL;
  int rc = choose_store_id(&store, path, options, err);
  if (!rc) rc = ls_store_choose_id(&client, "client", options->client_id, err);
  if (!rc) rc = ls_store_choose_id(&session, "session", options->session_id, err);
  if (!rc) rc = ls_leader_found(log, &(ls_identity){store, client, session}, schema->json, err);
  ls_free(store);
  ls_free(client);
  ls_free(session);
  return rc;
}

static int check_identity(const ls_leader *leader, const ls_options *options, ls_error *err) {
  if (options->store_id && strcmp(options->store_id, leader->store_id) != 0) {
    return ls_fail(err, LS_EEXISTS, "the store's id is \"%s\", not \"%s\"", leader->store_id, options->store_id);
  }
  if (options->client_id && strcmp(options->client_id, leader->client_id) != 0) {
    return ls_fail(err, LS_EEXISTS, "the store belongs to client \"%s\", not \"%s\"", leader->client_id, options->client_id);
  }
  return options->session_id ? check_id("session", options->session_id, err) : LS_OK;
}

/* The ids of a new store, before a file of it is made. */
static int check_new_ids(const char *path, const ls_options *options, ls_error *err) {
  char *id;
  int rc = choose_store_id(&id, path, options, err);
  if (rc) return rc;
  ls_free(id);
  if (options->client_id) rc = check_id("client", options->client_id, err);
  return rc || !options->session_id ? rc : check_id("session", options->session_id, err);
}

/* Are there files of a store, and may there be? Whether they are one, its identity tells. */
static int check_mode(const char *path, const char *log_file, const ls_options *options, bool has_schema, ls_error *err) {
  int there = ls_port_exists(log_file, err);
  if (there < 0) return there;
  if (!there && options->mode == LS_OPEN_EXISTING) return ls_fail(err, LS_ENOTFOUND, "%s: there is no store", path);
  if (!there && !has_schema) return ls_fail(err, LS_ESCHEMA, "%s: a new store needs a schema", path);
  if (there) return LS_OK;
  int rc = check_new_ids(path, options, err);
  return rc ? rc : ls_port_make_directory(path, err);
}

static int open_log(ls_store *store, ls_log **log, const ls_options *options, bool has_schema, ls_error *err) {
  if (!store->path) return ls_log_open(log, NULL, options->durability, err);
  char *file = ls_store_file(store->path, "log.db"), *lock = ls_store_file(store->path, "lock");
  int rc = file && lock ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = check_mode(store->path, file, options, has_schema, err);
  if (!rc) rc = ls_port_lock_open(&store->lock, lock, options->holder ? options->holder : "livestore", err);
  if (!rc) rc = ls_log_open(log, file, options->durability, err);
  ls_free(file);
  ls_free(lock);
  return rc;
}

/* A log that belongs to no store is a new one, unless there is a state: then it was lost. */
static int check_never_used(const char *path, ls_error *err) {
  if (!path) return LS_OK;
  char *file = ls_store_file(path, "state.db");
  if (!file) return ls_fail_nomem(err);
  int there = ls_port_exists(file, err);
  ls_free(file);
  if (there <= 0) return there;
  return ls_fail(err, LS_ECORRUPT, "%s/log.db is empty, but state.db shows that there were events: put the log back, or remove state.db "
                                   "to begin anew", path);
}

static int open_leader(ls_store *store, const ls_options *options, const ls_schema *schema, ls_error *err) {
  ls_log *log = NULL;
  int rc = open_log(store, &log, options, schema != NULL, err);
  if (rc) return rc;
  rc = ls_leader_open(&store->leader, log, err);
  if (!rc && options->mode == LS_OPEN_NEW) return ls_fail(err, LS_EEXISTS, "%s: there is a store already", store->path);
  if (rc == LS_ENOTFOUND && options->mode == LS_OPEN_EXISTING && store->path) {
    rc = ls_fail(err, LS_ENOTFOUND, "%s: there is no store; its creation was interrupted", store->path);
  } else if (rc == LS_ENOTFOUND) {
    rc = check_never_used(store->path, err);
    if (!rc) rc = found_store(log, store->path, options, schema, err);
    if (!rc) rc = ls_leader_open(&store->leader, log, err);
  }
  if (rc) {
    ls_log_close(log, NULL);
    return rc;
  }
  return check_identity(store->leader, options, err);
}

/* The schema given, or the one the store was last used with. */
static int choose_schema(ls_schema **schema, ls_store *store, ls_error *err) {
  if (*schema) return LS_OK;
  ls_bytes json = {0};
  int rc = ls_leader_schema(&json, store->leader, err);
  if (!rc && !ls_bytes_cstr(&json)) rc = ls_fail_nomem(err);
  ls_schema_source source = {.json = json.data, .functions = store->functions,
                             .n_functions = store->options.schema.n_functions};
  if (!rc) {
    rc = ls_schema_new(schema, &source, err);
    if (rc) ls_wrap(err, rc, "the schema that the store was last used with");
  }
  ls_bytes_fini(&json);
  return rc;
}

static int read_snapshot(ls_state **out, ls_store *store, const ls_schema *schema, ls_error *err) {
  char *file = ls_store_file(store->path, "state.db"), *wal = ls_store_file(store->path, "state.db-wal");
  int rc = file && wal ? LS_OK : ls_fail_nomem(err);
  /* Left by a state that lived in the file, it would be taken for a part of whatever comes next. */
  if (!rc) ls_port_remove_file(wal, NULL);
  if (!rc) rc = ls_snapshot_read(out, file, schema, &store->session->notes, err);
  if (!rc) store->snapshot = (*out)->at;
  /* One that is there and of no use is to be replaced when the store is closed, however little has happened. */
  if (rc == LS_ENOTFOUND && ls_port_exists(file, NULL) == 1) store->unsaved = LS_STORE_CLOSE_TAIL + 1;
  ls_free(file);
  ls_free(wal);
  return rc;
}

static int open_state_file(ls_state **out, ls_store *store, const ls_schema *schema, ls_error *err) {
  char *file = ls_store_file(store->path, "state.db"), *wal = ls_store_file(store->path, "state.db-wal");
  int rc = file && wal ? LS_OK : ls_fail_nomem(err);
  if (!rc) rc = ls_state_open_file(out, schema, file, &store->session->notes, err);
  if (rc == LS_ENOTFOUND) {
    rc = ls_port_remove_file(file, err);
    if (!rc) rc = ls_port_remove_file(wal, err);
    if (!rc) rc = ls_state_new(out, schema, file, &store->session->notes, err);
  }
  ls_free(file);
  ls_free(wal);
  return rc;
}

static int open_state(ls_state **out, ls_store *store, const ls_schema *schema, ls_error *err) {
  if (store->path && store->options.state == LS_STATE_FILE) return open_state_file(out, store, schema, err);
  int rc = store->path ? read_snapshot(out, store, schema, err) : LS_ENOTFOUND;
  bool useless = rc == LS_ENOTFOUND || rc == LS_EIO; /* also one that cannot be read: the log has it all */
  return useless ? ls_state_new(out, schema, NULL, &store->session->notes, err) : rc;
}

/* Takes possession of the schema, also when it fails. */
static int open_session(ls_store *store, const ls_options *options, ls_schema *schema, ls_error *err) {
  ls_state *state = NULL;
  const char *session_id = options->session_id ? options->session_id : store->leader->session_id;
  int rc = ls_session_new(&store->session, store->leader, session_id, err);
  if (!rc) {
    store->session->notes.log = options->log;
    store->session->notes.user = options->log_user;
    rc = open_state(&state, store, schema, err);
  }
  if (rc) {
    ls_schema_free(schema);
    return rc;
  }
  ls_store_tune(store, state);
  rc = ls_session_swap(store->session, schema, state, err); /* with no query open it cannot fail */
  return rc ? rc : ls_store_follow(store, err);
}

static int keep_schema(ls_store *store, ls_error *err) {
  ls_bytes json = {0};
  int rc = ls_leader_schema(&json, store->leader, err);
  if (!rc && !ls_bytes_cstr(&json)) rc = ls_fail_nomem(err);
  if (!rc && strcmp(json.data, store->session->schema->json) != 0) {
    rc = ls_leader_set_schema(store->leader, store->session->schema->json, err);
    ls_past_forget(store);
  }
  ls_bytes_fini(&json);
  return rc;
}

static int set_options(ls_store *store, const char *path, const ls_options *options, ls_error *err) {
  size_t n = options->schema.n_functions;
  store->options = *options;
  if (!store->options.flush_events) store->options.flush_events = 1000;
  if (!store->options.flush_ms) store->options.flush_ms = 100;
  if (!store->options.snapshot_events) store->options.snapshot_events = 20000;
  if (!store->options.rollback_bytes) store->options.rollback_bytes = 8 << 20;
  store->path = path ? ls_strdup(path) : NULL;
  store->functions = ls_calloc(n + 1, sizeof *store->functions);
  if ((path && !store->path) || !store->functions) return ls_fail_nomem(err);
  for (size_t i = 0; i < n; i++) store->functions[i] = options->schema.functions[i];
  return LS_OK;
}

static bool has_schema(const ls_schema_source *source) { return source->file || source->json || source->def; }

static int store_open(ls_store *store, const char *path, const ls_options *options, ls_error *err) {
  ls_schema *schema = NULL;
  int rc = set_options(store, path, options, err);
  if (!rc && has_schema(&options->schema)) rc = ls_schema_new(&schema, &options->schema, err);
  if (!rc) rc = open_leader(store, options, schema, err);
  if (!rc) rc = choose_schema(&schema, store, err);
  if (rc) {
    ls_schema_free(schema);
    return rc;
  }
  rc = open_session(store, options, schema, err);
  return rc ? rc : keep_schema(store, err);
}

void ls_store_free(ls_store *store) {
  ls_migration_abort(store->migration);
  while (store->readers) ls_events_close(store->readers);
  while (store->views) ls_view_close(store->views);
  while (store->downlinks) ls_downlink_close(store->downlinks);
  ls_log_cursor_close(store->ahead);
  if (store->first != store) ls_sessions_leave(store);
  ls_session_free(store->session);
  ls_uplink_free(store->uplink);
  ls_leader_close(store->leader, NULL);
  ls_port_lock_close(store->lock);
  ls_free(store->path);
  ls_free(store->functions);
  ls_free(store);
}

int ls_open(ls_store **out, const char *path, const ls_options *options, ls_error *err) {
  static const ls_options DEFAULTS;
  ls_store *store = ls_calloc(1, sizeof *store);
  if (!store) return ls_fail_nomem(err);
  store->first = store;
  int rc = store_open(store, path, options ? options : &DEFAULTS, err);
  if (rc) {
    ls_store_free(store);
    return rc;
  }
  ls_error_clear(err);
  *out = store;
  return LS_OK;
}

int ls_close(ls_store *store, ls_error *err) {
  if (!store) return LS_OK;
  int rc = ls_sessions_check_alone(store, "closing the store", err);
  if (!rc) rc = ls_sync_quiet(store, err);
  if (!rc) rc = ls_sessions_check_quiet(store, err);
  if (rc) return rc;
  ls_sync_free(store);
  if (store->first == store) {
    rc = ls_flush(store, err);
    if (!rc) ls_store_snapshot(store, LS_STORE_CLOSE_TAIL);
  }
  ls_store_free(store);
  return rc;
}
