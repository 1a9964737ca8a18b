/* row_net - what many changes of rows come to: for each row that was touched, told by its primary key, what it was
 * before the first of them and what it is after the last. */
#ifndef LS_CORE_ROW_NET_H
#define LS_CORE_ROW_NET_H

#include "core/names.h"
#include "core/row_key.h"

/* A row that was touched. */
typedef struct ls_net_row {
  const ls_table *table;
  size_t place;             /* among all that were touched */
  ls_value *before, *after; /* a value for each column; NULL when there was, is no such row */
} ls_net_row;

/* Zero-initialize; free with ls_row_net_fini. */
typedef struct ls_row_net {
  ls_row_keys keys;
  ls_names names; /* keys; the id of one is its place in `rows`, from 1 */
  ls_net_row *rows;
  size_t n, capacity;
  ls_bytes was, is; /* keys of the change being added */
} ls_row_net;

/* Of changes on this state, which is not freed before the net. */
int ls_row_net_init(ls_row_net *net, ls_state *state, ls_error *err);
void ls_row_net_fini(ls_row_net *net);

/* One change more, whole rows known. */
int ls_row_net_add(ls_row_net *net, const ls_row_change *change, ls_error *err);

/* Forget the rows that are what they were, and order the rest by table, then by when they were first touched. Nothing
 * may be added afterwards. */
void ls_row_net_finish(ls_row_net *net);

#endif
