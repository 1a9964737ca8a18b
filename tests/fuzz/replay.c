/* replay - run a fuzz target over all files of the folders (or files) given as arguments, without a fuzzer. The
 * target stops the program when something is wrong. */
#define _XOPEN_SOURCE 700 /* scandir */

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void die(const char *what, const char *path) {
  fprintf(stderr, "replay: %s: ", path);
  perror(what);
  exit(1);
}

/* The contents in memory of exactly their size, so that reading behind the end is seen. */
static uint8_t *read_whole(const char *path, size_t size) {
  FILE *file = fopen(path, "rb");
  if (!file) die("open", path);
  uint8_t *data = malloc(size ? size : 1);
  if (!data || fread(data, 1, size, file) != size) die("read", path);
  fclose(file);
  return data;
}

static size_t replay(const char *path);

static size_t replay_folder(const char *path) {
  struct dirent **entries;
  int n = scandir(path, &entries, NULL, alphasort);
  if (n < 0) die("scandir", path);
  size_t count = 0;
  for (int i = 0; i < n; i++) {
    char inner[4096];
    int length = snprintf(inner, sizeof inner, "%s/%s", path, entries[i]->d_name);
    if (entries[i]->d_name[0] != '.' && length < (int)sizeof inner) count += replay(inner);
    free(entries[i]);
  }
  free(entries);
  return count;
}

static size_t replay_file(const char *path, size_t size) {
  uint8_t *data = read_whole(path, size);
  fprintf(stderr, "%s\r", path); /* the last one shown is the one that stopped the program */
  LLVMFuzzerTestOneInput(data, size);
  free(data);
  return 1;
}

static size_t replay(const char *path) {
  struct stat info;
  if (stat(path, &info) != 0) die("stat", path);
  return S_ISDIR(info.st_mode) ? replay_folder(path) : replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv) {
  size_t count = 0;
  for (int i = 1; i < argc; i++) count += replay(argv[i]);
  fprintf(stderr, "%60s\r", "");
  printf("%zu passed, 0 failed\n", count);
  return count ? 0 : 1;
}
