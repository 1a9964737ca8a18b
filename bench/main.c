/* main.c - the rows, and how they are shown. */
#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "livestore.h"
#ifdef LS_NET
#include "server.h"
#endif
#include "side.h"
#include "todos.h"

const bench_side *const bench_sides[SIDES] = {&side_ours, &side_plain};

static const bench_row rows[] = {
    {.name = "commit",
     .unit = "us",
     .latency = true,
     .measure = row_commit,
     .variant = LS_DURABILITY_PROCESS,
     .what = "one event, durable against the death of the process"},
    {.name = "commit-update",
     .unit = "us",
     .latency = true,
     .measure = row_update,
     .what = "the same, an event that updates a row"},
    {.name = "commit-power",
     .unit = "us",
     .latency = true,
     .measure = row_commit,
     .variant = LS_DURABILITY_POWER,
     .what = "one event, durable against loss of power"},
    {.name = "commit-later",
     .unit = "us",
     .latency = true,
     .measure = row_commit,
     .variant = LS_DURABILITY_LATER,
     .what = "one event, durable a moment later"},
    {.name = "batch",
     .unit = "events/s",
     .rate = true,
     .measure = row_batch,
     .what = "commits of 1,000 events, snapshots included"},
    {.name = "rows-1",
     .unit = "us/event",
     .measure = row_list,
     .variant = TODO_LISTED_1,
     .what = "in batches, an event that writes 1 row"},
    {.name = "rows-3",
     .unit = "us/event",
     .measure = row_list,
     .variant = TODO_LISTED_3,
     .what = "in batches, an event that writes 3 rows"},
    {.name = "rows-10",
     .unit = "us/event",
     .measure = row_list,
     .variant = TODO_LISTED_10,
     .what = "in batches, an event that writes 10 rows"},
    {.name = "document", .unit = "us/event", .measure = row_document, .what = "in batches, edits of examples/document"},
    {.name = "query-point", .unit = "us", .latency = true, .measure = row_point, .what = "one row by its key"},
    {.name = "query-1000", .unit = "us", .latency = true, .measure = row_thousand, .what = "1,000 rows"},
    {.name = "rebuild", .unit = "s", .measure = row_rebuild, .what = "all events applied anew, snapshot included"},
    {.name = "open", .unit = "ms", .measure = row_open, .what = "after a clean close, all events pending"},
    {.name = "open-no-snapshot", .unit = "ms", .measure = row_open, .variant = 1, .what = "when state.db is missing"},
    {.name = "hash", .unit = "ms", .measure = row_hash, .what = "digest of all tables"},
    {.name = "live-5000",
     .unit = "us",
     .latency = true,
     .measure = row_live,
     .variant = 5000,
     .what = "one row updated, 5,000 live queries by id on its table"},
    {.name = "live-100000",
     .unit = "us",
     .latency = true,
     .measure = row_live,
     .variant = 100000,
     .what = "the same with 100,000"},
    {.name = "live-tables",
     .unit = "us",
     .latency = true,
     .measure = row_live_tables,
     .what = "one row updated, live queries on 1,000 tables; limit: none of them"},
    {.name = "live-memory",
     .unit = "bytes",
     .measure = row_live_memory,
     .what = "of an idle live query by id, row and subscription included"},
    {.name = "at",
     .unit = "ms",
     .measure = row_at,
     .what = "a view of the state half way in the log, all of it replayed"},
    {.name = "at-kept", .unit = "ms", .measure = row_at, .variant = 1, .what = "the same from kept snapshots"},
    {.name = "history",
     .unit = "events/s",
     .rate = true,
     .measure = row_history,
     .what = "all events that changed a row"},
    {.name = "diff",
     .unit = "events/s",
     .rate = true,
     .measure = row_history,
     .variant = 1,
     .what = "rows that differ between two positions"},
    {.name = "merge",
     .unit = "events/s",
     .rate = true,
     .measure = row_merge,
     .what = "from upstream, in pages of 1,000"},
    {.name = "confirm",
     .unit = "us/event",
     .measure = row_confirm,
     .what = "all events pending, and coming back; limit: only those that come back"},
    {.name = "rebase-100",
     .unit = "ms",
     .measure = row_rebase,
     .variant = 100,
     .what = "1,000 pending commits on 100 events; limit: none had to be taken back"},
    {.name = "rebase-1000", .unit = "ms", .measure = row_rebase, .variant = 1000, .what = "the same on 1,000"},
    {.name = "memory", .unit = "MB", .measure = row_memory, .what = "resident right after opening"},
    {.name = "memory-peak",
     .unit = "MB",
     .measure = row_memory,
     .variant = 1,
     .what = "resident at most, while opening"},
    {.name = "log-bytes", .unit = "bytes/event", .measure = row_log_bytes, .what = "size of the log's files"},
    {.name = "args-bytes", .unit = "bytes/event", .measure = row_args_bytes, .what = "arguments in it, as JSON"},
#ifdef LS_NET
    {.name = "sync-visible",
     .unit = "ms",
     .latency = true,
     .measure = row_sync_visible,
     .what = "from a commit on one client to a live query on another; limit: a relay that knows nothing"},
    {.name = "sync-throughput",
     .unit = "events/s",
     .rate = true,
     .measure = row_sync_throughput,
     .what = "from one client to another, in commits of 100; limit: one plain client that only writes them"},
    {.name = "sync-pull",
     .unit = "events/s",
     .rate = true,
     .measure = row_sync_pull,
     .what = "a new client takes all events; limit: a plain one that has them and only writes"},
    {.name = "sync-fanout-1",
     .unit = "ms",
     .latency = true,
     .measure = row_fanout,
     .variant = 1,
     .what = "from a push to the one who follows the store; limit: the relay"},
    {.name = "sync-fanout-100",
     .unit = "ms",
     .latency = true,
     .measure = row_fanout,
     .variant = 100,
     .what = "to the last of 100"},
    {.name = "sync-fanout-1000",
     .unit = "ms",
     .latency = true,
     .measure = row_fanout,
     .variant = 1000,
     .what = "to the last of 1,000"},
    {.name = "sync-append-1",
     .unit = "events/s",
     .rate = true,
     .measure = row_append,
     .variant = 1,
     .what = "durable pushes of one event to one store; limit: one log, as many at a time"},
    {.name = "sync-append-1000",
     .unit = "events/s",
     .rate = true,
     .measure = row_append,
     .variant = 1000,
     .what = "the same to 1,000 stores"},
    {.name = "sync-idle-1000",
     .unit = "bytes",
     .measure = row_idle,
     .variant = 1000,
     .what = "of the server for a connection that does nothing, 1,000 of them; limit: wanted"},
    {.name = "sync-idle-10000", .unit = "bytes", .measure = row_idle, .variant = 10000, .what = "the same with 10,000"},
#endif
};
#define N_ROWS (sizeof rows / sizeof rows[0])

/* ---- one row ---- */

typedef struct figures {
  double ours, limit, ratio;
  double livestore; /* NaN: not known */
  double p99[SIDES];
} figures;

static figures measure(bench_state *bench, const bench_row *row, const livestore_figures *livestore) {
  samples out[SIDES] = {{0}};
  row->measure(out, bench, row);
  figures f = {.ours = samples_quantile(&out[OURS], 0.5), .limit = samples_quantile(&out[PLAIN], 0.5)};
  f.livestore = livestore_of(livestore, row->name);
  f.ratio = row->rate ? f.limit / f.ours : f.ours / f.limit;
  for (int s = 0; s < SIDES; s++) {
    f.p99[s] = samples_quantile(&out[s], 0.99);
    samples_fini(&out[s]);
  }
  return f;
}

static void print_head(bool livestore) {
  printf("%-17s %10s %10s %6s %8s %8s ", "row", "ours", "limit", "ratio", "p99", "limit");
  if (livestore) printf("%10s ", "LiveStore");
  printf(" unit, what\n");
}

/* Three digits that say something. */
static int decimals(double value) { return value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3; }

static void print_text(const bench_row *row, const figures *f, bool livestore) {
  printf("%-17s %10.*f %10.*f %6.2f ", row->name, decimals(f->ours), f->ours, decimals(f->limit), f->limit, f->ratio);
  if (row->latency)
    printf("%8.*f %8.*f", decimals(f->p99[OURS]), f->p99[OURS], decimals(f->p99[PLAIN]), f->p99[PLAIN]);
  else
    printf("%8s %8s", "", "");
  if (livestore && !isnan(f->livestore))
    printf(" %10.*f", decimals(f->livestore), f->livestore);
  else if (livestore)
    printf(" %10s", "");
  printf("  %s, %s\n", row->unit, row->what);
}

static void print_json(const bench_row *row, const figures *f) {
  printf("{\"row\":\"%s\",\"unit\":\"%s\",\"ours\":%.6g,\"limit\":%.6g,\"ratio\":%.4g", row->name, row->unit, f->ours,
         f->limit, f->ratio);
  if (row->latency) {
    printf(",\"p50\":%.6g,\"p99\":%.6g,\"limit_p50\":%.6g,\"limit_p99\":%.6g", f->ours, f->p99[OURS], f->limit,
           f->p99[PLAIN]);
  }
  if (!isnan(f->livestore)) printf(",\"livestore\":%.6g", f->livestore);
  printf("}\n");
}

/* ---- the program ---- */

typedef struct bench_options {
  const char *only, *dir, *livestore;
  size_t events;
  bool json;
} bench_options;

static const char HELP[] =
    "usage: bench [--only ROW-GLOBS] [--events N] [--json] [--dir DIR] [--livestore FILE]\n"
    "\n"
    "Measures the library next to plain SQLite (the limit) doing the same writes and reads.\n"
    "  ratio     how many times the cost of the limit: 1 is as good, more is worse\n"
    "  p99       99th percentile, ours and the limit's; the other figures are medians\n"
    "\n"
    "  --only    rows whose names match one of these, such as 'commit*,batch'\n"
    "  --events  of the stores that are opened, rebuilt and queried (default 100000, in thousands)\n"
    "  --json    one JSON object a line\n"
    "  --dir     where to write (default: a directory of its own in TMPDIR or /tmp, removed at the end)\n"
    "  --livestore  figures of LiveStore to be shown too: a file of what bench/livestore.mjs prints\n"
    "\n"
    "rows:\n";

static void print_help(void) {
  fputs(HELP, stdout);
  for (size_t i = 0; i < N_ROWS; i++) printf("  %-17s %s\n", rows[i].name, rows[i].what);
}

static void fail_usage(const char *what) {
  fprintf(stderr, "bench: %s; see --help\n", what);
  exit(2);
}

static size_t parse_events(const char *text) {
  char *end;
  unsigned long n = strtoul(text, &end, 10);
  if (*end || n < BATCH || n > 10000000) fail_usage("--events needs a number from 1000 to 10000000");
  return n / BATCH * BATCH;
}

static bench_options parse(int argc, char **argv) {
  bench_options o = {.only = "*", .events = 100000};
  for (int i = 1; i < argc; i++) {
    const char *value = i + 1 < argc ? argv[i + 1] : NULL;
    if (strcmp(argv[i], "--help") == 0) {
      print_help();
      exit(0);
    }
    if (strcmp(argv[i], "--json") == 0) {
      o.json = true;
      continue;
    }
    if (!value) fail_usage("an option that is not known or has no value");
    if (strcmp(argv[i], "--only") == 0)
      o.only = value;
    else if (strcmp(argv[i], "--dir") == 0)
      o.dir = value;
    else if (strcmp(argv[i], "--livestore") == 0)
      o.livestore = value;
    else if (strcmp(argv[i], "--events") == 0)
      o.events = parse_events(value);
    else
      fail_usage("an option that is not known");
    i++;
  }
  return o;
}

static bool is_wanted(const bench_options *options, const bench_row *row) {
  char glob[100];
  for (const char *at = options->only; *at; at += *at == ',') {
    size_t size = strcspn(at, ",");
    snprintf(glob, sizeof glob, "%.*s", (int)size, at);
    if (fnmatch(glob, row->name, 0) == 0) return true;
    at += size;
  }
  return false;
}

static bool any_row(const bench_options *options) {
  for (size_t i = 0; i < N_ROWS; i++) {
    if (is_wanted(options, &rows[i])) return true;
  }
  return false;
}

static void run_rows(bench_state *bench, const bench_options *options) {
  livestore_figures livestore = {.n = 0};
  if (options->livestore) livestore_read(&livestore, options->livestore);
  if (!options->json) print_head(livestore.n > 0);
  for (size_t i = 0; i < N_ROWS; i++) {
    if (!is_wanted(options, &rows[i])) continue;
    figures f = measure(bench, &rows[i], &livestore);
    if (options->json)
      print_json(&rows[i], &f);
    else
      print_text(&rows[i], &f, livestore.n > 0);
    fflush(stdout);
  }
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "--child") == 0) return child_main(argv[2], argv[3], argv[4]);
#ifdef LS_NET
  if (argc == 3 && server_is(argv[1])) return server_main(argv[1], argv[2]);
#endif
  bench_options options = parse(argc, argv);
  if (!any_row(&options)) fail_usage("no row has such a name");
  char *own_dir = options.dir ? NULL : bench_temporary_dir();
  bench_item *todos = todos_make(options.events);
  bench_state bench = {.events = options.events, .dir = own_dir ? own_dir : options.dir, .todos = todos};
  run_rows(&bench, &options);
  if (own_dir) bench_remove(own_dir);
  free(own_dir);
  free(todos);
  return 0;
}
