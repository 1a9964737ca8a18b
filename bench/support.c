/* support.c - ending with a message, memory, texts, directories. */
#define _XOPEN_SOURCE 700 /* nftw */
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

void bench_die(const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  fprintf(stderr, "bench: ");
  vfprintf(stderr, fmt, args);
  fprintf(stderr, "\n");
  va_end(args);
  exit(1);
}

void *bench_alloc(size_t size) {
  void *memory = calloc(1, size);
  if (!memory) bench_die("out of memory");
  return memory;
}

char *bench_text(const char *fmt, ...) {
  va_list args, again;
  va_start(args, fmt);
  va_copy(again, args);
  size_t size = (size_t)vsnprintf(NULL, 0, fmt, args) + 1;
  char *text = bench_alloc(size);
  vsnprintf(text, size, fmt, again);
  va_end(again);
  va_end(args);
  return text;
}

static int remove_one(const char *path, const struct stat *info, int type, struct FTW *ftw) {
  (void)info, (void)type, (void)ftw;
  return remove(path);
}

void bench_remove(const char *path) { nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS); }

char *bench_dir(const bench_state *bench, const bench_side *side, const char *name, bool fresh) {
  char *path = bench_text("%s/%s-%s", bench->dir, name, side->name);
  if (!fresh) return path;
  bench_remove(path);
  if (mkdir(path, 0777)) bench_die("cannot make the directory %s", path);
  return path;
}

char *bench_temporary_dir(void) {
  const char *tmp = getenv("TMPDIR");
  char *dir = bench_text("%s/livestore-bench-XXXXXX", tmp ? tmp : "/tmp");
  if (!mkdtemp(dir)) bench_die("cannot make the directory %s", dir);
  return dir;
}

double bench_process_bytes(int pid, const char *key) {
  char line[200], path[40];
  double kilobytes = 0;
  snprintf(path, sizeof path, "/proc/%d/status", pid ? pid : (int)getpid());
  FILE *file = fopen(path, "r");
  while (file && fgets(line, sizeof line, file)) {
    if (strncmp(line, key, strlen(key)) == 0) kilobytes = strtod(line + strlen(key), NULL);
  }
  if (file) fclose(file);
  return kilobytes * 1024;
}
