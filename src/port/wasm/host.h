/* host - what a WebAssembly module of this library imports from the program that runs it, from module "env".
 * Times are doubles, which JavaScript has without BigInt; they are whole milliseconds. */
#ifndef LS_PORT_WASM_HOST_H
#define LS_PORT_WASM_HOST_H

#include <stddef.h>

#define LS_IMPORT(name) __attribute__((import_module("env"), import_name(#name))) name

/* Milliseconds since 1970: Date.now(). */
double LS_IMPORT(ls_host_time_ms)(void);
/* Of a clock that only goes forward: performance.now(). */
double LS_IMPORT(ls_host_monotonic_ms)(void);
/* Fill memory with random bytes that cannot be guessed: crypto.getRandomValues(). */
void LS_IMPORT(ls_host_random)(void *out, size_t size);

#endif
