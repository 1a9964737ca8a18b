#include "lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "interrupt.h"
#include "memory.h"

enum { BLOCK = 1 << 17 };

struct cli_lines {
  gzFile file; /* reads plain files too */
  off_t total; /* bytes of a regular file, or 0 */
  char *data;  /* what is read ahead: data[at … size), with room for a NUL behind it */
  size_t at, size, capacity;
  uint64_t number;
  bool ended;
};

/* Fill *err as the library does. */
static int fail(ls_error *err, int code, const char *reason) {
  err->code = code;
  err->item = -1;
  snprintf(err->text, sizeof err->text, "%s", reason);
  return code;
}

static bool is_stdin(const char *file) { return strcmp(file, "-") == 0; }

const char *cli_lines_name(const char *file) { return is_stdin(file) ? "standard input" : file; }

cli_lines *cli_lines_open(const char *file, ls_error *err) {
  struct stat info;
  int fd = is_stdin(file) ? dup(STDIN_FILENO) : open(file, O_RDONLY);
  if (fd < 0 || fstat(fd, &info) != 0) {
    fail(err, LS_EIO, strerror(errno));
    if (fd >= 0) close(fd);
    return NULL;
  }
  gzFile gz = gzdopen(fd, "rb");
  if (!gz) {
    close(fd);
    fail(err, LS_ENOMEM, "out of memory");
    return NULL;
  }
  gzbuffer(gz, BLOCK);
  cli_lines *lines = cli_realloc(NULL, 1, sizeof *lines);
  memset(lines, 0, sizeof *lines);
  lines->file = gz;
  lines->total = S_ISREG(info.st_mode) ? info.st_size : 0;
  return lines;
}

static void make_room(cli_lines *lines) {
  if (lines->at > 0) memmove(lines->data, lines->data + lines->at, lines->size - lines->at);
  lines->size -= lines->at;
  lines->at = 0;
  if (lines->capacity - lines->size > BLOCK) return;
  lines->capacity = 2 * lines->capacity + 2 * BLOCK;
  lines->data = cli_realloc(lines->data, lines->capacity, 1);
}

static int read_more(cli_lines *lines, ls_error *err) {
  make_room(lines);
  int n = gzread(lines->file, lines->data + lines->size, BLOCK);
  if (n > 0) lines->size += (size_t)n;
  if (cli_interrupted()) return fail(err, LS_EABORT, "stopped");
  int code = Z_OK;
  const char *reason = n > 0 ? "" : gzerror(lines->file, &code);
  if (code == Z_BUF_ERROR) return fail(err, LS_EFORMAT, "the gzip data ends in the middle");
  if (code == Z_ERRNO) return fail(err, LS_EIO, strerror(errno));
  if (code != Z_OK) return fail(err, LS_EFORMAT, reason);
  lines->ended = n == 0;
  return LS_OK;
}

int cli_lines_next(char **line, size_t *size, cli_lines *lines, ls_error *err) {
  size_t seen = 0; /* bytes behind lines->at that hold no newline */
  char *end;
  if (!lines->data) make_room(lines);
  while (!(end = memchr(lines->data + lines->at + seen, '\n', lines->size - lines->at - seen)) && !lines->ended) {
    seen = lines->size - lines->at;
    int rc = read_more(lines, err);
    if (rc) return rc;
  }
  if (!end && lines->at == lines->size) return 0;
  *line = lines->data + lines->at;
  *size = end ? (size_t)(end - *line) : lines->size - lines->at;
  lines->at += *size + (end != NULL);
  (*line)[*size] = '\0';
  lines->number++;
  return 1;
}

uint64_t cli_lines_number(const cli_lines *lines) { return lines->number; }

double cli_lines_share(const cli_lines *lines) {
  if (lines->total == 0) return -1;
  double share = (double)gzoffset(lines->file) / (double)lines->total;
  return share < 1 ? share : 1;
}

void cli_lines_close(cli_lines *lines) {
  if (!lines) return;
  gzclose(lines->file);
  free(lines->data);
  free(lines);
}
