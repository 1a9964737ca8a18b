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
  LS_EABORT = -18       /* a callback asked to stop */
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
 * tables (ls_materializer_exec), never a clock, a random number or a file. Returns 0, or a negative
 * code with *err filled; then nothing of the event is kept. */
typedef int (*ls_materialize_fn)(ls_materializer *m, const ls_event *event, void *user, ls_error *err);

/* Receive one row of ls_materializer_exec; return non-zero to stop early. Values are borrowed for the call. */
typedef int (*ls_row_fn)(void *user, const ls_value *values, size_t n);

/* Run one SQL statement inside a materializer; it sees the state as the event has left it so far.
 *   params, n   values of ?1, ?2, …
 *   row, user   called for each row that the statement gives; NULL to drop them
 * LS_ESQL, LS_EMATERIALIZE (a constraint), LS_EREADONLY (a table that events may not write) */
LS_API int ls_materializer_exec(ls_materializer *m, const char *sql, const ls_value *params, size_t n,
                                ls_row_fn row, void *user, ls_error *err);

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
} ls_event_def;

/* A client document: one JSON value per id, kept in a table (id, value), set by the client-only event
 * "<name>Set". */
typedef struct ls_document_def {
  const char *name;
  const char *value;         /* JSON Schema of the value */
  const char *default_value; /* JSON */
  const char *default_id;    /* NULL: the session's id */
  bool replace_whole;        /* a set replaces the whole value; otherwise it merges the given keys */
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
  int64_t undo_bytes;      /* keep row images of the newest events up to this size; default 8 MiB */
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

/* Write what is still to be written, and free the store and all handles made from it. NULL is fine.
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
/* Committing */

typedef enum ls_stage {
  LS_STAGE_LOCAL,    /* in the state */
  LS_STAGE_DURABLE,  /* in the log, as durable as the store's option asks */
  LS_STAGE_CONFIRMED /* accepted upstream */
} ls_stage;

typedef struct ls_receipt {
  ls_seqnum first, last; /* where the events stand */
  ls_stage stage;        /* reached when the commit returned */
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

/* The stage that a receipt's last event has reached by now. */
LS_API ls_stage ls_receipt_stage(const ls_store *store, const ls_receipt *receipt);

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

typedef int (*ls_change_fn)(void *user, const ls_change *change); /* non-zero stops */

/* Give each row that one event changed, in the order of the changes. O(events before it, or since a snapshot).
 * LS_ENOTFOUND when there is no such event; LS_EMATERIALIZE when the event failed (the text says why). */
LS_API int ls_event_changes(ls_store *store, ls_seqnum seq, ls_change_fn each, void *user, ls_error *err);

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

/* Check a closed store: the log file, the chain of events, each event's arguments against the schema, and that
 * replaying the log gives the state that is kept. Changes nothing. Returns 0 also with findings. O(events).
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
