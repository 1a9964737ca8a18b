/* stream - reading and replacing a file in pieces. What is being written has no name until the commit, so a crash leaves
 * nothing of it. */
#include <stdio.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/port.h"
#include "port/wasm/pool.h"

#define BUFFER_SIZE 65536
#define LARGEST_PIECE (1 << 30)

struct ls_port_writer {
  ls_pool_file *file;
  int64_t offset;
  ls_bytes buffer; /* small pieces, on their way to the file */
  char name[LS_POOL_NAME];
};

int ls_port_writer_open(ls_port_writer **out, const char *path, ls_error *err) {
  ls_port_writer *writer = ls_calloc(1, sizeof *writer);
  if (!writer) return ls_fail_nomem(err);
  int rc = ls_pool_name(writer->name, path, err);
  if (!rc) {
    rc = ls_pool_new(&writer->file, err);
    if (rc) ls_wrap(err, rc, "%s", path);
  }
  if (rc) {
    ls_free(writer);
    return rc;
  }
  *out = writer;
  return LS_OK;
}

static int write_all(ls_port_writer *writer, const char *data, size_t size, ls_error *err) {
  while (size > 0) {
    int piece = size < LARGEST_PIECE ? (int)size : LARGEST_PIECE;
    int rc = ls_pool_write(writer->file, data, piece, writer->offset);
    if (rc) return ls_pool_fail(err, rc, "write", writer->name);
    writer->offset += piece;
    data += piece;
    size -= (size_t)piece;
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

int ls_port_writer_commit(ls_port_writer *writer, bool sync, ls_error *err) {
  int rc = flush(writer, err);
  if (!rc) rc = ls_pool_give_name(writer->file, writer->name, sync, err);
  ls_port_writer_abort(writer);
  return rc;
}

void ls_port_writer_abort(ls_port_writer *writer) {
  if (!writer) return;
  ls_pool_close(writer->file);
  ls_bytes_fini(&writer->buffer);
  ls_free(writer);
}

/* ---------------------------------------------------------------------------------------------- */

struct ls_port_reader {
  ls_pool_file *file;
  int64_t offset;
  char name[LS_POOL_NAME];
};

int ls_port_reader_open(ls_port_reader **out, const char *path, ls_error *err) {
  ls_port_reader *reader = ls_calloc(1, sizeof *reader);
  if (!reader) return ls_fail_nomem(err);
  int rc = ls_pool_name(reader->name, path, err);
  if (!rc) rc = ls_pool_open(&reader->file, reader->name, err);
  if (rc) {
    ls_free(reader);
    return rc;
  }
  *out = reader;
  return LS_OK;
}

int ls_port_reader_next(ls_bytes *out, ls_port_reader *reader, size_t size, ls_error *err) {
  if (size > LARGEST_PIECE) size = LARGEST_PIECE;
  if (!ls_bytes_reserve(out, size)) return ls_fail_nomem(err);
  int got = ls_pool_read(reader->file, out->data + out->size, (int)size, reader->offset);
  if (got < 0) return ls_pool_fail(err, got, "read", reader->name);
  out->size += (size_t)got;
  reader->offset += got;
  return got > 0;
}

void ls_port_reader_close(ls_port_reader *reader) {
  if (!reader) return;
  ls_pool_close(reader->file);
  ls_free(reader);
}
