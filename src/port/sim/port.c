/* port - port.h on the simulated disks, clock and random numbers. */
#include "port/port.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/sim/disk.h"

int64_t ls_port_time_ms(void) { return ls_sim_time_ms(); }

int64_t ls_port_monotonic_ms(void) { return ls_sim_monotonic_ms(); }

int64_t ls_port_monotonic_us(void) { return ls_sim_monotonic_ms() * 1000; }

int ls_port_random(void *out, size_t size, ls_error *err) {
  (void)err;
  for (size_t i = 0; i < size; i++) ((unsigned char *)out)[i] = (unsigned char)ls_sim_random();
  return LS_OK;
}

static int fail(ls_error *err, ls_sim_fault fault, const char *action, const char *path) {
  switch (fault) {
    case LS_SIM_NO_FAULT: return LS_OK;
    case LS_SIM_NOMEM: return ls_fail_nomem(err);
    case LS_SIM_FULL: return ls_fail(err, LS_EFULL, "cannot %s %s: the disk is full", action, path);
    default: return ls_fail(err, LS_EIO, "cannot %s %s: the disk fails", action, path);
  }
}

static int fail_not_there(ls_error *err, const char *path) {
  return ls_fail(err, LS_ENOTFOUND, "cannot open %s: no such file", path);
}

/* *file is NULL when there is none. */
static int look(ls_sim_file **file, const char *path, ls_error *err) {
  ls_sim_disk *disk = ls_sim_disk_of_path(path);
  ls_sim_fault fault = disk ? ls_sim_read(disk) : LS_SIM_NOMEM;
  *file = fault ? NULL : ls_sim_file_find(disk, path);
  return fail(err, fault, "look at", path);
}

static int may_write(ls_sim_disk **disk, const char *path, ls_error *err) {
  *disk = ls_sim_disk_of_path(path);
  return fail(err, *disk ? ls_sim_write_one(*disk) : LS_SIM_NOMEM, "write", path);
}

/* ---------------------------------------------------------------------------------------------- */
/* Names */

int ls_port_make_directory(const char *path, ls_error *err) {
  ls_sim_file *file;
  return look(&file, path, err);
}

int ls_port_exists(const char *path, ls_error *err) {
  ls_sim_file *file;
  int rc = look(&file, path, err);
  return rc ? rc : file != NULL;
}

uint64_t ls_port_file_size(const char *path) {
  ls_sim_file *file;
  return look(&file, path, NULL) == LS_OK && file ? file->now.size : 0;
}

int ls_port_list_directory(const char *path, ls_port_name_fn each, void *user, ls_error *err) {
  ls_sim_file *file;
  size_t size = strlen(path), n = 0;
  int rc = look(&file, path, err);
  if (rc) return rc;
  for (file = ls_sim_files(ls_sim_disk_of_path(path)); file && !rc; file = file->next) {
    bool inside = strncmp(file->name, path, size) == 0 && file->name[size] == '/';
    if (!inside || strchr(file->name + size + 1, '/')) continue;
    rc = each(user, file->name + size + 1);
    n++;
  }
  return rc || n ? rc : fail_not_there(err, path);
}

/* Names are kept in the order of their changes, as journals of file systems do: what is made behind a rename is not there
 * without it. So only a rename that nothing follows may be lost, which is that of a file written anew. */
int ls_port_rename_file(const char *from, const char *to, ls_error *err) {
  ls_sim_disk *disk;
  int rc = may_write(&disk, from, err);
  if (rc) return rc;
  ls_sim_file *file = ls_sim_file_find(disk, from);
  if (!file) return fail_not_there(err, from);
  ls_sim_fault fault = ls_sim_file_rename(file, to);
  ls_sim_file_keep_name(file);
  return fail(err, fault, "replace", to);
}

int ls_port_remove_file(const char *path, ls_error *err) {
  ls_sim_disk *disk;
  int rc = may_write(&disk, path, err);
  ls_sim_file *file = rc ? NULL : ls_sim_file_find(disk, path);
  if (file) ls_sim_file_remove(file);
  return rc;
}

int ls_port_link_file(const char *from, const char *to, ls_error *err) {
  ls_sim_file *file;
  int rc = look(&file, from, err);
  if (rc) return rc;
  if (!file) return fail_not_there(err, from);
  return ls_port_replace_file(to, &(ls_port_part){file->now.data, file->now.size}, 1, false, err);
}

/* ---------------------------------------------------------------------------------------------- */
/* Writing: all of it is put beside the file and renamed at the end */

struct ls_port_writer {
  char *path;
  ls_bytes content;
};

void ls_port_writer_abort(ls_port_writer *writer) {
  if (!writer) return;
  ls_bytes_fini(&writer->content);
  ls_free(writer->path);
  ls_free(writer);
}

int ls_port_writer_open(ls_port_writer **out, const char *path, ls_error *err) {
  ls_sim_disk *disk;
  int rc = may_write(&disk, path, err);
  if (rc) return rc;
  ls_port_writer *writer = ls_calloc(1, sizeof *writer);
  if (!writer) return ls_fail_nomem(err);
  writer->path = ls_strdup(path);
  if (!writer->path) {
    ls_free(writer);
    return ls_fail_nomem(err);
  }
  *out = writer;
  return LS_OK;
}

int ls_port_writer_add(ls_port_writer *writer, const void *data, size_t size, ls_error *err) {
  if (size) ls_bytes_append(&writer->content, data, size);
  return ls_bytes_ok(&writer->content) ? LS_OK : ls_fail_nomem(err);
}

static ls_sim_fault fill(ls_sim_file *file, const ls_port_writer *writer) {
  ls_sim_fault fault = ls_sim_write_one(file->disk);
  if (!fault && writer->content.size) fault = ls_sim_file_write(file, writer->content.data, writer->content.size, 0);
  return fault;
}

static ls_sim_fault put_in_place(ls_sim_file *file, const ls_port_writer *writer, bool sync) {
  ls_sim_fault fault = ls_sim_write_one(file->disk);
  if (!fault) fault = ls_sim_file_rename(file, writer->path);
  return fault || !sync ? fault : ls_sim_file_sync(file);
}

int ls_port_writer_commit(ls_port_writer *writer, bool sync, ls_error *err) {
  ls_sim_disk *disk;
  int rc = may_write(&disk, writer->path, err);
  ls_sim_file *file = rc ? NULL : ls_sim_file_new(disk, "");
  if (!rc && !file) rc = ls_fail_nomem(err);
  if (!rc) rc = fail(err, fill(file, writer), "write", writer->path);
  if (!rc) rc = fail(err, put_in_place(file, writer, sync), "replace", writer->path);
  if (rc && file) ls_sim_file_remove(file);
  ls_port_writer_abort(writer);
  return rc;
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading. A file that is replaced meanwhile is read on as it was. */

struct ls_port_reader {
  ls_bytes content;
  size_t at;
};

int ls_port_read_file(ls_bytes *out, const char *path, ls_error *err) {
  ls_sim_file *file;
  int rc = look(&file, path, err);
  if (rc) return rc;
  if (!file) return fail_not_there(err, path);
  if (file->now.size) ls_bytes_append(out, file->now.data, file->now.size);
  return ls_bytes_ok(out) ? LS_OK : ls_fail_nomem(err);
}

int ls_port_reader_open(ls_port_reader **out, const char *path, ls_error *err) {
  ls_port_reader *reader = ls_calloc(1, sizeof *reader);
  if (!reader) return ls_fail_nomem(err);
  int rc = ls_port_read_file(&reader->content, path, err);
  if (rc) {
    ls_port_reader_close(reader);
    return rc;
  }
  *out = reader;
  return LS_OK;
}

int ls_port_reader_next(ls_bytes *out, ls_port_reader *reader, size_t size, ls_error *err) {
  size_t left = reader->content.size - reader->at;
  if (size > left) size = left;
  if (!size) return 0;
  ls_bytes_append(out, reader->content.data + reader->at, size);
  reader->at += size;
  return ls_bytes_ok(out) ? 1 : ls_fail_nomem(err);
}

void ls_port_reader_close(ls_port_reader *reader) {
  if (!reader) return;
  ls_bytes_fini(&reader->content);
  ls_free(reader);
}

/* ---------------------------------------------------------------------------------------------- */
/* Locks: a file that is there while somebody holds it. A program that was killed holds nothing, stopped disk or not. */

struct ls_port_lock {
  ls_sim_file *file;
};

int ls_port_lock_open(ls_port_lock **out, const char *path, const char *holder, ls_error *err) {
  ls_sim_file *file;
  int rc = look(&file, path, err);
  if (rc) return rc;
  if (file) return ls_fail(err, LS_ELOCKED, "%s is held by %s; close it there first", path, holder);
  ls_port_lock *lock = ls_calloc(1, sizeof *lock);
  if (lock) lock->file = ls_sim_file_new(ls_sim_disk_of_path(path), path);
  if (!lock || !lock->file) {
    ls_free(lock);
    return ls_fail_nomem(err);
  }
  *out = lock;
  return LS_OK;
}

void ls_port_lock_close(ls_port_lock *lock) {
  if (!lock) return;
  ls_sim_file_remove(lock->file);
  ls_free(lock);
}
