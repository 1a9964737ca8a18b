/* schema_internal - what the steps of ls_schema_new share with one another and with nobody else. */
#ifndef LS_CORE_SCHEMA_INTERNAL_H
#define LS_CORE_SCHEMA_INTERNAL_H

#include "base/json.h"
#include "core/schema.h"

/* "$.events.a.sql: text" with the path of a node. Returns LS_ESCHEMA, or LS_ENOMEM. */
int ls_schema_fail(const ls_json *doc, uint32_t node, ls_error *err, const char *fmt, ...) LS_FORMAT(4, 5);

/* The hash of a document that was found good, into schema->hash. */
int ls_schema_hash_of(ls_schema *schema, const ls_json *doc, ls_error *err);

#endif
