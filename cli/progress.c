#include "progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "interrupt.h"
#include "number.h"

static const double FIRST_S = 1.0, EVERY_S = 0.1;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void begin(cli_progress *p, const char *what) {
  cli_progress_wipe(p);
  snprintf(p->what, sizeof p->what, "%s", what);
  p->started_s = p->drawn_s = now_s();
}

static void draw_time_left(double seconds) {
  if (seconds < 60)
    fprintf(stderr, ", %.0f s left", seconds);
  else if (seconds < 3600)
    fprintf(stderr, ", %.0f min left", seconds / 60);
  else
    fprintf(stderr, ", %.1f h left", seconds / 3600);
}

static void draw(cli_progress *p, uint64_t count, double share, double elapsed_s) {
  char events[CLI_NUMBER_TEXT], rate[CLI_NUMBER_TEXT];
  fprintf(stderr, "\r\033[K%s", p->what);
  if (share >= 0) fprintf(stderr, " %.0f%%", 100 * (share < 1 ? share : 1));
  cli_number_events(events, count);
  cli_number_grouped(rate, (uint64_t)((double)count / elapsed_s));
  fprintf(stderr, ", %s, %s/s", events, rate);
  if (share > 0.01 && share <= 1) draw_time_left(elapsed_s * (1 - share) / share);
  fflush(stderr);
  p->drawn = true;
}

void cli_progress_show(cli_progress *p, const char *what, uint64_t count, double share) {
  if (strncmp(p->what, what, sizeof p->what - 1) != 0) begin(p, what);
  if (!p->on) return;
  double now = now_s(), elapsed = now - p->started_s;
  if (elapsed < FIRST_S || now - p->drawn_s < EVERY_S) return;
  p->drawn_s = now;
  draw(p, count, share, elapsed);
}

void cli_progress_wipe(cli_progress *p) {
  if (p->drawn) fputs("\r\033[K", stderr);
  p->drawn = false;
}

double cli_progress_seconds(const cli_progress *p) { return now_s() - p->started_s; }

int cli_progress_each(void *user, const char *what, uint64_t done, uint64_t total) {
  cli_progress_show(user, what, done, total > 0 ? (double)done / (double)total : -1);
  return cli_interrupted();
}
