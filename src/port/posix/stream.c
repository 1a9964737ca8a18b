/* stream - reading and replacing a file in pieces. A file is replaced by writing PATH.tmp and renaming it; what a crash
 * leaves of PATH.tmp is overwritten by the next replacement. */
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

#define BUFFER_SIZE 65536

struct ls_port_writer {
  int fd;
  char *path, *temp;
  ls_bytes buffer; /* small pieces, on their way to the file */
};

static void writer_free(ls_port_writer *writer) {
  if (writer->fd >= 0) close(writer->fd);
  ls_bytes_fini(&writer->buffer);
  ls_free(writer->path);
  ls_free(writer->temp);
  ls_free(writer);
}

static char *temp_of(const char *path) {
  size_t room = strlen(path) + sizeof ".tmp";
  char *temp = ls_malloc(room);
  if (temp) snprintf(temp, room, "%s.tmp", path);
  return temp;
}

/* The rename would put a file into the place of a device or link, /dev/stdout for one. */
static int check_replaceable(const char *path, ls_error *err) {
  struct stat there;
  if (lstat(path, &there) != 0 || S_ISREG(there.st_mode) || S_ISDIR(there.st_mode)) return LS_OK;
  return ls_fail(err, LS_EEXISTS, "%s is not a file that can be replaced: it is a link, a device or a pipe", path);
}

int ls_port_writer_open(ls_port_writer **out, const char *path, ls_error *err) {
  int rc = check_replaceable(path, err);
  if (rc) return rc;
  ls_port_writer *writer = ls_calloc(1, sizeof *writer);
  if (!writer) return ls_fail_nomem(err);
  writer->fd = -1;
  writer->path = ls_strdup(path);
  writer->temp = temp_of(path);
  rc = writer->path && writer->temp ? LS_OK : ls_fail_nomem(err);
  if (!rc) {
    writer->fd = open(writer->temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (writer->fd < 0) rc = ls_posix_fail(err, "create", path);
  }
  if (rc) {
    writer_free(writer);
    return rc;
  }
  *out = writer;
  return LS_OK;
}

static int write_all(ls_port_writer *writer, const char *data, size_t size, ls_error *err) {
  while (size > 0) {
    ssize_t put = write(writer->fd, data, size);
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return ls_posix_fail(err, "write", writer->path);
    data += put;
    size -= (size_t)put;
  }
  return LS_OK;
}

static int flush(ls_port_writer *writer, ls_error *err) {
  int rc = write_all(writer, writer->buffer.data, writer->buffer.size, err);
  ls_bytes_clear(&writer->buffer);
  return rc;
}

int ls_port_writer_add(ls_port_writer *writer, const void *data, size_t size, ls_error *err) {
  int rc = writer->buffer.size + size > BUFFER_SIZE ? flush(writer, err) : LS_OK;
  if (rc) return rc;
  if (size >= BUFFER_SIZE) return write_all(writer, data, size, err);
  ls_bytes_append(&writer->buffer, data, size);
  return ls_bytes_ok(&writer->buffer) ? LS_OK : ls_fail_nomem(err);
}

static int close_written(ls_port_writer *writer, bool sync, ls_error *err) {
  int rc = flush(writer, err);
  if (!rc && sync && fsync(writer->fd) != 0) rc = ls_posix_fail(err, "write", writer->path);
  if (close(writer->fd) != 0 && !rc) rc = ls_posix_fail(err, "write", writer->path);
  writer->fd = -1;
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

int ls_port_writer_commit(ls_port_writer *writer, bool sync, ls_error *err) {
  int rc = close_written(writer, sync, err);
  if (!rc) rc = ls_port_rename_file(writer->temp, writer->path, err);
  if (rc) {
    ls_port_writer_abort(writer);
    return rc;
  }
  if (sync) rc = sync_directory_of(writer->path, err);
  writer_free(writer);
  return rc;
}

void ls_port_writer_abort(ls_port_writer *writer) {
  if (!writer) return;
  unlink(writer->temp);
  writer_free(writer);
}

/* ---------------------------------------------------------------------------------------------- */

struct ls_port_reader {
  int fd;
  char *path;
};

int ls_port_reader_open(ls_port_reader **out, const char *path, ls_error *err) {
  ls_port_reader *reader = ls_calloc(1, sizeof *reader);
  if (!reader) return ls_fail_nomem(err);
  reader->path = ls_strdup(path);
  reader->fd = reader->path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
  int rc = !reader->path ? ls_fail_nomem(err) : reader->fd < 0 ? ls_posix_fail(err, "open", path) : LS_OK;
  if (rc) {
    ls_port_reader_close(reader);
    return rc;
  }
  *out = reader;
  return LS_OK;
}

int ls_port_reader_next(ls_bytes *out, ls_port_reader *reader, size_t size, ls_error *err) {
  if (!ls_bytes_reserve(out, size)) return ls_fail_nomem(err);
  ssize_t got;
  do got = read(reader->fd, out->data + out->size, size);
  while (got < 0 && errno == EINTR);
  if (got < 0) return ls_posix_fail(err, "read", reader->path);
  out->size += (size_t)got;
  return got > 0;
}

void ls_port_reader_close(ls_port_reader *reader) {
  if (!reader) return;
  if (reader->fd >= 0) close(reader->fd);
  ls_free(reader->path);
  ls_free(reader);
}
