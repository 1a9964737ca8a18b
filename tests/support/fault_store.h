/* fault_store - a store whose every event is accounted for, so that after a failure it can be told exactly what must
 * be there: what was acknowledged is, what was refused is not, a batch that may have gone either way is there whole or
 * not at all, and the state is what a replay of the log gives. */
#ifndef LS_TESTS_SUPPORT_FAULT_STORE_H
#define LS_TESTS_SUPPORT_FAULT_STORE_H

#include "core/store.h"

#define FAULT_STORE_EVENTS 2000

/* What is known of an event. */
typedef enum fault_fate {
  FATE_NONE,     /* never tried, or known not to be in the log */
  FATE_KEPT,     /* acknowledged, or seen in the log */
  FATE_LATER,    /* acknowledged, durable after the next flush only */
  FATE_DOUBTFUL, /* its commit failed in a way that leaves both open until the log is looked at */
  FATE_DROPPABLE /* was FATE_LATER when an error came: kept or not, but none after one that is not */
} fault_fate;

typedef struct fault_store {
  const char *label; /* said when a check fails */
  char *path;        /* of the directory; NULL for a store in memory */
  ls_options options;
  ls_store *store; /* NULL while closed */
  int n;           /* events tried so far; each carries its number */
  unsigned char fate[FAULT_STORE_EVENTS];
  int batch[FAULT_STORE_EVENTS]; /* number of the first event of its batch */
} fault_store;

/* A store in a directory (copied; NULL for one in memory), with defaults for all options but the schema. */
void fault_store_init(fault_store *fs, const char *path);
/* Closes it, whatever comes of it. */
void fault_store_fini(fault_store *fs);

/* The n-th event: returns its name, writes its arguments. */
#define FAULT_STORE_ARGS 200
const char *fault_store_event(char args[FAULT_STORE_ARGS], int n);
/* The number that an event carries; negative when it is not one of these. */
int fault_store_number(const ls_event *event);

/* Another schema with the same events. Under it, those whose number ends in 3 fail. */
extern const ls_schema_source FAULT_STORE_OTHER_SCHEMA;

int fault_store_open(fault_store *fs, ls_error *err);
int fault_store_close(fault_store *fs, ls_error *err);
/* Commit n events as one, of all kinds in turn; and one that fails after `good` others. */
int fault_store_commit(fault_store *fs, int n, ls_error *err);
int fault_store_commit_bad(fault_store *fs, int good, ls_error *err);
/* Set the document "ui". */
int fault_store_set_document(fault_store *fs, ls_error *err);
int fault_store_flush(fault_store *fs, ls_error *err);
/* Take the newest n events out of the log, below the store, and let the state follow. */
int fault_store_cut(fault_store *fs, int n, ls_error *err);

/* Look through the log; fails the test when an event is there that must not be, or the other way round. Doubts are
 * settled by what is found. */
void fault_store_check_log(fault_store *fs);
/* All of the above on the store as it is now (opened if need be): the log, a further commit, the state against a
 * replay; then the same once more after closing and opening it. Ends with a closed store. */
void fault_store_check(fault_store *fs);

/* Fails the test with the store's label when `good` is false. */
void fault_store_require(const fault_store *fs, bool good, const char *fmt, ...) LS_FORMAT(3, 4);

#endif
