/** Where a leader's files are: in the origin's private file system, or nowhere when the browser offers none. */
import type { HostFiles } from '../core/index.js'
import type { Directory, FilePool } from '../opfs/index.js'
import { openPool, removePool } from '../opfs/index.js'
import type { Welcome } from '../tabs/messages.js'

export interface Storage {
  readonly mode: Welcome['storageMode']
  readonly warning?: NonNullable<Welcome['warning']>
  readonly files?: HostFiles
  /** Where the store is among them. */
  readonly path?: string
  close(): void
}

const PATH = '/store'

/** A predecessor that was ended by force may hold its files for a while. */
const WAIT_MS = 10000

const inMemory = (reason: 'private-browsing' | 'storage-unavailable', why: string): Storage => ({
  mode: 'in-memory',
  warning: { stage: 'warning', reason, message: `${why}: the store is kept in memory, and is gone with its last tab` },
  close: () => undefined,
})

const FAILED = -1
const FULL = -2

/** A pool for the library, which knows numbers instead of exceptions; `told` hears of those. */
const hostFiles = (pool: FilePool, told: (error: unknown) => void): HostFiles => {
  const attempt = (call: () => number | void): number => {
    try {
      return call() ?? 0
    } catch (error) {
      told(error)
      return error instanceof Error && error.name === 'QuotaExceededError' ? FULL : FAILED
    }
  }
  return {
    count: () => pool.count(),
    read: (file, out, offset) => attempt(() => pool.read(file, out, offset)),
    write: (file, data, offset) => attempt(() => pool.write(file, data, offset)),
    truncate: (file, size) => attempt(() => pool.truncate(file, size)),
    flush: (file) => attempt(() => pool.flush(file)),
    size: (file) => attempt(() => pool.size(file)),
    spare: (n) => pool.spare(n),
  }
}

const root = async (): Promise<FileSystemDirectoryHandle | Storage> => {
  const offered = 'FileSystemSyncAccessHandle' in globalThis && navigator.storage?.getDirectory
  if (!offered) return inMemory('storage-unavailable', 'This browser has no private file system (OPFS) for workers')
  try {
    return await navigator.storage.getDirectory()
  } catch (error) {
    const denied = error instanceof Error && (error.name === 'SecurityError' || error.name === 'NotAllowedError')
    return denied
      ? inMemory('private-browsing', 'This window may not keep files')
      : inMemory('storage-unavailable', `The private file system (OPFS) cannot be used: ${String(error)}`)
  }
}

export const openStorage = async (
  name: string, reset: boolean, told: (error: unknown) => void,
): Promise<Storage> => {
  const found = await root()
  if ('mode' in found) return found
  const directory = (await found.getDirectoryHandle(name, { create: true })) as unknown as Directory
  if (reset) await removePool(directory, WAIT_MS)
  const files = await openPool(directory, { waitMs: WAIT_MS, onError: told })
  return { mode: 'persisted', files: hostFiles(files, told), path: PATH, close: () => files.close() }
}
