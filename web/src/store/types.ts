/** What a store is to an application. */
import type { Conflict, CoreStatus, NodeInfo } from '../core/types.js'
import type {
  Compilable, LiveQuery, LiveQueryDef, Queryable, RawResult, RcRef, SignalDef, SubscribeOptions,
} from '../live/index.js'
import type { RawQuery } from '../query/raw.js'
import type { AnySchema, EventInstance, LiveStoreSchema } from '../schema/index.js'
import type { NetworkState } from './adapter.js'
import type { CommitOptions } from './commit.js'
import type { EventsOptions, StoreEvent } from './events.js'
import type { Past } from './past.js'
import type { Receipt } from './receipts.js'
import type { Observable, SyncStatus } from './status.js'
import type { UndoStatus } from './undo.js'

/** All forms of `store.query`. */
export interface QueryFn {
  /** The result of a query, now: of a definition, a live value, a query builder or a table. */
  <R>(query: LiveQueryDef<R> | LiveQuery<R> | Compilable<R>): R
  /** The result of SQL: rows, or what its schema makes of them. */
  <S extends AnySchema | undefined = undefined>(query: RawQuery<S>): RawResult<S>
}

/** All forms of `store.subscribe`. */
export interface SubscribeFn {
  /** `told` is called with the result at once, and whenever it has changed: once for each commit, after all its events.
   * Gives a function that ends it. */
  <R>(
    query: LiveQueryDef<R> | LiveQuery<R> | Compilable<R>, told: (result: R) => void, options?: SubscribeOptions<R>,
  ): () => void
  <S extends AnySchema | undefined = undefined>(
    query: RawQuery<S>, told: (result: RawResult<S>) => void, options?: SubscribeOptions<RawResult<S>>,
  ): () => void
  /** The same as an async iterator. */
  <R>(
    query: LiveQueryDef<R> | LiveQuery<R> | Compilable<R>, options?: SubscribeOptions<R>,
  ): AsyncIterableIterator<R, undefined>
  <S extends AnySchema | undefined = undefined>(
    query: RawQuery<S>, options?: SubscribeOptions<RawResult<S>>,
  ): AsyncIterableIterator<RawResult<S>, undefined>
}

/** All forms of `store.commit`. */
export interface CommitFn<E extends EventInstance> {
  /** Commits events as one: all of them, or none and an error is thrown. When it returns, all queries answer with them
   * and subscriptions have been told. */
  (...events: readonly E[]): Receipt
  /** Commits what the function hands on, as one. What it throws is thrown, and nothing is committed. */
  (transaction: (commit: (...events: readonly E[]) => void) => void): Receipt
  (options: CommitOptions, ...events: readonly E[]): Receipt
  (options: CommitOptions, transaction: (commit: (...events: readonly E[]) => void) => void): Receipt
}

/** Commits that were set aside, since what came from elsewhere broke them or they were refused. */
export interface Conflicts<E extends EventInstance> {
  /** The oldest first. */
  list(): Promise<readonly Conflict[]>
  /** Commit it anew and take it off the list; `events` instead of its own, when some are given. */
  retry(id: number, ...events: readonly E[]): Promise<void>
  /** Take it off the list for good. */
  drop(id: number): Promise<void>
}

/** For looking inside. */
export interface StoreDev {
  /** The live values in the store, how often they ran, and why. */
  nodes(): readonly NodeInfo[]
  status(): CoreStatus
  stateHash(): string
}

/** A store: an event log, the tables that follow from it, and queries that stay alive. */
export interface Store<TSchema extends LiveStoreSchema = LiveStoreSchema, TContext = {}> extends Past {
  readonly storeId: string
  readonly clientId: string
  readonly sessionId: string
  readonly schema: TSchema
  /** What `createStorePromise` was given. */
  readonly context: TContext
  /** in-memory: nothing is kept when the page goes. */
  readonly storageMode: 'persisted' | 'in-memory'

  readonly commit: CommitFn<TSchema['Event']>
  readonly query: QueryFn
  readonly subscribe: SubscribeFn
  /** A counted reference to a live value; `deref` gives it back. */
  instantiate<R>(query: Queryable<R>): RcRef<LiveQuery<R>>
  /** Sets a signal to a value, or to what a function makes of the old one. */
  setSignal<T>(signal: SignalDef<T>, value: T | ((before: T) => T)): void
  /** Tells subscriptions what commits with `skipRefresh` held back. */
  manualRefresh(options?: { readonly label?: string }): void

  /** Undoes the newest commits of this session, each by a commit of its own. */
  undo(n?: number): Receipt
  /** Does again what was undone last. */
  redo(n?: number): Receipt
  /** What can be undone and redone, counted up to `most`. */
  undoStatus(most?: number): UndoStatus
  /** The same as a live value, counted up to 100. */
  readonly undoStatus$: LiveQueryDef<UndoStatus>

  /** Events that the server has confirmed, as they are and as they come. */
  events(options?: EventsOptions): AsyncIterableIterator<StoreEvent, undefined>
  /** The same as `events`. */
  eventsStream(options?: EventsOptions): AsyncIterableIterator<StoreEvent, undefined>

  readonly conflicts: Conflicts<TSchema['Event']>

  syncStatus(): SyncStatus
  /** `told` is called at once, and whenever the status is another one. */
  subscribeSyncStatus(told: (status: SyncStatus) => void): () => void
  /** The connection to the sync server. */
  readonly networkStatus: Observable<NetworkState>

  /** Brings what is pending to the log, and ends the store: everything asked of it afterwards is an error. */
  shutdown(cause?: unknown): Promise<void>
  /** The same as `shutdown`. */
  shutdownPromise(cause?: unknown): Promise<void>
  /** Told when the store has ended, by `shutdown` or otherwise: why. */
  readonly ended: Promise<unknown>

  readonly _dev: StoreDev
}
