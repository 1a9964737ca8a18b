// Opening files of a directory for this worker alone. Another one that has them open (the leader that has just gone, a
// reload) gives them back a little later, so opening tries again for a while.
import type { Directory, SyncHandle } from './types.js'

const firstPauseMs = 5
const longestPauseMs = 100

const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

const isHeld = (error: unknown) => error instanceof Error && error.name === 'NoModificationAllowedError'

/** Does `work` again while another context holds the file, until `endMs` on the clock of performance.now(). */
export const whileHeld = async <T>(work: () => Promise<T>, endMs: number): Promise<T> => {
  for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    try {
      return await work()
    } catch (error) {
      if (!isHeld(error)) throw error
      if (performance.now() + pauseMs > endMs) {
        throw new Error('another tab or worker holds the files of this store; close it first', { cause: error })
      }
      await sleep(pauseMs)
    }
  }
}

const openOne = async (directory: Directory, name: string, endMs: number): Promise<SyncHandle> => {
  const file = await directory.getFileHandle(name, { create: true })
  return whileHeld(() => file.createSyncAccessHandle(), endMs)
}

/** Opens all of the files, which are made where they are not there, or none. */
export const openHandles = async (directory: Directory, names: readonly string[], endMs: number) => {
  const opened = await Promise.allSettled(names.map((name) => openOne(directory, name, endMs)))
  const handles = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = opened.find((one) => one.status === 'rejected')
  if (!failed) return handles
  for (const handle of handles) handle.close()
  throw failed.reason
}
