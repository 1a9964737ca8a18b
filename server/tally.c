#include "server/tally.h"

#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

/* The link is the first member. */
static ls_tally *tally_of(ls_link *link) { return (ls_tally *)(void *)link; }

static ls_tally *find(const ls_chains *tallies, const char *store_id, uint64_t hash) {
  ls_link *link = ls_chains_first(tallies, hash);
  while (link && strcmp(tally_of(link)->store_id, store_id) != 0) link = ls_chains_next(link);
  return link ? tally_of(link) : NULL;
}

static ls_tally *tally_new(ls_chains *tallies, const char *store_id, uint64_t hash) {
  ls_tally *tally = ls_calloc(1, sizeof *tally);
  if (!tally || !ls_chains_add(tallies, &tally->link, hash)) {
    ls_free(tally);
    return NULL;
  }
  strncpy(tally->store_id, store_id, sizeof tally->store_id - 1);
  return tally;
}

ls_tally *ls_tally_add(ls_chains *tallies, const char *store_id) {
  uint64_t hash = ls_hash64(store_id, strlen(store_id), 0);
  ls_tally *tally = find(tallies, store_id, hash);
  if (!tally) tally = tally_new(tallies, store_id, hash);
  if (tally) tally->connections++;
  return tally;
}

void ls_tally_remove(ls_chains *tallies, ls_tally *tally) {
  if (!tally || --tally->connections > 0) return;
  ls_chains_remove(tallies, &tally->link);
  ls_free(tally);
}

uint64_t ls_tally_count(const ls_chains *tallies, const char *store_id) {
  ls_tally *tally = find(tallies, store_id, ls_hash64(store_id, strlen(store_id), 0));
  return tally ? tally->connections : 0;
}
