// A pool in memory: for a worker that has no files of its own, and for tests. It is gone with the page.
import type { HostFiles } from '../core/files.js'
import { FAILED } from './result.js'

interface MemoryFile {
  bytes: Uint8Array
  size: number
}

/** Room for `size` bytes, and some more so that a file that grows is seldom copied. */
const reserve = (file: MemoryFile, size: number) => {
  if (size <= file.bytes.length) return
  const bytes = new Uint8Array(Math.max(size, file.bytes.length * 2, 4096))
  bytes.set(file.bytes.subarray(0, file.size))
  file.bytes = bytes
}

const resize = (file: MemoryFile, size: number) => {
  reserve(file, size)
  if (size < file.size) file.bytes.fill(0, size, file.size)
  file.size = size
}

/** Files in memory; there are always `spare` more than are used. */
export const memoryPool = (spare = 4): HostFiles => {
  const files: MemoryFile[] = []
  const grow = (n: number) => {
    while (n-- > 0) files.push({ bytes: new Uint8Array(0), size: 0 })
  }
  const on = (number: number, call: (file: MemoryFile) => number | void) => {
    const file = files[number]
    return file ? (call(file) ?? 0) : FAILED
  }
  grow(spare)
  return {
    count: () => files.length,
    read: (number, out, offset) =>
      on(number, (file) => {
        const there = file.bytes.subarray(Math.min(offset, file.size), Math.min(file.size, offset + out.length))
        out.set(there)
        return there.length
      }),
    write: (number, data, offset) =>
      on(number, (file) => {
        if (offset + data.length > file.size) resize(file, offset + data.length)
        file.bytes.set(data, offset)
      }),
    truncate: (number, size) => on(number, (file) => resize(file, size)),
    flush: (number) => on(number, () => {}),
    size: (number) => on(number, (file) => file.size),
    spare: (n) => grow(spare - n),
  }
}
