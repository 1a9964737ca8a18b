/* host - what the module calls in JavaScript (src/core/host.ts), imported from module "env". An `id` is of a callback or
 * an object there. None of them throws: what goes wrong is written to *err, when one is given, and told by the result. */
#ifndef LS_WEB_HOST_H
#define LS_WEB_HOST_H

#include "livestore.h"
#include "port/wasm/host.h"

/* An ls_code, as from ls_materialize_fn. `index`: which of the functions given to ls_web_open. */
int LS_IMPORT(ls_host_materialize)(int id, int index, ls_materializer *m, const ls_event *event, ls_error *err);
void LS_IMPORT(ls_host_log)(int id, int level, const char *key, const char *text);
/* Non-zero stops. */
int LS_IMPORT(ls_host_progress)(int id, const char *what, double done, double total);

/* A version; NaN: it failed. */
double LS_IMPORT(ls_host_compute)(int id, ls_tracker *tracker, ls_error *err);
/* Rows that ls_web_tracker_query gave; NULL: it failed. */
const ls_rows *LS_IMPORT(ls_host_choose)(int id, ls_tracker *tracker, ls_error *err);
/* A subscription's node has something new, or failed with `error`. */
void LS_IMPORT(ls_host_told)(int id, const ls_error *error);
/* A callback is not needed any more. */
void LS_IMPORT(ls_host_drop)(int id);

/* The transport of a store. */
int LS_IMPORT(ls_host_connect)(int id, const char *payload, ls_error *err);
int LS_IMPORT(ls_host_send)(int id, const char *text, size_t size, ls_error *err);
void LS_IMPORT(ls_host_disconnect)(int id);
/* Calls ls_web_payload_set, or does not. */
int LS_IMPORT(ls_host_payload)(int id, ls_payload *payload, ls_error *err);

#endif
