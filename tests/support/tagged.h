/* tagged - random events for the tables of upstream_fixture.h, each told apart by a tag, so that what became of it can
 * be counted: in a log, or in a conflict, which is dropped or retried. */
#ifndef LS_TESTS_SUPPORT_TAGGED_H
#define LS_TESTS_SUPPORT_TAGGED_H

#include "livestore.h"
#include "support/random.h"

/* Of all that share those tables: changes with nearly every change of items. */
#define TAGGED_SUM "SELECT count(*) * 1000 + coalesce(sum(id * (n + 1)), 0) FROM items"

enum { TAGGED_ARGS = 100 };

/* An event of UPSTREAM_SCHEMA with this tag, one in five of them client-only, on one of `ids` rows; names are half as
 * many again, so that they meet. `args` must be there as long as it. */
void tagged_random(ls_input *out, char args[TAGGED_ARGS], random_source *r, uint32_t ids, int tag);
/* Its tag; -1 when it has none. */
int tagged_tag(const ls_event *event);

/* A conflict, as it was listed. */
typedef struct tagged_conflict {
  int64_t id;
  int tags[300], n; /* of its events */
  bool undo;        /* its first event undoes another */
} tagged_conflict;

void tagged_conflict_read(tagged_conflict *out, const ls_conflict *conflict);
/* Drop or retry it. 0: gone; 1: it stays, since its events cannot be applied now either; or negative. */
int tagged_conflict_settle(ls_store *store, const tagged_conflict *conflict, bool drop, ls_error *err);

#endif
