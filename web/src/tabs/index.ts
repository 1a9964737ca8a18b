/** Persistence in the browser, shared by several tabs. */
export type { AdapterSync, PersistedAdapterOptions } from './adapter.js'
export { makePersistedAdapter } from './adapter.js'
export type { WorkerSource } from './workers.js'
