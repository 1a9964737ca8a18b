// A pool of files in the origin private file system. All are opened ahead, since opening takes a promise and SQLite
// cannot wait for one; more are opened when the library has few left.
//
// The files of a pool are "0.livestore", "1.livestore" …, in a directory that may hold other things.
import type { HostFiles } from '../core/files.js'
import { openHandles, whileHeld } from './handles.js'
import { resultOf } from './result.js'
import type { Directory, SyncHandle } from './types.js'

export interface PoolOptions {
  /** How many files there are at least; 8. A store takes some four, and one for each snapshot of the past. */
  readonly files?: number
  /** How many of them are kept unused, so that a store that needs some has them at once; 4. */
  readonly spare?: number
  /** How long to wait for another context to give the files back; 5000. */
  readonly waitMs?: number
  /** Told what went wrong with a file: the library only knows that storage failed, or is full. */
  readonly onError?: (error: unknown) => void
}

export interface OpfsPool extends HostFiles {
  /** Done when no more files are being opened. */
  settled(): Promise<void>
  /** Gives the files back. Whatever uses them must have been closed. */
  close(): void
}

const nameOf = (n: number) => `${n}.livestore`

const namesIn = async (directory: Directory): Promise<string[]> => {
  const names: string[] = []
  for await (const name of directory.keys()) {
    if (/^\d+\.livestore$/.test(name)) names.push(name)
  }
  return names.sort((a, b) => parseInt(a) - parseInt(b))
}

/** The length of a file's header, as in src/port/wasm/header.h: changing a name must not need room. */
const headerSize = 4096

const makeRoom = (handle: SyncHandle) => {
  if (handle.getSize() < headerSize) handle.truncate(headerSize)
}

class QuotaExceeded extends Error {
  override name = 'QuotaExceededError'
}

const writeAll = (handle: SyncHandle, bytes: Uint8Array, at: number) => {
  if (handle.write(bytes, { at }) !== bytes.length) throw new QuotaExceeded('the file could not grow')
}

/** Names that follow the last one. */
const nextNames = (names: readonly string[], n: number) => {
  const first = names.length ? parseInt(names[names.length - 1] ?? '') + 1 : 0
  return Array.from({ length: n }, (_, i) => nameOf(first + i))
}

/** Opens the files of a directory, for a worker. Rejects when another context holds them for longer than `waitMs`. */
export const openPool = async (directory: Directory, options: PoolOptions = {}): Promise<OpfsPool> => {
  const { files = 8, spare = 4, waitMs = 5000, onError } = options
  const names = await namesIn(directory)
  names.push(...nextNames(names, Math.max(0, files - names.length)))
  const handles = await openHandles(directory, names, performance.now() + waitMs)
  for (const handle of handles) makeRoom(handle)

  let growing: Promise<void> | undefined
  let unused = spare
  let closed = false
  const on = (file: number, call: (handle: SyncHandle) => number | void) =>
    resultOf(() => {
      const handle = handles[file]
      if (!handle) throw new Error(closed ? 'the files are closed' : `there is no file ${file}`)
      return call(handle)
    }, onError)
  const grow = async () => {
    while (!closed && unused < spare) {
      const more = nextNames(names, spare - unused)
      const opened = await openHandles(directory, more, performance.now() + waitMs)
      if (closed) {
        for (const handle of opened) handle.close()
        return
      }
      for (const handle of opened) makeRoom(handle)
      names.push(...more)
      handles.push(...opened)
      unused += more.length
    }
  }
  const growSoon = () => {
    growing ??= grow()
      .catch((error: unknown) => onError?.(error))
      .finally(() => (growing = undefined))
  }
  return {
    count: () => handles.length,
    read: (file, out, offset) => on(file, (handle) => handle.read(out, { at: offset })),
    write: (file, data, offset) => on(file, (handle) => writeAll(handle, data, offset)),
    truncate: (file, size) => on(file, (handle) => handle.truncate(size)),
    flush: (file) => on(file, (handle) => handle.flush()),
    size: (file) => on(file, (handle) => handle.getSize()),
    spare: (n) => {
      unused = n
      if (n < spare) growSoon()
    },
    settled: async () => growing,
    close: () => {
      closed = true
      for (const handle of handles.splice(0)) handle.close()
    },
  }
}

/** Removes the files of a directory's pool, with all stores in it. Rejects when another context holds them. */
export const removePool = async (directory: Directory, waitMs = 5000): Promise<void> => {
  const endMs = performance.now() + waitMs
  for (const name of await namesIn(directory)) await whileHeld(() => directory.removeEntry(name), endMs)
}
