/* uplink - a store whose log is kept by a leader elsewhere (livestore_host.h). Its own log, in memory, is a copy of the end
 * of the leader's:
 *
 *   base ─── upstream head ─── accepted ─── sent ─── head
 *     what the leader has        │  on its way: this session's own, at the numbers that it gave them
 *
 * The leader alone says what the log is. It keeps the order in which a session has committed, so what comes back of the
 * session's own is told by counting on: the n-th that comes is the n-th that was on its way, whatever its number is now. */
#ifndef LS_CORE_UPLINK_H
#define LS_CORE_UPLINK_H

#include "core/store.h"

void ls_uplink_free(struct ls_uplink *uplink); /* NULL is fine */

#endif
