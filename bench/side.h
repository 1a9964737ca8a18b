/* side - the two sides, and the queries that both run. */
#ifndef LS_BENCH_SIDE_H
#define LS_BENCH_SIDE_H

#include "bench.h"

#define FIND_SQL "SELECT text FROM todos WHERE id = ?1"
#define LIST_SQL "SELECT id, text, completed FROM todos WHERE completed = 0 LIMIT 1000"
#define LIST_ROWS 1000

extern const bench_side side_ours, side_plain;

#endif
