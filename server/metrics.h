/* metrics - what the server counts about itself, and the pages that show it. */
#ifndef LS_SERVER_METRICS_H
#define LS_SERVER_METRICS_H

#include "base/bytes.h"
#include "server/hub.h"

enum { LS_HISTOGRAM_BUCKETS = 12 };

/* Durations, each counted in the bucket of the smallest bound that holds it. */
typedef struct ls_histogram {
  uint64_t buckets[LS_HISTOGRAM_BUCKETS + 1]; /* the last one has no bound */
  uint64_t count;
  int64_t sum_us;
} ls_histogram;

void ls_histogram_add(ls_histogram *histogram, int64_t us);

typedef struct ls_metrics {
  int64_t started_ms;                 /* of the clock that only goes forward */
  uint64_t connections;               /* open now, of both transports */
  uint64_t opened, refused, requests; /* connections and HTTP requests let in, and those that were not */
  uint64_t frames_in, frames_out;
  uint64_t sync_errors;
  ls_histogram sync; /* how long it took to make appends durable */
} ls_metrics;

/* GET /health: a JSON object. */
void ls_metrics_health(ls_bytes *out, const ls_metrics *metrics, const ls_hub_stats *stats, int64_t now_ms);
/* GET /metrics: Prometheus' text format 0.0.4. */
void ls_metrics_text(ls_bytes *out, const ls_metrics *metrics, const ls_hub_stats *stats, int64_t now_ms);

#endif
