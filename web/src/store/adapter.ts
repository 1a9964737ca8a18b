import type {
  Conflict, CoreErrorInfo, CoreStatus, CoreSession, EventFilter, LogEvent, RowChange, Rows, SeqNum, SqlParams,
} from '../core/types.js'
import type { LiveStoreSchema } from '../schema/index.js'

/** What lies between a store and the place where its log is kept. An adapter is called once for each store. */
export type Adapter = (args: AdapterArgs) => Promise<AdapterSession>

/** What a store gives its adapter. */
export interface AdapterArgs {
  readonly schema: LiveStoreSchema
  readonly storeId: string
  /** JSON, given to the sync server with each connection. */
  readonly syncPayload?: unknown
  readonly onBootStatus: (status: BootStatus) => void
  readonly onLog: (level: 'warning' | 'info', key: string, text: string) => void
  /** Aborted: give up, free everything. */
  readonly signal?: AbortSignal | undefined
}

/** How far the opening of a store has come. */
export type BootStatus =
  | { readonly stage: 'loading' }
  | {
      readonly stage: 'migrating' | 'rehydrating' | 'syncing'
      readonly progress: { readonly done: number; readonly total: number }
    }
  | { readonly stage: 'warning'; readonly reason: 'private-browsing' | 'storage-unavailable'; readonly message: string }
  | { readonly stage: 'done' }

/** A session as an adapter opens it. */
export interface AdapterSession {
  /** Answers at once. Its state stands at the head of the log as far as this session has heard of it. */
  readonly core: CoreSession
  readonly storageMode: 'persisted' | 'in-memory'
  /** Whoever has the whole log. */
  readonly leader: LeaderCalls
  /** Something was committed: bring it on its way. */
  committed(): void
  /** Told when stages, heads or the network may have changed. Gives a function that ends it. */
  subscribe(told: () => void): () => void
  network(): NetworkState
  /** Commits that would be lost if the page went now. */
  unsaved(): number
  /** Up to where nothing would be lost; without it, that is where the sync server stands. */
  safeHead?(): SeqNum
  /** Told once when the session ends for another reason than `close`: another tab reset the storage, say. */
  readonly ended: Promise<Error>
  close(): Promise<void>
}

/** Calls that may have to travel to a worker. */
export interface LeaderCalls {
  events(filter: EventFilter, most: number): Promise<readonly LogEvent[]>
  eventChanges(seq: SeqNum): Promise<readonly RowChange[]>
  history(table: string, key: SqlParams): Promise<readonly { event: LogEvent; change: RowChange }[]>
  diff(from: SeqNum, to: SeqNum): Promise<readonly RowChange[]>
  /** Query the state as it was at a position. */
  queryAt(position: SeqNum, sql: string, params: SqlParams): Promise<Rows>
  status(): Promise<CoreStatus>
  conflicts(): Promise<readonly Conflict[]>
  retryConflict(id: number, events?: string): Promise<void>
  dropConflict(id: number): Promise<void>
}

/** The leader's connection to the sync server, as last heard of. */
export interface NetworkState {
  readonly isConnected: boolean
  readonly timestampMs: number
  readonly phase: 'off' | 'connecting' | 'pulling' | 'live' | 'waiting' | 'failed'
  /** Events of this client that the server has not confirmed. */
  readonly pending: number
  readonly conflicts: number
  readonly error: CoreErrorInfo | null
}
