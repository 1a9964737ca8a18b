/* uplink_match - which of a session's own events are among those that its leader gives instead: pure. */
#ifndef LS_CORE_UPLINK_MATCH_H
#define LS_CORE_UPLINK_MATCH_H

#include "livestore.h"

typedef enum ls_own_fate {
  LS_OWN_OTHER, /* not the session's own */
  LS_OWN_KEPT,  /* it is there, under number `seq` */
  LS_OWN_ASIDE, /* the leader had it, and it is not there any more */
  LS_OWN_MOVED  /* on its way still: it goes behind what is given */
} ls_own_fate;

typedef struct ls_own {
  ls_own_fate fate;
  ls_seqnum seq;
} ls_own;

/* Tell what became of each of the events behind a place.
 *   out       one for each of `events`
 *   events    what the session has there, in log order
 *   theirs    so many of them, the first ones, the leader has or had; the others are on their way
 *   given     what the leader has there instead
 *   author    client and session
 * Events of one author come in the same order on both sides; some may be missing. Of equal ones it may be told of another
 * one that it is missing. O(n + n_given), more only where many are missing. */
void ls_own_match(ls_own *out, const ls_event *events, size_t n, size_t theirs, const ls_event *given, size_t n_given,
                  const ls_event *author);

#endif
