// A pool that can be full, and that knows what was flushed.
import type { HostFiles } from '../../src/core/index.js'
import { FULL, memoryPool } from '../../src/opfs/index.js'

export interface FaultyPool extends HostFiles {
  /** Bytes that all files may hold. */
  setQuota(bytes: number): void
  used(): number
  /** The files as they were when each was flushed last. */
  afterCrash(): HostFiles
}

export const faultyPool = (pool: HostFiles): FaultyPool => {
  const flushed = new Map<number, Uint8Array>()
  let quota = Infinity
  const used = () => {
    let sum = 0
    for (let file = 0; file < pool.count(); file++) sum += pool.size(file)
    return sum
  }
  const fits = (file: number, size: number) => used() + Math.max(0, size - pool.size(file)) <= quota
  return {
    ...pool,
    write: (file, data, offset) => (fits(file, offset + data.length) ? pool.write(file, data, offset) : FULL),
    truncate: (file, size) => (fits(file, size) ? pool.truncate(file, size) : FULL),
    flush: (file) => {
      const content = new Uint8Array(pool.size(file))
      pool.read(file, content, 0)
      flushed.set(file, content)
      return pool.flush(file)
    },
    setQuota: (bytes) => {
      quota = bytes
    },
    used,
    afterCrash: () => {
      const after = memoryPool(pool.count())
      for (const [file, content] of flushed) after.write(file, content, 0)
      return after
    },
  }
}
