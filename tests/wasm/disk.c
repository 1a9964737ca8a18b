/* disk.c - a file is its bytes now and at its last flush. After a loss of power each block of 512 bytes that differs is
 * either the old or the new one. */
#include "wasm/disk.h"

#include <stdlib.h>
#include <string.h>

#include "port/wasm/host.h"

enum { BLOCK = 512, MOST = 64, LARGEST = 8 << 20 };

typedef struct bytes {
  char *data;
  size_t size;
} bytes;

static struct {
  bytes now[MOST], flushed[MOST];
  int n, spare, bad;
  size_t quota;
  long left, flushes;
  bool crashed;
  uint64_t seed;
} disk;

static uint64_t next_random(void) {
  disk.seed = disk.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return disk.seed >> 33;
}

/* Bytes behind the end are zero, so that a file can grow by its size alone. */
static void set_size(bytes *b, size_t size) {
  if (size > LARGEST) abort();
  if (size > b->size) {
    b->data = realloc(b->data, size);
    if (!b->data) abort();
    memset(b->data + b->size, 0, size - b->size);
  }
  b->size = size;
}

static void copy(bytes *to, const bytes *from) {
  set_size(to, 0);
  set_size(to, from->size);
  if (from->size) memcpy(to->data, from->data, from->size);
}

void disk_grow(int n) {
  if (disk.n + n > MOST) abort();
  disk.n += n;
}

void disk_end(void) {
  for (int i = 0; i < MOST; i++) {
    free(disk.now[i].data);
    free(disk.flushed[i].data);
  }
  memset(&disk, 0, sizeof disk);
}

void disk_begin(int n, uint64_t seed) {
  disk_end();
  disk.seed = seed * 2 + 1;
  disk.bad = disk.spare = -1;
  disk_grow(n);
}

void disk_crash_at(long k) {
  disk.left = k;
  disk.crashed = false;
}

bool disk_crashed(void) { return disk.crashed; }

void disk_set_quota(size_t quota) { disk.quota = quota; }

void disk_fail_reading(int file) { disk.bad = file; }

void disk_damage(int file, size_t offset, const char *data, size_t size) {
  if (disk.now[file].size < offset + size) set_size(&disk.now[file], offset + size);
  memcpy(disk.now[file].data + offset, data, size);
}

long disk_flushes(void) { return disk.flushes; }

int disk_spare(void) { return disk.spare; }

static void lose(bytes *now, bytes *flushed) {
  size_t size = next_random() % 2 ? now->size : flushed->size;
  bytes kept = {0};
  set_size(&kept, size);
  for (size_t at = 0; at < size; at += BLOCK) {
    const bytes *from = next_random() % 2 ? now : flushed;
    size_t end = at + BLOCK < size ? at + BLOCK : size;
    if (end > from->size) end = from->size > at ? from->size : at;
    if (end > at) memcpy(kept.data + at, from->data + at, end - at);
  }
  copy(now, &kept);
  copy(flushed, &kept);
  free(kept.data);
}

void disk_lose_power(void) {
  for (int i = 0; i < disk.n; i++) lose(&disk.now[i], &disk.flushed[i]);
}

/* ---------------------------------------------------------------------------------------------- */

static bool stops_here(void) {
  if (disk.left > 0 && --disk.left == 0) disk.crashed = true;
  return disk.crashed && disk.left == 0;
}

double ls_host_time_ms(void) { return 1e12; }

double ls_host_monotonic_ms(void) { return 0; }

void ls_host_random(void *out, size_t size) {
  for (size_t i = 0; i < size; i++) ((char *)out)[i] = (char)next_random();
}

int ls_host_file_count(void) { return disk.n; }

int ls_host_file_read(int file, void *out, int size, double offset) {
  const bytes *b = &disk.now[file];
  if (disk.crashed || file == disk.bad) return LS_HOST_EIO;
  size_t from = (size_t)offset, there = b->size > from ? b->size - from : 0;
  if (there > (size_t)size) there = (size_t)size;
  if (there) memcpy(out, b->data + from, there);
  return (int)there;
}

static size_t held(void) {
  size_t total = 0;
  for (int i = 0; i < disk.n; i++) total += disk.now[i].size;
  return total;
}

int ls_host_file_write(int file, const void *data, int size, double offset) {
  if (disk.crashed) return LS_HOST_EIO;
  bytes *b = &disk.now[file];
  size_t from = (size_t)offset, end = from + (size_t)size;
  if (disk.quota && end > b->size && held() + end - b->size > disk.quota) return LS_HOST_EFULL;
  bool stops = stops_here();
  if (stops) end = from + next_random() % (size_t)(size + 1);
  if (end > b->size) set_size(b, end);
  if (end > from) memcpy(b->data + from, data, end - from);
  return stops ? LS_HOST_EIO : 0;
}

int ls_host_file_truncate(int file, double size) {
  if (disk.crashed || stops_here()) return LS_HOST_EIO;
  set_size(&disk.now[file], (size_t)size);
  return 0;
}

int ls_host_file_flush(int file) {
  if (disk.crashed || stops_here()) return LS_HOST_EIO;
  copy(&disk.flushed[file], &disk.now[file]);
  disk.flushes++;
  return 0;
}

double ls_host_file_size(int file) { return disk.crashed ? LS_HOST_EIO : (double)disk.now[file].size; }

void ls_host_file_spare(int n) { disk.spare = n; }
