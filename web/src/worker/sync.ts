/** What an app says of syncing, in our words or in LiveStore's. */
import type { CoreStore, SyncOptions } from '../core/types.js'
import type { ConnectOptions } from './websocket.js'

/** A sync server, and how to talk to it. */
export interface SyncServer extends Omit<SyncOptions, 'url' | 'payload'> {
  /** ws://, wss://, http:// or https://. The store's id is added. */
  readonly url: string
  /** JSON for the server, or what makes it for each connection. The store's `syncPayload` goes before it. */
  readonly payload?: unknown
}

/** The same in LiveStore's words. */
export interface SyncBackendOptions {
  readonly backend: SyncServer
  /** Blocking: a store is there when all was pulled, or the time is over. */
  readonly initialSyncOptions?:
    | { readonly _tag: 'Skip' }
    | { readonly _tag: 'Blocking'; readonly timeout: number }
  /** The server has another log than before. reset: keep the old one aside, and pull the new one. */
  readonly onBackendIdMismatch?: 'reset' | 'shutdown' | 'ignore'
}

/** How to sync: a server, or the same in LiveStore's words. */
export type WorkerSync = SyncServer | SyncBackendOptions

/** A server that speaks LiveStore's protocol, over WebSockets or HTTP: for `sync: { backend: makeWsSync({ url }) }`. */
export const makeWsSync = (options: SyncServer): SyncServer => options

const isInLiveStoresWords = (sync: WorkerSync): sync is SyncBackendOptions => typeof sync.backend === 'object'

const serverOf = (sync: WorkerSync): SyncServer => {
  if (!isInLiveStoresWords(sync)) return sync
  const { onBackendIdMismatch: policy } = sync
  return policy ? { ...sync.backend, backend: policy === 'reset' ? 'set-aside' : 'stop' } : sync.backend
}

/** How to connect; `payload` is the page's, as JSON text. */
export const connectOptions = (sync: WorkerSync, payload: string): ConnectOptions => {
  const { payload: own, ...server } = serverOf(sync)
  const given: unknown = JSON.parse(payload)
  if (given === null && own === undefined) return server
  return { ...server, payload: () => given ?? (typeof own === 'function' ? own() : own) }
}

/** For how long a store waits for its first pull: 0 is not at all. */
export const blockingMs = (sync: WorkerSync): number => {
  const initial = isInLiveStoresWords(sync) ? sync.initialSyncOptions : undefined
  return initial?._tag === 'Blocking' ? initial.timeout : 0
}

const POLL_MS = 10

/** Wait until all was pulled, or the time is over. */
export const firstPull = async (
  store: CoreStore, timeoutMs: number, progress: (done: number, total: number) => void,
): Promise<void> => {
  for (const until = Date.now() + timeoutMs; Date.now() < until; ) {
    const { phase, pulled, remaining } = store.syncStatus()
    if (phase === 'live' || phase === 'failed') return
    if (phase === 'pulling') progress(pulled, remaining < 0 ? -1 : pulled + remaining)
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}
