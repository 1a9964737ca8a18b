/* samples - measured figures and their quantiles; the clock. */
#ifndef LS_BENCH_SAMPLES_H
#define LS_BENCH_SAMPLES_H

#include <stddef.h>

typedef struct samples {
  double *values;
  size_t n, capacity;
} samples;

/* Microseconds since some point, never going backwards. */
double now_us(void);

void samples_add(samples *s, double value);
/* The smallest value that a share q (0 … 1) of them does not exceed; NaN without any. Sorts. */
double samples_quantile(samples *s, double q);
void samples_fini(samples *s);

#endif
