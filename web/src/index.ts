/** What `livestore` exports: schemas, queries, live values, stores. */
export { CoreError } from './core/error.js'
export type {
  Conflict, CoreStatus, LogEvent, NodeInfo, RowChange, Rows, SeqNum, SqlParams, SqlValue, Stage,
} from './core/types.js'
export type { WasmSource } from './core/module.js'
export { nanoid } from './core/nanoid.js'
export * from './schema/index.js'
export * from './query/index.js'
export * from './live/index.js'
export type { Queryable } from './live/index.js'
export * from './store/index.js'
export * from './tabs/index.js'
export { makeWsSync } from './worker/sync.js'
export type { SyncBackendOptions, SyncServer, WorkerSync } from './worker/sync.js'
