/* schema_internal - what the steps of ls_schema_new share with one another and with nobody else. */
#ifndef LS_CORE_SCHEMA_INTERNAL_H
#define LS_CORE_SCHEMA_INTERNAL_H

#include "base/json.h"
#include "core/database.h"
#include "core/schema.h"

/* "$.events.a.sql: text" with the path of a node. Returns LS_ESCHEMA, or LS_ENOMEM. */
int ls_schema_fail(const ls_json *doc, uint32_t node, ls_error *err, const char *fmt, ...) LS_FORMAT(4, 5);

/* "line 1 column 8: text", of a place in SQL. Returns LS_ESCHEMA. */
int ls_schema_fail_sql(ls_error *err, const char *sql, const char *at, const char *text);
/* The first place where a parameter stands in SQL. NULL: one without a name. */
const char *ls_schema_find_param(const char *sql, const char *param);
/* Is a parameter, without its colon, one that the event itself gives? */
bool ls_schema_special_param(ls_param_kind *kind, const char *name);

/* Find what each old form becomes, once the events are in order. The chains are checked: each ends at an event that is
 * no old form. */
int ls_schema_link(ls_schema *schema, const ls_json *doc, ls_error *err);
/* Compile the expression of an old form, if it has one, into the statement that gives its new arguments. */
int ls_schema_compile_upcast(ls_event_type *event, ls_arena *arena, ls_database *database, ls_error *err);

/* "undo" of an event, which is node `node`. */
int ls_schema_read_undo(ls_event_type *event, ls_arena *arena, const ls_json *doc, uint32_t node, ls_error *err);
int ls_schema_compile_undo(const ls_schema *schema, const ls_event_type *event, ls_arena *arena, ls_database *database,
                           ls_error *err);
/* Find what the parameters of a prepared statement are bound to. */
int ls_schema_resolve_params(ls_statement *statement, ls_arena *arena, const ls_event_type *event, sqlite3_stmt *stmt,
                             ls_error *err);
/* The library's own events: add them to a schema; find one. */
int ls_schema_add_own(ls_schema *schema, ls_error *err);
const ls_event_type *ls_schema_own_event(const ls_schema *schema, const char *name);

/* The hash of a document that was found good, into schema->hash. */
int ls_schema_hash_of(ls_schema *schema, const ls_json *doc, ls_error *err);

#endif
