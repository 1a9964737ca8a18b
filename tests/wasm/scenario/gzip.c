/* gzip - the calls of zlib.h. A plain file is read as it is; one that begins as gzip has it is read and unpacked whole,
 * by the host. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 1 << 16 };

/* Unpack, and keep the result for gunzip_take: its size, or a code of zlib.h. */
__attribute__((import_module("host"), import_name("gunzip"))) int32_t gunzip(const void *data, size_t size);
__attribute__((import_module("host"), import_name("gunzip_take"))) void gunzip_take(void *out);

struct gzip_file {
  int fd, error;
  unsigned char *data; /* what is read ahead: all of a packed file, or the first bytes of a plain one */
  size_t size, at;
  off_t offset; /* in the file */
  bool begun;
};

gzFile gzdopen(int fd, const char *mode) {
  (void)mode;
  gzFile file = calloc(1, sizeof *file);
  if (file) file->fd = fd;
  return file;
}

int gzbuffer(gzFile file, unsigned size) {
  (void)file;
  (void)size;
  return 0;
}

/* Returns the number of bytes that were read, 0 at the end. */
static ssize_t read_more(gzFile file) {
  unsigned char *data = realloc(file->data, file->size + BLOCK);
  if (!data) abort();
  file->data = data;
  ssize_t got = read(file->fd, data + file->size, BLOCK);
  if (got < 0) file->error = Z_ERRNO;
  if (got <= 0) return got;
  file->size += (size_t)got;
  file->offset += got;
  return got;
}

static void unpack(gzFile file) {
  while (read_more(file) > 0) continue;
  if (file->error) return;
  int32_t size = gunzip(file->data, file->size);
  free(file->data);
  file->data = malloc(size > 0 ? (size_t)size : 1);
  file->size = size > 0 ? (size_t)size : 0;
  if (!file->data) abort();
  if (size < 0)
    file->error = size;
  else
    gunzip_take(file->data);
}

static void begin(gzFile file) {
  file->begun = true;
  while (file->size < 2 && read_more(file) > 0) continue;
  if (file->size >= 2 && file->data[0] == 0x1f && file->data[1] == 0x8b) unpack(file);
}

int gzread(gzFile file, void *out, unsigned size) {
  if (!file->begun) begin(file);
  if (!file->error && file->at == file->size) {
    file->at = file->size = 0;
    read_more(file);
  }
  if (file->error) return -1;
  size_t left = file->size - file->at, part = left < size ? left : size;
  memcpy(out, file->data + file->at, part);
  file->at += part;
  return (int)part;
}

const char *gzerror(gzFile file, int *code) {
  *code = file->error;
  return file->error ? "not the gzip format" : "";
}

off_t gzoffset(gzFile file) { return file->offset; }

int gzclose(gzFile file) {
  close(file->fd);
  free(file->data);
  free(file);
  return Z_OK;
}
