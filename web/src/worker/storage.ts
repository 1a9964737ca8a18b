/** Where a leader's files are: in the origin's private file system, or nowhere when the browser offers none. */
import type { HostFiles } from '../core/index.js'
import type { Directory } from '../opfs/index.js'
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
  warning: { stage: 'warning', reason, message: `${why}: the store is kept in memory by one tab, and is gone with it` },
  close: () => undefined,
})

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
  return { mode: 'persisted', files, path: PATH, close: () => files.close() }
}
