/* file - whole files. A file is replaced by writing PATH.tmp and renaming it; what a crash leaves of PATH.tmp is
 * overwritten by the next replacement. */
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

/* Replacing */

static bool write_all(int fd, const char *data, size_t size) {
  while (size > 0) {
    ssize_t put = write(fd, data, size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    data += put;
    size -= (size_t)put;
  }
  return true;
}

static bool write_parts(int fd, const ls_port_part *parts, size_t n, bool sync) {
  for (size_t i = 0; i < n; i++) {
    if (!write_all(fd, parts[i].data, parts[i].size)) return false;
  }
  return !sync || fsync(fd) == 0;
}

static int write_new_file(const char *path, const ls_port_part *parts, size_t n, bool sync, ls_error *err) {
  int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd < 0) return ls_posix_fail(err, "create", path);
  int rc = write_parts(fd, parts, n, sync) ? LS_OK : ls_posix_fail(err, "write", path);
  if (close(fd) != 0 && rc == LS_OK) rc = ls_posix_fail(err, "write", path);
  if (rc != LS_OK) unlink(path);
  return rc;
}

/* A rename lasts once the directory that holds the name is on the device. `path` is cut to that directory. */
static int sync_directory_of(char *path, ls_error *err) {
  char *slash = strrchr(path, '/');
  if (slash) slash[slash == path] = 0;
  const char *directory = slash ? path : ".";
  int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return ls_posix_fail(err, "open", directory);
  int rc = fsync(fd) == 0 ? LS_OK : ls_posix_fail(err, "sync", directory);
  close(fd);
  return rc;
}

int ls_port_rename_file(const char *from, const char *to, ls_error *err) {
  return rename(from, to) == 0 ? LS_OK : ls_posix_fail(err, "replace", to);
}

int ls_port_replace_file(const char *path, const ls_port_part *parts, size_t n, bool sync, ls_error *err) {
  size_t room = strlen(path) + sizeof ".tmp";
  char *temp = ls_malloc(room);
  if (!temp) return ls_fail_nomem(err);
  snprintf(temp, room, "%s.tmp", path);
  int rc = write_new_file(temp, parts, n, sync, err);
  if (rc == LS_OK) {
    rc = ls_port_rename_file(temp, path, err);
    if (rc != LS_OK) unlink(temp);
  }
  if (rc == LS_OK && sync) rc = sync_directory_of(temp, err);
  ls_free(temp);
  return rc;
}
