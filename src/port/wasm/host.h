/* host - what a WebAssembly module of this library imports from the program that runs it, from module "env".
 * Times, sizes and offsets are doubles, which JavaScript has without BigInt; they are whole numbers.
 *
 * Files: the host gives a flat row of files without names, numbered from 0, that this module alone has open. It may add
 * files at the end at any time between two calls, and never takes one away. What they hold and mean is decided here
 * (pool.h). A host without files says that there are 0: then stores are in memory. */
#ifndef LS_PORT_WASM_HOST_H
#define LS_PORT_WASM_HOST_H

#include <stddef.h>

#if defined(__wasm__) && !defined(LS_HOST_INSIDE)
#define LS_IMPORT(name) __attribute__((import_module("env"), import_name(#name))) name
#else
#define LS_IMPORT(name) name /* tests have a host in C */
#endif

/* Milliseconds since 1970: Date.now(). */
double LS_IMPORT(ls_host_time_ms)(void);
/* Of a clock that only goes forward: performance.now(). */
double LS_IMPORT(ls_host_monotonic_ms)(void);
/* Fill memory with random bytes that cannot be guessed: crypto.getRandomValues(). */
void LS_IMPORT(ls_host_random)(void *out, size_t size);

/* What the functions of files give when they fail. */
enum { LS_HOST_EIO = -1, LS_HOST_EFULL = -2 /* over quota */ };

int LS_IMPORT(ls_host_file_count)(void);
/* Bytes read: fewer than `size` at the end of the file. */
int LS_IMPORT(ls_host_file_read)(int file, void *out, int size, double offset);
/* 0 when all of it is written. Behind the end, what lies between is zeros. */
int LS_IMPORT(ls_host_file_write)(int file, const void *data, int size, double offset);
int LS_IMPORT(ls_host_file_truncate)(int file, double size);
/* 0 when all that was written survives a loss of power. */
int LS_IMPORT(ls_host_file_flush)(int file);
double LS_IMPORT(ls_host_file_size)(int file);
/* How many files are left without a name, told whenever that changes: a host adds some in time. */
void LS_IMPORT(ls_host_file_spare)(int n);

#endif
