#include "base/chains.h"

#include <string.h>

#include "base/alloc.h"

#define FIRST_BUCKETS 16

static void put(ls_link **bucket, ls_link *link) {
  link->next = *bucket;
  link->at = bucket;
  if (link->next) link->next->at = &link->next;
  *bucket = link;
}

static ls_link **bucket_of(const ls_chains *chains, uint64_t hash) {
  return &chains->buckets[hash & (chains->n_buckets - 1)];
}

static void move_all(ls_chains *to, ls_chains *from) {
  for (size_t i = 0; i < from->n_buckets; i++) {
    for (ls_link *link = from->buckets[i], *next; link; link = next) {
      next = link->next;
      put(bucket_of(to, link->hash), link);
    }
  }
}

/* Longer chains do when there is no memory for more of them, but there must be one. */
static bool grow(ls_chains *chains) {
  size_t n = chains->n_buckets ? chains->n_buckets * 2 : FIRST_BUCKETS;
  ls_chains larger = {ls_calloc(n, sizeof *larger.buckets), n, chains->n};
  if (!larger.buckets) return chains->n_buckets > 0;
  move_all(&larger, chains);
  ls_free(chains->buckets);
  *chains = larger;
  return true;
}

bool ls_chains_add(ls_chains *chains, ls_link *link, uint64_t hash) {
  if (chains->n >= chains->n_buckets && !grow(chains)) return false;
  link->hash = hash;
  put(bucket_of(chains, hash), link);
  chains->n++;
  return true;
}

void ls_chains_remove(ls_chains *chains, ls_link *link) {
  if (!link->at) return;
  *link->at = link->next;
  if (link->next) link->next->at = link->at;
  link->next = NULL;
  link->at = NULL;
  chains->n--;
}

static ls_link *find(ls_link *link, uint64_t hash) {
  while (link && link->hash != hash) link = link->next;
  return link;
}

ls_link *ls_chains_first(const ls_chains *chains, uint64_t hash) {
  return chains->n_buckets ? find(*bucket_of(chains, hash), hash) : NULL;
}

ls_link *ls_chains_next(const ls_link *link) { return find(link->next, link->hash); }

void ls_chains_fini(ls_chains *chains) {
  ls_free(chains->buckets);
  memset(chains, 0, sizeof *chains);
}
