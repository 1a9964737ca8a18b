/* event - comparing events, and the digest that chains them. */
#ifndef LS_BASE_EVENT_H
#define LS_BASE_EVENT_H

#include "base/bytes.h"
#include "livestore.h"

/* A place in a log together with the digest of everything up to it. Two logs with the same mark hold the same events
 * up to there; a state that names a mark of the log belongs to this log. The root's digest is 0. */
typedef struct ls_mark {
  ls_seqnum seq;
  uint64_t sum;
} ls_mark;

/* Is it the same event, as upstream would echo it? Place, name, author and arguments count; generation, parent and
 * what it says of its commit do not, since upstream does not know them. Arguments are canonical, so equal values are equal bytes. */
bool ls_event_equal(const ls_event *a, const ls_event *b);

/* The digest of the log that ends with `event`, when `before` is the digest of what precedes it (docs/files.md).
 *   scratch  working memory
 * False when memory ran out. */
bool ls_event_sum(uint64_t *out, const ls_event *event, uint64_t before, ls_bytes *scratch);

/* How many global numbers lie unused between a synced event and its parent: 0 but for logs that came with holes. */
int64_t ls_event_gap(const ls_event *event);

#endif
