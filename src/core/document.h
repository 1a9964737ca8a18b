/* document - client documents: one JSON value per id, with defaults under it.
 *
 * A value that no longer fits its schema is never an error for who reads: each key that fits is taken over the default,
 * the others are as if they had not been set. */
#ifndef LS_CORE_DOCUMENT_H
#define LS_CORE_DOCUMENT_H

#include "core/state.h"

/* Does the `value` argument of a set event fit? A merging set may give some of the keys. LS_EARGS. */
int ls_document_check(const ls_document_type *type, const ls_json *args, ls_error *err);

/* Apply "<name>Set": merge into, or replace, what is stored. `args` is the event's. */
int ls_document_apply(ls_state *state, const ls_document_type *type, const ls_json *args, ls_error *err);

/* Append the value of an id as an application sees it, canonical JSON. */
int ls_document_read(ls_bytes *out, ls_state *state, const ls_document_type *type, const char *id, ls_error *err);

#endif
