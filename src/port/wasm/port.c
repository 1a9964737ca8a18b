/* port - WebAssembly: clock and random bytes come from the host; there are no files, so stores are in memory. */
#include "port/port.h"

#include "base/err.h"
#include "port/wasm/host.h"

static int fail_no_files(ls_error *err, const char *path) {
  return ls_fail(err, LS_EIO, "%s: no files on this platform; open the store in memory", path);
}

int64_t ls_port_time_ms(void) { return (int64_t)ls_host_time_ms(); }

int64_t ls_port_monotonic_ms(void) { return (int64_t)ls_host_monotonic_ms(); }

int64_t ls_port_monotonic_us(void) { return (int64_t)(ls_host_monotonic_ms() * 1000); }

int ls_port_random(void *out, size_t size, ls_error *err) {
  (void)err;
  ls_host_random(out, size);
  return LS_OK;
}

int ls_port_make_directory(const char *path, ls_error *err) { return fail_no_files(err, path); }

int ls_port_exists(const char *path, ls_error *err) { return fail_no_files(err, path); }

uint64_t ls_port_file_size(const char *path) {
  (void)path;
  return 0;
}

int ls_port_read_file(ls_bytes *out, const char *path, ls_error *err) {
  (void)out;
  return fail_no_files(err, path);
}

int ls_port_replace_file(const char *path, const ls_port_part *parts, size_t n, bool sync, ls_error *err) {
  (void)parts;
  (void)n;
  (void)sync;
  return fail_no_files(err, path);
}

int ls_port_writer_open(ls_port_writer **out, const char *path, ls_error *err) {
  (void)out;
  return fail_no_files(err, path);
}

/* No writer or reader was ever opened, so these are never reached. */
int ls_port_writer_add(ls_port_writer *writer, const void *data, size_t size, ls_error *err) {
  (void)writer;
  (void)data;
  (void)size;
  return fail_no_files(err, "writing");
}

int ls_port_writer_commit(ls_port_writer *writer, bool sync, ls_error *err) {
  (void)writer;
  (void)sync;
  return fail_no_files(err, "writing");
}

void ls_port_writer_abort(ls_port_writer *writer) { (void)writer; }

int ls_port_reader_open(ls_port_reader **out, const char *path, ls_error *err) {
  (void)out;
  return fail_no_files(err, path);
}

int ls_port_reader_next(ls_bytes *out, ls_port_reader *reader, size_t size, ls_error *err) {
  (void)out;
  (void)reader;
  (void)size;
  return fail_no_files(err, "reading");
}

void ls_port_reader_close(ls_port_reader *reader) { (void)reader; }

int ls_port_list_directory(const char *path, ls_port_name_fn each, void *user, ls_error *err) {
  (void)each;
  (void)user;
  return fail_no_files(err, path);
}

int ls_port_link_file(const char *from, const char *to, ls_error *err) {
  (void)to;
  return fail_no_files(err, from);
}

int ls_port_rename_file(const char *from, const char *to, ls_error *err) {
  (void)to;
  return fail_no_files(err, from);
}

int ls_port_remove_file(const char *path, ls_error *err) { return fail_no_files(err, path); }

int ls_port_lock_open(ls_port_lock **out, const char *path, const char *holder, ls_error *err) {
  (void)out;
  (void)holder;
  return fail_no_files(err, path);
}

void ls_port_lock_close(ls_port_lock *lock) { (void)lock; }
