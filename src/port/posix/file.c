/* file - names, sizes, and reading a file whole. Writing is in stream.c. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"
#include "port/posix/fail.h"

#define READ_STEP 65536

/* Names and sizes */

static bool is_directory(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int make_one(const char *path, ls_error *err) {
  if (mkdir(path, 0777) == 0) return LS_OK;
  int reason = errno;
  if (is_directory(path)) return LS_OK;
  errno = reason == EEXIST ? ENOTDIR : reason;
  return ls_posix_fail(err, "make the directory", path);
}

int ls_port_make_directory(const char *path, ls_error *err) {
  if (is_directory(path)) return LS_OK;
  char *part = ls_strdup(path);
  if (!part) return ls_fail_nomem(err);
  int rc = LS_OK;
  for (char *slash = part; rc == LS_OK && *slash && (slash = strchr(slash + 1, '/')); *slash = '/') {
    *slash = 0;
    rc = make_one(part, err);
  }
  if (rc == LS_OK) rc = make_one(part, err);
  ls_free(part);
  return rc;
}

int ls_port_exists(const char *path, ls_error *err) {
  struct stat st;
  if (stat(path, &st) == 0) return 1;
  if (errno == ENOENT || errno == ENOTDIR) return 0;
  return ls_posix_fail(err, "look at", path);
}

uint64_t ls_port_file_size(const char *path) {
  struct stat st;
  return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

int ls_port_remove_file(const char *path, ls_error *err) {
  if (unlink(path) == 0 || errno == ENOENT) return LS_OK;
  return ls_posix_fail(err, "remove", path);
}

/* Reading */

static int read_all(ls_bytes *out, int fd, const char *path, ls_error *err) {
  struct stat st;
  if (fstat(fd, &st) != 0) return ls_posix_fail(err, "read", path);
  /* One byte more than the file has lets the last read see its end without growing the buffer. */
  size_t room = S_ISREG(st.st_mode) ? (size_t)st.st_size + 1 : READ_STEP;
  for (;;) {
    if (!ls_bytes_reserve(out, room)) return ls_fail_nomem(err);
    ssize_t got = read(fd, out->data + out->size, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ls_posix_fail(err, "read", path);
    if (got == 0) return LS_OK;
    out->size += (size_t)got;
    room = room > (size_t)got ? room - (size_t)got : READ_STEP;
  }
}

int ls_port_read_file(ls_bytes *out, const char *path, ls_error *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ls_posix_fail(err, "open", path);
  size_t before = out->size;
  int rc = read_all(out, fd, path, err);
  if (rc != LS_OK) out->size = before;
  close(fd);
  return rc;
}

/* Directories */

static int give_names(DIR *directory, const char *path, ls_port_name_fn each, void *user, ls_error *err) {
  for (;;) {
    errno = 0;
    struct dirent *entry = readdir(directory);
    if (!entry) return errno ? ls_posix_fail(err, "read the directory", path) : LS_OK;
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    int rc = each(user, entry->d_name);
    if (rc) return rc;
  }
}

int ls_port_list_directory(const char *path, ls_port_name_fn each, void *user, ls_error *err) {
  DIR *directory = opendir(path);
  if (!directory) return ls_posix_fail(err, "open the directory", path);
  int rc = give_names(directory, path, each, user, err);
  closedir(directory);
  return rc;
}

/* Renaming */

static int copy_file(const char *from, const char *to, ls_error *err) {
  ls_bytes content = {0};
  int rc = ls_port_read_file(&content, from, err);
  if (!rc) rc = ls_port_replace_file(to, &(ls_port_part){content.data, content.size}, 1, false, err);
  ls_bytes_fini(&content);
  return rc;
}

int ls_port_link_file(const char *from, const char *to, ls_error *err) {
  int rc = ls_port_remove_file(to, err);
  return rc || link(from, to) == 0 ? rc : copy_file(from, to, err);
}

int ls_port_rename_file(const char *from, const char *to, ls_error *err) {
  return rename(from, to) == 0 ? LS_OK : ls_posix_fail(err, "replace", to);
}
