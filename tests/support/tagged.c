#include "support/tagged.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/cmocka_all.h"

void tagged_random(ls_input *out, char args[TAGGED_ARGS], random_source *r, uint32_t ids, int tag) {
  static const char *const names[10] = {"put", "put", "put", "put", "count", "count", "drop", "part", "local", "local"};
  uint32_t id = random_below(r, ids), kind = random_below(r, 10);
  *out = (ls_input){names[kind], args};
  if (kind < 4)
    snprintf(args, TAGGED_ARGS, "{\"id\":%u,\"name\":\"n%u\",\"tag\":%d}", id, random_below(r, ids + ids / 2), tag);
  else if (kind < 7)
    snprintf(args, TAGGED_ARGS, "{\"id\":%u,\"tag\":%d}", id, tag);
  else if (kind == 7)
    snprintf(args, TAGGED_ARGS, "{\"id\":%u,\"item\":%u,\"tag\":%d}", random_below(r, 99), id, tag);
  else
    snprintf(args, TAGGED_ARGS, "{\"n\":%u,\"tag\":%d}", id, tag);
}

int tagged_tag(const ls_event *event) {
  const char *at = strstr(event->args, "\"tag\":");
  return at ? atoi(at + 6) : -1;
}

void tagged_conflict_read(tagged_conflict *out, const ls_conflict *conflict) {
  out->id = conflict->id;
  out->undo = conflict->events[0].undoes != 0;
  out->n = 0;
  for (size_t i = 0; i < conflict->n; i++) {
    int tag = tagged_tag(&conflict->events[i]);
    if (tag < 0) continue;
    assert_true(out->n < (int)(sizeof out->tags / sizeof *out->tags));
    out->tags[out->n++] = tag;
  }
}

int tagged_conflict_settle(ls_store *store, const tagged_conflict *conflict, bool drop, ls_error *err) {
  int rc =
      drop ? ls_conflict_drop(store, conflict->id, err) : ls_conflict_retry(NULL, store, conflict->id, NULL, 0, err);
  return rc == LS_EMATERIALIZE || (rc == LS_EARGS && conflict->undo) ? 1 : rc;
}
