/* wire_internal - what the wire_*.c files share with one another and with nobody else: members of messages, typed.
 *
 * Each function looks a member up in an object and gives what it holds. LS_EFORMAT names the member and what was
 * expected; LS_ENOMEM. Texts lie in the reader's memory. */
#ifndef LS_SYNC_WIRE_INTERNAL_H
#define LS_SYNC_WIRE_INTERNAL_H

#include "sync/wire.h"

/* The next message of the frame, an object: 1, 0 or LS_EFORMAT, as ls_wire_next_request. */
int ls_wire_step(uint32_t *node, ls_wire_reader *reader, ls_error *err);

/* LS_EFORMAT: `key` is missing (node 0) or is of a wrong type.
 *   expected  with its article: "a string" */
int ls_wire_misfit(const ls_json *doc, uint32_t node, const char *key, const char *expected, ls_error *err);

/* LS_EFORMAT: the node is no object.
 *   what  for the error: "an event" */
int ls_wire_object(const ls_json *doc, uint32_t node, const char *what, ls_error *err);
/* A member of this type; one that is missing is an error. */
int ls_wire_member(uint32_t *out, const ls_json *doc, uint32_t object, const char *key, ls_json_type type,
                   ls_error *err);
/* Which of the tags "_tag" is; one that is none of them is an error that names them. */
int ls_wire_tag(size_t *out, const ls_json *doc, uint32_t object, const char *const *tags, size_t n, ls_error *err);
/* true or false; false when it is missing. */
int ls_wire_flag(bool *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err);
/* A whole number from `min` to `max`. */
int ls_wire_whole(int64_t *out, const ls_json *doc, uint32_t object, const char *key, int64_t min, int64_t max,
                  ls_error *err);
/* A request id: a whole number up to 2^53, or a decimal one up to 2^64 - 1 as string. */
int ls_wire_id(uint64_t *id, ls_dialect *dialect, ls_wire_reader *reader, uint32_t object, const char *key,
               ls_error *err);
/* What is in a {"_tag":"Some","value":…}; node 0 for {"_tag":"None"}, and when the member is missing. */
int ls_wire_option(uint32_t *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err);

/* A string of at least one character, none of them NUL. */
int ls_wire_text(const char **out, ls_wire_reader *reader, uint32_t object, const char *key, ls_error *err);
/* The same of a node that may be any: `name` is for the error. */
int ls_wire_text_of(const char **out, ls_wire_reader *reader, uint32_t node, const char *name, ls_error *err);

/* The characters of a STRING node; NULL when memory ran out. What follows a NUL is lost to those who read it as text.
 *   size  NULL or out: with all NULs */
const char *ls_wire_string(size_t *size, ls_wire_reader *reader, uint32_t node);
/* The JSON text of a node as it was written. NULL when memory ran out. */
const char *ls_wire_verbatim(size_t *size, ls_wire_reader *reader, uint32_t node);

/* Zeroed memory for `count` things; NULL when memory ran out. */
void *ls_wire_array(ls_wire_reader *reader, size_t count, size_t size);

/* An event as it stands in a push and, without its metadata, in a chunk. */
int ls_wire_event_read(ls_wire_event *out, ls_wire_reader *reader, uint32_t node, ls_error *err);
/* The "batch" of a push or a page.
 *   read_item  reads one of its elements, given a zeroed event */
typedef int (*ls_wire_item_fn)(ls_wire_event *event, ls_wire_reader *reader, uint32_t item, ls_error *err);
int ls_wire_batch_read(const ls_wire_event **out, size_t *n, ls_wire_reader *reader, uint32_t object,
                       ls_wire_item_fn read_item, ls_error *err);
/* The "exit" of a request that failed: what the "cause" in `exit` says. */
int ls_wire_failure_read(ls_failure *out, ls_wire_reader *reader, uint32_t exit, ls_error *err);
/* What a defect says: a text, {"message":…}, or anything as JSON. NULL when memory ran out. */
const char *ls_wire_defect(ls_wire_reader *reader, uint32_t node);

#endif
