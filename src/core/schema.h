/* schema - a parsed and checked schema document: the tables, and for each event its arguments and materializer.
 * Immutable once made; used by one state at a time or several. The document is described in docs/schema.md. */
#ifndef LS_CORE_SCHEMA_H
#define LS_CORE_SCHEMA_H

#include "core/args.h"
#include "livestore.h"

/* What a parameter of a materializer statement is bound to. */
typedef enum ls_param_kind {
  LS_PARAM_PROPERTY, /* :name - the argument of that name */
  LS_PARAM_ARGS,     /* :_args - all arguments, as JSON */
  LS_PARAM_CLIENT,   /* :_client - id of the client that wrote the event */
  LS_PARAM_SESSION,  /* :_session */
  LS_PARAM_GLOBAL    /* :_global - the event's global number */
} ls_param_kind;

typedef struct ls_param {
  ls_param_kind kind;
  uint32_t property; /* LS_PARAM_PROPERTY: index into the event type's properties */
} ls_param;

typedef struct ls_statement {
  const char *sql; /* one statement, NUL-terminated */
  const ls_param *params; /* of SQLite's parameters 1 … n */
  size_t n_params;
} ls_statement;

typedef struct ls_document_type {
  const char *name;
  const ls_args *value;       /* schema of the value */
  const char *default_value;  /* canonical JSON */
  const char *default_id;     /* NULL: the session's id */
  bool merges;                /* a set merges its keys into the old value */
} ls_document_type;

/* An event that undoes another. */
typedef struct ls_inverse_def {
  const char *event;
  ls_statement args; /* SELECT of its arguments as JSON; sql is NULL for none */
} ls_inverse_def;

typedef struct ls_event_type {
  const char *name;
  const ls_args *args;                /* the arguments' schema (an object) */
  const ls_args_property *properties; /* in the order of their bytes */
  size_t n_properties;
  const ls_statement *statements;
  size_t n_statements;
  ls_materialize_fn fn;               /* instead of statements */
  int version;                        /* of fn */
  void *user;
  const ls_document_type *document;   /* the client document that this event sets, or NULL */
  bool restores;                      /* one of the library's own (restore.h) */
  bool client_only;
  bool not_undoable;
  const ls_inverse_def *inverses;     /* what undoes it instead of restoring rows */
  size_t n_inverses;
  const char *deprecated;             /* the reason, or NULL */
  const char *becomes;                /* an old form: the name of the event that it becomes; NULL for others */
  const struct ls_event_type *next;   /* that event. The statement of an old form, if any, gives the new arguments; its
                                         properties are those that the statement asks for */
} ls_event_type;

typedef struct ls_schema {
  ls_arena arena;
  const char *json;             /* the whole document, canonical; size json_size */
  size_t json_size;
  char hash[33];                /* covers all that shapes the state: tables, arguments, materializers, versions */
  const char *const *tables;    /* statements, one each; those that make the documents' tables come last */
  size_t n_tables;
  const ls_event_type *events;  /* in the order of their names' bytes */
  size_t n_events;
  const ls_event_type *own;     /* the library's own events, which are not among `events` */
  const ls_document_type *documents;
  size_t n_documents;
  ls_unknown_events unknown_events;
} ls_schema;

/* Parse and check a schema. LS_ESCHEMA, LS_EJSON, LS_ENOTFOUND (no such file), LS_ENOMEM. */
int ls_schema_new(ls_schema **out, const ls_schema_source *source, ls_error *err);
void ls_schema_free(ls_schema *schema);

/* Steps of ls_schema_new. */
/* The document of a schema given in C, as JSON text appended to out. */
int ls_schema_document(ls_bytes *out, const ls_schema_def *def, ls_error *err);
/* Fill a zeroed schema from its document's text. */
int ls_schema_parse(ls_schema *schema, const char *json, size_t size, ls_error *err);
/* Check the SQL of a parsed schema on a scratch database, and resolve the parameters of its statements. */
int ls_schema_compile(ls_schema *schema, ls_error *err);
/* Give the C functions to the events that ask for one. Each must be given, with the version asked for. */
int ls_schema_attach(ls_schema *schema, const ls_function *functions, size_t n, ls_error *err);

/* Is this the name of an event that only the library commits? */
bool ls_schema_is_own(const char *event);
/* The event type of a name, the library's own among them; NULL when the schema does not know it. O(log events). */
const ls_event_type *ls_schema_event(const ls_schema *schema, const char *name);
/* What an event is materialized as: the end of the chain of its upcasts, itself when there is none. O(chain). */
const ls_event_type *ls_schema_final(const ls_event_type *type);
const ls_document_type *ls_schema_document_type(const ls_schema *schema, const char *name);

#endif
