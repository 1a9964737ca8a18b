// A directory of the origin private file system, as far as the pool uses one: a file can be open once, all share a quota.
import type { Directory, SyncHandle } from '../../src/opfs/types.js'

class NamedError extends Error {
  constructor(name: string, message: string) {
    super(message)
    this.name = name
  }
}

interface FakeFile {
  bytes: Uint8Array
  held: boolean
}

export interface FakeDirectory extends Directory {
  names(): IterableIterator<string>
  /** How many files are open. */
  held(): number
  /** Opens a file as another context would. */
  hold(name: string): Promise<SyncHandle>
  /** Bytes in all; `short`: what fits is written, and nothing thrown. */
  setQuota(bytes: number, how?: 'throw' | 'short'): void
}

const later = () => new Promise<void>((resolve) => setImmediate(resolve))

export const fakeDirectory = (names: readonly string[] = []): FakeDirectory => {
  const files = new Map<string, FakeFile>(names.map((name) => [name, { bytes: new Uint8Array(0), held: false }]))
  let quota = Infinity
  let short = false
  const used = () => [...files.values()].reduce((sum, file) => sum + file.bytes.length, 0)
  const resize = (file: FakeFile, size: number) => {
    const room = quota - used() + file.bytes.length
    if (size > room && !short) throw new NamedError('QuotaExceededError', 'The quota has been exceeded.')
    const bytes = new Uint8Array(Math.min(size, Math.max(room, file.bytes.length)))
    bytes.set(file.bytes.subarray(0, bytes.length))
    file.bytes = bytes
  }
  const handleOf = (file: FakeFile): SyncHandle => {
    let open = true
    const checked = () => {
      if (!open) throw new NamedError('InvalidStateError', 'The file was already closed.')
      return file
    }
    return {
      read: (buffer, { at }) => {
        const part = checked().bytes.subarray(at, at + buffer.length)
        buffer.set(part)
        return part.length
      },
      write: (buffer, { at }) => {
        if (at + buffer.length > checked().bytes.length) resize(file, at + buffer.length)
        const part = buffer.subarray(0, Math.max(0, file.bytes.length - at))
        file.bytes.set(part, at)
        return part.length
      },
      truncate: (size) => resize(checked(), size),
      flush: () => void checked(),
      getSize: () => checked().bytes.length,
      close: () => {
        if (open) file.held = false
        open = false
      },
    }
  }
  const open = async (name: string) => {
    await later()
    const file = files.get(name)
    if (!file) throw new NamedError('NotFoundError', `${name} is not there`)
    if (file.held) throw new NamedError('NoModificationAllowedError', 'Access Handles cannot be created')
    file.held = true
    return handleOf(file)
  }
  return {
    async *keys() {
      yield* files.keys()
    },
    getFileHandle: async (name, { create }) => {
      await later()
      if (create && !files.has(name)) files.set(name, { bytes: new Uint8Array(0), held: false })
      return { createSyncAccessHandle: () => open(name) }
    },
    removeEntry: async (name) => {
      await later()
      if (files.get(name)?.held) throw new NamedError('NoModificationAllowedError', 'The file is in use')
      files.delete(name)
    },
    names: () => files.keys(),
    held: () => [...files.values()].filter((file) => file.held).length,
    hold: open,
    setQuota: (bytes, how = 'throw') => {
      quota = bytes
      short = how === 'short'
    },
  }
}
