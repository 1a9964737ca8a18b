/* disk - the host of src/port/wasm in C, for its tests: files in memory that can crash, fail and be full. */
#ifndef LS_TESTS_WASM_DISK_H
#define LS_TESTS_WASM_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Begin anew with `n` empty files. The library's pool must be forgotten too: see disk_restart. */
void disk_begin(int n, uint64_t seed);
void disk_end(void);
void disk_grow(int n);

/* Everything fails from the k-th change (write, truncation, flush) on, which is done in part. 0: no longer. */
void disk_crash_at(long k);
bool disk_crashed(void);
/* What was not flushed since is kept, cut short, or lost, each write by itself. */
void disk_lose_power(void);
/* Bytes that may be held in all; 0: no limit. */
void disk_set_quota(size_t bytes);
/* Reading this file fails; -1: none. */
void disk_fail_reading(int file);
/* Overwrite bytes of a file, behind the library's back. */
void disk_damage(int file, size_t offset, const char *data, size_t size);

long disk_flushes(void);
int disk_spare(void); /* as the library has told */

#endif
