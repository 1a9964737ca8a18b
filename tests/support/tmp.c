#define _XOPEN_SOURCE 700 /* nftw */

#include "support/tmp.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/cmocka_all.h"

char *tmp_path(const char *directory, const char *name) {
  size_t room = strlen(directory) + strlen(name) + 2;
  char *path = malloc(room);
  assert_non_null(path);
  snprintf(path, room, "%s/%s", directory, name);
  return path;
}

int tmp_setup(void **state) {
  const char *parent = getenv("TMPDIR");
  char *path = tmp_path(parent ? parent : "/tmp", "livestore-XXXXXX");
  if (!mkdtemp(path)) {
    perror(path);
    free(path);
    return -1;
  }
  *state = path;
  return 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *place) {
  (void)st;
  (void)type;
  (void)place;
  return remove(path);
}

int tmp_teardown(void **state) {
  int rc = nftw(*state, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
  free(*state);
  return rc;
}

void tmp_write(const char *path, const void *data, size_t size) {
  FILE *file = fopen(path, "wb");
  assert_non_null(file);
  assert_int_equal(fwrite(data, 1, size, file), size);
  assert_int_equal(fclose(file), 0);
}

char *tmp_read(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  assert_non_null(file);
  assert_int_equal(fseek(file, 0, SEEK_END), 0);
  size_t room = (size_t)ftell(file);
  rewind(file);
  char *text = malloc(room + 1);
  assert_non_null(text);
  assert_int_equal(fread(text, 1, room, file), room);
  text[room] = 0;
  fclose(file);
  if (size) *size = room;
  return text;
}

size_t tmp_count(const char *directory) {
  DIR *entries = opendir(directory);
  assert_non_null(entries);
  size_t count = 0;
  for (const struct dirent *entry; (entry = readdir(entries));) {
    count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
  }
  closedir(entries);
  return count;
}
