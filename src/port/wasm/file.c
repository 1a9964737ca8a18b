/* file - names and sizes of files in the pool, and reading one whole. Writing is in stream.c. */
#include <stdio.h>

#include "base/err.h"
#include "port/port.h"
#include "port/wasm/pool.h"

/* Directories: there are none, so there is nothing to make, and one is there when a name begins with it. */

int ls_port_make_directory(const char *path, ls_error *err) {
  char name[LS_POOL_NAME];
  return ls_pool_name(name, path, err);
}

typedef struct ls_walk {
  const char *directory;
  ls_port_name_fn each;
  void *user;
  size_t found;
} ls_walk;

/* What of a name stands behind the directory; NULL when it is elsewhere. */
static const char *inside(const char *directory, const char *name) {
  size_t size = strlen(directory);
  if (!size) return name;
  return strncmp(name, directory, size) == 0 && name[size] == '/' ? name + size + 1 : NULL;
}

static int give_name(void *user, const char *name) {
  ls_walk *walk = user;
  const char *rest = inside(walk->directory, name);
  if (!rest) return 0;
  walk->found++;
  return walk->each && !strchr(rest, '/') ? walk->each(walk->user, rest) : 0;
}

/* Names of directories inside are not given: nothing asks for them. */
int ls_port_list_directory(const char *path, ls_port_name_fn each, void *user, ls_error *err) {
  char name[LS_POOL_NAME];
  int rc = ls_pool_name(name, path, err);
  ls_walk walk = {name, each, user, 0};
  if (!rc) rc = ls_pool_each(give_name, &walk, err);
  if (rc || walk.found) return rc;
  return ls_fail(err, LS_ENOTFOUND, "cannot open the directory %s: no file is in it", path);
}

int ls_port_exists(const char *path, ls_error *err) {
  char name[LS_POOL_NAME];
  int rc = ls_pool_name(name, path, err);
  if (!rc) rc = ls_pool_has(name, err);
  if (rc) return rc;
  ls_walk walk = {.directory = name};
  rc = ls_pool_each(give_name, &walk, err);
  return rc ? rc : walk.found > 0;
}

/* ---------------------------------------------------------------------------------------------- */

static int open_path(ls_pool_file **out, const char *path, ls_error *err) {
  char name[LS_POOL_NAME];
  int rc = ls_pool_name(name, path, err);
  return rc ? rc : ls_pool_open(out, name, err);
}

uint64_t ls_port_file_size(const char *path) {
  ls_pool_file *file = NULL;
  if (open_path(&file, path, NULL)) return 0;
  int64_t size = ls_pool_size(file);
  ls_pool_close(file);
  return size > 0 ? (uint64_t)size : 0;
}

static int read_all(ls_bytes *out, ls_pool_file *file, const char *path, ls_error *err) {
  int64_t size = ls_pool_size(file);
  if (size < 0) return ls_pool_fail(err, (int)size, "read", path);
  if (size > INT32_MAX) return ls_fail(err, LS_ELIMIT, "%s is too large to be read", path);
  if (!ls_bytes_reserve(out, (size_t)size)) return ls_fail_nomem(err);
  int got = size ? ls_pool_read(file, out->data + out->size, (int)size, 0) : 0;
  if (got < 0) return ls_pool_fail(err, got, "read", path);
  out->size += (size_t)got;
  return LS_OK;
}

int ls_port_read_file(ls_bytes *out, const char *path, ls_error *err) {
  ls_pool_file *file = NULL;
  int rc = open_path(&file, path, err);
  if (rc) return rc;
  rc = read_all(out, file, path, err);
  ls_pool_close(file);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */

int ls_port_remove_file(const char *path, ls_error *err) {
  char name[LS_POOL_NAME];
  int rc = ls_pool_name(name, path, err);
  int there = rc ? rc : ls_pool_has(name, err);
  return there == 1 ? ls_pool_remove(name, err) : there;
}

int ls_port_rename_file(const char *from, const char *to, ls_error *err) {
  char name[LS_POOL_NAME];
  ls_pool_file *file = NULL;
  int rc = ls_pool_name(name, to, err);
  if (!rc) rc = open_path(&file, from, err);
  if (!rc) rc = ls_pool_give_name(file, name, false, err);
  ls_pool_close(file);
  return rc;
}

/* A file has one name. */
int ls_port_link_file(const char *from, const char *to, ls_error *err) {
  ls_bytes content = {0};
  int rc = ls_port_read_file(&content, from, err);
  if (!rc) rc = ls_port_replace_file(to, &(ls_port_part){content.data, content.size}, 1, false, err);
  ls_bytes_fini(&content);
  return rc;
}
