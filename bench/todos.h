/* todos - the domain that most rows use: todos whose events have about 90 bytes of arguments. */
#ifndef LS_BENCH_TODOS_H
#define LS_BENCH_TODOS_H

#include "bench.h"

/* TODO_LISTED_n writes n rows, each with a statement of its own. */
enum { TODO_CREATED, TODO_EDITED, TODO_LISTED_1, TODO_LISTED_3, TODO_LISTED_10 };

extern const bench_domain todos_domain;

/* n todos, always the same ones, with ids in random order. Freed with free(). */
bench_item *todos_make(size_t n);

#endif
