/* past_store - a store with a random life, and what it was at each position of it: for tests of time travel. Each
 * function fails the test when it cannot. */
#ifndef LS_TESTS_SUPPORT_PAST_STORE_H
#define LS_TESTS_SUPPORT_PAST_STORE_H

#include "core/store.h"
#include "support/random.h"

#define PAST_MOST 4000 /* events that are remembered */

/* Tables items (a key that takes no heed of case, row ids), pairs (two columns, no row ids), notes (of items, deleted
 * with them; a trigger counts them in counts). Events put, move (a new key), drop, pair, swing (a change and its
 * opposite), clear, and hover, which is client-only. */
extern const char PAST_SCHEMA[];

typedef struct past_position {
  ls_seqnum seq;
  char hash[33]; /* of the state that stood there */
} past_position;

typedef struct past_store {
  ls_store *store;
  ls_options options;
  const char *path;
  random_source random;
  past_position positions[PAST_MOST]; /* [0] is the root */
  size_t n;
} past_store;

void past_store_open(past_store *ps, const char *path, ls_options options);
void past_store_reopen(past_store *ps);
void past_store_close(past_store *ps);

/* Commit n random events, some of them together: the last of those is remembered. With options.snapshot_events, a
 * snapshot is written whenever so many were. */
void past_store_live(past_store *ps, size_t n);
void past_store_commit(past_store *ps, const char *name, const char *args);
/* Take the newest events away, down to the position of this index, and let the store follow. */
void past_store_cut(past_store *ps, size_t index);

/* Fail the test when rc is not `wanted`, with the error's text. */
#define assert_code(rc, wanted, err) past_assert_code(rc, wanted, err, __FILE__, __LINE__)
#define assert_ok(rc, err) assert_code(rc, LS_OK, err)
void past_assert_code(int rc, int wanted, const ls_error *err, const char *file, int line);

#endif
