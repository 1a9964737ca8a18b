import { bytesAt, type HostFunctions, type MemoryOf } from './host.js'

/** Files that the module keeps stores in (src/port/wasm/host.h): a flat row without names, numbered from 0, that the
 * library alone has open. web/src/opfs has them. Sizes and offsets are bytes; -1 is a failure, -2 one for want of room.
 * Calls are synchronous, since SQLite's are. */
export interface HostFiles {
  /** It may grow between two calls into the library, and never shrinks while a store is open. */
  count(): number
  /** Bytes read: fewer than `out` holds at the end of the file. */
  read(file: number, out: Uint8Array, offset: number): number
  write(file: number, data: Uint8Array, offset: number): number
  truncate(file: number, size: number): number
  /** What was written survives a loss of power from here on. */
  flush(file: number): number
  size(file: number): number
  /** So many files are left without a name: add some in time. */
  spare(n: number): void
}

/** Files as the module imports them (src/port/wasm/host.h). */
export const fileFunctions = (memory: MemoryOf, files?: HostFiles): HostFunctions => ({
  ls_host_file_count: () => files?.count() ?? 0,
  ls_host_file_read: (file = 0, out = 0, size = 0, offset = 0) =>
    files?.read(file, bytesAt(memory, out, size), offset) ?? -1,
  ls_host_file_write: (file = 0, at = 0, size = 0, offset = 0) =>
    files?.write(file, bytesAt(memory, at, size), offset) ?? -1,
  ls_host_file_truncate: (file = 0, size = 0) => files?.truncate(file, size) ?? -1,
  ls_host_file_flush: (file = 0) => files?.flush(file) ?? -1,
  ls_host_file_size: (file = 0) => files?.size(file) ?? -1,
  ls_host_file_spare: (n = 0) => files?.spare(n),
})
