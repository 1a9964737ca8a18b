// Files for the C library: in the origin private file system, or in memory.
export { memoryPool } from './memory.js'
export { openPool, removePool } from './pool.js'
export type { OpfsPool, PoolOptions } from './pool.js'
export { FAILED, FULL } from './result.js'
export type { Directory } from './types.js'
