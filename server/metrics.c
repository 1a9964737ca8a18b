#include "server/metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const int64_t BOUNDS_US[LS_HISTOGRAM_BUCKETS] = {50,   100,   250,   500,    1000,    2500,
                                                        5000, 10000, 25000, 100000, 1000000, 10000000};

void ls_histogram_add(ls_histogram *histogram, int64_t us) {
  size_t bucket = 0;
  while (bucket < LS_HISTOGRAM_BUCKETS && us > BOUNDS_US[bucket]) bucket++;
  histogram->buckets[bucket]++;
  histogram->count++;
  histogram->sum_us += us;
}

/* Resident memory, from Linux; 0 elsewhere. */
static uint64_t resident_bytes(void) {
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
  fclose(file);
  return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void ls_metrics_health(ls_bytes *out, const ls_metrics *metrics, const ls_hub_stats *stats, int64_t now_ms) {
  ls_bytes_printf(out, "{\"status\":\"ok\",\"version\":\"%s\",\"uptimeSeconds\":%" PRId64, ls_version(),
                  (now_ms - metrics->started_ms) / 1000);
  ls_bytes_printf(out, ",\"stores\":%" PRIu64 ",\"connections\":%" PRIu64 "}\n", stats->stores, metrics->connections);
}

static void put(ls_bytes *out, const char *name, const char *type, const char *help, uint64_t value) {
  ls_bytes_printf(out, "# HELP livestore_%s %s\n# TYPE livestore_%s %s\n", name, help, name, type);
  ls_bytes_printf(out, "livestore_%s %" PRIu64 "\n", name, value);
}

static void put_histogram(ls_bytes *out, const char *name, const char *help, const ls_histogram *histogram) {
  uint64_t count = 0;
  ls_bytes_printf(out, "# HELP livestore_%s %s\n# TYPE livestore_%s histogram\n", name, help, name);
  for (size_t i = 0; i < LS_HISTOGRAM_BUCKETS; i++) {
    count += histogram->buckets[i];
    ls_bytes_printf(out, "livestore_%s_bucket{le=\"%g\"} %" PRIu64 "\n", name, (double)BOUNDS_US[i] / 1e6, count);
  }
  ls_bytes_printf(out, "livestore_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, histogram->count);
  ls_bytes_printf(out, "livestore_%s_sum %.6f\n", name, (double)histogram->sum_us / 1e6);
  ls_bytes_printf(out, "livestore_%s_count %" PRIu64 "\n", name, histogram->count);
}

void ls_metrics_text(ls_bytes *out, const ls_metrics *metrics, const ls_hub_stats *stats, int64_t now_ms) {
  put(out, "uptime_seconds", "gauge", "Since the server began.", (uint64_t)(now_ms - metrics->started_ms) / 1000);
  put(out, "resident_memory_bytes", "gauge", "Memory of the process.", resident_bytes());
  put(out, "connections", "gauge", "Open connections and HTTP requests.", metrics->connections);
  put(out, "stores", "gauge", "Stores in use.", stats->stores);
  put(out, "live_pulls", "gauge", "Pulls that are open.", stats->pulls);
  put(out, "connections_opened_total", "counter", "WebSockets opened.", metrics->opened);
  put(out, "http_requests_total", "counter", "Requests of the HTTP transport.", metrics->requests);
  put(out, "connections_refused_total", "counter", "Upgrades and requests refused.", metrics->refused);
  put(out, "frames_received_total", "counter", "Frames from clients.", metrics->frames_in);
  put(out, "frames_sent_total", "counter", "Frames to clients.", metrics->frames_out);
  put(out, "received_bytes_total", "counter", "Bytes of frames from clients.", stats->bytes_in);
  put(out, "sent_bytes_total", "counter", "Bytes of frames to clients.", stats->bytes_out);
  put(out, "pushes_total", "counter", "Pushes accepted.", stats->pushes);
  put(out, "events_total", "counter", "Events accepted.", stats->events);
  put(out, "pushes_refused_total", "counter", "Pushes refused.", stats->refused);
  put(out, "chunks_total", "counter", "Chunks sent to pulls.", stats->chunks);
  put(out, "broadcasts_total", "counter", "Chunks sent to live pulls as events came.", stats->broadcasts);
  put(out, "catch_ups_total", "counter", "Live pulls that fell behind and were caught up from disk.", stats->behind);
  put(out, "commits_total", "counter", "Times that appends were made durable.", stats->commits);
  put(out, "sync_errors_total", "counter", "Times that this failed.", metrics->sync_errors);
  put_histogram(out, "sync_seconds", "How long it took to make appends durable.", &metrics->sync);
}
