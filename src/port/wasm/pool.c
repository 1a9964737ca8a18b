#include "port/wasm/pool.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/err.h"
#include "port/wasm/header.h"
#include "port/wasm/host.h"

struct ls_pool_file {
  int slot; /* number of the host's file */
  int opens;
  bool known; /* its header was read */
  ls_header header;
  ls_pool_locks locks;
};

/* The only variable beside the VFS: as said in the header, the host has one row of files. */
static struct {
  ls_pool_file **files;
  int n, capacity;
  uint64_t sequence; /* of the latest header */
  int spare;         /* as it was last told */
} pool;

int ls_pool_fail(ls_error *err, int result, const char *action, const char *name) {
  if (result == LS_HOST_EFULL) return ls_fail(err, LS_EFULL, "cannot %s %s: over the quota of storage", action, name);
  return ls_fail(err, LS_EIO, "cannot %s %s: the storage failed", action, name);
}

/* ---------------------------------------------------------------------------------------------- */
/* Names */

/* `end` behind the part that begins at `path`. */
static bool counts(const char *path, const char *end) { return end > path && !(end == path + 1 && *path == '.'); }

int ls_pool_name(char out[LS_POOL_NAME], const char *path, ls_error *err) {
  size_t size = 0;
  for (const char *part = path, *end; *part; part = *end ? end + 1 : end) {
    end = part + strcspn(part, "/");
    if (!counts(part, end)) continue;
    size_t more = (size_t)(end - part);
    if (size + (size > 0) + more >= LS_POOL_NAME) {
      return ls_fail(err, LS_ELIMIT, "%.100s...: a path has at most %d bytes", path, LS_HEADER_NAME);
    }
    if (size) out[size++] = '/';
    memcpy(out + size, part, more);
    size += more;
  }
  out[size] = '\0';
  if (ls_host_file_count() > 0) return LS_OK;
  return ls_fail(err, LS_EIO, "%s: no files here; open the store in memory", path);
}

static bool is_free(const ls_pool_file *file) {
  return file->known && !file->opens && !file->header.foreign && !file->header.name[0];
}

static ls_pool_file *find(const char *name) {
  for (int i = 0; i < pool.n; i++) {
    if (*name && strcmp(pool.files[i]->header.name, name) == 0) return pool.files[i];
  }
  return NULL;
}

static void tell_spare(void) {
  int spare = 0;
  for (int i = 0; i < pool.n; i++) spare += is_free(pool.files[i]);
  if (spare != pool.spare) ls_host_file_spare(spare);
  pool.spare = spare;
}

/* Over the half that does not count. A failure may have left it torn, so what counts stays as it was. */
static int write_header(ls_pool_file *file, const char *name) {
  char data[LS_HEADER_MOST];
  int half = !file->header.half;
  size_t size = ls_header_write(data, name, ++pool.sequence);
  int rc = ls_host_file_write(file->slot, data, (int)size, half * LS_HEADER_HALF);
  if (rc) return rc;
  file->header.sequence = pool.sequence;
  file->header.half = half;
  if (file->header.name != name) snprintf(file->header.name, sizeof file->header.name, "%s", name);
  return 0;
}

/* Give the room of a free file back. One that stays long is cut when it is used next. */
static void empty(const ls_pool_file *file) {
  if ((int64_t)ls_host_file_size(file->slot) > LS_HEADER_SIZE) ls_host_file_truncate(file->slot, LS_HEADER_SIZE);
}

/* Made sure of, lest an old file comes back when a later one of its name is gone. */
static int take_name(ls_pool_file *file) {
  int rc = write_header(file, "");
  if (!rc) rc = ls_host_file_flush(file->slot);
  if (!rc && !file->opens) empty(file);
  return rc;
}

/* Another file has the same name and a later header. What cannot be written anew now is left alone until the next
 * start, when it is found again. */
static void drop(ls_pool_file *file) {
  if (take_name(file)) file->header.foreign = true;
  file->header.name[0] = '\0';
}

/* ---------------------------------------------------------------------------------------------- */
/* Reading the headers */

static int add_slot(ls_error *err) {
  if (pool.n == pool.capacity) {
    int capacity = pool.capacity ? 2 * pool.capacity : 16;
    ls_pool_file **files = ls_realloc(pool.files, (size_t)capacity * sizeof *files);
    if (!files) return ls_fail_nomem(err);
    pool.files = files;
    pool.capacity = capacity;
  }
  ls_pool_file *file = ls_calloc(1, sizeof *file);
  if (!file) return ls_fail_nomem(err);
  file->slot = pool.n;
  pool.files[pool.n++] = file;
  return LS_OK;
}

/* The later of two files that have the same name keeps it. */
static void settle(ls_pool_file *file) {
  char name[sizeof file->header.name];
  snprintf(name, sizeof name, "%s", file->header.name);
  file->header.name[0] = '\0';
  ls_pool_file *other = find(name);
  if (other && other->header.sequence > file->header.sequence) {
    drop(file);
    return;
  }
  if (other) drop(other);
  snprintf(file->header.name, sizeof file->header.name, "%s", name);
}

static int learn(ls_pool_file *file, char buffer[LS_HEADER_SIZE], ls_error *err) {
  int size = ls_host_file_read(file->slot, buffer, LS_HEADER_SIZE, 0);
  if (size < 0) return ls_fail(err, LS_EIO, "cannot read file %d of the pool", file->slot);
  ls_header_read(&file->header, buffer, (size_t)size);
  if (file->header.sequence > pool.sequence) pool.sequence = file->header.sequence;
  file->known = true;
  if (file->header.name[0]) settle(file);
  return LS_OK;
}

/* Learn of the files that the host has added, all of them at first. What cannot be read is asked for again: it may
 * hold the name that is looked for. */
static int refresh(ls_error *err) {
  int rc = LS_OK;
  if (pool.n == ls_host_file_count() && (!pool.n || pool.files[pool.n - 1]->known)) return LS_OK;
  char *buffer = ls_malloc(LS_HEADER_SIZE);
  if (!buffer) return ls_fail_nomem(err);
  while (!rc && pool.n < ls_host_file_count()) rc = add_slot(err);
  for (int i = 0; !rc && i < pool.n; i++) {
    if (!pool.files[i]->known) rc = learn(pool.files[i], buffer, err);
  }
  ls_free(buffer);
  if (!rc) tell_spare();
  return rc;
}

int ls_pool_each(int (*each)(void *user, const char *name), void *user, ls_error *err) {
  int rc = refresh(err);
  for (int i = 0; !rc && i < pool.n; i++) {
    if (pool.files[i]->header.name[0]) rc = each(user, pool.files[i]->header.name);
  }
  return rc;
}

int ls_pool_has(const char *name, ls_error *err) {
  int rc = refresh(err);
  return rc ? rc : find(name) != NULL;
}

void ls_pool_forget(void) {
  while (pool.n) ls_free(pool.files[--pool.n]);
  ls_free(pool.files);
  memset(&pool, 0, sizeof pool);
}

/* ---------------------------------------------------------------------------------------------- */
/* Opening */

int ls_pool_open(ls_pool_file **out, const char *name, ls_error *err) {
  int rc = refresh(err);
  if (rc) return rc;
  ls_pool_file *file = find(name);
  if (!file) return ls_fail(err, LS_ENOTFOUND, "cannot open %s: there is no such file", name);
  file->opens++;
  *out = file;
  return LS_OK;
}

/* What another file has left must not come back with the new name, so that it is gone is made sure first. */
static int clear(const ls_pool_file *file) {
  int64_t size = (int64_t)ls_host_file_size(file->slot);
  if (size < 0) return (int)size;
  if (size <= LS_HEADER_SIZE) return 0;
  int rc = ls_host_file_truncate(file->slot, LS_HEADER_SIZE);
  return rc ? rc : ls_host_file_flush(file->slot);
}

int ls_pool_new(ls_pool_file **out, ls_error *err) {
  int rc = refresh(err), i = 0;
  if (rc) return rc;
  while (i < pool.n && !is_free(pool.files[i])) i++;
  if (i == pool.n) {
    return ls_fail(err, LS_EFULL, "all %d files of the pool are in use; more come when the program is idle", pool.n);
  }
  rc = clear(pool.files[i]);
  if (rc) return ls_pool_fail(err, rc, "empty", "a file of the pool");
  pool.files[i]->opens = 1;
  pool.files[i]->locks = (ls_pool_locks){0};
  *out = pool.files[i];
  tell_spare();
  return LS_OK;
}

int ls_pool_give_name(ls_pool_file *file, const char *name, bool sync, ls_error *err) {
  ls_pool_file *other = find(name);
  if (other == file) return LS_OK;
  sync = sync || other; /* never neither of the two */
  int rc = sync ? ls_host_file_flush(file->slot) : 0;
  if (!rc) rc = write_header(file, name);
  if (!rc && sync) rc = ls_host_file_flush(file->slot);
  if (!rc && other) drop(other);
  tell_spare();
  return rc ? ls_pool_fail(err, rc, "name", name) : LS_OK;
}

int ls_pool_remove(const char *name, ls_error *err) {
  int rc = refresh(err);
  if (rc) return rc;
  ls_pool_file *file = find(name);
  if (!file) return ls_fail(err, LS_ENOTFOUND, "cannot remove %s: there is no such file", name);
  rc = take_name(file);
  tell_spare();
  return rc ? ls_pool_fail(err, rc, "remove", name) : LS_OK;
}

void ls_pool_close(ls_pool_file *file) {
  if (!file || --file->opens) return;
  if (!file->header.name[0]) empty(file);
  tell_spare();
}

/* ---------------------------------------------------------------------------------------------- */
/* Content */

int ls_pool_read(ls_pool_file *file, void *out, int size, int64_t offset) {
  return ls_host_file_read(file->slot, out, size, (double)(offset + LS_HEADER_SIZE));
}

int ls_pool_write(ls_pool_file *file, const void *data, int size, int64_t offset) {
  return ls_host_file_write(file->slot, data, size, (double)(offset + LS_HEADER_SIZE));
}

int ls_pool_truncate(ls_pool_file *file, int64_t size) {
  return ls_host_file_truncate(file->slot, (double)(size + LS_HEADER_SIZE));
}

int ls_pool_flush(ls_pool_file *file) { return ls_host_file_flush(file->slot); }

int64_t ls_pool_size(const ls_pool_file *file) {
  int64_t size = (int64_t)ls_host_file_size(file->slot);
  return size < 0 ? size : size < LS_HEADER_SIZE ? 0 : size - LS_HEADER_SIZE;
}

ls_pool_locks *ls_pool_locks_of(ls_pool_file *file) { return &file->locks; }
