/* event_json - events as JSON objects, in LiveStore's two shapes.
 *
 *   GLOBAL  {"name":…,"args":{…},"seqNum":7,"parentSeqNum":6,"clientId":…,"sessionId":…}      a synced event
 *   CLIENT  the same with "seqNum" and "parentSeqNum" as {"global":7,"client":0,"rebaseGeneration":0}, and, unless they
 *           are 0, "more" and "undoes", which LiveStore does not have
 *
 * Read, members may come in any order and others may be there too; "args" may be missing or null (no arguments) and
 * "rebaseGeneration" missing (0). */
#ifndef LS_BASE_EVENT_JSON_H
#define LS_BASE_EVENT_JSON_H

#include "base/json.h"
#include "livestore.h"

typedef enum ls_event_shape { LS_EVENT_GLOBAL, LS_EVENT_CLIENT } ls_event_shape;

/* Append an event as one line without its end. Check `out` afterwards. */
void ls_event_json_write(ls_bytes *out, const ls_event *event, ls_event_shape shape);

/* Read an event from node `node` of a document.
 *   out    its texts lie in `texts`, which is used anew; arguments are canonical
 * LS_EFORMAT names the member and what was expected; LS_EJSON, LS_ELIMIT arguments without canonical text. */
int ls_event_json_read(ls_event *out, ls_bytes *texts, const ls_json *doc, uint32_t node, ls_event_shape shape,
                       ls_error *err);

/* A text member of an object, appended to `out` with a NUL behind it. LS_EFORMAT when it is missing, no string, empty,
 * or has a NUL inside. */
int ls_event_json_text(ls_bytes *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err);
/* A member that is an integer of 0 or more. LS_EFORMAT otherwise. */
int ls_event_json_count(int64_t *out, const ls_json *doc, uint32_t object, const char *key, ls_error *err);

#endif
