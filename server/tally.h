/* tally - how many connections each store has. */
#ifndef LS_SERVER_TALLY_H
#define LS_SERVER_TALLY_H

#include "base/chains.h"
#include "server/request.h"

typedef struct ls_tally {
  ls_link link;
  uint64_t connections;
  char store_id[LS_STORE_ID_SIZE];
} ls_tally;

/* Count one more, and one less; the tally of a store is there while it has connections. NULL when memory ran out. */
ls_tally *ls_tally_add(ls_chains *tallies, const char *store_id);
void ls_tally_remove(ls_chains *tallies, ls_tally *tally); /* NULL is fine */
uint64_t ls_tally_count(const ls_chains *tallies, const char *store_id);

#endif
