/** What the tabs of a store and its leader say to each other. Three ways:
 *
 *   the channel   a BroadcastChannel that all tabs and the leader hear: who leads, who wants in
 *   a connection  between one session and the leader: a MessagePort within the leading tab, else a BroadcastChannel
 *                 of its own. What the C library makes travels on it as bytes; all else is said around them
 *   the worker    between the leading tab's page and the worker that is the leader: it is begun and ended there
 *
 * A leader's name is never used again, nor is a connection's: nothing that a dead one said can be mistaken. */
import { nanoid } from '../core/nanoid.js'
import type { BootStatus, NetworkState } from '../store/adapter.js'

export type ChannelMessage =
  | { readonly type: 'seek' }
  | { readonly type: 'lead'; readonly leader: string }
  | ({ readonly type: 'greet'; readonly leader: string } & Greeting)
  | { readonly type: 'boot'; readonly status: BootStatus }
  | { readonly type: 'reset'; readonly tab: string }

/** A session wants a connection. It listens on it already. */
export interface Greeting {
  readonly connection: string
  /** The same for all connections of one session. */
  readonly tab: string
  readonly hello: Uint8Array
  /** The sync payload as JSON text; all sessions of a store say the same. */
  readonly payload: string
}

/** Session to leader. The first message on a port is a greeting. */
export type UpMessage =
  | Uint8Array
  | ({ readonly type: 'greet' } & Greeting)
  | CallMessage
  | { readonly type: 'bye' }

/** Leader to session. All that the greeting led to has been said when `welcome` comes. */
export type DownMessage =
  | Uint8Array
  | ({ readonly type: 'welcome' } & Welcome)
  | { readonly type: 'network'; readonly network: NetworkState }
  | AnswerMessage
  | { readonly type: 'refused'; readonly error: PlainError; readonly again: boolean }

export interface CallMessage {
  readonly type: 'call'
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}

export interface AnswerMessage {
  readonly type: 'answer'
  readonly id: number
  readonly value?: unknown
  readonly error?: PlainError
}

export interface Welcome {
  readonly storageMode: 'persisted' | 'in-memory'
  /** Why it is in memory. */
  readonly warning?: Extract<BootStatus, { stage: 'warning' }>
  readonly network: NetworkState
}

/** Page to worker. */
export type WorkerOrder =
  | ({ readonly type: 'begin'; readonly port: MessagePort } & LeaderOptions)
  | { readonly type: 'alive' }
  | { readonly type: 'end' }

/** Worker to page. */
export type WorkerReport =
  | { readonly type: 'boot'; readonly status: BootStatus }
  | { readonly type: 'ready' }
  | { readonly type: 'failed'; readonly error: PlainError }
  | { readonly type: 'log'; readonly level: 'warning' | 'info'; readonly key: string; readonly text: string }
  | { readonly type: 'alive' }
  | { readonly type: 'ended' }

export interface LeaderOptions {
  readonly leader: string
  readonly storeId: string
  readonly clientId: string
  /** The app says so: a store of another client is an error. */
  readonly clientChosen: boolean
  readonly directory: string
  readonly reset: boolean
  /** The session had another leader before. */
  readonly replaces: boolean
  readonly payload: string
  /** The page's schema document. A store that is opened with it has a state that the page can use as it is. */
  readonly schema: string
  /** What the adapter was given; it goes before what the worker has. */
  readonly sync?: unknown
  /** The library, as the page has compiled it. */
  readonly wasm: WebAssembly.Module
}

/** An error on its way to another thread. */
export interface PlainError {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly item?: number
}

export const toPlain = (thrown: unknown): PlainError => {
  const { name = 'Error', message = String(thrown), code, item } = Object(thrown) as Partial<PlainError>
  return { name, message, ...(typeof code === 'string' && { code }), ...(typeof item === 'number' && { item }) }
}

export const fromPlain = (plain: PlainError): Error => Object.assign(new Error(plain.message), plain)

export const channelName = (storeId: string): string => `livestore-${storeId}`
export const leadLock = (storeId: string): string => `livestore-tab-lock-${storeId}`
export const sessionLock = (storeId: string, sessionId: string): string => `livestore-session-${storeId}-${sessionId}`
/** Held by a worker as long as it lives. */
export const workerLock = (leader: string): string => `livestore-worker-${leader}`
/** Held by a session as long as it has the connection; also the name of the connection's channel. */
export const connectionName = (connection: string): string => `livestore-connection-${connection}`

/** 60 random bits. */
export const randomId = (): string => nanoid(10)
