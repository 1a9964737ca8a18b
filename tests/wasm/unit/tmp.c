/* tmp.c - tests/support/tmp.h on the files of the port, and the few calls of POSIX that tests make on a store's files. */
#include "support/tmp.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "port/port.h"
#include "support/cmocka_all.h"

char *tmp_path(const char *directory, const char *name) {
  size_t room = strlen(directory) + strlen(name) + 2;
  char *path = malloc(room);
  assert_non_null(path);
  snprintf(path, room, "%s/%s", directory, name);
  return path;
}

/* Each test has an instance of its own, so all have the same directory. */
int tmp_setup(void **state) {
  *state = strdup("tmp");
  return !*state;
}

int tmp_teardown(void **state) {
  free(*state);
  return 0;
}

void tmp_write(const char *path, const void *data, size_t size) {
  assert_int_equal(ls_port_replace_file(path, &(ls_port_part){data, size}, 1, false, NULL), LS_OK);
}

char *tmp_read(const char *path, size_t *size) {
  ls_bytes content = {0};
  assert_int_equal(ls_port_read_file(&content, path, NULL), LS_OK);
  char *text = malloc(content.size + 1);
  assert_non_null(text);
  if (content.size) memcpy(text, content.data, content.size);
  text[content.size] = 0;
  if (size) *size = content.size;
  ls_bytes_fini(&content);
  return text;
}

static int count_one(void *user, const char *name) {
  (void)name;
  ++*(size_t *)user;
  return 0;
}

size_t tmp_count(const char *directory) {
  size_t count = 0;
  ls_port_list_directory(directory, count_one, &count, NULL);
  return count;
}

/* ---------------------------------------------------------------------------------------------- */

static int done(bool good) {
  if (!good) errno = ENOENT;
  return good ? 0 : -1;
}

int access(const char *path, int mode) {
  (void)mode;
  return done(ls_port_exists(path, NULL) == 1);
}

int unlink(const char *path) { return done(ls_port_exists(path, NULL) == 1 && !ls_port_remove_file(path, NULL)); }

int remove(const char *path) { return unlink(path); }

int rename(const char *from, const char *to) { return done(!ls_port_rename_file(from, to, NULL)); }

int truncate(const char *path, off_t size) {
  size_t before;
  char *text = tmp_read(path, &before);
  char *longer = realloc(text, (size_t)size + 1);
  assert_non_null(longer);
  if ((size_t)size > before) memset(longer + before, 0, (size_t)size - before);
  tmp_write(path, longer, (size_t)size);
  free(longer);
  return 0;
}
