// What files are to the C library (src/port/wasm/host.h): a flat row of them, without names, numbered from 0. Names and
// all that they mean are decided in C. Calls are synchronous, since SQLite's are.

/** A row of files that the library alone has open. A call that fails gives a negative number: see `result.ts`. */
export interface FilePool {
  /** How many there are. It may grow between two calls into the library, and never shrinks while a store is open. */
  count(): number
  /** Fills `out` from `offset` on; gives how many bytes there were, fewer at the end. */
  read(file: number, out: Uint8Array, offset: number): number
  write(file: number, data: Uint8Array, offset: number): number
  truncate(file: number, size: number): number
  /** What was written survives a loss of power from here on. */
  flush(file: number): number
  size(file: number): number
  /** The library tells how many files it does not use, so that there can be more in time. */
  spare(n: number): void
}

/** A file of the origin private file system, opened in a worker: FileSystemSyncAccessHandle. */
export interface SyncHandle {
  read(buffer: Uint8Array, options: { at: number }): number
  write(buffer: Uint8Array, options: { at: number }): number
  truncate(size: number): void
  flush(): void
  getSize(): number
  close(): void
}

/** What is used of a FileSystemDirectoryHandle. */
export interface Directory {
  keys(): AsyncIterableIterator<string>
  getFileHandle(name: string, options: { create: boolean }): Promise<{ createSyncAccessHandle(): Promise<SyncHandle> }>
  removeEntry(name: string): Promise<void>
}
