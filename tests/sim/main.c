/* The simulator. Runs schedules, each made from a seed, and scenario files:
 *
 *   sim [--schedules N] [--first SEED] [--steps N] [--keep DIR] [FILE…]
 *   --failures N      stop at the n-th failure (1); --brief: without its timeline
 *   sim --seed N      one schedule again, with its timeline
 *   sim --trace FILE  one scenario, with its timeline
 *
 * What fails is shown with its timeline, and its schedule is written to DIR/seed-N.txt: a scenario file. */
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "sim/world.h"

typedef struct settings {
  long schedules, steps, most_failures;
  uint64_t first;
  bool one, trace, brief;
  const char *keep;
} settings;

/* Which schedule runs, for when the program dies in it. */
static volatile uint64_t running;

static void say_which(void) {
  char text[80];
  int size = snprintf(text, sizeof text, "\nin schedule --seed %" PRIu64 "\n", running);
  if (write(STDERR_FILENO, text, (size_t)size) < 0) return;
}

static void on_signal(int number) {
  say_which();
  signal(number, SIG_DFL);
  raise(number);
}

/* Of the sanitizers, when there are any. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void watch_for_death(void) {
  signal(SIGABRT, on_signal);
  if (__sanitizer_set_death_callback)
    __sanitizer_set_death_callback(say_which);
  else
    signal(SIGSEGV, on_signal);
}

/* ---------------------------------------------------------------------------------------------- */

static bool show(const sim_schedule *schedule, const char *name) {
  char wrong[1600];
  sim_counts counts = {0};
  bool good = sim_run(schedule, stdout, wrong, sizeof wrong, &counts);
  printf("%s: %s\n", name, good ? "all is well" : wrong);
  return good;
}

static void keep(const sim_schedule *schedule, const char *directory, const char *wrong) {
  char path[400];
  snprintf(path, sizeof path, "%s/seed-%" PRIu64 ".txt", directory, schedule->seed);
  FILE *file = fopen(path, "w");
  if (!file) {
    perror(path);
    return;
  }
  fprintf(file, "# %.180s\n", wrong);
  sim_schedule_write(schedule, file);
  fclose(file);
  printf("kept as %s\n", path);
}

static bool run_seed(const settings *s, uint64_t seed, sim_counts *counts) {
  sim_schedule schedule;
  char wrong[1600], name[40];
  running = seed;
  sim_schedule_generate(&schedule, seed, (int)s->steps);
  bool good = sim_run(&schedule, NULL, wrong, sizeof wrong, counts);
  snprintf(name, sizeof name, "seed %" PRIu64, seed);
  if (s->brief && !good) printf("%s: %s\n", name, wrong);
  if (s->one || (!good && !s->brief)) show(&schedule, name);
  if (!good && s->keep) keep(&schedule, s->keep, wrong);
  sim_schedule_fini(&schedule);
  return good;
}

static bool run_file(const char *path, bool trace, sim_counts *counts) {
  FILE *file = fopen(path, "r");
  sim_schedule schedule;
  char wrong[1600] = "";
  if (!file) perror(path);
  if (!file || !sim_schedule_read(&schedule, file, path)) return false;
  fclose(file);
  bool good = !trace && sim_run(&schedule, NULL, wrong, sizeof wrong, counts);
  if (!good) good = show(&schedule, path);
  sim_schedule_fini(&schedule);
  return good && !wrong[0];
}

static double now_s(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static long run_seeds(const settings *s, sim_counts *counts) {
  long failed = 0;
  double from_s = now_s();
  for (long i = 0; i < s->schedules && failed < s->most_failures; i++)
    failed += !run_seed(s, s->first + (uint64_t)i, counts);
  double took_s = now_s() - from_s;
  printf("%" PRIu64 " schedules in %.1f s (%.0f a minute): %" PRIu64 " actions, %" PRIu64 " happenings, %" PRIu64
         " commits, %" PRIu64 " crashes, %" PRIu64 " conflicts, %" PRIu64 " comparisons; %ld failed\n",
         counts->schedules, took_s, (double)counts->schedules / took_s * 60, counts->actions, counts->happenings,
         counts->commits, counts->crashes, counts->conflicts, counts->checks, failed);
  return failed;
}

static bool read_option(settings *s, const char *name, const char *value) {
  if (strcmp(name, "--keep") == 0) {
    s->keep = value;
    return true;
  }
  long number = strtol(value, NULL, 10);
  if (strcmp(name, "--schedules") == 0)
    s->schedules = number;
  else if (strcmp(name, "--first") == 0)
    s->first = (uint64_t)number;
  else if (strcmp(name, "--steps") == 0)
    s->steps = number;
  else if (strcmp(name, "--failures") == 0)
    s->most_failures = number;
  else if (strcmp(name, "--seed") == 0)
    *s = (settings){.one = true, .schedules = 1, .first = (uint64_t)number, .steps = s->steps, .most_failures = 1};
  else
    return false;
  return true;
}

int main(int argc, char **argv) {
  settings s = {.schedules = 2000, .steps = 40, .first = 1, .most_failures = 1};
  sim_counts counts = {0};
  long failed = 0;
  setvbuf(stdout, NULL, _IOFBF, 1 << 16);
  watch_for_death();
  for (int i = 1; i < argc; i++) {
    if (strcmp(argv[i], "--trace") == 0)
      s.trace = true;
    else if (strcmp(argv[i], "--brief") == 0)
      s.brief = true;
    else if (argv[i][0] == '-' && i + 1 < argc && read_option(&s, argv[i], argv[i + 1]))
      i++;
    else if (argv[i][0] != '-')
      failed += !run_file(argv[i], s.trace, &counts);
    else
      return fprintf(stderr, "sim: what is %s? See tests/sim/main.c\n", argv[i]), 2;
  }
  failed += s.trace ? 0 : run_seeds(&s, &counts);
  return failed > 0;
}
