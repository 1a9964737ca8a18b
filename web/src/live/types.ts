/** The vocabulary of live values: what may be asked for, what is defined, what runs in a store. */
import type { CoreSession, NodeId, SqlValue, Tracker } from '../core/types.js'
import type { CompiledQuery } from '../query/index.js'
import type { RawQuery } from '../query/raw.js'
import type { AnySchema, TypeOf } from '../schema/index.js'

/** A row as SQLite has it, by the names of its columns. */
export type RawRow = Readonly<Record<string, SqlValue>>

/** A query builder, or a table: all its rows. */
export interface Compilable<R> {
  asQuery(): CompiledQuery<R>
}

/** What a query in SQL gives: what its schema makes of the rows, or the rows. */
export type RawResult<S> = S extends AnySchema ? TypeOf<S> : readonly RawRow[]

/** What can be made into SQL. */
export type QueryInput<R> = Compilable<R> | RawQuery

/** Reads another live value inside a run, and makes it a dependency. */
export interface Get {
  <R>(query: LiveQueryDef<R> | LiveQuery<R> | Compilable<R>): R
  <S extends AnySchema | undefined = undefined>(query: RawQuery<S>): RawResult<S>
}

/** A live value as it is defined: inert, and good for any store. */
export interface LiveQueryDef<R> {
  readonly _tag: 'def' | 'signal-def'
  readonly label: string
  /** Definitions of the same hash share one live value in a store. */
  readonly hash: string
  /** One more reference to the live value in a store, which is made now if there is none. */
  make(context: LiveContext): RcRef<LiveQuery<R>>
}

/** Types that go with `LiveQueryDef`. */
export declare namespace LiveQueryDef {
  /** Any definition. */
  type Any = LiveQueryDef<any>
}

/** A value that is set with `store.setSignal`. */
export interface SignalDef<T> extends LiveQueryDef<T> {
  readonly _tag: 'signal-def'
  readonly initial: T
}

/** A counted reference: what is behind it ends with the last one. */
export interface RcRef<T> {
  readonly value: T
  deref(): void
}

/** A live value in a store. */
export interface LiveQuery<R> {
  readonly _tag: 'live'
  readonly id: string
  readonly label: string
  readonly hash: string
  readonly node: NodeId
  /** What it is now. The same object is given while it is equal. */
  run(): R
  /** What it is now, for a run of another node. */
  track(tracker: Tracker): R
}

/** Types that go with `LiveQuery`. */
export declare namespace LiveQuery {
  /** Any live value. */
  type Any = LiveQuery<any>
}

/** What a subscription takes beside its function. */
export interface SubscribeOptions<R> {
  /** Names the subscription in the devtools. */
  readonly label?: string
  /** Leave the first call out. */
  readonly skipInitialRun?: boolean
  /** Called once, with the live value. */
  readonly onSubscribe?: (query: LiveQuery<R>) => void
  /** Called when the subscription has ended. */
  readonly onUnsubsubscribe?: () => void
  /** Told when the query fails; otherwise the error is reported as an uncaught one. The subscription goes on. */
  readonly onError?: (error: unknown) => void
}

/** What live values need of their store. */
export interface LiveContext {
  readonly core: CoreSession
  readonly sessionId: string
  /** Live values by their hash. @internal */
  readonly shared: Map<string, SharedQuery>
  /** The values of signals: they outlive the nodes, as long as the definition is in use. @internal */
  readonly signals: WeakMap<object, SignalBox>
  /** Given to functions that make queries. */
  readonly store: unknown
}

/** @internal */
export interface SharedQuery {
  readonly query: LiveQuery<unknown>
  close(): void
  references: number
}

/** @internal */
export interface SignalBox {
  value: unknown
  version: number
}

/** Anything that `store.query` and `store.subscribe` take. */
export type Queryable<R> = LiveQueryDef<R> | LiveQuery<R> | QueryInput<R>

/** Types that go with `Queryable`. */
export declare namespace Queryable {
  /** What asking for it gives. */
  type Result<T> =
    T extends LiveQueryDef<infer R> ? R
    : T extends LiveQuery<infer R> ? R
    : T extends Compilable<infer R> ? R
    : T extends { readonly schema: infer S } ? RawResult<S>
    : T extends RawQuery ? RawResult<undefined>
    : never
}
