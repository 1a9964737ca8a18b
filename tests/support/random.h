/* random - chance that can be repeated: the same seed gives the same numbers on every machine. And random SQL made of
 * it. Not for secrets, nor where evenness matters. */
#ifndef LS_TESTS_SUPPORT_RANDOM_H
#define LS_TESTS_SUPPORT_RANDOM_H

#include "base/bytes.h"
#include "livestore.h"

typedef struct random_source {
  uint64_t state; /* never 0 */
} random_source;

/* Seeds next to each other give numbers that are not alike. */
random_source random_from(uint64_t seed);
/* A number from 0 up to but not with `below`, which is not 0. */
uint32_t random_below(random_source *r, uint32_t below);

/* The number in an environment variable, such as a seed to repeat; `otherwise` when it is not set. */
long random_option(const char *name, long otherwise);

/* Fail the test, and say what with, unless `good`. `run` points to a struct with the `seed` that repeats it. */
#define require(run, good, ...)                                                                                        \
  do {                                                                                                                 \
    if (!(good)) random_fail((run)->seed, __FILE__, __LINE__, __VA_ARGS__);                                            \
  } while (0)
LS_FORMAT(4, 5) void random_fail(uint64_t seed, const char *file, int line, const char *fmt, ...);

/* An SQL expression without parameters. The values are those where storage classes, affinities and encodings part:
 * NULL, integers and reals at their limits, texts in and out of UTF-8, blobs. With `large`, a text of
 * 600 and a blob of 70,000 bytes too. */
const char *random_sql_value(random_source *r, bool large);
/* An SQL text out of so few that unique columns and keys meet often; two differ in case only. */
const char *random_sql_text(random_source *r);

typedef struct random_sql_options {
  uint32_t numbers; /* '#' is a number below this */
  bool large;       /* '$' may be a large value */
  const char *who;  /* what '@' stands for; NULL: for itself */
} random_sql_options;

/* Replace what `out` has by a template filled in: '#' becomes a small number, '$' any value, '~' one of a few texts,
 * '@' who it is. Ends with a NUL behind its size. Fails the test when memory is out. */
void random_sql(ls_bytes *out, random_source *r, const char *template, const random_sql_options *options);

#endif
