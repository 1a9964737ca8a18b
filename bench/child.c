/* child.c - work that is done in a process of its own: this program again, with --child WHAT SIDE DIR.
 *
 *   memory    open the store and print the resident bytes, now and at most
 *   others    for counts of instructions: a thousand operations inside of bench_counted(), what they need before it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "todos.h"

#include <sys/wait.h>
#include <unistd.h>

#define COUNTED 1000 /* events or queries; instructions.sh knows the number, too */

/* ---- memory ---- */

static void tell_memory(const bench_side *side, const char *dir) {
  void *store = side->open(&(bench_place){.dir = dir, .domain = &todos_domain});
  printf("%.0f %.0f\n", bench_process_bytes(0, "VmRSS:"), bench_process_bytes(0, "VmHWM:"));
  side->close(store);
}

/* ---- instructions ---- */

typedef struct work {
  const bench_side *side;
  void *store;
  const bench_item *items;
} work;

static void commit_each(const work *w) {
  for (size_t i = 0; i < COUNTED; i++) w->side->commit(w->store, TODO_CREATED, &w->items[i], 1);
}

static void commit_batches(const work *w) {
  for (size_t i = 0; i < COUNTED; i += BATCH) w->side->commit(w->store, TODO_CREATED, &w->items[i], BATCH);
}

static void find_each(const work *w) {
  for (size_t i = 0; i < COUNTED; i++) w->side->find(w->store, w->items[i].id);
}

static void rebuild(const work *w) { w->side->rebuild(w->store); }

/* `before` commits a thousand events, in the way that is then counted. */
static const struct {
  const char *what;
  void (*before)(const work *), (*counted)(const work *);
  bool same_items;
} works[] = {
    {"commit", commit_each, commit_each, false},
    {"batch", commit_batches, commit_batches, false},
    {"point", commit_batches, find_each, true},
    {"rebuild", commit_batches, rebuild, true},
};
#define N_WORKS (sizeof works / sizeof works[0])

/* callgrind counts from entering this function to leaving it, by its name. */
void bench_counted(void (*counted)(const work *), const work *w);
__attribute__((noinline)) void bench_counted(void (*counted)(const work *), const work *w) { counted(w); }

static void count(const char *what, const bench_side *side, const char *dir) {
  size_t i = 0;
  while (i < N_WORKS && strcmp(works[i].what, what) != 0) i++;
  if (i == N_WORKS) bench_die("nothing is called %s", what);
  bench_item *items = todos_make(2 * (size_t)COUNTED);
  work w = {side, side->open(&(bench_place){.dir = dir, .domain = &todos_domain, .history = items}), items};
  works[i].before(&w);
  if (works[i].same_items)
    works[i].counted(&w);
  else
    w.items += COUNTED;
  bench_counted(works[i].counted, &w);
  side->close(w.store);
  free(items);
}

int child_main(const char *what, const char *name, const char *dir) {
  const bench_side *side = bench_sides[strcmp(name, bench_sides[PLAIN]->name) == 0 ? PLAIN : OURS];
  if (strcmp(what, "memory") == 0)
    tell_memory(side, dir);
  else
    count(what, side, dir);
  return 0;
}

/* ---- the other end ---- */

static void read_figures(double *out, size_t n, FILE *from) {
  for (size_t i = 0; i < n; i++) {
    if (fscanf(from, "%lf", &out[i]) != 1) bench_die("the child process failed");
  }
}

void child_run(double *out, size_t n, const char *what, const bench_side *side, const char *dir) {
  int ends[2];
  fflush(stdout);
  if (pipe(ends)) bench_die("no pipe");
  pid_t child = fork();
  if (child < 0) bench_die("no process");
  if (child == 0) {
    dup2(ends[1], STDOUT_FILENO);
    execl("/proc/self/exe", "bench", "--child", what, side->name, dir, (char *)NULL);
    _exit(1);
  }
  close(ends[1]);
  FILE *from = fdopen(ends[0], "r");
  if (!from) bench_die("out of memory");
  read_figures(out, n, from);
  fclose(from);
  waitpid(child, NULL, 0);
}
