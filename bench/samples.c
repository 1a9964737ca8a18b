#include "samples.h"

#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "bench.h"

double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void samples_add(samples *s, double value) {
  if (s->n == s->capacity) {
    s->capacity = s->capacity ? s->capacity * 2 : 64;
    s->values = realloc(s->values, s->capacity * sizeof *s->values);
    if (!s->values) bench_die("out of memory");
  }
  s->values[s->n++] = value;
}

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double samples_quantile(samples *s, double q) {
  if (s->n == 0) return (double)NAN;
  qsort(s->values, s->n, sizeof *s->values, compare);
  double rank = ceil(q * (double)s->n);
  return s->values[rank < 1 ? 0 : (size_t)rank - 1];
}

void samples_fini(samples *s) {
  free(s->values);
  *s = (samples){0};
}
