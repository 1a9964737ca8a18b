/* livestore.h - events in, reactive SQLite out. The one header for applications.
 *
 * A store keeps an immutable, ordered log of events. A schema says how each event changes the tables
 * of a SQLite database; that database (the state) is a cache of the log and can always be made again
 * from it. Applications commit events and read the state with SQL.
 *
 * Conventions
 *   names      ls_noun_verb for functions, LS_NOUN_X for constants, LS_EX for errors
 *   results    0 (LS_OK), or a negative LS_E code; *err, when given, then holds a text for people.
 *              Outputs are written only on success.
 *   arguments  outputs, the handle, inputs, options, ls_error *err (may be NULL)
 *   ownership  inputs are copied or finished with when the call returns. A returned pointer is
 *              borrowed from its handle until the next call on that handle, unless its comment says
 *              otherwise. Every _open has its _close.
 *   text       UTF-8; NUL-terminated unless a size is given
 *   callbacks  that are given one thing after the other stop by returning non-zero: that is no error. Only work whose
 *              progress callback stops it has not been done: LS_EABORT
 *   threads    a store and the handles made from it belong to one thread at a time. Different stores
 *              are independent. Nothing is kept per thread, and there is no global state.
 */
#ifndef LIVESTORE_H
#define LIVESTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __cplusplus
extern "C" {
#endif

#define LS_VERSION "0.1.0"

#if defined(__GNUC__)
#define LS_API __attribute__((visibility("default")))
#define LS_FORMAT(fmt, args) __attribute__((format(printf, fmt, args)))
#else
#define LS_API
#define LS_FORMAT(fmt, args)
#endif

/* The version of the library that runs, as "major.minor.patch". */
LS_API const char *ls_version(void);

/* ---------------------------------------------------------------------------------------------- */
/* Errors */

typedef enum ls_code {
  LS_OK = 0,
  LS_ENOMEM = -1,       /* memory ran out */
  LS_EIO = -2,          /* the system failed to read or write a file */
  LS_EFULL = -3,        /* no room left on the device, or over quota */
  LS_ELOCKED = -4,      /* another process has the store open; the text names it */
  LS_ENOTFOUND = -5,    /* no such store, event, table or row */
  LS_EEXISTS = -6,      /* something of that name is already there */
  LS_EJSON = -7,        /* not well-formed JSON */
  LS_ESCHEMA = -8,      /* the schema document is wrong; the text says where */
  LS_EARGS = -9,        /* event arguments do not fit the event's schema */
  LS_EEVENT = -10,      /* the schema knows no event of this name */
  LS_EMATERIALIZE = -11,/* an event could not be applied to the state (a constraint, mostly) */
  LS_ESQL = -12,        /* SQL that does not compile or run */
  LS_EREADONLY = -13,   /* a query that would write */
  LS_ECORRUPT = -14,    /* a damaged log; the text names the last good position */
  LS_EFORMAT = -15,     /* a file to import is not in a format we read, or a newer version wrote it */
  LS_EORDER = -16,      /* events that do not follow the head of the log */
  LS_ELIMIT = -17,      /* over a documented limit */
  LS_EABORT = -18,      /* a callback asked to stop */
  LS_ECYCLE = -19,      /* values that follow from one another; the text names them */
  LS_EOFFLINE = -20,    /* no connection: the server cannot be reached, or went away */
  LS_EACCESS = -21,     /* the server does not let this client in, or not do that */
  LS_EBACKEND = -22,    /* the server keeps another log than the one that this store was synced with */
  LS_EPROTOCOL = -23    /* the other side does not speak the sync protocol, or breaks its rules */
} ls_code;

#define LS_ERROR_TEXT 1000

typedef struct ls_error {
  int code;                 /* ls_code */
  int64_t item;             /* which event of the call was wrong, counted from 0; -1 when it is not about one */
  char text[LS_ERROR_TEXT]; /* one line, for people: what, where, what was expected, what to do */
} ls_error;

/* The name of a code, such as "LS_EIO". Static. */
LS_API const char *ls_code_name(int code);

/* ---------------------------------------------------------------------------------------------- */
/* Values, as SQLite has them */

typedef enum ls_type { LS_TYPE_NULL, LS_TYPE_INT, LS_TYPE_REAL, LS_TYPE_TEXT, LS_TYPE_BLOB } ls_type;

typedef struct ls_value {
  ls_type type;
  union {
    int64_t i;
    double r;
    struct { const void *data; size_t size; } b; /* text (UTF-8, size without any NUL) and blob */
  } as;
} ls_value;

static inline ls_value ls_null(void) { ls_value v; memset(&v, 0, sizeof v); return v; }
static inline ls_value ls_int(int64_t i) { ls_value v = ls_null(); v.type = LS_TYPE_INT; v.as.i = i; return v; }
static inline ls_value ls_real(double r) { ls_value v = ls_null(); v.type = LS_TYPE_REAL; v.as.r = r; return v; }
static inline ls_value ls_text_n(const char *text, size_t size) {
  ls_value v = ls_null(); v.type = LS_TYPE_TEXT; v.as.b.data = text; v.as.b.size = size; return v;
}
static inline ls_value ls_text(const char *text) { return ls_text_n(text, strlen(text)); }
static inline ls_value ls_blob(const void *data, size_t size) {
  ls_value v = ls_null(); v.type = LS_TYPE_BLOB; v.as.b.data = data; v.as.b.size = size; return v;
}

/* The same type and bytes? An integer never equals a real, 0.0 not -0.0, and NULL does equal NULL. */
LS_API bool ls_value_equal(ls_value a, ls_value b);

/* Query parameters in place: ls_query_open(&q, store, sql, LS_PARAMS(ls_int(1), ls_text("a")), &err) */
#define LS_PARAMS(...) (const ls_value[]){__VA_ARGS__}, sizeof((const ls_value[]){__VA_ARGS__}) / sizeof(ls_value)
#define LS_NO_PARAMS NULL, 0

/* ---------------------------------------------------------------------------------------------- */
/* Sequence numbers: where an event stands in the log */

/* Synced events count `global` 1, 2, 3…; `client` is 0. Events that never leave this client stand
 * between two globals and count `client` 1, 2, 3… on top of the global that they follow.
 * `generation` tells numberings of one place apart after a rebase; it is 0 for what came from
 * upstream. {0,0,0} is the root: before the first event.
 * Written e<global>[.<client>][r<generation>]: e5, e5.1, e5.1r2. */
typedef struct ls_seqnum {
  int64_t global, client, generation;
} ls_seqnum;

#define LS_SEQNUM_TEXT 72 /* bytes that hold any sequence number as text, with its NUL */
#define LS_SEQNUM_MAX_GLOBAL ((INT64_C(1) << 39) - 1)
#define LS_SEQNUM_MAX_CLIENT ((INT64_C(1) << 24) - 1)

/* -1, 0 or 1: order by global, client, generation. */
LS_API int ls_seqnum_compare(ls_seqnum a, ls_seqnum b);
/* Write `seq` as text into buf (LS_SEQNUM_TEXT bytes) and return buf. */
LS_API char *ls_seqnum_format(ls_seqnum seq, char *buf);
/* Read a sequence number written as above. LS_EFORMAT otherwise. */
LS_API int ls_seqnum_parse(ls_seqnum *out, const char *text, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Events */

/* An event as it stands in a log. */
typedef struct ls_event {
  ls_seqnum seq;         /* its own number */
  ls_seqnum parent;      /* the number of the event it was written after */
  const char *name;      /* "v1.TodoCreated" */
  const char *args;      /* canonical JSON object (docs/files.md), NUL-terminated */
  size_t args_size;      /* bytes of args */
  const char *client_id; /* who wrote it */
  const char *session_id;
  int64_t more;          /* how many events of the same commit follow it */
  int64_t undoes;        /* n: an undo of the commit that begins n events of its session before its own commit does;
                            -n: a redo, which takes that undo back; 0: neither */
} ls_event;

/* An event as an application commits it. */
typedef struct ls_input {
  const char *name;
  const char *args; /* a JSON object; NULL for none */
} ls_input;

/* ---------------------------------------------------------------------------------------------- */
/* Schema in C. The same as the schema document (docs/schema.md), as static structs. */

typedef struct ls_materializer ls_materializer; /* what a C materializer works with */

/* Apply one event to the state, in C. It must be deterministic: its only inputs are the event and the
 * tables (ls_materializer_exec), never a clock, a random number or a file. An old form of an event
 * arrives as what it becomes, under the new name. Returns 0, or a negative code with *err filled; then
 * nothing of the event is kept. */
typedef int (*ls_materialize_fn)(ls_materializer *m, const ls_event *event, void *user, ls_error *err);

/* Receive one row of ls_materializer_exec; return non-zero to stop early. Values are borrowed for the call. */
typedef int (*ls_row_fn)(void *user, const ls_value *values, size_t n);

/* Run one SQL statement inside a materializer; it sees the state as the event has left it so far.
 *   params, n   values of ?1, ?2, …
 *   row, user   called for each row that the statement gives; NULL to drop them
 * LS_ESQL, LS_EMATERIALIZE (a constraint), LS_EREADONLY (a table that events may not write) */
LS_API int ls_materializer_exec(ls_materializer *m, const char *sql, const ls_value *params, size_t n,
                                ls_row_fn row, void *user, ls_error *err);
/* Inside `row`: the name of a column. Borrowed for that call; NULL elsewhere, and where there is no such column. */
LS_API const char *ls_materializer_column(const ls_materializer *m, size_t column);

/* A C materializer. Raise `version` when its behaviour changes: the state is then made anew. */
typedef struct ls_function {
  const char *event;
  int version; /* 1 or more */
  ls_materialize_fn fn;
  void *user;
} ls_function;

typedef struct ls_event_def {
  const char *name;
  const char *args;       /* JSON Schema of the arguments; NULL: the event has none */
  const char *const *sql; /* materializer statements, NULL-terminated; NULL for a C function or none */
  ls_materialize_fn fn;   /* or a C materializer */
  int version;            /* of fn; 1 or more */
  void *user;             /* given to fn */
  bool client_only;       /* never leaves this client */
  const char *deprecated; /* why, when it is */
  const char *becomes;    /* an old form, which is materialized as the event of this name; no args, sql or fn then */
  const char *upcast;     /* SQL expression that gives the arguments of that; NULL: they stay as they are */
  const char *undo;       /* JSON: how it is undone, as in the schema document; NULL: its rows are restored */
} ls_event_def;

/* A client document: one JSON value per id, kept in a table (id, value), set by the client-only event
 * "<name>Set". */
typedef struct ls_document_def {
  const char *name;
  const char *value;         /* JSON Schema of the value */
  const char *default_value; /* JSON */
  const char *default_id;    /* NULL: the session's id */
  bool replace_whole;        /* a set replaces the whole value; otherwise it merges the given keys */
  bool no_undo;              /* undo passes over its sets, and they do not end what can be redone */
} ls_document_def;

typedef enum ls_unknown_events { LS_UNKNOWN_WARN, LS_UNKNOWN_IGNORE, LS_UNKNOWN_FAIL } ls_unknown_events;

typedef struct ls_schema_def {
  const char *const *tables; /* CREATE TABLE, INDEX, VIEW and TRIGGER statements, NULL-terminated */
  const ls_event_def *events;
  size_t n_events;
  const ls_document_def *documents;
  size_t n_documents;
  ls_unknown_events unknown_events; /* what to do with events that this schema does not know */
} ls_schema_def;

/* Where a schema comes from: exactly one of file, json and def. C functions for events whose document
 * says {"function": version} are given beside it. */
typedef struct ls_schema_source {
  const char *file;         /* a schema document */
  const char *json;         /* its text */
  const ls_schema_def *def; /* the same in C */
  const ls_function *functions;
  size_t n_functions;
} ls_schema_source;

/* Check all that can be checked of a schema, without a store. LS_ESCHEMA names the event, the
 * statement and the place. */
LS_API int ls_schema_check(const ls_schema_source *source, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Opening a store */

typedef struct ls_store ls_store;

typedef enum ls_open_mode {
  LS_OPEN_OR_CREATE, /* open the store, or create it when there is none */
  LS_OPEN_EXISTING,  /* LS_ENOTFOUND when there is none */
  LS_OPEN_NEW        /* LS_EEXISTS when there is one */
} ls_open_mode;

/* When a commit returns, its events survive … */
typedef enum ls_durability {
  LS_DURABILITY_PROCESS, /* the death of the process (written to the log file) */
  LS_DURABILITY_POWER,   /* also the loss of power (the log file is synced to the device) */
  LS_DURABILITY_LATER    /* nothing yet: the log follows after flush_events commits, or with the first commit that
                            comes flush_ms later, or with ls_flush and ls_close */
} ls_durability;

typedef enum ls_state_place {
  LS_STATE_MEMORY, /* the state lives in memory; state.db is a snapshot of it */
  LS_STATE_FILE    /* the state lives in state.db, for states larger than memory */
} ls_state_place;

typedef enum ls_log_level { LS_LOG_WARNING, LS_LOG_INFO } ls_log_level;

/* Told what is worth a line in a log file. `key` is stable, e.g. "deprecated-event". */
typedef void (*ls_log_fn)(void *user, ls_log_level level, const char *key, const char *text);

/* Told how far long work (a rebuild, an import, a check) has come; `total` may be 0 for unknown. The store
 * may be queried from inside, not committed to. Return non-zero to stop: the work then ends with LS_EABORT,
 * and nothing has changed. */
typedef int (*ls_progress_fn)(void *user, const char *what, uint64_t done, uint64_t total);

typedef struct ls_options {
  ls_schema_source schema; /* empty: the schema that the store was last opened with */
  ls_open_mode mode;
  const char *store_id;    /* new store: its id, [A-Za-z0-9_-]+ (default: the directory's name, with dashes for what
                              an id cannot hold). Otherwise, when given, it must be the store's own */
  const char *client_id;   /* new store: default random */
  const char *session_id;  /* default: the one given when the store was created, or random then */
  ls_durability durability;
  ls_state_place state;
  int64_t flush_events;    /* LS_DURABILITY_LATER: at most so many events behind; default 1,000 */
  int64_t flush_ms;        /* … and so many milliseconds; default 100 */
  int64_t snapshot_events; /* write a snapshot whenever so many events would have to be replayed; default 20,000 */
  int64_t rollback_bytes;  /* keep row images of the newest events up to this size; default 8 MiB */
  int64_t past_bytes;      /* keep snapshots of older states up to this size; negative: none; default 4 times the size of
                              the newest, but at least 64 MiB */
  const char *holder;      /* how this program is named to others that find the store locked */
  ls_progress_fn progress; /* NULL or a callback, given progress_user */
  void *progress_user;
  ls_log_fn log;
  void *log_user;
} ls_options;

/* Open a store.
 *   out      the store; closed with ls_close
 *   path     a directory, created when needed; NULL for a store in memory
 *   options  may be NULL; a new store needs a schema
 * Ends with the right state whatever the state file looks like: missing, stale, ahead of the log, torn or
 * garbage. When the schema differs from the one last used, the state is made anew from the log, with
 * progress. O(size of snapshot + events since).
 * LS_ELOCKED, LS_ENOTFOUND, LS_EEXISTS, LS_ESCHEMA, LS_ECORRUPT (the log; nothing is changed), LS_EIO */
LS_API int ls_open(ls_store **out, const char *path, const ls_options *options, ls_error *err);

/* Write what is still to be written, and free the store and all handles made from it. NULL is fine. LS_ELOCKED, and
 * nothing is closed, from inside an effect, subscription or progress callback of any of its sessions, and for the first of
 * several.
 * Returns the error of the last flush, if any: then the events of LS_DURABILITY_LATER commits were lost. */
LS_API int ls_close(ls_store *store, ls_error *err);

LS_API const char *ls_store_id(const ls_store *store);
LS_API const char *ls_client_id(const ls_store *store);
LS_API const char *ls_session_id(const ls_store *store);

/* The schema document in use, and its hash (32 hexadecimal digits). */
LS_API const char *ls_schema_json(const ls_store *store);
LS_API const char *ls_schema_hash(const ls_store *store);

/* Change the schema: the state is made anew aside, with progress, and swapped in whole; until then the old
 * state answers. An error leaves the old schema and state. O(events). */
LS_API int ls_schema_set(ls_store *store, const ls_schema_source *source, ls_error *err);

/* Make the state anew from the log, aside, and swap it in whole. O(events). */
LS_API int ls_rebuild(ls_store *store, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Changing the schema in steps (docs/evolution.md). ls_schema_set and ls_rebuild are this in one call. */

typedef struct ls_migration ls_migration;

/* Begin to make a new state from the log, aside.
 *   out     ends with ls_migration_finish or ls_migration_abort; ls_close aborts it
 *   source  the new schema; NULL: the present one, as ls_rebuild does
 * The store goes on as it is: the old schema and state answer, and events are committed under the old schema.
 * LS_EEXISTS another one has begun; LS_ESCHEMA */
LS_API int ls_migration_begin(ls_migration **out, ls_store *store, const ls_schema_source *source, ls_error *err);
/* Replay up to so many events (1 or more), those that were committed meanwhile too: 1 when there are more, 0 when
 * the new state has come to the end of the log, or negative. O(events). */
LS_API int ls_migration_step(ls_migration *migration, uint64_t events, ls_error *err);
/* Events replayed, and events to be replayed as far as is known. */
LS_API void ls_migration_progress(const ls_migration *migration, uint64_t *done, uint64_t *total);

/* A column that is not the same: how each side declares it, such as "TEXT NOT NULL"; NULL where it is not there. */
typedef struct ls_column_change {
  const char *name, *before, *after;
} ls_column_change;

/* A table of the old state, the new one, or both. */
typedef struct ls_table_change {
  const char *name;
  bool before, after;         /* which of them has it */
  bool compared;              /* both have it, with the same key, by which rows were compared; or none is the same */
  uint64_t rows_before, rows_after;
  uint64_t added, removed, changed; /* rows; changed: they differ in a column that both sides have */
  const ls_column_change *columns;  /* those that differ, when both have the table */
  size_t n_columns;
} ls_table_change;

typedef struct ls_failed_event {
  ls_seqnum seq;
  const char *name, *error;
} ls_failed_event;

typedef struct ls_event_count {
  const char *name;
  uint64_t events;
} ls_event_count;

typedef struct ls_migration_report {
  const char *schema_hash;         /* of the new schema */
  uint64_t events;                 /* replayed */
  uint64_t failed, failed_before;  /* events that the new state, the old state could not take */
  const ls_failed_event *failures; /* the first of the new state's */
  size_t n_failures;
  const ls_event_count *unknown;   /* events that the new schema does not know */
  size_t n_unknown;
  const ls_table_change *tables;   /* all tables, in the order of their names; virtual ones are left out */
  size_t n_tables;
} ls_migration_report;

/* Replay what is left, with progress, and tell how the new state differs from the old one. Changes nothing: with
 * ls_migration_abort behind it, this is a dry run.
 *   out       borrowed until the next call on the migration
 *   failures  list at most so many of the failed events
 * O(events left + rows log rows). */
LS_API int ls_migration_compare(const ls_migration_report **out, ls_migration *migration, size_t failures,
                                ls_error *err);

/* Replay what is left, with progress, put the new schema and state into the place of the old ones, and free the
 * migration. Open queries keep their rows. On an error nothing has changed, and the migration goes on or is aborted. */
LS_API int ls_migration_finish(ls_migration *migration, ls_error *err);
/* Drop the new state. NULL is fine. */
LS_API void ls_migration_abort(ls_migration *migration);

/* ---------------------------------------------------------------------------------------------- */
/* Committing */

typedef enum ls_stage {
  LS_STAGE_LOCAL,     /* in the state */
  LS_STAGE_DURABLE,   /* in the log, as durable as the store's option asks */
  LS_STAGE_CONFIRMED, /* accepted upstream */
  LS_STAGE_SET_ASIDE  /* not in the log any more: it became a conflict (ls_conflicts) */
} ls_stage;

typedef struct ls_receipt {
  ls_seqnum first, last; /* where the events stood when the commit returned; a rebase gives them other numbers */
  ls_stage stage;        /* reached when the commit returned */
  uint64_t serial;       /* tells the commit from others of this store while it is open */
} ls_receipt;

/* Commit one event: check its arguments, number it, apply it to the state and append it to the log.
 *   out   may be NULL
 *   args  a JSON object; NULL for an event without arguments
 * All or nothing: on an error, nothing has changed and the store goes on.
 * (With LS_DURABILITY_LATER a flush may be due first; when it fails, what was committed since the last one is lost, and
 * the text says so.)
 * LS_EEVENT, LS_EJSON, LS_EARGS, LS_EMATERIALIZE, LS_EFULL, LS_EIO, LS_ELIMIT. O(rows changed). */
LS_API int ls_commit(ls_receipt *out, ls_store *store, const char *name, const char *args, ls_error *err);

/* Commit several events as one: all or none. err->item says which one was wrong. */
LS_API int ls_commit_all(ls_receipt *out, ls_store *store, const ls_input *events, size_t n, ls_error *err);

/* With LS_DURABILITY_LATER: write to the log what was committed so far. Otherwise nothing is left to do. */
LS_API int ls_flush(ls_store *store, ls_error *err);

/* The stage that a commit has reached by now: its last event, or LS_STAGE_SET_ASIDE when one of them was. Receipts are good
 * for as long as the store stays open. O(1). */
LS_API ls_stage ls_receipt_stage(const ls_store *store, const ls_receipt *receipt);

/* ---------------------------------------------------------------------------------------------- */
/* Undo and redo (docs/undo.md)
 *
 * Of what this session committed, commit by commit, the newest first. Undoing a commit commits an event that gives each
 * column that it changed its old value, where it still holds the new one: what others changed since stays. Which commits
 * can be undone and redone follows from the log, so it is the same after closing and opening, and after a rebase. */

/* Undo the newest n commits of this session that were not undone yet, each by a commit of its own.
 *   out  what was committed, from the first to the last; may be NULL
 *   n    1 or more
 * LS_ENOTFOUND fewer are left; nothing is undone then. LS_EMATERIALIZE a foreign key forbids it: others refer to a row
 * that would go. LS_ELIMIT a commit changed a virtual table, and the schema does not say how its event is undone. When one
 * of several fails, those before it stay undone, and the text says how many. O(rows that changed since). */
LS_API int ls_undo(ls_receipt *out, ls_store *store, size_t n, ls_error *err);
/* Redo the newest n undone commits. Those that were undone before something else was committed cannot be redone. */
LS_API int ls_redo(ls_receipt *out, ls_store *store, size_t n, ls_error *err);

typedef struct ls_undo_status {
  size_t undo, redo;                 /* commits that can be undone, redone */
  const char *undo_name, *redo_name; /* first event of the next one; NULL for none. Borrowed until the next call on the store */
} ls_undo_status;

/* What can be undone and redone.
 *   most  count up to so many of each. The log is read back only as far as that takes, and what was read is kept. */
LS_API int ls_undo_status_get(ls_undo_status *out, ls_store *store, size_t most, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Reading the state */

typedef struct ls_query ls_query;

/* Run a query.
 *   sql        one SQL statement that reads; it is prepared once and kept for the next time
 *   params, n  values of its parameters ?1, ?2, … or in order of appearance
 * The query sees the state as it was when it was opened, also when events are committed before its last row.
 * LS_ESQL; LS_EREADONLY for a statement that would write: commit an event instead. */
LS_API int ls_query_open(ls_query **out, ls_store *store, const char *sql, const ls_value *params, size_t n,
                         ls_error *err);
/* Step to the next row: 1, 0 after the last one, or a negative code. */
LS_API int ls_query_next(ls_query *query, ls_error *err);
LS_API size_t ls_query_columns(const ls_query *query);
LS_API const char *ls_query_name(const ls_query *query, size_t column);
/* A column of the current row, borrowed until the next call. */
LS_API ls_value ls_query_value(ls_query *query, size_t column);
/* The same, converted as SQLite does. Text is "" for NULL. */
LS_API int64_t ls_query_int(ls_query *query, size_t column);
LS_API double ls_query_real(ls_query *query, size_t column);
LS_API const char *ls_query_text(ls_query *query, size_t column);
LS_API void ls_query_close(ls_query *query);

/* A digest of all tables, 32 hexadecimal digits and a NUL: equal for equal contents, row ids included.
 * O(size of the state). */
LS_API int ls_state_hash(char out[33], ls_store *store, ls_error *err);

/* Read a client document.
 *   out   the value as JSON; the default, or its keys merged under what is stored, where nothing is stored or
 *         what is stored no longer fits. Borrowed until the next call on the store.
 *   id    NULL: the default id
 * Reading writes nothing. LS_ENOTFOUND when the schema has no such document. */
LS_API int ls_document_get(const char **out, ls_store *store, const char *name, const char *id, ls_error *err);
/* Set it (commits "<name>Set"). Unless the schema says otherwise, an object's keys are merged into the old. */
LS_API int ls_document_set(ls_receipt *out, ls_store *store, const char *name, const char *id, const char *value,
                           ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Reading the log */

typedef struct ls_events ls_events;

typedef struct ls_event_filter {
  ls_seqnum since;        /* after this one; root for all */
  ls_seqnum until;        /* up to and with this one; root for no end */
  const char *name;       /* a GLOB such as "v1.Todo*" */
  const char *client_id;
  const char *session_id;
  bool confirmed;         /* only what upstream has accepted */
  bool synced;            /* leave client-only events out */
} ls_event_filter;

/* Read the log in order. filter NULL: all of it. Reading does not hold up commits; what is committed while
 * reading is read too. */
LS_API int ls_events_open(ls_events **out, ls_store *store, const ls_event_filter *filter, ls_error *err);
/* The next event, borrowed until the next call: 1, 0 after the last (later calls may find more), or negative. */
LS_API int ls_events_next(const ls_event **out, ls_events *events, ls_error *err);
LS_API void ls_events_close(ls_events *events);

typedef enum ls_op { LS_OP_INSERT, LS_OP_UPDATE, LS_OP_DELETE } ls_op;

/* A row that an event changed. Columns are those of the table, in order; `before` is NULL for an insert, `after`
 * for a delete. */
typedef struct ls_change {
  ls_op op;
  const char *table;
  size_t n; /* columns */
  const char *const *columns;
  const ls_value *before, *after;
} ls_change;

/* Non-zero stops. The store may be queried from inside, not committed to. */
typedef int (*ls_change_fn)(void *user, const ls_change *change);

/* Give each row that one event changed, in the order of the changes. As fast as ls_at.
 * LS_ENOTFOUND when there is no such event; LS_EMATERIALIZE when the event failed (the text says why). */
LS_API int ls_event_changes(ls_store *store, ls_seqnum seq, ls_change_fn each, void *user, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Time travel */

typedef struct ls_view ls_view;

/* The state as it was at a position, to be read for as long as the view is open, whatever is committed meanwhile.
 *   position  of an event of the log, or the root; a generation of 0 stands for whichever the event has
 * It is made in the cheapest way: from the present state, from the nearest snapshot, or from nothing; with progress.
 * It takes as much memory as that state did. LS_ENOTFOUND no event stands there; LS_EABORT */
LS_API int ls_at(ls_view **out, ls_store *store, ls_seqnum position, ls_error *err);
LS_API ls_seqnum ls_view_position(const ls_view *view);
/* As ls_query_open, on the view. Its queries end with it at the latest. */
LS_API int ls_view_query(ls_query **out, ls_view *view, const char *sql, const ls_value *params, size_t n,
                         ls_error *err);
/* What ls_state_hash gave when the store stood there. */
LS_API int ls_view_hash(char out[33], ls_view *view, ls_error *err);
LS_API void ls_view_close(ls_view *view); /* NULL is fine; ls_close closes those that are open */

/* Told one change of a row by an event; non-zero stops. All is borrowed for the call. The store may be queried from
 * inside, not committed to. */
typedef int (*ls_history_fn)(void *user, const ls_event *event, const ls_change *change);

/* Give all that ever happened to the row of a key, oldest first: each change, with the event that made it.
 *   key, n  a value for each column of the table's primary key, in the key's order
 * A row whose key is changed was one and becomes another: the history of the one ends and that of the other begins with
 * that update. Whoever stops it has what was given so far: no error. O(events), with progress.
 * LS_ENOTFOUND no such table; LS_EARGS the key has other columns. A key that no row ever had has an empty history. */
LS_API int ls_history(ls_store *store, const char *table, const ls_value *key, size_t n, ls_history_fn each, void *user,
                      ls_error *err);

/* Give the rows that are not the same at two positions: there at `to` only (LS_OP_INSERT), at `from` only
 * (LS_OP_DELETE), or at both and other values (LS_OP_UPDATE). A row is told by its primary key. In the order of the
 * tables' names, and in each of when the row was first changed. `from` may stand behind `to`. A row that was changed and
 * changed back is the same. O(events between), and the rows that they changed are held in memory. LS_ENOTFOUND no event stands at one of them; LS_EABORT */
LS_API int ls_diff(ls_store *store, ls_seqnum from, ls_seqnum to, ls_change_fn each, void *user, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Rows: the result of a live query */

/* Immutable, counted by reference, independent of the store once retained. */
typedef struct ls_rows ls_rows;

LS_API size_t ls_rows_count(const ls_rows *rows); /* NULL has none */
LS_API size_t ls_rows_columns(const ls_rows *rows);
LS_API const char *ls_rows_name(const ls_rows *rows, size_t column);
/* Borrowed from the rows; NULL where there is no such row or column. Text has no NUL behind it. O(columns). */
LS_API ls_value ls_rows_value(const ls_rows *rows, size_t row, size_t column);
/* Equal names, values and order? NULL equals NULL only. */
LS_API bool ls_rows_equal(const ls_rows *a, const ls_rows *b);
/* Keep rows, and give them back; NULL is fine. */
LS_API ls_rows *ls_rows_retain(const ls_rows *rows);
LS_API void ls_rows_release(ls_rows *rows);

#define LS_NO_ROW SIZE_MAX

/* A row that differs between two results: added (INSERT), removed (DELETE) or changed (UPDATE). */
typedef struct ls_row_diff {
  ls_op op;
  size_t before, after; /* its place in each; LS_NO_ROW where it is not */
} ls_row_diff;

typedef int (*ls_row_diff_fn)(void *user, const ls_row_diff *diff); /* non-zero stops */

/* Compare two results: give the rows removed in their old order, then those added or changed in their new one. A row
 * that only moved is not given.
 *   before, after  either may be NULL: no rows
 *   key, n_key     columns that tell rows apart; none: those that are the primary key of the only table read, when they
 *                  are all selected; otherwise there is no key, and rows are only added and removed
 * Rows of the same key are matched in their order. LS_EARGS no such column. O(rows). */
LS_API int ls_rows_diff(const ls_rows *before, const ls_rows *after, const char *const *key, size_t n_key,
                        ls_row_diff_fn each, void *user, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Reactivity (docs/reactivity.md): a graph of nodes. Signals are set; computed values and live queries follow from other
 * nodes and from the tables; effects and subscriptions look at them.
 *
 * Behind each commit, and each set, one pass: every node runs at most once and sees only new values; one whose result
 * is what it was stops there, and nothing behind it runs. What nobody looks at does not run before it is read.
 * Effects and subscriptions are called last, in the order in which they were made, once for all events of a commit.
 * They may do anything with the store but close it: commit, set, subscribe, release. What that causes is worked through
 * in a further pass, before the call that began returns. */

typedef struct ls_node ls_node;       /* a counted reference to a node */
typedef struct ls_tracker ls_tracker; /* a run of a node: what is read through it becomes a dependency */

/* One more reference, and one less. A node that nobody refers to and no other node reads is freed; for an effect or
 * subscription that means that it is called no more. NULL is fine. */
LS_API ls_node *ls_node_retain(ls_node *node);
LS_API void ls_node_release(ls_node *node);

/* A value that is set.
 *   label  names it in errors and listings; may be NULL */
LS_API int ls_signal_open(ls_node **out, ls_store *store, const char *label, ls_value initial, ls_error *err);
/* Set it; nothing happens when it has this value already. */
LS_API int ls_signal_set(ls_node *signal, ls_value value, ls_error *err);

/* Make a value of other nodes' values, which it reads through the tracker, and of nothing else. The value is copied.
 * On an error, who reads the node gets that error. */
typedef int (*ls_compute_fn)(ls_value *out, ls_tracker *tracker, void *user, ls_error *err);
/* Choose rows, those of ls_tracker_query or ls_tracker_rows: a live query whose SQL, parameters or presence depends. */
typedef int (*ls_choose_fn)(const ls_rows **out, ls_tracker *tracker, void *user, ls_error *err);
/* Do something with nodes' values. On an error, the store's log callback is told. */
typedef int (*ls_effect_fn)(ls_tracker *tracker, void *user, ls_error *err);

typedef struct ls_node_def {
  const char *label;         /* may be NULL */
  const char *key;           /* may be NULL; otherwise there is one node of this key and kind, and opening it again
                                gives another reference to it: its functions must mean the same */
  ls_compute_fn compute;     /* one of these three, as the call asks */
  ls_choose_fn choose;
  ls_effect_fn effect;
  void *user;                /* given to the function … */
  void (*drop)(void *user);  /* … and to this, when it is not needed any more; may be NULL */
} ls_node_def;

/* On an error `user` is not dropped. */
LS_API int ls_computed_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err);
LS_API int ls_chosen_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err);
/* Runs at once, and whenever something that it read has changed. */
LS_API int ls_effect_open(ls_node **out, ls_store *store, const ls_node_def *def, ls_error *err);

/* A query that stays alive: it runs again when rows that it may depend on have changed. Two with the same SQL and
 * parameters are one node. Other arguments and errors as ls_query_open. */
LS_API int ls_live_open(ls_node **out, ls_store *store, const char *label, const char *sql, const ls_value *params,
                        size_t n, ls_error *err);

/* What a node has now; it runs first when it must. Borrowed until the next call on the store.
 * The value of rows is that of the first row's first column, NULL without rows; a value's rows are one, of one column. */
LS_API int ls_node_value(ls_value *out, ls_node *node, ls_error *err);
LS_API int ls_node_rows(const ls_rows **out, ls_node *node, ls_error *err);

/* The same inside a run. Borrowed until its end. LS_ECYCLE names the nodes that wait for one another. */
LS_API int ls_tracker_value(ls_value *out, ls_tracker *tracker, ls_node *node, ls_error *err);
LS_API int ls_tracker_rows(const ls_rows **out, ls_tracker *tracker, ls_node *node, ls_error *err);
/* Read a live query of this SQL and these parameters. */
LS_API int ls_tracker_query(const ls_rows **out, ls_tracker *tracker, const char *sql, const ls_value *params, size_t n,
                            ls_error *err);

/* What a subscription is told; borrowed for the call. */
typedef struct ls_update {
  ls_node *node;         /* that it looks at */
  const ls_rows *rows;   /* what it has now; NULL when it failed */
  const ls_rows *before; /* what the subscription was told last; NULL the first time, and behind a failure */
  const ls_error *error; /* why it failed, or NULL */
} ls_update;

typedef void (*ls_update_fn)(void *user, const ls_update *update);

/* Be told what a node has, now and whenever it has changed. Release the subscription to end it; it holds the node.
 *   fn, user, drop  as in ls_node_def
 *   later           leave the first call out */
typedef struct ls_subscribe_options {
  const char *label;
  bool later;
  void (*drop)(void *user);
} ls_subscribe_options;
LS_API int ls_subscribe(ls_node **out, ls_node *node, const ls_subscribe_options *options, ls_update_fn fn, void *user,
                        ls_error *err);
/* Subscribe to a live query of its own: ls_live_open and ls_subscribe in one. */
LS_API int ls_watch(ls_node **out, ls_store *store, const char *sql, const ls_value *params, size_t n, ls_update_fn fn,
                    void *user, ls_error *err);

/* Between these two nothing is called: commits and sets are worked through together, in one pass, at the end. They nest.
 * Reading a node gives what is new. The end returns the error of that pass, as ls_refresh does. */
LS_API void ls_batch_begin(ls_store *store);
LS_API int ls_batch_commit(ls_store *store, ls_error *err);

/* Work through what is left to do: after an error (want of memory) ended a pass early, or a state that had to be made
 * good without a commit. ls_commit does not return such errors, since what it committed is committed; they are told to
 * the log callback.
 * LS_ELIMIT 100 passes, each of which causes the next one; the text names the nodes. */
LS_API int ls_refresh(ls_store *store, ls_error *err);

typedef enum ls_node_kind {
  LS_NODE_SIGNAL, LS_NODE_COMPUTED, LS_NODE_LIVE, LS_NODE_CHOSEN, LS_NODE_EFFECT, LS_NODE_SUBSCRIPTION
} ls_node_kind;

typedef enum ls_cause {
  LS_CAUSE_NONE,   /* it has not run */
  LS_CAUSE_FIRST,  /* it had not run before */
  LS_CAUSE_TABLE,  /* rows of a table changed */
  LS_CAUSE_NODE,   /* a node that it reads changed */
  LS_CAUSE_STATE,  /* the state was made anew or rolled back */
  LS_CAUSE_ERROR   /* it failed the last time, at something that may have passed */
} ls_cause;

typedef struct ls_node_info {
  uint64_t id;            /* 1, 2, 3… in the order in which they were made */
  ls_node_kind kind;
  const char *label;      /* the one given; a live query's SQL; or "" */
  uint64_t runs;
  int64_t last_us, worst_us; /* microseconds of the last and of the longest run, what it ran inside included */
  ls_cause cause;         /* of the last run */
  const char *table;      /* LS_CAUSE_TABLE: which one, when it is known; otherwise NULL */
  uint64_t source;        /* LS_CAUSE_NODE: the id of the first that changed */
  const uint64_t *sources; /* ids of the nodes that it reads */
  size_t n_sources;
  size_t readers;         /* nodes that read it */
  size_t references;      /* handles to it */
  size_t rows, bytes;     /* of its result, and of memory in all */
  bool stale;             /* runs when it is read next */
  const char *error;      /* what it failed with, or NULL */
} ls_node_info;

typedef int (*ls_node_info_fn)(void *user, const ls_node_info *info); /* non-zero stops */

/* List all nodes in the order in which they were made. */
LS_API int ls_graph_each(ls_store *store, ls_node_info_fn each, void *user, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Sessions
 *
 * A store opened with ls_open has one session: a state, its live queries and its undo stack. More may share its log, as
 * the windows of a program do (docs/sessions.md). Each is a store handle of its own, with a session id of its own; what
 * one commits, merges or imports, the others have when that call returns, and then their subscriptions were told too, in
 * the order of opening. All of them belong to the same thread. */

/* Open another session of a store.
 *   out         closed with ls_close, before the one that ls_open made
 *   store       any of its sessions
 *   session_id  none that is open; NULL: random
 * It starts from a copy of the state in memory. What concerns the log as a whole (ls_connect, ls_import, ls_schema_set,
 * ls_rebuild, ls_migration_begin) belongs to the one that ls_open made: LS_ELOCKED here. That one's schema can be changed
 * when it is alone: until then ls_schema_set and ls_migration_finish give LS_ELOCKED. O(size of the state).
 * LS_EEXISTS, LS_EARGS the session id; LS_ELOCKED from inside a progress callback; LS_ENOMEM */
LS_API int ls_session_open(ls_store **out, ls_store *store, const char *session_id, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Sync (docs/sync.md)
 *
 * A connected store pulls what others did, puts what is pending behind it (rebase), and pushes that. It works offline all
 * the same; nothing here waits for a network but ls_pump with a timeout. */

/* Give the sync payload that a server asks for, as JSON, e.g. {"authToken":"…"}: called for each connection, so that a
 * token can be renewed. Write it with ls_payload_set. On an error the connection is tried again later. */
typedef struct ls_payload ls_payload;
typedef int (*ls_payload_fn)(void *user, ls_payload *out, ls_error *err);
LS_API int ls_payload_set(ls_payload *payload, const char *json, ls_error *err);

/* What to do when the server keeps another log than the one this store was synced with, since it lost its data or the URL
 * leads elsewhere. In no case is anything deleted. */
typedef enum ls_backend_policy {
  LS_BACKEND_SET_ASIDE, /* keep the old log as log-<its backend id>.db in the store's directory, make what was never
                           accepted a conflict, and pull the new log */
  LS_BACKEND_STOP,      /* stop with LS_EBACKEND; the store works on, offline */
  LS_BACKEND_UPLOAD     /* take all that this store has for pending, and push it behind what the new log has */
} ls_backend_policy;

typedef struct ls_connect_options {
  const char *token;        /* sent as {"authToken":token} and as a bearer token; NULL: none */
  ls_payload_fn payload;    /* or a whole payload, made anew for each connection; NULL or given payload_user */
  void *payload_user;
  ls_backend_policy backend;
  bool once;                /* become idle as soon as both ends are equal */
  const char *ca_file;      /* PEM file of authorities to trust beside the system's */
  bool insecure;            /* TLS: take any certificate; for tests only */
  int64_t push_events;      /* in one push; default 100, or what the server allows */
  int64_t retry_min_ms, retry_max_ms; /* default 1,000 and 30,000 */
  int64_t ping_ms;          /* default 10,000 */
  bool thread;              /* pump on a thread of the library's own: see ls_lock */
} ls_connect_options;

/* Sync a store with a server. Returns at once; the connection is made, and made again after failures, by ls_pump.
 *   url      ws://, wss:// (WebSocket), or http://, https:// (requests, repeated every few seconds). The store's id is sent
 *            with it: the server's store is the one of that id
 *   options  may be NULL
 * LS_EARGS the URL, or no certificate in ca_file; LS_ENOTFOUND ca_file; LS_EEXISTS it is connected already; LS_ELOCKED a
 * session that ls_session_open made */
LS_API int ls_connect(ls_store *store, const char *url, const ls_connect_options *options, ls_error *err);
/* Stop syncing. What is pending stays so. ls_close does it too. */
LS_API void ls_disconnect(ls_store *store);

/* A descriptor that is readable when ls_pump has something to do, for poll, epoll, kqueue or an event loop; and in how many
 * milliseconds it has something to do anyway (-1: never). -1 when the store is not connected. */
LS_API int ls_sync_fd(const ls_store *store);
LS_API int ls_sync_timeout_ms(const ls_store *store);

/* Do what is due: read and write the network, merge, push. Subscriptions and effects are called from inside.
 *   timeout_ms  wait up to so long for something to do; 0: do not wait; negative: for as long as it takes
 * Returns 1 when something was done, 0 when not. Errors of the network are no errors of the pump: they are in the status,
 * and tried again. LS_ENOTFOUND the store is not connected. */
LS_API int ls_pump(ls_store *store, int timeout_ms, ls_error *err);

/* Pump until both ends are equal: all was pulled, and nothing is pending.
 * LS_EOFFLINE not by then; LS_EBACKEND, LS_EACCESS, LS_EPROTOCOL … when syncing stopped for good. The text says why. */
LS_API int ls_sync_wait(ls_store *store, int timeout_ms, ls_error *err);

/* With ls_connect_options.thread: hold the store for a few calls of this thread, as the library's thread does while it pumps.
 * Every use of the store and its sessions, handles and subscriptions is between these two; subscriptions and effects are
 * called on the library's thread with the store held. Without a thread they do nothing. They do not nest. */
LS_API void ls_lock(ls_store *store);
LS_API void ls_unlock(ls_store *store);

typedef enum ls_sync_phase {
  LS_SYNC_OFF,        /* not connected with ls_connect, or done with `once` */
  LS_SYNC_CONNECTING,
  LS_SYNC_PULLING,    /* catching up */
  LS_SYNC_LIVE,       /* all was pulled; what happens is told at once */
  LS_SYNC_WAITING,    /* offline, until the next try */
  LS_SYNC_FAILED      /* stopped for good: ls_connect starts again */
} ls_sync_phase;

typedef struct ls_sync_status {
  ls_sync_phase phase;
  const char *url;         /* NULL: none */
  bool online;             /* there is a connection */
  bool equal;              /* both ends were equal when last seen */
  ls_seqnum head, upstream_head;
  uint64_t pending;        /* events not accepted yet, client-only ones left out */
  uint64_t conflicts;      /* commits set aside */
  int64_t remaining;       /* events that the server says are still to be pulled */
  int64_t next_try_ms;     /* LS_SYNC_WAITING: in so many milliseconds */
  uint64_t pulled, pushed; /* events, since ls_connect */
  const char *backend_id;  /* of the server's log; NULL: never seen */
  ls_error error;          /* what went wrong last; code 0: nothing since all went well */
} ls_sync_status;

/* Borrowed texts are good until the next call on the store. */
LS_API int ls_sync_status_get(ls_sync_status *out, ls_store *store, ls_error *err);

/* What can be looked at as a signal. */
typedef enum ls_sync_fact {
  LS_SYNC_FACT_PHASE,     /* integer: ls_sync_phase */
  LS_SYNC_FACT_ONLINE,    /* 0 or 1 */
  LS_SYNC_FACT_PENDING,   /* integer */
  LS_SYNC_FACT_CONFLICTS, /* integer */
  LS_SYNC_FACT_ERROR      /* text, or NULL */
} ls_sync_fact;
/* A signal node that the library sets. Release it like any other. */
LS_API int ls_sync_signal(ls_node **out, ls_store *store, ls_sync_fact fact, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Conflicts (docs/sync.md): commits that can no longer be, since what came from upstream broke them, or upstream refused
 * them. They are out of the log and of the state, and kept whole until they are retried or dropped. */

typedef enum ls_conflict_cause {
  LS_CONFLICT_REBASE,  /* an event failed behind what came from upstream: a constraint, mostly */
  LS_CONFLICT_UNDONE,  /* an undo or redo whose commit was set aside */
  LS_CONFLICT_REFUSED, /* the server will not take it */
  LS_CONFLICT_BACKEND  /* never accepted by a server that was replaced by another */
} ls_conflict_cause;

typedef struct ls_conflict {
  int64_t id;              /* 1, 2, 3… in the order in which they arose; never used again */
  ls_conflict_cause cause;
  const ls_event *events;  /* of the commit, in order; seq is where they stood last */
  size_t n;
  size_t item;             /* which of them failed */
  const char *error;       /* why */
} ls_conflict;

typedef int (*ls_conflict_fn)(void *user, const ls_conflict *conflict); /* non-zero stops */

/* Give the conflicts, the oldest first. Borrowed for the call; from inside, the store may be queried only. */
LS_API int ls_conflicts(ls_store *store, ls_conflict_fn each, void *user, ls_error *err);
/* Commit it anew, at the end of the log, and take it off the list: both or neither.
 *   events, n  what to commit in its stead; NULL, 0: its events as they are
 * LS_ENOTFOUND no such conflict; the errors of ls_commit_all: then it stays on the list. LS_EARGS an undo or redo cannot be
 * committed again: call ls_undo. */
LS_API int ls_conflict_retry(ls_receipt *out, ls_store *store, int64_t id, const ls_input *events, size_t n, ls_error *err);
/* Take it off the list for good. LS_ENOTFOUND */
LS_API int ls_conflict_drop(ls_store *store, int64_t id, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Status */

typedef struct ls_status {
  ls_seqnum head;          /* newest event of the log */
  ls_seqnum upstream_head; /* newest event that upstream has accepted */
  ls_seqnum state;         /* position of the state */
  ls_seqnum snapshot;      /* position of state.db; root when there is none */
  uint64_t events;         /* events in the log */
  uint64_t pending;        /* of them, those after the upstream head */
  uint64_t failed;         /* events that the state could not take (docs/guarantees.md) */
  uint64_t conflicts;      /* commits that were set aside */
  uint64_t log_bytes, snapshot_bytes, state_bytes;
} ls_status;

LS_API int ls_status_get(ls_status *out, ls_store *store, ls_error *err);

/* ---------------------------------------------------------------------------------------------- */
/* Check, export, import */

typedef struct ls_finding {
  ls_code code;
  ls_seqnum seq;    /* the event it is about, or root */
  const char *text; /* what is wrong, one line */
} ls_finding;

typedef void (*ls_finding_fn)(void *user, const ls_finding *finding);

typedef struct ls_check_report {
  uint64_t events;      /* read and good */
  uint64_t findings;    /* told to the callback */
  ls_seqnum last_good;  /* newest event up to which the whole log is good */
  char log_hash[33];    /* digest of the synced events: equal logs have equal ones */
  char state_hash[33];  /* ls_state_hash of a replay from nothing; "" when it could not be made */
} ls_check_report;

/* Check a closed store: the log file, the chain of events, each event's arguments against the schema (an
 * old form's as what it becomes), and that replaying the log gives the state that is kept. Changes nothing.
 * Returns 0 also with findings. O(events).
 *   path     the store's directory
 *   options  schema (default: the one the store was last used with; its C functions must be given here), holder and
 *            progress; may be NULL
 *   each     told each finding, in no special order; may be NULL
 * LS_ENOTFOUND no store there, LS_ELOCKED, LS_ESCHEMA the given schema, LS_EABORT */
LS_API int ls_check(ls_check_report *out, const char *path, const ls_options *options, ls_finding_fn each, void *user,
                    ls_error *err);

typedef enum ls_format {
  LS_FORMAT_LIVESTORE, /* LiveStore's JSON export: synced events, one document */
  LS_FORMAT_JSONL,     /* one event a line, all of them, with whole sequence numbers */
  LS_FORMAT_EVENTLOG   /* LiveStore's eventlog@6.db (import only) */
} ls_format;

/* Save the log of a closed store to a file, as far as it can be read.
 *   path, file  the store; the file to write, replaced whole when done
 *   count       out: events written; may be NULL
 *   options     holder and progress; may be NULL
 * LS_ECORRUPT when the log is damaged: the file then holds what came before the damage, and *count is set. When
 * nothing at all can be read, no file is written and *count stays as it was. */
LS_API int ls_export(uint64_t *count, const char *path, const char *file, ls_format format, const ls_options *options,
                     ls_error *err);

typedef struct ls_import_options {
  bool force;   /* take a file that names another store id */
  bool dry_run; /* read and check all of it, change nothing */
} ls_import_options;

/* Append the events of a file to an empty store, with their numbers and authors. The format is told from the
 * file itself. All or nothing. To this store, none of them is confirmed upstream; those that its schema does not know
 * or that do not fit it are kept all the same (docs/guarantees.md).
 *   count    out: events in the file; may be NULL
 *   options  may be NULL
 * LS_EEXISTS  the store has events already
 * LS_EFORMAT  the file, with the line or field that is wrong; or it is of another store
 * LS_ENOTFOUND, LS_EIO, LS_EFULL, LS_EABORT */
LS_API int ls_import(uint64_t *count, ls_store *store, const char *file, const ls_import_options *options,
                     ls_error *err);

#ifdef __cplusplus
}
#endif
#endif
