/* rows_size.c - memory and bytes. */
#include <stdlib.h>
#include <string.h>

#include "todos.h"

#include <sys/stat.h>

/* Megabytes of a process that has just opened the store and done nothing else. */
void row_memory(samples out[SIDES], bench_state *bench, const bench_row *row) {
  for (int i = 0; i < 3; i++) {
    for (int s = 0; s < SIDES; s++) {
      double figures[2];
      char *dir = bench_stored_dir(bench, bench_sides[s]);
      child_run(figures, 2, "memory", bench_sides[s], dir);
      samples_add(&out[s], figures[row->variant] / 1e6);
      free(dir);
    }
  }
}

static double file_size(const char *dir, const char *name) {
  struct stat info;
  char *file = bench_text("%s/%s", dir, name);
  int rc = stat(file, &info);
  free(file);
  return rc ? 0 : (double)info.st_size;
}

void row_log_bytes(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  for (int s = 0; s < SIDES; s++) {
    char *dir = bench_stored_dir(bench, bench_sides[s]);
    samples_add(&out[s], (file_size(dir, "log.db") + file_size(dir, "log.db-wal")) / (double)bench->events);
    free(dir);
  }
}

/* Both sides keep the arguments as they are. */
void row_args_bytes(samples out[SIDES], bench_state *bench, const bench_row *row) {
  (void)row;
  size_t bytes = 0;
  for (size_t i = 0; i < bench->events; i++) bytes += strlen(bench->todos[i].args);
  for (int s = 0; s < SIDES; s++) samples_add(&out[s], (double)bytes / (double)bench->events);
}
