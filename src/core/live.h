/* live - from the rows that a commit changed to the queries whose answers may have changed, at a cost that does not
 * grow with the number of those that it does not touch.
 *
 *   table ─► column sets ─► statements ─► their queries         an insert or delete, or an update of such a column
 *   hash of (table, column, value) ─► queries                   those with `column = value` (equality.h), when the old
 *                                                               or the new row has this value
 *
 * A query is in one of these places, or among those that depend on everything, or in none: then nothing tells it, and its
 * owner takes it to be touched. What a statement reads is found once, for all queries of the same SQL. */
#ifndef LS_CORE_LIVE_H
#define LS_CORE_LIVE_H

#include "base/chains.h"
#include "core/reads.h"
#include "core/state.h"

typedef struct ls_live_index ls_live_index;

/* The SQL text of live queries, and what it reads in the present state. */
typedef struct ls_live_statement {
  ls_link link; /* by SQL */
  size_t refs;
  char *sql;
  bool known; /* is `reads` that of the present state? */
  ls_reads reads;
  struct ls_live *waiting;      /* queries that are not found by value */
  struct ls_live_place *places; /* one a table read; there while some wait */
} ls_live_statement;

/* Part of a live query. Zero-initialize but for `statement`. */
typedef struct ls_live {
  ls_live_statement *statement;
  ls_link link;               /* by value */
  struct ls_live *next, **at; /* or among those that wait; at: NULL when it does not */
  const ls_equality *by;      /* the condition it is found by, while it is found by value */
} ls_live;

/* Told a query whose answer may have changed, and the table that did; NULL when it is not known which. */
typedef void (*ls_live_touch_fn)(void *user, ls_live *live, const ls_table *table);

struct ls_live_index {
  ls_live_touch_fn touch;
  void *user;
  ls_state *state;              /* whose changes are looked at; NULL: none */
  struct ls_live_table *tables; /* of the state; NULL until a query is entered */
  size_t n_tables;
  uint64_t *wanted; /* by table: columns whose values capture must record */
  ls_chains statements, values;
  ls_live *everything; /* those that depend on everything */
};

/* The statement of an SQL text, with one more reference. Its reads are not found before they are asked for. */
int ls_live_statement_open(ls_live_statement **out, ls_live_index *index, const char *sql, ls_error *err);
void ls_live_statement_release(ls_live_index *index, ls_live_statement *statement);
/* Find what it reads, unless that is known. LS_ESQL, LS_EREADONLY */
int ls_live_statement_analyse(ls_live_statement *statement, ls_live_index *index, ls_error *err);

/* Have a query told from the next commit on; its statement is analysed.
 *   params  its parameters
 *   always  it depends on more than its statement shows: on everything
 * One that is entered already stays where it is, unless `always` is new. LS_ENOMEM */
int ls_live_enter(ls_live_index *index, ls_live *live, const ls_value *params, bool always, ls_error *err);
void ls_live_leave(ls_live_index *index, ls_live *live);

/* Tell all queries that what the state's capture has recorded may touch. 0; otherwise it is not known what changed, and
 * all of them must be taken to be touched. O(rows changed + queries touched). */
int ls_live_change(ls_live_index *index, ls_error *err);

/* Another state takes the place of the present one, which may be gone, or none does. All statements are to be analysed
 * anew. No query may be entered: call ls_live_leave for each of them first. */
void ls_live_move(ls_live_index *index, ls_state *state);

/* All queries and statements are gone. */
void ls_live_fini(ls_live_index *index);

#endif
