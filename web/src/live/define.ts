/** Tells what can be asked of a store, and makes a definition of it. */
import { compile, isQueryInput } from './compile.js'
import { defineRows } from './rows-query.js'
import type { LiveQuery, LiveQueryDef, Queryable, QueryInput, SignalDef } from './types.js'

const tagOf = (value: unknown): unknown => (value as { readonly _tag?: unknown } | null | undefined)?._tag

/** A definition made by `queryDb`, `computed` or `signal`? */
export const isDefinition = (value: unknown): value is LiveQueryDef<any> =>
  tagOf(value) === 'def' || isSignal(value)

export const isSignal = (value: unknown): value is SignalDef<any> => tagOf(value) === 'signal-def'

export const isLiveQuery = (value: unknown): value is LiveQuery<any> => tagOf(value) === 'live'

/** Something that `store.query` and `store.subscribe` take? */
export const isQueryable = (value: unknown): value is Queryable<any> =>
  isDefinition(value) || isLiveQuery(value) || isQueryInput(value)

/** A definition as it is; a builder or raw query as a live query. */
export const toDefinition = <R>(input: LiveQueryDef<R> | QueryInput<R>): LiveQueryDef<R> =>
  isDefinition(input) ? input : defineRows(compile<R>(input))
