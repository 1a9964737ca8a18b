// What is used of the origin private file system. What files are to the C library, core's HostFiles says.

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
