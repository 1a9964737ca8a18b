/* Invariant: `synced` with the writes from oldest to newest done to it is `now`. */
#include "port/sim/disk.h"

#include <string.h>

#include "base/alloc.h"

struct ls_sim_disk {
  ls_sim_disk *next;
  char *name;
  ls_sim_file *files;
  bool stopped;
  uint64_t stop_in, fault_in; /* 0: never */
  int64_t room;               /* negative: no limit */
};

/* The one simulation. */
static struct {
  ls_sim_disk *disks;
  uint64_t random;
  int64_t monotonic_ms, time_ms;
} sim;

/* ---------------------------------------------------------------------------------------------- */
/* Random numbers (splitmix64, Steele, Lea and Flood 2014) and the clock */

uint64_t ls_sim_random(void) {
  uint64_t z = sim.random += UINT64_C(0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
  return z ^ (z >> 31);
}

void ls_sim_clock_set(int64_t monotonic_ms, int64_t time_ms) {
  sim.monotonic_ms = monotonic_ms;
  sim.time_ms = time_ms;
}

int64_t ls_sim_monotonic_ms(void) { return sim.monotonic_ms; }

int64_t ls_sim_time_ms(void) { return sim.time_ms; }

/* ---------------------------------------------------------------------------------------------- */
/* Disks */

static ls_sim_disk *disk_named(const char *name, size_t size) {
  for (ls_sim_disk *d = sim.disks; d; d = d->next) {
    if (strlen(d->name) == size && memcmp(d->name, name, size) == 0) return d;
  }
  ls_sim_disk *disk = ls_calloc(1, sizeof *disk);
  if (!disk) return NULL;
  disk->name = ls_strndup(name, size);
  if (!disk->name) {
    ls_free(disk);
    return NULL;
  }
  disk->room = -1;
  disk->next = sim.disks;
  return sim.disks = disk;
}

ls_sim_disk *ls_sim_disk_of(const char *name) { return disk_named(name, strlen(name)); }

ls_sim_disk *ls_sim_disk_of_path(const char *path) { return disk_named(path, strcspn(path, "/")); }

static bool counts_down(uint64_t *k) { return *k && --*k == 0; }

ls_sim_fault ls_sim_read(ls_sim_disk *disk) {
  return disk->stopped || counts_down(&disk->fault_in) ? LS_SIM_FAULT : LS_SIM_NO_FAULT;
}

ls_sim_fault ls_sim_write_one(ls_sim_disk *disk) {
  if (counts_down(&disk->stop_in)) disk->stopped = true;
  return ls_sim_read(disk);
}

void ls_sim_disk_stop(ls_sim_disk *disk, uint64_t k) {
  disk->stop_in = k;
  if (!k) disk->stopped = true;
}

bool ls_sim_disk_is_stopped(const ls_sim_disk *disk) { return disk->stopped; }

void ls_sim_disk_start(ls_sim_disk *disk) {
  disk->stopped = false;
  disk->stop_in = disk->fault_in = 0;
}

void ls_sim_disk_set_room(ls_sim_disk *disk, int64_t bytes) { disk->room = bytes; }

void ls_sim_disk_set_fault(ls_sim_disk *disk, uint64_t k) { disk->fault_in = k; }

/* ---------------------------------------------------------------------------------------------- */
/* Files */

static void forget_writes(ls_sim_file *file) {
  while (file->oldest) {
    ls_sim_write *w = file->oldest;
    file->oldest = w->next;
    ls_free(w);
  }
  file->newest = &file->oldest;
}

static void file_free(ls_sim_file *file) {
  if (!file) return;
  file_free(file->replaced);
  forget_writes(file);
  ls_bytes_fini(&file->now);
  ls_bytes_fini(&file->synced);
  for (int i = 0; i < file->n_shared; i++) ls_free(file->shared[i]);
  ls_free(file->shared);
  ls_free(file->name);
  ls_free(file);
}

ls_sim_file *ls_sim_files(ls_sim_disk *disk) { return disk->files; }

ls_sim_file *ls_sim_file_find(ls_sim_disk *disk, const char *path) {
  for (ls_sim_file *f = disk->files; f; f = f->next) {
    if (strcmp(f->name, path) == 0) return f;
  }
  return NULL;
}

ls_sim_file *ls_sim_file_new(ls_sim_disk *disk, const char *path) {
  ls_sim_file *file = ls_calloc(1, sizeof *file);
  if (!file) return NULL;
  file->name = ls_strdup(path);
  file->newest = &file->oldest;
  file->disk = disk;
  if (!file->name) {
    ls_free(file);
    return NULL;
  }
  file->next = disk->files;
  return disk->files = file;
}

static void unlist(ls_sim_file *file) {
  ls_sim_file **at = &file->disk->files;
  while (*at && *at != file) at = &(*at)->next;
  if (*at) *at = file->next;
  file->removed = true;
}

void ls_sim_file_drop(ls_sim_file *file) {
  if (file->removed && !file->handles) file_free(file);
}

void ls_sim_file_remove(ls_sim_file *file) {
  unlist(file);
  ls_sim_file_drop(file);
}

ls_sim_fault ls_sim_file_rename(ls_sim_file *file, const char *path) {
  char *name = ls_strdup(path);
  if (!name) return LS_SIM_NOMEM;
  ls_sim_file *old = ls_sim_file_find(file->disk, path);
  ls_free(file->name);
  file->name = name;
  if (!old || old == file) return LS_SIM_NO_FAULT;
  unlist(old);
  if (old->handles) return LS_SIM_NO_FAULT;
  file_free(file->replaced);
  file->replaced = old;
  return LS_SIM_NO_FAULT;
}

void ls_sim_file_keep_name(ls_sim_file *file) {
  file_free(file->replaced);
  file->replaced = NULL;
}

/* ---------------------------------------------------------------------------------------------- */
/* Content */

static bool resize(ls_bytes *content, size_t size) {
  if (size > content->size) {
    size_t more = size - content->size;
    if (!ls_bytes_reserve(content, more)) return false;
    memset(content->data + content->size, 0, more);
  }
  content->size = size;
  return true;
}

static bool apply(ls_bytes *content, const ls_sim_write *w, size_t size) {
  if (w->truncates) return resize(content, w->offset);
  if (content->size < w->offset + size && !resize(content, w->offset + size)) return false;
  memcpy(content->data + w->offset, w->data, size);
  return true;
}

static ls_sim_fault do_write(ls_sim_file *file, ls_sim_write *w) {
  if (!apply(&file->now, w, w->size)) {
    ls_free(w);
    return LS_SIM_NOMEM;
  }
  *file->newest = w;
  file->newest = &w->next;
  return LS_SIM_NO_FAULT;
}

static bool takes_room(ls_sim_file *file, size_t end) {
  ls_sim_disk *disk = file->disk;
  if (disk->room < 0 || end <= file->now.size) return true;
  int64_t more = (int64_t)(end - file->now.size);
  if (more > disk->room) return false;
  disk->room -= more;
  return true;
}

ls_sim_fault ls_sim_file_write(ls_sim_file *file, const void *data, size_t size, size_t offset) {
  if (!takes_room(file, offset + size)) return LS_SIM_FULL;
  ls_sim_write *w = ls_malloc(sizeof *w + size);
  if (!w) return LS_SIM_NOMEM;
  *w = (ls_sim_write){.offset = offset, .size = size};
  memcpy(w->data, data, size);
  return do_write(file, w);
}

ls_sim_fault ls_sim_file_truncate(ls_sim_file *file, size_t size) {
  if (size == file->now.size) return LS_SIM_NO_FAULT;
  ls_sim_write *w = ls_malloc(sizeof *w);
  if (!w) return LS_SIM_NOMEM;
  *w = (ls_sim_write){.offset = size, .truncates = true};
  return do_write(file, w);
}

ls_sim_fault ls_sim_file_sync(ls_sim_file *file) {
  for (ls_sim_write *w = file->oldest; w; w = w->next) {
    if (!apply(&file->synced, w, w->size)) return LS_SIM_NOMEM;
  }
  forget_writes(file);
  ls_sim_file_keep_name(file);
  return LS_SIM_NO_FAULT;
}

/* ---------------------------------------------------------------------------------------------- */
/* Losing what was not synced */

typedef enum fate { KEPT, TORN, LOST } fate;

static fate any_fate(void) {
  uint64_t n = ls_sim_random() % 8;
  return n < 4 ? KEPT : n == 4 ? TORN : LOST;
}

static size_t count_writes(const ls_sim_file *file) {
  size_t n = 0;
  for (const ls_sim_write *w = file->oldest; w; w = w->next) n++;
  return n;
}

/* Some devices write in order, so that what is kept ends somewhere; of others any write may be missing. */
static void lose_writes(ls_sim_file *file) {
  bool in_order = ls_sim_random() % 2;
  size_t end = in_order ? ls_sim_random() % (count_writes(file) + 1) : 0, i = 0;
  for (ls_sim_write *w = file->oldest; w; w = w->next, i++) {
    fate f = !in_order ? any_fate() : i < end ? KEPT : i == end ? TORN : LOST;
    if (f == KEPT)
      apply(&file->synced, w, w->size);
    else if (f == TORN && w->size)
      apply(&file->synced, w, ls_sim_random() % w->size);
  }
  forget_writes(file);
  ls_bytes_clear(&file->now);
  if (file->synced.size) ls_bytes_append(&file->now, file->synced.data, file->synced.size);
}

static void lose_file(ls_sim_file *file) {
  ls_sim_file *old = file->replaced;
  lose_writes(file);
  file->replaced = NULL;
  if (!old || ls_sim_random() % 2) {
    file_free(old);
    return;
  }
  old->removed = false;
  old->next = file->disk->files;
  file->disk->files = old;
  ls_sim_file_remove(file);
  lose_file(old);
}

void ls_sim_disk_lose(ls_sim_disk *disk) {
  for (ls_sim_file *f = disk->files, *next; f; f = next) {
    next = f->next;
    lose_file(f);
  }
}

void ls_sim_disk_wipe(ls_sim_disk *disk) {
  while (disk->files) ls_sim_file_remove(disk->files);
}

/* ---------------------------------------------------------------------------------------------- */

void ls_sim_end(void) {
  while (sim.disks) {
    ls_sim_disk *disk = sim.disks;
    sim.disks = disk->next;
    ls_sim_disk_wipe(disk);
    ls_free(disk->name);
    ls_free(disk);
  }
}

bool ls_sim_begin(uint64_t seed) {
  ls_sim_end();
  sim.random = seed;
  sim.monotonic_ms = sim.time_ms = 0;
  return ls_sim_vfs_install();
}
