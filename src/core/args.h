/* args - JSON Schema for event arguments: compiled once, then checked on every commit and replay.
 *
 * Supported (draft 2020-12): type, properties, required, additionalProperties, minProperties, maxProperties, items,
 * prefixItems, minItems, maxItems, uniqueItems, enum, const, minLength, maxLength, minimum, maximum,
 * exclusiveMinimum, exclusiveMaximum, multipleOf, anyOf, oneOf, allOf, not, $ref to "#" and "#/$defs/NAME", $defs,
 * true and false as schemas, and format with date-time, date, time and uuid (checked, not only noted).
 * Notes without effect: title, description, default, examples, $comment, $schema, $id, readOnly, writeOnly.
 * `deprecated` (true, or a text with the reason) marks a property. Any other keyword is an error. */
#ifndef LS_CORE_ARGS_H
#define LS_CORE_ARGS_H

#include "base/arena.h"
#include "base/json.h"
#include "livestore.h"

typedef struct ls_args ls_args;

/* Compile a schema.
 *   out    lives in the arena
 *   doc    node `schema` of it is the JSON Schema; copied, not kept
 * LS_ESCHEMA names the place ($.properties.id.minLength) and what was expected. */
int ls_args_compile(const ls_args **out, ls_arena *arena, const ls_json *doc, uint32_t schema, ls_error *err);

/* Does node `value` of a document fit? LS_EARGS names the place in the value and what was expected; LS_ELIMIT when
 * alternatives inside alternatives take too many steps. O(size) without alternatives. */
int ls_args_check(const ls_args *args, const ls_json *doc, uint32_t value, ls_error *err);

/* The properties that an object schema names, in the order of their UTF-8 bytes (allOf and $ref included). n is 0 for
 * others, and for schemas that are part of another. Borrowed from the arena. */
typedef struct ls_args_property {
  const char *name;
  bool required;
  const char *deprecated; /* the reason ("deprecated" when none is given), or NULL */
} ls_args_property;
const ls_args_property *ls_args_properties(const ls_args *args, size_t *n);

/* Is `type` "object" the only one this schema allows at its top? */
bool ls_args_is_object(const ls_args *args);

/* The schema of one of these properties; NULL when there is none of that name. */
const ls_args *ls_args_property_schema(const ls_args *args, const char *name);

#endif
