/* livestore - figures of LiveStore itself, as bench/livestore.mjs has printed them into a file, to be shown beside ours. */
#ifndef LS_BENCH_LIVESTORE_H
#define LS_BENCH_LIVESTORE_H

#include <stddef.h>

typedef struct livestore_figures {
  struct livestore_figure {
    char row[40];
    double median;
  } figures[40];
  size_t n;
} livestore_figures;

/* Those of its clients on its own server. A file that is not there has none. */
void livestore_read(livestore_figures *out, const char *file);
/* NaN when there is none of a row. */
double livestore_of(const livestore_figures *figures, const char *row);

#endif
