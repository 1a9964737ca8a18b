/* closed - a store that nobody has open, held for looking at it: its lock, and its log to read. */
#ifndef LS_CORE_CLOSED_H
#define LS_CORE_CLOSED_H

#include "core/log.h"
#include "port/port.h"

typedef struct ls_closed {
  ls_port_lock *lock;
  ls_log *log;
} ls_closed;

/* Lock the store and open its log.
 *   path, holder  as for ls_open
 * LS_ENOTFOUND no store there; LS_ELOCKED; LS_ECORRUPT nothing of the log can be read. On an error, nothing is held. */
int ls_closed_open(ls_closed *out, const char *path, const char *holder, ls_error *err);
void ls_closed_fini(ls_closed *closed);

#endif
