/* house - a store with several sessions, and subscriptions that say when they were called. Each function fails the test
 * when it cannot. */
#ifndef LS_TESTS_SUPPORT_HOUSE_H
#define LS_TESTS_SUPPORT_HOUSE_H

#include "core/sessions.h"

enum { HOUSE_MOST = 5 };

/* The first session is the one that leads. */
typedef struct house {
  ls_store *s[HOUSE_MOST];
  size_t n;
} house;

/* Client "c", with the schema of upstream_fixture.h; the first session is "s", others are "second", "third" …
 *   path  NULL: in memory */
house house_open(const char *path, size_t n);
house house_open_with(const char *path, const ls_options *options, size_t n);
/* Open more, until there are n. */
void house_add(house *h, size_t n);
ls_store *house_session(ls_store *store, const char *session_id);
/* The first one last. */
void house_close(house *h);

/* All stand at the log's head, have the same state, and that is the one of a replay. */
void house_check(const house *h);

typedef struct teller {
  ls_node *node;
  const char *name;
  int calls;
  int64_t value;
  char *order; /* names are appended to it; may be NULL */
} teller;

/* Watch the first column of a query's first row; the first call is not counted. */
void house_watch(teller *t, ls_store *store, const char *sql, const char *name, char *order);
void house_unwatch(teller *tellers, size_t n);

#endif
