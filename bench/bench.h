/* bench - what the files of the benchmark share: rows, and the two sides that do the same work.
 *
 * A row is measured on both sides in turns in one run, and medians are compared, since other programs use the machine
 * too. The side that goes first changes from turn to turn (ours, plain; plain, ours; …): the second finds the items in
 * the processor's cache, and the disk busy with what the first has written. A side that fails ends the program: there
 * is nothing to measure then. */
#ifndef LS_BENCH_BENCH_H
#define LS_BENCH_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <livestore.h>

#include "samples.h"

#define BATCH 1000 /* events of a batch */

/* What one event says. Which members are used depends on the domain. */
typedef struct bench_item {
  const char *args; /* as JSON, for our side */
  const char *id, *text;
  int64_t pos, del;
} bench_item;

typedef struct bench_action {
  const char *event;
  const char *const *sql; /* NULL-terminated; parameters :id, :text, :ins (text too), :pos, :del */
} bench_action;

/* Tables and what changes them. Ours takes it as a schema, plain SQLite takes the SQL alone. */
typedef struct bench_domain {
  ls_schema_source schema;
  const char *const *tables; /* NULL-terminated */
  const bench_action *actions;
  size_t n_actions;
} bench_domain;

typedef struct bench_place {
  const char *dir; /* of this side; log.db and state.db are in it */
  const bench_domain *domain;
  ls_durability durability;
  const bench_item *history; /* what the log holds, for a plain side that has no state.db; may be NULL */
} bench_place;

typedef struct bench_side {
  const char *name; /* of its directory, too */
  void *(*open)(const bench_place *place);
  void (*commit)(void *store, size_t action, const bench_item *items, size_t n); /* n events at once */
  void (*find)(void *store, const char *id);                                     /* one todo by key */
  void (*list)(void *store);                                                     /* a thousand todos */
  void (*hash)(void *store);
  void (*rebuild)(void *store);
  void (*close)(void *store);
} bench_side;

#define SIDES 2
enum { OURS, PLAIN };

/* The side that is k-th in a turn. */
static inline int bench_side_of(size_t turn, int k) { return (int)((turn + (size_t)k) % SIDES); }

extern const bench_side *const bench_sides[SIDES];

typedef struct bench_state {
  size_t events;           /* of the stores that are opened, rebuilt and queried */
  const char *dir;         /* everything written is in it */
  const bench_item *todos; /* `events` of them */
  bool stored;             /* the stores of row_store are there */
} bench_state;

typedef struct bench_row {
  const char *name, *unit, *what;
  bool latency; /* the 99th percentile is worth telling */
  bool rate;    /* more is better */
  void (*measure)(samples out[SIDES], bench_state *bench, const struct bench_row *row);
  int variant; /* which of those that `measure` can do */
} bench_row;

/* Files rows_*.c have one of these each. */
void row_commit(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: ls_durability */
void row_update(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_batch(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_list(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: action of todos.h */
void row_point(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_thousand(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_hash(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_rebuild(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_open(samples out[SIDES], bench_state *bench, const bench_row *row);   /* variant: 1 without a snapshot */
void row_memory(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: 1 for the peak */
void row_log_bytes(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_args_bytes(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_live(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: live queries */
void row_live_tables(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_live_memory(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_at(samples out[SIDES], bench_state *bench, const bench_row *row);      /* variant: 1 with kept snapshots */
void row_history(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: 1 for the difference */
void row_merge(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_rebase(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: events that arrive */
void row_confirm(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_document(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_sync_visible(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_sync_throughput(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_sync_pull(samples out[SIDES], bench_state *bench, const bench_row *row);
void row_fanout(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: who follow the store */
void row_append(samples out[SIDES], bench_state *bench, const bench_row *row); /* variant: stores */
void row_idle(samples out[SIDES], bench_state *bench, const bench_row *row);   /* variant: connections */

/* The directory of a side; `fresh` removes what is in it. Freed with free(). */
char *bench_dir(const bench_state *bench, const bench_side *side, const char *name, bool fresh);
/* Make sure that the stores with all todos are there, closed, and return one side's directory (freed with free()). */
char *bench_stored_dir(bench_state *bench, const bench_side *side);

/* A process of its own, so that what it uses is its own: `what` on one side in a directory that is already there.
 * Returns when it has ended, its figures in out. */
void child_run(double *out, size_t n, const char *what, const bench_side *side, const char *dir);
int child_main(const char *what, const char *side, const char *dir);

/* A line of /proc/PID/status, such as "VmRSS:", in bytes; 0 when it is not there. pid 0: this process. */
double bench_process_bytes(int pid, const char *key);

void bench_die(const char *fmt, ...) LS_FORMAT(1, 2);
void *bench_alloc(size_t size);                         /* zeroed; freed with free() */
char *bench_text(const char *fmt, ...) LS_FORMAT(1, 2); /* freed with free() */
/* A directory of the bench's own in TMPDIR or /tmp. */
char *bench_temporary_dir(void);
void bench_remove(const char *path); /* with all that is in it */

#endif
